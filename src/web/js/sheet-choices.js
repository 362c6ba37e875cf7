// SPDX-License-Identifier: Apache-2.0
// What the next presses of a tally sheet mean: what happened, how many each, where, in which shift.
import { checkCount, TYPES } from "./tally-form.js";
import { field, segments, textInput } from "./field.js";
import { h, setText } from "./dom.js";
import { personalKey, recall, remember } from "./memory.js";
import { section } from "./section.js";
import { shiftField } from "./shift-field.js";
import { shiftWord, tallyWord } from "./words.js";
import { t } from "./texts.js";

const AMOUNTS = ["1", "5", "10"];
const OWN = "own";
const MOST_PLACES = 8;

// Returns {node, amount(), complain(), read(now, meta), update({now, meta, working}), offerPlaces(names)}. read() is what a tally has of
// them, {tally_type, location, shift}; onChange is called when any of them changed.
export function sheetChoices({ me, vesselId, onChange }) {
  const type = segments("sheet-type", t("What happened"), TYPES.map((name) => [name, tallyWord(name)]));
  const amount = segments("sheet-amount", t("Each press counts"), [...AMOUNTS.map((number) => [number, number]), [OWN, t("Other")]]);
  const own = field({ name: "own", label: t("Number#count"), control: textInput(6, { inputmode: "numeric", autocomplete: "off" }) });
  const shift = shiftField();
  const places = placeChips(me, vesselId);
  amount.node.classList.add("sheet-amount");
  own.node.hidden = true;
  // On a phone the buttons are more than what seldom changes.
  const wide = matchMedia("(min-width: 600px)");
  const summary = h("summary", { class: "sheet-more__summary" });
  const more = h("details", { class: "sheet-more", open: wide.matches }, summary, h("div", { class: "sheet-more__body" }, places.node, shift.node));
  wide.addEventListener("change", widened);
  const inputs = h("fieldset", { class: "sheet-choices", "aria-label": t("Next presses") }, type.node, amount.node, own.node, more);
  const node = section("choices", t("Next presses"), inputs);
  node.addEventListener("input", changed);
  node.addEventListener("change", changed);

  function widened() {
    more.open ||= wide.matches;
    if (!node.isConnected) wide.removeEventListener("change", widened);
  }

  const sumUp = () => setText(summary, t("Place: {place} · Shift: {shift}", { place: places.value() || t("None#place"), shift: shiftWord(shift.control.value) }));

  function changed(event) {
    const mine = amount.value() === OWN;
    if (own.node.hidden === mine) {
      own.node.hidden = !mine;
      if (mine && event.target.value === OWN) own.control.focus();
    }
    own.setError(mine && own.control.value ? checkCount(own.control.value) : "");
    sumUp();
    onChange();
  }

  return {
    node,
    /** The number of each press; null while the own number is none. */
    amount() {
      const text = amount.value() === OWN ? own.control.value : amount.value();
      return checkCount(text) ? null : Number(text);
    },
    complain() {
      own.setError(checkCount(own.control.value));
      own.control.focus();
    },
    read(now, meta) {
      shift.follow(now, meta);
      return { tally_type: type.value(), shift: shift.control.value, ...(places.value() && { location: places.value() }) };
    },
    update({ now, meta, working }) {
      inputs.disabled = !working;
      shift.follow(now, meta);
      sumUp();
    },
    offerPlaces: places.offer,
  };
}

// Places used on this vessel as chips to choose from, and a field for another.
function placeChips(me, vesselId) {
  const key = personalKey(me.id, `places.${vesselId}`);
  const row = h("div", { class: "places__row" });
  const input = textInput(50, { autocomplete: "off", placeholder: t("Deck 3, hold 2 …"), "aria-label": t("Another place"), onkeydown: (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take();
  }, onchange: take });
  const node = h("fieldset", { class: "places" }, h("legend", { class: "field__label" }, t("Place")), row,
    h("div", { class: "places__new" }, input, h("button", { type: "button", class: "button", onclick: take }, t("Add"))));
  let { names, chosen } = stored();
  draw();

  function stored() {
    try {
      const { names: some, chosen: one } = JSON.parse(recall(key)) ?? {};
      return { names: some.filter((name) => typeof name === "string").slice(0, MOST_PLACES), chosen: typeof one === "string" ? one : "" };
    } catch {
      return { names: [], chosen: "" };
    }
  }

  function keep() {
    remember(key, JSON.stringify({ names, chosen }));
  }

  function take() {
    const name = input.value.trim();
    input.value = "";
    if (!name) return;
    names = [name, ...names.filter((other) => other !== name)].slice(0, MOST_PLACES);
    chosen = name;
    keep();
    draw();
    row.querySelector(":checked")?.focus();
    node.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function draw() {
    const chip = (value, label) => h("label", { class: "places__chip" },
      h("input", { type: "radio", class: "segments__input", name: "sheet-place", value, checked: value === chosen, onchange: () => {
        chosen = value;
        keep();
      } }), h("span", null, label));
    row.replaceChildren(chip("", t("None#place")), ...names.map((name) => chip(name, name)));
  }

  return {
    node,
    value: () => chosen,
    /** Places that others used on this vessel come after one's own. */
    offer(others) {
      const more = [...new Set([...names, ...others])].slice(0, MOST_PLACES);
      if (more.length === names.length) return;
      names = more;
      draw();
    },
  };
}
