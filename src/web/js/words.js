// SPDX-License-Identifier: Apache-2.0
// What the API's values are called on screen.
import { t, word } from "./texts.js";

const STATUS = {
  expected: t("Expected"),
  arrived: t("At anchorage"),
  berthed: t("Berthed"),
  operations_active: t("Working"),
  operations_complete: t("Complete"),
  departed: t("Departed"),
};
const VESSEL = { roro: t("Ro-ro"), container: t("Container"), general: t("General cargo"), bulk: t("Bulk"), multipurpose: t("Multi-purpose") };
const CARGO = {
  automobile: t("Cars"),
  van: t("Vans"),
  truck: t("Trucks"),
  heavy_equipment: t("Heavy equipment"),
  breakbulk: t("Breakbulk"),
  container_20: t("Containers 20 ft"),
  container_40: t("Containers 40 ft"),
  reefer: t("Reefers"),
  general: t("General cargo"),
};
const TALLY = { loaded: t("Loaded"), discharged: t("Discharged"), damaged: t("Damaged") };
const ROLE = { viewer: t("Viewer"), clerk: t("Clerk"), supervisor: t("Supervisor"), manager: t("Manager"), admin: t("Admin") };
const ROLE_MEANS = {
  viewer: t("Sees the port, changes nothing."),
  clerk: t("Records tallies, voids own ones of the running shift."),
  supervisor: t("Also voids any tally and moves vessels through their call."),
  manager: t("Also sees money."),
  admin: t("Also manages people and reads the audit trail."),
};
const SHIFT = { morning: t("Morning"), afternoon: t("Afternoon"), night: t("Night") };
const MOVE = {
  arrived: t("Mark as arrived"),
  berthed: t("Mark as berthed"),
  operations_active: t("Start operations"),
  operations_complete: t("Complete operations"),
  departed: t("Mark as departed"),
};
const MOVE_BACK = { expected: t("Back to expected"), arrived: t("Back to the anchorage"), operations_active: t("Take up work again") };

// A name or value of the API as words: "on_hold" is "On hold", and what that is in the other languages if the catalogue
// knows it. One that nobody has heard of is still readable.
export const plain = (value) => {
  const words = String(value ?? "").replaceAll("_", " ");
  return word(words.charAt(0).toUpperCase() + words.slice(1));
};
const lookUp = (table) => (value) => (Object.hasOwn(table, value) ? table[value] : plain(value));

export const statusWord = lookUp(STATUS);
export const vesselTypeWord = lookUp(VESSEL);
export const cargoWord = lookUp(CARGO);
export const tallyWord = lookUp(TALLY);
export const shiftWord = lookUp(SHIFT);
export const roleWord = lookUp(ROLE);
export const roleMeans = (role) => (Object.hasOwn(ROLE_MEANS, role) ? ROLE_MEANS[role] : "");
const forward = lookUp(MOVE);
const backward = lookUp(MOVE_BACK);

// The life cycle in order, as the stepper shows it.
export const LIFE_CYCLE = Object.keys(STATUS);

export const isBackward = (from, to) => LIFE_CYCLE.indexOf(to) < LIFE_CYCLE.indexOf(from);

export function moveWord(from, to) {
  return isBackward(from, to) ? backward(to) : forward(to);
}

/** "B4" is shown as "Berth B4"; a berth that is called "Berth 4" is not called so twice. */
export function berthLabel(name) {
  return /^(berth|liegeplatz|atraque)\b/i.test(name) ? name : t("Berth {name}", { name });
}
