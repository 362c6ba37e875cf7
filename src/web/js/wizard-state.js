// SPDX-License-Identifier: Apache-2.0
// The vessel wizard without its pages: which fields stand on which step, what is wrong with them, and how what people typed
// becomes what the server takes, and the other way round.
import { imoIsValid } from "./manifest-values.js";
import { momentIn, wallClock } from "./zone.js";
import { SHIFTS } from "./shift.js";
import { t } from "./texts.js";

export const STEPS = ["vessel", "cargo", "operation", "review"];
const NUMBERS = { gangs: 100, drivers: 1000, vans: 500, wagons: 500 };
export const MAX_UNITS = 999999;
export const MAX_BREAK = 180;
// The members of a vessel by the step on which they are asked.
const ON_STEP = {
  vessel: ["name", "imo", "vessel_type", "line", "berth", "eta", "etd"],
  cargo: ["cargo_capacity"],
  operation: ["shifts", "breaks", "gangs", "drivers", "vans", "wagons", "notes"],
};

export const stepOf = (field) => STEPS.find((step) => ON_STEP[step]?.includes(field)) ?? "review";

/** What the address says, as a number from 1; anything else is the first step. */
export const stepNumber = (text) => (/^[1-4]$/.test(text ?? "") ? Number(text) : 1);

/** All as it is typed: texts, but for shifts and breaks, which are lists. */
export const emptyValues = () => ({
  name: "", imo: "", vessel_type: "", line: "", berth: "", eta: "", etd: "", cargo: {},
  shifts: [...SHIFTS], breaks: [], gangs: "0", drivers: "0", vans: "0", wagons: "0", notes: "",
});

export function valuesOf(vessel, timeZone) {
  const text = (name) => String(vessel[name] ?? "");
  return {
    ...Object.fromEntries(["name", "imo", "vessel_type", "line", "berth", "notes", ...Object.keys(NUMBERS)].map((name) => [name, text(name)])),
    eta: wallClock(timeZone, vessel.eta),
    etd: wallClock(timeZone, vessel.etd),
    cargo: Object.fromEntries(Object.entries(vessel.cargo_capacity).map(([type, units]) => [type, String(units)])),
    shifts: SHIFTS.filter((name) => vessel.shifts.includes(name)),
    breaks: Object.entries(vessel.breaks).map(([at, minutes]) => ({ at, minutes: String(minutes) })),
  };
}

const whole = (text) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : NaN);
const upTo = (text, most) => (whole(text) <= most ? null : t("Enter a whole number from 0 to {most}.", { most }));

/** {field: what is wrong} of the steps named; {} when all is well. */
export function problems(values, timeZone, steps = STEPS) {
  const wrong = {};
  const say = (field, text) => text && (wrong[field] ??= text);
  if (steps.includes("vessel")) vesselProblems(values, timeZone, say);
  if (steps.includes("cargo")) {
    for (const [type, units] of Object.entries(values.cargo)) say(`cargo.${type}`, units.trim() && upTo(units, MAX_UNITS));
  }
  if (steps.includes("operation")) {
    for (const [name, most] of Object.entries(NUMBERS)) say(name, values[name].trim() && upTo(values[name], most));
    if (values.shifts.length === 0) say("shifts", t("Choose at least one shift."));
    say("breaks", breakProblem(values.breaks));
  }
  return wrong;
}

function vesselProblems(values, timeZone, say) {
  if (!values.name.trim()) say("name", t("A vessel needs a name."));
  if (!values.vessel_type) say("vessel_type", t("Choose the type of vessel."));
  const imo = values.imo.trim();
  if (imo && !/^\d{7}$/.test(imo)) say("imo", t("An IMO number has seven digits."));
  else if (imo && !imoIsValid(imo)) say("imo", t("The last digit does not fit the others: one of them is wrong."));
  const [eta, etd] = ["eta", "etd"].map((name) => {
    const at = values[name] && momentIn(timeZone, values[name]);
    if (values[name] && !at) say(name, t("Enter a date and a time."));
    return at;
  });
  if (eta && etd && etd <= eta) say("etd", t("The departure must be after the arrival."));
}

function breakProblem(breaks) {
  if (breaks.some(({ at }) => !/^\d\d:(00|15|30|45)$/.test(at))) return t("A break begins at a full quarter of an hour, such as 10:00 or 10:15.");
  if (breaks.some(({ minutes }) => !(whole(minutes) >= 1 && whole(minutes) <= MAX_BREAK))) return t("A break has 1 to {most} minutes.", { most: MAX_BREAK });
  return new Set(breaks.map(({ at }) => at)).size < breaks.length ? t("Two breaks begin at the same time.") : null;
}

export const totalUnits = ({ cargo }) => Object.values(cargo).reduce((sum, units) => sum + (whole(units) || 0), 0);
export const numberOf = (text) => whole(text) || 0;
export const breaksOf = ({ breaks }) => Object.fromEntries(breaks.filter(({ at, minutes }) => at && whole(minutes) >= 1).map(({ at, minutes }) => [at, whole(minutes)]));

/** The vessel as the server takes it. */
export function bodyOf(values, timeZone) {
  const text = (value) => value.trim() || null;
  return {
    name: values.name.trim(),
    imo: text(values.imo),
    vessel_type: values.vessel_type,
    line: text(values.line),
    berth: text(values.berth),
    eta: values.eta ? momentIn(timeZone, values.eta) : null,
    etd: values.etd ? momentIn(timeZone, values.etd) : null,
    cargo_capacity: Object.fromEntries(Object.entries(values.cargo).filter(([, units]) => whole(units) > 0).map(([type, units]) => [type, whole(units)])),
    ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, numberOf(values[name])])),
    shifts: SHIFTS.filter((name) => values.shifts.includes(name)),
    breaks: breaksOf(values),
    notes: text(values.notes),
  };
}

const canonical = (value) => JSON.stringify(value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value).sort() : value);

/** The members of `after` that differ from those of `before`, both as bodyOf() makes them. */
export const changedMembers = (before, after) => Object.fromEntries(Object.entries(after).filter(([name, value]) => canonical(value) !== canonical(before[name])));

/** The server's refusal [{field, detail}] by our fields' names. */
export const refusals = (errors) => Object.fromEntries(errors.map(({ field, detail }) => [field, `${detail.charAt(0).toUpperCase()}${detail.slice(1)}`]));

/** The steps that have something wrong. */
export const stepsWith = (wrong) => new Set(Object.keys(wrong).map((name) => stepOf(name.startsWith("cargo.") ? "cargo_capacity" : name)));
