// SPDX-License-Identifier: Apache-2.0
// The key figures of operations: the newest half minute, each with its level where a limit is watched.
import { count, percent } from "./format.js";
import { bytes, megabytes, milliseconds } from "./operations-words.js";
import { figure } from "./figure.js";
import { h } from "./dom.js";
import { levelOf, shown } from "./operations-data.js";
import { t } from "./texts.js";

const LOOKS = { ok: "", warning: "risk", critical: "late" };

// name, label, alert (or none), value(sample), note(sample, data)
const FIGURES = [
  ["p95", t("95 of 100 answers within"), "response_time", ({ p95 }) => milliseconds(p95), ({ p50 }) => t("half of them within {time}", { time: milliseconds(p50) })],
  ["requests", t("Requests per minute"), "errors", ({ requests }) => count(requests), ({ failed_percent: failed }) => t("{share} failed", { share: percent(failed) })],
  ["hit", t("From the cache"), null, ({ hit }) => percent(hit), ({ from_database: missed }) => t("{count} a minute were not", { count: count(missed) })],
  ["query", t("A query takes"), null, ({ query_mean: mean }) => milliseconds(mean), ({ queries }) => t("{count} a minute", { count: count(queries) })],
  ["memory", t("Memory"), "memory", ({ memory_pool: pool, memory_agent: agent }) => megabytes(pool === null || agent === null ? null : pool + agent),
    (_, { memory }) => t("of {limit}", { limit: bytes(memory.limit_bytes) })],
  ["connections", t("Database connections"), "database_connections", ({ database_connections: database }) => count(database),
    ({ redis_connections: redis }) => t("and {count} to Redis", { count: count(redis) })],
  ["busy", t("Responders busy"), "busy", ({ busy }) => percent(busy), ({ cpu }) => t("{share} of a processor", { share: percent(cpu) })],
  ["sessions", t("Sessions"), null, ({ sessions }) => count(sessions), ({ limited }) => t("{count} requests limited", { count: count(limited) })],
];

export function operationsFigures() {
  const items = new Map(FIGURES.map(([name, label]) => [name, figure(name, label)]));
  const node = h("section", { class: "figures figures--noted", "aria-label": t("Key figures of operations") },
    h("dl", { class: "figures__today" }, [...items.values()].map((item) => item.node)));
  return {
    node,
    update(data) {
      if (!data.now) return;
      const sample = shown(data.now);
      for (const [name, , alert, value, note] of FIGURES) {
        items.get(name).set(value(sample), { note: note(sample, data), level: alert ? LOOKS[levelOf(data, alert)] : "" });
      }
    },
  };
}
