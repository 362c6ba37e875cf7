// SPDX-License-Identifier: Apache-2.0
// A table that becomes a list of cards where it is too narrow for columns.
import { h } from "./dom.js";
import { t } from "./texts.js";

// columns: [{label, kind}] – kind is put on the cells for the style sheet; a column without a label has its buttons.
// rows: [{key, cells, ...attributes of the row}], a cell being whatever h() takes.
// The roles are written out because a table that isn't laid out as one loses them.
export function cardTable(name, caption, columns, rows) {
  return h(
    "table",
    { class: `table table--cards table--${name}`, role: "table", "aria-label": caption },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(({ label, kind }) =>
      h("th", { scope: "col", role: "columnheader", "data-kind": kind }, label || h("span", { class: "visually-hidden" }, t("Actions")))))),
    h("tbody", { role: "rowgroup" }, rows.map(({ cells, ...attributes }) =>
      h("tr", { role: "row", ...attributes }, cells.map((cell, index) => {
        const { label, kind } = columns[index];
        // One box for all that is in it, beside the label that the style sheet puts there on a card.
        return h("td", { role: "cell", "data-kind": kind, "data-label": label }, cell && h("div", null, cell));
      })))),
  );
}

// A quiet button of a row; key gives it the focus back when the rows are drawn anew.
export const rowButton = (key, label, aria, onclick) =>
  h("button", { type: "button", class: "button button--quiet", "data-key": key, "aria-label": aria, onclick }, label);
