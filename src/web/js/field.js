// SPDX-License-Identifier: Apache-2.0
// A labelled form field with a place for its error, and the controls that the forms are made of.
import { fieldWord } from "./field-words.js";
import { h, setAttr, setText } from "./dom.js";
import { t } from "./texts.js";

let serial = 0;

// Returns {node, control, setError(text or "")}. around wraps the control, e.g. in stepper buttons.
export function field({ name, label, control, hint = "", around = (inner) => inner, wide = false }) {
  const id = `field-${(serial += 1)}`;
  control.id = id;
  control.name = name;
  const error = h("p", { class: "field__error", id: `${id}-error`, hidden: true });
  setAttr(control, "aria-describedby", error.id);
  const node = h(
    "div",
    { class: `field${wide ? " field--wide" : ""}`, "data-field": name },
    h("label", { class: "field__label", for: id }, label, hint && h("span", { class: "field__hint" }, ` ${hint}`)),
    around(control),
    error,
  );
  return {
    node,
    control,
    setError(text) {
      setText(error, text);
      error.hidden = !text;
      setAttr(control, "aria-invalid", text ? "true" : null);
    },
  };
}

/** What the page itself found wrong: as the server's refusal, before asking it. */
export class Invalid extends Error {
  constructor(fields) {
    super(t("Look at the marked fields."));
    this.fields = fields;
  }
}

// Puts each of the errors [{field, detail}] at its field. Returns the texts of those that have none here, and the first
// control that has one.
export function placeErrors(fields, errors) {
  const unplaced = [];
  let first = null;
  for (const { field: name, detail } of errors) {
    if (!Object.hasOwn(fields, name)) {
      unplaced.push(`${fieldWord(name)}: ${detail}.`);
      continue;
    }
    fields[name].setError(detail.charAt(0).toUpperCase() + detail.slice(1));
    first ??= fields[name].control;
  }
  return { unplaced, first };
}

export function clearErrors(fields) {
  for (const item of Object.values(fields)) item.setError("");
}

/** An error in words, for beside a form; what has a field of its own there is shown at the field. */
export function explain(error, unplaced) {
  if (unplaced.length > 0) return unplaced.join(" ");
  if (error.status === 0) return t("No answer from the server. It may have been done: look before you try again.");
  return (error.fields ?? []).length > 0 ? t("Look at the marked fields.") : error.message;
}

export const textInput = (maxLength, props = {}) => h("input", { type: "text", class: "input", maxlength: maxLength, ...props });

// choices: [value, label] pairs, or {label, choices} groups. Keeps what is chosen where it still exists.
export function setChoices(select, choices, fallback) {
  const key = JSON.stringify(choices);
  if (select.dataset.choices === key) return;
  select.dataset.choices = key;
  const before = select.value || fallback;
  const option = ([value, label]) => h("option", { value }, label);
  select.replaceChildren(...choices.map((item) => (Array.isArray(item) ? option(item)
    : h("optgroup", { label: item.label }, item.choices.map(option)))));
  if ([...select.options].some((item) => item.value === before)) select.value = before;
}

// A number with − and + beside it, for thumbs. Typing is allowed, too.
export function stepper(input, { min, max }) {
  const button = (by, sign, label) =>
    h("button", { type: "button", class: "button stepper__button", "aria-label": label, onclick: () => step(by) }, sign);
  function step(by) {
    // From something that isn't a number, the first step goes to the least one.
    const next = /^\d+$/.test(input.value.trim()) ? Number(input.value) + by : min;
    input.value = Math.min(max, Math.max(min, next));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  input.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  return h("div", { class: "stepper" }, button(-1, "−", t("One less")), input, button(1, "+", t("One more")));
}

// Radio buttons that look like one control.
export function segments(name, legend, choices, chosen = choices[0][0]) {
  const inputs = choices.map(([value, label]) => {
    const input = h("input", { type: "radio", class: "segments__input", name, value });
    input.checked = value === chosen;
    return { input, node: h("label", { class: "segments__item", "data-name": value }, input, h("span", null, label)) };
  });
  const node = h("fieldset", { class: "segments field--wide" }, h("legend", { class: "field__label" }, legend), h("div", { class: "segments__row" }, inputs.map((item) => item.node)));
  return { node, value: () => inputs.find((item) => item.input.checked).input.value };
}
