// SPDX-License-Identifier: Apache-2.0
// The tables of operations: what is watched, the parts that others depend on, the pool, requests by kind.
import { age, count, DASH, relative } from "./format.js";
import { alertValue, alertWord, bytes, groupWord, hasLimit, levelWord, milliseconds, partWord, stateWord } from "./operations-words.js";
import { cardTable } from "./table.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { icon } from "./icons.js";
import { ranked, toMilliseconds } from "./operations-data.js";
import { section, skeleton } from "./section.js";
import { t } from "./texts.js";

const LOOKS = { ok: "ok", warning: "risk", critical: "late" };
const BREAKERS = { closed: "ok", half_open: "warning", open: "critical" };

const verdict = (level, words) => h("span", { class: "verdict", "data-level": LOOKS[level] }, icon(LOOKS[level]), words);
const ago = (at, now) => (at === null ? DASH : relative(at, now));

// name; title; columns; rows(data, now). A kind of column is put on its cells for the style sheet.
const TABLES = [
  {
    name: "alerts",
    title: t("Alerts"),
    columns: [{ label: t("What is watched") }, { label: t("State") }, { label: t("Value"), kind: "num" }, { label: t("Warning from"), kind: "num" }, { label: t("Critical from"), kind: "num" }, { label: t("Since") }],
    rows: (data, now) => ranked(data).map((alert) => ({
      "data-alert": alert.name,
      "data-level": alert.level,
      cells: [
        h("strong", null, alertWord(alert.name)),
        verdict(alert.level, levelWord(alert.level)),
        alertValue(alert.name, alert.value),
        hasLimit(alert) ? alertValue(alert.name, alert.warning) : DASH,
        hasLimit(alert) && alert.critical !== null ? alertValue(alert.name, alert.critical) : DASH,
        ago(alert.since, now),
      ],
    })),
  },
  {
    name: "breakers",
    title: t("What it depends on"),
    columns: [{ label: t("Part") }, { label: t("State") }, { label: t("Since") }, { label: t("Failures"), kind: "num" }, { label: t("Times left alone"), kind: "num" }, { label: t("Last failure") }],
    rows: ({ breakers }, now) => breakers.map((breaker) => ({
      "data-breaker": breaker.name,
      "data-state": breaker.state,
      cells: [
        h("strong", null, partWord(breaker.name)),
        verdict(BREAKERS[breaker.state], stateWord(breaker.state)),
        ago(breaker.since, now),
        count(breaker.failures),
        count(breaker.opened),
        breaker.last_error_at === null ? DASH : [relative(breaker.last_error_at, now), h("span", { class: "table__sub" }, breaker.last_error)],
      ],
    })),
  },
  {
    name: "pool",
    title: t("Responders"),
    columns: [{ label: t("Process") }, { label: t("Running") }, { label: t("Requests"), kind: "num" }, { label: t("At one for"), kind: "num" }, { label: t("Connections") }],
    rows: ({ pool }, now) => pool.map((member) => ({
      "data-pid": member.pid,
      cells: [
        h("strong", null, String(member.pid)),
        age(now - Date.parse(member.since)),
        count(member.requests),
        member.busy_ms === null ? DASH : milliseconds(member.busy_ms),
        [member.database && t("Database"), member.redis && t("Redis")].filter(Boolean).join(", ") || DASH,
      ],
    })),
  },
  {
    name: "kinds",
    title: t("Requests by kind"),
    columns: [{ label: t("Kind") }, { label: t("Requests"), kind: "num" }, { label: t("Refused"), kind: "num" }, { label: t("Failed"), kind: "num" }, { label: t("Half within"), kind: "num" }, { label: t("95 of 100"), kind: "num" }, { label: t("99 of 100"), kind: "num" }],
    rows: ({ requests }) => requests.filter((group) => group.requests > 0).map((group) => ({
      "data-group": group.group,
      cells: [h("strong", null, groupWord(group.group)), count(group.requests), count(group.refused), count(group.failed),
        ...[group.p50_us, group.p95_us, group.p99_us].map((us) => milliseconds(toMilliseconds(us)))],
    })),
  },
  {
    name: "caches",
    title: t("Caches, in the order in which they are asked"),
    columns: [{ label: t("Cache") }, { label: t("Entries"), kind: "num" }, { label: t("Used"), kind: "num" }, { label: t("Room"), kind: "num" }, { label: t("Pushed out"), kind: "num" }],
    rows: ({ tiers }) => tiers.map((tier) => ({
      "data-tier": tier.name,
      cells: [h("strong", null, partWord(tier.name)), ...[count(tier.entries), bytes(tier.used_bytes), bytes(tier.bytes), count(tier.evicted)]],
    })),
  },
];

export const operationsTables = () => TABLES.map(operationsTable);

function operationsTable({ name, title, columns, rows }) {
  const place = h("div", { class: "panel__body" }, skeleton(3, "row"));
  return {
    node: section(`ops-${name}`, title, place),
    update: (data, { now }) => replaceKeepingFocus(place, cardTable(`ops-${name}`, title, columns, rows(data, now))),
  };
}
