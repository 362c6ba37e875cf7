// SPDX-License-Identifier: Apache-2.0
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../js/api.js";
import { BATCH, nextBatch, sendWaiting } from "../js/outbox-send.js";
import { createStore, deviceTables, memoryTables, SENT_FOR, SENT_MOST } from "../js/outbox-store.js";
import * as outbox from "../js/outbox.js";

let serial = 0;
const inDatabase = () => deviceTables(`test-${(serial += 1)}`);
const tally = (id, more = {}) => ({ id, kind: "tally", userId: 7, vesselId: "12", body: { id, count: 1 }, of: null, order: (serial += 1), state: "waiting", problem: null, attempts: 0, ...more });
const voiding = (id, of, more = {}) => tally(id, { kind: "void", of, body: { id }, ...more });
const ids = (rows) => rows.map(({ id }) => id);
const refusal = (status, detail = "no") => new ApiError(status, { type: "urn:stevedores:problem:x", detail });

// A server that stores each id once. fail(path, body, turn) may throw instead of answering, after or before it stored.
function server({ userId = 7, before = () => {}, after = () => {} } = {}) {
  const rows = new Map();
  const requests = [];
  const store = (row) => {
    const fresh = !rows.has(row.id);
    rows.set(row.id, row);
    return { status: fresh ? 201 : 200, data: row };
  };
  return {
    rows,
    requests,
    get: async () => ({ data: { data: { id: userId } } }),
    async post(path, body) {
      requests.push({ path, body });
      before(path, body, requests.length);
      const answer = Array.isArray(body) ? { status: 207, data: { data: body.map(store) } } : { status: 201, data: { data: store(body).data } };
      after(path, body, requests.length);
      return answer;
    },
  };
}

const STORES = [["IndexedDB", inDatabase], ["memory", memoryTables]];
for (const [name, tables] of STORES) {
  test(`${name}: what was added is there in its order, each person's own`, async () => {
    const store = createStore(tables());
    for (const entry of [tally("a"), tally("b", { userId: 8 }), tally("c")]) await store.add(entry);
    assert.deepEqual(ids(await store.list(7)), ["a", "c"]);
    assert.deepEqual(ids(await store.list()), ["a", "b", "c"]);
    await store.forget(7, { unsent: true });
    assert.deepEqual(ids(await store.list()), ["b"]);
  });

  test(`${name}: an entry that was never attempted is taken back at once, any other by a void after it`, async () => {
    const store = createStore(tables());
    await store.add(tally("a"));
    await store.add(tally("b"));
    await store.attempt(["b"]);
    assert.equal(await store.undo("a", voiding("va", "a")), "removed");
    assert.equal(await store.undo("b", voiding("vb", "b")), "voided");
    assert.equal(await store.undo("b", voiding("vc", "b")), "already");
    assert.deepEqual(ids(await store.list(7)), ["b", "vb"]);
    await store.settle([{ id: "b", stored: true }]);
    await store.settle([{ id: "vb", stored: true }]);
    assert.equal(await store.undo("b", voiding("vd", "b")), "already");
    assert.deepEqual(ids(await store.sent(7)), ["b", "vb"]);
  });

  test(`${name}: what was undone before the sender took it is not sent`, async () => {
    const store = createStore(tables());
    await store.add(tally("a"));
    await store.undo("a", voiding("v", "a"));
    assert.deepEqual(await store.attempt(["a"]), []);
  });

  test(`${name}: stored entries are remembered for two days, and not too many`, async () => {
    let now = 1e12;
    const store = createStore(tables(), () => now);
    await store.add(tally("old"));
    await store.settle([{ id: "old", stored: true }]);
    now += SENT_FOR + 1;
    const many = Array.from({ length: 30 }, (_, index) => tally(`t${index}`));
    for (const entry of many) await store.add(entry);
    await store.settle(many.map(({ id }) => ({ id, stored: true })));
    assert.deepEqual(ids(await store.sent(7)), ids(many));
    assert.ok(SENT_MOST >= 2000);
  });

  test(`${name}: giving a refused tally up takes its void with it; another id replaces a wrong one`, async () => {
    const store = createStore(tables());
    for (const entry of [tally("a"), voiding("va", "a"), tally("b")]) await store.add(entry);
    await store.settle([{ id: "a", problem: { status: 409 } }, { id: "b", problem: { status: 400 } }]);
    await store.remove("a");
    assert.deepEqual(ids(await store.list(7)), ["b"]);
    await store.add(voiding("vb", "b"));
    assert.equal(await store.replace("b", tally("c")), true);
    // Decided about in another tab meanwhile: nothing is recorded twice.
    assert.equal(await store.replace("b", tally("c2")), false);
    assert.deepEqual((await store.list(7)).map(({ id, state }) => [id, state]), [["c", "waiting"]]);
    await store.settle([{ id: "c", problem: { status: 403 } }]);
    await store.retry(["c"]);
    assert.deepEqual((await store.list(7)).map(({ state, problem }) => [state, problem]), [["waiting", null]]);
  });
}

for (const [name, tables] of STORES) {
  test(`${name}: what somebody else voided is recorded again once, however often it is asked for`, async () => {
    const store = createStore(tables());
    await store.add(tally("a"));
    await store.settle([{ id: "a", stored: true }]);
    const again = await Promise.all([store.recordAgain("a", tally("b")), store.recordAgain("a", tally("c"))]);
    assert.deepEqual(again, [true, false]);
    assert.deepEqual(ids(await store.list(7)), ["b"]);
    assert.equal((await store.sent(7))[0].told, true);
    assert.equal(await store.recordAgain("unknown", tally("d")), false);
  });
}

test("a batch is one vessel's tallies, a hundred at most; a void waits for its tally", () => {
  const rows = [tally("a"), tally("x", { vesselId: "13" }), tally("b"), voiding("va", "a"), voiding("vz", "z")];
  assert.deepEqual(ids(nextBatch(rows)), ["a", "b"]);
  assert.deepEqual(ids(nextBatch(rows.slice(1, 2).concat(rows.slice(3)))), ["x"]);
  assert.deepEqual(ids(nextBatch([rows[3], rows[4]])), ["va"]);
  assert.deepEqual(ids(nextBatch([{ ...rows[0], state: "refused" }, rows[3]])), []);
  assert.equal(nextBatch(Array.from({ length: 250 }, (_, index) => tally(`t${index}`))).length, BATCH);
});

test("250 tallies and their voids arrive once each", async () => {
  const store = createStore(inDatabase());
  for (let index = 0; index < 250; index += 1) await store.add(tally(`t${index}`));
  await store.attempt(["t3"]);
  await store.undo("t3", voiding("v", "t3"));
  const api = server();
  await sendWaiting({ store, api });
  assert.equal(api.rows.size, 251);
  assert.deepEqual(api.requests.map(({ path, body }) => [path, body.length ?? 1]),
    [["/api/vessels/12/tallies", 100], ["/api/vessels/12/tallies", 100], ["/api/vessels/12/tallies", 50], ["/api/tallies/t3/void", 1]]);
  assert.deepEqual(await store.list(), []);
  assert.equal((await store.sent(7)).length, 251);
});

test("an answer that is lost keeps the entries, and the next try stores nothing twice", async () => {
  const store = createStore(inDatabase());
  for (const id of ["a", "b"]) await store.add(tally(id));
  const api = server({ after: (_, __, turn) => assert.notEqual(turn, 1) });
  const lost = { ...api, post: (...args) => api.post(...args).catch(() => Promise.reject(new ApiError(0))) };
  await assert.rejects(sendWaiting({ store, api: lost }), { status: 0 });
  assert.equal(api.rows.size, 2);
  assert.deepEqual((await store.list()).map(({ id, attempts, state }) => [id, attempts, state]), [["a", 1, "waiting"], ["b", 1, "waiting"]]);
  await sendWaiting({ store, api: lost });
  assert.equal(api.rows.size, 2);
  assert.deepEqual(await store.list(), []);
});

test("what another person recorded is not sent, nor is anything when nobody is logged in", async () => {
  const store = createStore(inDatabase());
  await store.add(tally("a"));
  const api = server({ userId: 8 });
  await sendWaiting({ store, api });
  await assert.rejects(sendWaiting({ store, api: { ...api, get: () => Promise.reject(new ApiError(401)) } }), { status: 401 });
  const remembered = { ...server(), get: async () => ({ data: { data: { id: 7 } }, storedAt: 1 }) };
  await assert.rejects(sendWaiting({ store, api: remembered }), { status: 0 }, "who was logged in once is not who is now");
  const expired = { ...server(), post: () => Promise.reject(new ApiError(401, { type: "urn:stevedores:problem:unauthorized" })) };
  await assert.rejects(sendWaiting({ store, api: expired }), { status: 401 });
  assert.equal(api.requests.length, 0);
  assert.deepEqual((await store.list()).map(({ state }) => state), ["waiting"]);
});

test("only the program refuses: each row by itself, or all of a request", async () => {
  const store = createStore(inDatabase());
  for (const id of ["a", "b", "c"]) await store.add(tally(id));
  const api = server();
  const problem = { type: "urn:stevedores:problem:conflict", status: 409, detail: "closed" };
  const partly = { ...api, post: async () => ({ status: 207, data: { data: [{ status: 201, data: { id: "a" } }, { status: 409, problem }, { status: 200, data: { id: "c" } }] } }) };
  const told = [];
  await sendWaiting({ store, api: partly, onResults: (results) => told.push(...results) });
  assert.deepEqual(told.map(({ entry, status, problem: refused }) => [entry.id, status, refused?.detail]), [["a", 201, undefined], ["b", undefined, "closed"], ["c", 200, undefined]]);
  assert.deepEqual((await store.list()).map(({ id, state }) => [id, state]), [["b", "refused"]]);

  for (const id of ["d", "e"]) await store.add(tally(id));
  const stranger = { ...api, post: () => Promise.reject(new ApiError(403, { title: "Log in to the hotel's Wi-Fi" })) };
  await assert.rejects(sendWaiting({ store, api: stranger }), { status: 403 });
  assert.deepEqual((await store.list()).map(({ state }) => state), ["refused", "waiting", "waiting"]);
  await sendWaiting({ store, api: { ...api, post: () => Promise.reject(refusal(403)) } });
  assert.deepEqual((await store.list()).map(({ state }) => state), ["refused", "refused", "refused"]);
});

test("one row that makes the whole request invalid is found, and the others are stored", async () => {
  const store = createStore(inDatabase());
  for (let index = 0; index < 9; index += 1) await store.add(tally(`t${index}`));
  const bad = (body) => [body].flat().some(({ id }) => id === "t4");
  const api = server({ before: (_, body) => {
    if (bad(body)) throw refusal(400);
  } });
  await sendWaiting({ store, api });
  assert.equal(api.rows.size, 8);
  assert.deepEqual((await store.list()).map(({ id, state }) => [id, state]), [["t4", "refused"]]);
});

test("an answer that does not name the entry is no answer", async () => {
  const store = createStore(inDatabase());
  await store.add(tally("a"));
  for (const data of [{ data: { id: "other" } }, { data: null }, {}]) {
    await assert.rejects(sendWaiting({ store, api: { ...server(), post: async () => ({ status: 200, data }) } }), { status: 0 });
  }
  assert.deepEqual(ids(await store.list()), ["a"]);
});

test("the outbox of a page: two tallies recorded at once keep their order, and a listener hears of each", async () => {
  let heard = 0;
  const stop = outbox.onOutbox(() => (heard += 1));
  const [first, second] = ["p", "q"].map((id) => outbox.newEntry({ id, kind: "tally", userId: 7, vesselId: "12", body: { id } }));
  await Promise.all([outbox.record(first), outbox.record(second)]);
  assert.equal(outbox.keepsNothing(), "");
  assert.deepEqual(ids(await outbox.waitingOf(7)), ["p", "q"]);
  assert.equal(await outbox.anythingWaiting(), true);
  assert.equal(heard, 2);
  stop();
  const api = server();
  await outbox.sendOutbox({ api });
  assert.deepEqual(await outbox.waitingOf(7), []);
  assert.deepEqual(ids(await outbox.sentOf(7)), ["p", "q"]);
  await outbox.forgetOutbox(7);
  assert.deepEqual(await outbox.sentOf(7), []);
});

test("a disk that is full is told, and the tally is sent all the same", async () => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  await outbox.record(outbox.newEntry({ id: "m", kind: "tally", userId: 7, vesselId: "12", body: { id: "m" } }));
  IDBObjectStore.prototype.put = put;
  assert.equal(outbox.keepsNothing(), "full");
  assert.deepEqual((await outbox.waitingOf(7)).map(({ id, inMemory }) => [id, inMemory]), [["m", true]]);
  const api = server();
  await outbox.sendOutbox({ api });
  assert.deepEqual([...api.rows.keys()], ["m"]);
  assert.deepEqual(await outbox.waitingOf(7), []);
});
