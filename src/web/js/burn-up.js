// SPDX-License-Identifier: Apache-2.0
// What was in scope and what was done of it, for the active projects together, day by day for 90 days.
import { chartSection } from "./chart-section.js";
import { count } from "./format.js";
import { dayWord } from "./calendar.js";
import { t, tn } from "./texts.js";

export function burnUpSection() {
  const chart = chartSection({
    name: "burn-up",
    title: t("Burn-up, 90 days"),
    chart: "burnUpChart",
    series: [["points", t("Scope")], ["points_done", t("Done")]],
    column: t("Day"),
    nameOf: ({ day }) => dayWord(day),
    whole: { label: t("Points today"), of: (days, member) => days.at(-1)[member] },
    newestFirst: true,
    describe(days) {
      const [first, last] = [days[0], days.at(-1)];
      return tn(days.length, "Line chart of the active projects' points over {n} day. Done went from {done} to {done_now}, scope from {scope} to {scope_now}. The table below has every day.",
        "Line chart of the active projects' points over {n} days. Done went from {done} to {done_now}, scope from {scope} to {scope_now}. The table below has every day.",
        { done: count(first.points_done), done_now: count(last.points_done), scope: count(first.points), scope_now: count(last.points) });
    },
  });
  return { node: chart.node, update: ({ burn_up: days }, { clock }) => chart.update(days, clock), stop: chart.stop };
}
