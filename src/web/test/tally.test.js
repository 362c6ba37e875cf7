// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCount } from "../js/tally-form.js";
import { moveWord, statusWord } from "../js/words.js";
import { shiftAt } from "../js/shift.js";

test("a count is a whole number from 1 to 10,000", () => {
  for (const good of ["1", " 12 ", "10000"]) assert.equal(checkCount(good), "", good);
  for (const bad of ["", "0", "10001", "-3", "1.5", "1e3", "x"]) assert.notEqual(checkCount(bad), "", bad);
});

test("shifts begin when the port says, by the port's clock", () => {
  const names = (timezone, ...starts) => [0, 5, 6, 13, 14, 21, 22, 23]
    .map((hour) => shiftAt(Date.UTC(2026, 6, 1, hour), { timezone, shift_starts: starts }));
  assert.deepEqual(names("UTC", "06:00", "14:00", "22:00"), ["night", "night", "morning", "morning", "afternoon", "afternoon", "night", "night"]);
  assert.deepEqual(names("Africa/Johannesburg", "06:00", "14:00", "22:00"),
    ["night", "morning", "morning", "afternoon", "afternoon", "night", "night", "night"]);
  assert.deepEqual(names("UTC", "06:30", "21:30"),
    ["afternoon", "afternoon", "afternoon", "morning", "morning", "morning", "afternoon", "afternoon"]);
});

test("values have words, unknown ones as well", () => {
  assert.equal(statusWord("operations_active"), "Working");
  assert.equal(statusWord("in_dry_dock"), "In dry dock");
  assert.equal(statusWord("constructor"), "Constructor");
  assert.equal(moveWord("arrived", "berthed"), "Mark as berthed");
  assert.equal(moveWord("operations_complete", "operations_active"), "Take up work again");
  assert.equal(moveWord("berthed", "arrived"), "Back to the anchorage");
});
