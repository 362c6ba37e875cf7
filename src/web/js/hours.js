// SPDX-License-Identifier: Apache-2.0
// What was tallied in each of the last 24 hours.
import { chartSection, sumOf } from "./chart-section.js";
import { count } from "./format.js";
import { tallyWord } from "./words.js";

const SERIES = ["loaded", "discharged", "damaged"];

export function hoursSection() {
  const chart = chartSection({
    name: "hours",
    title: "Moves per hour",
    chart: "hoursChart",
    series: SERIES.map((name) => [name, tallyWord(name)]),
    column: "Hour",
    nameOf: (item, clock) => `${clock.hour(item.hour)}:00`,
    spanOf: (item, clock) => `${clock.hour(item.hour)}:00–${clock.hour(Date.parse(item.hour) + 3600000)}:00`,
    whole: { label: "Last 24 hours", of: sumOf },
    newestFirst: true,
    describe(hours, clock) {
      const busiest = hours.reduce((best, item) => (item.loaded + item.discharged > best.loaded + best.discharged ? item : best), hours[0]);
      return `Bar chart of the moves per hour in the last 24 hours. The busiest hour began at ${clock.hour(busiest.hour)}:00 with `
        + `${count(busiest.loaded)} loaded and ${count(busiest.discharged)} discharged. The table below has every hour.`;
    },
  });
  return { node: chart.node, update: ({ hours }, { clock }) => chart.update(hours, clock), stop: chart.stop };
}
