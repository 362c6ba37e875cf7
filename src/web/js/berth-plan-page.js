// SPDX-License-Identifier: Apache-2.0
// The page at /berths: which vessel lies where and when, as a picture, in words where two are in each other's way, and as a
// table. The address says which days.
import { DASH } from "./format.js";
import { DAYS, merged, planRows, windowOf } from "./berth-plan.js";
import { dayWord } from "./calendar.js";
import { conflictText, planPicture, remark } from "./berth-plan-picture.js";
import { empty, section, skeleton } from "./section.js";
import { follow } from "./live.js";
import { freshness } from "./freshness.js";
import { h, replaceKeepingFocus, setText } from "./dom.js";
import { noteInAddress } from "./router.js";
import { segments } from "./field.js";
import { statusWord } from "./words.js";
import { t, tn } from "./texts.js";
import { vesselPath } from "./routes.js";

const LONGEST_STAY = 14;        // days: who came before that and is gone again is not looked for
const MOST = 100;               // vessels of one answer

export function berthPlanPage(frame, { query }) {
  frame.setTitle(t("Berth plan"));
  const { api } = frame;
  const wanted = { days: query.get("days"), from: query.get("from") };
  const sub = h("p", { class: "page-head__sub" }, "\u00a0");
  const fresh = freshness(() => followed.ask());
  const body = h("div", { class: "panel__body" }, skeleton(6, "row"));
  const trouble = conflictSection();
  const table = h("tbody");
  const node = h("div", { class: "berth-plan", "data-state": "loading", "aria-busy": "true" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, t("Berth plan")), sub), fresh.node),
    toolbar(wanted.days, { onDays, onTurn }),
    section("plan", t("Berths and times"), key(), body, asTable(table)),
    trouble.node);

  let data = null;
  let shown = null;
  let today = null;
  let followed = null;
  let turned = true;            // the window is a new one: it is scrolled to now
  let gone = false;

  // The days are the port's, so its zone is needed; GET /api/meta was asked before any page is shown.
  start();

  async function start() {
    const { timezone: timeZone, shift_starts: starts } = await api.meta();
    if (gone) return;
    followed?.stop();
    today = frame.setZone(timeZone).isoDay(api.now());
    shown = windowOf({ ...wanted, today, timeZone, starts });
    data = null;
    const list = new URLSearchParams({
      eta_from: new Date(shown.start - LONGEST_STAY * 86400000).toISOString(), eta_to: new Date(shown.end).toISOString(),
      sort: "-eta", per_page: MOST, count: "none",
    });
    setText(sub, `${dayWord(shown.first)} – ${dayWord(shown.last)}`);
    followed = follow(api, ["/api/dashboard", `/api/vessels?${list}`], {
      join: ([{ berths, vessels }, { data: listed, pagination }]) => ({ berths, vessels: merged(listed, vessels), more: pagination.has_next }),
      onData(next) {
        data = next;
        draw();
      },
      onState(state) {
        fresh.set(state);
        node.dataset.stale = state.failures > 0;
        if (!data && state.failures > 0) node.dataset.state = "error";
      },
    });
  }

  function draw() {
    if (!data) return;
    const now = api.now();
    const clock = frame.setZone("");
    if (!wanted.from && clock.isoDay(now) !== today) {
      start();                  // a new day
      return;
    }
    const rows = planRows(data.berths, data.vessels, shown, now);
    const context = { clock, now, shown };
    replaceKeepingFocus(body, data.berths.length === 0 ? empty(t("No berths are set up."))
      : [data.more && h("p", { class: "notice" }, t("Only the {count} latest calls are shown.", { count: MOST })), planPicture(rows, context)]);
    trouble.update(rows, context);
    table.replaceChildren(...rows.flatMap((row) => row.bars.map((bar) => tableRow(row, bar, context))));
    node.dataset.state = "ready";
    node.removeAttribute("aria-busy");
    if (turned) showNow(body);
    turned = false;
  }

  function onDays(days) {
    Object.assign(wanted, { days, from: null });
    go();
  }

  // -1: earlier, 1: later, 0: where today is.
  function onTurn(way) {
    wanted.from = way === 0 ? null : way < 0 ? shown.earlier : shown.later;
    go();
  }

  function go() {
    noteInAddress({ days: wanted.days, from: wanted.from });
    turned = true;
    node.setAttribute("aria-busy", "true");
    start();
  }

  const timer = setInterval(draw, 30000);
  return {
    node,
    stop() {
      gone = true;
      clearInterval(timer);
      followed?.stop();
      fresh.stop();
    },
  };
}

function toolbar(days, { onDays, onTurn }) {
  const zoom = segments("days", t("Shown"), DAYS.map((value) => [value, value === "7" ? t("1 week") : value === "14" ? t("2 weeks") : t("2 days")]), DAYS.includes(days) ? days : "7");
  zoom.node.addEventListener("change", () => onDays(zoom.value()));
  const button = (label, way) => h("button", { type: "button", class: "button", onclick: () => onTurn(way) }, label);
  return h("div", { class: "plan-tools" }, zoom.node,
    h("div", { class: "plan-tools__turn", role: "group", "aria-label": t("Days") }, button(t("Earlier"), -1), button(t("Today"), 0), button(t("Later"), 1)));
}

const key = () => h("p", { class: "key" },
  [["actual", t("At the berth")], ["planned", t("Planned")], ["late", t("Past its ETD")], ["tick", t("Projected completion")], ["clash", t("In each other's way")]]
    .map(([name, label]) => h("span", { class: "key__item", "data-name": name }, label)));

function conflictSection() {
  const said = h("p", { class: "plan-conflicts__sum", role: "status" });
  const list = h("ul", { class: "plan-conflicts" });
  return {
    node: section("conflicts", t("Conflicts"), said, list),
    update(rows, context) {
      const conflicts = rows.flatMap((row) => row.conflicts);
      setText(said, conflicts.length === 0 ? t("No two vessels are to be at one berth at the same time.")
        : tn(conflicts.length, "{n} time two vessels are to be at one berth", "{n} times two vessels are to be at one berth"));
      replaceKeepingFocus(list, conflicts.map((conflict) => h("li", null, conflictText(conflict, context))));
    },
  };
}

function asTable(rows) {
  const head = [t("Berth"), t("Vessel"), t("State"), t("From"), t("Until"), t("Remark")];
  return h("details", { class: "alternative" }, h("summary", null, t("Show as a table")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("Berth plan as a table") },
      h("table", { class: "table" }, h("thead", null, h("tr", null, head.map((label) => h("th", { scope: "col" }, label)))), rows)));
}

function tableRow({ berth }, bar, context) {
  const { vessel, stay } = bar;
  return h("tr", null, h("td", null, berth?.name ?? DASH),
    h("th", { scope: "row" }, h("a", { href: vesselPath(vessel.id) }, vessel.name)),
    h("td", null, statusWord(vessel.status)),
    h("td", null, context.clock.full(stay.start)),
    h("td", null, stay.open ? t("not known") : context.clock.full(stay.end)),
    h("td", null, remark(bar, context)));
}

// A phone shows a part of the days: the one that now is in.
function showNow(body) {
  const scroller = body.querySelector(".plan");
  const line = body.querySelector(".plan__now");
  if (scroller && line) scroller.scrollLeft = line.offsetLeft - scroller.clientWidth * 0.25;
}
