// SPDX-License-Identifier: Apache-2.0
// A page with a list, made from its declaration (lists.js says what that consists of). The address is the state: whatever the
// person asks for goes there first, and the page draws what the address says.
import { addressOf, columnsShown, filterQuery, pageQuery, readState, SIZES, withFilters, withSort } from "./list-state.js";
import { announce } from "./announce.js";
import { askToAdd } from "./row-form.js";
import { clocks } from "./format.js";
import { columnChoice, orderChoice, totalText } from "./list-tools.js";
import { downloadButton } from "./download.js";
import { reason } from "./loading.js";
import { denied } from "./not-found.js";
import { filterForm } from "./list-filters.js";
import { follow } from "./live.js";
import { freshness } from "./freshness.js";
import { h, replaceKeepingFocus, setText } from "./dom.js";
import { listPager } from "./list-pager.js";
import { listTable } from "./list-table.js";
import { may } from "./roles.js";
import { namesOf } from "./list-names.js";
import { navigate } from "./router.js";
import { openRow } from "./row-view.js";
import { personalKey, recall, remember } from "./memory.js";
import { skeleton } from "./section.js";
import { t } from "./texts.js";

export const listPage = (list) => (frame, route) => {
  const { api, me } = frame;
  frame.setTitle(list.title);
  const columnsKey = personalKey(me.id, `columns.${list.name}`);
  const mayAdd = list.add && may(me.role, list.rights.add);
  const mayEdit = Boolean(list.rights.edit) && may(me.role, list.rights.edit);
  const names = namesOf(api);
  let zone = null;              // the port's, once the server has said it
  let clock = null;
  let state = readState(list, route.query);
  let last = null;              // the answer on screen, and what it answers
  let polling = null;
  let wanted = null;            // what is asked for again and again
  let filters = null;
  let row = null;               // the dialog of one
  let opened = null;            // whose id that is
  let fromHere = false;         // the way back leads to the list without it

  const context = () => ({ clock, now: api.now(), names });
  const go = (next, options) => navigate(addressOf(list, next), options);
  const fresh = freshness(() => polling?.ask());
  const total = h("p", { class: "list-tools__total", role: "status" });
  const message = h("p", { class: "form__result", role: "alert" });
  const body = h("div", { class: "list__body scroll", "data-list": list.name }, skeleton(8, "row"));
  const columns = columnChoice(list, (chosen) => {
    remember(columnsKey, chosen && JSON.stringify(chosen));
    go({ ...state, columns: chosen }, { replace: true });
  });
  const order = orderChoice(list, (sort) => go(withSort(state, sort)));
  const csv = downloadButton({ api, name: list.name, address: () => `${list.api}?${filterQuery(list, state, zone)}`, say: (text) => setText(message, text) });
  const pager = listPager(list, (perPage) => go({ ...state, perPage, page: 1, cursor: null }));
  const filtersPlace = h("div", { class: "list__filters" });
  const node = h("div", { class: `list-page list-page--${list.name}`, "data-state": "loading" },
    h("div", { class: "page-head" },
      h("div", null, h("h1", null, list.title), h("p", { class: "page-head__sub" }, list.about)),
      h("div", { class: "list__head" }, fresh.node, mayAdd && addLink())),
    h("section", { class: "panel", "aria-label": list.title, "aria-busy": "true" },
      filtersPlace,
      h("div", { class: "list-tools" }, h("div", { class: "list-tools__line" }, total, order.node), h("div", { class: "list-tools__buttons" }, columns.node, csv.node)),
      message, body, pager.node));
  pager.node.hidden = true;
  // A table that fits lets its head stay with the window's edge; one that doesn't needs a window of its own.
  const watcher = new ResizeObserver(() => body.classList.toggle("list__body--wide", body.firstChild?.scrollWidth > body.clientWidth));
  watcher.observe(body);
  // "in 12 min" moves on even when nothing happens.
  const timer = setInterval(draw, 30000);
  start();

  function addLink() {
    return list.add.href ? h("a", { class: "button button--primary", href: list.add.href }, list.add.label)
      : h("a", { class: "button button--primary", "data-stay": "", "data-key": "add", href: addressOf(list, { ...state, row: "new" }) }, list.add.label);
  }

  async function start() {
    try {
      const meta = await api.meta();
      zone = meta.timezone;
      clock = clocks(zone);
      filters = filterForm({
        api, list, choices: meta.choices[list.name] ?? {},
        // A word that is being typed is one step, not one for each letter.
        onChange: (values, { typing }) => go(withFilters(state, values), { replace: typing }),
      });
      filtersPlace.replaceChildren(filters.node);
      show();
    } catch (error) {
      if (error.status !== 401) failed(error);
    }
  }

  // Draws what the address says by now.
  function show() {
    filters.update(state.filters);
    order.update(state);
    const chosen = remembered();
    columns.update(columnsShown(list, state, chosen).map(({ name }) => name));
    // Another question; else only what is over the list, or which columns there are.
    const question = String(pageQuery(list, state, zone));
    if (wanted !== question) ask(question);
    else draw();
    showRow();
  }

  function remembered() {
    try {
      const chosen = JSON.parse(recall(columnsKey));
      return Array.isArray(chosen) ? chosen : null;
    } catch {
      return null;
    }
  }

  function ask(question) {
    polling?.stop();
    wanted = question;
    node.querySelector(".panel").setAttribute("aria-busy", "true");
    const turning = last !== null;
    let first = true;
    polling = follow(api, [`${list.api}?${question}`], {
      onData(data) {
        last = { question, ...data };
        node.dataset.state = "ready";
        draw();
        if (first && turning) announce(`${total.textContent}. ${pager.node.querySelector(".list-pager__where")?.textContent ?? ""}`);
        first = false;
      },
      onState(result) {
        fresh.set(result);
        node.dataset.stale = String(result.failures > 0);
        node.querySelector(".panel").removeAttribute("aria-busy");
        if (result.failures > 0 && last?.question !== wanted) failed(result.error);
      },
    });
  }

  function draw() {
    if (last?.question !== wanted) return;
    const { data, pagination } = last;
    setText(total, totalText(pagination));
    setText(message, "");
    pager.update(state, pagination);
    pager.node.hidden = pagination.total !== null && pagination.total <= SIZES[0] && state.page === 1;
    const seen = columnsShown(list, state, remembered());
    replaceKeepingFocus(body, data.length === 0 ? nothing(pagination) : listTable({ list, state, columns: seen, rows: data, context: context(), mayEdit }));
  }

  function nothing({ total: number }) {
    const filtered = Object.keys(state.filters).length > 0;
    if (number > 0) return box(t("There is nothing on this page any more."), h("a", { class: "button", "data-key": "first", href: addressOf(list, { ...state, page: 1, cursor: null }) }, t("To the first page")));
    if (filtered) return box(t("Nothing fits these filters."), clearLink());
    return box(t("There is nothing here yet."), mayAdd && addLink());
  }

  const box = (...nodes) => h("div", { class: "list__empty" }, h("p", { class: "empty" }, nodes[0]), nodes.slice(1));
  const clearLink = () => h("a", { class: "button", "data-stay": "", "data-key": "clear", href: addressOf(list, withFilters(state, {})) }, t("Clear filters"));

  // No answer to what is asked now. What was on screen answered something else.
  function failed(error) {
    if (error.status === 403) {
      leave();
      node.replaceChildren(denied(frame));
      return;
    }
    node.dataset.state = "error";
    const refused = error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
    if (refused) polling?.stop();
    setText(total, "");
    pager.node.hidden = true;
    replaceKeepingFocus(body, h("div", { class: "list__empty", role: "alert" },
      h("p", { class: "empty" }, error.status === 0 ? t("No answer from the server.") : reason(error)),
      refused ? h("a", { class: "button", "data-key": "clear", href: list.path }, t("Clear filters"))
        : h("button", { type: "button", class: "button", "data-key": "again", onclick: () => (zone ? polling.ask() : start()) }, t("Try again"))));
  }

  // The dialog over the list that the address asks for: one row, or a new one.
  function showRow() {
    if (state.row === opened) return;
    row?.close();
    row = null;
    opened = state.row;
    if (opened === null) return;
    if (opened === "new") addOne();
    else if (list.one) row = openRow({ frame, list, id: opened, context, onClose: closeRow, onChanged: () => polling?.ask() });
  }

  function closeRow() {
    row = null;
    opened = null;
    if (fromHere) history.back();
    else go({ ...state, row: null }, { replace: true });
  }

  async function addOne() {
    if (!mayAdd) {
      closeRow();
      return;
    }
    const references = list.form.filter(({ kind, name }) => kind === "reference" && state.filters[name]);
    const made = await askToAdd({ api, list, given: Object.fromEntries(references.map(({ name }) => [name, state.filters[name]])) });
    closeRow();
    if (!made) return;
    announce(t("Added."));
    polling?.ask();
  }

  function leave() {
    polling?.stop();
    watcher.disconnect();
    clearInterval(timer);
    fresh.stop();
    filters?.stop();
    row?.close();
    row = null;
  }

  return {
    node,
    stop: leave,
    update({ query }) {
      const next = readState(list, query);
      fromHere = state.row === null && next.row !== null;
      state = next;
      if (filters) show();
    },
  };
};
