// SPDX-License-Identifier: Apache-2.0
// Numbers, times and spans as people read them. Times are shown in the port's zone, not the device's.
import { locale, t } from "./texts.js";

const number = new Intl.NumberFormat(locale);
const percentage = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
// Where the digits are meant for the program: in German an hour is "09 Uhr".
const NEUTRAL = "en-GB";
const HOUR = 3600 * 1000;
const WEEKDAY_SAYS_IT = 6 * 24 * HOUR;     // the same weekday does not come twice in it
export const DASH = "–";

export const known = (value) => value !== null && value !== undefined;

export const count = (value) => (known(value) ? number.format(value) : DASH);

// 99.97 % must not read as done.
export const percent = (value) => (known(value) ? `${percentage.format(value < 100 ? Math.min(value, 99.9) : value)} %` : DASH);

// The share of a bar that is filled, 0…100, whatever was counted beyond the plan.
export const share = (part, whole) => (whole > 0 ? Math.min(100, Math.max(0, (100 * part) / whole)) : 0);

// Clocks of one zone. A zone that the browser doesn't know shows as UTC rather than breaking the page.
export function clocks(timeZone) {
  const make = (options, as = locale) => {
    try {
      return new Intl.DateTimeFormat(as, { timeZone, hourCycle: "h23", ...options });
    } catch {
      return new Intl.DateTimeFormat(as, { timeZone: "UTC", hourCycle: "h23", ...options });
    }
  };
  const time = make({ hour: "2-digit", minute: "2-digit" });
  const seconds = make({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = make({ weekday: "short", day: "numeric", month: "short" });
  const shortDate = make({ day: "numeric", month: "short", year: "numeric" });
  const date = make({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const hour = make({ hour: "2-digit" }, NEUTRAL);
  const weekday = make({ weekday: "short", hour: "2-digit", minute: "2-digit" });
  const dayKey = make({ year: "numeric", month: "2-digit", day: "2-digit" }, NEUTRAL);
  const using = (format) => (value) => (known(value) ? format.format(new Date(value)) : DASH);
  return {
    time: using(time),
    seconds: using(seconds),
    date: using(date),
    day: using(shortDate),
    hour: using(hour),
    hourNumber: (value) => Number(hour.format(new Date(value))),
    // The day in this zone as "2026-11-26".
    isoDay: (value) => dayKey.format(new Date(value)).split("/").reverse().join("-"),
    sameDay: (a, b) => dayKey.format(new Date(a)) === dayKey.format(new Date(b)),
    full: (value) => (known(value) ? `${day.format(new Date(value))}, ${time.format(new Date(value))}` : DASH),
    // Today's times need no date, and within the week the weekday says enough.
    near(value, now) {
      if (!known(value)) return DASH;
      if (this.sameDay(value, now)) return time.format(new Date(value));
      return Math.abs(Date.parse(value) - now) < WEEKDAY_SAYS_IT ? weekday.format(new Date(value)) : this.full(value);
    },
  };
}

// 50 min, 3 h 05 min, 2 d 4 h
export function span(milliseconds) {
  const minutes = Math.round(Math.abs(milliseconds) / 60000);
  if (minutes < 60) return t("{minutes} min", { minutes });
  if (minutes < 48 * 60) return t("{hours} h {minutes} min", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
  return t("{days} d {hours} h", { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60) });
}

// in 3 h 05 min, 20 min ago, now
export function relative(value, now) {
  if (!known(value)) return DASH;
  const ahead = Date.parse(value) - now;
  if (Math.abs(ahead) < 30000) return t("now");
  const time = distance(value, now);
  return ahead > 0 ? t("in {time}", { time }) : t("{time} ago", { time });
}

// How far it is from now, either way. Minutes say nothing half a day off.
export function distance(value, now) {
  const off = Math.abs(Date.parse(value) - now);
  if (off < 12 * HOUR) return span(off);
  const hours = Math.round(off / HOUR);
  return hours < 48 ? t("{hours} h", { hours }) : span(hours * HOUR);
}

// How old what is on the screen is: counted in seconds for the first two minutes.
export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 120 ? t("{seconds} s", { seconds }) : span(milliseconds);
}
