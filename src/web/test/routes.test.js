// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { matchRoute, vesselPath } from "../js/routes.js";

test("the pages", () => {
  assert.deepEqual(matchRoute("/"), { page: "dashboard" });
  assert.deepEqual(matchRoute("/vessels/17"), { page: "vessel", id: "17" });
  assert.deepEqual(matchRoute("/vessels/17/"), { page: "vessel", id: "17" });
  assert.deepEqual(matchRoute(vesselPath(9007199254740993n)), { page: "vessel", id: "9007199254740993" });
});

test("everything else is not found", () => {
  for (const path of ["", "/vessels", "/vessels/", "/vessels/0", "/vessels/017", "/vessels/-1", "/vessels/1e3", "/vessels/1/tallies", "/vessels/1%2f", "/x", "//"]) {
    assert.deepEqual(matchRoute(path), { page: "not-found" }, path);
  }
});
