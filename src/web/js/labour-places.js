// SPDX-License-Identifier: Apache-2.0
// The places of open jobs, day by day for a fortnight: filled, and still to be filled.
import { chartSection, sumOf } from "./chart-section.js";
import { count } from "./format.js";
import { dayWord } from "./calendar.js";

export function placesSection() {
  const chart = chartSection({
    name: "places",
    title: "Places of open jobs",
    chart: "placesChart",
    series: [["filled", "Filled"], ["unfilled", "Unfilled"]],
    column: "Day",
    nameOf: ({ date }) => dayWord(date),
    whole: { label: "Next 14 days", of: sumOf },
    describe(days) {
      const worst = days.reduce((most, day) => (day.unfilled > most.unfilled ? day : most), days[0]);
      return worst.unfilled === 0 ? "Bar chart of the places of open jobs in the next 14 days. None of them is unfilled. The table below has every day."
        : "Bar chart of the filled and unfilled places of open jobs in the next 14 days. "
          + `Most are missing on ${dayWord(worst.date)}: ${count(worst.unfilled)} of ${count(worst.places)}. The table below has every day.`;
    },
  });
  return {
    node: chart.node,
    update: ({ days }, { clock }) => chart.update(days.map((day) => ({ ...day, filled: day.places - day.unfilled })), clock),
    stop: chart.stop,
  };
}
