// SPDX-License-Identifier: Apache-2.0
// The quay, drawn to scale: each berth as wide as it is long, with what lies there and what comes next.
import { count, relative } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { statusPill } from "./status.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";

export function berthsSection() {
  const body = h("div", { class: "panel__body" }, h("div", { class: "quay" }, skeleton(5, "berth")));
  const node = section("berths", t("Berths along the quay"), body);
  node.firstChild.append(h("a", { class: "panel__link", href: "/berths" }, t("Berth plan")));
  return {
    node,
    update({ berths }, context) {
      replaceKeepingFocus(body, berths.length === 0 ? empty(t("No berths are set up."))
        : h("ul", { class: "quay" }, berths.map((berth) => berthNode(berth, context))));
    },
  };
}

function berthNode({ name, length_m: metres, vessel, next }, { clock, now }) {
  const node = h(
    "li",
    { class: "berth", "data-free": vessel === null },
    h("div", { class: "berth__water" }, vessel === null ? h("span", { class: "berth__free" }, t("Free")) : hull(vessel, clock, now)),
    h("div", { class: "berth__quay" },
      h("span", { class: "berth__name" }, name),
      h("span", { class: "berth__length" }, t("{metres} m", { metres: count(metres) })),
      h("span", { class: "berth__next" }, next === null ? t("nothing announced")
        : [t("next"), " ", h("a", { href: vesselPath(next.id), "data-key": `next-${next.id}` }, next.name), " ", relative(next.eta, now)])),
  );
  node.style.flexGrow = metres;
  return node;
}

function hull(vessel, clock, now) {
  const pill = statusPill();
  pill.update(vessel.status);
  return h(
    "div",
    { class: "hull", "data-status": vessel.status },
    h("a", { class: "hull__name", href: vesselPath(vessel.id), "data-key": `in-${vessel.id}` }, vessel.name),
    h("span", { class: "hull__facts" }, pill.node, vessel.etd === null ? null : h("span", null, t("ETD {time}", { time: clock.near(vessel.etd, now) }))),
  );
}
