// SPDX-License-Identifier: Apache-2.0
// The places of open jobs, day by day for a fortnight: filled, and still to be filled. A job that goes on past midnight is in
// more than one day, so the fortnight isn't their sum.
import { chartSection } from "./chart-section.js";
import { count } from "./format.js";
import { dayWord } from "./calendar.js";
import { t } from "./texts.js";

export function placesSection() {
  let whole = null;
  const chart = chartSection({
    name: "places",
    title: t("Places of open jobs"),
    chart: "placesChart",
    series: [["filled", t("Filled")], ["unfilled", t("Unfilled")]],
    column: t("Day"),
    nameOf: ({ date }) => dayWord(date),
    whole: { label: t("Next 14 days"), of: (_, member) => whole[member] },
    describe(days) {
      const worst = days.reduce((most, day) => (day.unfilled > most.unfilled ? day : most), days[0]);
      return worst.unfilled === 0 ? t("Bar chart of the places of open jobs in the next 14 days. None of them is unfilled. The table below has every day.")
        : t("Bar chart of the filled and unfilled places of open jobs in the next 14 days. Most are missing on {day}: {unfilled} of {places}. The table below has every day.",
          { day: dayWord(worst.date), unfilled: count(worst.unfilled), places: count(worst.places) });
    },
  });
  return {
    node: chart.node,
    update({ days, fortnight }, { clock }) {
      whole = withFilled(fortnight);
      chart.update(days.map(withFilled), clock);
    },
    stop: chart.stop,
  };
}

const withFilled = (of) => ({ ...of, filled: of.places - of.unfilled });
