// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { berthLabel } from "../js/words.js";

test("a berth is called a berth once", () => {
  assert.equal(berthLabel("B4"), "Berth B4");
  assert.equal(berthLabel("Berth 4"), "Berth 4");
  assert.equal(berthLabel("berth-7"), "berth-7");
  assert.equal(berthLabel("Berthold quay"), "Berth Berthold quay");
});
