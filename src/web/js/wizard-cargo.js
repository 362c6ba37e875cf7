// SPDX-License-Identifier: Apache-2.0
// Step 2: how much of each cargo is to be moved.
import { cargoWord } from "./words.js";
import { count } from "./format.js";
import { h, setText } from "./dom.js";
import { MAX_UNITS, totalUnits } from "./wizard-state.js";
import { numberField } from "./wizard-fields.js";
import { t } from "./texts.js";

export function cargoStep(context) {
  const { draft, meta } = context;
  const total = h("output", { class: "wizard__total" });
  const also = { ...context, changed: (name) => { context.changed(name); show(); } };
  const fields = Object.fromEntries(meta.cargo_types.map((type) => [`cargo.${type}`,
    numberField(also, { name: type, as: `cargo.${type}`, of: draft.values.cargo, label: cargoWord(type), max: MAX_UNITS })]));
  // A refusal of the plan as a whole.
  const whole = h("p", { class: "field__error", hidden: true });
  fields.cargo_capacity = { control: Object.values(fields)[0].control, setError: (text) => { setText(whole, text); whole.hidden = !text; } };
  show();

  function show() {
    setText(total, t("{units} units in all", { units: count(totalUnits(draft.values)) }));
  }

  return {
    fields,
    node: h("div", { class: "wizard__parts" }, whole,
      h("div", { class: "form__inputs wizard__inputs wizard__inputs--many" }, meta.cargo_types.map((type) => fields[`cargo.${type}`].node)), total),
    stop() {},
  };
}
