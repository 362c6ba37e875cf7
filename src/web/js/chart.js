// SPDX-License-Identifier: Apache-2.0
// What all charts on a canvas share. Colours are read from the style sheet's tokens, so one definition serves page and
// canvas.
import { count } from "./format.js";
import uPlot from "uplot";
import { onSchemeChange } from "./theme.js";

export const { paths } = uPlot;

// columns(items) makes what uPlot draws: the times in seconds, then each series. options(colours, getClock) is the rest of
// it. Returns {update(items, clock), stop}; read(index or null) is told what the pointer is on.
export function makeChart(place, read, { columns, options }) {
  let plot = null;
  let items = [];
  let clock = null;

  // Colours, patterns and fonts are fixed when uPlot starts, so a change of any of them makes a new one.
  function make() {
    plot?.destroy();
    const colours = look();
    const own = options(colours, () => clock);
    plot = new uPlot({
      ...size(),
      padding: [8, colours.root * 1.25, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: false } },
      ...own,
      hooks: { ...own.hooks, setCursor: [(self) => read(self.cursor.idx ?? null)] },
    }, columns(items), place);
  }

  const size = () => ({ width: Math.max(200, place.clientWidth), height: place.clientHeight });
  const resize = new ResizeObserver(() => plot?.setSize(size()));
  resize.observe(place);
  const forget = onSchemeChange(() => plot && make());

  return {
    update(nextItems, nextClock) {
      const first = items.length === 0;
      items = nextItems;
      clock = nextClock;
      if (first || !plot) make();
      else plot.setData(columns(items));
    },
    stop() {
      resize.disconnect();
      forget();
      plot?.destroy();
    },
  };
}

function look() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const root = parseFloat(style.fontSize);
  return {
    loaded: token("--loaded"),
    discharged: token("--discharged"),
    damaged: token("--damaged"),
    warn: token("--warn"),
    surface: token("--surface"),
    now: token("--surface-sunken"),
    grid: token("--line-faint"),
    text: token("--text-muted"),
    root,
    font: `${Math.round(root * 0.75)}px ${style.fontFamily}`,
  };
}

const axis = (colours) => ({ stroke: colours.text, font: colours.font, ticks: { show: false }, grid: { stroke: colours.grid, width: 1 } });

/** Names under the chart: splits(self) gives the times that have one, name(seconds) the names. */
export const timeAxis = (colours, splits, name) => ({
  ...axis(colours),
  grid: { show: false },
  size: Math.round(colours.root * 1.5),
  gap: 4,
  splits,
  values: (self, at) => at.map(name),
});

export const countAxis = (colours) => ({
  ...axis(colours),
  size: Math.round(colours.root * 3),
  gap: 4,
  space: 36,
  values: (self, at) => at.map(count),
  incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000],
});

/** A scale from nothing to somewhat above the highest, and to least at least. */
export function upTo(least) {
  return { range: (_, __, max) => [0, roundUp(Math.max(least, max * 1.08))] };
}

function roundUp(top) {
  const step = 10 ** Math.floor(Math.log10(top)) / 5;
  return Math.ceil(top / step) * step;
}

export function hatch(ctx, colour, ground) {
  const scale = devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(5 * scale);
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, tile.width, tile.height);
  pen.strokeStyle = colour;
  pen.lineWidth = 2.4 * scale;
  pen.beginPath();
  for (const shift of [-1, 0, 1]) {
    pen.moveTo(shift * tile.width - 1, tile.height + 1);
    pen.lineTo((shift + 1) * tile.width + 1, -1);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}
