// SPDX-License-Identifier: Apache-2.0
// What sessions and API keys of everybody have in common as pages: found by whose they are, turned page by page, ended one by
// one.
import { announce } from "./announce.js";
import { cardTable, rowButton } from "./table.js";
import { clocks, count } from "./format.js";
import { confirmDialog } from "./dialog.js";
import { denied } from "./not-found.js";
import { empty, section } from "./section.js";
import { field, setChoices } from "./field.js";
import { h, setText } from "./dom.js";
import { loadedPlace } from "./loading.js";
import { noteInAddress } from "./router.js";
import { pagesLine } from "./pages.js";
import { t } from "./texts.js";

const PER_PAGE = 20;
const TYPING = 250;
const ALL = "all";

// name: of the panel; path: of the list; title, sub, nothing: texts; placeholder: of the search field; states: [[value, label]],
// the first being what is shown unless asked otherwise; columns; prepare(api): what else rows want to know; cells(row,
// {clock, now, prepared}): of a row, without its button; button(row, prepared): {label, aria, title, text, yes, done} or null.
export function accessPage(frame, { query }, { name, path, title, sub, nothing, placeholder, states, sort, columns, prepare = async () => null, cells, button }) {
  const { api } = frame;
  frame.setTitle(title);
  const choices = [...states, [ALL, t("All#states")]];
  let words = query.get("q") ?? "";
  let state = choices.some(([value]) => value === query.get("state")) ? query.get("state") : states[0][0];
  let page = /^[1-9]\d{0,5}$/.test(query.get("page") ?? "") ? Number(query.get("page")) : 1;
  let typing = null;

  const search = field({
    name: "q",
    label: t("Search"),
    control: h("input", { type: "search", class: "input", maxlength: 100, autocomplete: "off", placeholder, value: words, oninput: typed }),
  });
  const choice = field({ name: "state", label: t("State"), control: h("select", { class: "input", onchange: chosen }) });
  setChoices(choice.control, choices, state);
  const total = h("p", { class: "panel__aside", role: "status" });
  const outcome = h("p", { class: "notice notice--good", role: "status", hidden: true });
  const pages = pagesLine({ label: t("Pages"), previous: t("Previous"), next: t("Next"), onPrevious: () => turn(-1), onNext: () => turn(1) });
  const place = loadedPlace({
    rows: 6,
    async ask() {
      const wanted = new URLSearchParams({ sort, per_page: PER_PAGE, page });
      if (words) wanted.set("q", words);
      if (state !== ALL) wanted.set("state", state);
      const [{ data }, meta, prepared] = await Promise.all([api.get(`${path}?${wanted}`), api.meta(), prepare(api)]);
      return { ...data, clock: clocks(meta.timezone), prepared };
    },
    draw,
    onDenied: () => node.replaceChildren(denied(frame)),
  });
  const node = h(
    "div",
    { class: "narrow-page", "data-state": "ready" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, title), h("p", { class: "page-head__sub" }, sub))),
    outcome,
    section(name, title, h("form", { class: "filters filters--access", role: "search", onsubmit: (event) => event.preventDefault() }, search.node, choice.node), place.node, pages.node),
  );
  node.querySelector(".panel__head").append(total);
  place.load();

  function typed() {
    clearTimeout(typing);
    typing = setTimeout(() => {
      words = search.control.value.trim();
      page = 1;
      reload();
    }, TYPING);
  }

  function chosen() {
    state = choice.control.value;
    page = 1;
    reload();
  }

  function turn(by) {
    page += by;
    reload();
  }

  function reload() {
    noteInAddress({ q: words, state: state === states[0][0] ? "" : state, page: page > 1 ? String(page) : "" });
    return place.load();
  }

  function draw({ data, pagination, clock, prepared }) {
    setText(total, t("{count} found", { count: count(pagination.total) }));
    pages.update({ where: t("Page {page} of {pages}", { page: count(page), pages: count(Math.max(1, pagination.pages)) }), hasPrevious: page > 1, hasNext: pagination.has_next });
    if (data.length === 0) return empty(nothing);
    return cardTable(name, title, columns, data.map((row) => {
      const ends = button(row, prepared);
      return {
        "data-id": row.id,
        "data-off": ends === null && row.revoked_at !== null,
        cells: [...cells(row, { clock, now: api.now(), prepared }), ends && rowButton(`end-${row.id}`, ends.label, ends.aria, () => askToEnd(row, ends))],
      };
    }));
  }

  function askToEnd(row, { title: heading, text, yes, done }) {
    confirmDialog({ title: heading, text, yes }, async () => {
      try {
        await api.delete(`${path}/${row.id}`);
      } catch (error) {
        if (error.status !== 404) throw error;      // it has ended already
      }
      outcome.hidden = false;
      setText(outcome, done);
      announce(done);
      await place.load();
      // The button that was pressed is gone with its row.
      search.control.focus();
    });
  }

  return { node, stop: () => clearTimeout(typing) };
}
