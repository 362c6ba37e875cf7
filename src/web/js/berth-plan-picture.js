// SPDX-License-Identifier: Apache-2.0
// The berth plan's picture: a row a berth, a bar a vessel, lines for days, shifts and now; and what it says in words.
import { across } from "./berth-plan.js";
import { berthLabel, statusWord } from "./words.js";
import { count, span } from "./format.js";
import { dayWord, weekdayAndDay } from "./calendar.js";
import { h } from "./dom.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";

const near = (moment, { clock, now }) => clock.near(new Date(moment).toISOString(), now);
const at = (node, left, width = null) => {
  node.style.left = `${left}%`;
  if (width !== null) node.style.width = `${width}%`;
  return node;
};

export function planPicture(rows, context) {
  const { shown } = context;
  return h("div", { class: "plan scroll", tabindex: "0", role: "group", "aria-label": t("Berths and times"), "data-zoom": shown.zoom },
    h("div", { class: "plan__sheet" },
      h("div", { class: "plan__days", "aria-hidden": "true" }, shown.days.map((day) => dayHead(day, shown))),
      lines(context),
      h("ul", { class: "plan__rows" }, rows.map((row) => rowNode(row, context)))));
}

const dayHead = ({ date, start, end }, shown) =>
  at(h("span", { class: "plan__day" }, shown.days.length > 8 ? weekdayAndDay(date) : dayWord(date)), across(start, shown), across(end, shown) - across(start, shown));

function lines({ shown, now }) {
  return h("div", { class: "plan__lines", "aria-hidden": "true" },
    shown.days.length <= 8 && shown.shifts.map((moment) => at(h("span", { class: "plan__shift" }), across(moment, shown))),
    shown.days.slice(1).map(({ start }) => at(h("span", { class: "plan__midnight" }), across(start, shown))),
    now > shown.start && now < shown.end && at(h("span", { class: "plan__now" }, h("span", { class: "plan__now-label" }, t("now"))), across(now, shown)));
}

function rowNode({ berth, bars, lanes }, context) {
  const track = h("ul", { class: "plan__track" }, bars.map((bar) => barNode(bar, context)));
  track.style.setProperty("--lanes", lanes);
  return h("li", { class: "plan__row", "data-berth": berth?.name ?? "" },
    h("h3", { class: "plan__berth" }, berth === null ? t("No berth yet") : berth.name,
      berth !== null && h("span", { class: "plan__length" }, t("{metres} m", { metres: count(berth.length_m) }))),
    track);
}

function barNode(bar, context) {
  const { vessel, stay, left, width, lane, conflict } = bar;
  const { shown } = context;
  const words = describe(bar, context);
  // Within the bar: where the ETD is that it goes beyond, and where the work is projected to end.
  const within = (moment) => (100 * (across(moment, shown) - left)) / width;
  const done = vessel.projected_completion ? within(Date.parse(vessel.projected_completion)) : null;
  const late = Math.max(0, within(stay.planned));
  const link = h("a", { class: "plan__bar", href: vesselPath(vessel.id), "data-key": vessel.id, "data-kind": stay.kind, "data-conflict": conflict, "data-open": stay.open, "aria-label": words },
    stay.late && late < 100 && at(h("span", { class: "plan__late" }), late),
    done !== null && done > 0 && done <= 100 && at(h("span", { class: "plan__tick" }), Math.min(done, 99)),
    h("span", { class: "plan__name" }, (conflict || stay.late) && h("span", { class: "plan__mark" }, conflict ? "⚠ " : "◆ "), vessel.name));
  const node = at(h("li", { class: "plan__item", title: words }, link), left, width);
  node.style.setProperty("--lane", lane);
  return node;
}

function describe(bar, context) {
  const { vessel, stay } = bar;
  const times = { from: near(stay.start, context), until: near(stay.planned, context) };
  const when = stay.kind === "gone" ? t("there from {from} until {until}", { ...times, until: near(stay.end, context) })
    : stay.kind === "actual" ? (stay.open ? t("there since {from}, no ETD", times) : t("there since {from}, ETD {until}", times))
      : stay.open ? t("ETA {from}, no ETD", times) : t("ETA {from}, ETD {until}", times);
  return [vessel.name, vessel.berth ? berthLabel(vessel.berth) : t("No berth yet"), statusWord(vessel.status), when, remark(bar, context)]
    .filter(Boolean).join(", ");
}

/** What is not as it should be with a bar, in words; nothing if all is well. */
export function remark({ vessel, stay, conflict }, context) {
  return [
    stay.late && (vessel.projected_completion && Date.parse(vessel.projected_completion) >= stay.end
      ? t("done about {time}, {span} after the ETD", { time: near(stay.end, context), span: span(stay.end - stay.planned) })
      : t("{span} past its ETD", { span: span(stay.end - stay.planned) })),
    stay.overdue && t("was to come {span} ago", { span: span(context.now - stay.start) }),
    conflict && t("in another's way"),
  ].filter(Boolean).join(", ");
}

/** Nodes: "Berth 2: Aurora · Cascade — both from Tue 10:00 until Tue 14:00, for 4 h 00 min". */
export function conflictText({ berth, first, second, start, end }, context) {
  const link = (vessel, key) => h("a", { href: vesselPath(vessel.id), "data-key": `${key}-${first.id}-${second.id}` }, vessel.name);
  return [h("strong", null, berthLabel(berth.name)), ": ", link(first, "first"), " · ", link(second, "second"), " — ",
    t("both from {from} until {until}, for {span}", { from: near(start, context), until: near(end, context), span: span(end - start) })];
}
