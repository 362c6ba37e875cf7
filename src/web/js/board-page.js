// SPDX-License-Identifier: Apache-2.0
// A board's home page: sections that are drawn from one set of data, which is kept up to date.
import { follow } from "./live.js";
import { freshness } from "./freshness.js";
import { h, setText } from "./dom.js";

// sections, in reading order: {node, update(data, {clock, now}), stop}; each draws its own skeleton until its first data.
// addresses and join as follow() wants them; the data name their time zone.
export function boardPage(frame, { name, title = "", heading, sections, addresses, join }) {
  frame.setTitle(title);
  const { api } = frame;
  const date = h("p", { class: "page-head__sub" }, "\u00a0");
  const fresh = freshness(() => followed.ask());
  const node = h(
    "div",
    { class: `dashboard dashboard--${name}`, "data-state": "loading", "aria-busy": "true" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, heading), date), fresh.node),
    sections.map((section) => section.node),
  );

  let last = null;
  const draw = () => {
    if (!last) return;
    const clock = frame.setZone(last.timezone);
    const now = api.now();
    setText(date, clock.date(now));
    for (const section of sections) section.update(last, { clock, now });
    node.dataset.state = "ready";
    node.removeAttribute("aria-busy");
  };
  const followed = follow(api, addresses, {
    join,
    onData(data) {
      last = data;
      draw();
    },
    onState(state) {
      fresh.set(state);
      node.dataset.stale = state.failures > 0;
      if (!last && state.failures > 0) node.dataset.state = "error";
    },
  });
  // "in 12 min" and the pace ticks move on even when nothing happened.
  const timer = setInterval(draw, 30000);

  return {
    node,
    stop() {
      clearInterval(timer);
      followed.stop();
      fresh.stop();
      for (const section of sections) section.stop?.();
    },
  };
}
