// SPDX-License-Identifier: Apache-2.0
// Two lines over the days: what is in scope, dashed, and under it what is done, as an area.
import { countAxis, makeChart, paths, timeAxis, upTo } from "./chart.js";
import { shortDate } from "./calendar.js";

export const burnUpChart = (place, read) => makeChart(place, read, { columns, options });

const columns = (days) => [
  days.map(({ day }) => Date.parse(day) / 1000),
  days.map(({ points }) => points),
  days.map(({ points_done: done }) => done),
];

function options(colours) {
  return {
    padding: [8, colours.root * 1.75, 0, 0],
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: true } },
    scales: { x: { time: true }, y: upTo(10) },
    axes: [timeAxis(colours, (self) => labelled(self, colours.root), (at) => shortDate(at * 1000)), countAxis(colours)],
    series: [
      {},
      // Scope changes from one day to the next, it doesn't grow in between.
      { stroke: colours.text, width: 2, dash: [6, 4], paths: paths.stepped({ align: 1 }), points: { show: false } },
      { stroke: colours.loaded, width: 2.5, fill: `${colours.loaded}33`, points: { show: false } },
    ],
  };
}

// Whole weeks back from the last day.
function labelled({ data: [times], width }, root) {
  const step = width > root * 34 ? 14 : 28;
  return times.filter((_, index) => (times.length - 1 - index) % step === 0).slice(width > root * 34 ? 0 : -3);
}
