// SPDX-License-Identifier: Apache-2.0
// The key figures of delivery: what runs, what is late or at risk, and how urgent what is open is.
import { count } from "./format.js";
import { figure } from "./figure.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plain } from "./words.js";
import { t } from "./texts.js";

const STATUSES = ["active", "planned", "on_hold", "completed", "cancelled"];
const PRIORITIES = ["critical", "high", "medium", "low"];

export function deliveryFigures() {
  const late = figure("late", t("Late"), icon("late"));
  const risk = figure("at_risk", t("At risk"), icon("risk"));
  const statuses = new Map(STATUSES.map((name) => [name, figure(name, plain(name))]));
  const priorities = new Map(PRIORITIES.map((name) => [name, figure(name, plain(name))]));
  const node = h(
    "section",
    { class: "figures", "aria-label": t("Key figures of delivery") },
    h("dl", { class: "figures__today", "data-title": t("Projects at work") }, [statuses.get("active"), late, risk].map((item) => item.node)),
    h("dl", { class: "figures__states", "data-title": t("Other projects"), "aria-label": t("Other projects by status") }, STATUSES.slice(1).map((name) => statuses.get(name).node)),
    h("dl", { class: "figures__states", "data-title": t("Open by priority"), "aria-label": t("Open projects by priority") }, [...priorities.values()].map((item) => item.node)),
  );
  return {
    node,
    update(data) {
      late.set(count(data.late), { zero: data.late === 0, level: data.late > 0 ? "late" : "" });
      risk.set(count(data.at_risk), { zero: data.at_risk === 0, level: data.at_risk > 0 ? "risk" : "" });
      for (const [name, item] of statuses) item.set(count(data.projects[name]), { zero: data.projects[name] === 0 });
      for (const [name, item] of priorities) item.set(count(data.open_by_priority[name]), { zero: data.open_by_priority[name] === 0 });
    },
  };
}
