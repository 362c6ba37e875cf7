// SPDX-License-Identifier: Apache-2.0
// The key figures: what was moved today, and how many vessels are in each state.
import { DASH, count } from "./format.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { LIFE_CYCLE, statusWord, tallyWord } from "./words.js";

const TODAY = ["loaded", "discharged", "damaged", "tallies"];
const STATES = LIFE_CYCLE.filter((status) => status !== "departed");

export function figuresSection() {
  const today = new Map(TODAY.map((name) => [name, figure(name, name === "tallies" ? "Tallies" : tallyWord(name))]));
  const states = new Map(STATES.map((name) => [name, figure(name, statusWord(name), icon(name))]));
  const node = h(
    "section",
    { class: "figures", "aria-label": "Key figures of today" },
    h("dl", { class: "figures__today" }, [...today.values()].map((item) => item.node)),
    h("dl", { class: "figures__states", "aria-label": "Vessels by state" }, [...states.values()].map((item) => item.node)),
  );
  return {
    node,
    update(data) {
      for (const [name, item] of today) setText(item.value, count(data.today[name]));
      for (const [name, item] of states) {
        setText(item.value, count(data.counts[name]));
        item.node.dataset.zero = data.counts[name] === 0;
      }
    },
  };
}

function figure(name, label, picture = null) {
  const value = h("dd", { class: "figure__value" }, DASH);
  return { value, node: h("div", { class: "figure", "data-name": name }, h("dt", { class: "figure__label" }, picture, label), value) };
}
