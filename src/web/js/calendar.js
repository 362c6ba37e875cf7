// SPDX-License-Identifier: Apache-2.0
// Dates without a time, "2026-11-26", which no time zone changes.
import { DASH } from "./format.js";
import { locale, t, tn } from "./texts.js";

const DAY = 86400000;
const make = (options) => {
  const format = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  return (date) => (date ? format.format(new Date(date)) : DASH);
};

const withYear = make({ day: "numeric", month: "short", year: "numeric" });
/** 26 Nov */
export const shortDate = make({ day: "numeric", month: "short" });
/** 26 Nov, or 26 Nov 2025 from another year than today's. */
export const dateIn = (date, today) => (date && date.slice(0, 4) !== today.slice(0, 4) ? withYear(date) : shortDate(date));
/** Thu 26 Nov */
export const dayWord = make({ weekday: "short", day: "numeric", month: "short" });
/** Thu 26 */
export const weekdayAndDay = make({ weekday: "short", day: "numeric" });

export const addDays = (date, days) => new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);

/** Days from one date to the other; negative when it lies before. */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);

export const days = (number) => tn(number, "{n} day", "{n} days");

/** today, tomorrow, in 5 days, 3 days ago */
export function relativeDay(date, today) {
  const distance = daysBetween(today, date);
  if (distance === 0) return t("today");
  if (distance === 1) return t("tomorrow");
  if (distance === -1) return t("yesterday");
  return distance > 0 ? tn(distance, "in {n} day", "in {n} days") : tn(-distance, "{n} day ago", "{n} days ago");
}
