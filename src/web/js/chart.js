// SPDX-License-Identifier: Apache-2.0
// The canvas: two bars per hour (loaded solid, discharged hatched) and a diamond where something was damaged.
// Colours are read from the style sheet's tokens, so one definition serves page and canvas.
import uPlot from "uplot";
import { onSchemeChange } from "./theme.js";

const HOUR = 3600;

// Returns {update(hours, clock), stop}; read(index or null) is told which hour the pointer is on.
export function hoursChart(place, read) {
  let plot = null;
  let hours = [];
  let clock = null;

  // Colours, patterns and fonts are fixed when uPlot starts, so a change of any of them makes a new one.
  function make() {
    plot?.destroy();
    plot = new uPlot(options(size(), look(), () => clock, read), columns(hours), place);
  }

  const size = () => ({ width: Math.max(200, place.clientWidth), height: place.clientHeight });
  const resize = new ResizeObserver(() => plot?.setSize(size()));
  resize.observe(place);
  const contrast = matchMedia("(prefers-contrast: more)");
  const remake = () => plot && make();
  contrast.addEventListener("change", remake);
  const forget = onSchemeChange(remake);

  return {
    update(nextHours, nextClock) {
      const first = hours.length === 0;
      hours = nextHours;
      clock = nextClock;
      if (first || !plot) make();
      else plot.setData(columns(hours));
    },
    stop() {
      resize.disconnect();
      contrast.removeEventListener("change", remake);
      forget();
      plot?.destroy();
    },
  };
}

const columns = (hours) => [
  hours.map((item) => Date.parse(item.hour) / 1000),
  // Nothing is drawn for nothing: a bar of no height would still have an outline.
  ...["loaded", "discharged", "damaged"].map((name) => hours.map((item) => item[name] || null)),
];

function look() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const root = parseFloat(style.fontSize);
  return {
    loaded: token("--loaded"),
    discharged: token("--discharged"),
    damaged: token("--damaged"),
    surface: token("--surface"),
    now: token("--surface-sunken"),
    grid: token("--line-faint"),
    text: token("--text-muted"),
    root,
    font: `${Math.round(root * 0.75)}px ${style.fontFamily}`,
  };
}

function options(size, colours, getClock, read) {
  const { root } = colours;
  const half = uPlot.paths.bars({ size: [0.42, 40], align: 1, gap: 1 });
  const halfLeft = uPlot.paths.bars({ size: [0.42, 40], align: -1, gap: 1 });
  const axis = { stroke: colours.text, font: colours.font, ticks: { show: false }, grid: { stroke: colours.grid, width: 1 } };
  return {
    ...size,
    padding: [8, root * 1.25, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: false } },
    scales: {
      // Half an hour of room at both ends, so that the outer bars are whole.
      x: { time: true, range: (_, min, max) => [min - HOUR / 2 - 60, max + HOUR / 2 + 60] },
      y: { range: (_, __, max) => [0, niceTop(max)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: Math.round(root * 1.5),
        gap: 4,
        splits: (self) => labelled(self.data[0], self.width > root * 26 ? 3 : 6, getClock()),
        values: (self, splits) => splits.map((at) => `${getClock().hour(at * 1000)}:00`),
      },
      { ...axis, size: Math.round(root * 3), gap: 4, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000] },
    ],
    series: [
      {},
      { fill: colours.loaded, stroke: colours.loaded, width: 0, paths: halfLeft, points: { show: false } },
      { fill: (self) => hatch(self.ctx, colours), stroke: colours.discharged, width: 1, paths: half, points: { show: false } },
      { stroke: colours.damaged, paths: () => null, points: { show: true, fill: colours.damaged, stroke: colours.surface, width: 1, paths: diamonds(colours, root) } },
    ],
    hooks: {
      drawClear: [(self) => shadeRunningHour(self, colours)],
      setCursor: [(self) => read(self.cursor.idx ?? null)],
    },
  };
}

function niceTop(max) {
  const top = Math.max(10, max * 1.08);
  const step = 10 ** Math.floor(Math.log10(top)) / 5;
  return Math.ceil(top / step) * step;
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

function hatch(ctx, colours) {
  const scale = devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(5 * scale);
  const pen = tile.getContext("2d");
  pen.fillStyle = colours.surface;
  pen.fillRect(0, 0, tile.width, tile.height);
  pen.strokeStyle = colours.discharged;
  pen.lineWidth = 2.4 * scale;
  pen.beginPath();
  for (const shift of [-1, 0, 1]) {
    pen.moveTo(shift * tile.width - 1, tile.height + 1);
    pen.lineTo((shift + 1) * tile.width + 1, -1);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}

function diamonds(colours, root) {
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
