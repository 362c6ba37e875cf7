// SPDX-License-Identifier: Apache-2.0
// The next arrivals, by time.
import { DASH, count, distance, relative } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";
import { vesselTypeWord } from "./words.js";

export function expectedSection() {
  const body = h("div", { class: "panel__body" }, skeleton(4, "row"));
  const node = section("expected", t("Expected arrivals"), body);
  return {
    node,
    update({ expected }, { clock, now }) {
      replaceKeepingFocus(body, expected.length === 0 ? empty(t("No vessel is announced.")) : table(expected, clock, now));
    },
  };
}

function table(vessels, clock, now) {
  return h(
    "table",
    { class: "table table--expected" },
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, t("Vessel")),
      h("th", { scope: "col" }, t("ETA")),
      h("th", { scope: "col" }, t("Berth")),
      h("th", { scope: "col", class: "num" }, t("Cargo")))),
    h("tbody", null, vessels.map((vessel) => {
      const overdue = vessel.eta !== null && Date.parse(vessel.eta) < now;
      return h("tr", null,
        h("th", { scope: "row" },
          h("a", { href: vesselPath(vessel.id), "data-key": vessel.id }, vessel.name),
          h("span", { class: "table__sub" }, [vesselTypeWord(vessel.vessel_type), vessel.line].filter(Boolean).join(" · "))),
        h("td", null, clock.near(vessel.eta, now),
          h("span", { class: "table__sub", "data-overdue": overdue }, vessel.eta === null ? t("not known")
            : overdue ? t("{time} late", { time: distance(vessel.eta, now) }) : relative(vessel.eta, now))),
        h("td", null, vessel.berth ?? DASH),
        h("td", { class: "num" }, count(vessel.capacity_total)));
    })),
  );
}
