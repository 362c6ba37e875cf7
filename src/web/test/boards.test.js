// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { boardOfPage, boardsOn, resolve } from "../js/boards.js";
import { may } from "../js/roles.js";
import { together } from "../js/together.js";

const paths = (names) => boardsOn(names).map(({ name, path }) => [name, path]);

test("the first board that is on is the home page, whatever order the server names them in", () => {
  assert.deepEqual(paths(["delivery", "labour", "port"]), [["port", "/"], ["labour", "/labour"], ["delivery", "/delivery"]]);
  assert.deepEqual(paths(["delivery", "labour"]), [["labour", "/"], ["delivery", "/delivery"]]);
  assert.deepEqual(paths(["delivery"]), [["delivery", "/"]]);
  assert.deepEqual(paths(["port", "a board of tomorrow"]), [["port", "/"]]);
});

test("an address means the page of a board that is on, or nothing", () => {
  const page = (asked, names) => resolve({ page: asked, query: "kept" }, boardsOn(names)).page;
  assert.equal(page("home", ["port", "labour"]), "dashboard");
  assert.equal(page("home", ["delivery", "labour"]), "labour");
  assert.equal(page("home", ["delivery"]), "delivery");
  assert.equal(page("home", []), "not-found");
  assert.equal(page("labour", ["labour", "delivery"]), "labour");
  assert.equal(page("labour", ["port", "delivery"]), "not-found");
  assert.equal(page("delivery", ["port"]), "not-found");
  assert.equal(page("vessel", ["labour"]), "not-found");
  assert.equal(page("vessel", ["port"]), "vessel");
  assert.equal(page("account", []), "account");
  assert.equal(resolve({ page: "home", query: "kept" }, boardsOn(["labour"])).query, "kept");
  assert.equal(boardOfPage("vessel"), "port");
  assert.equal(boardOfPage("constructor"), undefined);
});

test("money is for managers and admins", () => {
  assert.deepEqual(["viewer", "clerk", "supervisor", "manager", "admin", "nobody"].map((role) => may(role, "see-money")), [false, false, false, true, true, false]);
});

test("two addresses asked as one: news of either is news, and keeps what the other said", async () => {
  const script = {
    a: [{ status: 200, data: 1, etag: "a1" }, { status: 304, data: null }, { status: 200, data: 2, etag: "a2" }],
    b: [{ status: 200, data: 10, etag: "b1" }, { status: 304, data: null }, { status: 304, data: null, etag: "b1" }],
  };
  const asked = [];
  const load = together(async (path, { etag }) => {
    asked.push([path, etag]);
    return script[path].shift();
  }, ["a", "b"], ([a, b]) => a + b);
  const first = await load(null);
  assert.deepEqual(first, { status: 200, data: 11, etag: ["a1", "b1"] });
  assert.equal((await load(first.etag)).status, 304);
  assert.deepEqual(await load(first.etag), { status: 200, data: 12, etag: ["a2", "b1"] });
  assert.deepEqual(asked, [["a", undefined], ["b", undefined], ["a", "a1"], ["b", "b1"], ["a", "a1"], ["b", "b1"]]);
});

test("one that does not answer makes all of it fail", async () => {
  const load = together(async (path) => {
    if (path === "b") throw new Error("away");
    return { status: 200, data: 1, etag: "a1" };
  }, ["a", "b"], (both) => both);
  await assert.rejects(load(null), /away/);
});
