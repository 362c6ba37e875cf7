// SPDX-License-Identifier: Apache-2.0
// Dates without a time, "2026-11-26", which no time zone changes.
import { count, DASH } from "./format.js";

const DAY = 86400000;
const make = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
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

export const days = (number) => (number === 1 ? "1 day" : `${count(number)} days`);

/** today, tomorrow, in 5 days, 3 days ago */
export function relativeDay(date, today) {
  const distance = daysBetween(today, date);
  if (distance === 0) return "today";
  if (distance === 1) return "tomorrow";
  if (distance === -1) return "yesterday";
  return distance > 0 ? `in ${days(distance)}` : `${days(-distance)} ago`;
}
