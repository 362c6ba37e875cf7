// SPDX-License-Identifier: Apache-2.0
// The filters of a list, by its declaration: search and what is used most in sight, the rest on demand.
import { field, setChoices, textInput } from "./field.js";
import { h, setText } from "./dom.js";
import { paramsOf } from "./list-state.js";
import { pick } from "./pick.js";
import { t } from "./texts.js";
import { valueWord } from "./list-words.js";

const TYPING = 350;
const SEARCH_MIN = 3;           // what the server wants of q
const PLAIN = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };

// onChange(filters, {typing}) is called with all that is filtered by. Returns {node, update(filters), stop}.
export function filterForm({ api, list, choices, onChange }) {
  const parts = [...(list.search ? [searchPart(list)] : []), ...list.filters.map((filter) => KINDS[filter.kind]({ filter, api, choices, valueOf }))];
  const first = parts.filter(({ filter }) => filter.first);
  const others = parts.filter(({ filter }) => !filter.first);
  const more = h("details", { class: "alternative list-filters__more" },
    h("summary", null, t("More filters")),
    h("div", { class: "filters" }, others.map(({ node }) => node)));
  const node = h("form", { class: "list-filters", role: "search", "aria-label": t("Filters"), onsubmit: submit, oninput: typed, onchange: changed },
    h("div", { class: "list-filters__first" }, first.map((part) => part.node)), others.length > 0 && more);
  let timer = null;
  let now = {};

  for (const part of parts) part.listen?.(() => tell(false));

  // What a reference is searched within.
  function valueOf(name) {
    return now[name];
  }

  const read = () => Object.assign({}, ...parts.map((part) => part.read()));

  function tell(typing) {
    clearTimeout(timer);
    const filters = read();
    if (JSON.stringify(filters) === JSON.stringify(now)) return;
    now = filters;
    needs();
    onChange(filters, { typing });
  }

  const isText = (target) => target.matches("input[type=text], input[type=search], input:not([type])") && target.getAttribute("role") !== "combobox";

  function typed({ target }) {
    if (!isText(target)) return;
    clearTimeout(timer);
    timer = setTimeout(() => tell(true), TYPING);
  }

  function changed({ target }) {
    if (target.getAttribute("role") !== "combobox") tell(false);
  }

  function submit(event) {
    event.preventDefault();
    tell(false);
  }

  // A filter that the server only takes along with another one waits for that.
  function needs() {
    for (const { filter, node: its } of parts) {
      if (!filter.needs) continue;
      const met = filter.needs.some((name) => Object.hasOwn(now, name));
      its.disabled = !met;
      its.dataset.waiting = String(!met);
    }
  }

  return {
    node,
    update(filters) {
      now = filters;
      for (const part of parts) part.show(filters);
      needs();
      if (others.some(({ filter }) => paramsOf(filter).some((name) => Object.hasOwn(filters, name)))) more.open = true;
    },
    stop: () => clearTimeout(timer),
  };
}

// What is the same in all: a fieldset, which can be switched off as a whole.
function part(filter, nodes, rest) {
  const node = h("fieldset", { class: "list-filters__part", "data-filter": filter.name },
    nodes, filter.needs && h("p", { class: "field__hint list-filters__needs" }, t("Set another filter first: this one works within it.")));
  return { filter, node, ...rest };
}

function searchPart({ search }) {
  const filter = { name: "q", kind: "search", first: true };
  const said = h("span", { class: "field__means" });
  const control = h("input", { type: "search", class: "input", maxlength: 100, placeholder: search, ...PLAIN });
  const made = field({ name: "q", label: t("Search"), control });
  made.node.append(said);
  return part(filter, made.node, {
    read() {
      const text = control.value.trim();
      const short = text.length > 0 && text.length < SEARCH_MIN;
      setText(said, short ? t("Type {n} letters or more to search.", { n: SEARCH_MIN }) : "");
      return text && !short ? { q: text } : {};
    },
    show({ q = "" }) {
      // What is being typed is further on than the address.
      if (document.activeElement !== control) control.value = q;
    },
  });
}

function single(filter, control, hint = "") {
  const made = field({ name: filter.name, label: filter.label, hint, control });
  return part(filter, made.node, {
    read: () => (control.value.trim() ? { [filter.name]: control.value.trim() } : {}),
    show(filters) {
      if (document.activeElement !== control || control.tagName === "SELECT") control.value = filters[filter.name] ?? "";
    },
  });
}

const KINDS = {
  text: ({ filter }) => single(filter, textInput(100, PLAIN)),
  number: ({ filter }) => single(filter, textInput(9, { ...PLAIN, inputmode: "numeric" })),
  day: ({ filter }) => single(filter, h("input", { type: "date", class: "input" })),

  words({ filter }) {
    const made = single(filter, textInput(200, PLAIN), t("a comma between"));
    // As the server has them: "a,b".
    return { ...made, read: () => Object.fromEntries(Object.entries(made.read()).map(([name, text]) => [name, text.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean).join(",")])) };
  },

  "yes-no"({ filter }) {
    const select = h("select", { class: "input" });
    setChoices(select, [["", t("Any")], ["true", filter.words[0]], ["false", filter.words[1]]], "");
    return single(filter, select);
  },

  choices({ filter, choices }) {
    const boxes = (choices[filter.name] ?? []).map((value) => h("input", { type: "checkbox", class: "chip__input", name: filter.name, value }));
    return part(filter, [
      h("legend", { class: "field__label" }, filter.label),
      h("div", { class: "chips scroll" }, boxes.map((box) => h("label", { class: "chip" }, box, h("span", null, (filter.word ?? valueWord)(box.value))))),
    ], {
      read() {
        const values = boxes.filter((box) => box.checked).map((box) => box.value);
        return values.length > 0 ? { [filter.name]: values.join(",") } : {};
      },
      show(filters) {
        const values = (filters[filter.name] ?? "").split(",");
        for (const box of boxes) box.checked = values.includes(box.value);
      },
    });
  },

  days({ filter }) {
    const controls = paramsOf(filter).map((name, index) => h("input", { type: "date", class: "input", name, "aria-label": index === 0 ? t("From") : t("Until") }));
    return part(filter, [
      h("legend", { class: "field__label" }, filter.label),
      h("div", { class: "list-filters__range" }, controls[0], h("span", { "aria-hidden": "true" }, "–"), controls[1]),
    ], {
      read: () => Object.fromEntries(controls.filter(({ value }) => value).map(({ name, value }) => [name, value])),
      show(filters) {
        for (const control of controls) if (document.activeElement !== control) control.value = filters[control.name] ?? "";
      },
    });
  },

  reference({ filter, api, valueOf }) {
    let changed = () => {};
    const box = pick({
      api, source: filter.source, onChange: () => changed(),
      within: () => Object.fromEntries((filter.within ?? []).map((name) => [name, valueOf(name)])),
    });
    const made = field({ name: filter.name, label: filter.label, control: box.control, around: () => box.node });
    return part(filter, made.node, {
      read: () => (box.value() ? { [filter.name]: box.value() } : {}),
      show: (filters) => box.set(filters[filter.name] ?? null),
      listen(tell) {
        changed = tell;
      },
    });
  },
};
