// SPDX-License-Identifier: Apache-2.0
// What the operations page makes of the server's answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alertValue, hasLimit, milliseconds } from "../js/operations-words.js";
import { levelOf, ranked, series, shown, toPercent } from "../js/operations-data.js";

const SAMPLE = {
  at: "2026-11-30T10:00:30.000Z", span_ms: 30000, requests: 300, failed: 3, refused: 6, limited: 0, failed_permille: 10, p50_us: 1500, p95_us: 20000,
  p99_us: 1250000, hits_near: 100, hits_redis: 20, hits_memcached: 0, hits_local: 5, hits_recent: 5, stale: 0, misses: 10, hit_permille: 928,
  queries: 40, query_failures: 0, query_mean_us: 800, query_p95_us: 3000, responders: 2, busy_permille: 31, database_connections: 3,
  redis_connections: 2, memory_pool_bytes: 20 * 1048576, memory_agent_bytes: 3 * 1048576, memory_permille: 5, cpu_permille: 120, sessions: 7,
};
const history = (...samples) => Object.fromEntries(Object.keys(SAMPLE).map((name) => [name, samples.map((sample) => sample[name])]));

test("a sample is shown per minute, in milliseconds, percent and megabytes", () => {
  const { requests, failed, p50, p99, hit, from_host: host, memory_pool: pool, busy } = shown(SAMPLE);
  assert.deepEqual({ requests, failed, p50, p99, hit, host, pool, busy }, { requests: 600, failed: 6, p50: 1.5, p99: 1250, hit: 92.8, host: 220, pool: 20, busy: 3.1 });
});

test("what is not known stays unknown, and nothing is divided by no time", () => {
  const { requests, p95, hit, memory_pool: pool } = shown({ ...SAMPLE, span_ms: 0, p95_us: null, hit_permille: null, memory_pool_bytes: null });
  assert.deepEqual([requests, p95, hit, pool], [null, null, null, null]);
  assert.equal(toPercent(0), 0);
  assert.equal(milliseconds(null), "–");
});

test("the newest sample comes last, and once", () => {
  const older = { ...SAMPLE, at: "2026-11-30T10:00:00.000Z", requests: 30 };
  const now = { ...SAMPLE, at: "2026-11-30T10:00:35.000Z", requests: 150 };
  assert.deepEqual(series({ history: history(older, SAMPLE), now }).map(({ requests }) => requests), [60, 600, 300]);
  assert.deepEqual(series({ history: history(older, SAMPLE), now: SAMPLE }).map(({ requests }) => requests), [60, 600]);
  assert.deepEqual(series({ history: history(), now }).map(({ at }) => at), [now.at]);
  assert.deepEqual(series({ history: history(), now: null }), []);
});

const ALERTS = [
  { name: "memory", level: "ok", since: null, value: 5, warning: 750, critical: 850 },
  { name: "response_time", level: "warning", since: SAMPLE.at, value: 250000, warning: 200000, critical: 1000000 },
  { name: "database", level: "critical", since: SAMPLE.at, value: 1, warning: 1, critical: 1 },
];

test("the worst comes first, and a silent agent is told of by the page", () => {
  assert.deepEqual(ranked({ alerts: ALERTS, agent: { ok: true, age_ms: 900 } }).map(({ name }) => name), ["database", "response_time", "agent", "memory"]);
  assert.deepEqual(ranked({ alerts: ALERTS, agent: { ok: false, age_ms: 9000 } }).map(({ name }) => name), ["agent", "database", "response_time", "memory"]);
  assert.equal(levelOf({ alerts: ALERTS }, "response_time"), "warning");
  assert.equal(levelOf({ alerts: ALERTS }, "of a newer server"), "ok");
});

test("values have the unit of what is watched; a breaker has words", () => {
  assert.equal(alertValue("response_time", 250000), "250 ms");
  assert.equal(alertValue("memory", 785), "78.5 %");
  assert.equal(alertValue("database_connections", 12), "12");
  assert.deepEqual([0, 1, 2, null].map((value) => alertValue("redis", value)), ["answers", "left alone", "being tried", "–"]);
  assert.deepEqual(ALERTS.map(hasLimit), [true, true, false]);
  assert.equal(alertValue("of a newer server", 4), "4");
});
