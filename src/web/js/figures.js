// SPDX-License-Identifier: Apache-2.0
// The key figures: what was moved today, and how many vessels are in each state.
import { count } from "./format.js";
import { figure } from "./figure.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { LIFE_CYCLE, statusWord, tallyWord } from "./words.js";
import { t } from "./texts.js";

const TODAY = ["loaded", "discharged", "damaged", "tallies"];
const STATES = LIFE_CYCLE.filter((status) => status !== "departed");

export function figuresSection() {
  const today = new Map(TODAY.map((name) => [name, figure(name, name === "tallies" ? t("Tallies") : tallyWord(name))]));
  const states = new Map(STATES.map((name) => [name, figure(name, statusWord(name), icon(name))]));
  const node = h(
    "section",
    { class: "figures", "aria-label": t("Key figures of today") },
    h("dl", { class: "figures__today" }, [...today.values()].map((item) => item.node)),
    h("dl", { class: "figures__states", "aria-label": t("Vessels by state") }, [...states.values()].map((item) => item.node)),
  );
  return {
    node,
    update(data) {
      for (const [name, item] of today) item.set(count(data.today[name]));
      for (const [name, item] of states) item.set(count(data.counts[name]), { zero: data.counts[name] === 0 });
    },
  };
}
