// SPDX-License-Identifier: Apache-2.0
// The active projects, due first, one card each: how far, how far it should be, and what that means.
import { count, percent } from "./format.js";
import { dateIn, relativeDay } from "./calendar.js";
import { empty, section, skeleton } from "./section.js";
import { fillNodes, h, keyed, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { meter } from "./meter.js";
import { plain } from "./words.js";
import { projectOutlook } from "./project-outlook.js";
import { t, tn } from "./texts.js";

const AT_FIRST = 12;                    // the rest, up to the server's fifty, is shown when asked for

export function projectsSection() {
  const list = h("ul", { class: "cards" });
  const more = h("button", { type: "button", class: "button", "aria-expanded": "false", onclick: toggle });
  const rest = h("p", { class: "more", hidden: true }, more);
  const body = h("div", { class: "panel__body" }, h("div", { class: "cards" }, skeleton(3, "card")));
  const node = section("projects", t("Active projects"), body, rest);
  node.firstChild.append(h("p", { class: "key" },
    h("span", { class: "key__item", "data-name": "loaded" }, t("Progress")),
    h("span", { class: "key__item", "data-name": "pace" }, t("Time elapsed"))));
  const views = new Map();
  let all = false;
  let last = null;

  function toggle() {
    all = !all;
    draw();
  }

  function draw() {
    const { active, today } = last;
    keyed(list, views, all ? active : active.slice(0, AT_FIRST), { keyOf: (project) => project.id, create: card, context: today });
    const shown = active.length > 0 ? list : empty(t("No project is active."));
    if (body.firstChild !== shown) body.replaceChildren(shown);
    rest.hidden = active.length <= AT_FIRST;
    setText(more, all ? t("Show the most urgent only") : t("Show all {count}", { count: count(active.length) }));
    setAttr(more, "aria-expanded", String(all));
  }

  return {
    node,
    update(data) {
      last = data;
      draw();
    },
  };
}

function card() {
  const code = h("span", { class: "card__berth card__code" });
  const name = h("h3");
  const owner = h("p", { class: "card__sub" });
  const priority = h("span", { class: "status" });
  const points = h("span");
  const share = h("span", { class: "card__share" });
  const bar = meter();
  const facts = { due: fact(t("Due#date")), features: fact(t("Features")), items: fact(t("Items")) };
  const verdict = h("p", { class: "verdict" });
  const node = h(
    "li",
    { class: "card" },
    h("div", { class: "card__head" }, code, name, owner, priority),
    h("p", { class: "card__numbers" }, points, share),
    bar.node,
    h("dl", { class: "facts facts--row" }, Object.values(facts).map((item) => item.node)),
    h("div", { class: "card__foot" }, verdict),
  );
  return {
    node,
    update(project, today) {
      const { level, words } = projectOutlook(project, today);
      node.dataset.level = level;
      node.dataset.project = project.id;
      setText(code, project.code);
      code.title = project.code;
      setText(name, project.name);
      setText(owner, project.owner ?? t("Nobody owns it"));
      priority.dataset.priority = project.priority;
      setText(priority, plain(project.priority));
      points.replaceChildren(...(project.points_total > 0
        ? fillNodes(tn(project.points_total, "{done} of {n} point", "{done} of {n} points"), { done: h("strong", null, count(project.points_done)) })
        : fillNodes(tn(project.items_total, "{done} of {n} item, no points", "{done} of {n} items, no points"), { done: h("strong", null, count(project.items_done)) })));
      setText(share, percent(project.progress_percent));
      bar.update({
        percent: project.progress_percent,
        tick: project.elapsed_percent,
        label: t("Progress of {name}", { name: project.name }),
        text: project.elapsed_percent === null ? percent(project.progress_percent)
          : t("{progress}; {elapsed} of the time has elapsed", { progress: percent(project.progress_percent), elapsed: percent(project.elapsed_percent) }),
      });
      facts.due.set(dateIn(project.due_on, today), dueWords(project.due_on, today));
      facts.features.set(partOf(project.features_done, project.features_total));
      facts.items.set(partOf(project.items_done, project.items_total));
      verdict.dataset.level = level;
      verdict.replaceChildren(icon(level), h("span", null, words));
    },
  };
}

const partOf = (part, all) => t("{part} of {all}", { part: count(part), all: count(all) });

function dueWords(date, today) {
  if (date === null) return t("Due#date");
  const when = relativeDay(date, today);
  return date < today ? t("Due {when}#past", { when }) : t("Due {when}", { when });
}

function fact(label) {
  const name = h("dt", null, label);
  const value = h("dd");
  return {
    node: h("div", null, name, value),
    set(text, newLabel = label) {
      setText(name, newLabel);
      setText(value, text);
    },
  };
}
