// SPDX-License-Identifier: Apache-2.0
// The key figures of labour hire: what is open, how well it is filled, hours, and who there is.
import { count, percent } from "./format.js";
import { figure } from "./figure.js";
import { h } from "./dom.js";
import { t, tn } from "./texts.js";

const WORKERS = [["available", t("Available")], ["booked", t("Booked now")], ["on_leave", t("On leave")], ["unavailable", t("Unavailable")]];

export function labourFigures() {
  const open = figure("open_jobs", t("Open jobs"));
  const unfilled = figure("unfilled", t("Unfilled, 14 days"));
  const now = figure("fill_now", t("Fill rate now"));
  const month = figure("fill_month", t("Fill rate, 30 days"));
  const hours = figure("hours", t("Hours this week"));
  const workers = new Map(WORKERS.map(([name, label]) => [name, figure(name, label)]));
  const node = h(
    "section",
    { class: "figures figures--noted", "aria-label": t("Key figures of labour hire") },
    h("dl", { class: "figures__today" }, [open, unfilled, now, month, hours].map((item) => item.node)),
    h("dl", { class: "figures__states", "data-title": t("Workers"), "aria-label": t("Workers") }, [...workers.values()].map((item) => item.node)),
  );
  return {
    node,
    update({ jobs, fortnight, fill_rate: fill, hours: { worked, planned }, workers: people }) {
      open.set(count(jobs.open), { note: t("{count} in draft", { count: count(jobs.draft) }) });
      unfilled.set(count(fortnight.unfilled), { note: tn(fortnight.places, "of {n} place", "of {n} places"), level: fortnight.unfilled > 0 ? "risk" : "" });
      now.set(percent(fill.current.percent), { note: filledOf(fill.current) });
      month.set(percent(fill.last_30_days.percent), { note: filledOf(fill.last_30_days) });
      hours.set(count(Math.round(worked)), { note: t("of {hours} planned", { hours: count(Math.round(planned)) }) });
      for (const [name, item] of workers) item.set(count(people[name]), { zero: people[name] === 0 });
    },
  };
}

export const filledOf = ({ filled, places }) => tn(places, "{filled} of {n} place", "{filled} of {n} places", { filled: count(filled) });
