// SPDX-License-Identifier: Apache-2.0
// What a list shows, as its address says it, and what the server is asked for that. Pure: the address is the only state there is.
import { addDays } from "./calendar.js";
import { momentIn } from "./zone.js";

export const SIZES = [20, 50, 100];
const BY_NUMBER = 1000;         // rows; further down pages are walked by cursor, which costs the same everywhere
const OWN = ["sort", "page", "cursor", "per_page", "columns", "row"];
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

/** The parameters of a filter: a range of days has two. */
export const paramsOf = ({ kind, name }) => (kind === "days" ? [`${name}_from`, `${name}_to`] : [name]);

const allFilters = (list) => [...(list.search ? [{ kind: "search", name: "q" }] : []), ...list.filters];

/** The orders that the list has, as the server calls them. */
export const sortsOf = (list) => list.columns.map(({ sort }) => sort).filter(Boolean);

/** "a,b" becomes "-a,-b", and the other way round. */
export const flip = (sort) => sort.split(",").map((term) => (term.startsWith("-") ? term.slice(1) : `-${term}`)).join(",");

/** The order without its direction. */
export const orderOf = (sort) => (sort.startsWith("-") ? flip(sort) : sort);

/** Reads an address's parameters. What makes no sense is left out, except in filters, where the server says what is wrong. */
export function readState(list, query) {
  const whole = (name) => (/^[1-9]\d{0,5}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : null);
  const sort = query.get("sort");
  const columns = query.get("columns")?.split(",").filter((name) => list.columns.some((column) => column.name === name));
  const filters = {};
  for (const name of allFilters(list).flatMap(paramsOf)) {
    const value = (query.get(name) ?? "").trim();
    if (value) filters[name] = value;
  }
  return {
    filters,
    sort: sort && sortsOf(list).includes(orderOf(sort)) ? sort : list.sort,
    cursor: query.get("cursor") || null,
    page: whole("page") ?? 1,
    perPage: SIZES.includes(whole("per_page")) ? whole("per_page") : SIZES[0],
    columns: columns?.length > 0 ? columns : null,
    row: /^[\w-]{1,40}$/.test(query.get("row") ?? "") ? query.get("row") : null,
  };
}

/** The address of a state. What is as it is anyway is left out. */
export function addressOf(list, { filters, sort, cursor, page, perPage, columns, row }) {
  const values = {
    ...filters,
    sort: sort === list.sort ? null : sort,
    per_page: perPage === SIZES[0] ? null : perPage,
    page: page > 1 && !cursor ? page : null,
    cursor,
    columns: columns?.join(","),
    row,
  };
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  // Commas and colons need no escape, and are easier to read without.
  const text = String(query).replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `${list.path}?${text}` : list.path;
}

/** Another question starts on its first page. */
export const withFilters = (state, filters) => ({ ...state, filters, page: 1, cursor: null, row: null });
export const withSort = (state, sort) => ({ ...state, sort, page: 1, cursor: null, row: null });

/** What a click on a column's head asks for: its order, and the next time that order backwards. */
export const sortOnClick = (state, order) => (state.sort === order ? flip(order) : order);

/** The filters that the server takes: one that needs another is left out where that isn't there. */
function filtersInForce(list, filters) {
  const there = (name) => Object.hasOwn(filters, name);
  const met = ({ needs }) => !needs || needs.some(there);
  return Object.fromEntries(allFilters(list).filter(met).flatMap(paramsOf).filter(there).map((name) => [name, filters[name]]));
}

/** The question to the server, without its page: also that of a download. */
export function filterQuery(list, state, timeZone) {
  const times = list.filters.filter(({ kind, of }) => kind === "days" && of === "time").flatMap(paramsOf);
  const query = new URLSearchParams({ sort: state.sort });
  for (const [name, value] of Object.entries(filtersInForce(list, state.filters))) {
    query.set(name, times.includes(name) && isDay(value) ? boundary(name, value, timeZone) : value);
  }
  return query;
}

// A day begins in the port's zone, and a range ends with its last day, not before it.
const boundary = (name, day, timeZone) => momentIn(timeZone, `${name.endsWith("_to") ? addDays(day, 1) : day}T00:00`) ?? day;

export function pageQuery(list, state, timeZone) {
  const query = filterQuery(list, state, timeZone);
  query.set("per_page", state.perPage);
  if (state.cursor) query.set("cursor", state.cursor);
  else query.set("page", state.page);
  return query;
}

/** The last page that is asked for by its number. */
const lastNumbered = (perPage) => Math.floor(BY_NUMBER / perPage);

/** The state of the page after (by 1) or before (by -1) the one that pagination is of; null where there is none. */
export function turned(state, pagination, by) {
  const page = pagination.page + by;
  if (by > 0 ? !pagination.has_next : !pagination.has_prev || page < 1) return null;
  if (page <= lastNumbered(state.perPage)) return { ...state, page, cursor: null, row: null };
  const cursor = by > 0 ? pagination.next_cursor : pagination.prev_cursor;
  return cursor ? { ...state, page, cursor, row: null } : null;
}

/** The numbers worth a link: the first, those around, the last that can be asked for; null stands for a gap. */
export function pageNumbers({ page, pages, per_page: perPage }) {
  const last = Math.min(pages ?? page, lastNumbered(perPage));
  const wanted = [1, page - 1, page, page + 1, last].filter((number) => number >= 1 && number <= last);
  const numbers = [...new Set(wanted)].sort((a, b) => a - b);
  return numbers.flatMap((number, index) => (index > 0 && number > numbers[index - 1] + 1 ? [null, number] : [number]));
}

/** Which columns are seen: the address's, else those that the person chose last, else the usual ones; always the first. */
export function columnsShown(list, state, remembered) {
  const chosen = state.columns ?? remembered ?? list.columns.filter(({ shown }) => shown).map(({ name }) => name);
  return list.columns.filter(({ name }, index) => index === 0 || chosen.includes(name));
}

/** No filter may be called like a parameter of the list's own. */
export const clashes = (list) => allFilters(list).flatMap(paramsOf).filter((name) => OWN.includes(name));
