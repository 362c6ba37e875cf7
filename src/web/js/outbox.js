// SPDX-License-Identifier: Apache-2.0
// The one road of all that is recorded on the quay: kept on the device first, then sent until the server has it. It needs no
// document: a page drives it (sending.js), and the service worker when the network is back and no page is open.
import { alone, sendWaiting } from "./outbox-send.js";
import { createApi } from "./api.js";
import { createStore, deviceTables, memoryTables } from "./outbox-store.js";

const CHANNEL = "stevedores-outbox";

const device = createStore(deviceTables());
const memory = createStore(memoryTables());
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
const listeners = new Set();
let last = 0;
// Why this device keeps nothing: "" while it does, "absent" (no IndexedDB) or "full".
let trouble = "";

const settled = async (ask, otherwise) => {
  try {
    return await ask();
  } catch {
    return otherwise;
  }
};

// listener({results}) is called when the outbox changed, here, in another tab or by the worker; results as sendWaiting() tells them.
export function onOutbox(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(results = [], everybody = true) {
  for (const listener of listeners) listener({ results });
  if (everybody) channel?.postMessage({ results });
}

if (channel) {
  channel.onmessage = ({ data }) => tell(data?.results ?? [], false);
  // Node's keeps a process alive; a browser's has no such thing.
  channel.unref?.();
}

/** Later than all that was recorded before on this page. */
const nextPlace = () => (last = Math.max(last + 1, Date.now() * 1000));

/** A new entry as the store wants it; madeAt is when it was counted. */
export const newEntry = (values) => ({ state: "waiting", problem: null, attempts: 0, of: null, what: null, order: nextPlace(), ...values });

export const keepsNothing = () => trouble;

/** Keeps an entry; it never fails: what the device can't keep is in the page's memory, and keepsNothing() says so. */
export async function record(entry) {
  try {
    await device.add(entry);
    if ((await memory.list()).length === 0) trouble = "";
  } catch (error) {
    trouble = error?.name === "QuotaExceededError" ? "full" : "absent";
    await memory.add(entry);
  }
  tell();
}

/** What waits or was refused, in the order in which it was recorded. inMemory marks what would go with the page. */
export async function waitingOf(userId) {
  const kept = await settled(() => device.list(userId), []);
  const loose = await memory.list(userId);
  return [...kept, ...loose.map((entry) => ({ ...entry, inMemory: true }))].sort((a, b) => a.order - b.order);
}

/** What was stored in the last two days. */
export async function sentOf(userId) {
  return [...(await settled(() => device.sent(userId), [])), ...(await memory.sent(userId))].sort((a, b) => a.order - b.order);
}

/** Whether anybody has something unsent on this device. */
export const anythingWaiting = async () => (await waitingOf(undefined)).length > 0;

const storeOf = async (id) => ((await memory.list()).some((entry) => entry.id === id) || (await settled(() => device.list(), null)) === null ? memory : device);

// Each of these says what a person decided; see outbox-store.js.
const decide = (step) => async (id, ...rest) => {
  const result = await (await storeOf(id))[step](id, ...rest);
  tell();
  return result;
};
export const undo = decide("undo");
export const giveUp = decide("remove");
export const replace = decide("replace");

/** Refused entries that a person decided to send again as they are. */
export async function retry(ids) {
  for (const store of [device, memory]) await settled(() => store.retry(ids));
  tell();
}

/** Of a stored entry: {voided: true} by somebody else, {told: true} when its person knows. */
export async function noteSent(id, what) {
  for (const store of [device, memory]) await settled(() => store.note(id, what));
  tell();
}

/** Of a stored entry that somebody else voided: the person wants it after all, as this new entry. */
export async function recordAgain(id, entry) {
  for (const store of [device, memory]) await settled(() => store.recordAgain(id, entry));
  tell();
}

/** Of one person, at logout: what was stored, and what waits if unsent says so. */
export async function forgetOutbox(userId, { unsent = true } = {}) {
  for (const store of [device, memory]) await settled(() => store.forget(userId, { unsent }));
  tell();
}

/**
 * Sends what the person who is logged in has waiting. Resolves when nothing of theirs waits any more; throws an ApiError when the
 * server can't be reached, asks to wait (retryAfter), or knows nobody (401). Everything unsent is kept.
 */
export function sendOutbox({ api = createApi() } = {}) {
  return alone(async () => {
    const stores = (await settled(() => device.list(), null)) === null ? [memory] : [device, memory];
    for (const store of stores) await sendWaiting({ store, api, onResults: tell });
  });
}
