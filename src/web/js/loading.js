// SPDX-License-Identifier: Apache-2.0
// A place on a page whose content is asked for: grey shapes at first, then the content, or why there is none.
import { fieldWord } from "./field-words.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { skeleton } from "./section.js";
import { t } from "./texts.js";

// ask() answers the data, draw(data) the nodes to show. Returns {node, load}; load() asks (again) and never fails.
// onDenied is called when the server says that this is not for the person's role.
export function loadedPlace({ ask, draw, rows = 4, onDenied = () => {} }) {
  const node = h("div", { class: "panel__body", "aria-busy": "true" }, skeleton(rows, "row"));
  let asked = 0;

  async function load() {
    asked += 1;
    const mine = asked;
    try {
      const data = await ask();
      // An answer that was overtaken by a later question is not shown.
      if (mine === asked) replaceKeepingFocus(node, draw(data));
    } catch (error) {
      if (mine !== asked || error.status === 401) return;
      if (error.status === 403) onDenied();
      replaceKeepingFocus(node, h("p", { class: "empty", role: "alert" }, error.status === 0 ? t("No answer from the server.") : reason(error)),
        h("button", { type: "button", class: "button", "data-key": "try-again", onclick: load }, t("Try again")));
    } finally {
      if (mine === asked) node.removeAttribute("aria-busy");
    }
  }

  return { node, load };
}

/** Why a list was refused: it names the parameters, which the person sees as fields. */
export const reason = ({ message, fields = [] }) => (fields.length > 0 ? fields.map(({ field, detail }) => `${fieldWord(field)}: ${detail}.`).join(" ") : message);
