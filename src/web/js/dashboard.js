// SPDX-License-Identifier: Apache-2.0
// The page at /: the port today, from one answer of GET /api/dashboard, asked for again every few seconds.
import { berthsSection } from "./berths.js";
import { expectedSection } from "./expected.js";
import { figuresSection } from "./figures.js";
import { freshness } from "./freshness.js";
import { h, setText } from "./dom.js";
import { hoursSection } from "./hours.js";
import { startPolling } from "./poll.js";
import { vesselsSection } from "./vessel-cards.js";

export function dashboardPage(frame) {
  frame.setTitle("");
  const { api } = frame;
  const date = h("p", { class: "page-head__sub" }, "\u00a0");
  const fresh = freshness(() => polling.ask());
  // In reading order. Each section draws its own skeleton until its first data.
  const sections = [figuresSection(), vesselsSection(), berthsSection(), hoursSection(), expectedSection()];
  const node = h(
    "div",
    { class: "dashboard", "data-state": "loading", "aria-busy": "true" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, "The port today"), date), fresh.node),
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
  const polling = startPolling({
    load: (etag) => api.get("/api/dashboard", { etag }),
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
  // "in 12 min" and the pace ticks move on even when nothing was tallied.
  const timer = setInterval(draw, 30000);

  return {
    node,
    stop() {
      clearInterval(timer);
      polling.stop();
      fresh.stop();
      for (const section of sections) section.stop?.();
    },
  };
}
