// SPDX-License-Identifier: Apache-2.0
// How far a vessel is, in all and for each type of cargo.
import { bar } from "./bar.js";
import { cargoWord, tallyWord } from "./words.js";
import { count, percent } from "./format.js";
import { h, keyed, setText } from "./dom.js";
import { plannedShare } from "./outlook.js";
import { section } from "./section.js";
import { t } from "./texts.js";

export function progressPanel() {
  const share = h("p", { class: "progress__share" });
  const moved = h("p", { class: "progress__moved" });
  const total = bar(t("Progress in all"));
  const split = h("dl", { class: "facts facts--row" });
  const values = Object.fromEntries(["discharged", "loaded", "damaged"].map((name) => {
    const value = h("dd");
    split.append(h("div", null, h("dt", null, h("span", { class: "key__item", "data-name": name }, tallyWord(name))), value));
    return [name, value];
  }));
  const rows = h("ul", { class: "cargo" });
  const node = section("progress", t("Progress"), h("div", { class: "progress__head" }, share, moved), total.node, split, rows);
  const views = new Map();
  return {
    node,
    update(vessel, now) {
      const done = vessel.loaded + vessel.discharged;
      const whole = vessel.capacity_total;
      setText(share, whole > 0 ? percent((100 * done) / whole) : count(done));
      setText(moved, whole > 0 ? t("{moved} of {all} moved", { moved: count(done), all: count(whole) }) : t("moved, no plan"));
      total.update({ ...vessel, whole, planned: plannedShare(vessel, now) });
      for (const [name, value] of Object.entries(values)) setText(value, count(vessel[name]));
      keyed(rows, views, vessel.cargo, { keyOf: (row) => row.cargo_type, create: cargoRow });
    },
  };
}

function cargoRow() {
  const name = h("span", { class: "cargo__name" });
  const numbers = h("span", { class: "cargo__numbers" });
  const progress = bar(t("Progress"));
  return {
    node: h("li", { class: "cargo__row" }, name, numbers, progress.node),
    update(row) {
      const done = row.loaded + row.discharged;
      setText(name, cargoWord(row.cargo_type));
      setText(numbers, [
        row.capacity > 0 ? t("{part} of {all}", { part: count(done), all: count(row.capacity) }) : t("{moved}, not in the plan", { moved: count(done) }),
        row.damaged > 0 && t("{count} damaged", { count: count(row.damaged) }),
      ].filter(Boolean).join(" · "));
      progress.node.setAttribute("aria-label", t("Progress of {name}", { name: cargoWord(row.cargo_type) }));
      progress.update({ ...row, whole: row.capacity });
    },
  };
}
