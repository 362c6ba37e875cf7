// SPDX-License-Identifier: Apache-2.0
// The charts of operations: the last hour by half minutes.
import { chartSection } from "./chart-section.js";
import { count, DASH, percent } from "./format.js";
import { megabytes, milliseconds, short } from "./operations-words.js";
import { series } from "./operations-data.js";
import { t } from "./texts.js";

// name, title, lines [[member, label]], format of the values, the least height of the scale
const CHARTS = [
  ["times", t("Response times"), [["p50", t("half within")], ["p95", t("95 of 100")], ["p99", t("99 of 100")]], milliseconds, 10],
  ["requests", t("Requests per minute"), [["requests", t("all")], ["refused", t("refused#requests")], ["failed", t("failed")]], count, 10],
  ["hits", t("Answers from the cache"), [["hit", t("share")]], percent, 100],
  ["sources", t("Where answers came from, per minute"),
    [["from_host", t("this host")], ["from_redis", t("Redis")], ["from_memcached", "memcached"], ["from_database", t("database#source")]], count, 10],
  ["memory", t("Memory"), [["memory_pool", t("responders")], ["memory_agent", t("agent#program")]], megabytes, 20],
  ["queries", t("Time of a query"), [["query_mean", t("mean")], ["query_p95", t("95 of 100")]], milliseconds, 5],
  ["connections", t("Connections"), [["database_connections", t("Database")], ["redis_connections", t("Redis")]], count, 5],
  ["load", t("Load"), [["busy", t("responders busy")], ["cpu", t("processor")]], percent, 10],
];

export const operationsCharts = () => CHARTS.map(operationsChart);

function operationsChart([name, title, lines, format, least]) {
  const members = lines.map(([member]) => member);
  const chart = chartSection({
    name: `ops-${name}`,
    title,
    chart: "linesChart",
    series: lines,
    column: t("Time"),
    nameOf: ({ at }, clock) => clock.seconds(at),
    whole: { label: t("Last half minute"), of: (items, member) => items.at(-1)?.[member] },
    newestFirst: true,
    format,
    draws: { members, least, axis: short },
    describe: (items) => t("Line chart of the last hour. {lines}. The table below has every half minute.", {
      lines: lines.map(([member, label]) => `${label}: ${spread(items, member, format)}`).join("; "),
    }),
  });
  return { node: chart.node, stop: chart.stop, update: (data, { clock }) => chart.update(series(data), clock) };
}

function spread(items, member, format) {
  const values = items.map((item) => item[member]).filter((value) => value !== null && value !== undefined);
  if (values.length === 0) return DASH;
  return t("now {now}, highest {highest}", { now: format(values.at(-1)), highest: format(Math.max(...values)) });
}
