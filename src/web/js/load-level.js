// SPDX-License-Identifier: Apache-2.0
// How full somebody's week is.
import { percent } from "./format.js";
import { plain } from "./words.js";
import { t } from "./texts.js";

// person: a row of "load" in GET /api/delivery/dashboard; allocated is the mean of the working days, peak the fullest.
// Returns {level, words, used, over, capacity}: the last three are widths in a bar that is 100 wide, or as wide as needed.
export function loadLevel({ capacity_percent: capacity, allocated_percent: allocated, peak_percent: peak, availability }) {
  const scale = 100 / Math.max(100, allocated);
  const widths = { used: scale * Math.min(allocated, capacity), over: scale * Math.max(0, allocated - capacity), capacity: scale * capacity };
  const most = Math.max(allocated, peak);
  // Whoever isn't here can't do any of it.
  if (availability !== "available") return { ...widths, level: "late", words: plain(availability) };
  if (most > capacity) return { ...widths, level: "late", words: overWords(percent(most - capacity), allocated > capacity) };
  if (allocated >= capacity) return { ...widths, level: "full", words: t("Full") };
  return { ...widths, level: "ok", words: t("{share} left", { share: percent(capacity - allocated) }) };
}

const overWords = (share, always) => (always ? t("Over by {share}", { share }) : t("Over by {share} on some days", { share }));
