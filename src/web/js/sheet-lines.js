// SPDX-License-Identifier: Apache-2.0
// What was counted in this sitting: the figures, and the last tallies with what became of each.
import { count, DASH } from "./format.js";
import { empty, section } from "./section.js";
import { h, replaceKeepingFocus, setText } from "./dom.js";
import { icon } from "./icons.js";
import { pace, rate } from "./sheet-model.js";
import { t } from "./texts.js";
import { tallyWords } from "./entry.js";

const SHOWN = 10;
const STATES = {
  waiting: ["expected", t("kept here")],
  stored: ["ok", t("stored")],
  refused: ["warning", t("refused")],
  undone: ["unknown", t("taken back")],
};

// Returns {node, update(sheet, vessel, moved, now)}.
export function sheetFigures({ onNewSitting }) {
  const items = h("dl", { class: "facts sheet-facts" });
  const values = Object.fromEntries([
    ["total", t("Counted")], ["quarter", t("Last 15 min")], ["hour", t("Last hour")], ["left", t("Left of the plan")], ["needed", t("Needed for the ETD")],
  ].map(([name, label]) => {
    const value = h("dd", { "data-name": name }, DASH);
    items.append(h("div", null, h("dt", null, label), value));
    return [name, value];
  }));
  const node = section("sitting", t("This sitting"), items,
    h("button", { type: "button", class: "button button--quiet sheet__quiet", onclick: onNewSitting }, t("Begin a new sitting")));
  const perHour = (number) => (number === null ? DASH : t("{count} /h", { count: count(number) }));
  return {
    node,
    update(sheet, vessel, moved, now) {
      const plan = pace(vessel, moved, now);
      setText(values.total, count(sheet.total));
      setText(values.quarter, perHour(rate(sheet.lines, 15, now)));
      setText(values.hour, perHour(rate(sheet.lines, 60, now)));
      setText(values.left, plan ? count(plan.left) : DASH);
      setText(values.needed, perHour(plan?.perHour ?? null));
    },
  };
}

// Returns {node, update(lines, clock)}. onUndo(line) takes one back.
export function sheetLines({ onUndo }) {
  const body = h("div", { class: "panel__body" });
  const node = section("lines", t("Last tallies"), body);
  return {
    node,
    update(lines, clock) {
      replaceKeepingFocus(body, lines.length === 0 ? empty(t("Nothing was counted in this sitting."))
        : h("ol", { class: "lines" }, lines.slice(0, SHOWN).map((line) => row(line, clock))));
    },
  };

  function row(line, clock) {
    const { entry, state } = line;
    const [shape, word] = STATES[state];
    const what = tallyWords(entry.body);
    const details = [clock.seconds(entry.madeAt), entry.body.location, entry.body.note].filter(Boolean).join(" · ");
    return h("li", { class: "lines__item", "data-state": state, "data-entry": entry.id },
      h("span", { class: "lines__what" }, state === "undone" ? h("s", null, what) : what, h("span", { class: "table__sub" }, details)),
      h("span", { class: "lines__state" }, icon(shape), state === "refused" ? h("a", { href: "/outbox", "data-key": `refused-${entry.id}` }, word) : word),
      (state === "waiting" || state === "stored")
        && h("button", { type: "button", class: "button button--quiet", "data-key": `undo-${entry.id}`, "aria-label": t("Undo {tally}", { tally: what }), onclick: () => onUndo(line) }, t("Undo")));
  }
}
