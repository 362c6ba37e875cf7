// SPDX-License-Identifier: Apache-2.0
// A section with a chart, a legend that reads out what the pointer is on, and the same figures as a table.
import { count } from "./format.js";
import { h, setText } from "./dom.js";
import { section, skeleton } from "./section.js";
import { t } from "./texts.js";

// name, title: of the section. chart: which of charts.js. series: [[member, label]], as in the key of colours.
// column: what the items are, as the head of the table's first column; nameOf(item, clock) is what stands there, and
// spanOf(item, clock) what the legend says of one. whole: {label, of(items, member)}: the legend while nothing is pointed
// at. newestFirst turns the table round. describe(items, clock): the chart in words.
export function chartSection({ name, title, chart: kind, series, column, nameOf, spanOf = nameOf, whole, newestFirst = false, describe }) {
  const place = h("div", { class: "chart" }, skeleton(1, "chart"));
  const when = h("span", { class: "legend__when" });
  const values = new Map(series.map(([member]) => [member, h("strong")]));
  const legend = h(
    "p",
    { class: "legend" },
    when,
    series.map(([member, label]) => h("span", { class: "key__item", "data-name": member }, label, " ", values.get(member))),
  );
  const rows = h("tbody");
  const table = h(
    "details",
    { class: "alternative" },
    h("summary", null, t("Show as a table")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("{title} as a table", { title }) },
      h("table", { class: "table" },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, column), series.map(([, label]) => h("th", { scope: "col", class: "num" }, label)))),
        rows)),
  );
  const node = section(name, title, legend, place, table);

  let chart = null;
  let shown = [];
  let zone = null;
  let drawn = "";
  let gone = false;

  function read(index) {
    const item = index === null ? null : shown[index];
    setText(when, item ? spanOf(item, zone) : whole.label);
    for (const [member, value] of values) setText(value, count(item ? item[member] : whole.of(shown, member)));
  }

  // The chart library is loaded with the first data, so that a page without one never pays for it.
  async function draw() {
    if (!chart) {
      chart = "loading";
      try {
        const charts = await import("./charts.js");
        if (gone) return;
        place.replaceChildren();
        chart = charts[kind](place, read);
      } catch {
        chart = null;           // the next data try again; the table is there meanwhile
      }
    }
    chart?.update?.(shown, zone);
  }

  return {
    node,
    update(items, clock) {
      shown = items;
      zone = clock;
      const key = JSON.stringify(items);
      if (key === drawn && chart !== null) return;
      drawn = key;
      read(null);
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", describe(items, clock));
      rows.replaceChildren(...(newestFirst ? [...items].reverse() : items).map((item) =>
        h("tr", null, h("th", { scope: "row" }, nameOf(item, clock)), series.map(([member]) => h("td", { class: "num" }, count(item[member]))))));
      draw();
    },
    stop() {
      gone = true;
      chart?.stop?.();
    },
  };
}

/** What the values of one member come to. */
export const sumOf = (items, member) => items.reduce((sum, item) => sum + item[member], 0);
