// SPDX-License-Identifier: Apache-2.0
// A vessel's state as a pill: shape, word and colour.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { statusWord } from "./words.js";

export function statusPill() {
  const node = h("span", { class: "status" });
  return {
    node,
    update(status) {
      if (node.dataset.status === status) return;
      node.dataset.status = status;
      node.replaceChildren(icon(status), h("span", null, statusWord(status)));
    },
  };
}
