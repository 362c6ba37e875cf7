// SPDX-License-Identifier: Apache-2.0
// A box in which a row of another list is searched for and chosen: a combobox with a listbox, as WAI-ARIA describes it.
import { h, setAttr } from "./dom.js";
import { t } from "./texts.js";

const TYPING = 250;
const SHOWN = 8;
const SEARCH_MIN = 3;           // what the server wants of q
let serial = 0;

// source as in list-sources.js; within() answers parameters that narrow the choice. Returns {node, control, value, set}:
// value() is the id that is chosen or null, set(id) chooses one, and onChange(id, row) is called for what a person does.
export function pick({ api, source, within = () => ({}), onChange = () => {} }) {
  const listId = `pick-${(serial += 1)}`;
  const list = h("ul", { class: "pick__list", id: listId, role: "listbox", hidden: true });
  const control = h("input", {
    type: "text", class: "input", role: "combobox", autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: t("Type to search"),
    "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list", oninput: typed, onkeydown: onKey, onclick: open, onblur: leave,
  });
  const node = h("div", { class: "pick" }, control, list);
  let chosen = null;            // {id, label}
  let rows = [];
  let active = -1;
  let timer = null;
  let turn = 0;

  const label = () => chosen?.label ?? "";

  async function ask() {
    const mine = (turn += 1);
    const words = control.value.trim() === label() ? "" : control.value.trim();
    const query = new URLSearchParams({ sort: source.sort, per_page: SHOWN, count: "none" });
    if (source.search && words.length >= SEARCH_MIN) query.set("q", words);
    for (const [name, value] of Object.entries(within())) if (value) query.set(name, value);
    let found = [];
    let failed = false;
    try {
      found = (await api.get(`${source.path}?${query}`)).data.data;
    } catch {
      failed = true;
    }
    if (mine !== turn) return;
    draw(found, failed ? t("No answer from the server.") : words.length > 0 && words.length < SEARCH_MIN && source.search ? t("Type {n} letters or more to search.", { n: SEARCH_MIN })
      : found.length === 0 ? t("Nothing found.") : "");
  }

  function draw(found, remark) {
    rows = found;
    active = -1;
    list.setAttribute("aria-label", t("Choices"));
    list.replaceChildren(...found.map((row, index) => h("li", {
      class: "pick__item", id: `${listId}-${index}`, role: "option", "aria-selected": "false",
      // Before the field loses the focus.
      onmousedown: (event) => { event.preventDefault(); choose(index); },
    }, h("span", null, source.label(row)), h("span", { class: "pick__sub" }, source.sub(row)))),
    ...(remark ? [h("li", { class: "pick__remark", role: "option", "aria-disabled": "true", "aria-selected": "false" }, remark)] : []));
    list.hidden = false;
    setAttr(control, "aria-expanded", "true");
    setAttr(control, "aria-activedescendant", null);
  }

  function open() {
    if (list.hidden) ask();
  }

  function close() {
    turn += 1;
    clearTimeout(timer);
    list.hidden = true;
    setAttr(control, "aria-expanded", "false");
    setAttr(control, "aria-activedescendant", null);
  }

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING);
  }

  function mark(index) {
    const items = list.querySelectorAll(".pick__item");
    items[active]?.setAttribute("aria-selected", "false");
    active = (index + items.length) % items.length;
    items[active].setAttribute("aria-selected", "true");
    items[active].scrollIntoView({ block: "nearest" });
    setAttr(control, "aria-activedescendant", items[active].id);
  }

  function choose(index) {
    const row = rows[index];
    chosen = { id: String(row.id), label: source.label(row) };
    control.value = chosen.label;
    close();
    onChange(chosen.id, row);
  }

  function onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      else if (rows.length > 0) mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? rows.length - 1 : active - 1);
    } else if (event.key === "Enter" && !list.hidden) {
      // One that is left is the one that is meant.
      event.preventDefault();
      if (active >= 0 || rows.length === 1) choose(Math.max(active, 0));
    } else if (event.key === "Escape" && !list.hidden) {
      // Not also the dialog that the field is in.
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }

  // What was typed and not chosen means nothing; an empty field means none.
  function leave() {
    close();
    if (control.value.trim() === "" && chosen) {
      chosen = null;
      onChange(null, null);
    }
    control.value = label();
  }

  return {
    node,
    control,
    value: () => chosen?.id ?? null,
    // Quietly; what it is called is asked for unless said.
    async set(id, text = null) {
      if (id === (chosen?.id ?? null)) return;
      chosen = id === null ? null : { id, label: text ?? `№ ${id}` };
      control.value = label();
      if (id === null || text !== null) return;
      try {
        const { data } = await api.get(`${source.path}/${encodeURIComponent(id)}`);
        if (chosen?.id !== id) return;
        // Unless somebody types there by now.
        const untouched = control.value === chosen.label;
        chosen.label = source.label(data.data);
        if (untouched) control.value = chosen.label;
      } catch {
        // the number stays
      }
    },
  };
}
