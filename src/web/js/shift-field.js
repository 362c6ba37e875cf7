// SPDX-License-Identifier: Apache-2.0
// The shift that tallies are of: the running one, unless the person chose another, until the next begins.
import { field, setChoices } from "./field.js";
import { h } from "./dom.js";
import { shiftAt, SHIFTS } from "./shift.js";
import { shiftWord } from "./words.js";
import { t } from "./texts.js";

// A field with follow(moment, meta), which is to be called before its value is read.
export function shiftField() {
  const made = field({ name: "shift", label: t("Shift"), control: h("select", { class: "input", oninput: chosenByHand }) });
  let chosen = false;
  let running = null;
  setChoices(made.control, SHIFTS.map((name) => [name, shiftWord(name)]));

  function chosenByHand() {
    chosen = true;
  }

  return {
    ...made,
    follow(moment, meta) {
      const now = shiftAt(moment, meta);
      if (now !== running) chosen = false;
      running = now;
      if (!chosen) made.control.value = now;
    },
  };
}
