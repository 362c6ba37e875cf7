// SPDX-License-Identifier: Apache-2.0
// What a stowage plan or a cargo manifest says of a call, out of its lines: which ship, when, and how much of each cargo.
// Nothing is decided here: each value comes with the line that it stands on and, where it may be wrong, a doubt.
import { CARGO, cargoIn, folded, KIND, LABELS, QUANTITY, TOTAL, vesselTypeIn } from "./manifest-words.js";
import { dateIn, imoIsValid, wholeNumber } from "./manifest-values.js";

const MAX_LINES = 10000;         // what is read in a second or two
const LONGEST_HEAD = 40;
const WEIGHTS = /\d[\d.,]* ?(?:mt|to|tons?|tonnes?|tonnen|toneladas|t|kgs?|m3|cbm|lm|m2|m|mm|cm|%)(?=[ ,.:/])/g;
const COUNTED = /(\d[\d.,']*) ?(?:x|units?|pcs|pieces|stuck|stk|einheiten|unidades|uds|ea)(?=[ ,.:/])/;

// Same length as the text, so that what is found in it is found in the text: small letters without accents.
const flat = (text) => Array.from(text, (character) => {
  const base = character.normalize("NFD").charAt(0).toLowerCase();
  return base.length === character.length ? base : character;
}).join("");

const NAMED = new RegExp(`(?:^|[ ,;(])(${LABELS.map(({ is }) => is).join("|")})\\.? ?(?:#|n[or]\\.?|n°)? ?[:=] *`, "g");
const IS_LABEL = LABELS.map(({ field, is }) => ({ field, is: new RegExp(`^ (?:${is})[.:]? $`) }));
const labelOf = (text) => IS_LABEL.find(({ is }) => is.test(folded(text).replace(/[.:]+ $/, " ")))?.field ?? null;

/**
 * lines: [{number, text}] or [{number, cells}]. Returns {fields, cargo, total, unknown}.
 * fields: [{field, value, line, doubt}], cargo: [{type, count, lines, doubt}], total: {stated, counted} where they differ,
 * else null; unknown: lines that nothing was taken from. A doubt is null or a word that the page has a sentence for.
 */
export function readManifest(lines) {
  const found = { fields: new Map(), cargo: new Map(), stated: null, unknown: [] };
  let table = null;
  for (const line of lines.slice(0, MAX_LINES).map(parted)) {
    if (line.text === "") {
      table = null;
      continue;
    }
    const head = header(line.cells);
    if (head) {
      table = head;
      continue;
    }
    const used = total(found, line, table) || (table && row(found, line, table)) || plainLine(found, line);
    if (!used) found.unknown.push(line);
  }
  return result(found);
}

function parted({ number, text, cells }) {
  const parts = (cells ?? text.split(/\t|;|\||\s{2,}/)).map((part) => part.trim());
  return { number, cells: parts, text: parts.filter(Boolean).join("  ") };
}

// --- tables ---

// The heads of columns, if that is what the cells are: {kind, quantity, types, names, width}, numbers of columns or -1.
function header(cells) {
  if (cells.length < 2 || cells.some((cell) => cell.length > LONGEST_HEAD || cell.includes(":") || wholeNumber(cell) !== null)) return null;
  const names = cells.map((cell) => (cell === "" ? null : labelOf(cell)));
  const free = (test) => cells.findIndex((cell, index) => names[index] === null && test.test(folded(cell)));
  const types = cells.map((cell, index) => {
    const cargo = names[index] === null ? cargoIn(cell) : null;
    return cargo && !cargo.loose ? cargo.type : null;
  });
  const labels = names.filter(Boolean).length;
  const [kind, quantity] = [free(KIND), free(QUANTITY)];
  if (types.filter(Boolean).length >= 2 && quantity < 0) return { kind: -1, quantity: -1, types, names, width: cells.length };
  if (kind >= 0 && kind !== quantity && (quantity >= 0 || cells.length >= 3)) return { kind, quantity, types: null, names, width: cells.length };
  return labels >= 2 && labels === cells.filter(Boolean).length ? { kind: -1, quantity: -1, types: null, names, width: cells.length } : null;
}

// A row under such heads. False when it isn't one.
function row(found, line, table) {
  const { cells } = line;
  if (cells.length !== table.width) return false;
  let used = false;
  table.names.forEach((field, index) => {
    if (field && cells[index] !== "") used = take(found, field, cells[index], line) || used;
  });
  if (table.types) {
    table.types.forEach((type, index) => {
      const count = type ? wholeNumber(cells[index]) : null;
      if (count !== null) used = add(found, "rows", { type, loose: false }, count, line) || used;
    });
  } else if (table.kind >= 0) {
    const cargo = cargoIn(cells[table.kind]) ?? cargoIn(cells.filter((_, index) => index !== table.quantity).join(" "));
    const count = table.quantity >= 0 ? wholeNumber(cells[table.quantity]) : 1;
    if (cargo && count !== null) used = add(found, "rows", cargo, count, line) || used;
  }
  return used;
}

// A line of sums. What it says of one cargo is used only if nothing else says it.
function total(found, line, table) {
  if (!TOTAL.test(folded(line.text))) return false;
  const whole = folded(line.text).replace(TOTAL, " ");
  if (table?.types) return true;
  const cargo = cargoIn(whole);
  const at = table && table.quantity >= 0 && line.cells.length === table.width ? wholeNumber(line.cells[table.quantity]) : null;
  const { count } = at !== null ? { count: at } : numberIn(whole);
  if (count === null) return false;
  const partial = /^ (sub|zwischen)/.test(folded(line.text));
  if (cargo) add(found, "sums", cargo, count, line);
  else if (!partial) found.stated = count;
  return true;
}

// --- other lines ---

function plainLine(found, line) {
  const named = namedValues(found, line);
  if (named) return true;
  const cargo = cargoIn(line.text);
  if (!cargo) return false;
  const { count, several } = numberIn(folded(line.text));
  return count !== null && add(found, "said", cargo, count, line, several ? "several-numbers" : null);
}

function namedValues(found, line) {
  let used = false;
  line.cells.forEach((cell, index) => {
    const field = cell === "" ? null : labelOf(cell);
    const next = line.cells[index + 1];
    if (field && next) used = take(found, field, next.replace(/^[:=] */, ""), line) || used;
    else if (cell !== "") used = inText(found, cell, line) || used;
  });
  return used;
}

// "Vessel: NORDIC HIGHWAY Voyage: 12E", "M/V NORDIC HIGHWAY", "IMO 9074729", "ETA 20.11.2026 14:00"
function inText(found, text, line) {
  const low = flat(text);
  const marks = [...low.matchAll(NAMED)];
  let used = false;
  marks.forEach((mark, index) => {
    const value = text.slice(mark.index + mark[0].length, marks[index + 1]?.index ?? text.length);
    used = take(found, labelOf(mark[1]), value, line) || used;
  });
  if (marks.length > 0) return used;
  const imo = /(?:^|[^a-z])imo[^a-z0-9]*(?:n[or]\.?|number|nummer|numero)?[^a-z0-9]*(\d{7})(?!\d)/.exec(low);
  if (imo) used = take(found, "imo", imo[1], line);
  const time = /(?:^|[^a-z])(eta|etd)[^a-z](.*)$/.exec(low);
  if (time) used = take(found, time[1], time[2], line) || used;
  const ship = /^(?:m\/v|m\.v\.|mv|ms) +(?=["'„“]?[a-z])(.{2,60})$/.exec(low);
  if (ship && !imo) used = take(found, "name", text.slice(text.length - ship[1].length), line) || used;
  return used;
}

// The number of units in a line, past sizes (20'), weights and dates. several: there was a choice.
function numberIn(line) {
  let rest = line.replace(/\d{1,4}[./-]\d{1,2}[./-]\d{2,4}/g, " ").replace(WEIGHTS, " ");
  for (const { is } of CARGO) rest = rest.replace(is, (all) => (/\d/.test(all) ? " " : all));
  const counted = COUNTED.exec(rest);
  const numbers = [...rest.matchAll(/(?:^|[ :/&(+-])(\d[\d.,']*(?: \d{3})*)(?=[ ,.:/])/g)].map(([, text]) => wholeNumber(text.replace(/[.,']$/, ""))).filter((number) => number !== null);
  const sure = counted ? wholeNumber(counted[1]) : null;
  return { count: sure ?? numbers[0] ?? null, several: sure === null && numbers.length > 1 };
}

// --- what was found ---

const tidy = (text, most) => text.replace(/\s+/g, " ").replace(/^["'„“» ]+|["'”“« .,;]+$/g, "").slice(0, most);

// What a field's text means: {value, doubt}, or null for none.
const MEANINGS = {
  name: (text) => named(tidy(text.replace(/^\s*(?:m\/v|m\.v\.|mv|ms)\s+/i, ""), 100)),
  line: (text) => named(tidy(text, 100)),
  berth: (text) => (tidy(text, 32) ? { value: tidy(text, 32), doubt: null } : null),
  voyage: (text) => (/\d/.test(text) ? { value: tidy(text, 30), doubt: null } : null),
  vessel_type: (text) => (vesselTypeIn(text) ? { value: vesselTypeIn(text), doubt: null } : null),
  imo: (text) => {
    const digits = /(?:^|\D)(\d{7})(?!\d)/.exec(text)?.[1];
    return digits ? { value: digits, doubt: imoIsValid(digits) ? null : "check-digit" } : null;
  },
  eta: moment,
  etd: moment,
};

const named = (value) => (/\p{L}/u.test(value) ? { value, doubt: null } : null);

function moment(text) {
  const date = dateIn(text);
  return date && { value: date.utc ? `${date.at}Z` : date.at, doubt: date.doubt };
}

function take(found, field, text, line) {
  const meaning = MEANINGS[field]?.(text);
  if (!meaning) return false;
  const before = found.fields.get(field);
  if (!before) found.fields.set(field, { field, ...meaning, line });
  else if (before.value !== meaning.value) before.doubt = "several-values";
  return true;
}

// kind: "rows" of tables, "said" in text, or "sums". Always true.
function add(found, kind, { type, loose }, count, line, doubt = null) {
  const cargo = found.cargo.get(type) ?? { type, rows: null, said: null, sums: null, doubt: null };
  found.cargo.set(type, cargo);
  cargo[kind] ??= { count: 0, lines: [] };
  cargo[kind].count += count;
  cargo[kind].lines.push(line);
  cargo.doubt ??= doubt ?? (loose ? "loose-word" : null);
  return true;
}

function result(found) {
  const cargo = [...found.cargo.values()].map(({ type, rows, said, sums, doubt }) => {
    const best = rows ?? said ?? sums;
    const others = [rows, said, sums].filter((other) => other && other !== best && other.count !== best.count);
    return { type, count: best.count, lines: best.lines, doubt: doubt ?? (others.length > 0 ? "says-otherwise" : null) };
  }).filter(({ count }) => count > 0);
  const counted = cargo.reduce((sum, { count }) => sum + count, 0);
  const differs = found.stated !== null && counted > 0 && found.stated !== counted;
  return { fields: [...found.fields.values()], cargo, total: differs ? { stated: found.stated, counted } : null, unknown: found.unknown };
}
