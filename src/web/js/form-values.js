// SPDX-License-Identifier: Apache-2.0
// Between what the API has and what stands in a form's field: to text, and from text to a value or to what is wrong with it.
// Pure. A reader answers {value} or {wrong}.
import { locale, t } from "./texts.js";
import { momentIn, wallClock } from "./zone.js";
import { skillsIn } from "./free-time.js";

const point = new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(text));

/** How many digits a currency has behind the point. */
function digitsOf(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

/** 2550 in EUR is "25.50", or "25,50" where people write it so. */
export const amountText = (minor, currency) => (minor / 10 ** digitsOf(currency)).toFixed(digitsOf(currency)).replace(".", point);

/** "25.50" and "25,5" are 2550; null for what is no amount of the currency. */
export function minorUnits(text, currency) {
  const digits = digitsOf(currency);
  const found = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text);
  if (!found || (found[2] ?? "").length > digits) return null;
  return Number(found[1] + (found[2] ?? "").padEnd(digits, "0"));
}

export const toText = {
  time: (value, { timeZone }) => wallClock(timeZone, value),
  money: (value, { currency }) => amountText(value, currency),
  words: (value) => value.join(", "),
};

const whole = (text, { min = 0, max = 1e9 }) => (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max ? { value: Number(text) }
  : { wrong: t("A whole number from {min} to {max}.", { min, max }) });

export const fromText = {
  whole,
  day: (text) => (isDay(text) ? { value: text } : { wrong: t("A day is needed.") }),
  time(text, field, { timeZone }) {
    const value = momentIn(timeZone, text);
    return value ? { value } : { wrong: t("A day and a time are needed.") };
  },
  money(text, field, { currency }) {
    const value = minorUnits(text, currency);
    return value === null ? { wrong: t("An amount such as {amount}.", { amount: amountText(2550 * 10 ** (digitsOf(currency) - 2), currency) }) } : { value };
  },
  email: (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? { value: text } : { wrong: t("An address such as name@example.com.") }),
  currency: (text) => (/^[A-Z]{3}$/.test(text.toUpperCase()) ? { value: text.toUpperCase() } : { wrong: t("Three letters, such as EUR.") }),
  words(text) {
    const { skills, wrong } = skillsIn(text);
    return wrong.length > 0 ? { wrong: t("“{word}” can't be used: letters a to z, digits, space, _ + / and -.", { word: wrong[0] }) } : { value: skills };
  },
};

const EMPTY = { words: [] };

/** Reads one field's text: {value}, {wrong}, or {} where nothing is to be sent. creating: there is no row yet. */
export function readField(field, text, context, creating) {
  if (text !== "") return (fromText[field.kind] ?? ((it) => ({ value: it })))(text, field, context);
  if (field.required) return { wrong: t("This is needed.") };
  if (Object.hasOwn(EMPTY, field.kind)) return { value: EMPTY[field.kind] };
  // The server has its own idea of what belongs there.
  return creating || field.keep ? {} : { value: null };
}

/** What is to be sent of a change: the values that aren't the row's already. */
export const changes = (row, values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(row[name], value)));

/** Of two moments the text may differ. */
function same(a, b) {
  if (JSON.stringify(a ?? null) === JSON.stringify(b ?? null)) return true;
  const moment = (value) => (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? Math.floor(Date.parse(value) / 60000) : NaN);
  return moment(a) === moment(b);
}

/** Of a row that somebody else changed: [{name, before, now, mine}] of the fields that differ, mine where it was touched here as well. */
export const conflicts = (names, before, now, mine) => names
  .filter((name) => !same(before[name], now[name]))
  .map((name) => ({ name, before: before[name], now: now[name], ...(Object.hasOwn(mine, name) && !same(mine[name], now[name]) ? { mine: mine[name] } : {}) }));
