// SPDX-License-Identifier: Apache-2.0
// The vessels in port, one card each: how far, how fast, and whether it sails in time.
import { bar } from "./bar.js";
import { DASH, count, percent, relative, span } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { h, keyed, setText } from "./dom.js";
import { icon } from "./icons.js";
import { neededPace, outlook, plannedShare } from "./outlook.js";
import { statusPill } from "./status.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";
import { berthLabel, vesselTypeWord } from "./words.js";

export function vesselsSection() {
  const list = h("ul", { class: "cards" });
  const body = h("div", { class: "panel__body" }, h("div", { class: "cards" }, skeleton(3, "card")));
  const node = section("vessels", t("Vessels in port"), body);
  node.firstChild.append(
    h(
      "p",
      { class: "key" },
      h("span", { class: "key__item", "data-name": "discharged" }, t("Discharged")),
      h("span", { class: "key__item", "data-name": "loaded" }, t("Loaded")),
      h("span", { class: "key__item", "data-name": "pace" }, t("Pace for the ETD")),
    ),
  );
  const views = new Map();
  return {
    node,
    update(data, context) {
      keyed(list, views, data.vessels, { keyOf: (vessel) => vessel.id, create: card, context });
      const shown = data.vessels.length > 0 ? list : empty(t("No vessel is in port."));
      if (body.firstChild !== shown) body.replaceChildren(shown);
    },
  };
}

function card() {
  const name = h("a", { class: "card__name" });
  const pill = statusPill();
  const sub = h("p", { class: "card__sub" });
  const berth = h("span", { class: "card__berth" });
  const progress = bar(t("Progress"));
  const moved = h("strong");
  const whole = h("span");
  const share = h("span", { class: "card__share" });
  const facts = { rate: fact(t("Rate")), done: fact(t("Done")), etd: fact(t("ETD")) };
  const verdict = h("p", { class: "verdict" });
  const damaged = h("p", { class: "card__damaged" });
  const node = h(
    "li",
    { class: "card" },
    h("div", { class: "card__head" }, berth, h("h3", null, name), sub, pill.node),
    h("p", { class: "card__numbers" }, h("span", null, moved, whole), share),
    progress.node,
    h("dl", { class: "facts facts--row" }, Object.values(facts).map((item) => item.node)),
    h("div", { class: "card__foot" }, verdict, damaged),
  );

  return {
    node,
    update(vessel, { clock, now }) {
      const view = outlook(vessel, now);
      node.dataset.level = view.level;
      node.dataset.vessel = vessel.id;
      name.href = vesselPath(vessel.id);
      setText(name, vessel.name);
      setText(sub, [vesselTypeWord(vessel.vessel_type), vessel.line].filter(Boolean).join(" · "));
      sub.title = sub.textContent;
      setText(berth, vessel.berth ?? DASH);
      berth.title = vessel.berth ? berthLabel(vessel.berth) : t("No berth yet");
      pill.update(vessel.status);
      setText(moved, count(vessel.moved));
      setText(whole, vessel.capacity_total > 0 ? ` ${t("of {count} moved", { count: count(vessel.capacity_total) })}` : ` ${t("moved, no plan")}`);
      setText(share, vessel.capacity_total > 0 ? percent((100 * vessel.moved) / vessel.capacity_total) : "");
      progress.node.setAttribute("aria-label", t("Progress of {name}", { name: vessel.name }));
      progress.update({ ...vessel, whole: vessel.capacity_total, planned: plannedShare(vessel, now) });
      const needed = neededPace(vessel, now);
      facts.rate.set(vessel.status === "operations_active" ? t("{count} /h", { count: count(vessel.rate_per_hour) }) : DASH,
        needed === null ? "" : t("needs {count} /h", { count: count(Math.ceil(needed)) }));
      for (const [item, at] of [[facts.done, vessel.projected_completion], [facts.etd, vessel.etd]]) {
        item.set(clock.near(at, now), at === null ? "" : relative(at, now));
      }
      verdict.dataset.level = view.level;
      verdict.replaceChildren(icon(view.level), h("span", null, verdictText(vessel, view)));
      setText(damaged, vessel.damaged > 0 ? t("{count} damaged", { count: count(vessel.damaged) }) : "");
    },
  };
}

function fact(label) {
  const value = h("dd", null, DASH);
  const note = h("dd", { class: "facts__note" });
  return {
    node: h("div", null, h("dt", null, label), value, note),
    set(text, more) {
      setText(value, text);
      setText(note, more);
    },
  };
}

function verdictText(vessel, { level, spare }) {
  if (level === "done") {
    const missing = vessel.capacity_total - vessel.moved;
    return missing > 0 ? t("{count} fewer than planned", { count: count(missing) }) : t("All moved");
  }
  if (spare !== null && vessel.projected_completion) {
    const by = { span: span(spare) };
    if (spare < 0) return t("Late: done {span} after ETD", by);
    return level === "risk" ? t("At risk: done only {span} before ETD", by) : t("On time: done {span} before ETD", by);
  }
  if (level === "late") return t("Late: the ETD has passed");
  if (level === "risk") return t("At risk: nothing moved in the last hour");
  return vessel.status === "operations_active" ? t("No ETD set") : t("Not being worked");
}
