// SPDX-License-Identifier: Apache-2.0
// What may be kept on the device, and how much of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedCache } from "../js/bounded-cache.js";
import { FROM_DEVICE, maySee, staysLongest } from "../js/seen-cache.js";
import { halfTyped } from "../js/half-typed.js";

const ORIGIN = "https://quay.example";
const question = (path, { method = "GET", mode = "cors", accept = "application/json" } = {}) =>
  ({ method, mode, url: ORIGIN + path, headers: new Headers({ Accept: accept }) });

test("what pages show may be kept; accounts, exports, writes and the program's own affairs may not", () => {
  for (const path of ["/api/me", "/api/meta", "/api/dashboard", "/api/vessels", "/api/vessels/7", "/api/vessels/7/tallies?per_page=10",
    "/api/berths", "/api/labour/dashboard", "/api/labour/money", "/api/jobs?status=open", "/api/delivery/dashboard", "/api/projects/3/features"]) {
    assert.equal(maySee(question(path)), true, path);
  }
  for (const path of ["/api/me/keys", "/api/me/sessions", "/api/users", "/api/users/1", "/api/audit", "/api/openapi.json", "/api/sessions", "/api/keys",
    "/api/operations", "/api/vessels/7/report", "/api/nothing", "/api/toString", "/health", "/metrics", "/", "/api", "/x/api/me", "/assets/main.js"]) {
    assert.equal(maySee(question(path)), false, path);
  }
  assert.equal(maySee(question("/api/vessels", { method: "POST" })), false);
  assert.equal(maySee(question("/api/vessels", { accept: "text/csv" })), false);
  assert.equal(maySee(question("/api/vessels", { mode: "navigate", accept: "text/html" })), false);
});

// As much of CacheStorage as is used.
function fakeStorage() {
  const all = new Map();
  return {
    all,
    full: false,
    async open(name) {
      if (!all.has(name)) all.set(name, new Map());
      const rows = all.get(name);
      return {
        keys: async () => [...rows.keys()].map((url) => ({ url })),
        match: async (url) => rows.get(url)?.clone(),
        put: async (url, response) => {
          if (this.full) throw new DOMException("full", "QuotaExceededError");
          rows.set(url, response);
        },
        delete: async (url) => rows.delete(url),
      };
    },
    delete: async (name) => all.delete(name),
  };
}

function setUp(limits = {}) {
  const storage = fakeStorage();
  const time = { now: Date.parse("2026-11-30T08:00:00Z") };
  const make = () => new BoundedCache({ name: "seen", entries: 3, bytes: 100, age: 3600000, stays: staysLongest, storage, clock: () => time.now, ...limits });
  const urls = () => [...(storage.all.get("seen")?.keys() ?? [])].map((url) => url.slice(ORIGIN.length));
  return { storage, time, make, urls, cache: make() };
}

const answer = (text, headers = {}) => new Response(text, { headers: { ETag: `"${text.length}"`, "Content-Encoding": "gzip", Vary: "Accept-Encoding", ...headers } });
const at = (path) => ORIGIN + path;

test("an answer is kept with when it came; what says how it was packed is left out", async () => {
  const { cache } = setUp();
  await cache.keep(at("/api/dashboard"), answer("figures"));
  const found = await cache.find(at("/api/dashboard"));
  assert.equal(await found.text(), "figures");
  assert.equal(found.headers.get(FROM_DEVICE), "2026-11-30T08:00:00.000Z");
  assert.equal(found.headers.get("ETag"), '"7"');
  assert.equal(found.headers.get("Content-Length"), "7");
  assert.equal(found.headers.get("Content-Encoding"), null);
  assert.equal(found.headers.get("Vary"), null);
});

test("beyond the number of entries the one confirmed least recently goes, but never what every page needs", async () => {
  const { cache, time, urls } = setUp();
  for (const path of ["/api/me", "/api/a", "/api/b", "/api/a", "/api/c"]) {
    await cache.keep(at(path), answer("x"));
    time.now += 1000;
  }
  assert.deepEqual(urls().sort(), ["/api/a", "/api/c", "/api/me"]);
});

test("beyond the bytes the oldest go, as many as it takes; what is larger than everything is not kept", async () => {
  const { cache, urls } = setUp({ entries: 100 });
  for (const path of ["/api/a", "/api/b", "/api/c"]) await cache.keep(at(path), answer("x".repeat(30)));
  await cache.keep(at("/api/d"), answer("x".repeat(60)));
  assert.deepEqual(urls(), ["/api/c", "/api/d"]);
  await cache.keep(at("/api/c"), answer("x".repeat(101)));
  assert.deepEqual(urls(), ["/api/d"]);
  // Asked about again and again, it is not fetched for nothing.
  assert.equal(await cache.confirm(at("/api/c"), answer("x".repeat(101))), true);
});

test("all writes at once stay within the bounds", async () => {
  const { cache, urls } = setUp();
  await Promise.all(Array.from({ length: 40 }, (_, n) => cache.keep(at(`/api/${n}`), answer("x".repeat(20)))));
  assert.deepEqual(urls(), ["/api/37", "/api/38", "/api/39"]);
});

test("a worker that is started anew knows what the one before it kept", async () => {
  const { cache, make, time, urls } = setUp();
  for (const path of ["/api/c", "/api/b", "/api/a"]) {
    await cache.keep(at(path), answer("x".repeat(30)));
    time.now += 1000;
  }
  const next = make();
  await next.keep(at("/api/d"), answer("x".repeat(30)));
  assert.deepEqual(urls().sort(), ["/api/a", "/api/b", "/api/d"]);
});

test("too old is neither shown nor kept", async () => {
  const { cache, time, urls } = setUp();
  await cache.keep(at("/api/me"), answer("me"));
  await cache.keep(at("/api/a"), answer("x"));
  time.now += 3599999;
  assert.ok(cache.usable(await cache.find(at("/api/a"))));
  time.now += 1;
  assert.equal(cache.usable(await cache.find(at("/api/a"))), null);
  assert.equal(cache.usable(undefined), null);
  await cache.keep(at("/api/b"), answer("x"));
  assert.deepEqual(urls(), ["/api/b"]);
});

test("304 makes an answer as good as new, and is written down once a minute; another ETag does not count", async () => {
  const { cache, time } = setUp();
  await cache.keep(at("/api/a"), answer("x"));
  const stored = async () => (await cache.find(at("/api/a"))).headers.get(FROM_DEVICE);
  time.now += 30000;
  assert.equal(await cache.confirm(at("/api/a"), answer("x")), true);
  assert.equal(await stored(), "2026-11-30T08:00:00.000Z");
  time.now += 40000;
  assert.equal(await cache.confirm(at("/api/a"), answer("x", { Date: "Mon, 30 Nov 2026 08:01:09 GMT" })), true);
  assert.equal(await stored(), "2026-11-30T08:01:10.000Z");
  assert.equal((await cache.find(at("/api/a"))).headers.get("Date"), "Mon, 30 Nov 2026 08:01:09 GMT");
  assert.equal(await (await cache.find(at("/api/a"))).text(), "x");
  assert.equal(await cache.confirm(at("/api/a"), answer("xx")), false);
  assert.equal(await cache.confirm(at("/api/never"), answer("x")), false);
});

test("what was asked for before a wipe is not kept after it", async () => {
  const { cache, urls, storage } = setUp();
  await cache.keep(at("/api/a"), answer("x"));
  const { life } = cache;
  await Promise.all([cache.keep(at("/api/b"), answer("x"), life), cache.wipe(), cache.keep(at("/api/c"), answer("x"), life)]);
  assert.deepEqual(urls(), []);
  assert.equal(storage.all.has("seen"), false);
  await cache.keep(at("/api/d"), answer("x"));
  assert.deepEqual(urls(), ["/api/d"]);
});

test("a full device keeps nothing more, and goes on", async () => {
  const { cache, storage, urls } = setUp();
  storage.full = true;
  await assert.rejects(cache.keep(at("/api/a"), answer("x")));
  assert.equal(await cache.confirm(at("/api/a"), answer("x")), true);
  storage.full = false;
  await cache.keep(at("/api/b"), answer("x"));
  assert.deepEqual(urls(), ["/api/b"]);
});

test("half typed is what has text in it and is still on the page", () => {
  const field = (value, isConnected = true, text = true) => ({ value, isConnected, matches: () => text });
  assert.equal(halfTyped(new Set([field(""), field("left", false), field("a choice", true, false)])), false);
  assert.equal(halfTyped(new Set([field(""), field("a note")])), true);
});
