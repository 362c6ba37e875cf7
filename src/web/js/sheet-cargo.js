// SPDX-License-Identifier: Apache-2.0
// The plus buttons of a tally sheet, one for each cargo: those of the vessel's plan, the others behind "More cargo".
import { cargoWord } from "./words.js";
import { count } from "./format.js";
import { h, keyed, setAttr, setText } from "./dom.js";
import { movedHere } from "./sheet-model.js";
import { t } from "./texts.js";

const KEYS = 9;

// Returns {node, order(), update(state)}. order() has the cargo types in the order of their digits. onPress(cargo) is a press.
export function cargoButtons({ onPress }) {
  const planned = h("ul", { class: "plus plus--planned" });
  const others = h("ul", { class: "plus", id: "more-cargo", hidden: true });
  const more = h("button", { type: "button", class: "button button--quiet sheet__quiet", "aria-expanded": "false", "aria-controls": "more-cargo", onclick: () => open(others.hidden) }, t("More cargo"));
  const node = h("section", { class: "sheet__cargo", "aria-label": t("Cargo") }, planned, more, others);
  const views = [new Map(), new Map()];
  let shown = [];

  function open(yes) {
    others.hidden = !yes;
    setAttr(more, "aria-expanded", String(yes));
  }

  function button() {
    const name = h("span", { class: "plus__name" });
    const amount = h("span", { class: "plus__amount", "aria-hidden": "true" });
    const sitting = h("span", { class: "plus__count" });
    const total = h("span", { class: "plus__total" });
    const here = h("span", { class: "plus__here" });
    const digit = h("kbd", { class: "plus__key", "aria-hidden": "true" });
    const press = h("button", { type: "button", class: "plus__button", onclick: () => onPress(press.dataset.cargo) },
      name,
      h("span", { class: "plus__middle" }, sitting, h("span", { class: "visually-hidden" }, ` ${t("in this sitting")}, `), amount),
      h("span", { class: "plus__foot" }, total, here, digit));
    return {
      node: h("li", null, press),
      update(row, { sheet, amount: number, chosen, working, order }) {
        const cargo = row.cargo_type;
        const pending = movedHere(sheet.here, cargo);
        const moved = row.loaded + row.discharged + pending;
        const place = order.indexOf(cargo);
        press.dataset.cargo = cargo;
        setAttr(press, "data-chosen", cargo === chosen);
        press.disabled = !working;
        setText(name, cargoWord(cargo));
        setText(amount, number === null ? "+" : `+${count(number)}`);
        setText(sitting, count(sheet.counts.get(cargo) ?? 0));
        setText(total, row.capacity > 0 ? t("{done} of {whole}", { done: count(moved), whole: count(row.capacity) }) : t("{done}, not in the plan", { done: count(moved) }));
        setText(here, pending === 0 ? "" : t("{count} kept here", { count: count(pending) }));
        setText(digit, place < KEYS ? String(place + 1) : "");
      },
    };
  }

  return {
    node,
    order: () => shown,
    update({ vessel, meta, ...context }) {
      const known = new Map(vessel.cargo.map((row) => [row.cargo_type, row]));
      const row = (cargo_type) => known.get(cargo_type) ?? { cargo_type, capacity: 0, loaded: 0, discharged: 0 };
      const inPlan = vessel.cargo.filter(({ capacity }) => capacity > 0).map(({ cargo_type: name }) => name);
      // One that was counted although it is not planned is wanted again.
      const used = meta.cargo_types.filter((name) => !inPlan.includes(name) && (context.sheet.counts.has(name) || known.has(name)));
      const first = [...inPlan, ...used];
      const rest = meta.cargo_types.filter((name) => !first.includes(name));
      shown = [...first, ...rest];
      const keyOf = ({ cargo_type: name }) => name;
      keyed(planned, views[0], first.map(row), { keyOf, create: button, context: { ...context, order: shown } });
      keyed(others, views[1], rest.map(row), { keyOf, create: button, context: { ...context, order: shown } });
      more.hidden = rest.length === 0 || first.length === 0;
      if (first.length === 0) open(true);
    },
  };
}
