// SPDX-License-Identifier: Apache-2.0
// The page at /vessels/ID/report: a call's statement of facts and a report of each shift, as they are printed on A4.
import { announce } from "./announce.js";
import { berthLabel, cargoWord, shiftWord, statusWord, tallyWord, vesselTypeWord } from "./words.js";
import { cargoRows, csvOfShift, events, planRate, shiftOfRemark, sum } from "./report-rows.js";
import { count, DASH, span } from "./format.js";
import { dayWord } from "./calendar.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { locale, t } from "./texts.js";
import { messagePage } from "./not-found.js";
import { notMade, saveText } from "./download.js";
import { skeleton } from "./section.js";
import { vesselChart } from "./vessel-chart.js";
import { vesselPath } from "./routes.js";

const EVENTS = {
  eta: t("Expected arrival, ETA"), arrived_at: t("Arrived"), berthed_at: t("Berthed"), operations_started_at: t("Operations started"),
  first_tally_at: t("First tally"), last_tally_at: t("Last tally"), operations_completed_at: t("Operations completed"),
  etd: t("Expected departure, ETD"), departed_at: t("Departed"),
};
const COUNTS = ["discharged", "loaded", "damaged"];
const rate = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export function reportPage(frame, { id }) {
  const { api } = frame;
  frame.setTitle(t("Report of vessel {id}", { id }));
  const node = h("div", { class: "report-page", "data-state": "loading", "aria-busy": "true" }, skeleton(4, "panel"));
  const chart = vesselChart();
  let gone = false;
  load();

  async function load() {
    try {
      const [{ data }, meta] = await Promise.all([api.get(`/api/vessels/${id}/report`), api.meta()]);
      if (!gone) draw(data.data, meta);
    } catch (error) {
      if (gone || error.status === 401) return;
      node.replaceChildren(error.status === 404 ? messagePage(t("There is no such vessel"), t("No vessel has the number {id}.", { id }))
        : messagePage(t("The report could not be loaded"), error.status === 0 ? t("No answer from the server.") : error.message,
          h("button", { type: "button", class: "button button--primary", onclick: load }, t("Try again"))));
      node.dataset.state = "ready";
      node.removeAttribute("aria-busy");
    }
  }

  function draw(report, meta) {
    const clock = frame.setZone(meta.timezone);
    const { vessel, shifts } = report;
    frame.setTitle(t("Report of {name}", { name: vessel.name }));
    const message = h("p", { class: "form__result", role: "alert" });
    const sheets = { report, meta, clock, made: dated(clock, api.now()), csv: (shift) => download(shift, vessel, message) };
    chart.update(report, meta, clock, api.now());
    node.replaceChildren(
      h("p", { class: "crumbs" }, h("a", { class: "crumbs__link", href: vesselPath(id) }, icon("back"), vessel.name)),
      h("div", { class: "page-head" }, h("h1", null, t("Report of {name}", { name: vessel.name })),
        h("div", { class: "report__buttons" },
          h("button", { type: "button", class: "button", onclick: () => sheets.csv(null) }, t("Download CSV")),
          h("button", { type: "button", class: "button button--primary", onclick: () => print() }, t("Print")))),
      message, chart.node, statement(sheets), ...shifts.map((shift) => shiftSheet(sheets, shift)));
    node.dataset.state = "ready";
    node.removeAttribute("aria-busy");
  }

  async function download(shift, vessel, message) {
    setText(message, "");
    try {
      const text = await api.csv(`/api/vessels/${id}/report`);
      const name = vessel.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
      saveText(shift ? `${name}-${shift.day}-${shift.shift ?? "shift"}.csv` : `${name}-${id}.csv`, shift ? csvOfShift(text, shift) : text);
      announce(t("The file was downloaded."));
    } catch (error) {
      setText(message, notMade(error));
    }
  }

  return {
    node,
    stop() {
      gone = true;
      chart.stop();
    },
  };
}

// --- the sheets ---

const sheet = (kind, title, sub, ...parts) => h("article", { class: "paper", "data-sheet": kind, "aria-label": `${title}, ${sub}` },
  h("header", { class: "paper__head" }, h("h2", null, title), h("p", null, sub)), parts);

const facts = (rows) => h("dl", { class: "facts paper__facts" }, rows.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value ?? DASH))));

// of: the sheet's name, for whoever goes from table to table. columns: [label, numeric]; the first cell of a row is its head.
// foot: a row of sums.
function grid(of, caption, columns, rows, foot) {
  const cells = (row) => row.map((cell, index) => h(index === 0 ? "th" : "td", { scope: index === 0 && "row", class: columns[index][1] && "num" }, cell));
  return h("div", { class: "paper__block" }, h("h3", null, caption), h("div", { class: "scroll paper__scroll", tabindex: "0", role: "region", "aria-label": `${caption}, ${of}` },
    h("table", { class: "table paper__table" },
      h("thead", null, h("tr", null, columns.map(([label, numeric]) => h("th", { scope: "col", class: numeric && "num" }, label)))),
      h("tbody", null, rows.map((row) => h("tr", null, cells(row)))),
      foot && h("tfoot", null, h("tr", null, cells(foot))))));
}

const signatures = (...who) => h("div", { class: "signatures" }, who.map((name) => h("div", { class: "signature" }, h("span", null, name), h("small", null, t("Name, date, signature")))));
// On paper the year is said.
const dated = (clock, at) => `${clock.day(at)}, ${clock.time(at)}`;
const heading = (names) => names.map((name) => [tallyWord(name), true]);
const shiftName = ({ day, shift }, clock, began) => `${dayWord(day)}, ${shift ? shiftWord(shift) : clock.time(began)}`;

function statement({ report, meta, clock, made }) {
  const { vessel, shifts } = report;
  const { rows, whole } = cargoRows(report);
  const happened = events(report);
  const breaks = Object.entries(vessel.breaks).sort().map(([time, minutes]) => t("{time} for {minutes} min", { time, minutes })).join(", ");
  const { hours, perGang } = planRate(vessel, meta);
  return sheet("facts", t("Statement of facts"), vessel.name,
    facts([[t("IMO number"), vessel.imo], [t("Type"), vesselTypeWord(vessel.vessel_type)], [t("Line"), vessel.line], [t("Berth"), vessel.berth && berthLabel(vessel.berth)],
      [t("Call"), String(vessel.id)], [t("State"), statusWord(vessel.status)], [t("Times are of"), meta.timezone], [t("As of"), made]]),
    grid(t("Statement of facts"), t("Events"), [[t("Event")], [t("Time")], [t("Since the one before"), true]], happened.map(([name, at], index) =>
      [EVENTS[name], dated(clock, at), index === 0 ? DASH : span(Date.parse(at) - Date.parse(happened[index - 1][1]))])),
    h("div", { class: "paper__block" }, h("h3", null, t("Operation as planned")),
      facts([[t("Shifts"), vessel.shifts.map(shiftWord).join(", ")], [t("Breaks"), breaks || t("none")], [t("Gangs"), count(vessel.gangs)], [t("Drivers"), count(vessel.drivers)],
        [t("Vans"), count(vessel.vans)], [t("Wagons"), count(vessel.wagons)], [t("Time to work"), hours > 0 ? span(hours * 3600000) : DASH], [t("Needed per gang and hour"), perGang === null ? DASH : rate.format(perGang)]])),
    grid(t("Statement of facts"), t("Cargo against plan"), [[t("Cargo")], [t("Plan"), true], [tallyWord("discharged"), true], [tallyWord("loaded"), true], [t("Moved"), true], [t("Left#remaining"), true], [tallyWord("damaged"), true]],
      rows.map((row) => [cargoWord(row.cargo_type), ...numbers(row)]), [t("In all"), ...numbers(whole)]),
    shifts.length > 0 && grid(t("Statement of facts"), t("Shifts"), [[t("Shift")], [t("From – to")], ...heading(COUNTS), [t("Voided"), true]],
      shifts.map((shift) => [shiftName(shift, clock, shift.began_at), `${clock.time(shift.began_at)} – ${clock.time(shift.ended_at)}`, ...[...COUNTS, "voided"].map((name) => count(shift[name]))]),
      [t("In all"), "", ...Object.values(sum(shifts, [...COUNTS, "voided"])).map(count)]),
    vessel.notes && h("div", { class: "paper__block" }, h("h3", null, t("Remarks")), h("p", { class: "paper__notes" }, vessel.notes)),
    signatures(t("For the vessel"), t("For the terminal"), t("For the agent")));
}

const numbers = (row) => ["capacity", "discharged", "loaded", "moved", "left", "damaged"].map((name) => count(row[name]));

function shiftSheet({ report, clock, csv }, shift) {
  const { vessel, shifts, remarks } = report;
  const own = remarks.filter((remark) => shiftOfRemark(remark, shifts) === shift);
  const title = `${shiftName(shift, clock, shift.began_at)}, ${clock.time(shift.began_at)} – ${clock.time(shift.ended_at)}`;
  const names = [...COUNTS, "gross", "voided"];
  const made = sheet("shift", t("Shift report"), `${vessel.name} · ${title}`,
    facts([[t("Tallies"), count(shift.tallies)], [t("First tally"), clock.time(shift.first_tally_at)], [t("Last tally"), clock.time(shift.last_tally_at)], [t("Voids#count"), count(shift.voids)]]),
    grid(title, t("Cargo"), [[t("Cargo")], ...heading(COUNTS), [t("As recorded"), true], [t("Voided"), true]],
      shift.cargo.map((row) => [cargoWord(row.cargo_type), ...names.map((name) => count(row[name]))]), [t("In all"), ...names.map((name) => count(shift[name]))]),
    grid(title, t("Tallied by"), [[t("Name")], [t("Tallies"), true], [t("Units"), true]],
      shift.tallied_by.map(({ name, tallies, gross }) => [name ?? t("not said"), count(tallies), count(gross)])),
    own.length > 0 && grid(title, t("Remarks"), [[t("Time")], [t("What")], [t("Remark")]], own.map((remark) => [clock.time(remark.tallied_at),
      [`${remark.voids ? `${t("Void")}: ` : ""}${tallyWord(remark.tally_type)}, ${cargoWord(remark.cargo_type)}, ${count(Math.abs(remark.count))}`, remark.location].filter(Boolean).join(" · "),
      [remark.note, remark.tallied_by].filter(Boolean).join(" – ")])),
    signatures(t("Shift foreman"), t("Chief officer")));
  made.querySelector(".paper__head").append(h("button", { type: "button", class: "button button--small paper__csv", "aria-label": t("CSV of the shift {shift}", { shift: title }), onclick: () => csv(shift) }, t("CSV")));
  return made;
}
