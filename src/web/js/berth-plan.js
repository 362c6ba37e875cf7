// SPDX-License-Identifier: Apache-2.0
// Who lies where and when, as geometry: berths down, time across, in per cent of the window that is shown.
import { addDays } from "./calendar.js";
import { momentIn } from "./zone.js";

const HOUR = 3600000;
const ASSUMED = 24 * HOUR;      // how long a vessel without an ETD is taken to stay
const AT_BERTH = ["berthed", "operations_active", "operations_complete"];

// What can be chosen to see: days, with the first day counted from today, and how many days are drawn.
const ZOOMS = { 2: { first: 0, days: 2 }, 7: { first: -1, days: 8 }, 14: { first: -1, days: 15 } };
export const DAYS = Object.keys(ZOOMS);

const instant = (value) => (value ? Date.parse(value) : null);

/** days as in the address, from as "2026-11-26" or nothing, today likewise, in the port's zone; starts: of its shifts. */
export function windowOf({ days, from, today, timeZone, starts }) {
  const zoom = ZOOMS[days] ? String(days) : "7";
  const first = /^\d{4}-\d\d-\d\d$/.test(from ?? "") && Number.isFinite(Date.parse(from)) ? from : addDays(today, ZOOMS[zoom].first);
  const at = (day, time = "00:00") => Date.parse(momentIn(timeZone, `${day}T${time}`));
  const dates = Array.from({ length: ZOOMS[zoom].days }, (_, index) => addDays(first, index));
  const end = addDays(first, dates.length);
  return {
    zoom,
    first,
    last: dates.at(-1),
    start: at(first),
    end: at(end),
    // A day on which the clocks are changed is an hour longer or shorter than the others, and is drawn so.
    days: dates.map((date) => ({ date, start: at(date), end: at(addDays(date, 1)) })),
    shifts: dates.flatMap((date) => starts.map((time) => at(date, time))),
    earlier: addDays(first, -Number(zoom)),
    later: addDays(first, Number(zoom)),
  };
}

/** Where a moment lies in the window: 0…100, or beyond. */
export const across = (moment, { start, end }) => (100 * (moment - start)) / (end - start);

/**
 * From when to when a vessel takes its berth; null when nobody knows. kind is "gone", "actual" (it lies there) or "planned".
 * late: it lies there past its ETD, or will by its projected completion; until then planned, `end` is later.
 * overdue: it was to come before now. open: no ETD is known, the end is a guess.
 */
export function stay(vessel, now) {
  const [eta, etd] = [instant(vessel.eta), instant(vessel.etd)];
  const kind = vessel.status === "departed" ? "gone" : AT_BERTH.includes(vessel.status) ? "actual" : "planned";
  const came = instant(vessel.berthed_at) ?? instant(vessel.operations_started_at) ?? instant(vessel.arrived_at) ?? eta;
  const start = kind === "planned" ? eta : came ?? (kind === "actual" ? now : null);
  if (start === null) return null;
  const planned = Math.max(etd ?? start + ASSUMED, start);
  if (kind === "gone") return { kind, start, planned, end: Math.max(start, instant(vessel.departed_at) ?? planned), late: false, overdue: false, open: false };
  if (kind === "planned") return { kind, start, planned, end: planned, late: false, overdue: start < now, open: etd === null };
  const end = Math.max(planned, now, instant(vessel.projected_completion) ?? 0);
  return { kind, start, planned, end, late: etd !== null && end > etd, overdue: false, open: etd === null };
}

/** The vessels of the list, with what only the dashboard knows of those in port; and those that only the dashboard has. */
export function merged(listed, inPort) {
  const known = new Map(listed.map((vessel) => [vessel.id, vessel]));
  for (const vessel of inPort) known.set(vessel.id, { ...vessel, ...known.get(vessel.id), projected_completion: vessel.projected_completion });
  return [...known.values()];
}

/**
 * The rows of the picture: a berth each (in their order), and last one of null for vessels that have none yet, if there are
 * any. Bars: {vessel, stay, left, width, lane, conflict}; what lies outside the window is left out.
 */
export function planRows(berths, vessels, shown, now) {
  const stays = vessels.map((vessel) => ({ vessel, stay: stay(vessel, now) })).filter((item) => item.stay !== null);
  const row = (berth) => {
    const here = stays.filter(({ vessel }) => (vessel.berth ?? null) === (berth?.name ?? null) && (berth !== null || vessel.status !== "departed"));
    const conflicts = berth === null ? [] : overlaps(here).map((pair) => ({ berth, ...pair }));
    const bars = here.filter(({ stay: { start, end } }) => start < shown.end && end > shown.start).map((item) => bar(item, shown, conflicts));
    return { berth, bars, lanes: intoLanes(bars), conflicts };
  };
  const unplaced = row(null);
  return [...berths.map(row), ...(unplaced.bars.length > 0 ? [unplaced] : [])];
}

function bar({ vessel, stay: its }, shown, conflicts) {
  const left = Math.max(0, across(its.start, shown));
  const width = Math.min(100, across(its.end, shown)) - left;
  return { vessel, stay: its, left, width, lane: 0, conflict: conflicts.some(({ first, second }) => first === vessel || second === vessel) };
}

// Two that are to be at one berth at the same time. What is over is no conflict any more.
function overlaps(here) {
  const open = here.filter(({ stay: { kind } }) => kind !== "gone").sort((a, b) => a.stay.start - b.stay.start);
  return open.flatMap((a, index) => open.slice(index + 1).filter((b) => b.stay.start < a.stay.end)
    .map((b) => ({ first: a.vessel, second: b.vessel, start: b.stay.start, end: Math.min(a.stay.end, b.stay.end) })));
}

// Bars that overlap go one below the other. Returns how many lanes that takes, one at least.
function intoLanes(bars) {
  const ends = [];
  for (const item of [...bars].sort((a, b) => a.stay.start - b.stay.start)) {
    const free = ends.findIndex((end) => end <= item.stay.start);
    item.lane = free === -1 ? ends.length : free;
    ends[item.lane] = item.stay.end;
  }
  return Math.max(1, ends.length);
}
