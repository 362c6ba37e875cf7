// SPDX-License-Identifier: Apache-2.0
// The pages at /vessels/new and /vessels/ID/edit: a call in four steps. Each step is an address of its own, so that the way
// back, a reload and a link to a step are the browser's; what was typed is in the draft, which the address names.
import { announceError } from "./announce.js";
import { bodyOf, problems, STEPS, stepNumber, stepsWith, valuesOf } from "./wizard-state.js";
import { cargoStep } from "./wizard-cargo.js";
import { draftOf, draftOfVessel, dropDraft, holdDraft, keepDraft, newDraft } from "./wizard-drafts.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { messagePage } from "./not-found.js";
import { navigate, noteInAddress } from "./router.js";
import { operationStep } from "./wizard-operation.js";
import { reviewStep } from "./wizard-review.js";
import { skeleton } from "./section.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";
import { vesselStep } from "./wizard-vessel.js";

const TITLES = { vessel: t("Vessel and berth"), cargo: t("Cargo"), operation: t("Operation"), review: t("Review#step") };
const PAGES = { vessel: vesselStep, cargo: cargoStep, operation: operationStep, review: reviewStep };

export function wizardPage(frame, { id: vesselId, query }) {
  const { api, me } = frame;
  const node = h("div", { class: "wizard-page", "data-state": "loading", "aria-busy": "true" }, skeleton(3, "panel"));
  let step = stepNumber(query.get("step"));
  let draft = null;
  let page = { fields: {}, stop() {} };
  let gone = false;
  start().catch((error) => !gone && node.replaceChildren(error.status === 404
    ? messagePage(t("There is no such vessel"), t("No vessel has the number {id}.", { id: vesselId }))
    : messagePage(t("This page could not be loaded"), error.message, h("button", { type: "button", class: "button button--primary", onclick: () => location.reload() }, t("Load again")))));

  async function start() {
    const meta = await api.meta();
    draft = draftOf(me.id, query.get("draft")) ?? (vesselId ? draftOfVessel(me.id, vesselId) : null);
    if (!draft && vesselId) {
      const { data, etag } = await api.get(`/api/vessels/${vesselId}`);
      const values = valuesOf(data.data, meta.timezone);
      draft = newDraft(values, { vesselId, etag, title: data.data.name, before: bodyOf(values, meta.timezone) });
    }
    draft ??= newDraft();
    holdDraft(me.id, draft);
    // What was on its way when the page was closed is settled first.
    if (draft.sent) step = STEPS.length;
    if (!gone) draw(meta);
  }

  function draw(meta) {
    const name = STEPS[step - 1];
    const clock = frame.setZone(meta.timezone);
    const heading = h("h2", { class: "wizard__title", tabindex: "-1" }, TITLES[name]);
    const title = vesselId ? t("Edit {name}", { name: draft.title }) : t("New vessel");
    frame.setTitle(`${t("Step {step} of {all}: {name}", { step, all: STEPS.length, name: TITLES[name] })} · ${title}`);
    const tabs = h("ol", { class: "wizard__steps" });
    const message = h("p", { class: "form__result", role: "alert" });
    const context = {
      api, me, meta, clock, draft, frame, vesselId, addressOf, go, changed, redraw: () => { page.stop(); draw(meta); }, showTabs,
      timeZone: meta.timezone,
      leave: () => dropDraft(me.id, draft.id),
      keep: () => keepDraft(me.id, draft, api.now()),
    };
    page = PAGES[name](context);
    const form = h("form", { class: "wizard__form", novalidate: true, onsubmit: next }, page.node, message, name !== "review" && h("div", { class: "wizard__buttons" },
      step > 1 ? h("a", { class: "button", href: addressOf(step - 1) }, t("Back")) : h("a", { class: "button", href: vesselId ? vesselPath(vesselId) : "/" }, t("Cancel")),
      h("button", { type: "submit", class: "button button--primary" }, t("Next: {name}", { name: TITLES[STEPS[step]] }))));
    node.replaceChildren(
      h("p", { class: "crumbs" }, h("a", { class: "crumbs__link", href: vesselId ? vesselPath(vesselId) : "/" }, icon("back"), vesselId ? draft.title : t("Dashboard"))),
      h("div", { class: "page-head" }, h("h1", null, title)),
      h("nav", { "aria-label": t("Steps") }, tabs),
      h("section", { class: "panel wizard__panel", "data-step": name }, h("div", { class: "panel__head" }, heading, h("p", { class: "panel__aside" }, t("Step {step} of {all}", { step, all: STEPS.length }))), form));
    node.dataset.state = "ready";
    node.removeAttribute("aria-busy");
    showErrors();
    showTabs();
    // The frame gives the focus to the page; the step's heading is the nearer place.
    requestAnimationFrame(() => document.activeElement === document.getElementById("main") && heading.focus({ preventScroll: true }));

    function next(event) {
      event.preventDefault();
      if (name === "review") return;
      setWrong([name], problems(draft.values, meta.timezone, [name]));
      const first = showErrors();
      showTabs();
      if (!stepsWith(draft.wrong).has(name)) return go(step + 1);
      setText(message, t("Look at the marked fields."));
      announceError(t("Look at the marked fields."));
      first?.focus();
    }

    function showTabs() {
      const wrong = stepsWith(draft.wrong);
      tabs.replaceChildren(...STEPS.map((one, index) => h("li", { class: "wizard__step", "data-wrong": wrong.has(one), "data-done": index + 1 < step && !wrong.has(one) },
        h("a", { href: addressOf(index + 1), "aria-current": index + 1 === step && "step" },
          h("span", { class: "wizard__number", "aria-hidden": "true" }, wrong.has(one) ? icon("warning") : index + 1 < step ? icon("done") : String(index + 1)),
          h("span", null, TITLES[one], wrong.has(one) && h("span", { class: "visually-hidden" }, ` (${t("has a mistake")})`))))));
    }
  }

  // Replaces what is known to be wrong on these steps.
  function setWrong(steps, wrong) {
    const others = Object.entries(draft.wrong).filter(([field]) => !steps.some((name) => stepsWith({ [field]: "" }).has(name)));
    draft.wrong = { ...Object.fromEntries(others), ...wrong };
  }

  // Returns the first control that has an error.
  function showErrors() {
    let first = null;
    for (const [name, item] of Object.entries(page.fields)) {
      item.setError(draft.wrong[name] ?? "");
      if (draft.wrong[name]) first ??= item.control;
    }
    return first;
  }

  function changed(field) {
    if (draft.wrong[field]) {
      delete draft.wrong[field];
      page.fields[field]?.setError("");
    }
    keepDraft(me.id, draft, api.now());
    if (new URLSearchParams(location.search).get("draft") !== draft.id) noteInAddress({ step, draft: draft.id });
  }

  function addressOf(number) {
    return `${location.pathname}?${new URLSearchParams({ step: number, draft: draft.id })}`;
  }

  function go(to) {
    scrollTo(0, 0);
    navigate(typeof to === "number" ? addressOf(to) : to);
  }

  return {
    node,
    stop() {
      gone = true;
      page.stop();
    },
  };
}
