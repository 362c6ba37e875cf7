// SPDX-License-Identifier: Apache-2.0
// What stands above a list's rows: how many there are, the order for who sees no column heads, which columns, and the download.
import { flip } from "./list-state.js";
import { count } from "./format.js";
import { h } from "./dom.js";
import { setChoices } from "./field.js";
import { t, tn } from "./texts.js";

/** How many rows there are, as far as the server knows. */
export function totalText({ total, total_is: is }) {
  if (total === null) return "";
  if (is === "at_least") return t("more than {number}", { number: count(total) });
  if (is === "estimated") return t("about {number}", { number: count(total) });
  return tn(total, "{n} row", "{n} rows");
}

// Which columns are seen. onChange(names or null for the usual ones). Returns {node, update(names)}.
export function columnChoice(list, onChange) {
  const boxes = list.columns.slice(1).map(({ name, label }) => ({ name, box: h("input", { type: "checkbox", value: name, onchange: tell }), label }));
  const node = h("details", { class: "columns", onkeydown: onKey, onfocusout: onLeave },
    h("summary", { class: "button button--small" }, t("Columns")),
    h("div", { class: "columns__list" },
      h("fieldset", null, h("legend", { class: "visually-hidden" }, t("Columns")), boxes.map(({ box, label }) => h("label", { class: "columns__item" }, box, label))),
      h("button", { type: "button", class: "button button--small", onclick: () => onChange(null) }, t("The usual ones"))));

  function tell() {
    onChange(boxes.filter(({ box }) => box.checked).map(({ name }) => name));
  }

  function onKey(event) {
    if (event.key !== "Escape" || !node.open) return;
    node.open = false;
    node.firstChild.focus();
  }

  function onLeave({ relatedTarget }) {
    if (relatedTarget && !node.contains(relatedTarget)) node.open = false;
  }

  return {
    node,
    update(names) {
      for (const { name, box } of boxes) box.checked = names.includes(name);
    },
  };
}

// The order as a list to choose from: cards have no heads to click on. Returns {node, update(state)}.
export function orderChoice(list, onChange) {
  const sortable = list.columns.filter(({ sort }) => sort);
  const select = h("select", { class: "input", "aria-label": t("Order"), onchange: () => onChange(select.value) });
  setChoices(select, sortable.flatMap(({ sort, label }) => [[sort, `${label} ↑`], [flip(sort), `${label} ↓`]]), list.sort);
  return {
    node: h("div", { class: "list-tools__order" }, select),
    update(state) {
      select.value = state.sort;
    },
  };
}
