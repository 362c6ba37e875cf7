// SPDX-License-Identifier: Apache-2.0
// What was tallied in each of the last 24 hours: a chart with a legend that reads out the hour under the pointer,
// and the same figures as a table.
import { count } from "./format.js";
import { h, setText } from "./dom.js";
import { section, skeleton } from "./section.js";
import { tallyWord } from "./words.js";

const SERIES = ["loaded", "discharged", "damaged"];

export function hoursSection() {
  const place = h("div", { class: "chart" }, skeleton(1, "chart"));
  const when = h("span", { class: "legend__when" });
  const values = new Map(SERIES.map((name) => [name, h("strong")]));
  const legend = h(
    "p",
    { class: "legend" },
    when,
    SERIES.map((name) => h("span", { class: "key__item", "data-name": name }, tallyWord(name), " ", values.get(name))),
  );
  const rows = h("tbody");
  const table = h(
    "details",
    { class: "alternative" },
    h("summary", null, "Show as a table"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Tallies per hour as a table" },
      h("table", { class: "table" },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, "Hour"), SERIES.map((name) => h("th", { scope: "col", class: "num" }, tallyWord(name))))),
        rows)),
  );
  const node = section("hours", "Moves per hour", legend, place, table);

  let chart = null;
  let shown = [];
  let zone = null;
  let drawn = "";
  let gone = false;

  // The hour under the pointer, or the sum of all.
  function read(index) {
    const hour = index === null ? null : shown[index];
    setText(when, hour ? `${zone.hour(hour.hour)}:00–${zone.hour(Date.parse(hour.hour) + 3600000)}:00` : "Last 24 hours");
    for (const name of SERIES) {
      setText(values.get(name), count(hour ? hour[name] : shown.reduce((sum, item) => sum + item[name], 0)));
    }
  }

  // The chart library is loaded with the first data, so that a vessel's page never pays for it.
  async function draw() {
    if (!chart) {
      chart = "loading";
      try {
        const { hoursChart } = await import("./chart.js");
        if (gone) return;
        place.replaceChildren();
        chart = hoursChart(place, read);
      } catch {
        chart = null;           // the next data try again; the table is there meanwhile
      }
    }
    chart?.update?.(shown, zone);
  }

  return {
    node,
    update({ hours }, { clock }) {
      shown = hours;
      zone = clock;
      const key = JSON.stringify(hours);
      if (key === drawn && chart !== null) return;
      drawn = key;
      read(null);
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", summary(hours, clock));
      rows.replaceChildren(...[...hours].reverse().map((item) =>
        h("tr", null, h("th", { scope: "row" }, `${clock.hour(item.hour)}:00`), SERIES.map((name) => h("td", { class: "num" }, count(item[name]))))));
      draw();
    },
    stop() {
      gone = true;
      chart?.stop?.();
    },
  };
}

function summary(hours, clock) {
  const busiest = hours.reduce((best, item) => (item.loaded + item.discharged > best.loaded + best.discharged ? item : best), hours[0]);
  return `Bar chart of the moves per hour in the last 24 hours. The busiest hour began at ${clock.hour(busiest.hour)}:00 with `
    + `${count(busiest.loaded)} loaded and ${count(busiest.discharged)} discharged. The table below has every hour.`;
}
