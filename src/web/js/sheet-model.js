// SPDX-License-Identifier: Apache-2.0
// What a tally sheet shows, made out of what lies in the outbox and what it sent: everything follows from the entries, so a
// reload, another tab and a tab that was killed show the same.

import { onTheWay } from "./outbox-send.js";

const MINUTE = 60000;
// A rate out of the first moments would be wild.
const LEAST = 5 * MINUTE;
const COUNTS = ["waiting", "stored"];
// A person who recorded nothing for this long begins anew.
export const PAUSE = 3 * 60 * MINUTE;

/** Whether a line is counted, and so can be taken back. */
export const isCounted = ({ state }) => COUNTS.includes(state);

/** Since when the running sitting counts: the one noted, unless nothing was recorded for long, or now. */
export function sittingSince(noted, entries, now) {
  if (!Number.isFinite(noted) || noted > now) return now;
  const last = Math.max(noted, ...entries.map(({ madeAt }) => Date.parse(madeAt)));
  return now - last > PAUSE ? now : noted;
}

const add = (sums, key, number) => sums.set(key, (sums.get(key) ?? 0) + number);

/**
 * entries: what waits or was refused, sent: what was stored, both of this person. Returns for vesselId:
 *   lines    the tallies of the sitting, newest first: {entry, state "waiting" | "stored" | "refused" | "undone" | "voided"}
 *   counts   what the sitting counted, by cargo; total in all
 *   here     what the server's totals don't have yet: Map of "type cargo" to a number, which is negative for voids
 *   waiting  entries that are not stored yet; refused those that need a decision
 */
export function readSheet({ entries, sent, vesselId, since }) {
  const ours = (rows) => rows.filter((row) => row.vesselId === vesselId);
  const open = ours(entries);
  const all = [...ours(sent).map((entry) => ({ entry, state: entry.voided ? "voided" : "stored" })), ...open.map((entry) => ({ entry, state: entry.state }))];
  const undone = new Set(all.filter(({ entry, state }) => entry.kind === "void" && state !== "refused").map(({ entry }) => entry.of));
  const lines = all.filter(({ entry }) => entry.kind === "tally" && Date.parse(entry.madeAt) >= since)
    .map((line) => (undone.has(line.entry.id) ? { ...line, state: "undone" } : line))
    .sort((a, b) => b.entry.order - a.entry.order);
  const counts = new Map();
  for (const { entry, state } of lines) {
    if (COUNTS.includes(state)) add(counts, entry.body.cargo_type, entry.body.count);
  }
  const here = new Map();
  for (const { kind, body, what } of onTheWay(open)) {
    const { tally_type: type, cargo_type: cargo, count } = kind === "void" ? what : body;
    add(here, `${type} ${cargo}`, kind === "void" ? -count : count);
  }
  return {
    lines,
    counts,
    total: [...counts.values()].reduce((sum, number) => sum + number, 0),
    here,
    waiting: onTheWay(open).length,
    refused: open.filter(({ state }) => state === "refused").length,
  };
}

/** How many of the cargo the ship takes or gives, here and not yet in the server's totals. What is damaged is not moved. */
export const movedHere = (here, cargo) => (here.get(`loaded ${cargo}`) ?? 0) + (here.get(`discharged ${cargo}`) ?? 0);

/** Units per hour over the last minutes of the sitting; null when it has nothing. */
export function rate(lines, minutes, now) {
  const counted = lines.filter(isCounted).map(({ entry }) => ({ at: Date.parse(entry.madeAt), count: entry.body.count }));
  if (counted.length === 0) return null;
  const first = Math.min(...counted.map(({ at }) => at));
  const window = Math.min(minutes * MINUTE, Math.max(LEAST, now - first));
  const sum = counted.filter(({ at }) => at > now - window).reduce((total, { count }) => total + count, 0);
  return Math.round((sum * 60 * MINUTE) / window);
}

/** What is left of the plan, and how many an hour that makes until the ETD; null where there is no plan, or no ETD to come. */
export function pace({ capacity_total: whole, etd }, moved, now) {
  if (!(whole > 0)) return null;
  const left = Math.max(0, whole - moved);
  const hours = etd ? (Date.parse(etd) - now) / (60 * MINUTE) : 0;
  return { left, perHour: hours > 0 ? Math.ceil(left / Math.max(hours, 0.25)) : null };
}

/** The stored tally of the sitting with this unit's number, if it was scanned before. */
export const scannedBefore = (lines, unit) => lines.find(({ entry, state }) => COUNTS.includes(state) && entry.body.note === unit) ?? null;

/**
 * Which of the stored tallies somebody else has voided: [{entry, voiding}], of those whose person was not told. rows: the vessel's
 * tallies as the server lists them; known: ids of this device's own voids.
 */
export function voidedByOthers(rows, sent, known) {
  const mine = new Map(sent.filter(({ kind, told }) => kind === "tally" && !told).map((entry) => [entry.id, entry]));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return rows.filter(({ id, voided_by: by }) => by && mine.has(id) && !known.has(by))
    .map(({ id, voided_by: by }) => ({ entry: mine.get(id), voiding: byId.get(by) ?? null }));
}
