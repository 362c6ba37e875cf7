// SPDX-License-Identifier: Apache-2.0
// The audit trail in words: what was done, and what is different since.
import { count, DASH } from "./format.js";
import { berthLabel, cargoWord, plain, roleWord, shiftWord, statusWord, tallyWord, vesselTypeWord } from "./words.js";
import { device } from "./device.js";

const OBJECTS = { users: "account", sessions: "session", api_keys: "API key", vessels: "vessel", berths: "berth", cargo_tallies: "tally" };
const ACTIONS = { create: "Added", update: "Changed", delete: "Deleted", void: "Voided", end: "Ended", revoke: "Revoked", password: "New password for" };
const WHOLE = { login: "Logged in", login_failed: "Failed to log in" };
const VIA = { session: "browser", key: "API key", login: "login page", ctl: "command line", agent: "agent", sql: "database" };

const lookUp = (table, value) => (Object.hasOwn(table, value) ? table[value] : null);

// What the filters suggest. There may be others: each board brings its own.
export const KNOWN_ACTIONS = [...Object.keys(ACTIONS), ...Object.keys(WHOLE)].sort();
export const KNOWN_OBJECTS = Object.keys(OBJECTS).sort();

export const viaWord = (via) => lookUp(VIA, via) ?? plain(via);

/** {verb, object}: "Changed" and "vessel 7", or "Logged in" and "". */
export function deed(entry) {
  const whole = lookUp(WHOLE, entry.action);
  return whole ? { verb: whole, object: "" } : { verb: lookUp(ACTIONS, entry.action) ?? plain(entry.action), object: objectWords(entry) };
}

function objectWords({ action, object_type: type, object_id: id, before, after }) {
  const row = before && after ? {} : before ?? after ?? {};
  if (type === "cargo_tallies" && id === "many") return `${count(row.rows)} tallies`;
  if (type === "berths") return berthLabel(id);
  // A void is a row of its own; what is voided is the other one. What came or went has its name with it.
  const name = (action === "void" && row.voids) || row.username || row.name || id;
  return `${lookUp(OBJECTS, type) ?? plain(type).toLowerCase()} ${UUID.test(name) ? `${name.slice(0, 8)}…` : name}`;
}

/**
 * What differs between two rows as JSON, in the order of the newer: [{name, before, after}], before being undefined where
 * there was no row, after where there is none any more. Of a row that came or went, what is empty is left out.
 */
export function differences(before, after) {
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])];
  return names
    .map((name) => ({ name, before: before ? before[name] ?? null : undefined, after: after ? after[name] ?? null : undefined }))
    .filter((item) => JSON.stringify(item.before) !== JSON.stringify(item.after))
    .filter((item) => (before && after) || (item.before ?? item.after ?? null) !== null);
}

// Of a row that came or went: what who, when and the object say already, and what only the program needs.
const TOLD = ["id", "name", "username", "user_id", "created_at", "recorded_at", "updated_at", "version", "voids", "rows"];
const TOLD_OF_SESSIONS = ["address", "last_used_at"];
const FIRST = ["vessel_id", "tally_type", "cargo_type", "count", "note", "vessel_type", "status", "display_name", "role"];

/** The differences of an entry: those worth reading, what says most first, and those that are told otherwise. */
export function tell({ object_type: type, before, after }) {
  const comesOrGoes = !before || !after;
  const isTold = ({ name }) => name === "revoked_at"
    || (comesOrGoes && (TOLD.includes(name) || (type === "sessions" && TOLD_OF_SESSIONS.includes(name))));
  const rank = ({ name }) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const all = differences(before, after);
  return { shown: all.filter((item) => !isTold(item)).sort((a, b) => rank(a) - rank(b)), told: all.filter((item) => isTold(item) && item.name !== "id") };
}

const FIELDS = { eta: "ETA", etd: "ETD", id: "Id", imo: "IMO number", length_m: "Length (m)", user_agent: "Device", vessel_id: "Vessel" };
export const fieldWord = (name) => lookUp(FIELDS, name) ?? plain(name);

// Values that the rest of the pages have words for.
const VALUES = {
  "vessels.status": statusWord,
  "vessels.vessel_type": vesselTypeWord,
  "cargo_tallies.cargo_type": cargoWord,
  "cargo_tallies.tally_type": tallyWord,
  "cargo_tallies.shift": shiftWord,
  "users.role": roleWord,
  "api_keys.role": roleWord,
  "users.status": plain,
  "sessions.user_agent": device,
};

const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$/;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A value of a row, for reading; where is "table.column". */
export function valueText(value, clock, where = "") {
  if (value === null || value === undefined || value === "") return DASH;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) >= 10000 ? count(value) : String(value);
  if (Array.isArray(value)) return value.length === 0 ? DASH : value.map((item) => valueText(item, clock)).join(", ");
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([name, item]) => `${where === "vessels.cargo_capacity" ? cargoWord(name) : plain(name)} ${valueText(item, clock)}`);
    return parts.length === 0 ? DASH : parts.join(", ");
  }
  const words = lookUp(VALUES, where);
  if (words) return words(value);
  // The trail is read for years.
  const time = TIME.test(value) && value.replace(" ", "T");
  return time ? `${clock.day(time)}, ${clock.time(time)}` : value;
}
