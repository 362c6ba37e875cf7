// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { clocks } from "../js/format.js";
import { countdown, waitWords } from "../js/countdown.js";
import { deed, differences, tell, valueText, viaWord } from "../js/audit-words.js";
import { device } from "../js/device.js";
import { explain, Invalid, placeErrors } from "../js/field.js";
import { fieldWord } from "../js/field-words.js";
import { checkPassword } from "../js/password-field.js";
import { may, ROLES, rolesUpTo } from "../js/roles.js";
import { momentIn } from "../js/zone.js";
import { roleMeans, roleWord } from "../js/words.js";
import { suggestPassword } from "../js/suggest.js";

test("each role may what the ones before it may, and no more than the table says", () => {
  const rights = { viewer: ["see"], clerk: ["see", "record", "void"], supervisor: ["see", "record", "void", "move"], manager: ["see", "record", "void", "move"], admin: ["see", "record", "void", "move", "manage-people", "read-audit"] };
  for (const role of ROLES) {
    for (const right of rights.admin) assert.equal(may(role, right), rights[role].includes(right), `${role} ${right}`);
  }
  assert.equal(may("harbour-master", "see"), false);
  assert.equal(may(undefined, "see"), false);
  assert.equal(may("admin", "no-such-right"), false);
  assert.deepEqual(rolesUpTo("supervisor"), ["viewer", "clerk", "supervisor"]);
  assert.deepEqual(rolesUpTo("constructor"), []);
});

test("each role has a word and a meaning", () => {
  for (const role of ROLES) assert.ok(roleWord(role) && roleMeans(role), role);
  assert.equal(roleMeans("toString"), "");
});

test("a new password has ten characters, whatever they are", () => {
  for (const good of ["0123456789", "пристань-№1", "⚓⚓⚓⚓⚓⚓⚓⚓⚓⚓", "x".repeat(256)]) assert.equal(checkPassword(good), "", good);
  for (const bad of ["", "012345678", "🚢🚢🚢🚢🚢🚢", "x".repeat(257), "é".repeat(129)]) assert.notEqual(checkPassword(bad), "", bad);
});

test("a suggested password is good, differs each time, and has no letters that look alike", () => {
  const seen = new Set(Array.from({ length: 200 }, () => suggestPassword()));
  assert.equal(seen.size, 200);
  for (const text of seen) {
    assert.match(text, /^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/);
    assert.equal(checkPassword(text), "");
  }
});

test("bytes that would favour some letters are not used", () => {
  let call = 0;
  const text = suggestPassword({ getRandomValues: (bytes) => bytes.fill((call += 1) === 1 ? 255 : 0) });
  assert.equal(text, "aaaa-aaaa-aaaa-aaaa");
  assert.equal(call, 2);
});

test("the wait is counted by the clock, even if a second was slept through", async () => {
  let now = 0;
  const told = [];
  await new Promise((done) => {
    countdown(61, (left) => {
      told.push(left);
      now = told.length === 1 ? 60500 : 61000;
    }, done, () => now);
  });
  assert.deepEqual(told, [61, 1]);
  assert.equal(waitWords(8), "8 s");
  assert.equal(waitWords(125), "2 min 05 s");
});

test("a countdown that is stopped says nothing more", async () => {
  let ended = false;
  const stop = countdown(0.02, () => {}, () => (ended = true));
  stop();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(ended, false);
});

test("browsers are told apart though they all call themselves the others", () => {
  const cases = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0": "Firefox on Windows",
    "Mozilla/5.0 (Linux; Android 14; SM-T570) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36": "Chrome on Android",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iPad",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15": "Safari on macOS",
    "curl/7.88.1": "curl/7.88.1",
    "": "Unknown device",
  };
  for (const [text, words] of Object.entries(cases)) assert.equal(device(text), words);
  assert.equal(device(null), "Unknown device");
  assert.equal(device("x".repeat(100)), `${"x".repeat(60)}…`);
});

test("a time typed in the port's zone is the moment that it is there", () => {
  assert.equal(momentIn("UTC", "2026-11-20T14:00"), "2026-11-20T14:00:00.000Z");
  assert.equal(momentIn("Africa/Johannesburg", "2026-11-20T00:30"), "2026-11-19T22:30:00.000Z");
  assert.equal(momentIn("Asia/Kathmandu", "2026-01-01T00:00"), "2025-12-31T18:15:00.000Z");
  assert.equal(momentIn("Europe/Berlin", "2026-07-01T12:00"), "2026-07-01T10:00:00.000Z");
});

test("where the clocks change, a skipped hour moves on and a double one is the first", () => {
  assert.equal(momentIn("Europe/Berlin", "2026-03-29T01:59"), "2026-03-29T00:59:00.000Z");
  assert.equal(momentIn("Europe/Berlin", "2026-03-29T02:30"), "2026-03-29T01:30:00.000Z");
  assert.equal(momentIn("Europe/Berlin", "2026-03-29T03:00"), "2026-03-29T01:00:00.000Z");
  assert.equal(momentIn("Europe/Berlin", "2026-10-25T02:30"), "2026-10-25T00:30:00.000Z");
  assert.equal(momentIn("Europe/Berlin", "2026-10-25T03:00"), "2026-10-25T02:00:00.000Z");
});

test("what isn't a time is none", () => {
  for (const bad of ["", "yesterday", "2026-13-01T00:00", "2026-11-20", "2026-11-20T14:00:00Z"]) assert.equal(momentIn("UTC", bad), null, bad);
});

test("what was done reads as a sentence", () => {
  assert.deepEqual(deed({ action: "update", object_type: "vessels", object_id: "7" }), { verb: "Changed", object: "vessel 7" });
  const voids = { voids: "1a2b3c4d-0000-4000-8000-000000000000", count: -3 };
  assert.deepEqual(deed({ action: "void", object_type: "cargo_tallies", object_id: "99999999-0000-4000-8000-000000000000", before: null, after: voids }), { verb: "Voided", object: "tally 1a2b3c4d…" });
  assert.deepEqual(deed({ action: "create", object_type: "cargo_tallies", object_id: "many", before: null, after: { rows: 12345 } }), { verb: "Added", object: "12,345 tallies" });
  assert.deepEqual(deed({ action: "create", object_type: "users", object_id: "9", before: null, after: { username: "a.b", display_name: "A B" } }), { verb: "Added", object: "account a.b" });
  assert.deepEqual(deed({ action: "update", object_type: "vessels", object_id: "9", before: { name: "Old" }, after: { name: "New" } }), { verb: "Changed", object: "vessel 9" });
  assert.deepEqual(deed({ action: "delete", object_type: "berths", object_id: "Q9", before: { name: "Q9", length_m: 9 }, after: null }), { verb: "Deleted", object: "Berth Q9" });
  assert.deepEqual(deed({ action: "login", object_type: "sessions", object_id: "3" }), { verb: "Logged in", object: "" });
  assert.deepEqual(deed({ action: "set_tariff", object_type: "tariff_lines", object_id: "x" }), { verb: "Set tariff", object: "tariff lines x" });
  assert.equal(viaWord("ctl"), "command line");
  assert.equal(viaWord("carrier_pigeon"), "Carrier pigeon");
});

test("only what differs is a difference, and nested values count", () => {
  assert.deepEqual(differences({ a: 1, b: { x: 1 }, c: "s", gone: 2 }, { a: 1, b: { x: 2 }, c: "s", fresh: null }), [
    { name: "b", before: { x: 1 }, after: { x: 2 } },
    { name: "gone", before: 2, after: null },
  ]);
  assert.deepEqual(differences(null, { a: 0, b: null, c: false }), [
    { name: "a", before: undefined, after: 0 },
    { name: "c", before: undefined, after: false },
  ]);
  assert.deepEqual(differences({ a: "x", b: null }, null), [{ name: "a", before: "x", after: undefined }]);
  assert.deepEqual(differences(null, null), []);
});

test("what an entry says anyway is no difference worth reading, and what says most comes first", () => {
  const names = ({ shown, told }) => [shown.map(({ name }) => name), told.map(({ name }) => name)];
  assert.deepEqual(names(tell({ object_type: "sessions", before: null, after: { id: 1, address: "::1", user_id: 2, created_at: "x", revoked_at: null, user_agent: "curl" } })),
    [["user_agent"], ["address", "user_id", "created_at"]]);
  assert.deepEqual(names(tell({ object_type: "api_keys", before: { revoked_at: null }, after: { revoked_at: "x" } })), [[], ["revoked_at"]]);
  assert.deepEqual(names(tell({ object_type: "cargo_tallies", before: null, after: { id: "u", shift: "night", count: 3, vessel_id: 7 } })), [["vessel_id", "count", "shift"], []]);
  assert.deepEqual(names(tell({ object_type: "vessels", before: { name: "Old", berth: null }, after: { name: "New", berth: "B1" } })), [["name", "berth"], []]);
});

test("values of rows are readable, and unknown ones are themselves", () => {
  const clock = clocks("Africa/Johannesburg");
  assert.equal(valueText(null, clock), "–");
  assert.equal(valueText(true, clock), "yes");
  assert.equal(valueText(0, clock), "0");
  assert.equal(valueText(9074729, clock), "9,074,729");
  assert.equal(valueText("operations_active", clock, "vessels.status"), "Working");
  assert.equal(valueText("operations_active", clock, "notes.status"), "operations_active");
  assert.match(valueText("2026-11-20T22:05:00.123456+00:00", clock), /^21 Nov 2026, 00:05$/);
  assert.equal(valueText({ automobile: 900, heavy_lift: 2 }, clock, "vessels.cargo_capacity"), "Cars 900, Heavy lift 2");
  assert.equal(valueText(["a", 1], clock), "a, 1");
  assert.equal(valueText(["morning", "night"], clock, "vessels.shifts"), "Morning, Night");
  assert.equal(valueText("<b>", clock), "<b>");
  assert.equal(fieldWord("operations_started_at"), "Operations started at");
  assert.equal(fieldWord("eta"), "ETA");
  assert.equal(fieldWord("client_id"), "Client");
  assert.equal(fieldWord("constructor"), "Constructor");
  assert.equal(valueText("on_hold", clock, "projects.status"), "On hold");
});

test("errors go to their fields, and what has none is told in words", () => {
  const told = {};
  const fields = { role: { control: "the role's", setError: (text) => (told.role = text) } };
  const errors = [{ field: "role", detail: "is the last active admin" }, { field: "toString", detail: "is odd" }];
  assert.deepEqual(placeErrors(fields, errors), { unplaced: ["ToString: is odd."], first: "the role's" });
  assert.equal(told.role, "Is the last active admin");
  assert.equal(explain(new Invalid(errors), ["toString: is odd."]), "toString: is odd.");
  assert.equal(explain(new Invalid(errors), []), "Look at the marked fields.");
  assert.equal(explain(new Error("Busy."), []), "Busy.");
  assert.match(explain({ status: 0, message: "x", fields: [] }, []), /may have been done/);
});
