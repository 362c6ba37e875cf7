// SPDX-License-Identifier: Apache-2.0
// Who has how much to do this week, fullest first, and how many people are free.
import { count, percent } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { h, keyed, setAttr, setText } from "./dom.js";
import { loadLevel } from "./load-level.js";
import { shortDate } from "./calendar.js";
import { t } from "./texts.js";

const PEOPLE = [["free", t("Free")], ["partly_free", t("Partly free")], ["full", t("Full")], ["on_leave", t("On leave")], ["unavailable", t("Unavailable")]];

export function loadSection() {
  const week = h("p", { class: "panel__aside" });
  const people = new Map(PEOPLE.map(([name, label]) => {
    const value = h("dd", null, "–");
    return [name, { value, node: h("div", { "data-name": name }, value, h("dt", null, label)) }];
  }));
  const list = h("ul", { class: "loads" });
  const body = h("div", { class: "panel__body" }, skeleton(6, "row"));
  const node = section("load", t("Load this week"), h("dl", { class: "counts", "aria-label": t("People") }, [...people.values()].map((item) => item.node)), body);
  node.firstChild.append(week);
  const views = new Map();
  return {
    node,
    update({ load, resources, week: { from, to } }) {
      setText(week, `${shortDate(from)} – ${shortDate(to)}`);
      for (const [name, { value }] of people) setText(value, count(resources[name]));
      keyed(list, views, load, { keyOf: (person) => person.id, create: loadRow });
      const shown = load.length > 0 ? list : empty(t("Nobody is allocated to anything this week."));
      if (body.firstChild !== shown || body.childNodes.length > 1) body.replaceChildren(shown);
    },
  };
}

function loadRow() {
  const name = h("span", { class: "load__name" });
  const role = h("span", { class: "load__role" });
  const numbers = h("span", { class: "load__numbers" });
  const words = h("span", { class: "load__words" });
  const used = h("span", { class: "bar__part bar__part--loaded" });
  const over = h("span", { class: "bar__part bar__part--over" });
  const edge = h("span", { class: "bar__pace" });
  const bar = h("div", { class: "bar", role: "meter", "aria-valuemin": 0 }, h("span", { class: "bar__track" }, used, over), edge);
  const node = h("li", { class: "load" }, name, role, h("span", { class: "load__right" }, words, numbers), bar);
  return {
    node,
    update(person) {
      const level = loadLevel(person);
      node.dataset.level = level.level;
      node.dataset.person = person.id;
      setText(name, person.name);
      setText(role, person.role_title ?? "");
      setText(numbers, t("{part} of {all}", { part: percent(person.allocated_percent), all: percent(person.capacity_percent) }));
      setText(words, level.words);
      used.style.width = `${level.used}%`;
      over.style.width = `${level.over}%`;
      edge.style.left = `${level.capacity}%`;
      edge.hidden = person.capacity_percent >= 100 && level.over === 0;
      setAttr(bar, "aria-label", t("Load of {name}", { name: person.name }));
      setAttr(bar, "aria-valuemax", Math.max(100, person.allocated_percent));
      setAttr(bar, "aria-valuenow", person.allocated_percent);
      setAttr(bar, "aria-valuetext", `${numbers.textContent}. ${level.words}`);
    },
  };
}
