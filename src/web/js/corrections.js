// SPDX-License-Identifier: Apache-2.0
// Own tallies that somebody else voided meanwhile: told, and the person decides whether they are recorded again.
import { announceError } from "./announce.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { noteSent, recordAgain, sentOf, waitingOf } from "./outbox.js";
import { newUuid } from "./uuid.js";
import { t } from "./texts.js";
import { tallyEntry, tallyWords } from "./entry.js";
import { voidedByOthers } from "./sheet-model.js";

const PER_PAGE = 100;
const MOST_PAGES = 20;
// The newest page is looked at when the totals moved; further back only now and then, for it may be many pages.
const OFTEN = 5000;
const SELDOM = 5 * 60000;

// Returns {node, look(), stop}. look() is called whenever the vessel's totals are news.
export function corrections({ api, me, vesselId, vesselName, clock }) {
  const list = h("ul", { class: "corrections__list" });
  const node = h("section", { class: "corrections", "aria-label": t("Voided by others"), hidden: true }, list);
  const shown = new Map();
  let lookedAt = -Infinity;
  let lookedFarAt = -Infinity;
  let timer = null;
  let looking = false;
  let stopped = false;

  function look() {
    clearTimeout(timer);
    const wait = lookedAt + OFTEN - Date.now();
    if (looking || wait > 0) timer = setTimeout(look, Math.max(wait, 500));
    else ask().catch(() => {});         // without an answer there is nothing to tell
  }

  async function ask() {
    looking = true;
    lookedAt = Date.now();
    try {
      const sent = (await sentOf(me.id)).filter((entry) => entry.vesselId === vesselId);
      if (sent.every(({ kind, told }) => kind !== "tally" || told)) return;
      const far = Date.now() - lookedFarAt > SELDOM;
      const rows = await rowsSince(sent, far ? MOST_PAGES : 1);
      if (far) lookedFarAt = Date.now();
      const known = new Set([...sent, ...(await waitingOf(me.id))].filter(({ kind }) => kind === "void").map(({ id }) => id));
      if (!stopped) show(voidedByOthers(rows, sent, known));
    } finally {
      looking = false;
    }
  }

  async function rowsSince(sent, pages) {
    const oldest = Math.min(...sent.map(({ madeAt }) => Date.parse(madeAt)));
    const rows = [];
    let cursor = "";
    for (let page = 0; page < pages; page += 1) {
      const query = new URLSearchParams({ sort: "-tallied_at", per_page: PER_PAGE, count: "none", tallied_at_from: new Date(oldest - 1000).toISOString(), ...(cursor && { cursor }) });
      const { data: { data, pagination } } = await api.get(`/api/vessels/${vesselId}/tallies?${query}`);
      rows.push(...data);
      cursor = pagination.next_cursor;
      if (!cursor) break;
    }
    return rows;
  }

  function show(found) {
    for (const { entry, voiding } of found) {
      if (shown.has(entry.id)) continue;
      if (!entry.voided) noteSent(entry.id, { voided: true });
      const item = row(entry, voiding);
      shown.set(entry.id, item);
      list.append(item);
      announceError(item.querySelector("p").textContent);
    }
    node.hidden = shown.size === 0;
  }

  function row(entry, voiding) {
    const words = { who: voiding?.tallied_by ?? t("Somebody"), tally: tallyWords(entry.body), time: clock().time(entry.madeAt), note: voiding?.note };
    const text = words.note ? t("{who} voided {tally} of {time}: {note}", words) : t("{who} voided {tally} of {time}", words);
    return h("li", { class: "corrections__item", "data-tally": entry.id }, icon("warning"), h("p", null, text),
      h("button", { type: "button", class: "button", onclick: () => done(entry) }, t("Seen")),
      h("button", { type: "button", class: "button", onclick: () => again(entry) }, t("Record again")));
  }

  async function done(entry) {
    await noteSent(entry.id, { told: true });
    shown.get(entry.id)?.remove();
    shown.delete(entry.id);
    node.hidden = shown.size === 0;
  }

  async function again(entry) {
    await recordAgain(entry.id, tallyEntry({ me, vesselId, vesselName: vesselName(), body: { ...entry.body, id: newUuid() } }));
    await done(entry);
  }

  return {
    node,
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
