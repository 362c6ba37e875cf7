// SPDX-License-Identifier: Apache-2.0
// Step 3: when the vessel is worked and by how many, and what that asks for.
import { breaksOf, MAX_BREAK, numberOf, totalUnits } from "./wizard-state.js";
import { count, span } from "./format.js";
import { field } from "./field.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { locale, t } from "./texts.js";
import { momentIn } from "./zone.js";
import { neededRate, workedTimes } from "./operation-plan.js";
import { SHIFTS, shiftTimes } from "./shift.js";
import { numberField, valueField } from "./wizard-fields.js";
import { shiftWord } from "./words.js";

const rate = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export function operationStep(context) {
  const { draft, meta } = context;
  const { values } = draft;
  const also = { ...context, changed: (name) => { context.changed(name); show(); } };
  const outcome = h("dl", { class: "facts wizard__outcome", "aria-live": "polite" });
  const fields = {
    shifts: shiftChoice(also, meta),
    breaks: breakList(also),
    gangs: numberField(also, { name: "gangs", label: t("Gangs"), max: 100 }),
    drivers: numberField(also, { name: "drivers", label: t("Drivers"), max: 1000 }),
    vans: numberField(also, { name: "vans", label: t("Vans for the drivers"), max: 500 }),
    wagons: numberField(also, { name: "wagons", label: t("Station wagons for the drivers"), max: 500 }),
    notes: valueField(context, { name: "notes", label: t("Remarks"), hint: t("optional"), wide: true, control: h("textarea", { class: "input", rows: 3, maxlength: 2000 }) }),
  };
  show();

  function show() {
    outcome.replaceChildren(...planFacts(values, meta).map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))));
  }

  return {
    fields,
    node: h("div", { class: "wizard__parts" },
      h("div", { class: "form__inputs wizard__inputs" }, fields.shifts.node, fields.breaks.node,
        ["gangs", "drivers", "vans", "wagons"].map((name) => fields[name].node)),
      h("section", { class: "wizard__needs", "aria-label": t("What the plan asks for") }, h("h3", null, t("What the plan asks for")), outcome),
      fields.notes.node),
    stop() {},
  };
}

/** [[label, text]]: the time that can be worked until the departure, and how fast it has to go. */
export function planFacts(values, meta) {
  const [from, to] = ["eta", "etd"].map((name) => values[name] && momentIn(meta.timezone, values[name]));
  const gangs = numberOf(values.gangs);
  const times = from && to ? workedTimes({ from, to, shifts: values.shifts, breaks: breaksOf(values), starts: meta.shift_starts, timeZone: meta.timezone }) : [];
  const { hours, perHour, perGang } = neededRate({ times, units: totalUnits(values), gangs });
  return [
    [t("Time to work"), from && to ? span(hours * 3600000) : t("needs arrival and departure")],
    [t("Units"), count(totalUnits(values))],
    [t("Needed per hour"), perHour === null ? t("can't be said yet") : rate.format(perHour)],
    [t("Needed per gang and hour"), perGang === null ? t("can't be said yet") : rate.format(perGang)],
  ];
}

function errorLine() {
  const error = h("p", { class: "field__error", hidden: true });
  return { error, setError: (text) => { setText(error, text); error.hidden = !text; } };
}

function shiftChoice({ draft, changed }, meta) {
  const { values } = draft;
  const { error, setError } = errorLine();
  const times = Object.fromEntries(shiftTimes(meta.shift_starts).map(([name, from, to]) => [name, `${from}–${to}`]));
  const boxes = SHIFTS.map((name) => h("input", { type: "checkbox", class: "segments__input", name, checked: values.shifts.includes(name), onchange: choose }));
  function choose() {
    values.shifts = SHIFTS.filter((_, index) => boxes[index].checked);
    changed("shifts");
  }
  const node = h("fieldset", { class: "segments field--wide", "data-field": "shifts" }, h("legend", { class: "field__label" }, t("Shifts in which it is worked")),
    h("div", { class: "segments__row" }, boxes.map((box, index) => h("label", { class: "segments__item" }, box,
      h("span", null, shiftWord(SHIFTS[index]), times[SHIFTS[index]] && h("small", null, ` ${times[SHIFTS[index]]}`))))), error);
  return { node, control: boxes[0], setError };
}

function breakList({ draft, changed }) {
  const { values } = draft;
  const { error, setError } = errorLine();
  const list = h("ul", { class: "breaks" });
  const add = h("button", { type: "button", class: "button", onclick: () => { values.breaks.push({ at: free(), minutes: "30" }); show(); changed("breaks"); list.lastElementChild.querySelector("input").focus(); } }, t("Add a break"));
  const node = h("fieldset", { class: "field--wide", "data-field": "breaks" }, h("legend", { class: "field__label" }, t("Breaks")), list, error, add);
  show();
  return { node, control: add, setError };

  // The first full hour from ten on that has none.
  function free() {
    const hours = Array.from({ length: 24 }, (_, index) => `${String((index + 10) % 24).padStart(2, "0")}:00`);
    return hours.find((at) => values.breaks.every((item) => item.at !== at)) ?? "";
  }

  function show() {
    list.replaceChildren(...values.breaks.map((item, index) => {
      const write = (name) => (event) => { item[name] = event.currentTarget.value; changed("breaks"); };
      const begins = field({ name: `break-${index}-at`, label: t("Begins at"), control: h("input", { type: "time", class: "input", step: 900, value: item.at, oninput: write("at") }) });
      const lasts = field({ name: `break-${index}-minutes`, label: t("Minutes"), control: h("input", { type: "number", class: "input", inputmode: "numeric", min: 1, max: MAX_BREAK, value: item.minutes, oninput: write("minutes") }) });
      return h("li", { class: "breaks__item" }, begins.node, lasts.node,
        h("button", { type: "button", class: "button", "aria-label": t("Remove the break at {time}", { time: item.at }), onclick: () => remove(index) }, icon("remove"), t("Remove")));
    }));
  }

  function remove(index) {
    values.breaks.splice(index, 1);
    show();
    changed("breaks");
    add.focus();
  }
}
