// SPDX-License-Identifier: Apache-2.0
// Single values out of a document's text: dates as people write them, numbers with their separators, IMO numbers.

const MONTHS = [
  ["jan", "ene"], ["feb"], ["mar", "maer"], ["apr", "abr"], ["may", "mai"], ["jun"], ["jul"], ["aug", "ago"], ["sep"], ["oct", "okt"],
  ["nov"], ["dec", "dez", "dic"],
];
const pad = (number) => String(number).padStart(2, "0");
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * {at: "2026-11-20T14:00", utc, doubt}: the wall clock that a text has, in the port's zone unless utc. doubt is "no-time" when
 * only a day is said, "date-order" when day and month could be the other way round. null: no date.
 */
export function dateIn(text) {
  const line = plain(text);
  const found = isoDate(line) ?? namedMonth(line) ?? numericDate(line);
  if (!found || !exists(found)) return null;
  const rest = line.slice(found.end);
  const time = /^[^\d]{0,4}?(?:at |um |a las )?[t ,/-]*(2[0-3]|[01]?\d)[:.h]?([0-5]\d)?(?![\d/.-]\d)/.exec(rest);
  const clock = time && (time[2] !== undefined) ? `${pad(time[1])}:${time[2]}` : null;
  const utc = clock !== null && /^[^\d]*(?:\d{1,2}[:.h]?\d\d)(?::\d\d)?\s*(?:z|utc|gmt)\b/.test(rest);
  return {
    at: `${found.year}-${pad(found.month)}-${pad(found.day)}T${clock ?? "00:00"}`,
    utc,
    doubt: found.doubt ?? (clock === null ? "no-time" : null),
  };
}

function isoDate(line) {
  const m = /(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})/.exec(line);
  return m && { year: +m[1], month: +m[2], day: +m[3], end: m.index + m[0].length };
}

function namedMonth(line) {
  const m = /(\d{1,2})(?:st|nd|rd|th|\.)?[ .-]*(?:de )?([a-z]{3,10})\.?[ ,.-]*(?:de )?(\d{4}|\d\d(?!\d|[:.]))/.exec(line);
  if (!m) return null;
  const month = MONTHS.findIndex((names) => names.some((name) => m[2].startsWith(name))) + 1;
  return month > 0 ? { year: century(m[3]), month, day: +m[1], end: m.index + m[0].length } : null;
}

// 20.11.2026 is as in German; with slashes it may be either way, unless one of the two is no month.
function numericDate(line) {
  const m = /(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)/.exec(line);
  if (!m) return null;
  const [first, second] = [+m[1], +m[3]];
  const end = m.index + m[0].length;
  if (second > 12) return { year: century(m[4]), month: first, day: second, end };
  return { year: century(m[4]), month: second, day: first, end, doubt: m[2] === "/" && first <= 12 && first !== second ? "date-order" : null };
}

const century = (text) => (text.length === 2 ? 2000 + Number(text) : Number(text));

function exists({ year, month, day }) {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1990 && year <= 2100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** "1,340", "1.340", "1 340", "1.340,00" and "1340" as 1340; null for what is no whole number of units, such as "12.5". */
export function wholeNumber(text) {
  const found = /^(\d{1,3}([., '’])\d{3}(?:\2\d{3})*|\d{1,6})(?:[.,]0{1,2})?$/.exec(text.trim());
  const number = found ? Number(found[1].replace(/\D/g, "")) : NaN;
  return number <= 999999 ? number : null;
}

/** The last of an IMO number's seven digits is a sum of the others. */
export function imoIsValid(text) {
  if (!/^\d{7}$/.test(text)) return false;
  const sum = [...text.slice(0, 6)].reduce((whole, digit, index) => whole + Number(digit) * (7 - index), 0);
  return sum % 10 === Number(text[6]);
}
