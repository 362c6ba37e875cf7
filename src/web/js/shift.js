// SPDX-License-Identifier: Apache-2.0
// The shifts of the port's day, which begin when the setting SHIFTS says (shift_starts of GET /api/meta).
import { wallClock } from "./zone.js";

export const SHIFTS = ["morning", "afternoon", "night"];

/** When the shifts are, as names and times of day: [["morning", "06:00", "14:00"], …]. */
export function shiftTimes(starts) {
  const named = SHIFTS.map((name, index) => [name, starts[index]]).filter(([, start]) => start);
  const sorted = [...starts].sort();
  return named.map(([name, start]) => [name, start, sorted.find((other) => other > start) ?? sorted[0]]);
}

/** The shift that a moment belongs to. */
export function shiftAt(moment, { shift_starts: starts, timezone }) {
  const time = wallClock(timezone, moment).slice(11);
  const isIn = ([, from, to]) => (from < to ? from <= time && time < to : from <= time || time < to);
  return shiftTimes(starts).find(isIn)?.[0] ?? SHIFTS[0];
}
