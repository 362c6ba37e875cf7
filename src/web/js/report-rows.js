// SPDX-License-Identifier: Apache-2.0
// What a call's report says, out of the server's answer, without the page around it.
import { neededRate, plannedPart, workedTimes } from "./operation-plan.js";

const HOUR = 3600000;
const LONGEST_SHIFT = 12 * HOUR;
const SHOWN_HOURS = 240;        // of a chart; more would be thinner than a line

/** The call's events in their order: [member of the vessel or of the tallies, time]; those that have not been are left out. */
export function events({ vessel, shifts }) {
  const firsts = shifts.map((shift) => shift.first_tally_at).sort();
  const lasts = shifts.map((shift) => shift.last_tally_at).sort();
  const all = [
    ["eta", vessel.eta], ["arrived_at", vessel.arrived_at], ["berthed_at", vessel.berthed_at], ["operations_started_at", vessel.operations_started_at],
    ["first_tally_at", firsts[0]], ["last_tally_at", lasts.at(-1)], ["operations_completed_at", vessel.operations_completed_at],
    ["etd", vessel.etd], ["departed_at", vessel.departed_at],
  ];
  return all.filter(([, at]) => at).sort((a, b) => Date.parse(a[1]) - Date.parse(b[1]));
}

/** Plan and totals of each cargo, and of all: [{cargo_type, capacity, discharged, loaded, moved, left, damaged}]. */
export function cargoRows({ vessel }) {
  const rows = vessel.cargo.map((row) => ({ ...row, moved: row.loaded + row.discharged, left: Math.max(0, row.capacity - row.loaded - row.discharged) }));
  return { rows, whole: sum(rows, ["capacity", "discharged", "loaded", "moved", "left", "damaged"]) };
}

export const sum = (rows, members) => Object.fromEntries(members.map((member) => [member, rows.reduce((all, row) => all + row[member], 0)]));

/**
 * The shift that a remark belongs to, by the rule of the server's count (report_shifts.sql): the one that its clerk named, if
 * that is beside the one in which it was made. A shift without a tally of its own is not among them.
 */
export function shiftOfRemark({ tallied_at: tallied, shift: named }, shifts) {
  const at = Date.parse(tallied);
  const distance = (shift) => Math.max(Date.parse(shift.began_at) - at, at - Date.parse(shift.ended_at) + 1, 0);
  const near = shifts.filter((shift) => distance(shift) <= LONGEST_SHIFT).sort((a, b) => distance(a) - distance(b));
  const own = near.find((shift) => distance(shift) === 0) ?? null;
  return !named || own?.shift === named ? own : near.find((shift) => shift.shift === named) ?? own;
}

/** The lines of the report's CSV that are of one shift, under its line of names. */
export function csvOfShift(csv, { day, began_at: began }) {
  const [head, ...lines] = csv.split("\r\n");
  return [head, ...lines.filter((line) => {
    const cells = line.split(",");
    return cells[0] === day && Date.parse(cells[2]) === Date.parse(began);
  }), ""].join("\r\n");
}

/**
 * What the vessel's chart shows: an item an hour, from the first tally or the start of the work on to the ETD or the last
 * tally, with what was moved up to its end, and what should have been. What is still to come has null.
 */
export function chartItems({ vessel, hours }, meta, now) {
  const known = new Map(hours.map((item) => [Date.parse(item.hour), item]));
  const times = plan(vessel, meta);
  const [begin, end] = [...known.keys(), ...(times.length > 0 ? [times[0][0], times.at(-1)[1] - 1] : [])].reduce(([low, high], at) => [Math.min(low, at), Math.max(high, at)], [Infinity, -Infinity]);
  if (!(end >= begin)) return [];
  const first = Math.max(floor(begin), floor(end) - (SHOWN_HOURS - 1) * HOUR);
  const items = [];
  let moved = hours.filter((item) => Date.parse(item.hour) < first).reduce((all, item) => all + item.loaded + item.discharged, 0);
  for (let at = first; at <= end; at += HOUR) {
    const { loaded = 0, discharged = 0, damaged = 0 } = known.get(at) ?? {};
    moved += loaded + discharged;
    const past = at <= now || known.has(at);
    const part = plannedPart(times, at + HOUR);
    items.push({ hour: new Date(at).toISOString(), loaded, discharged, damaged, moved: past ? moved : null, planned: part === null ? null : Math.round(part * vessel.capacity_total) });
  }
  return items;
}

const floor = (at) => Math.floor(at / HOUR) * HOUR;

function plan(vessel, meta) {
  const from = vessel.operations_started_at ?? vessel.eta;
  if (!from || !vessel.etd || !vessel.capacity_total) return [];
  return workedTimes({ from, to: vessel.etd, shifts: vessel.shifts, breaks: vessel.breaks, starts: meta.shift_starts, timeZone: meta.timezone });
}

/** The plan's rates for the statement of facts. */
export const planRate = (vessel, meta) => neededRate({ times: plan(vessel, meta), units: vessel.capacity_total, gangs: vessel.gangs });
