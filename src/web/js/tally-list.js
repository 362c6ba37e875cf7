// SPDX-License-Identifier: Apache-2.0
// A vessel's tallies, newest first, a page at a time; a wrong one can be voided.
import { announce } from "./announce.js";
import { cargoWord, shiftWord, tallyWord } from "./words.js";
import { confirmDialog } from "./dialog.js";
import { count } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { field, textInput } from "./field.js";
import { h, replaceKeepingFocus, setText } from "./dom.js";
import { giveUp, keepsNothing } from "./outbox.js";
import { t } from "./texts.js";
import { voidEntry } from "./entry.js";

const PER_PAGE = 10;

// Returns {node, setClock, refresh, toNewest}. onVoided is called when a tally was voided; who() names the person. Without mayVoid there are no buttons for it.
export function tallyList({ api, me, sending, vesselId, who, mayVoid, onVoided }) {
  const body = h("div", { class: "panel__body" }, skeleton(5, "row"));
  const total = h("p", { class: "panel__aside" });
  const previous = h("button", { type: "button", class: "button", "data-key": "previous", onclick: () => turn(page.prev_cursor) }, t("Newer"));
  const next = h("button", { type: "button", class: "button", "data-key": "next", onclick: () => turn(page.next_cursor) }, t("Older"));
  const where = h("span", { class: "pages__where" });
  const pages = h("nav", { class: "pages", "aria-label": t("Pages of tallies") }, previous, where, next);
  const node = section("tallies", t("Tallies"), body, pages);
  node.firstChild.append(total);
  pages.hidden = true;

  let clock = null;
  let cursor = null;            // null is the newest page
  let page = {};
  let number = 1;
  let asked = 0;

  async function refresh() {
    const turnNumber = (asked += 1);
    const query = new URLSearchParams({ sort: "-tallied_at", per_page: PER_PAGE });
    if (cursor) query.set("cursor", cursor);
    try {
      const { data } = await api.get(`/api/vessels/${vesselId}/tallies?${query}`);
      // An answer that was overtaken by a later question is not shown.
      if (turnNumber === asked) show(data);
    } catch (error) {
      if (turnNumber === asked && !body.querySelector("table")) body.replaceChildren(empty(t("The tallies could not be loaded. {reason}.", { reason: error.message })));
    }
  }

  function turn(to) {
    number += to === page.next_cursor ? 1 : -1;
    cursor = number <= 1 ? null : to;
    number = Math.max(1, number);
    return refresh().then(() => announce(where.textContent));
  }

  function show({ data, pagination }) {
    page = pagination;
    setText(total, pagination.total === null ? "" : t("{count} in all", { count: count(pagination.total) }));
    replaceKeepingFocus(body, data.length === 0 ? empty(t("Nothing was tallied yet.")) : table(data));
    pages.hidden = !pagination.next_cursor && number === 1;
    previous.disabled = number === 1;
    next.disabled = !pagination.next_cursor;
    setText(where, pagination.total === null ? t("Page {number}", { number: count(number) })
      : t("Page {number} of {pages}", { number: count(number), pages: count(Math.max(number, Math.ceil(pagination.total / PER_PAGE))) }));
  }

  function table(tallies) {
    return h(
      "table",
      { class: "table table--tallies" },
      h("thead", null, h("tr", null,
        h("th", { scope: "col" }, t("Time")),
        h("th", { scope: "col" }, t("Tally")),
        h("th", { scope: "col", class: "num" }, t("Count")),
        mayVoid && h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("Action"))))),
      h("tbody", null, tallies.map(row)),
    );
  }

  function row(tally) {
    const voided = tally.voided_by !== null;
    const correction = tally.voids !== null;
    const what = `${tallyWord(tally.tally_type)} · ${cargoWord(tally.cargo_type)}`;
    const amount = correction ? `−${count(-tally.count)}` : count(tally.count);
    const details = [tally.location, tally.shift && t("{shift} shift", { shift: shiftWord(tally.shift) }), tally.tallied_by, tally.note].filter(Boolean).join(" · ");
    return h(
      "tr",
      { "data-tally": tally.id, "data-voided": voided, "data-correction": correction },
      h("td", null, clock.near(tally.tallied_at, api.now())),
      h("td", null,
        h("span", { class: "tally__what", "data-name": tally.tally_type }, voided ? h("s", null, what) : what),
        voided && h("span", { class: "tag" }, t("voided")),
        correction && h("span", { class: "tag" }, t("correction")),
        details && h("span", { class: "table__sub" }, details)),
      h("td", { class: "num tally__count" }, voided ? h("s", null, amount) : amount),
      mayVoid && h("td", { class: "table__action" }, !voided && !correction
        && h("button", { type: "button", class: "button button--quiet", "data-key": `void-${tally.id}`, "aria-label": t("Void {amount} × {what}", { amount, what }), onclick: () => askToVoid(tally, what) }, t("Void#verb"))),
    );
  }

  function askToVoid(tally, what) {
    const note = field({ name: "note", label: t("Reason"), hint: t("optional"), control: textInput(500, { autocomplete: "off" }) });
    confirmDialog(
      {
        title: t("Void this tally?"),
        text: t("{count} × {what}, tallied {time}. It stays in the list, struck through, and is taken out of all totals. This can't be undone.",
          { count: count(tally.count), what, time: clock.full(tally.tallied_at) }),
        extra: note.node,
        yes: t("Void the tally"),
        no: t("Keep it"),
      },
      async () => {
        const body = {};
        const name = who();
        if (name) body.tallied_by = name;
        if (note.control.value.trim()) body.note = note.control.value.trim();
        const entry = voidEntry({ me, vesselId, vesselName: "", tally, body, at: new Date(api.now()).toISOString() });
        const outcome = await sending.put(entry);
        if (outcome?.problem) {
          // Told here, it need not be told again.
          await giveUp(entry.id);
          throw Object.assign(new Error(outcome.problem.detail), { fields: (outcome.problem.errors ?? []).filter(({ field: at }) => at !== "id") });
        }
        announce(outcome ? t("Voided: {count} × {what}.", { count: count(tally.count), what })
          : keepsNothing() ? t("No answer yet. Leave this page open until the void is stored.")
            : t("No answer yet. The void is kept on this device and is sent until it is stored."));
        onVoided();
        await refresh();
      },
    );
  }

  return {
    node,
    refresh,
    setClock(value) {
      clock = value;
    },
    // A new tally shows on the newest page only.
    toNewest() {
      cursor = null;
      number = 1;
      return refresh();
    },
  };
}
