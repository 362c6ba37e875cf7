// SPDX-License-Identifier: Apache-2.0
// One bar per day: the filled places solid from the ground up, the unfilled ones hatched on top of them.
import { countAxis, hatch, makeChart, paths, timeAxis, upTo } from "./chart.js";
import { weekdayAndDay } from "./calendar.js";

const DAY = 86400;

export const placesChart = (place, read) => makeChart(place, read, { columns, options });

// The whole bar is drawn first and the filled part over it.
const columns = (days) => [
  days.map(({ date }) => Date.parse(date) / 1000),
  days.map(({ places }) => places || null),
  days.map(({ filled }) => filled || null),
];

function options(colours) {
  const bars = paths.bars({ size: [0.62, 56], gap: 1 });
  return {
    scales: {
      x: { time: true, range: (_, min, max) => [min - DAY * 0.6, max + DAY * 0.6] },
      y: upTo(5),
    },
    axes: [timeAxis(colours, (self) => labelled(self, colours.root), (at) => weekdayAndDay(at * 1000)), countAxis(colours)],
    series: [
      {},
      { fill: (self) => hatch(self.ctx, colours.warn, colours.surface), stroke: colours.warn, width: 1, paths: bars, points: { show: false } },
      { fill: colours.loaded, stroke: colours.loaded, width: 0, paths: bars, points: { show: false } },
    ],
  };
}

// Every day, or as many as there is room for.
function labelled({ data: [times], width }, root) {
  const step = [[44, 1], [24, 2], [0, 3]].find(([least]) => width > root * least)[1];
  return times.filter((_, index) => index % step === 0);
}
