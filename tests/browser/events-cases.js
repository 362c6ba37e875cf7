// SPDX-License-Identifier: Apache-2.0
// Live events: a page shows what others write when it hears of it, and asks as ever while it hears nothing. For a stack with nchan
// (stack.py --events), whose processes are stopped, reloaded and let go on here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, asked, BASE, eventually, moved, vessel, withPage, workedVessel } from "./stack.js";

const PACE = 1200;              // live.js: INTERVAL
const { AGENT_PID, NGINX_PID } = process.env;
assert.ok(AGENT_PID && NGINX_PID, "AGENT_PID and NGINX_PID must name the stack's processes");

const questions = (addresses) => addresses.filter((address) => address === "/api/dashboard").length;
const connections = (addresses) => addresses.filter((address) => address === "/events").length;

// The page asks as rarely as one does that hears the server: less than once in four of its usual intervals.
const isCalm = (page, addresses) => eventually(async () => {
  const before = questions(addresses);
  await page.waitForTimeout(4 * PACE);
  return questions(addresses) === before;
}, "the page only listens", 40000);

// Asks about as often as it does without events, n times.
async function asks(addresses, n) {
  const before = questions(addresses);
  const began = performance.now();
  await eventually(() => questions(addresses) >= before + n, "the page asks by itself", 3 * n * PACE);
  assert.ok(performance.now() - began < (n + 1) * PACE * 1.2, `${n} questions took ${performance.now() - began} ms`);
}

async function write(page, row, count) {
  await api(`/api/vessels/${row.id}/tallies`, {
    method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), tally_type: "discharged", cargo_type: row.cargo[0].cargo_type, count: 1 }),
  });
  const written = performance.now();
  // A locator would look every 500 ms.
  await page.waitForFunction(([at, text]) => document.querySelector(at).textContent.includes(text),
    [`.card[data-vessel="${row.id}"] .card__numbers`, count.toLocaleString("en-GB")], { polling: 30 });
  return Math.round(performance.now() - written);
}

test("what another person writes shows within a second, to a page that does not ask by itself", async (context) => {
  const row = await workedVessel();
  await withPage({ as: "viewer", at: null }, async (page) => {
    const addresses = asked(page);
    await page.goto("/");
    await isCalm(page, addresses);
    let count = moved(await vessel(row.id));
    const times = [];
    const before = questions(addresses);
    for (let turn = 0; turn < 8; turn += 1) {
      await page.waitForTimeout(PACE + 130 * turn);
      times.push(await write(page, row, count += 1));
    }
    const sorted = [...times].sort((a, b) => a - b);
    context.diagnostic(`live by event: median ${(sorted[3] + sorted[4]) / 2} ms, all ${times.join(", ")} ms`);
    assert.ok(sorted[4] < 1000 && sorted.every((ms) => ms < 2000), `${times} ms`);
    assert.ok(questions(addresses) - before <= 9, `${questions(addresses) - before} questions for 8 writes`);
    // What is shown is known to be current, though nobody asked.
    await page.waitForTimeout(8 * PACE);
    assert.equal(await page.locator(".freshness__text").textContent(), "Live");
    assert.equal(connections(addresses), 1);
  });
});

test("tabs of one browser share a connection, and one that is closed leaves it to another", async () => {
  const row = await workedVessel();
  await withPage({ as: "clerk", at: null }, async (page) => {
    const second = await page.context().newPage();
    const [ofFirst, ofSecond] = [asked(page), asked(second)];
    await page.goto("/");
    await eventually(() => connections(ofFirst) === 1, "the first tab is connected");
    await second.goto("/");
    await Promise.all([isCalm(page, ofFirst), isCalm(second, ofSecond)]);
    assert.equal(connections(ofSecond), 0);
    assert.ok(await write(second, row, moved(await vessel(row.id)) + 1) < 2000);
    await page.goto("about:blank");
    await eventually(() => connections(ofSecond) === 1, "the second tab has taken over");
    await isCalm(second, ofSecond);
    assert.ok(await write(second, row, moved(await vessel(row.id)) + 1) < 2000);
    await second.close();
  });
});

test("a page that hears nothing asks by itself: the agent is away, and comes back", async () => {
  const row = await workedVessel();
  await withPage({ as: "viewer", at: null }, async (page) => {
    const addresses = asked(page);
    await page.goto("/");
    await isCalm(page, addresses);
    process.kill(AGENT_PID, "SIGSTOP");
    try {
      const before = questions(addresses);
      await eventually(() => questions(addresses) > before, "silence is noticed", 20000);
      await asks(addresses, 3);
      assert.ok(await write(page, row, moved(await vessel(row.id)) + 1) < 2000);
    } finally {
      process.kill(AGENT_PID, "SIGCONT");
    }
    await isCalm(page, addresses);
    assert.ok(await write(page, row, moved(await vessel(row.id)) + 1) < 2000);
  });
});

test("a connection that is cut is made again", async () => {
  const row = await workedVessel();
  await withPage({ as: "viewer", at: null, allowTroubles: true }, async (page) => {
    const addresses = asked(page);
    await page.goto("/");
    await isCalm(page, addresses);
    process.kill(NGINX_PID, "SIGHUP");         // a reload ends all connections
    await eventually(() => connections(addresses) > 1, "the page comes again", 20000);
    await isCalm(page, addresses);
    assert.ok(await write(page, row, moved(await vessel(row.id)) + 1) < 2000);
  });
});

test("a refusal costs nothing but the speed", async () => {
  const row = await workedVessel();
  await withPage({ as: "viewer", at: null, allowTroubles: true }, async (page) => {
    let refused = 0;
    await page.route(`${BASE}/events`, (route) => {
      refused += 1;
      return route.fulfill({ status: 429, contentType: "application/problem+json", body: "{}" });
    });
    const addresses = asked(page);
    await page.goto("/");
    await asks(addresses, 5);
    assert.ok(await write(page, row, moved(await vessel(row.id)) + 1) < 2000);
    assert.ok(refused >= 1 && refused <= 4, `${refused} attempts`);
    await page.unroute(`${BASE}/events`);
    await isCalm(page, addresses);
  });
});

test("a page that is hidden has no connection", async () => {
  await withPage({ as: "viewer", at: null }, async (page) => {
    const addresses = asked(page);
    const ended = [];
    page.on("requestfailed", (request) => request.url().endsWith("/events") && ended.push(request));
    page.on("requestfinished", (request) => request.url().endsWith("/events") && ended.push(request));
    const turn = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await page.goto("/");
    await isCalm(page, addresses);
    await turn(true);
    await eventually(() => ended.length === 1, "the connection has ended");
    await turn(false);
    await eventually(() => connections(addresses) === 2, "it is there again");
    await isCalm(page, addresses);
  });
});
