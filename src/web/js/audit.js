// SPDX-License-Identifier: Apache-2.0
// The page at /admin/audit: who did what, newest first, with what was before and after.
import { cardTable } from "./table.js";
import { clearErrors, field, placeErrors, textInput } from "./field.js";
import { clocks, count, DASH } from "./format.js";
import { deed, KNOWN_ACTIONS, KNOWN_OBJECTS, tell, valueText, viaWord } from "./audit-words.js";
import { denied } from "./not-found.js";
import { downloadButton } from "./download.js";
import { empty, section } from "./section.js";
import { fieldWord } from "./field-words.js";
import { h, setText } from "./dom.js";
import { loadedPlace } from "./loading.js";
import { momentIn } from "./zone.js";
import { noteInAddress } from "./router.js";
import { pagesLine } from "./pages.js";
import { t, tn } from "./texts.js";
import { vesselPath } from "./routes.js";

const PER_PAGE = 25;
const SHOWN = 4;                // differences that are seen without asking
const TIMES = ["at_from", "at_to"];
const COLUMNS = [{ label: t("When") }, { label: t("Who") }, { label: t("What") }, { label: t("Difference"), kind: "diff" }];

export function auditPage(frame, { query }) {
  const { api } = frame;
  frame.setTitle(t("Audit trail"));
  const text = (name, label, list) => field({ name, label, control: textInput(100, { autocomplete: "off", autocapitalize: "none", spellcheck: "false", list, value: query.get(name) ?? "" }) });
  const time = (name, label) => field({ name, label, control: h("input", { type: "datetime-local", class: "input", value: query.get(name) ?? "" }) });
  const fields = {
    actor: text("actor", t("Who")),
    action: text("action", t("Action"), "audit-actions"),
    object_type: text("object_type", t("Object"), "audit-objects"),
    object_id: text("object_id", t("Its id")),
    at_from: time("at_from", t("From")),
    at_to: time("at_to", t("Until")),
  };
  const options = (id, values) => h("datalist", { id }, values.map((value) => h("option", { value })));
  const filters = h("form", { class: "filters", role: "search", novalidate: true, onsubmit: apply },
    Object.values(fields).map((item) => item.node),
    options("audit-actions", KNOWN_ACTIONS), options("audit-objects", KNOWN_OBJECTS),
    h("div", { class: "filters__buttons" },
      h("button", { type: "submit", class: "button button--primary" }, t("Show")),
      h("button", { type: "button", class: "button", onclick: clear }, t("Clear"))));
  const total = h("p", { class: "panel__aside", role: "status" });
  const message = h("p", { class: "form__result", role: "alert" });
  const csv = downloadButton({
    api, name: "audit", address: async () => `/api/audit?${asked((await api.meta()).timezone)}`, say: (words) => setText(message, words),
  });
  const pages = pagesLine({ label: t("Pages of the trail"), previous: t("Newer"), next: t("Older"), onPrevious: () => turn(-1), onNext: () => turn(1) });

  let cursor = null;            // null is the newest page
  let number = 1;
  let last = {};

  const place = loadedPlace({
    rows: 8,
    async ask() {
      const meta = await api.meta();
      const wanted = asked(meta.timezone);
      wanted.set("per_page", PER_PAGE);
      if (cursor) wanted.set("cursor", cursor);
      const { data } = await api.get(`/api/audit?${wanted}`);
      return { ...data, clock: clocks(meta.timezone) };
    },
    draw,
    onDenied: () => node.replaceChildren(denied(frame)),
  });
  const node = h(
    "div",
    { class: "narrow-page", "data-state": "ready" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, t("Audit trail")), h("p", { class: "page-head__sub" }, t("Who did what, from where, and what it changed")))),
    section("filters", t("Find"), filters),
    section("audit", t("Entries"), message, place.node, pages.node),
  );
  node.querySelector(".panel--audit .panel__head").append(h("div", { class: "panel__tools" }, total, csv.node));
  place.load();

  // The filters as the server takes them: what is empty is left out, and times are moments.
  function asked(timeZone) {
    const wanted = new URLSearchParams();
    for (const [name, { control }] of Object.entries(fields)) {
      const value = control.value.trim();
      if (value) wanted.set(name, TIMES.includes(name) ? momentIn(timeZone, value) ?? value : value);
    }
    return wanted;
  }

  function apply(event) {
    event?.preventDefault();
    clearErrors(fields);
    setText(message, "");
    if (fields.object_id.control.value.trim() && !fields.object_type.control.value.trim()) {
      placeErrors(fields, [{ field: "object_type", detail: t("Say the id of what.") }]).first.focus();
      return;
    }
    cursor = null;
    number = 1;
    noteInAddress(Object.fromEntries(Object.entries(fields).map(([name, { control }]) => [name, control.value.trim()])));
    place.load();
  }

  function clear() {
    for (const { control } of Object.values(fields)) control.value = "";
    apply();
  }

  function turn(by) {
    number = Math.max(1, number + by);
    cursor = number === 1 ? null : by > 0 ? last.next_cursor : last.prev_cursor;
    return place.load().then(() => scrollTo(0, 0));
  }

  function draw({ data, pagination, clock }) {
    last = pagination;
    setText(total, totalWords(pagination));
    pages.update({ where: t("Page {page}", { page: count(number) }), hasPrevious: number > 1, hasNext: Boolean(pagination.next_cursor) });
    if (data.length === 0) return empty(t("Nothing in the trail fits this."));
    return cardTable("audit", t("Entries of the audit trail"), COLUMNS, data.map((row) => entry(row, clock)));
  }

  function entry(row, clock) {
    const { verb, object } = deed(row);
    const { shown, told } = tell(row);
    const lines = (items) => items.map((item) => line(item, row, clock));
    return {
      "data-entry": row.id,
      "data-action": row.action,
      cells: [
        [h("span", { class: "audit__at" }, clock.seconds(row.at)), h("span", { class: "table__sub" }, clock.day(row.at))],
        [h("strong", null, row.actor), h("span", { class: "table__sub" }, [viaWord(row.via), row.address].filter(Boolean).join(" · "))],
        [h("span", { class: "audit__verb" }, verb), " ", thing(row, object), details(row, lines(told))],
        difference(lines(shown)),
      ],
    };
  }

  function thing({ action, object_type: type, object_id: id }, words) {
    const there = type === "vessels" && action !== "delete";
    return there ? h("a", { href: vesselPath(id) }, words) : h("span", { title: id }, words);
  }

  // What a log or an export is searched for, and what needs no saying.
  function details(row, told) {
    const rows = [[t("Action"), row.action], [t("Object"), `${row.object_type} ${row.object_id}`], [t("Entry"), row.id], [t("Request"), row.request_id]];
    return h("details", { class: "alternative" },
      h("summary", null, t("Details")),
      h("dl", { class: "diff" }, rows.map(([label, value]) => h("div", { class: "diff__item" }, h("dt", null, label), h("dd", null, h("code", null, value ?? DASH)))), told));
  }

  function line({ name, before, after }, { object_type: type }, clock) {
    const value = (it) => {
      const words = valueText(it, clock, `${type}.${name}`);
      return name === "vessel_id" && it !== null ? h("a", { href: vesselPath(it) }, words) : words;
    };
    return h("div", { class: "diff__item" },
      h("dt", null, fieldWord(name)),
      h("dd", null,
        before !== undefined && h("del", null, value(before)),
        before !== undefined && after !== undefined && h("span", { class: "diff__arrow", role: "img", "aria-label": t("became") }, "→"),
        after !== undefined && h("ins", null, value(after))));
  }

  function difference(lines) {
    const rest = lines.slice(SHOWN);
    return lines.length > 0 && [
      h("dl", { class: "diff" }, lines.slice(0, SHOWN)),
      rest.length > 0 && h("details", { class: "alternative" },
        h("summary", null, t("{count} more", { count: count(rest.length) })),
        h("dl", { class: "diff" }, rest)),
    ];
  }

  return { node, stop() {} };
}

function totalWords({ total, total_is: kind }) {
  if (total === null) return "";
  return kind === "at_least" ? tn(total, "more than {n} entry", "more than {n} entries") : tn(total, "{n} entry", "{n} entries");
}
