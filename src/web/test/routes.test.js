// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { loginPath, matchRoute, pathAfterLogin, sheetPath, vesselPath } from "../js/routes.js";

test("the pages", () => {
  assert.deepEqual(matchRoute("/"), { page: "home" });
  assert.deepEqual(matchRoute("/labour"), { page: "labour" });
  assert.deepEqual(matchRoute("/delivery"), { page: "delivery" });
  assert.deepEqual(matchRoute("/login"), { page: "login" });
  assert.deepEqual(matchRoute("/account"), { page: "account" });
  assert.deepEqual(matchRoute("/admin/users"), { page: "users" });
  assert.deepEqual(matchRoute("/admin/audit"), { page: "audit" });
  assert.deepEqual(matchRoute("/vessels"), { page: "vessels" });
  assert.deepEqual(matchRoute("/labour/jobs"), { page: "jobs" });
  assert.deepEqual(matchRoute("/delivery/backlog"), { page: "backlog" });
  assert.deepEqual(matchRoute("/vessels/17"), { page: "vessel", id: "17" });
  assert.deepEqual(matchRoute("/vessels/new"), { page: "vessel-new" });
  assert.deepEqual(matchRoute("/vessels/17/edit"), { page: "vessel-edit", id: "17" });
  assert.deepEqual(matchRoute("/vessels/17/report"), { page: "report", id: "17" });
  assert.deepEqual(matchRoute("/vessels/17/"), { page: "vessel", id: "17" });
  assert.deepEqual(matchRoute(sheetPath(17)), { page: "tally", id: "17" });
  assert.deepEqual(matchRoute("/outbox"), { page: "outbox" });
  assert.deepEqual(matchRoute(vesselPath(9007199254740993n)), { page: "vessel", id: "9007199254740993" });
});

test("everything else is not found", () => {
  for (const path of ["", "/vessels/", "/vessels/0", "/vessels/017", "/vessels/-1", "/vessels/1e3", "/vessels/1/tallies", "/vessels/1/tally/", "/vessels/0/tally", "/outbox/1", "/vessels/1%2f", "/x", "//", "/admin", "/login/", "/labour/", "/labour/1", "/Delivery", "/port", "constructor", "/admin/users/1"]) {
    assert.deepEqual(matchRoute(path), { page: "not-found" }, path);
  }
});

test("the login page knows the way back", () => {
  const origin = "https://port.example";
  assert.equal(loginPath("/"), "/login");
  for (const path of ["/vessels/17", "/vessels/17/tally", "/outbox", "/admin/audit?actor=a%26b&action=login", "/account", "/labour", "/delivery?skills=sql"]) {
    const { searchParams } = new URL(loginPath(path), origin);
    assert.equal(pathAfterLogin(searchParams.get("next"), origin), path);
  }
});

test("after the login nobody is led away, and not to the login again", () => {
  const origin = "https://port.example";
  for (const next of [null, "", "//evil.example/", "https://evil.example/vessels/1", "/\\evil.example/", "\\\\evil.example", "/.//evil.example", "/\t/evil.example/vessels/1",
    "javascript:alert(1)", "data:text/html,x", "https://port.example@evil.example/", "https://port.example:444/vessels/1", "http://port.example/vessels/1", "http://[", "/login", "/login?next=/login", "/api/logout", "/nowhere"]) {
    assert.equal(pathAfterLogin(next, origin), "/", String(next));
  }
  assert.equal(pathAfterLogin("https://port.example/vessels/1", origin), "/vessels/1");
});
