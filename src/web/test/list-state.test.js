// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as state from "../js/list-state.js";

const list = {
  path: "/things",
  sort: "-at",
  search: "Name",
  columns: [{ name: "name", shown: true, sort: "name" }, { name: "at", shown: true, sort: "at" }, { name: "status", sort: "status,at" }, { name: "note" }],
  filters: [{ kind: "choices", name: "status" }, { kind: "days", name: "at", of: "time" }, { kind: "days", name: "due_on", of: "day" },
    { kind: "number", name: "min_points", needs: ["status", "at_from"] }],
};
const read = (text) => state.readState(list, new URLSearchParams(text));
const there = (text) => state.addressOf(list, read(text));

test("an address is read, and written the same again", () => {
  for (const text of ["", "?sort=at", "?sort=-status,-at", "?q=quay&status=open,done&at_from=2026-11-30", "?page=3", "?per_page=50&page=2", "?cursor=abc.def", "?columns=name,note", "?row=17", "?row=new", "?status=open&sort=name&row=5"]) {
    assert.equal(there(text.slice(1)), `/things${text}`);
  }
});

test("what is as it is anyway, and what makes no sense, is not in the address", () => {
  for (const text of ["sort=-at", "page=1", "per_page=20", "sort=nonsense", "sort=-status,at", "page=0", "page=x", "per_page=7", "columns=x", "columns=", "row=../x", "nothing=1", "status=", "q=%20"]) {
    assert.equal(there(text), "/things", text);
  }
});

test("an order has two directions, and is turned over by the second click", () => {
  assert.equal(state.flip("a,b"), "-a,-b");
  assert.equal(state.flip("-a,-b"), "a,b");
  assert.equal(state.sortOnClick(read(""), "at"), "at");
  assert.equal(state.sortOnClick(read("sort=at"), "at"), "-at");
  assert.equal(state.sortOnClick(read("sort=at"), "status,at"), "status,at");
});

test("days are the port's: from where the first begins to where the last ends", () => {
  const asked = state.pageQuery(list, read("at_from=2026-11-30&at_to=2026-11-30&due_on_to=2026-12-01&page=2"), "Africa/Johannesburg");
  assert.deepEqual(Object.fromEntries(asked), { sort: "-at", at_from: "2026-11-29T22:00:00.000Z", at_to: "2026-11-30T22:00:00.000Z", due_on_to: "2026-12-01", per_page: "20", page: "2" });
  assert.equal(state.filterQuery(list, read("at_from=rubbish"), "UTC").get("at_from"), "rubbish");
});

test("a filter that needs another one is not sent without it", () => {
  assert.equal(state.filterQuery(list, read("min_points=3"), "UTC").has("min_points"), false);
  assert.equal(state.filterQuery(list, read("min_points=3&status=open"), "UTC").get("min_points"), "3");
  assert.equal(there("min_points=3"), "/things?min_points=3");
});

test("pages go by number at first, and by cursor further down", () => {
  const pagination = (page, more = {}) => ({ page, per_page: 100, has_next: true, has_prev: page > 1, next_cursor: "on", prev_cursor: "back", ...more });
  const at = (page) => read(`per_page=100&page=${page}`);
  const turn = (page, by) => { const to = state.turned(at(page), pagination(page), by); return to && (to.cursor ?? to.page); };
  assert.deepEqual([turn(1, 1), turn(9, 1), turn(10, 1), turn(12, 1)], [2, 10, "on", "on"]);
  assert.deepEqual([turn(1, -1), turn(2, -1), turn(11, -1), turn(12, -1)], [null, 1, 10, "back"]);
  assert.equal(state.turned(at(1), pagination(1, { has_next: false }), 1), null);
  assert.equal(state.turned(read("per_page=100&cursor=x"), pagination(2), -1).cursor, null);
});

test("the numbers that have a link", () => {
  const numbers = (page, pages, per_page = 20) => state.pageNumbers({ page, pages, per_page }).map((number) => number ?? "…").join(" ");
  assert.equal(numbers(1, 1), "1");
  assert.equal(numbers(1, 9), "1 2 … 9");
  assert.equal(numbers(5, 9), "1 … 4 5 6 … 9");
  assert.equal(numbers(2, 3), "1 2 3");
  assert.equal(numbers(3, 5000), "1 2 3 4 … 50");
  assert.equal(numbers(80, 5000), "1 … 50");
  assert.equal(numbers(3, null), "1 2 3");
});

test("a new question starts on its first page", () => {
  const from = read("page=7&cursor=x&row=3&columns=name");
  assert.equal(state.addressOf(list, state.withFilters(from, { q: "quay" })), "/things?q=quay&columns=name");
  assert.equal(state.addressOf(list, state.withSort(from, "name")), "/things?sort=name&columns=name");
});

test("columns: the address's before what is remembered before the usual", () => {
  const shown = (text, remembered) => state.columnsShown(list, read(text), remembered).map(({ name }) => name).join();
  assert.equal(shown("", null), "name,at");
  assert.equal(shown("", ["note"]), "name,note");
  assert.equal(shown("columns=status", ["note"]), "name,status");
});
