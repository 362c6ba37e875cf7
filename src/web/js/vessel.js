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
import { tallyForm } from "./tally-form.js";
import { tallyList } from "./tally-list.js";
import { berthLabel, vesselTypeWord } from "./words.js";
import { withTally } from "./totals.js";

export function vesselPage(frame, { id }) {
  const { api, me } = frame;
  frame.setTitle(`Vessel ${id}`);

  const name = h("h1", null, "\u00a0");
  const pill = statusPill();
  const sub = h("p", { class: "page-head__sub" }, "\u00a0");
  const fresh = freshness(() => polling.ask());
  const call = lifeCycle({ api, vesselId: id, mayMove: may(me.role, "move"), onMoved: (moved) => { draw(moved); polling.ask(); } });
  const progress = progressPanel();
  const form = may(me.role, "record") ? tallyForm({ api, me, vesselId: id, onStored: stored }) : null;
  const list = tallyList({ api, vesselId: id, who: form?.who ?? (() => ""), mayVoid: may(me.role, "void"), onVoided: () => polling.ask() });
  const facts = factsPanel();

  const parts = h("div", { class: "vessel" },
    h("div", { class: "vessel__column" }, call.node, progress.node, list.node),
    h("div", { class: "vessel__column" }, form?.node ?? null, facts.node));
  const waiting = h("div", { class: "vessel", "aria-hidden": "true" }, skeleton(4, "panel"));
  const node = h(
    "div",
    { class: "vessel-page", "data-state": "loading", "aria-busy": "true" },
    h("p", { class: "crumbs" }, h("a", { class: "crumbs__link", href: "/" }, icon("back"), "Dashboard")),
    h("div", { class: "page-head" }, h("div", null, h("div", { class: "page-head__line" }, name, pill.node), sub), fresh.node),
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
    form?.update(vessel, meta, clock);
    facts.update(vessel, clock, now);
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

  function stored(tally, isNew) {
    if (gone) return;
    // A tally found in the store already (its answer was lost) may be in the totals on screen.
    if (vessel && isNew) draw(withTally(vessel, tally));
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
        frame.setTitle("Vessel not found");
        node.replaceChildren(messagePage("There is no such vessel", `No vessel has the number ${id}. It may have been typed wrongly.`));
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
    },
  };
}

function factsPanel() {
  const items = h("dl", { class: "facts" });
  const node = section("facts", "Facts", items);
  return {
    node,
    update(vessel, clock, now) {
      const rows = [
        ["IMO number", vessel.imo],
        ["Type", vesselTypeWord(vessel.vessel_type)],
        ["Line", vessel.line],
        ["Berth", vessel.berth],
        ["ETA", clock.near(vessel.eta, now)],
        ["ETD", clock.near(vessel.etd, now)],
        ["Gangs", count(vessel.gangs)],
        ["Drivers", count(vessel.drivers)],
        ["Vans", count(vessel.vans)],
        ["Wagons", count(vessel.wagons)],
        ["Notes", vessel.notes],
      ];
      items.replaceChildren(...rows.map(([label, value]) =>
        h("div", { "data-wide": label === "Notes" }, h("dt", null, label), h("dd", null, value ?? DASH))));
    },
  };
}
