// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { webcrypto } from "node:crypto";
import { newUuid } from "../js/uuid.js";

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const insecure = { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) };

test("with crypto.randomUUID", () => assert.match(newUuid(webcrypto), VERSION_4));

test("without it, as on plain http", () => {
  const seen = new Set();
  for (let i = 0; i < 200; i += 1) {
    const id = newUuid(insecure);
    assert.match(id, VERSION_4);
    seen.add(id);
  }
  assert.equal(seen.size, 200);
});

test("the fallback uses every random byte", () => {
  const ones = newUuid({ getRandomValues: (bytes) => bytes.fill(0xff) });
  const zeros = newUuid({ getRandomValues: (bytes) => bytes.fill(0) });
  assert.equal(ones, "ffffffff-ffff-4fff-bfff-ffffffffffff");
  assert.equal(zeros, "00000000-0000-4000-8000-000000000000");
});
