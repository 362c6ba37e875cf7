// SPDX-License-Identifier: Apache-2.0
// Records a tally by hand, with all that can be said about it. It goes the way of all tallies: see outbox.js.
import { announce, announceError } from "./announce.js";
import { cargoWord, statusWord, tallyWord } from "./words.js";
import { count } from "./format.js";
import { clearErrors, field, placeErrors, segments, setChoices, stepper, textInput } from "./field.js";
import { giveUp, keepsNothing, onOutbox, waitingOf } from "./outbox.js";
import { h, setText } from "./dom.js";
import { newUuid } from "./uuid.js";
import { onTheWay } from "./outbox-send.js";
import { personalKey, recall, remember } from "./memory.js";
import { section } from "./section.js";
import { sheetPath } from "./routes.js";
import { shiftField } from "./shift-field.js";
import { t, tn } from "./texts.js";
import { tallyEntry, tallyWords } from "./entry.js";

export const MAX_COUNT = 10000;
// After a tally is stored the button rests: the second half of a double click must not record another.
const REST = 900;
// As words.js names them; the server has the last word on every value.
export const TYPES = ["loaded", "discharged", "damaged"];

export const checkCount = (text) => {
  const value = text.trim();
  if (!/^\d+$/.test(value)) return t("Enter a whole number.");
  return Number(value) >= 1 && Number(value) <= MAX_COUNT ? "" : t("Enter a number from 1 to {most}.", { most: count(MAX_COUNT) });
};

// Returns {node, update(vessel, meta), who, stop}. onStored() is called when tallies of the vessel were stored.
export function tallyForm({ api, me, sending, vesselId, onStored }) {
  const whoKey = personalKey(me.id, "who");
  const type = segments("tally_type", t("What happened"), TYPES.map((name) => [name, tallyWord(name)]));
  const optional = t("optional");
  const fields = {
    cargo_type: field({ name: "cargo_type", label: t("Cargo"), control: h("select", { class: "input" }), wide: true }),
    count: field({
      name: "count",
      label: t("Count"),
      control: h("input", { type: "text", class: "input stepper__input", inputmode: "numeric", autocomplete: "off", maxlength: 6, value: "1" }),
      around: (input) => stepper(input, { min: 1, max: MAX_COUNT }),
      wide: true,
    }),
    location: field({ name: "location", label: t("Location"), hint: optional, control: textInput(50, { autocomplete: "off", placeholder: t("Deck 3, hold 2 …") }) }),
    shift: shiftField(),
    tallied_by: field({ name: "tallied_by", label: t("Tallied by"), hint: optional, control: textInput(100, { autocomplete: "name", value: recall(whoKey) ?? me.display_name }) }),
    note: field({ name: "note", label: t("Note"), hint: optional, control: textInput(500, { autocomplete: "off" }) }),
  };
  const submit = h("button", { type: "submit", class: "button button--primary button--big" }, t("Record tally"));
  const result = h("p", { class: "form__result" });
  const again = h("button", { type: "button", class: "button", hidden: true, onclick: () => sending.now() }, t("Try now"));
  const inputs = h("fieldset", { class: "form__inputs", "aria-label": t("Tally"), disabled: true },
    type.node, Object.values(fields).map((item) => item.node), submit);
  const reason = h("p", { class: "notice", hidden: true });
  const form = h("form", { class: "form", novalidate: true, onsubmit: submitted, oninput: relabel, onchange: relabel }, reason, inputs, h("div", { class: "form__outcome" }, result, again));
  const node = section("record", t("Record a tally"), form);
  form.before(h("a", { class: "button form__sheet", href: sheetPath(vesselId) }, t("Open the tally sheet")));

  let draftId = newUuid();
  let vesselName = "";
  let working = false;          // the vessel takes tallies
  let busy = false;
  let resting = null;
  let stopped = false;
  let meta = null;
  const stopHearing = onOutbox(heard);
  const stopWatching = sending.onState(() => form.dataset.state === "waiting" && tellWaiting());
  tellWaiting();

  function submitted(event) {
    event.preventDefault();
    if (busy || resting || !working) return;
    clearErrors(fields);
    const wrong = checkCount(fields.count.control.value);
    if (wrong) {
      show("error", t("The tally was not recorded."));
      showErrors([{ field: "count", detail: wrong }]);
      return;
    }
    const who = fields.tallied_by.control.value.trim();
    remember(whoKey, who === me.display_name ? null : who || null);
    send(read());
  }

  // Empty fields are left out. The time is told, so that a tally sent again later still counts for its hour.
  function read() {
    fields.shift.follow(api.now(), meta);
    const tally = { id: draftId, tally_type: type.value(), tallied_at: new Date(api.now()).toISOString() };
    for (const [name, { control }] of Object.entries(fields)) {
      const value = control.value.trim();
      if (value) tally[name] = name === "count" ? Number(value) : value;
    }
    return tally;
  }

  async function send(body) {
    busy = true;
    show("busy", t("Sending…"));
    enable();
    const outcome = await sending.put(tallyEntry({ me, vesselId, vesselName, body }));
    busy = false;
    // Whatever is recorded next is another tally.
    draftId = newUuid();
    if (outcome?.problem) await refused(body.id, outcome.problem);
    else {
      fields.count.control.value = "1";
      fields.note.control.value = "";
      relabel();
      rest();
      if (outcome === null) await tellWaiting();
    }
    enable();
  }

  function rest() {
    if (stopped) return;
    resting = setTimeout(() => {
      resting = null;
      enable();
    }, REST);
  }

  // Of this vessel, by whichever way it was recorded. What was refused later on is told by the line under the masthead.
  async function heard({ results }) {
    const stored = results.filter(({ entry, problem }) => entry.userId === me.id && entry.vesselId === String(vesselId) && entry.kind === "tally" && !problem);
    if (stopped || stored.length === 0) return;
    onStored();
    if (await tellWaiting()) return;
    const text = t("Recorded: {tally}.", { tally: tallyWords(stored.at(-1).data) });
    show("done", text);
    announce(text);
  }

  // Someone who stands here corrects it here; what isn't about a field stays in the outbox, where a person decides.
  async function refused(id, problem) {
    const errors = problem.errors ?? [];
    const here = errors.length > 0 && errors.every(({ field: name }) => Object.hasOwn(fields, name));
    if (here) await giveUp(id);
    showErrors(here ? errors : []);
    const text = here ? t("The tally was not recorded.")
      : t("The tally was not stored: {reason}. It is kept under “Not stored yet”, where you decide what becomes of it.", { reason: errors[0]?.detail ?? problem.detail });
    show("error", text);
    announceError(text);
  }

  // Whether anything of this vessel waits.
  async function tellWaiting() {
    const waiting = onTheWay(await waitingOf(me.id)).filter(({ vesselId: id }) => id === String(vesselId)).length;
    if (waiting === 0 || busy) return waiting > 0;
    const text = keepsNothing() ? t("No answer yet. This device can't keep anything: leave this page open until the tally is stored.")
      : tn(waiting, "No answer yet. {n} entry is kept on this device and is sent until it is stored.", "No answer yet. {n} entries are kept on this device and are sent until they are stored.");
    if (form.dataset.state !== "waiting") announceError(text);
    show("waiting", text);
    const { nextAt } = sending.state();
    const seconds = nextAt === null ? 0 : Math.round((nextAt - Date.now()) / 1000);
    setText(again, seconds > 2 ? t("Try now (next try in {seconds} s)", { seconds }) : t("Try now"));
    return true;
  }

  function show(state, text) {
    form.dataset.state = state;
    again.hidden = state !== "waiting";
    setText(result, text);
  }

  function showErrors(errors) {
    const { first } = placeErrors(fields, errors);
    if (first) {
      inputs.disabled = !working;
      first.focus();
    }
  }

  // A disabled fieldset would drop the focus, so while a tally is on its way only the button says so.
  function enable() {
    inputs.disabled = !working;
    submit.setAttribute("aria-disabled", String(busy || resting !== null));
  }

  // The button repeats what is about to be recorded.
  function relabel() {
    const wrong = checkCount(fields.count.control.value) !== "";
    const cargo = fields.cargo_type.control.value;
    setText(submit, wrong || !cargo ? t("Record tally")
      : t("Record {tally}", { tally: tallyWords({ count: Number(fields.count.control.value), cargo_type: cargo, tally_type: type.value() }) }));
  }

  return {
    node,
    update(vessel, choices) {
      meta = choices;
      vesselName = vessel.name;
      working = vessel.status === "operations_active";
      reason.hidden = working;
      setText(reason, working ? "" : t("Tallies are recorded while a vessel is being worked. This one: {status}.", { status: statusWord(vessel.status) }));
      const planned = vessel.cargo.filter((row) => row.capacity > 0).map((row) => row.cargo_type);
      const other = meta.cargo_types.filter((name) => !planned.includes(name));
      const pairs = (names) => names.map((name) => [name, cargoWord(name)]);
      setChoices(fields.cargo_type.control,
        planned.length === 0 ? pairs(other) : [{ label: t("In this vessel's plan"), choices: pairs(planned) }, { label: t("Other cargo"), choices: pairs(other) }]);
      fields.shift.follow(api.now(), meta);
      enable();
      relabel();
    },
    who: () => fields.tallied_by.control.value.trim(),
    stop() {
      stopped = true;
      clearTimeout(resting);
      stopHearing();
      stopWatching();
    },
  };
}
