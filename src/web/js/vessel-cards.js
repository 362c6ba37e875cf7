// SPDX-License-Identifier: Apache-2.0
// The vessels in port, one card each: how far, how fast, and whether it sails in time.
import { bar } from "./bar.js";
import { DASH, count, percent, span } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { h, keyed, setText } from "./dom.js";
import { icon } from "./icons.js";
import { outlook, plannedShare } from "./outlook.js";
import { statusPill } from "./status.js";
import { vesselPath } from "./routes.js";
import { berthLabel, vesselTypeWord } from "./words.js";

export function vesselsSection() {
  const list = h("ul", { class: "cards" });
  const body = h("div", { class: "panel__body" }, h("div", { class: "cards" }, skeleton(3, "card")));
  const node = section("vessels", "Vessels in port", body);
  node.firstChild.append(
    h(
      "p",
      { class: "key" },
      h("span", { class: "key__item", "data-name": "discharged" }, "Discharged"),
      h("span", { class: "key__item", "data-name": "loaded" }, "Loaded"),
      h("span", { class: "key__item", "data-name": "pace" }, "Pace for the ETD"),
    ),
  );
  const views = new Map();
  return {
    node,
    update(data, context) {
      keyed(list, views, data.vessels, { keyOf: (vessel) => vessel.id, create: card, context });
      const shown = data.vessels.length > 0 ? list : empty("No vessel is in port.");
      if (body.firstChild !== shown) body.replaceChildren(shown);
    },
  };
}

function card() {
  const name = h("a", { class: "card__name" });
  const pill = statusPill();
  const sub = h("p", { class: "card__sub" });
  const berth = h("span", { class: "card__berth" });
  const progress = bar("Progress");
  const moved = h("strong");
  const whole = h("span");
  const share = h("span", { class: "card__share" });
  const facts = { rate: fact("Rate"), done: fact("Done"), etd: fact("ETD") };
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
      berth.title = vessel.berth ? berthLabel(vessel.berth) : "No berth yet";
      pill.update(vessel.status);
      setText(moved, count(vessel.moved));
      setText(whole, vessel.capacity_total > 0 ? ` of ${count(vessel.capacity_total)} moved` : " moved, no plan");
      setText(share, vessel.capacity_total > 0 ? percent((100 * vessel.moved) / vessel.capacity_total) : "");
      progress.node.setAttribute("aria-label", `Progress of ${vessel.name}`);
      progress.update({ ...vessel, whole: vessel.capacity_total, planned: plannedShare(vessel, now) });
      setText(facts.rate.value, vessel.status === "operations_active" ? `${count(vessel.rate_per_hour)} /h` : DASH);
      setText(facts.done.value, clock.near(vessel.projected_completion, now));
      setText(facts.etd.value, clock.near(vessel.etd, now));
      verdict.dataset.level = view.level;
      verdict.replaceChildren(icon(view.level), h("span", null, verdictText(vessel, view)));
      setText(damaged, vessel.damaged > 0 ? `${count(vessel.damaged)} damaged` : "");
    },
  };
}

function fact(label) {
  const value = h("dd", null, DASH);
  return { value, node: h("div", null, h("dt", null, label), value) };
}

function verdictText(vessel, { level, spare }) {
  if (level === "done") {
    const missing = vessel.capacity_total - vessel.moved;
    return missing > 0 ? `${count(missing)} fewer than planned` : "All moved";
  }
  if (level === "late" && vessel.projected_completion && spare !== null) return `Late by ${span(spare)}`;
  if (level === "late") return "Late: the ETD has passed";
  if (level === "risk" && spare === null) return "At risk: nothing moved in the last hour";
  if (level === "risk") return `At risk: ${span(spare)} to spare`;
  if (level === "ok") return `On time by ${span(spare)}`;
  return vessel.status === "operations_active" ? "No ETD set" : "Not being worked";
}
