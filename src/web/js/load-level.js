// SPDX-License-Identifier: Apache-2.0
// How full somebody's week is.
import { percent } from "./format.js";
import { plain } from "./words.js";

// person: a row of "load" in GET /api/delivery/dashboard; allocated is the mean of the working days, peak the fullest.
// Returns {level, words, used, over, capacity}: the last three are widths in a bar that is 100 wide, or as wide as needed.
export function loadLevel({ capacity_percent: capacity, allocated_percent: allocated, peak_percent: peak, availability }) {
  const scale = 100 / Math.max(100, allocated);
  const widths = { used: scale * Math.min(allocated, capacity), over: scale * Math.max(0, allocated - capacity), capacity: scale * capacity };
  const most = Math.max(allocated, peak);
  // Whoever isn't here can't do any of it.
  if (availability !== "available") return { ...widths, level: "late", words: plain(availability) };
  if (most > capacity) return { ...widths, level: "late", words: `Over by ${percent(most - capacity)}${allocated > capacity ? "" : " on some days"}` };
  if (allocated >= capacity) return { ...widths, level: "full", words: "Full" };
  return { ...widths, level: "ok", words: `${percent(capacity - allocated)} left` };
}
