// SPDX-License-Identifier: Apache-2.0
// Lines over the last hour: of how long, how much, how many. Each has a colour and a stroke of its own.
import { countAxis, makeChart, timeAxis, upTo } from "./chart.js";

const MINUTE = 60;
const LEAST_SPAN = 10 * MINUTE;
const FEW = 12;                 // of so few values each is a point as well, or a single one would not be seen
const STROKES = [
  { colour: "loaded", width: 2, fill: true },
  { colour: "discharged", width: 2, dash: [6, 3] },
  { colour: "damaged", width: 2, dash: [2, 3] },
  { colour: "text", width: 1.5 },
];

// draws: {members, least, axis, fills}: the lines, the least height of the scale, how a value stands at it, and whether
// the first line has an area under it.
export const linesChart = (place, read, draws) => makeChart(place, read, {
  columns: (items) => [items.map(({ at }) => Date.parse(at) / 1000), ...draws.members.map((member) => items.map((item) => item[member]))],
  options: (colours, getClock) => options(colours, getClock, draws),
});

function options(colours, getClock, { members, least, axis, fills = true }) {
  const { root } = colours;
  return {
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: true } },
    scales: { x: { time: true, range: (_, min, max) => [Math.min(min, max - LEAST_SPAN), max] }, y: upTo(least) },
    axes: [
      timeAxis(colours, (self) => labelled(self, root), (at) => getClock().time(at * 1000)),
      { ...countAxis(colours), size: Math.round(root * 3.5), incrs: [0.1, 0.2, 0.5, ...countAxis(colours).incrs], values: (_, at) => at.map(axis) },
    ],
    series: [{}, ...members.map((_, index) => {
      const { colour, width, dash, fill } = STROKES[index];
      return {
        stroke: colours[colour],
        width,
        dash,
        fill: fill && fills ? `${colours[colour]}22` : undefined,
        points: { show: (self) => self.data[0].length <= FEW, size: 5, fill: colours[colour] },
      };
    })],
  };
}

// Round minutes, as many as there is room for.
function labelled({ scales: { x }, width }, root) {
  const room = Math.max(1, Math.floor(width / (root * 6)));
  const step = [2, 5, 10, 15, 30].find((minutes) => (x.max - x.min) / (minutes * MINUTE) <= room) * MINUTE || 60 * MINUTE;
  const times = [];
  for (let at = Math.ceil(x.min / step) * step; at <= x.max; at += step) times.push(at);
  return times;
}
