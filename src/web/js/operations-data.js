// SPDX-License-Identifier: Apache-2.0
// What GET /api/operations says, as the page shows it: numbers per minute, milliseconds, percent, megabytes.
import { known } from "./format.js";

const over = (divisor) => (value) => (known(value) ? value / divisor : null);

export const toMilliseconds = over(1000);       // of microseconds
export const toPercent = over(10);              // of permille
export const toMegabytes = over(1048576);

const perMinute = (value, { span_ms: span }) => (known(value) && span > 0 ? Math.round((value * 60000) / span) : null);

/** A sample of half a minute, with the members that the figures and charts want. */
export function shown(sample) {
  return {
    at: sample.at,
    requests: perMinute(sample.requests, sample),
    refused: perMinute(sample.refused, sample),
    failed: perMinute(sample.failed, sample),
    failed_percent: toPercent(sample.failed_permille),
    p50: toMilliseconds(sample.p50_us),
    p95: toMilliseconds(sample.p95_us),
    p99: toMilliseconds(sample.p99_us),
    hit: toPercent(sample.hit_permille),
    // What this host's memory had, be it in front of a tier or the only one up.
    from_host: perMinute(sample.hits_near + sample.hits_local + sample.hits_recent, sample),
    from_redis: perMinute(sample.hits_redis, sample),
    from_memcached: perMinute(sample.hits_memcached, sample),
    from_database: perMinute(sample.misses, sample),
    queries: perMinute(sample.queries, sample),
    query_failures: sample.query_failures,
    query_mean: toMilliseconds(sample.query_mean_us),
    query_p95: toMilliseconds(sample.query_p95_us),
    memory_pool: toMegabytes(sample.memory_pool_bytes),
    memory_agent: toMegabytes(sample.memory_agent_bytes),
    memory_percent: toPercent(sample.memory_permille),
    database_connections: sample.database_connections,
    redis_connections: sample.redis_connections,
    responders: sample.responders,
    busy: toPercent(sample.busy_permille),
    cpu: toPercent(sample.cpu_permille),
    limited: sample.limited,
    sessions: sample.sessions,
  };
}

/** The samples of the last hour, oldest first, and the newest one, which may reach into the one before. */
export function series({ history, now }) {
  const names = Object.keys(history);
  const kept = history.at.map((_, index) => shown(Object.fromEntries(names.map((name) => [name, history[name][index]]))));
  return now && now.at !== kept.at(-1)?.at ? [...kept, shown(now)] : kept;
}

const LEVELS = ["ok", "warning", "critical"];

/** The alerts, worst first; otherwise in the order of the answer. An agent that is silent is one more: it can't tell itself. */
export function ranked({ alerts, agent }) {
  const own = { name: "agent", level: agent.ok ? "ok" : "critical", since: null, value: agent.age_ms, warning: null, critical: null };
  return [own, ...alerts].sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
}

export const levelOf = ({ alerts }, name) => alerts.find((alert) => alert.name === name)?.level ?? "ok";
