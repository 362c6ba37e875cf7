// SPDX-License-Identifier: Apache-2.0
// Fills the wizard in from a stowage plan or a manifest. What was recognised is shown with the line it comes from; nothing
// is taken before the person says so, and what is doubtful is not ticked.
import { announce } from "./announce.js";
import { cargoWord, vesselTypeWord } from "./words.js";
import { count, DASH } from "./format.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { readManifest } from "./manifest-text.js";
import { locale, t, tn } from "./texts.js";
import { wallClock } from "./zone.js";

const FIELDS = { name: t("Name"), imo: t("IMO number"), vessel_type: t("Type"), line: t("Line"), berth: t("Berth"), eta: t("ETA"), etd: t("ETD"), voyage: t("Voyage, as a remark") };
const DOUBTS = {
  "check-digit": t("The check digit is wrong."),
  "no-time": t("No time of day is given."),
  "date-order": t("Day and month could be the other way round."),
  "several-values": t("The document says something else as well."),
  "several-numbers": t("The line has several numbers."),
  "loose-word": t("The word may mean something else."),
  "says-otherwise": t("Another place gives another number."),
};
const longDate = new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });
const SHOWN = 40;               // unknown lines

export function documentPanel(context) {
  const input = h("input", { type: "file", id: "document", class: "visually-hidden", accept: ".csv,.txt,.pdf,text/csv,text/plain,application/pdf", onchange: () => open(input.files[0]) });
  const status = h("p", { class: "form__result", role: "status" });
  const found = h("div", { class: "document__found" });
  const drop = h("div", { class: "document__drop", ondragover: hover, ondragleave: () => delete drop.dataset.over, ondrop: dropped },
    input, h("label", { class: "button", for: "document" }, icon("document"), t("Choose a file")), h("span", null, t("or drop it here: CSV, TXT or PDF, read on this device only")));
  const node = h("section", { class: "document", "aria-label": t("Fill in from a document") }, h("h3", null, t("Fill in from a document")), drop, status, found);
  let turn = 0;

  function hover(event) {
    event.preventDefault();
    drop.dataset.over = "true";
  }

  function dropped(event) {
    event.preventDefault();
    delete drop.dataset.over;
    open(event.dataTransfer.files[0]);
  }

  async function open(file) {
    if (!file) return;
    turn += 1;
    const mine = turn;
    found.replaceChildren();
    setText(status, t("Reading {file} …", { file: file.name }));
    try {
      const { readDocument } = await import("./read-document.js");
      const lines = await readDocument(file, (page, pages) => mine === turn && setText(status, t("Reading page {page} of {pages} …", { page, pages })));
      if (mine === turn) show(readManifest(lines), file.name);
    } catch (error) {
      if (mine === turn) setText(status, error.name === "Unreadable" ? error.message : t("The file can't be read."));
    } finally {
      input.value = "";         // the same file can be chosen again
    }
  }

  function show(manifest, file) {
    const items = itemsOf(manifest, context);
    setText(status, items.length === 0 ? t("{file}: nothing was recognised.", { file }) : tn(items.length, "{file}: {n} value was recognised. Look at it before you take it.", "{file}: {n} values were recognised. Look at them before you take them.", { file }));
    found.replaceChildren(...[items.length > 0 && table(items), totals(manifest.total), unknown(manifest.unknown)].filter(Boolean));
  }

  function table(items) {
    const boxes = items.map((item) => h("input", { type: "checkbox", checked: item.doubt === null, "aria-label": t("Take {what}", { what: item.label }) }));
    const take = h("button", { type: "button", class: "button button--primary", onclick: () => taken(items.filter((_, index) => boxes[index].checked)) }, t("Take what is ticked"));
    return h("div", null,
      h("div", { class: "scroll document__scroll", tabindex: "0", role: "region", "aria-label": t("What was recognised") },
        h("table", { class: "table document__table" },
          h("thead", null, h("tr", null, [t("Take"), t("What"), t("Found"), t("Where")].map((label) => h("th", { scope: "col" }, label)))),
          h("tbody", null, items.map((item, index) => h("tr", { "data-value": item.name, "data-doubt": item.doubt },
            h("td", null, h("label", { class: "document__tick" }, boxes[index])),
            h("th", { scope: "row" }, item.label),
            h("td", null, h("strong", null, item.text), item.doubt && h("span", { class: "document__doubt" }, icon("warning"), DOUBTS[item.doubt])),
            h("td", null, h("q", { class: "document__line" }, item.source), h("span", { class: "table__sub" }, item.where))))))),
      h("div", { class: "wizard__buttons" }, h("button", { type: "button", class: "button", onclick: () => { found.replaceChildren(); setText(status, ""); input.focus(); } }, t("Take nothing")), take));
  }

  function taken(items) {
    for (const item of items) item.take(context.draft.values);
    context.changed("name");
    context.draft.wrong = {};
    const text = tn(items.length, "{n} value was taken over.", "{n} values were taken over.");
    context.redraw();
    announce(text);
    setText(document.querySelector(".document .form__result"), text);
    document.querySelector("[data-field=name] input")?.focus();
  }

  return { node, stop: () => (turn += 1) };
}

const excerpt = ({ text }) => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
const placeOf = (lines) => (lines.length === 1 ? t("Line {number}", { number: lines[0].number }) : tn(lines.length, "{n} line, from line {first} on", "{n} lines, from line {first} on", { first: lines[0].number }));

// What can be taken, each with how.
function itemsOf({ fields, cargo }, { meta }) {
  const moment = (value) => (value.endsWith("Z") ? wallClock(meta.timezone, value) : value);
  const texts = { vessel_type: vesselTypeWord, eta: time, etd: time };
  function time(value) {
    const [day, at] = moment(value).split("T");
    return `${longDate.format(new Date(day))}, ${at}`;
  }
  const order = Object.keys(FIELDS);
  return [
    ...[...fields].sort((a, b) => order.indexOf(a.field) - order.indexOf(b.field)).map(({ field, value, line, doubt }) => ({
      name: field, label: FIELDS[field], text: (texts[field] ?? String)(value), source: excerpt(line), where: placeOf([line]), doubt,
      take(values) {
        if (field !== "voyage") values[field] = field === "eta" || field === "etd" ? moment(value) : value;
        else if (!values.notes.includes(value)) values.notes = [values.notes.trim(), t("Voyage {number}", { number: value })].filter(Boolean).join("\n");
      },
    })),
    ...cargo.map(({ type, count: units, lines, doubt }) => ({
      name: `cargo.${type}`, label: cargoWord(type), text: count(units), source: excerpt(lines[0]), where: placeOf(lines), doubt,
      take: (values) => (values.cargo[type] = String(units)),
    })),
  ];
}

const totals = (total) => total && h("p", { class: "notice" }, t("The document gives {stated} in all; what was recognised comes to {counted}.", { stated: count(total.stated), counted: count(total.counted) }));

function unknown(lines) {
  if (lines.length === 0) return null;
  return h("details", { class: "alternative" },
    h("summary", null, tn(lines.length, "{n} line was not understood", "{n} lines were not understood")),
    h("ol", { class: "document__unknown" }, lines.slice(0, SHOWN).map((line) => h("li", { value: line.number }, excerpt(line) || DASH)),
      lines.length > SHOWN && h("li", { value: lines[SHOWN].number }, "…")));
}
