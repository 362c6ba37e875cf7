// SPDX-License-Identifier: Apache-2.0
// What a wall screen shows one after the other, and for how long each.

const EVERY = 30;               // seconds
const SHORTEST = 5;             // to read something takes longer
const LONGEST = 3600;

/** The seconds that the address asks for, within reason. */
export function secondsOf(text) {
  const seconds = /^\d{1,6}$/.test(text ?? "") ? Number(text) : EVERY;
  return Math.min(LONGEST, Math.max(SHORTEST, seconds));
}

/** Those of views whose names the address lists ("port,labour"), in its order; all but the extra ones when it lists none. */
export function viewsOf(text, views) {
  const named = (text ?? "").split(",").map((name) => views.find((view) => view.name === name.trim())).filter(Boolean);
  return named.length > 0 ? [...new Set(named)] : views.filter(({ extra }) => !extra);
}

/** The place that is by steps away from index, round and round. */
export const turned = (index, by, length) => (((index + by) % length) + length) % length;
