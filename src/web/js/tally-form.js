// SPDX-License-Identifier: Apache-2.0
// Records a tally. It is sent until the server has settled it, always under the same id (see deliver.js).
import { announce, announceError } from "./announce.js";
import { cargoWord, shiftWord, statusWord, tallyWord } from "./words.js";
import { count } from "./format.js";
import { createWait, deliver } from "./deliver.js";
import { dropPending, keepPending, pendingTally } from "./pending.js";
import { clearErrors, field, placeErrors, segments, setChoices, stepper, textInput } from "./field.js";
import { h, setText } from "./dom.js";
import { newUuid } from "./uuid.js";
import { personalKey, recall, remember } from "./memory.js";
import { section } from "./section.js";
import { shiftAt } from "./shift.js";

const MAX_COUNT = 10000;
// After a tally is stored the button rests: the second half of a double click must not record another.
const REST = 900;
// As words.js names them; the server has the last word on every value.
const TYPES = ["loaded", "discharged", "damaged"];
const SHIFTS = ["morning", "afternoon", "night"];

export const checkCount = (text) => {
  const value = text.trim();
  if (!/^\d+$/.test(value)) return "Enter a whole number.";
  return Number(value) >= 1 && Number(value) <= MAX_COUNT ? "" : `Enter a number from 1 to ${count(MAX_COUNT)}.`;
};

// Returns {node, update(vessel, meta, clock), stop}. me is who records. onStored(tally, isNew) is called once for each stored tally.
export function tallyForm({ api, me, vesselId, onStored }) {
  const whoKey = personalKey(me.id, "who");
  const type = segments("tally_type", "What happened", TYPES.map((name) => [name, tallyWord(name)]));
  const fields = {
    cargo_type: field({ name: "cargo_type", label: "Cargo", control: h("select", { class: "input" }), wide: true }),
    count: field({
      name: "count",
      label: "Count",
      control: h("input", { type: "text", class: "input stepper__input", inputmode: "numeric", autocomplete: "off", maxlength: 6, value: "1" }),
      around: (input) => stepper(input, { min: 1, max: MAX_COUNT }),
      wide: true,
    }),
    location: field({ name: "location", label: "Location", hint: "optional", control: textInput(50, { autocomplete: "off", placeholder: "Deck 3, hold 2 …" }) }),
    shift: field({ name: "shift", label: "Shift", control: h("select", { class: "input" }) }),
    tallied_by: field({ name: "tallied_by", label: "Tallied by", hint: "optional", control: textInput(100, { autocomplete: "name", value: recall(whoKey) ?? me.display_name }) }),
    note: field({ name: "note", label: "Note", hint: "optional", control: textInput(500, { autocomplete: "off" }) }),
  };
  const submit = h("button", { type: "submit", class: "button button--primary button--big" }, "Record tally");
  const result = h("p", { class: "form__result" });
  const again = h("button", { type: "button", class: "button", hidden: true, onclick: () => pause.wake() }, "Try now");
  const inputs = h("fieldset", { class: "form__inputs", "aria-label": "Tally", disabled: true },
    type.node, Object.values(fields).map((item) => item.node), submit);
  const reason = h("p", { class: "notice", hidden: true });
  const form = h("form", { class: "form", novalidate: true, onsubmit: record, oninput: relabel, onchange: relabel }, reason, inputs, h("div", { class: "form__outcome" }, result, again));
  const node = section("record", "Record a tally", form);

  const pause = createWait();
  let draftId = newUuid();
  let working = false;          // the vessel takes tallies
  let sending = false;
  let resting = null;
  let stopped = false;
  let chosenShift = false;
  setChoices(fields.shift.control, SHIFTS.map((name) => [name, shiftWord(name)]));
  fields.shift.control.addEventListener("change", () => (chosenShift = true));
  const online = () => pause.wake();
  addEventListener("online", online);

  const left = pendingTally(me.id, vesselId);
  if (left) send(left);

  function record(event) {
    event.preventDefault();
    if (sending || resting || !working) return;
    clearErrors(fields);
    const wrong = checkCount(fields.count.control.value);
    if (wrong) {
      show("error", "The tally was not recorded.");
      showErrors([{ field: "count", detail: wrong }]);
      return;
    }
    const who = fields.tallied_by.control.value.trim();
    remember(whoKey, who === me.display_name ? null : who || null);
    send(read());
  }

  // Empty fields are left out. The time is told, so that a tally sent again later still counts for its hour.
  function read() {
    const tally = { id: draftId, tally_type: type.value(), tallied_at: new Date(api.now()).toISOString() };
    for (const [name, { control }] of Object.entries(fields)) {
      const value = control.value.trim();
      if (value) tally[name] = name === "count" ? Number(value) : value;
    }
    return tally;
  }

  async function send(tally) {
    sending = true;
    keepPending(me.id, vesselId, tally);
    show("busy", "Sending…");
    enable();
    try {
      const answer = await deliver(() => api.post(`/api/vessels/${vesselId}/tallies`, tally), { wait: pause.wait, onRetry: waitForNetwork });
      settle();
      stored(answer.data.data, answer.status === 201);
    } catch (error) {
      if (error.status === 401) {
        keptForLogin();
        return;
      }
      settle();
      refused(error);
    }
  }

  function settle() {
    dropPending(me.id, vesselId);
    sending = false;
    again.hidden = true;
    // Settled either way: whatever is recorded next is another tally.
    draftId = newUuid();
  }

  function stored(tally, isNew) {
    const text = `Recorded: ${count(tally.count)} × ${cargoWord(tally.cargo_type)}, ${tallyWord(tally.tally_type).toLowerCase()}.`;
    show("done", text);
    announce(text);
    fields.count.control.value = "1";
    fields.note.control.value = "";
    relabel();
    if (!stopped) {
      resting = setTimeout(() => {
        resting = null;
        enable();
      }, REST);
    }
    enable();
    onStored(tally, isNew);
  }

  function refused(error) {
    const unplaced = showErrors(error.fields);
    const text = `The tally was not recorded. ${error.fields.length === 0 ? error.message : unplaced.join(" ")}`.trim();
    show("error", text);
    announceError(text);
    enable();
  }

  // The session ended. The tally stays kept, and this page sends it when the person has logged in again.
  function keptForLogin() {
    sending = false;
    again.hidden = true;
    show("waiting", "You are no longer logged in. The tally is kept on this device and is sent when you log in again.");
    enable();
  }

  function waitForNetwork({ delay }) {
    const text = "No answer yet. The tally is kept on this device and is sent again until it is stored.";
    if (result.textContent !== text) announceError(text);
    show("waiting", text);
    again.hidden = false;
    setText(again, delay > 2000 ? `Try now (next try in ${Math.round(delay / 1000)} s)` : "Try now");
  }

  function show(state, text) {
    form.dataset.state = state;
    setText(result, text);
  }

  function showErrors(errors) {
    const { unplaced, first } = placeErrors(fields, errors);
    if (first) {
      inputs.disabled = !working;
      first.focus();
    }
    return unplaced;
  }

  // A disabled fieldset would drop the focus, so while a tally is on its way only the button says so.
  function enable() {
    inputs.disabled = !working;
    submit.setAttribute("aria-disabled", String(sending || resting !== null));
  }

  // The button repeats what is about to be recorded.
  function relabel() {
    const wrong = checkCount(fields.count.control.value) !== "";
    const cargo = fields.cargo_type.control.value;
    setText(submit, wrong || !cargo ? "Record tally"
      : `Record ${count(Number(fields.count.control.value))} × ${cargoWord(cargo)}, ${tallyWord(type.value()).toLowerCase()}`);
  }

  return {
    node,
    update(vessel, meta, clock) {
      working = vessel.status === "operations_active";
      reason.hidden = working;
      setText(reason, working ? "" : `Tallies are recorded while a vessel is being worked. This one is ${statusWord(vessel.status).toLowerCase()}.`);
      const planned = vessel.cargo.filter((row) => row.capacity > 0).map((row) => row.cargo_type);
      const other = meta.cargo_types.filter((name) => !planned.includes(name));
      const pairs = (names) => names.map((name) => [name, cargoWord(name)]);
      setChoices(fields.cargo_type.control,
        planned.length === 0 ? pairs(other) : [{ label: "In this vessel's plan", choices: pairs(planned) }, { label: "Other cargo", choices: pairs(other) }]);
      if (!chosenShift) fields.shift.control.value = shiftAt(clock.hourNumber(api.now()));
      enable();
      relabel();
    },
    who: () => fields.tallied_by.control.value.trim(),
    stop() {
      stopped = true;
      clearTimeout(resting);
      removeEventListener("online", online);
    },
  };
}
