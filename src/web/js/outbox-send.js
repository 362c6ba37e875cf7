// SPDX-License-Identifier: Apache-2.0
// Sends what waits in the outbox. An entry leaves it only when the server's answer for its id says that it is stored;
// whatever goes wrong before that, it is sent again under the same id, and the server stores an id once.
import { t } from "./texts.js";

/** Rows of one request, as the server takes them. */
export const BATCH = 100;
const LOCK = "stevedores-outbox";
const OURS = "urn:stevedores:problem:";
// The whole request is refused for what one of its rows is.
const FOR_ONE_ROW = [400, 413, 422];

// One sender at a time, of all tabs and the worker. Where there are no locks (plain http) two may send the same: it is stored once.
export const alone = (work, locks = globalThis.navigator?.locks) => (locks ? locks.request(LOCK, work) : work());

/** What goes next: the tallies of the vessel whose turn it is, then a void whose tally is not waiting any more. */
export function nextBatch(entries) {
  const waiting = entries.filter(({ state }) => state === "waiting");
  const tallies = waiting.filter(({ kind }) => kind === "tally");
  if (tallies.length > 0) return tallies.filter(({ vesselId }) => vesselId === tallies[0].vesselId).slice(0, BATCH);
  const ids = new Set(entries.map(({ id }) => id));
  return waiting.filter(({ of }) => !ids.has(of)).slice(0, 1);
}

/** What waits for nothing but the network: not the void of a tally that was refused, which a person decides about first. */
export function onTheWay(entries) {
  const refused = new Set(entries.filter(({ state }) => state === "refused").map(({ id }) => id));
  return entries.filter(({ state, of }) => state === "waiting" && !refused.has(of));
}

/**
 * Sends all that the person who is logged in has waiting in store; what is another's stays. onResults(results) is told what became of each:
 * {entry, status, data} stored, {entry, problem} refused. Throws an ApiError when it could not go on.
 */
export async function sendWaiting({ store, api, onResults = () => {} }) {
  if (onTheWay(await store.list()).length === 0) return;
  const { data: { data: { id: userId } }, storedAt } = await api.get("/api/me");
  if (storedAt) throw noAnswer();       // who is logged in is what the server says now, not what this device remembers
  for (;;) {
    const next = nextBatch(await store.list(userId));
    if (next.length === 0) return;
    // What was undone meanwhile is not in it.
    const batch = await store.attempt(next.map(({ id }) => id));
    if (batch.length > 0) await send(batch);
  }

  async function send(batch) {
    try {
      await settle(batch.length === 1 ? [await one(batch[0])] : await many(batch));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (batch.length > 1 && FOR_ONE_ROW.includes(error.status)) {
        const half = batch.length >> 1;
        await send(batch.slice(0, half));
        await send(batch.slice(half));
      } else {
        await settle(batch.map((entry) => ({ entry, problem: asProblem(error) })));
      }
    }
  }

  async function one(entry) {
    const { status, data } = await api.post(entry.kind === "void" ? `/api/tallies/${entry.of}/void` : `/api/vessels/${entry.vesselId}/tallies`, entry.body);
    return stored(entry, status, data.data);
  }

  // The answer has a row for each row, in their order.
  async function many(batch) {
    const { data } = await api.post(`/api/vessels/${batch[0].vesselId}/tallies`, batch.map(({ body }) => body));
    if (data.data?.length !== batch.length) throw noAnswer();
    return data.data.map((row, index) => (row.problem ? { entry: batch[index], problem: row.problem } : stored(batch[index], row.status, row.data)));
  }

  async function settle(results) {
    await store.settle(results.map(({ entry, problem }) => (problem ? { id: entry.id, problem } : { id: entry.id, stored: true })));
    onResults(results);
  }
}

// Something between here and the server may answer as it likes: only a row with the entry's id is the entry, stored.
function stored(entry, status, data) {
  if (data?.id !== entry.id) throw noAnswer();
  return { entry, status, data };
}

const noAnswer = () => Object.assign(new Error(t("No answer from the server")), { status: 0, unsettled: true, retryAfter: null });

// Likewise a refusal is only what the program refused; 401 is about who asks.
const isRefusal = (error) => !error.unsettled && error.status >= 400 && error.status !== 401 && (error.type ?? "").startsWith(OURS);

const asProblem = ({ status, type, message, fields }) => ({ status, type, detail: message, errors: fields });
