// SPDX-License-Identifier: Apache-2.0
// A vessel's work hour by hour, and what was moved in all beside what the plan asks for until the ETD.
import { chartItems } from "./report-rows.js";
import { chartSection, sumOf } from "./chart-section.js";
import { count } from "./format.js";
import { t } from "./texts.js";
import { tallyWord } from "./words.js";

const PAUSE = 30000;            // between two questions on a page that is kept open
const IN_ALL = ["moved", "planned"];

// Returns {node, update(report, meta, clock, now), stop}. The node is hidden while there is nothing to draw.
export function vesselChart() {
  const chart = chartSection({
    name: "vessel-chart",
    title: t("Work against plan"),
    chart: "vesselChart",
    series: [...["loaded", "discharged", "damaged"].map((name) => [name, tallyWord(name)]), ["moved", t("Moved in all")], ["planned", t("Plan")]],
    column: t("Hour"),
    nameOf: (item, clock) => clock.full(item.hour),
    whole: { label: t("Whole call"), of: (items, member) => (IN_ALL.includes(member) ? items.map((item) => item[member]).filter((value) => value !== null).at(-1) ?? null : sumOf(items, member)) },
    newestFirst: true,
    describe(items, clock) {
      const done = items.filter((item) => item.moved !== null);
      const now = done.at(-1);
      return t("Chart of the tallies of each hour from {from} to {to}, and of what was moved in all: {moved} so far, {planned} by the plan. The table below has every hour.", {
        from: clock.full(items[0].hour), to: clock.full(items.at(-1).hour), moved: count(now?.moved ?? 0), planned: count(now?.planned),
      });
    },
  });
  chart.node.hidden = true;
  return {
    node: chart.node,
    update(report, meta, clock, now) {
      const items = chartItems(report, meta, now);
      chart.node.hidden = items.length === 0;
      if (items.length > 0) chart.update(items, clock);
    },
    stop: chart.stop,
  };
}

/** The same on the vessel's page, which asks for the hours when the totals have changed. update(vessel, meta, clock). */
export function vesselChartSection({ api, vesselId }) {
  const chart = vesselChart();
  let shown = "";
  let timer = null;
  let stopped = false;
  let latest = null;

  async function ask() {
    const { vessel, meta, clock } = latest;
    shown = totals(vessel);
    timer = setTimeout(() => {
      timer = null;
      if (totals(latest.vessel) !== shown) ask();
    }, PAUSE);
    try {
      const { data } = await api.get(`/api/vessels/${vesselId}/report`);
      if (!stopped) chart.update(data.data, meta, clock, api.now());
    } catch {
      shown = "";               // the next change asks again
    }
  }

  return {
    node: chart.node,
    update(vessel, meta, clock) {
      latest = { vessel, meta, clock };
      if (timer === null && totals(vessel) !== shown) ask();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      chart.stop();
    },
  };
}

const totals = ({ loaded, discharged, damaged, version }) => [loaded, discharged, damaged, version].join();
