// SPDX-License-Identifier: Apache-2.0
// The key figures of labour hire: what is open, how well it is filled, hours, and who there is.
import { count, percent } from "./format.js";
import { figure } from "./figure.js";
import { h } from "./dom.js";

const WORKERS = [["available", "Available"], ["booked", "Booked now"], ["on_leave", "On leave"], ["unavailable", "Unavailable"]];

export function labourFigures() {
  const open = figure("open_jobs", "Open jobs");
  const unfilled = figure("unfilled", "Unfilled, 14 days");
  const now = figure("fill_now", "Fill rate now");
  const month = figure("fill_month", "Fill rate, 30 days");
  const hours = figure("hours", "Hours this week");
  const workers = new Map(WORKERS.map(([name, label]) => [name, figure(name, label)]));
  const node = h(
    "section",
    { class: "figures figures--noted", "aria-label": "Key figures of labour hire" },
    h("dl", { class: "figures__today" }, [open, unfilled, now, month, hours].map((item) => item.node)),
    h("dl", { class: "figures__states", "data-title": "Workers", "aria-label": "Workers" }, [...workers.values()].map((item) => item.node)),
  );
  return {
    node,
    update({ jobs, fortnight, fill_rate: fill, hours: { worked, planned }, workers: people }) {
      open.set(count(jobs.open), { note: `${count(jobs.draft)} in draft` });
      unfilled.set(count(fortnight.unfilled), { note: `of ${places(fortnight.places)}`, level: fortnight.unfilled > 0 ? "risk" : "" });
      now.set(percent(fill.current.percent), { note: `${count(fill.current.filled)} of ${places(fill.current.places)}` });
      month.set(percent(fill.last_30_days.percent), { note: `${count(fill.last_30_days.filled)} of ${places(fill.last_30_days.places)}` });
      hours.set(count(Math.round(worked)), { note: `of ${count(Math.round(planned))} planned` });
      for (const [name, item] of workers) item.set(count(people[name]), { zero: people[name] === 0 });
    },
  };
}

const places = (number) => (number === 1 ? "1 place" : `${count(number)} places`);
