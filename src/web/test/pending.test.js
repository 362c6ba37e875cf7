// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { forgetPerson, personalKey, recall, remember } from "../js/memory.js";
import { anythingPending, dropPending, isPending, keepPending, pendingTally, pendingVessels } from "../js/pending.js";

beforeEach(() => {
  const store = new Map();
  globalThis.localStorage = {
    get length() {
      return store.size;
    },
    key: (index) => [...store.keys()][index] ?? null,
    getItem: (key) => store.get(key) ?? null,
    setItem: (key, value) => store.set(key, String(value)),
    removeItem: (key) => store.delete(key),
  };
});

test("an unsent tally is its person's and nobody else's", () => {
  keepPending(7, "12", { id: "a", count: 1 });
  keepPending(71, "12", { id: "b", count: 2 });
  assert.equal(pendingTally(7, "12").id, "a");
  assert.equal(pendingTally(71, "12").id, "b");
  assert.equal(pendingTally(1, "12"), null);
  assert.deepEqual(pendingVessels(7), ["12"]);
  dropPending(7, "12");
  assert.equal(pendingTally(7, "12"), null);
  assert.equal(pendingTally(71, "12").id, "b");
});

test("what isn't a tally is not sent", () => {
  for (const text of ["", "null", "{", "[]", '{"id":5}']) {
    remember(personalKey(7, "pending.3"), text);
    assert.equal(pendingTally(7, "3"), null, text);
  }
});

test("whether anything waits is known without knowing whose it is", () => {
  assert.equal(anythingPending(), false);
  remember(personalKey(7, "who"), "x");
  remember("stevedores.theme", "dark");
  assert.equal(anythingPending(), false);
  keepPending(7, "12", { id: "a" });
  assert.equal(anythingPending(), true);
});

test("forgetting a person leaves the others and the device's own", () => {
  for (const id of [7, 71]) {
    remember(personalKey(id, "who"), "x");
    keepPending(id, "12", { id: "a" });
  }
  remember("stevedores.theme", "dark");
  forgetPerson(7, isPending);
  assert.equal(recall(personalKey(7, "who")), null);
  assert.equal(pendingTally(7, "12").id, "a");
  forgetPerson(7);
  assert.equal(pendingTally(7, "12"), null);
  assert.equal(recall(personalKey(71, "who")), "x");
  assert.equal(pendingTally(71, "12").id, "a");
  assert.equal(recall("stevedores.theme"), "dark");
});

test("without storage nothing breaks", () => {
  globalThis.localStorage = undefined;
  keepPending(7, "12", { id: "a" });
  forgetPerson(7);
  assert.equal(pendingTally(7, "12"), null);
  assert.deepEqual(pendingVessels(7), []);
  assert.equal(anythingPending(), false);
});
