// SPDX-License-Identifier: Apache-2.0
// The page at /admin/operations: how the host that answers does, now and over the last hour.
import { age } from "./format.js";
import { announce, announceError } from "./announce.js";
import { denied } from "./not-found.js";
import { follow } from "./live.js";
import { freshness } from "./freshness.js";
import { h, setText } from "./dom.js";
import { alertWord, levelWord } from "./operations-words.js";
import { operationsCharts } from "./operations-charts.js";
import { operationsFigures } from "./operations-figures.js";
import { operationsTables } from "./operations-tables.js";
import { ranked } from "./operations-data.js";
import { t } from "./texts.js";

const INTERVAL = 5000;          // as often as the agent takes a sample

export function operationsPage(frame) {
  frame.setTitle(t("Operations"));
  const { api } = frame;
  const sub = h("p", { class: "page-head__sub" }, "\u00a0");
  const notice = h("p", { class: "notice notice--bad", hidden: true });
  const fresh = freshness(() => followed.ask());
  const [alerts, breakers, ...tables] = operationsTables();
  const sections = [operationsFigures(), alerts, breakers, ...operationsCharts(), ...tables];
  const node = h(
    "div",
    { class: "operations", "data-state": "loading", "aria-busy": "true" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, t("Operations")), sub), fresh.node),
    notice,
    sections.map((section) => section.node),
  );
  let raised = null;

  const followed = follow(api, ["/api/operations"], {
    interval: INTERVAL,
    join: ([{ data }]) => data,
    onData(data) {
      const context = { clock: frame.setZone(), now: api.now() };
      setText(sub, t("Version {version}", { version: data.version }));
      notice.hidden = data.agent.ok;
      setText(notice, data.agent.ok ? "" : silence(data.agent));
      for (const section of sections) section.update(data, context);
      tell(ranked(data));
      node.dataset.state = "ready";
      node.removeAttribute("aria-busy");
    },
    onState(state) {
      if (state.error?.status === 403) node.replaceChildren(denied(frame));
      fresh.set(state);
      node.dataset.stale = state.failures > 0;
      if (node.dataset.state === "loading" && state.failures > 0) node.dataset.state = "error";
    },
  });

  // Whoever doesn't see the table hears what came and went.
  function tell(alerts) {
    const now = new Map(alerts.filter(({ level }) => level !== "ok").map(({ name, level }) => [name, level]));
    for (const [name, level] of now) {
      if (raised && raised.get(name) !== level) announceError(t("{level}: {what}.", { level: levelWord(level), what: alertWord(name) }));
    }
    for (const name of raised?.keys() ?? []) {
      if (!now.has(name)) announce(t("{what} is well again.", { what: alertWord(name) }));
    }
    raised = now;
  }

  return {
    node,
    stop() {
      followed.stop();
      fresh.stop();
      for (const section of sections) section.stop?.();
    },
  };
}

const silence = ({ age_ms: silent }) => (silent === null ? t("The agent does not run on this host: there are no samples, and no alerts.")
  : t("The agent has been silent for {time}: samples and alerts stand still.", { time: age(silent) }));
