// SPDX-License-Identifier: Apache-2.0
// The rows of a list: a table whose heads sort, and cards where there is no room for columns.
import { cell, isNumber } from "./list-cells.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { nameOf } from "./row-form.js";
import { addressOf, flip, sortOnClick, withSort } from "./list-state.js";
import { t } from "./texts.js";

// columns: those to be seen, the first being the rows' name; context as cell() wants it. Cards have labels of their own, and the
// roles are written out because a table that isn't laid out as one loses them.
export function listTable({ list, state, columns, rows, context, mayEdit }) {
  const detail = list.one !== undefined;
  const actions = Boolean(detail && list.pageOf && mayEdit);
  return h("table", { class: `table table--cards list-table table--list-${list.name}`, role: "table", "aria-label": list.title },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
      columns.map((column) => head(list, state, column)),
      actions && h("th", { scope: "col", role: "columnheader" }, h("span", { class: "visually-hidden" }, t("Actions"))))),
    h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row", "data-row": row.id, "data-marked": Boolean(list.mark?.(row)) },
      columns.map((column, index) => h(index === 0 ? "th" : "td", {
        role: index === 0 ? "rowheader" : "cell", scope: index === 0 ? "row" : null, "data-column": column.name, "data-label": column.label, "data-empty": row[column.name] === null, class: isNumber(column) && index > 0 ? "num" : null,
      }, h("div", null, index === 0 ? rowName(list, state, column, row, context) : cell(column, row, context)))),
      actions && h("td", { role: "cell", class: "list-table__action" },
        h("a", { class: "button button--quiet", "data-stay": "", "data-key": `row-${row.id}`, href: addressOf(list, { ...state, row: String(row.id) }), "aria-label": t("Edit {name}", { name: nameOf(list, row) }) }, t("Edit")))))));
}

function rowName(list, state, column, row, context) {
  const mark = list.mark?.(row);
  const name = column.kind ? cell(column, row, context)
    : list.pageOf ? h("a", { href: list.pageOf(row) }, nameOf(list, row))
      : h("a", { "data-stay": "", "data-key": `row-${row.id}`, href: addressOf(list, { ...state, row: String(row.id) }) }, nameOf(list, row));
  return [name, mark && h("span", { class: "tag" }, mark)];
}

function head(list, state, column) {
  const attributes = { scope: "col", role: "columnheader", "data-column": column.name, class: isNumber(column) ? "num" : null };
  if (!column.sort) return h("th", attributes, column.label);
  const direction = state.sort === column.sort ? "ascending" : state.sort === flip(column.sort) ? "descending" : null;
  const to = addressOf(list, withSort(state, sortOnClick(state, column.sort)));
  return h("th", { ...attributes, "aria-sort": direction ?? "none" },
    h("a", { class: "list-table__sort", "data-stay": "", "data-key": `sort-${column.name}`, href: to }, column.label, h("span", { class: "list-table__arrow" }, direction && icon(direction))));
}
