// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { CALM, follow, INTERVAL } from "../js/live.js";
import { createEvents, SILENCE } from "../js/server-events.js";
import { together } from "../js/together.js";

function fakePage() {
  const page = new EventTarget();
  page.hidden = false;
  page.turnTo = (hidden) => {
    page.hidden = hidden;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  return page;
}

// Tabs of one browser: they share locks (Web Locks: the first come first) and a channel. `sources` are the connections that were made.
function browser() {
  const queue = [];
  const channels = new Set();
  const sources = [];
  const grant = () => {
    if (queue.length === 0 || queue[0].held) return;
    queue[0].held = true;
    const [own] = queue;
    own.hold().then(() => {
      queue.splice(queue.indexOf(own), 1);
      own.done();
      grant();
    });
  };
  const locks = {
    request: (name, { signal }, hold) => new Promise((done, refused) => {
      const own = { hold, done, held: false };
      queue.push(own);
      signal.addEventListener("abort", () => {
        if (own.held) return;
        queue.splice(queue.indexOf(own), 1);
        refused(new Error("aborted"));
      });
      grant();
    }),
  };
  const channel = () => {
    const own = { onmessage: null, postMessage: (data) => channels.forEach((other) => other !== own && other.onmessage({ data })) };
    channels.add(own);
    return own;
  };
  function tab({ page = fakePage(), withLocks = true } = {}) {
    const open = () => {
      const source = { isOpen: true, close: () => { source.isOpen = false; } };
      sources.push(source);
      return source;
    };
    const events = createEvents({ open, locks: () => (withLocks ? locks : null), channel, page: () => page, random: () => 0.5 });
    return { events, page };
  }
  const isOpen = () => sources.filter((source) => source.isOpen);
  return {
    tab, sources, isOpen,
    // What the one connection that there is brings.
    say(message) {
      const [only, ...others] = isOpen();
      assert.equal(others.length, 0);
      only.onmessage({ data: JSON.stringify(message) });
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

// Runs use(tick) with time standing still but for tick(ms).
async function inNoTime(use) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    await use(async (ms) => {
      mock.timers.tick(ms);
      await settled();
    });
  } finally {
    mock.timers.reset();
  }
}

// A page that follows one address that changes with these tags.
function followed(events, { page = fakePage(), tags = ["tallies", "vessels"], answers = [] } = {}) {
  const log = { asked: [], states: [] };
  const poller = follow(null, [], {
    page, events, random: () => 0.5,
    load: async (etag, seen) => {
      log.asked.push(seen);
      const answer = answers.shift() ?? { status: 304, etag: "1", tags };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onData() {},
    onState: (state) => log.states.push(state),
  });
  return { ...log, poller };
}

test("nothing is listened to until an answer says that there are events, nor without anybody who wants to know", async () => {
  const { tab, sources } = browser();
  const { events } = tab();
  const stop = events.hear(() => {});
  assert.equal(sources.length, 0);
  events.offer();
  await settled();
  assert.equal(sources.length, 1);
  stop();
  assert.equal(sources[0].isOpen, false);
});

test("tabs share one connection; when the one that holds it is hidden, another takes it", async () => {
  const { tab, isOpen, sources, say } = browser();
  const tabs = [tab(), tab(), tab()];
  const heard = tabs.map(() => []);
  tabs.forEach(({ events }, index) => {
    events.offer();
    events.hear((message) => heard[index].push(message));
  });
  await settled();
  assert.equal(isOpen().length, 1);
  say({ changed: { tallies: 5 } });
  assert.deepEqual(heard, [1, 2, 3].map(() => [{ changed: { tallies: 5 } }]));
  assert.ok(tabs.every(({ events }) => events.up));
  tabs[0].page.turnTo(true);
  await settled();
  assert.equal(sources.length, 2);
  assert.equal(isOpen().length, 1);
  // Hidden ones wait for nothing.
  tabs[1].page.turnTo(true);
  tabs[2].page.turnTo(true);
  await settled();
  assert.deepEqual([sources.length, isOpen().length], [2, 0]);
  tabs[0].page.turnTo(false);
  await settled();
  assert.equal(isOpen().length, 1);
});

test("without locks each tab has its own connection", async () => {
  const { tab, isOpen } = browser();
  for (const { events } of [tab({ withLocks: false }), tab({ withLocks: false })]) {
    events.offer();
    events.hear(() => {});
  }
  assert.equal(isOpen().length, 2);
});

test("connected is not heard: only who speaks is there, and silence is noticed", async () => {
  await inNoTime(async (tick) => {
    const { tab, sources, say } = browser();
    const { events } = tab();
    const heard = [];
    events.offer();
    events.hear((message) => heard.push(message));
    await settled();
    sources[0].onopen();
    assert.equal(events.up, false);
    say({});
    assert.equal(events.up, true);
    await tick(SILENCE - 1);
    assert.equal(events.up, true);
    await tick(1);
    assert.equal(events.up, false);
    assert.deepEqual(heard, [{ again: true, connected: true }, {}, { lost: true }]);
    // The connection may be a dead one.
    await tick(2000);
    assert.deepEqual([sources.length, sources[0].isOpen], [2, false]);
  });
});

test("a connection that ends is made again, after ever longer pauses, until something is heard", async () => {
  await inNoTime(async (tick) => {
    const { tab, sources, say } = browser();
    const { events } = tab();
    events.offer();
    events.hear(() => {});
    await settled();
    for (const pause of [2000, 4000, 8000, 16000, 32000, 60000, 60000]) {
      const before = sources.length;
      sources.at(-1).onerror();
      await tick(pause - 1);
      assert.equal(sources.length, before);
      await tick(1);
      assert.equal(sources.length, before + 1);
    }
    say({});
    sources.at(-1).onerror();
    await tick(2000);
    assert.equal(sources.filter(({ isOpen }) => isOpen).length, 1);
  });
});

test("asked to come again, it does in time, and listens until then", async () => {
  await inNoTime(async (tick) => {
    const { tab, sources, say } = browser();
    const { events } = tab();
    const heard = [];
    events.offer();
    events.hear((message) => heard.push(message));
    await settled();
    say({ renew: 75 });
    await tick(14000);
    say({ changed: { tallies: 1 } });
    await tick(14000);
    say({});
    await tick(1999);
    assert.equal(sources.length, 1);
    await tick(1);
    assert.deepEqual(sources.map(({ isOpen }) => isOpen), [false, true]);
    assert.equal(heard.length, 3);
  });
});

test("while the server is heard, a page asks when something of its own changes, and else rarely", async () => {
  await inNoTime(async (tick) => {
    const { tab, say } = browser();
    const { events, page } = tab();
    const { asked, states, poller } = followed(events, { page });
    await settled();
    assert.equal(asked.length, 1);
    say({});
    await tick(INTERVAL);
    assert.equal(asked.length, 2);              // whose time had come before
    for (let passed = 0; passed < CALM - 5000; passed += 5000) {
      await tick(5000);
      say({});
    }
    assert.equal(asked.length, 2);
    assert.equal(Date.now() - states.at(-1).okAt, 0);           // what is shown is as fresh as what was heard
    say({ changed: { contracts: 3 } });
    await tick(500);
    assert.equal(asked.length, 2);
    say({ changed: { tallies: 7, contracts: 4 } });
    await tick(149);
    assert.equal(asked.length, 2);
    await tick(1);
    assert.deepEqual(asked.slice(2), ["tallies.7"]);
    // Not more often than without events, and for all that was told meanwhile.
    say({ changed: { tallies: 8 } });
    say({ changed: { vessels: 9, tallies: 10 } });
    await tick(INTERVAL - 1);
    assert.equal(asked.length, 3);
    await tick(1);
    assert.deepEqual(asked.slice(3), ["tallies.10,vessels.9"]);
    await tick(5000);
    assert.equal(asked.length, 4);
    poller.stop();
  });
});

test("when nothing is heard any more, a page asks as without events", async () => {
  await inNoTime(async (tick) => {
    const { tab, say } = browser();
    const { events, page } = tab();
    const { asked, poller } = followed(events, { page });
    await settled();
    say({});
    await tick(INTERVAL);
    const before = asked.length;
    await tick(SILENCE - INTERVAL);
    for (let n = 0; n < 5; n++) await tick(INTERVAL);
    assert.ok(asked.length >= before + 4, `${asked.length}`);
    poller.stop();
  });
});

test("what was told is asked for until an answer has come", async () => {
  await inNoTime(async (tick) => {
    const { tab, say } = browser();
    const { events, page } = tab();
    const { asked, poller } = followed(events, { page, answers: [{ status: 304, etag: "1", tags: ["tallies"] }, new Error("gone")] });
    await settled();
    say({ changed: { tallies: 7 } });
    await tick(INTERVAL);
    await tick(2 * INTERVAL);
    assert.deepEqual(asked, [undefined, "tallies.7", "tallies.7"]);
    await tick(CALM);
    assert.equal(asked[3], undefined);
    poller.stop();
  });
});

test("what a hidden page was told, it asks for when it is seen", async () => {
  const { tab, say } = browser();
  const [first, second] = [tab(), tab()];
  first.events.offer();
  first.events.hear(() => {});
  const { asked, poller } = followed(second.events, { page: second.page });
  await settled();
  second.page.turnTo(true);
  say({ changed: { tallies: 7 } });
  await settled();
  assert.equal(asked.length, 1);
  second.page.turnTo(false);
  await settled();
  assert.deepEqual(asked, [undefined, "tallies.7"]);
  poller.stop();
});

test("addresses of which one tells nothing are asked for as ever", async () => {
  const answers = { "/a": { status: 200, data: 1, etag: "a", tags: ["tallies", "vessels"] }, "/b": { status: 200, data: 2, etag: "b", tags: ["vessels"] } };
  const asked = [];
  const load = together(async (path, options) => asked.push(options) && answers[path], ["/a", "/b"], (all) => all);
  assert.deepEqual((await load()).tags, ["tallies", "vessels"]);
  await load(["a", "b"], "vessels.3");
  assert.deepEqual(asked.at(-1), { etag: "b", seen: "vessels.3" });
  delete answers["/b"].tags;
  assert.equal((await load()).tags, undefined);
});
