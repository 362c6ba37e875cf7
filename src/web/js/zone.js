// SPDX-License-Identifier: Apache-2.0
// Between the port's clocks and moments: what a person types into a date-and-time field is meant in the port's zone.

/** The moment as a clock in timeZone shows it, "2026-11-20T14:00"; "" for none. */
export function wallClock(timeZone, moment) {
  if (!moment) return "";
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const part = Object.fromEntries(format.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}

/** The other way: "2026-11-20T14:00" in timeZone as an ISO time in UTC, or null if it isn't one. A time that the clocks skip
 * is taken as an hour later, one that comes twice as the first. */
export function momentIn(timeZone, text) {
  const wall = Date.parse(`${text}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) || !Number.isFinite(wall)) return null;
  const offsetAt = (moment) => Date.parse(`${wallClock(timeZone, moment)}Z`) - moment;
  // A day away on either side lie the two offsets that it can be.
  const [before, after] = [offsetAt(wall - 86400000), offsetAt(wall + 86400000)];
  const fits = [before, after].find((offset) => offsetAt(wall - offset) === offset);
  return new Date(wall - (fits ?? before)).toISOString();
}
