// SPDX-License-Identifier: Apache-2.0
// When the outbox is sent: at once, when the network or the person comes back, and on back-off while anything waits.
import { onOutbox, record, sendOutbox, waitingOf } from "./outbox.js";
import { onTheWay } from "./outbox-send.js";
import { retryDelay } from "./deliver.js";

// Presses that come one upon the other go in one request.
const SOON = 150;

/**
 * Returns {put, now, state, onState}. put(entry) records it and resolves to what became of it, {status, data} or {problem};
 * null when it waits on the device. requestSync asks the service worker to send when the network is back and no page is open.
 */
export function startSending({ api, me, requestSync = async () => false, send = sendOutbox, page = document }) {
  const watchers = new Set();
  const asked = new Map();      // whoever waits for the outcome of an id
  let state = { sending: false, nextAt: null, error: null };
  let timer = null;
  let again = false;
  let tries = 0;

  onOutbox(({ results }) => {
    for (const result of results) answer(result.entry.id, result);
    // Another tab's, and what a person decided to send again.
    soon();
  });
  globalThis.addEventListener?.("online", back);
  page.addEventListener("visibilitychange", () => (page.hidden ? leave() : back()));
  run();

  function answer(id, result) {
    asked.get(id)?.(result);
    asked.delete(id);
  }

  function set(next) {
    state = { ...state, ...next };
    for (const watcher of watchers) watcher(state);
  }

  function soon() {
    if (state.sending) again = true;
    // While the server is away, the next try comes by itself.
    else if (state.nextAt === null) {
      clearTimeout(timer);
      timer = setTimeout(run, SOON);
    }
  }

  async function run() {
    clearTimeout(timer);
    if (state.sending) {
      again = true;
      return;
    }
    set({ sending: true, nextAt: null });
    try {
      do {
        again = false;
        await send({ api });
      } while (again);
      tries = 0;
      set({ sending: false, error: null });
    } catch (error) {
      // 401: main.js leads to the login, and whoever logs in has a page of their own.
      const delay = error.status === 401 ? null : retryDelay(error, tries);
      tries += 1;
      if (delay !== null) timer = setTimeout(run, delay);
      set({ sending: false, error, nextAt: delay === null ? null : Date.now() + delay });
      for (const id of asked.keys()) answer(id, null);
      requestSync().catch(() => {});
    }
  }

  // A server that asked to be left alone for a while is left alone, whoever comes back.
  function back() {
    if (!state.error?.retryAfter) run();
  }

  async function leave() {
    if (onTheWay(await waitingOf(me.id)).length > 0) requestSync().catch(() => {});
  }

  return {
    now: run,
    state: () => state,
    onState(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    async put(entry) {
      const outcome = new Promise((resolve) => asked.set(entry.id, resolve));
      await record(entry);
      if (state.nextAt !== null || state.error?.status === 401) answer(entry.id, null);
      return outcome;
    },
  };
}
