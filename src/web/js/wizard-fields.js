// SPDX-License-Identifier: Apache-2.0
// Fields of the wizard that write what is typed into the draft.
import { field, stepper } from "./field.js";
import { h } from "./dom.js";

// The field of one value; `of` is the object that has it and `as` the name by which mistakes are told.
export function valueField({ draft, changed }, { name, as = name, of = draft.values, control, ...rest }) {
  const made = field({ name: as, control, ...rest });
  control.value = of[name] ?? "";
  control.addEventListener("input", () => {
    // Half a date reads as none; it must not pass for one that was taken out.
    of[name] = control.validity.badInput ? "?" : control.value;
    changed(as);
  });
  return made;
}

export const numberField = (context, { label, max, ...rest }) => valueField(context, {
  label,
  control: h("input", { type: "text", class: "input stepper__input", inputmode: "numeric", autocomplete: "off", maxlength: 6 }),
  around: (input) => stepper(input, { min: 0, max }),
  ...rest,
});
