// SPDX-License-Identifier: Apache-2.0
// Asks again and again: every few seconds while the page is seen, not at all while it is hidden, ever more rarely
// while the server is away.

export const INTERVAL = 5000;
export const OFTEN = 2500;      // where somebody waits for what a colleague does
const LONGEST = 60000;

export const backoff = (failures, interval = INTERVAL) => Math.min(LONGEST, interval * 2 ** Math.min(failures, 8));

// load(etag) answers {status, data, etag}; onData(data) is called for news only, onState({okAt, failures, nextAt, error})
// after every answer. okAt is when what is shown was last known to be current.
export function startPolling({ load, onData, onState, interval = INTERVAL, page = document, clock = Date.now }) {
  let etag = null;
  let timer = null;
  let asking = false;
  let again = false;
  let stopped = false;
  const state = { okAt: null, failures: 0, nextAt: null, error: null };

  async function ask() {
    clearTimeout(timer);
    if (stopped) return;
    if (asking) {
      // The answer on its way may be older than what the caller wants to see.
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await load(etag);
      if (stopped) return;
      if (answer.status !== 304) {
        // Shown first: an ETag kept for data that failed to show would hide them for good.
        onData(answer.data);
        etag = answer.etag;
      }
      Object.assign(state, { okAt: clock(), failures: 0, error: null });
    } catch (error) {
      if (stopped) return;
      Object.assign(state, { failures: state.failures + 1, error });
    } finally {
      asking = false;
    }
    const delay = again ? 0 : backoff(state.failures, interval);
    again = false;
    state.nextAt = clock() + delay;
    if (!page.hidden) timer = setTimeout(ask, delay);
    onState({ ...state });
  }

  const seen = () => {
    if (page.hidden) clearTimeout(timer);
    else ask();
  };
  page.addEventListener("visibilitychange", seen);
  globalThis.addEventListener?.("online", ask);
  ask();

  return {
    ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
      page.removeEventListener("visibilitychange", seen);
      globalThis.removeEventListener?.("online", ask);
    },
  };
}
