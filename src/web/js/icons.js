// SPDX-License-Identifier: Apache-2.0
// Line icons on a 16 × 16 grid. Each state has its own shape, so that none depends on its colour.
import { svg } from "./dom.js";

const SHAPES = {
  expected: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M8 5v3.2l2 1.3"],
  arrived: ["M8 5.2v8.3", "M3 8.5c0 3 2 5 5 5s5-2 5-5", "M5.5 7.5h5", "M8 2.2a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3"],
  berthed: ["M2 14h12", "M5 14V7.5", "M11 14V7.5", "M3.5 5.5h3v2h-3z", "M9.5 5.5h3v2h-3z", "M6.5 6.8c1 1.4 2 1.4 3 0"],
  operations_active: ["M5 3.2l7.5 4.8L5 12.8z"],
  operations_complete: ["M2.8 8.5l3.4 3.5 7-7.5"],
  departed: ["M2.5 8h10.5", "M9 4l4 4-4 4"],
  ok: ["M2.8 8.5l3.4 3.5 7-7.5"],
  done: ["M2.8 8.5l3.4 3.5 7-7.5"],
  risk: ["M8 2.3l6.2 11.2H1.8z", "M8 6.5v3.2", "M8 11.6v.3"],
  late: ["M8 1.6L14.4 8 8 14.4 1.6 8z", "M8 5v3.6", "M8 10.8v.3"],
  unknown: ["M3 8h10"],
  warning: ["M8 2.3l6.2 11.2H1.8z", "M8 6.5v3.2", "M8 11.6v.3"],
  live: ["M8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4", "M4.2 4.2a5.4 5.4 0 0 0 0 7.6", "M11.8 4.2a5.4 5.4 0 0 1 0 7.6"],
  back: ["M13 8H3", "M7 4L3 8l4 4"],
  person: ["M8 2.2a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8", "M2.6 14c.3-3 2.5-4.6 5.4-4.6s5.1 1.6 5.4 4.6"],
  ascending: ["M8 13V3", "M4 7l4-4 4 4"],
  descending: ["M8 3v10", "M4 9l4 4 4-4"],
  document: ["M4 1.8h5.5L12.5 5v9.2H4z", "M9.2 2v3.3h3.2", "M6 8h4.5M6 10.8h4.5"],
  remove: ["M4 4l8 8", "M12 4l-8 8"],
  open: ["M4 6.2l4 4 4-4"],
  lock: ["M3.5 7.2h9v6.3h-9z", "M5.4 7V5.2a2.6 2.6 0 0 1 5.2 0V7"],
  display: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M8 2.5v11", "M10.5 4v8"],
  pause: ["M5.5 3v10", "M10.5 3v10"],
  play: ["M5 3.2l7.5 4.8L5 12.8z"],
  forward: ["M3 8h10", "M9 4l4 4-4 4"],
  screen: ["M2.5 6V2.5H6", "M10 2.5h3.5V6", "M13.5 10v3.5H10", "M6 13.5H2.5V10"],
  close: ["M3.5 3.5l9 9", "M12.5 3.5l-9 9"],
};

export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    (SHAPES[name] ?? SHAPES.unknown).map((d) => svg("path", { d })),
  );
}
