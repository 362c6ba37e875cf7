// SPDX-License-Identifier: Apache-2.0
// Bars of each hour on the left scale; on the right one what was moved in all, as a line, and the plan, as a broken one.
import { countAxis, hatch, makeChart, paths, timeAxis, upTo } from "./chart.js";

const HOUR = 3600;

export const vesselChart = (place, read) => makeChart(place, read, { columns, options });

const columns = (items) => [
  items.map((item) => Date.parse(item.hour) / 1000),
  ...["loaded", "discharged", "damaged"].map((name) => items.map((item) => item[name] || null)),
  ...["moved", "planned"].map((name) => items.map((item) => item[name])),
];

function options(colours, getClock) {
  const bars = (align) => paths.bars({ size: [0.42, 32], align, gap: 1 });
  const line = paths.linear();
  return {
    scales: {
      x: { time: true, range: (_, min, max) => [min - HOUR / 2 - 60, max + HOUR / 2 + 60] },
      y: upTo(10),
      all: upTo(10),
    },
    axes: [
      timeAxis(colours, (self) => labelled(self.data[0], self.width / (colours.root * 4.5), getClock()), (at) => label(at * 1000, getClock())),
      countAxis(colours),
      { ...countAxis(colours), side: 1, scale: "all", grid: { show: false } },
    ],
    series: [
      {},
      { fill: colours.loaded, stroke: colours.loaded, width: 0, paths: bars(-1), points: { show: false } },
      { fill: (self) => hatch(self.ctx, colours.discharged, colours.surface), stroke: colours.discharged, width: 1, paths: bars(1), points: { show: false } },
      { stroke: colours.damaged, paths: () => null, points: { show: true, size: colours.root * 0.6, fill: colours.damaged, stroke: colours.surface, width: 1 } },
      { scale: "all", stroke: colours.text, width: 2.5, paths: line, points: { show: false } },
      { scale: "all", stroke: colours.text, width: 1.5, dash: [6, 5], paths: line, points: { show: false } },
    ],
  };
}

// Full hours of the port's day, as many as there is room for.
function labelled(times, room, clock) {
  const step = [2, 3, 6, 12, 24].find((hours) => times.length / hours <= room) ?? 24;
  return times.filter((at) => clock.hourNumber(at * 1000) % step === 0);
}

// Midnight is the day that begins.
const label = (at, clock) => (clock.hourNumber(at) === 0 ? clock.day(at).replace(/[ ,]*\d{4}$/, "") : `${clock.hour(at)}:00`);
