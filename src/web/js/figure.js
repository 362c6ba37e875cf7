// SPDX-License-Identifier: Apache-2.0
// One number among the key figures, with its label, and a line under it where the number alone says too little.
import { DASH } from "./format.js";
import { h, setText } from "./dom.js";

// Returns {node, value, set(text, {note, zero, level})}.
export function figure(name, label, picture = null) {
  const value = h("dd", { class: "figure__value" }, DASH);
  const note = h("dd", { class: "figure__note" });
  const node = h("div", { class: "figure", "data-name": name }, h("dt", { class: "figure__label" }, picture, label), value, note);
  return {
    node,
    value,
    set(text, { note: more = "", zero = false, level = "" } = {}) {
      setText(value, text);
      setText(note, more);
      node.dataset.zero = zero;
      node.dataset.level = level;
    },
  };
}
