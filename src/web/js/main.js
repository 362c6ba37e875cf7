// SPDX-License-Identifier: Apache-2.0
// Puts up the frame that every page shares, finds out who is there, and shows the page that the address means.
import { announce } from "./announce.js";
import { createApi } from "./api.js";
import { boardsOn, resolve } from "./boards.js";
import { boardSwitch } from "./board-switch.js";
import { createWait, deliver } from "./deliver.js";
import { clocks } from "./format.js";
import { connectionBar } from "./no-connection.js";
import { dashboardPage } from "./dashboard.js";
import { forgetSeen } from "./seen-cache.js";
import { denied, messagePage, notFoundPage } from "./not-found.js";
import { displayMenu } from "./theme.js";
import { h, setText } from "./dom.js";
import { loginPath, matchRoute } from "./routes.js";
import { may } from "./roles.js";
import { requestSync } from "./background-sync.js";
import { startRouter } from "./router.js";
import { startSending } from "./sending.js";
import { subnav } from "./subnav.js";
import { t } from "./texts.js";
import { unsentBar } from "./unsent.js";
import { userMenu } from "./user-menu.js";
import { vesselPage } from "./vessel.js";
import { watchOtherTabs } from "./other-tabs.js";
import { watchTyping } from "./half-typed.js";

const main = document.getElementById("main");
const connection = connectionBar(main);
const api = createApi({ onLoggedOut: toLogin, onAnswer: connection.update });
const typed = watchTyping();
const tools = document.getElementById("tools");
const clock = document.getElementById("clock");
const clockZone = document.getElementById("clock-zone");
const unsent = unsentBar();
let boardLinks = null;
let zone = "UTC";
let zoneClock = clocks(zone);
let leave = () => {};
let shown = null;
let turn = 0;
let asking = null;

const frame = {
  api,
  me: null,                     // who is logged in, as GET /api/me says; known on every page but the login's
  sending: null,                // what sends the outbox; known when me is
  boards: [],                   // those that are on, as GET /api/meta says; known when me is
  open: (page) => PAGES[page].open(),     // the function of a page, loaded if it was not
  // The port's zone, as soon as an answer names it.
  setZone(name) {
    if (name && name !== zone) {
      zone = name;
      zoneClock = clocks(zone);
      tick();
    }
    return zoneClock;
  },
  clockText: () => clock.textContent,
  setTitle(text) {
    document.title = text ? `${text} · Stevedores` : "Stevedores Dashboard";
  },
};

// A page is a function (frame, route) that returns {node, stop}, and update(route) if it can go on to another address of its
// own. What a clerk on the quay never opens is loaded when it is asked for. needs names the right (roles.js) without which the
// page is not shown.
const PAGES = {
  dashboard: { open: () => dashboardPage },
  labour: { open: async () => (await import("./labour.js")).labourPage },
  delivery: { open: async () => (await import("./delivery.js")).deliveryPage },
  vessel: { open: () => vesselPage },
  tally: { open: async () => (await import("./tally-sheet.js")).tallySheetPage, needs: "record" },
  outbox: { open: async () => (await import("./outbox-page.js")).outboxPage },
  "vessel-new": { open: async () => (await import("./vessel-office.js")).wizardPage, needs: "plan" },
  "vessel-edit": { open: async () => (await import("./vessel-office.js")).wizardPage, needs: "plan" },
  report: { open: async () => (await import("./vessel-office.js")).reportPage },
  berths: { open: async () => (await import("./berth-plan-page.js")).berthPlanPage },
  wall: { open: async () => (await import("./wall.js")).wallPage },
  login: { open: async () => (await import("./login.js")).loginPage },
  account: { open: async () => (await import("./people.js")).accountPage },
  users: { open: async () => (await import("./people.js")).usersPage, needs: "manage-people" },
  audit: { open: async () => (await import("./people.js")).auditPage, needs: "read-audit" },
  sessions: { open: async () => (await import("./people.js")).everySessionPage, needs: "manage-people" },
  keys: { open: async () => (await import("./people.js")).everyKeyPage, needs: "manage-people" },
  operations: { open: async () => (await import("./operations.js")).operationsPage, needs: "see-operations" },
  vessels: list("vessels"),
  tallies: list("tallies"),
  jobs: list("jobs"),
  clients: list("clients"),
  workers: list("workers"),
  contracts: list("contracts", "see-contracts"),
  payments: list("payments", "see-money"),
  projects: list("projects"),
  features: list("features"),
  backlog: list("backlog"),
  resources: list("resources"),
  allocations: list("allocations"),
  "not-found": { open: () => notFoundPage },
};

function list(name, needs) {
  return { open: async () => (await import("./lists.js")).listPages[name], needs };
}

const pagesNav = subnav(frame, matchRoute(location.pathname).page);

async function show(requested, { initial }) {
  // A page that can show what another address of its own means isn't made anew.
  if (shown?.update && shown.name === requested.page) {
    shown.update(requested);
    return;
  }
  shown = null;
  turn += 1;
  const mine = turn;
  leave();
  leave = () => {};
  let route = requested;
  let page;
  document.documentElement.dataset.page = route.page;
  try {
    // Which page "/" is depends on the answer; every other page's part of the program can be on its way meanwhile.
    const coming = PAGES[route.page]?.open();
    if (route.page !== "login") {
      if (!frame.me) await Promise.all([identify(mine), coming]);
      route = resolve(route, frame.boards);
    }
    const { open, needs } = PAGES[route.page];
    const make = await (route === requested ? coming : open());
    if (mine !== turn) return;  // gone on meanwhile
    document.documentElement.dataset.page = route.page;
    page = needs && !may(frame.me.role, needs) ? { node: denied(frame), stop() {} } : make(frame, route);
  } catch (error) {
    // Refused, or the page's part of the program is not there: away, or replaced by a newer version.
    page = { node: messagePage(t("This page could not be loaded"), error.status ? error.message : t("The server may be away, or has a newer version."),
      h("button", { type: "button", class: "button button--primary", onclick: () => location.reload() }, t("Load again"))), stop() {} };
  }
  if (mine !== turn) return;
  leave = page.stop;
  shown = { name: route.page, update: page.update };
  main.replaceChildren(page.node);
  boardLinks?.update(route.page);
  pagesNav.update(route.page);
  unsent.update(frame.me, route);
  // As after a real page load, the next Tab starts at the content and a screen reader reads on from there.
  if (!initial) {
    main.focus({ preventScroll: true });
    announce(document.title);
  }
}

// Asks until the server says who is there. If it is nobody, the login page comes, and this never ends.
function identify(mine) {
  const pause = createWait();
  asking ??= deliver(() => Promise.all([api.get("/api/me"), api.meta()]), {
    wait: pause.wait,
    onRetry() {
      if (mine !== turn) return;
      main.replaceChildren(messagePage(t("The server does not answer"), t("This page opens by itself as soon as it does."),
        h("button", { type: "button", class: "button button--primary", onclick: () => pause.wake() }, t("Try now"))));
    },
  }).then(([{ data }, meta]) => {
    frame.me = data.data;
    watchOtherTabs(frame.me.id);
    frame.sending = startSending({ api, me: frame.me, requestSync: () => requestSync() });
    frame.boards = boardsOn(meta.boards);
    // The clock is the port's on every page.
    frame.setZone(meta.timezone);
    showBoards();
    tools.append(userMenu(frame));
  }, (error) => {
    asking = null;
    if (error.status === 401) return new Promise(() => {});
    throw error;
  });
  return asking;
}

// One board has its name beside the logo, several have links.
function showBoards() {
  const { boards } = frame;
  if (boards.length > 1) {
    boardLinks = boardSwitch(boards);
    tools.before(boardLinks.node);
  } else {
    setText(document.getElementById("board"), boards[0]?.title ?? "");
  }
}

// The whole document is loaded anew, so that nothing of one person's is left when another logs in.
async function toLogin() {
  await forgetSeen();
  if (matchRoute(location.pathname).page === "login") return;
  location.replace(loginPath(location.pathname + location.search));
}

function tick() {
  setText(clock, zoneClock.seconds(api.now()));
  // "Africa/Johannesburg" is read as the town.
  setText(clockZone, zone.split("/").pop().replaceAll("_", " "));
}

// When the first page is there, for what the worker loads would delay it.
function bringWorker() {
  if (!navigator.serviceWorker) return;
  if (main.querySelector("[data-state=ready]")) import("./new-version.js").then(({ startWorker }) => startWorker(typed), () => {});
  else setTimeout(bringWorker, 1000);
}

// What stands in index.html is English until here.
setText(document.querySelector(".skip-link"), t("Skip to the content"));

// The browser may show a page that was left as it was, somebody's figures and all: who looks now is asked again.
addEventListener("pageshow", (event) => event.persisted && location.reload());
tools.append(displayMenu());
main.before(pagesNav.node, unsent.node, connection.node);
tick();
setInterval(tick, 1000);
startRouter(show);
bringWorker();
