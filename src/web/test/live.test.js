// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, follow } from "../js/live.js";
import { together } from "../js/together.js";

const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

function fakePage() {
  const page = new EventTarget();
  page.hidden = false;
  page.turnTo = (hidden) => {
    page.hidden = hidden;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  return page;
}

// Runs a poller whose answers come from script; what it was asked and what it told are kept.
function run(script, page = fakePage(), interval = 10) {
  const log = { etags: [], data: [], states: [] };
  const poller = follow(null, [], {
    page,
    interval,
    load: async (etag) => {
      log.etags.push(etag);
      const step = script.shift() ?? { status: 304, etag };
      if (step instanceof Error) throw step;
      return step;
    },
    onData: (data) => log.data.push(data),
    onState: (state) => log.states.push(state),
  });
  return { ...log, poller, page };
}

test("the pause doubles with each failure, up to a minute", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 20].map((n) => backoff(n, 5000)), [5000, 10000, 20000, 40000, 60000, 60000]);
});

test("after a failure the pause is not shorter than the server asked for", () => {
  assert.equal(backoff(1, 1000, 30), 30000);
  assert.equal(backoff(9, 1000, 30), 60000);
  assert.equal(backoff(1, 1000, null), 2000);
  assert.equal(backoff(0, 1000, 30), 1000);
});

test("screens that were switched on together do not ask together", async () => {
  for (const [drawn, delay] of [[0, 900], [0.5, 1000], [1, 1100]]) {
    const state = await new Promise((resolve) => {
      const followed = follow(null, [], {
        page: fakePage(), interval: 1000, clock: () => 0, random: () => drawn, load: async () => ({ status: 304 }), onData() {},
        onState(answer) { followed.stop(); resolve(answer); },
      });
    });
    assert.equal(Math.round(state.nextAt), delay);
  }
});

test("several addresses are one answer: what did not change is kept", async () => {
  const script = { "/a": [[200, 1, "a1"], [304, null, "a1"]], "/b": [[200, 2, "b1"], [200, 3, "b2"]] };
  const asked = [];
  const api = {
    async get(path, { etag }) {
      asked.push([path, etag]);
      const [status, data, next] = script[path].shift() ?? [304, null, etag];
      return { status, data, etag: next };
    },
  };
  const data = [];
  const followed = follow(api, ["/a", "/b"], { page: fakePage(), interval: 5, join: ([a, b]) => a * 10 + b, onData: (item) => data.push(item), onState() {} });
  while (asked.length < 6) await turn(5);
  followed.stop();
  assert.deepEqual(data, [12, 13]);
  assert.deepEqual(asked.slice(0, 6), [["/a", undefined], ["/b", undefined], ["/a", "a1"], ["/b", "b1"], ["/a", "a1"], ["/b", "b2"]]);
});

test("news are shown once, and 304 counts as current", async () => {
  const { etags, data, states, poller } = run([{ status: 200, data: "a", etag: "1" }]);
  await turn(60);
  poller.stop();
  assert.deepEqual(data, ["a"]);
  assert.ok(etags.length >= 3);
  assert.equal(etags[0], null);
  assert.ok(etags.slice(1).every((etag) => etag === "1"));
  assert.ok(states.at(-1).okAt > states[0].okAt);
});

test("a failure keeps the age of the last success, and a success ends it", async () => {
  const { states, poller } = run([{ status: 200, data: "a", etag: "1" }, new Error("gone"), { status: 304, etag: "1" }]);
  await turn(100);
  poller.stop();
  assert.equal(states[1].failures, 1);
  assert.equal(states[1].okAt, states[0].okAt);
  assert.equal(states[2].failures, 0);
  assert.equal(states[2].error, null);
});

test("what the device had stored is shown, but counts as no answer", async () => {
  const { data, states, poller } = run([{ status: 200, data: "a", etag: "1", storedAt: 1000 }, new Error("gone"), { status: 200, data: "b", etag: "2" }]);
  await turn(150);
  poller.stop();
  assert.deepEqual(data, ["a", "b"]);
  assert.deepEqual(states.slice(0, 2).map(({ okAt, failures }) => [okAt, failures]), [[1000, 1], [1000, 2]]);
  assert.equal(states[2].failures, 0);
});

test("several addresses are as old as the oldest of what the device had", async () => {
  const stored = { "/a": 3000, "/b": 2000 };
  const load = together(async (path) => ({ status: 200, data: path, etag: path, ...(stored[path] && { storedAt: stored[path] }) }), ["/a", "/b", "/c"], (all) => all.join());
  assert.equal((await load()).storedAt, 2000);
});

test("a server that asked to be left alone is, when the page is seen again as well", async () => {
  const asked = Object.assign(new Error("busy"), { status: 503, retryAfter: 0.2 });
  const { etags, poller, page } = run([asked], fakePage(), 5);
  await turn(20);
  page.turnTo(true);
  page.turnTo(false);
  await turn(20);
  assert.equal(etags.length, 1);
  while (etags.length < 2) await turn(10);
  poller.stop();
});

test("several addresses of which one is old are old without a body, too", async () => {
  const load = together(async (path) => ({ status: 304, data: null, etag: path, ...(path === "/b" && { storedAt: 2000 }) }), ["/a", "/b"], (all) => all.join());
  assert.deepEqual(await load(["/a", "/b"]), { status: 304, data: null, etag: ["/a", "/b"], storedAt: 2000 });
});

test("a hidden page asks nothing; seen again, it asks at once", async () => {
  const { etags, poller, page } = run([], fakePage(), 10);
  await turn(5);
  page.turnTo(true);
  const before = etags.length;
  await turn(50);
  assert.equal(etags.length, before);
  page.turnTo(false);
  await turn(1);
  assert.equal(etags.length, before + 1);
  poller.stop();
});

test("asked while an answer is on its way, it asks once more right after", async () => {
  const { etags, poller } = run([], fakePage(), 100000);
  poller.ask();
  poller.ask();
  await turn(20);
  poller.stop();
  assert.equal(etags.length, 2);
});

test("data that fail to show are asked for again in full", async () => {
  const page = fakePage();
  const etags = [];
  const poller = follow(null, [], {
    page,
    interval: 5,
    load: async (etag) => {
      etags.push(etag);
      return { status: 200, data: {}, etag: "1" };
    },
    onData: () => {
      if (etags.length === 1) throw new Error("could not draw");
    },
    onState: () => {},
  });
  while (etags.length < 3) await turn(5);
  poller.stop();
  assert.deepEqual(etags.slice(0, 3), [null, null, "1"]);
});

test("once stopped, nothing is shown any more", async () => {
  const { data, states, poller } = run([{ status: 200, data: "late", etag: "1" }]);
  poller.stop();
  await turn(20);
  assert.deepEqual(data, []);
  assert.deepEqual(states, []);
});
