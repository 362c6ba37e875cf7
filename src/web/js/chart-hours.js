// SPDX-License-Identifier: Apache-2.0
// Two bars per hour (loaded solid, discharged hatched) and a diamond where something was damaged.
import { countAxis, hatch, makeChart, paths, timeAxis, upTo } from "./chart.js";

const HOUR = 3600;

export const hoursChart = (place, read) => makeChart(place, read, { columns, options });

const columns = (hours) => [
  hours.map((item) => Date.parse(item.hour) / 1000),
  // Nothing is drawn for nothing: a bar of no height would still have an outline.
  ...["loaded", "discharged", "damaged"].map((name) => hours.map((item) => item[name] || null)),
];

function options(colours, getClock) {
  const { root } = colours;
  const half = paths.bars({ size: [0.42, 40], align: 1, gap: 1 });
  const halfLeft = paths.bars({ size: [0.42, 40], align: -1, gap: 1 });
  return {
    scales: {
      // Half an hour of room at both ends, so that the outer bars are whole.
      x: { time: true, range: (_, min, max) => [min - HOUR / 2 - 60, max + HOUR / 2 + 60] },
      y: upTo(10),
    },
    axes: [
      timeAxis(colours, (self) => labelled(self.data[0], self.width > root * 26 ? 3 : 6, getClock()), (at) => `${getClock().hour(at * 1000)}:00`),
      countAxis(colours),
    ],
    series: [
      {},
      { fill: colours.loaded, stroke: colours.loaded, width: 0, paths: halfLeft, points: { show: false } },
      { fill: (self) => hatch(self.ctx, colours.discharged, colours.surface), stroke: colours.discharged, width: 1, paths: half, points: { show: false } },
      { stroke: colours.damaged, paths: () => null, points: { show: true, fill: colours.damaged, stroke: colours.surface, width: 1, paths: diamonds(root) } },
    ],
    hooks: { drawClear: [(self) => shadeRunningHour(self, colours)] },
  };
}

// The hours of the port's day that divide by three, or by six where there is little room.
const labelled = (times, step, clock) => times.filter((at) => clock.hourNumber(at * 1000) % step === 0);

// The last hour isn't over: its bars are not to be compared with the others, and the ground behind them says so.
function shadeRunningHour(self, colours) {
  const at = self.data[0].at(-1);
  if (at === undefined) return;
  const left = self.valToPos(at - HOUR / 2, "x", true);
  const { top, height, left: start, width } = self.bbox;
  self.ctx.fillStyle = colours.now;
  self.ctx.fillRect(left, top, start + width - left, height);
}

function diamonds(root) {
  return (self, series, from, to) => {
    const path = new Path2D();
    const arm = root * 0.34 * devicePixelRatio;
    for (let index = from; index <= to; index += 1) {
      const value = self.data[series][index];
      if (value === null) continue;
      const x = self.valToPos(self.data[0][index], "x", true);
      const y = self.valToPos(value, "y", true);
      path.moveTo(x, y - arm);
      path.lineTo(x + arm, y);
      path.lineTo(x, y + arm);
      path.lineTo(x - arm, y);
      path.closePath();
    }
    return { stroke: path, fill: path, clip: null, flags: 3 };
  };
}
