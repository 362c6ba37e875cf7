// SPDX-License-Identifier: Apache-2.0
// Puts up the frame that every page shares, and shows the page that the address means.
import { announce } from "./announce.js";
import { createApi } from "./api.js";
import { clocks } from "./format.js";
import { dashboardPage } from "./dashboard.js";
import { notFoundPage } from "./not-found.js";
import { startRouter } from "./router.js";
import { setText } from "./dom.js";
import { themeToggle } from "./theme.js";
import { vesselPage } from "./vessel.js";

const api = createApi();
const main = document.getElementById("main");
const clock = document.getElementById("clock");
const clockZone = document.getElementById("clock-zone");
let zone = "UTC";
let zoneClock = clocks(zone);
let leave = () => {};

const frame = {
  api,
  // The port's zone, as soon as an answer names it.
  setZone(name) {
    if (name && name !== zone) {
      zone = name;
      zoneClock = clocks(zone);
      tick();
    }
    return zoneClock;
  },
  setTitle(text) {
    document.title = text ? `${text} · Stevedores` : "Stevedores Dashboard";
  },
};

const PAGES = { dashboard: dashboardPage, vessel: vesselPage, "not-found": notFoundPage };

// A page is a function (frame, route) that returns {node, stop}.
function show(route, { initial }) {
  leave();
  const page = PAGES[route.page](frame, route);
  leave = page.stop;
  main.replaceChildren(page.node);
  // As after a real page load, the next Tab starts at the content and a screen reader reads on from there.
  if (!initial) {
    main.focus({ preventScroll: true });
    announce(document.title);
  }
}

function tick() {
  setText(clock, zoneClock.seconds(api.now()));
  // "Africa/Johannesburg" is read as the town.
  setText(clockZone, zone.split("/").pop().replaceAll("_", " "));
}

document.getElementById("tools").append(themeToggle());
tick();
setInterval(tick, 1000);
startRouter(show);
