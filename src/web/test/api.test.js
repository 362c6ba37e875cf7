// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createApi } from "../js/api.js";
import { createWait, deliver } from "../js/deliver.js";

const answer = (status, body, headers = {}) => new Response(status === 304 ? null : JSON.stringify(body), { status, headers });
const at = Date.now();

test("an answer comes with its ETag, and the ETag goes with the next question", async () => {
  const seen = [];
  const api = createApi({
    fetch: async (path, options) => {
      seen.push(options.headers["If-None-Match"]);
      return seen.length === 1 ? answer(200, { a: 1 }, { ETag: '"x"' }) : answer(304);
    },
  });
  const first = await api.get("/api/dashboard");
  assert.deepEqual(first, { status: 200, data: { a: 1 }, etag: '"x"' });
  const second = await api.get("/api/dashboard", { etag: first.etag });
  assert.deepEqual(second, { status: 304, data: null, etag: '"x"' });
  assert.deepEqual(seen, [undefined, '"x"']);
});

test("an answer of this device says when it came, and the clock is compared with the server's of that time", async () => {
  const heard = [];
  const hour = 3600000;
  const storedAt = Math.floor(at / 1000) * 1000 - hour;
  const headers = { Date: new Date(storedAt + 2 * hour).toUTCString(), "X-From-Device": new Date(storedAt).toISOString() };
  const api = createApi({ fetch: async () => answer(200, { a: 1 }, headers), onAnswer: (stored) => heard.push(stored) });
  assert.equal((await api.get("/x")).storedAt, storedAt);
  // The device is two hours behind, whenever that is looked at.
  assert.ok(Math.abs(api.now() - Date.now() - 2 * hour) < 2000);
  await createApi({ fetch: async () => answer(200, {}), onAnswer: (stored) => heard.push(stored) }).get("/x");
  await createApi({ fetch: async () => { throw new TypeError("cut"); }, onAnswer: (stored) => heard.push(stored) }).get("/x").catch(() => {});
  await createApi({ fetch: async () => answer(500, {}), onAnswer: (stored) => heard.push(stored) }).get("/x").catch(() => {});
  assert.deepEqual(heard, [storedAt, undefined, null, undefined]);
});

test("what the server kept while its database is away is as old as it says, with a body and without", async () => {
  const headers = { Warning: '110 - "Response is Stale"', Age: "90", ETag: '"x"' };
  const heard = [];
  for (const status of [200, 304]) {
    const api = createApi({ fetch: async () => answer(status, status === 200 ? { a: 1 } : null, headers), onAnswer: (stored) => heard.push(stored) });
    assert.ok(Math.abs((await api.get("/x", { etag: '"x"' })).storedAt - (Date.now() - 90000)) < 2000);
  }
  // It is an answer of the server's all the same.
  assert.deepEqual(heard, [undefined, undefined]);
  assert.equal((await createApi({ fetch: async () => answer(200, {}, { Warning: "199 - x" }) }).get("/x")).storedAt, undefined);
});

test("a problem document becomes an error with its fields", async () => {
  const api = createApi({ fetch: async () => answer(400, { title: "Invalid", detail: "Look at count", errors: [{ field: "count", detail: "must be from 1 to 10000" }] }) });
  const error = await api.post("/x", {}).catch((e) => e);
  assert.ok(error instanceof ApiError);
  assert.equal(error.status, 400);
  assert.equal(error.message, "Look at count");
  assert.deepEqual(error.fields, [{ field: "count", detail: "must be from 1 to 10000" }]);
  assert.equal(error.unsettled, false);
});

test("a cut connection, a timeout and a page that isn't JSON are lost answers", async () => {
  const cut = await createApi({ fetch: async () => { throw new TypeError("failed to fetch"); } }).get("/x").catch((e) => e);
  const slow = await createApi({ timeout: 5, fetch: (_, { signal }) => new Promise((_, no) => signal.addEventListener("abort", () => no(new Error("aborted")))) }).get("/x").catch((e) => e);
  const half = await createApi({ fetch: async () => new Response('{"data":') }).get("/x").catch((e) => e);
  for (const error of [cut, slow, half]) {
    assert.equal(error.status, 0);
    assert.equal(error.unsettled, true);
  }
});

test("the web server's own error page is an error, too", async () => {
  const error = await createApi({ fetch: async () => new Response("<h1>502</h1>", { status: 502 }) }).get("/x").catch((e) => e);
  assert.equal(error.status, 502);
  assert.equal(error.unsettled, true);
  assert.deepEqual(error.fields, []);
});

test("the server's clock is believed", async () => {
  const api = createApi({ fetch: async () => answer(200, {}, { Date: new Date(at + 3 * 3600000).toUTCString() }) });
  await api.get("/x");
  assert.ok(Math.abs(api.now() - Date.now() - 3 * 3600000) < 3000);
});

test("a clock that is right within a second is left alone", async () => {
  const api = createApi({ fetch: async () => answer(200, {}, { Date: new Date(Date.now() - 900).toUTCString() }) });
  await api.get("/x");
  assert.ok(Math.abs(api.now() - Date.now()) < 50);
});

test("meta is asked for once, and again after a failure", async () => {
  let asked = 0;
  const api = createApi({ fetch: async () => ((asked += 1) === 1 ? answer(503, {}) : answer(200, { data: { timezone: "UTC" } })) });
  await assert.rejects(api.meta());
  await api.meta();
  assert.deepEqual(await api.meta(), { timezone: "UTC" });
  assert.equal(asked, 2);
});

// A server that stores by id, and loses its answers as told.
function store(script) {
  const rows = new Map();
  const sent = [];
  return {
    rows,
    sent,
    fetch: async (_, { body }) => {
      const row = JSON.parse(body);
      sent.push(row.id);
      const step = script.shift() ?? "answer";
      if (step === "unavailable") return answer(503, { title: "Not now" }, { "Retry-After": "7" });
      if (step === "refuse") return answer(409, { detail: "not being worked" });
      const known = rows.has(row.id);
      rows.set(row.id, row);
      if (step === "lose") throw new TypeError("failed to fetch");
      return answer(known ? 200 : 201, { data: row });
    },
  };
}

test("a lost answer is asked for again under the same id, and one row is stored", async () => {
  const server = store(["lose", "lose"]);
  const api = createApi(server);
  const waits = [];
  const result = await deliver(() => api.post("/t", { id: "u1", count: 5 }), { wait: async (ms) => waits.push(ms) });
  assert.equal(result.status, 200);
  assert.deepEqual(server.sent, ["u1", "u1", "u1"]);
  assert.equal(server.rows.size, 1);
  assert.deepEqual(waits, [1000, 2000]);
});

test("503 waits as long as the server asks", async () => {
  const server = store(["unavailable"]);
  const api = createApi(server);
  const told = [];
  const result = await deliver(() => api.post("/t", { id: "u2" }), { wait: async () => {}, onRetry: ({ delay }) => told.push(delay) });
  assert.equal(result.status, 201);
  assert.deepEqual(told, [7000]);
});

test("waits grow to a quarter of a minute and no further", async () => {
  const server = store(Array(8).fill("lose"));
  const api = createApi(server);
  const waits = [];
  await deliver(() => api.post("/t", { id: "u3" }), { wait: async (ms) => waits.push(ms) });
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000]);
});

test("a refusal is final", async () => {
  const server = store(["refuse"]);
  const api = createApi(server);
  await assert.rejects(deliver(() => api.post("/t", { id: "u4" }), { wait: async () => {} }), { status: 409 });
  assert.equal(server.sent.length, 1);
});

test("a wait can be cut short", async () => {
  const pause = createWait();
  const long = pause.wait(60000);
  pause.wake();
  await long;
});

test("no content is an answer, and so is text that was asked for", async () => {
  const seen = [];
  const api = createApi({
    fetch: async (path, { method, headers }) => {
      seen.push([method, path, headers.Accept]);
      return method === "DELETE" ? new Response(null, { status: 204 }) : new Response("a,b\r\n1,2\r\n", { status: 200 });
    },
  });
  assert.deepEqual(await api.delete("/api/x/1"), { status: 204, data: null, etag: null });
  assert.equal(await api.csv("/api/x"), "a,b\r\n1,2\r\n");
  assert.deepEqual(seen, [["DELETE", "/api/x/1", "application/json"], ["GET", "/api/x", "text/csv"]]);
});

test("a session that ended is told, a wrong password is not, and both are errors", async () => {
  let ended = 0;
  const told = (type) => createApi({ onLoggedOut: () => (ended += 1), fetch: async () => answer(401, { type: `urn:stevedores:problem:${type}`, detail: "No." }) }).get("/x").catch((e) => e);
  assert.equal((await told("bad-login")).status, 401);
  assert.equal(ended, 0);
  const error = await told("unauthenticated");
  assert.equal(error.type, "urn:stevedores:problem:unauthenticated");
  assert.equal(error.unsettled, false);
  assert.equal(ended, 1);
  await createApi({ onLoggedOut: () => (ended += 1), fetch: async () => new Response("<h1>401</h1>", { status: 401 }) }).get("/x").catch(() => {});
  assert.equal(ended, 2);
});

test("a write has its key, a change the row's tag, and what somebody else made of the row comes with the refusal", async () => {
  const asked = [];
  const api = createApi({ fetch: async (path, options) => {
    asked.push([options.method, options.headers["Idempotency-Key"], options.headers["If-Match"]]);
    return new Response(JSON.stringify({ status: 412, current: { id: 7, version: 3 } }), { status: 412 });
  } });
  await assert.rejects(api.patch("/api/jobs/7", {}, { key: "k1", match: '"2.x"' }), (error) => error.current.version === 3);
  await assert.rejects(api.post("/api/jobs", {}, { key: "k2" }));
  await assert.rejects(api.delete("/api/jobs/7", { key: "k3", match: '"3"' }));
  await assert.rejects(api.post("/api/jobs", {}));
  assert.deepEqual(asked, [["PATCH", "k1", '"2.x"'], ["POST", "k2", undefined], ["DELETE", "k3", '"3"'], ["POST", undefined, undefined]]);
});

test("an export says how many bytes have come, and its letters stay whole", async () => {
  const bytes = new TextEncoder().encode("Fähre,1\r\n");
  const body = new ReadableStream({ start(out) { out.enqueue(bytes.slice(0, 2)); out.enqueue(bytes.slice(2)); out.close(); } });
  const api = createApi({ fetch: async () => new Response(body) });
  const told = [];
  assert.equal(await api.csv("/api/vessels", (number) => told.push(number)), "Fähre,1\r\n");
  assert.deepEqual(told, [2, bytes.length]);
});
