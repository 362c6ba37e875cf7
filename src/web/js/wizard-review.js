// SPDX-License-Identifier: Apache-2.0
// Step 4: everything once more, and the button that sends it. It is sent until the server has settled it, always under the
// same key; should the page be closed meanwhile, the draft goes on with it when it is opened again.
import { announce } from "./announce.js";
import { berthLabel, cargoWord, shiftWord, vesselTypeWord } from "./words.js";
import { bodyOf, changedMembers, problems, refusals, STEPS, stepOf, totalUnits, valuesOf } from "./wizard-state.js";
import { count, DASH } from "./format.js";
import { createWait, deliver } from "./deliver.js";
import { h, setText } from "./dom.js";
import { momentIn } from "./zone.js";
import { newUuid } from "./uuid.js";
import { planFacts } from "./wizard-operation.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";

const TITLE_FIRST = 1000;       // the frame says the next page's title
const WORDS = {
  name: t("Name"), imo: t("IMO number"), vessel_type: t("Type"), line: t("Line"), berth: t("Berth"), eta: t("ETA"), etd: t("ETD"), cargo_capacity: t("Cargo"),
  shifts: t("Shifts"), breaks: t("Breaks"), gangs: t("Gangs"), drivers: t("Drivers"), vans: t("Vans"), wagons: t("Wagons"), notes: t("Remarks"),
};
const wordOf = (field) => (field.startsWith("cargo.") ? cargoWord(field.slice(6)) : WORDS[field] ?? field);

export function reviewStep(context) {
  const { api, clock, draft, meta, timeZone, vesselId } = context;
  const { values } = draft;
  const pause = createWait();
  const status = h("p", { class: "form__result", role: "status" });
  const trouble = h("div", { class: "wizard__trouble", role: "alert" });
  const again = h("button", { type: "button", class: "button", hidden: true, onclick: () => pause.wake() }, t("Try now"));
  const send = h("button", { type: "button", class: "button button--primary button--big", onclick: press }, vesselId ? t("Save the changes") : t("Announce the vessel"));
  const online = () => pause.wake();
  let gone = false;
  addEventListener("online", online);
  showTrouble();
  if (draft.sent) settle();

  function press() {
    if (draft.sent) return;
    draft.wrong = problems(values, timeZone);
    context.showTabs();
    if (Object.keys(draft.wrong).length > 0) {
      showTrouble();
      trouble.querySelector("a")?.focus();
      return;
    }
    const body = bodyOf(values, timeZone);
    const wanted = vesselId ? changedMembers(draft.before, body) : body;
    if (Object.keys(wanted).length === 0) {
      setText(status, t("Nothing was changed."));
      return;
    }
    draft.sent = { key: newUuid(), body: wanted };
    context.keep();
    settle();
  }

  async function settle() {
    const { key, body } = draft.sent;
    trouble.replaceChildren();
    send.setAttribute("aria-disabled", "true");
    setText(status, t("Sending…"));
    try {
      const { data } = await deliver(() => (vesselId ? api.patch(`/api/vessels/${vesselId}`, body, { key, match: draft.etag }) : api.post("/api/vessels", body, { key })), {
        wait: pause.wait,
        onRetry() {
          setText(status, t("No answer yet. It is kept on this device and sent until there is one."));
          again.hidden = false;
        },
      });
      context.leave();
      const said = vesselId ? t("{name} is saved.", { name: data.data.name }) : t("{name} is announced.", { name: data.data.name });
      if (!gone) context.go(vesselPath(data.data.id));
      setTimeout(() => announce(said), TITLE_FIRST);
    } catch (error) {
      if (error.status === 401) return;         // kept for the next login
      draft.sent = null;
      await refused(error);
    } finally {
      again.hidden = true;
      send.removeAttribute("aria-disabled");
    }
  }

  async function refused(error) {
    setText(status, "");
    if (error.status === 412) return changedMeanwhile();
    draft.wrong = refusals(error.fields);
    context.keep();
    if (gone) return undefined;
    context.showTabs();
    showTrouble(error.fields.length > 0 ? t("The server did not take it.") : error.message);
    (trouble.querySelector("a") ?? send).focus();
    return undefined;
  }

  // Somebody else's changes are taken over where this person made none. Then it is this person's turn again.
  async function changedMeanwhile() {
    const { data, etag } = await api.get(`/api/vessels/${vesselId}`);
    const theirs = valuesOf(data.data, timeZone);
    const [now, mine] = [bodyOf(theirs, timeZone), bodyOf(values, timeZone)];
    const byThem = Object.keys(changedMembers(draft.before, now));
    const byMe = Object.keys(changedMembers(draft.before, mine));
    for (const name of byThem.filter((member) => !byMe.includes(member))) values[valueName(name)] = theirs[valueName(name)];
    Object.assign(draft, { before: now, etag, meanwhile: byThem.map((name) => ({ name, now: textOf(name, now), mine: byMe.includes(name) ? textOf(name, mine) : null })) });
    context.keep();
    if (gone) return;
    context.redraw();
    document.querySelector(".wizard__meanwhile")?.focus();
  }

  function showTrouble(reason = t("Something is missing or wrong.")) {
    const wrong = Object.entries(draft.wrong);
    trouble.replaceChildren(...(wrong.length === 0 && arguments.length === 0 ? [] : [h("p", null, h("strong", null, reason)),
      wrong.length > 0 && h("ul", null, wrong.map(([field, text]) => h("li", null,
        h("a", { href: context.addressOf(STEPS.indexOf(stepOf(field.startsWith("cargo.") ? "cargo_capacity" : field)) + 1) }, wordOf(field)), `: ${text}`)))].filter(Boolean)));
  }

  function textOf(name, body) {
    const value = body[name];
    const words = {
      vessel_type: () => vesselTypeWord(value), berth: () => berthLabel(value), eta: () => clock.full(value), etd: () => clock.full(value),
      cargo_capacity: () => Object.entries(value).map(([type, units]) => `${cargoWord(type)} ${count(units)}`).join(", "),
      shifts: () => value.map(shiftWord).join(", "),
      breaks: () => Object.entries(value).sort().map(([at, minutes]) => t("{time} for {minutes} min", { time: at, minutes })).join(", "),
    };
    if (value === null || value === "") return DASH;
    return (Object.hasOwn(words, name) ? words[name]() : typeof value === "number" ? count(value) : value) || DASH;
  }

  function part(title, step, rows) {
    return h("section", { class: "review", "data-step": step, "aria-label": title },
      h("div", { class: "review__head" }, h("h3", null, title), h("a", { class: "button", href: context.addressOf(STEPS.indexOf(step) + 1), "aria-label": t("Change {what}", { what: title }) }, t("Change"))),
      h("dl", { class: "facts" }, rows.map(([label, value, wide]) => h("div", { "data-wide": wide }, h("dt", null, label), h("dd", null, value)))));
  }

  const shown = { ...bodyOf(values, timeZone), ...Object.fromEntries(["eta", "etd"].map((name) => [name, values[name] ? momentIn(timeZone, values[name]) : null])) };
  const row = (name) => [WORDS[name], textOf(name, shown), name === "notes"];
  const cargo = Object.entries(shown.cargo_capacity).map(([type, units]) => [cargoWord(type), count(units)]);
  return {
    fields: {},
    node: h("div", { class: "wizard__parts" }, meanwhile(),
      part(t("Vessel and berth"), "vessel", ["name", "imo", "vessel_type", "line", "berth", "eta", "etd"].map(row)),
      part(t("Cargo"), "cargo", [...cargo, [t("In all"), count(totalUnits(values))]]),
      part(t("Operation"), "operation", [...["shifts", "breaks", "gangs", "drivers", "vans", "wagons"].map(row), ...planFacts(values, meta), row("notes")]),
      trouble, h("div", { class: "form__outcome" }, status, again), send),
    stop() {
      gone = true;
      removeEventListener("online", online);
    },
  };

  function meanwhile() {
    if (!draft.meanwhile?.length) return null;
    return h("div", { class: "notice wizard__meanwhile", tabindex: "-1", role: "group", "aria-label": t("Somebody changed this vessel meanwhile") },
      h("p", null, h("strong", null, t("Somebody changed this vessel meanwhile")), " ", t("Look at it once more, and save again.")),
      h("ul", null, draft.meanwhile.map(({ name, now, mine }) => h("li", null, `${WORDS[name]}: `,
        mine === null ? t("is {value} now", { value: now }) : t("is {value} now; saving makes it {mine}", { value: now, mine })))));
  }
}

const valueName = (member) => (member === "cargo_capacity" ? "cargo" : member);
