// SPDX-License-Identifier: Apache-2.0
// How long a vessel can be worked between two moments, in the shifts and with the breaks that are planned, and how fast it
// has to go for that.
import { addDays } from "./calendar.js";
import { momentIn, wallClock } from "./zone.js";
import { shiftTimes } from "./shift.js";

const MINUTE = 60000;
const LONGEST = 62;             // days that are looked at; a call that takes longer has a mistake in its times

/** The time that can be worked, as [from, to] pairs of milliseconds in their order, breaks taken out. */
export function workedTimes({ from, to, shifts, breaks, starts, timeZone }) {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  if (!(end > begin) || end - begin > LONGEST * 86400000) return [];
  const at = (day, time) => Date.parse(momentIn(timeZone, `${day}T${time}`));
  const times = [];
  const last = wallClock(timeZone, end).slice(0, 10);
  for (let day = addDays(wallClock(timeZone, begin).slice(0, 10), -1); day <= last; day = addDays(day, 1)) {
    for (const [name, start, next] of shiftTimes(starts)) {
      if (!shifts.includes(name)) continue;
      const piece = [Math.max(begin, at(day, start)), Math.min(end, at(next > start ? day : addDays(day, 1), next))];
      if (piece[1] > piece[0]) times.push(piece);
    }
  }
  const free = [];
  for (let day = addDays(wallClock(timeZone, begin).slice(0, 10), -1); day <= last; day = addDays(day, 1)) {
    for (const [time, minutes] of Object.entries(breaks)) free.push([at(day, time), at(day, time) + minutes * MINUTE]);
  }
  return without(times.sort((a, b) => a[0] - b[0]), free.sort((a, b) => a[0] - b[0]));
}

function without(times, gaps) {
  return times.flatMap(([from, to]) => {
    const left = [];
    let at = from;
    for (const [begin, end] of gaps) {
      if (end <= at || begin >= to) continue;
      if (begin > at) left.push([at, begin]);
      at = Math.max(at, end);
    }
    return at < to ? [...left, [at, to]] : left;
  });
}

/** What the plan asks for: hours, gangHours, and units per hour and per gang and hour; null where it can't be said. */
export function neededRate({ times, units, gangs }) {
  const hours = times.reduce((sum, [from, to]) => sum + to - from, 0) / 3600000;
  const perHour = hours > 0 && units > 0 ? units / hours : null;
  return { hours, perHour, perGang: perHour !== null && gangs > 0 ? perHour / gangs : null };
}

/** How much of the plan should be done at a moment, if the work goes on evenly through the worked times: 0 to 1. */
export function plannedPart(times, moment) {
  const whole = times.reduce((sum, [from, to]) => sum + to - from, 0);
  const done = times.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, moment) - from), 0);
  return whole > 0 ? done / whole : null;
}
