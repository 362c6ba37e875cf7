// SPDX-License-Identifier: Apache-2.0
// The page at /outbox: what this person recorded here and is not stored yet. What the server refused waits for the person's decision.
import { announce } from "./announce.js";
import { cargoWord } from "./words.js";
import { checkCount, MAX_COUNT } from "./tally-form.js";
import { count } from "./format.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { empty, section } from "./section.js";
import { field, Invalid, setChoices, stepper } from "./field.js";
import { giveUp, keepsNothing, onOutbox, replace, retry, waitingOf } from "./outbox.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { newUuid } from "./uuid.js";
import { onTheWay } from "./outbox-send.js";
import { questions } from "./outbox-words.js";
import { sheetState } from "./sheet-state.js";
import { statusPill } from "./status.js";
import { t, tn } from "./texts.js";
import { tallyEntry, tallyWords } from "./entry.js";
import { vesselPath } from "./routes.js";

const SHOWN = 20;

export function outboxPage(frame) {
  const { api, me, sending } = frame;
  frame.setTitle(t("Not stored yet"));
  const state = sheetState({ onSend: () => sending.now() });
  const body = h("div", { class: "outbox__body" });
  const node = h("div", { class: "outbox", "data-state": "loading" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, t("Not stored yet")),
      h("p", { class: "page-head__sub" }, t("What you recorded on this device and the server does not have yet. Only you can send it.")))),
    state.node, body);
  const vessels = new Map();    // as they are now, for whoever decides
  let entries = [];
  let gone = false;

  async function read() {
    entries = await waitingOf(me.id);
    draw();
  }

  function draw() {
    if (gone) return;
    const asked = questions(entries);
    const waiting = onTheWay(entries);
    replaceKeepingFocus(body,
      asked.map(question),
      waiting.length > 0 && section("waiting", tn(waiting.length, "{n} entry waits", "{n} entries wait"), list(waiting)),
      entries.length === 0 && section("waiting", t("Nothing waits"), empty(t("All that you recorded on this device is stored."))));
    node.dataset.state = "ready";
    drawState();
    for (const { vesselId } of asked) lookAt(vesselId);
  }

  // What was refused says so itself.
  function drawState() {
    const waiting = onTheWay(entries).length;
    state.node.hidden = waiting === 0 && !keepsNothing();
    state.update({ waiting, refused: 0 }, sending.state());
  }

  // Whether it is worked again matters for the decision; without an answer the question stands without it.
  async function lookAt(vesselId) {
    if (vessels.has(vesselId)) return;
    vessels.set(vesselId, null);
    try {
      vessels.set(vesselId, (await api.get(`/api/vessels/${vesselId}`)).data.data);
      draw();
    } catch {
      vessels.delete(vesselId);
    }
  }

  function question({ key, vesselId, vesselName, kind, decision, entries: rows }) {
    const vessel = vessels.get(vesselId);
    const pill = vessel && statusPill();
    pill?.update(vessel.status);
    const many = rows.length > 1;
    const buttons = {
      again: () => h("button", { type: "button", class: "button", "data-key": `again-${key}`, onclick: () => again(rows) }, many ? t("Send all again") : t("Send again")),
      correct: () => !many && h("button", { type: "button", class: "button button--primary", "data-key": `correct-${key}`, onclick: () => correct(rows[0]) }, t("Correct")),
      drop: () => h("button", { type: "button", class: "button button--danger", "data-key": `drop-${key}`, onclick: () => drop(rows, decision) }, many ? t("Give all up") : t("Give up")),
    };
    const title = kind === "void" ? tn(rows.length, "{n} void was refused", "{n} voids were refused") : tn(rows.length, "{n} tally was refused", "{n} tallies were refused");
    return section("refused", title,
      h("p", { class: "outbox__vessel" }, h("a", { href: vesselPath(vesselId), "data-key": `vessel-${key}` }, vessel?.name || vesselName || t("Vessel {number}", { number: vesselId })), pill?.node),
      h("p", null, decision.why), decision.detail && h("p", { class: "table__sub" }, t("The server says: {reason}", { reason: decision.detail })),
      list(rows, many && decision.offers.includes("correct")),
      h("div", { class: "outbox__buttons" }, decision.offers.map((offer) => buttons[offer]())));
  }

  function list(rows, correctable = false) {
    const clock = frame.setZone();
    return [h("ol", { class: "lines" }, rows.slice(0, SHOWN).map((entry) => h("li", { class: "lines__item", "data-entry": entry.id },
      h("span", { class: "lines__what" }, entry.kind === "void" ? t("Void of {tally}", { tally: tallyWords(entry.what) }) : tallyWords(entry.body),
        h("span", { class: "table__sub" }, [clock.near(entry.madeAt, api.now()), entry.state === "waiting" && entry.vesselName, entry.body.location, entry.body.note,
          entries.some(({ of }) => of === entry.id) && t("taken back by you"), entry.inMemory && t("in this page only")].filter(Boolean).join(" · "))),
      correctable && h("button", { type: "button", class: "button button--quiet", "data-key": `correct-${entry.id}`, "aria-label": t("Correct {tally}", { tally: tallyWords(entry.body) }), onclick: () => correct(entry) }, t("Correct"))))),
    rows.length > SHOWN && h("p", { class: "empty" }, t("and {count} more", { count: count(rows.length - SHOWN) }))];
  }

  async function again(rows) {
    await retry(rows.map(({ id }) => id));
    sending.now();
    announce(t("Sending…"));
  }

  function drop(rows, { why }) {
    return confirmDialog({
      title: tn(rows.length, "Give {n} entry up?", "Give {n} entries up?"),
      text: `${why} ${rows[0].kind === "void" ? t("Given up, the tally stays as the server has it.") : t("Given up, it is removed from this device and does not count: {tallies}.", { tallies: rows.slice(0, 5).map(({ body: it }) => tallyWords(it)).join("; ") })}`,
      yes: t("Give up"),
      no: t("Keep it"),
    }, async () => {
      for (const { id } of rows) await giveUp(id);
      announce(t("Given up."));
    });
  }

  async function correct(entry) {
    const fields = {
      cargo_type: field({ name: "cargo_type", label: t("Cargo"), control: h("select", { class: "input" }) }),
      count: field({ name: "count", label: t("Count"), control: h("input", { type: "text", class: "input stepper__input", inputmode: "numeric", autocomplete: "off", maxlength: 6, value: String(entry.body.count) }), around: (input) => stepper(input, { min: 1, max: MAX_COUNT }) }),
    };
    const known = await api.meta().then((meta) => meta.cargo_types, () => []);
    setChoices(fields.cargo_type.control, [...new Set([entry.body.cargo_type, ...known])].map((name) => [name, cargoWord(name)]));
    // What isn't asked for and was found wrong is left out.
    const kept = Object.fromEntries(Object.entries(entry.body).filter(([name]) => !(entry.problem.errors ?? []).some((error) => error.field === name)));
    await openDialog({
      title: t("Correct the tally"),
      text: t("It is sent as a new tally, counted at {time}.", { time: frame.setZone().full(entry.madeAt) }),
      extra: h("div", { class: "form" }, Object.values(fields).map((item) => item.node)),
      fields,
      actions: [{
        label: t("Send corrected"),
        kind: "primary",
        async act() {
          const wrong = checkCount(fields.count.control.value);
          if (wrong) throw new Invalid([{ field: "count", detail: wrong }]);
          const corrected = { tallied_at: entry.madeAt, tally_type: entry.body.tally_type, ...kept, id: newUuid(), cargo_type: fields.cargo_type.control.value, count: Number(fields.count.control.value) };
          await replace(entry.id, tallyEntry({ me, vesselId: entry.vesselId, vesselName: entry.vesselName, body: corrected }));
          sending.now();
        },
      }],
    });
  }

  read();
  const stopHearing = onOutbox(read);
  const stopWatching = sending.onState(drawState);
  const ticking = setInterval(drawState, 1000);
  return {
    node,
    stop() {
      gone = true;
      clearInterval(ticking);
      stopHearing();
      stopWatching();
    },
  };
}
