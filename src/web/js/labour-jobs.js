// SPDX-License-Identifier: Apache-2.0
// The next jobs that miss people, soonest first.
import { count, relative, share } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { filledOf } from "./labour-figures.js";
import { fillNodes, h, keyed, setText } from "./dom.js";
import { meter } from "./meter.js";
import { t } from "./texts.js";

const SOON = 24 * 3600 * 1000;          // from here on somebody has to be called

export function jobsSection() {
  const list = h("ul", { class: "jobs" });
  const body = h("div", { class: "panel__body" }, skeleton(6, "row"));
  const node = section("jobs", t("Next jobs that miss people"), body);
  const views = new Map();
  return {
    node,
    update({ next_jobs: jobs }, context) {
      keyed(list, views, jobs, { keyOf: (job) => job.id, create: jobRow, context });
      const shown = jobs.length > 0 ? list : empty(t("Every job that is coming up has its people."));
      if (body.firstChild !== shown || body.childNodes.length > 1) body.replaceChildren(shown);
    },
  };
}

function jobRow() {
  const title = h("h3", { class: "job__title" });
  const where = h("span");
  const skills = h("ul", { class: "tags", "aria-label": t("Skills") });
  const at = h("span");
  const until = h("span", { class: "table__sub" });
  const filled = h("span");
  const bar = meter();
  const node = h("li", { class: "job" }, title,
    h("div", { class: "job__where" }, where, skills),
    h("p", { class: "job__at" }, at, " ", until),
    h("div", { class: "job__filled" }, filled, bar.node));
  return {
    node,
    update(job, { clock, now }) {
      const distance = Date.parse(job.starts_at) - now;
      node.dataset.job = job.id;
      setText(title, job.title);
      setText(where, [job.client_name, job.place].filter(Boolean).join(" · "));
      skills.hidden = job.skills.length === 0;
      if (skills.dataset.skills !== job.skills.join()) {
        skills.dataset.skills = job.skills.join();
        skills.replaceChildren(...job.skills.map((skill) => h("li", { class: "skill" }, skill)));
      }
      setText(at, clock.near(job.starts_at, now));
      setText(until, distance <= 0 ? t("has begun") : relative(job.starts_at, now));
      until.toggleAttribute("data-overdue", distance < SOON);
      filled.replaceChildren(...fillNodes(t("{filled} of {places} filled", { places: count(job.places) }), { filled: h("strong", null, count(job.filled)) }));
      bar.update({ percent: share(job.filled, job.places), label: t("Places filled of {job}", { job: job.title }), text: filledOf(job) });
    },
  };
}
