// SPDX-License-Identifier: Apache-2.0
// The page at /vessels/ID/tally, for a tablet in gloves: each press of a cargo's button is a tally. It works without a
// signal as well as with one, for all that it shows of a person's own work comes from the outbox.
import { announce, announceError } from "./announce.js";
import { berthLabel, cargoWord, statusWord } from "./words.js";
import { cargoButtons } from "./sheet-cargo.js";
import { codeMeans } from "./scanner.js";
import { corrections } from "./corrections.js";
import { freshness } from "./freshness.js";
import { h, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { keepsNothing, onOutbox, sentOf, undo, waitingOf } from "./outbox.js";
import { listenToKeys } from "./sheet-keys.js";
import { messagePage } from "./not-found.js";
import { isCounted, movedHere, readSheet, scannedBefore, sittingSince } from "./sheet-model.js";
import { newUuid } from "./uuid.js";
import { openDialog } from "./dialog.js";
import { personalKey, recall, remember } from "./memory.js";
import { sheetChoices } from "./sheet-choices.js";
import { sheetFigures, sheetLines } from "./sheet-lines.js";
import { sheetState } from "./sheet-state.js";
import { skeleton } from "./section.js";
import { follow } from "./live.js";
import { statusPill } from "./status.js";
import { t } from "./texts.js";
import { tallyEntry, tallyWords, voidEntry } from "./entry.js";
import { vesselPath } from "./routes.js";

export function tallySheetPage(frame, { id }) {
  const { api, me, sending } = frame;
  frame.setTitle(t("Tally sheet"));
  const sinceKey = personalKey(me.id, `sitting.${id}`);
  const who = recall(personalKey(me.id, "who")) ?? me.display_name;
  let vessel = null;
  let meta = null;
  let clock = null;
  let since = null;
  let sheet = readSheet({ entries: [], sent: [], vesselId: id, since: 0 });
  let chosen = "";
  let gone = false;
  let reading = false;
  let readAgain = false;
  const scanned = new Set();    // units on their way into the outbox

  const state = sheetState({ onSend: () => sending.now() });
  const told = corrections({ api, me, vesselId: id, vesselName: () => vessel?.name ?? "", clock: () => clock });
  const choices = sheetChoices({ me, vesselId: id, onChange: draw });
  const cargo = cargoButtons({ onPress: (name) => press(name) });
  const figures = sheetFigures({ onNewSitting: () => begin(api.now()) });
  const lines = sheetLines({ onUndo: takeBack });
  const page = frameOf({ id, onUndo: undoLast, onRetry: () => polling.ask(), state, told, choices, cargo, figures, lines });

  function begin(at) {
    since = at;
    remember(sinceKey, String(at));
    read();
  }

  // All that is shown of the person's own work, anew from the outbox.
  async function read() {
    if (reading) {
      readAgain = true;
      return;
    }
    reading = true;
    do {
      readAgain = false;
      const [entries, sent] = await Promise.all([waitingOf(me.id), sentOf(me.id)]);
      if (since === null) {
        since = sittingSince(Number(recall(sinceKey) ?? NaN), [...entries, ...sent].filter((entry) => entry.vesselId === id), api.now());
        remember(sinceKey, String(since));
      }
      sheet = readSheet({ entries, sent, vesselId: id, since });
    } while (readAgain);
    reading = false;
    draw();
  }

  function draw() {
    if (gone || !vessel) return;
    const working = vessel.status === "operations_active";
    const now = api.now();
    const here = new Set([...sheet.here.keys()].map((key) => key.split(" ")[1]));
    const moved = vessel.loaded + vessel.discharged + [...here].reduce((sum, name) => sum + movedHere(sheet.here, name), 0);
    choices.update({ now, meta, working });
    const context = { vessel, meta, sheet, amount: choices.amount(), working };
    cargo.update({ ...context, chosen });
    if (!chosen) {
      [chosen] = cargo.order();
      cargo.update({ ...context, chosen });
    }
    figures.update(sheet, vessel, moved, now);
    lines.update(sheet.lines, clock);
    page.update({ vessel, working, last: lastLine() });
    drawState();
  }

  const drawState = () => state.update(sheet, sending.state());
  const lastLine = () => sheet.lines.find(isCounted) ?? null;

  function say(text, wrong = false) {
    page.say(text, wrong);
    (wrong ? announceError : announce)(text);
  }

  async function press(name, { count = choices.amount(), note } = {}) {
    if (vessel?.status !== "operations_active") return;
    chosen = name;
    if (count === null) {
      choices.complain();
      draw();
      return;
    }
    const now = api.now();
    const body = { id: newUuid(), ...choices.read(now, meta), cargo_type: name, count, tallied_at: new Date(now).toISOString(), tallied_by: who, ...(note && { note }) };
    navigator.vibrate?.(20);
    sending.put(tallyEntry({ me, vesselId: id, vesselName: vessel.name, body }));
    say(note ? t("{tally}, {unit}", { tally: tallyWords(body), unit: note }) : tallyWords(body));
  }

  async function takeBack({ entry }) {
    const tally = { ...entry.body, id: entry.id };
    const done = await undo(entry.id, voidEntry({ me, vesselId: id, vesselName: vessel.name, tally, body: { tallied_by: who }, at: new Date(api.now()).toISOString() }));
    if (done === "already") {
      say(t("It was taken back before, which the server refused: see what is not stored yet."), true);
      return;
    }
    scanned.delete(entry.body.note);
    say(t("Taken back: {tally}", { tally: tallyWords(entry.body) }));
  }

  function undoLast() {
    const line = lastLine();
    if (line) takeBack(line);
  }

  function choose(index) {
    const name = cargo.order()[index];
    if (!name) return;
    chosen = name;
    draw();
    say(t("{cargo} chosen", { cargo: cargoWord(name) }));
  }

  async function scan(code) {
    if (!vessel) return;
    if (document.querySelector("dialog[open]")) {
      announceError(t("Answer the question first. {code} is not recorded.", { code }));
      return;
    }
    if (vessel.status !== "operations_active") {
      say(t("Tallies are recorded while a vessel is being worked. This one: {status}.", { status: statusWord(vessel.status) }), true);
      return;
    }
    const means = codeMeans(code, meta.cargo_types.map((name) => [name, cargoWord(name)]));
    if (!means) say(t("This code says nothing here: {code}", { code }), true);
    else if (means.cargo) press(means.cargo);
    else await unit(means.unit);
  }

  async function unit(number) {
    const before = scannedBefore(sheet.lines, number);
    const record = () => {
      scanned.add(number);
      return press(chosen, { count: 1, note: number });
    };
    if (!before && !scanned.has(number)) {
      record();
      return;
    }
    announceError(t("{unit} was scanned before", { unit: number }));
    await openDialog({
      title: t("{unit} was scanned before", { unit: number }),
      text: before ? t("It was recorded at {time} in this sitting. Is it another one?", { time: clock.time(before.entry.madeAt) }) : t("It was recorded in this sitting. Is it another one?"),
      no: t("Leave it"),
      actions: [{ label: t("Record it again"), kind: "primary", act: record }],
    });
  }

  async function offerPlaces() {
    const { data } = await api.get(`/api/vessels/${id}/tallies?sort=-tallied_at&per_page=50&count=none`);
    choices.offerPlaces(data.data.map(({ location }) => location).filter(Boolean));
  }

  let totals = "";
  const polling = follow(api, [`/api/vessels/${id}`], {
    async load(etag) {
      const answer = await api.get(`/api/vessels/${id}`, { etag });
      meta ??= await api.meta();
      return answer;
    },
    onData({ data }) {
      if (gone) return;
      const first = vessel === null;
      vessel = data;
      clock = frame.setZone(meta.timezone);
      frame.setTitle(t("Tally sheet: {vessel}", { vessel: vessel.name }));
      if (first) {
        offerPlaces().catch(() => {});
        read();
      } else draw();
      const next = [vessel.loaded, vessel.discharged, vessel.damaged].join();
      if (next !== totals) told.look();
      totals = next;
    },
    onState(stateOfPolling) {
      page.fresh.set(stateOfPolling);
      if (!vessel && stateOfPolling.error?.status === 404) {
        polling.stop();
        page.node.replaceChildren(messagePage(t("There is no such vessel"), t("No vessel has the number {number}. It may have been typed wrongly.", { number: id })));
      }
    },
  });

  const stopHearing = onOutbox(({ results }) => {
    read();
    // The totals on the screen are to have what was stored.
    if (results.length > 0) polling.ask();
  });
  const stopWatching = sending.onState(drawState);
  const stopKeys = listenToKeys({ choose, record: () => chosen && press(chosen), undo: undoLast, scan });
  const ticking = setInterval(drawState, 1000);
  // Nobody closes a page unasked that is the only place where something lies.
  const warn = (event) => keepsNothing() && sheet.waiting > 0 && event.preventDefault();
  addEventListener("beforeunload", warn);

  return {
    node: page.node,
    stop() {
      gone = true;
      clearInterval(ticking);
      for (const stop of [polling.stop, page.fresh.stop, told.stop, stopHearing, stopWatching, stopKeys]) stop();
      removeEventListener("beforeunload", warn);
    },
  };
}

function frameOf({ id, onUndo, onRetry, state, told, choices, cargo, figures, lines }) {
  const name = h("h1", null, t("Vessel {number}", { number: id }));
  const pill = statusPill();
  const sub = h("p", { class: "page-head__sub" }, t("Tally sheet"));
  const fresh = freshness(onRetry);
  const reason = h("p", { class: "notice", hidden: true });
  const last = h("button", { type: "button", class: "button sheet__undo", onclick: onUndo, disabled: true }, t("Undo"));
  const said = h("p", { class: "sheet__said" });
  // How old the figures are comes last: nothing above it may move while somebody is about to press.
  const parts = h("div", { class: "sheet" },
    h("div", { class: "sheet__main" }, choices.node, cargo.node, h("div", { class: "sheet__bar" }, last, said)),
    h("div", { class: "sheet__side" }, figures.node, lines.node, fresh.node));
  const waiting = h("div", { class: "sheet", "aria-hidden": "true" }, skeleton(3, "panel"));
  const node = h("div", { class: "sheet-page", "data-state": "loading", "aria-busy": "true" },
    h("p", { class: "crumbs" }, h("a", { class: "crumbs__link", href: vesselPath(id) }, icon("back"), t("Vessel"))),
    h("div", { class: "page-head" }, h("div", null, h("div", { class: "page-head__line" }, name, pill.node), sub)),
    state.node, told.node, reason, waiting);
  return {
    node,
    fresh,
    say(text, wrong) {
      setText(said, text);
      setAttr(said, "data-wrong", wrong);
    },
    update({ vessel, working, last: line }) {
      if (node.dataset.state !== "ready") {
        waiting.replaceWith(parts);
        node.dataset.state = "ready";
        node.removeAttribute("aria-busy");
      }
      setText(name, vessel.name);
      pill.update(vessel.status);
      setText(sub, [t("Tally sheet"), vessel.berth && berthLabel(vessel.berth)].filter(Boolean).join(" · "));
      reason.hidden = working;
      setText(reason, working ? "" : t("Tallies are recorded while a vessel is being worked. This one: {status}.", { status: statusWord(vessel.status) }));
      last.disabled = line === null;
      setText(last, line ? t("Undo {tally}", { tally: tallyWords(line.entry.body) }) : t("Undo"));
    },
  };
}
