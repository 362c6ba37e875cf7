// SPDX-License-Identifier: Apache-2.0
// How much of somebody is left in a range of days, from what they are allocated to.
import { addDays } from "./calendar.js";

// allocations: [{starts_on, ends_on, percent}], of which any may lie outside; from and to are both in the range.
// Returns {least, until, wholeFrom}: what is left on the fullest day; the last day, from the first on, on which at least
// wanted is left (null when that is true to the end; before the range when it is not even true of its first day); the first
// day from which all of it is left to the end (null when there is none).
export function freeTime(capacity, allocations, from, to, wanted = 1) {
  // Between these days nothing changes.
  const edges = [...new Set([from, ...allocations.flatMap(({ starts_on: start, ends_on: end }) => [start, addDays(end, 1)])])]
    .filter((day) => day >= from && day <= to).sort();
  const left = edges.map((day) => capacity - allocations.reduce((sum, { starts_on: start, ends_on: end, percent }) =>
    sum + (start <= day && day <= end ? percent : 0), 0));
  const short = left.findIndex((free) => free < wanted);
  const lastBusy = left.map((free) => free < capacity).lastIndexOf(true);
  return {
    least: Math.max(0, Math.min(...left)),
    until: short >= 0 ? addDays(edges[short], -1) : null,
    wholeFrom: lastBusy + 1 < edges.length ? edges[lastBusy + 1] : null,
  };
}

/** What a person typed as skills, as the server has them: {skills, wrong}, the latter being those that can't be any. */
export function skillsIn(text) {
  const words = [...new Set(text.toLowerCase().split(/[,;]/).map((word) => word.trim().replace(/\s+/g, " ")).filter(Boolean))];
  const fits = (word) => /^[a-z0-9][a-z0-9 _+/-]*$/.test(word);
  return { skills: words.filter(fits), wrong: words.filter((word) => !fits(word)) };
}
