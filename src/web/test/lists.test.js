// SPDX-License-Identifier: Apache-2.0
// The lists' declarations against each other. Against the API's description they are checked by tests/browser/lists-cases.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boardOfPage, boardsOn, pagesOfBoard } from "../js/boards.js";
import { clashes, orderOf, paramsOf, sortsOf } from "../js/list-state.js";
import { lists } from "../js/lists.js";
import { matchRoute } from "../js/routes.js";
import { may, ROLES } from "../js/roles.js";

const each = (check) => Object.values(lists).forEach((list) => check(list, list.name));

test("each list has an address, a board and a link there", () => {
  const linked = boardsOn(["port", "labour", "delivery"]).flatMap(pagesOfBoard);
  each(({ path }, name) => {
    assert.equal(matchRoute(path).page, name);
    assert.ok(boardOfPage(name), name);
    assert.equal(linked.find(({ page }) => page === name)?.path, path);
  });
});

test("names are unique, the first order is one that there is, and rights are somebody's", () => {
  each((list, name) => {
    for (const names of [list.columns.map((column) => column.name), list.filters.flatMap(paramsOf), (list.form ?? []).map((field) => field.name), sortsOf(list)]) {
      assert.equal(new Set(names).size, names.length, `${name}: ${names}`);
    }
    assert.deepEqual(clashes(list), [], name);
    assert.ok(sortsOf(list).includes(orderOf(list.sort)), name);
    for (const right of Object.values(list.rights)) assert.ok(ROLES.some((role) => may(role, right)), `${name}: ${right}`);
  });
});

test("what refers to another filter or field names one that there is", () => {
  each((list, name) => {
    const params = [...list.filters.flatMap(paramsOf), "q"];
    for (const filter of list.filters) for (const other of [...(filter.needs ?? []), ...(filter.within ?? [])]) assert.ok(params.includes(other), `${name}: ${filter.name} needs ${other}`);
    const fields = (list.form ?? []).map((field) => field.name);
    for (const field of list.form ?? []) for (const other of [field.after, ...(field.within ?? [])].filter(Boolean)) assert.ok(fields.includes(other), `${name}: ${field.name} is after ${other}`);
    for (const { path, by } of list.related ?? []) {
      const other = Object.values(lists).find((one) => one.path === path);
      assert.ok(other.filters.some((filter) => filter.name === by), `${name}: ${path} has no filter ${by}`);
    }
  });
});
