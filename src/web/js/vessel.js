// SPDX-License-Identifier: Apache-2.0
// The page at /vessels/ID: one call of a vessel, its progress and tallies, and the form that records one.
import { DASH, count } from "./format.js";
import { follow } from "./live.js";
import { freshness } from "./freshness.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { lifeCycle } from "./life-cycle.js";
import { may } from "./roles.js";
import { messagePage } from "./not-found.js";
import { progressPanel } from "./vessel-progress.js";
import { section, skeleton } from "./section.js";
import { statusPill } from "./status.js";
import { t } from "./texts.js";
import { tallyForm } from "./tally-form.js";
import { tallyList } from "./tally-list.js";
import { berthLabel, vesselTypeWord } from "./words.js";
import { vesselChartSection } from "./vessel-chart.js";
import { vesselLinks } from "./vessel-links.js";

export function vesselPage(frame, { id }) {
  const { api, me, sending } = frame;
  frame.setTitle(t("Vessel {number}", { number: id }));

  const name = h("h1", null, t("Vessel {number}", { number: id }));
  const pill = statusPill();
  const sub = h("p", { class: "page-head__sub" }, "\u00a0");
  const fresh = freshness(() => polling.ask());
  const call = lifeCycle({ api, vesselId: id, mayMove: may(me.role, "move"), onMoved: (moved) => { draw(moved); polling.ask(); } });
  const progress = progressPanel();
  const form = may(me.role, "record") ? tallyForm({ api, me, sending, vesselId: id, onStored: stored }) : null;
  const list = tallyList({ api, me, sending, vesselId: id, who: form?.who ?? (() => ""), mayVoid: may(me.role, "void"), onVoided: () => polling.ask() });
  const facts = factsPanel();
  const chart = vesselChartSection({ api, vesselId: id });

  const parts = h("div", { class: "vessel" },
    h("div", { class: "vessel__column" }, call.node, progress.node, chart.node, list.node),
    h("div", { class: "vessel__column" }, form?.node ?? null, facts.node));
  const waiting = h("div", { class: "vessel", "aria-hidden": "true" }, skeleton(4, "panel"));
  const node = h(
    "div",
    { class: "vessel-page", "data-state": "loading", "aria-busy": "true" },
    h("p", { class: "crumbs" }, h("a", { class: "crumbs__link", href: "/" }, icon("back"), t("Dashboard"))),
    h("div", { class: "page-head" }, h("div", null, h("div", { class: "page-head__line" }, name, pill.node), sub), vesselLinks(id, me), fresh.node),
    waiting,
  );

  let vessel = null;
  let meta = null;
  let gone = false;
  let tallied = "";             // the totals that the list on screen goes with

  function draw(next) {
    if (gone) return;           // the answer to something begun before the page was left
    vessel = next;
    const now = api.now();
    const clock = frame.setZone(meta.timezone);
    frame.setTitle(vessel.name);
    setText(name, vessel.name);
    pill.update(vessel.status);
    setText(sub, [vesselTypeWord(vessel.vessel_type), vessel.line, vessel.berth && berthLabel(vessel.berth)].filter(Boolean).join(" · "));
    call.update(vessel, meta, clock);
    progress.update(vessel, now);
    form?.update(vessel, meta);
    facts.update(vessel, clock, now);
    chart.update(vessel, meta, clock);
    list.setClock(clock);
    if (node.dataset.state !== "ready") {
      waiting.replaceWith(parts);
      node.dataset.state = "ready";
      node.removeAttribute("aria-busy");
    }
    // Somebody else's tally shows in the totals first.
    const totals = [vessel.loaded, vessel.discharged, vessel.damaged].join();
    if (totals !== tallied) {
      tallied = totals;
      list.refresh();
    }
  }

  // Whether the totals on the screen have it already is not known: they are asked for.
  function stored() {
    if (gone) return;
    list.toNewest();
    polling.ask();
  }

  const polling = follow(api, [`/api/vessels/${id}`], {
    async load(etag) {
      const answer = await api.get(`/api/vessels/${id}`, { etag });
      meta ??= await api.meta();
      return answer;
    },
    onData: ({ data }) => draw(data),
    onState(state) {
      fresh.set(state);
      node.dataset.stale = state.failures > 0;
      if (!vessel && state.error?.status === 404) {
        polling.stop();
        fresh.stop();
        frame.setTitle(t("Vessel not found"));
        node.replaceChildren(messagePage(t("There is no such vessel"), t("No vessel has the number {number}. It may have been typed wrongly.", { number: id })));
      }
    },
  });

  return {
    node,
    stop() {
      gone = true;
      polling.stop();
      fresh.stop();
      form?.stop();
      chart.stop();
    },
  };
}

function factsPanel() {
  const items = h("dl", { class: "facts" });
  const node = section("facts", t("Facts"), items);
  return {
    node,
    update(vessel, clock, now) {
      const rows = [
        [t("IMO number"), vessel.imo],
        [t("Type"), vesselTypeWord(vessel.vessel_type)],
        [t("Line"), vessel.line],
        [t("Berth"), vessel.berth],
        [t("ETA"), clock.near(vessel.eta, now)],
        [t("ETD"), clock.near(vessel.etd, now)],
        [t("Gangs"), count(vessel.gangs)],
        [t("Drivers"), count(vessel.drivers)],
        [t("Vans"), count(vessel.vans)],
        [t("Wagons"), count(vessel.wagons)],
        [t("Notes"), vessel.notes],
      ];
      items.replaceChildren(...rows.map(([label, value]) =>
        h("div", { "data-wide": label === t("Notes") }, h("dt", null, label), h("dd", null, value ?? DASH))));
    },
  };
}
