// SPDX-License-Identifier: Apache-2.0
// A value of a row as it is shown, by the kind that its column says.
import { count, DASH, percent, relative, span } from "./format.js";
import { dateIn, relativeDay } from "./calendar.js";
import { h } from "./dom.js";
import { money } from "./money.js";
import { toneOf, valueWord } from "./list-words.js";

/** The kinds whose values stand on the right, under each other. */
export const isNumber = ({ kind }) => ["count", "percent", "money", "minutes"].includes(kind);

export const pill = (value, word = valueWord) => h("span", { class: "pill", "data-tone": toneOf(value) }, word(value));

// context: {clock, now, names}; names(path, id) is what a row of another list is called, where the row itself doesn't say it.
const KINDS = {
  text: (value) => value,
  count: (value) => count(value),
  percent: (value) => percent(value),
  minutes: (value) => span(value * 60000),
  money: (value, { currency = "currency" }, row) => h("span", { class: "nowrap" }, money(value, row[currency])),
  time: (value, column, row, { clock, now }) => [
    h("time", { class: "nowrap", datetime: value, title: clock.full(value) }, clock.near(value, now)),
    h("span", { class: "table__sub nowrap" }, relative(value, now)),
  ],
  day: (value, column, row, { clock, now }) => [
    h("time", { class: "nowrap", datetime: value }, dateIn(value, clock.isoDay(now))),
    h("span", { class: "table__sub nowrap" }, relativeDay(value, clock.isoDay(now))),
  ],
  choice: (value, { word = valueWord }) => word(value),
  status: (value, { word }) => pill(value, word),
  words: (value) => value.length > 0 && h("ul", { class: "tags" }, value.map((item) => h("li", { class: "skill" }, item))),
  email: (value) => h("a", { href: `mailto:${value}` }, value),
  phone: (value) => h("a", { class: "nowrap", href: `tel:${value.replaceAll(/[^+\d]/g, "")}` }, value),
  link: (value, { id, to, named }, row, { names }) => (row[id] === null ? DASH : h("a", { href: to(row[id]) }, named ? names(named, row[id]) : value)),
  progress: (value, { of }, row) => `${count(value)} / ${count(row[of])}`,
};

/** What h() takes for the value; a dash where there is none. */
export function cell(column, row, context) {
  const value = row[column.name];
  if (value === null || value === undefined) return DASH;
  return KINDS[column.kind ?? "text"](value, column, row, context) || DASH;
}
