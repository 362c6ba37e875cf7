// SPDX-License-Identifier: Apache-2.0
// Words and numbers of the operations page.
import { age, count, DASH, known, percent } from "./format.js";
import { locale, t } from "./texts.js";
import { toMegabytes, toMilliseconds, toPercent } from "./operations-data.js";

const rough = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
/** As short as it can be and still tell; under a scale there is little room. */
export const short = (value) => (value < 100 ? rough : whole).format(value);

export const milliseconds = (value) => (known(value) ? t("{value} ms", { value: short(value) }) : DASH);
export const megabytes = (value) => (known(value) ? t("{value} MB", { value: short(value) }) : DASH);

const ALERTS = {
  agent: [t("Agent"), (value) => (known(value) ? t("{time} ago", { time: age(value) }) : t("never"))],
  memory: [t("Memory of its limit"), (value) => percent(toPercent(value))],
  response_time: [t("Response time, 95 of 100"), (value) => milliseconds(toMilliseconds(value))],
  errors: [t("Failed requests"), (value) => percent(toPercent(value))],
  database_connections: [t("Database connections"), count],
  busy: [t("Responders busy"), (value) => percent(toPercent(value))],
  responders: [t("Responders missing"), count],
  database: [t("Database"), breakerValue],
  redis: [t("Redis"), breakerValue],
  memcached: ["memcached", breakerValue],
};

const STATES = { closed: t("answers"), open: t("left alone"), half_open: t("being tried") };
const LEVELS = { ok: t("OK"), warning: t("Warning"), critical: t("Critical") };
const GROUPS = {
  dashboard: t("Dashboards"), list: t("Lists"), row: t("Single rows"), write: t("Writes"), login: t("Logins"), export: t("Exports"),
  health: t("Health and metrics"), other: t("Others"),
};
const PARTS = { database: t("Database"), redis: t("Redis"), memcached: "memcached", lru: t("This host's memory") };

// In the order of the server's enumeration.
function breakerValue(value) {
  return known(value) ? STATES[["closed", "open", "half_open"][value]] ?? DASH : DASH;
}

const look = (table, name) => (Object.hasOwn(table, name) ? table[name] : name);

export const alertWord = (name) => (Object.hasOwn(ALERTS, name) ? ALERTS[name][0] : name);
export const alertValue = (name, value) => (Object.hasOwn(ALERTS, name) ? ALERTS[name][1](value) : count(value));
/** What is watched by a breaker has no limit in numbers. */
export const hasLimit = ({ name, warning }) => known(warning) && !Object.hasOwn(PARTS, name);
export const stateWord = (state) => look(STATES, state);
export const levelWord = (level) => look(LEVELS, level);
export const groupWord = (group) => look(GROUPS, group);
export const partWord = (name) => look(PARTS, name);
export const bytes = (value) => megabytes(toMegabytes(value));
