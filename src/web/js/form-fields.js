// SPDX-License-Identifier: Apache-2.0
// The fields of a row's form, made and read by what the list's declaration says of each.
import { field as labelled, Invalid, setChoices, textInput } from "./field.js";
import { h } from "./dom.js";
import { pick } from "./pick.js";
import { readField, toText } from "./form-values.js";
import { t } from "./texts.js";
import { valueWord } from "./list-words.js";

const PLAIN = { autocomplete: "off", spellcheck: "false" };
const CONTROLS = {
  text: ({ max }) => textInput(max, { autocomplete: "off" }),
  area: ({ max }) => h("textarea", { class: "input", rows: 3, maxlength: max }),
  phone: ({ max }) => textInput(max, { ...PLAIN, type: "tel" }),
  email: ({ max }) => textInput(max, { ...PLAIN, type: "email", autocapitalize: "none" }),
  whole: () => textInput(9, { ...PLAIN, inputmode: "numeric" }),
  money: () => textInput(16, { ...PLAIN, inputmode: "decimal" }),
  currency: () => textInput(3, { ...PLAIN, autocapitalize: "characters" }),
  words: () => textInput(400, { ...PLAIN, autocapitalize: "none" }),
  day: () => h("input", { type: "date", class: "input" }),
  time: () => h("input", { type: "datetime-local", class: "input" }),
  choice: () => h("select", { class: "input" }),
};
const HINTS = { words: t("a comma between") };

// Returns {nodes, fields, read, show}; the latter puts a row's values into the fields. row is null where there is none yet;
// given are the first values of one that is made. Throws Invalid from read() with what is wrong.
export function formFields({ api, list, choices, timeZone, row, given = {} }) {
  const creating = row === null;
  const wanted = list.form.filter(({ only }) => !only || only === (creating ? "create" : "edit"));
  const fields = {};
  const picks = {};
  const hintOf = ({ kind, hint, required }) => hint ?? HINTS[kind] ?? (required ? "" : t("optional"));
  const context = () => ({ timeZone, currency: fields.currency?.control.value.trim().toUpperCase() || row?.currency || "EUR" });
  for (const one of wanted) fields[one.name] = one.kind === "reference" ? reference(one) : plain(one);

  function plain(one) {
    const kind = one.kind ?? "text";
    const control = CONTROLS[kind](one);
    if (kind === "choice") {
      const values = choices[one.name] ?? [];
      setChoices(control, [...(one.required ? [] : [["", ""]]), ...values.map((value) => [value, (one.word ?? valueWord)(value)])], "");
    }
    if (one.required) control.required = true;
    return labelled({ name: one.name, label: one.label, hint: hintOf(one), control, wide: kind === "area" || kind === "words" });
  }

  function reference(one) {
    const box = pick({
      api, source: one.source,
      within: () => Object.fromEntries((one.within ?? []).map((name) => [name, picks[name]?.value()])),
      // What was chosen within it is another one's.
      onChange: () => wanted.filter(({ within }) => within?.includes(one.name)).forEach(({ name }) => picks[name].set(null)),
    });
    picks[one.name] = box;
    if (one.required) box.control.required = true;
    return labelled({ name: one.name, label: one.label, hint: hintOf(one), control: box.control, around: () => box.node });
  }

  function show(values) {
    for (const one of wanted) {
      const value = values[one.name] ?? null;
      if (picks[one.name]) picks[one.name].set(value === null ? null : String(value));
      else if (value === null) fields[one.name].control.value = "";
      else fields[one.name].control.value = toText[one.kind] ? toText[one.kind](value, { timeZone, currency: values.currency ?? "EUR" }) : value;
    }
  }

  function read() {
    const values = {};
    const wrong = [];
    for (const one of wanted) {
      const text = picks[one.name] ? picks[one.name].value() ?? "" : fields[one.name].control.value.trim();
      const { value, wrong: detail } = readField(one, picks[one.name] && text ? Number(text) : text, context(), creating);
      if (detail) wrong.push({ field: one.name, detail });
      else if (value !== undefined && one.sent !== false) values[one.name] = value;
    }
    for (const { name, after } of wanted) {
      if (after && values[name] && values[after] && values[name] < values[after]) wrong.push({ field: name, detail: t("This is before it begins.") });
    }
    if (wrong.length > 0) throw new Invalid(wrong);
    return values;
  }

  show(row ?? { ...Object.fromEntries(wanted.map(({ name, initial }) => [name, initial])), ...given });
  return { nodes: Object.values(fields).map(({ node }) => node), fields, read, show };
}
