// SPDX-License-Identifier: Apache-2.0
// What was tallied in each of the last 24 hours.
import { chartSection, sumOf } from "./chart-section.js";
import { count } from "./format.js";
import { t } from "./texts.js";
import { tallyWord } from "./words.js";

const SERIES = ["loaded", "discharged", "damaged"];

export function hoursSection() {
  const chart = chartSection({
    name: "hours",
    title: t("Moves per hour"),
    chart: "hoursChart",
    series: SERIES.map((name) => [name, tallyWord(name)]),
    column: t("Hour"),
    nameOf: (item, clock) => `${clock.hour(item.hour)}:00`,
    spanOf: (item, clock) => `${clock.hour(item.hour)}:00–${clock.hour(Date.parse(item.hour) + 3600000)}:00`,
    whole: { label: t("Last 24 hours"), of: sumOf },
    newestFirst: true,
    describe(hours, clock) {
      const busiest = hours.reduce((best, item) => (item.loaded + item.discharged > best.loaded + best.discharged ? item : best), hours[0]);
      return t("Bar chart of the moves per hour in the last 24 hours. The busiest hour began at {time} with {loaded} loaded and {discharged} discharged. The table below has every hour.",
        { time: `${clock.hour(busiest.hour)}:00`, loaded: count(busiest.loaded), discharged: count(busiest.discharged) });
    },
  });
  return { node: chart.node, update: ({ hours }, { clock }) => chart.update(hours, clock), stop: chart.stop };
}
