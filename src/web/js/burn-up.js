// SPDX-License-Identifier: Apache-2.0
// What was in scope and what was done of it, for the active projects together, day by day for 90 days.
import { chartSection } from "./chart-section.js";
import { count } from "./format.js";
import { dayWord } from "./calendar.js";

export function burnUpSection() {
  const chart = chartSection({
    name: "burn-up",
    title: "Burn-up, 90 days",
    chart: "burnUpChart",
    series: [["points", "Scope"], ["points_done", "Done"]],
    column: "Day",
    nameOf: ({ day }) => dayWord(day),
    whole: { label: "Points today", of: (days, member) => days.at(-1)[member] },
    newestFirst: true,
    describe(days) {
      const [first, last] = [days[0], days.at(-1)];
      return `Line chart of the active projects' points over ${count(days.length)} days. Done went from ${count(first.points_done)} to ${count(last.points_done)}, `
        + `scope from ${count(first.points)} to ${count(last.points)}. The table below has every day.`;
    },
  });
  return { node: chart.node, update: ({ burn_up: days }, { clock }) => chart.update(days, clock), stop: chart.stop };
}
