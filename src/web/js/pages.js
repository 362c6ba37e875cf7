// SPDX-License-Identifier: Apache-2.0
// The line under a list that turns its pages.
import { h } from "./dom.js";

// Returns {node, update({where, hasPrevious, hasNext})}.
export function pagesLine({ label, previous, next, onPrevious, onNext }) {
  const back = h("button", { type: "button", class: "button", "data-key": "previous", onclick: onPrevious }, previous);
  const on = h("button", { type: "button", class: "button", "data-key": "next", onclick: onNext }, next);
  const text = h("span", { class: "pages__where", role: "status" });
  const node = h("nav", { class: "pages", "aria-label": label, hidden: true }, back, text, on);
  return {
    node,
    update({ where, hasPrevious, hasNext }) {
      node.hidden = !hasPrevious && !hasNext;
      back.disabled = !hasPrevious;
      on.disabled = !hasNext;
      if (text.textContent !== where) text.textContent = where;
    },
  };
}
