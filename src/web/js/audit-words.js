// SPDX-License-Identifier: Apache-2.0
// The audit trail in words: what was done, and what is different since.
import { count, DASH } from "./format.js";
import { berthLabel, cargoWord, plain, roleWord, shiftWord, statusWord, tallyWord, vesselTypeWord } from "./words.js";
import { device } from "./device.js";
import { t, tn } from "./texts.js";

const OBJECTS = {
  users: (name) => t("account {name}", { name }),
  sessions: (name) => t("session {name}", { name }),
  api_keys: (name) => t("API key {name}", { name }),
  vessels: (name) => t("vessel {name}", { name }),
  berths: berthLabel,
  cargo_tallies: (name) => t("tally {name}", { name }),
  clients: (name) => t("client {name}", { name }),
  workers: (name) => t("worker {name}", { name }),
  jobs: (name) => t("job {name}", { name }),
  contracts: (name) => t("contract {name}", { name }),
  payments: (name) => t("payment {name}", { name }),
  projects: (name) => t("project {name}", { name }),
  features: (name) => t("feature {name}", { name }),
  backlog_items: (name) => t("backlog item {name}", { name }),
  resources: (name) => t("person {name}", { name }),
  allocations: (name) => t("allocation {name}", { name }),
};
// Before the object: "Changed vessel 7", in German "Geändert: Schiff 7".
const ACTIONS = {
  create: t("Added#deed"), update: t("Changed#deed"), delete: t("Deleted#deed"), void: t("Voided#deed"), end: t("Ended#deed"), revoke: t("Revoked#deed"), password: t("New password for"),
};
const WHOLE = { login: t("Logged in"), login_failed: t("Failed to log in") };
const VIA = { session: t("browser"), key: t("API key"), login: t("login page"), ctl: t("command line"), agent: t("agent"), sql: t("database") };

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
  if (type === "cargo_tallies" && id === "many") return tn(row.rows, "{n} tally", "{n} tallies");
  // A void is a row of its own; what is voided is the other one. What came or went has its name with it.
  const name = (action === "void" && row.voids) || row.username || row.name || id;
  const shown = UUID.test(name) ? `${name.slice(0, 8)}…` : name;
  return lookUp(OBJECTS, type)?.(shown) ?? `${type.replaceAll("_", " ")} ${shown}`;
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

// Values that the rest of the pages have words for.
const VALUES = {
  "vessels.status": statusWord,
  "vessels.shifts": shiftWord,
  "vessels.vessel_type": vesselTypeWord,
  "cargo_tallies.cargo_type": cargoWord,
  "cargo_tallies.tally_type": tallyWord,
  "cargo_tallies.shift": shiftWord,
  "users.role": roleWord,
  "api_keys.role": roleWord,
  "sessions.user_agent": device,
};

const CHOICE = /^(users|clients|workers|jobs|contracts|payments|projects|features|backlog_items|resources)\.(status|availability|priority|kind)$/;
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$/;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A value of a row, for reading; where is "table.column". */
export function valueText(value, clock, where = "") {
  if (value === null || value === undefined || value === "") return DASH;
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) >= 10000 ? count(value) : String(value);
  if (Array.isArray(value)) return value.length === 0 ? DASH : value.map((item) => valueText(item, clock, where)).join(", ");
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([name, item]) => `${where === "vessels.cargo_capacity" ? cargoWord(name) : plain(name)} ${valueText(item, clock)}`);
    return parts.length === 0 ? DASH : parts.join(", ");
  }
  const words = lookUp(VALUES, where) ?? (CHOICE.test(where) ? plain : null);
  if (words) return words(value);
  // The trail is read for years.
  const time = TIME.test(value) && value.replace(" ", "T");
  return time ? `${clock.day(time)}, ${clock.time(time)}` : value;
}
