// SPDX-License-Identifier: Apache-2.0
// Follows what other people do: a page says which addresses it shows, and is told whenever their answers change. By asking again
// with the ETag it has (304 has no body): every now and then, and when the server says that something has changed (server-events.js).
import { serverEvents } from "./server-events.js";
import { together } from "./together.js";

// A write by another person shows within 2 s: this long at worst until the question, a quarter of a second until the other
// hosts of the pool know of the write, and the answer's way. A page that follows two addresses asks 100 times a minute;
// RATE_LIMIT_READ (1200 a minute, 30000 an hour) has room for five such pages of one person.
export const INTERVAL = 1200;
/** While the server says by itself what has changed. */
export const CALM = 30000;
const JITTER = 0.1;             // or a hundred screens that were switched on together would ask together
const TOGETHER = 300;           // a thousand screens are told at once, and ask within this time
const LONGEST = 60000;

/** Twice as long after each failure, and never sooner than the server asked for (Retry-After, in seconds). */
export function backoff(failures, interval = INTERVAL, retryAfter = null) {
  const pause = Math.min(LONGEST, interval * 2 ** Math.min(failures, 8));
  return failures > 0 ? Math.max(pause, (retryAfter ?? 0) * 1000) : pause;
}

// Only while the page is seen, at once when it is seen again, and ever more rarely while the server is away. A page that
// nobody touches is followed like any other: it may hang on a wall.
//
// join(data of each address) makes the page's data out of the answers; load(etag, seen) may take the place of both.
// onData(data) is called for news only, onState({okAt, failures, nextAt, error}) after every answer, and when the server said that
// there is nothing new. okAt is when what is shown was last known to be current. Returns {ask, stop}.
export function follow(api, addresses, {
  join = ([data]) => data, load = together(api.get, addresses, join), onData, onState, interval = INTERVAL,
  page = document, clock = Date.now, random = Math.random, events = serverEvents,
}) {
  let etag = null;
  let timer = null;
  let asking = false;
  let again = false;
  let stopped = false;
  let askedAt = null;
  let tags = null;              // what the answers change with; null: nobody says so
  let due = false;              // something has, or may have, and was not asked for yet
  let told = new Map();         // from which versions on
  const state = { okAt: null, failures: 0, nextAt: null, error: null };

  function askAt(moment) {
    clearTimeout(timer);
    state.nextAt = moment;
    if (!page.hidden) timer = setTimeout(ask, Math.max(0, moment - clock()));
  }

  // Not more often than without events, however much changes.
  const soon = () => Math.max(clock() + TOGETHER * random(), askedAt + interval);

  function next() {
    if (again) return clock();
    if (due && state.failures === 0) return soon();
    const calm = state.failures === 0 && tags && events.up;
    const pause = backoff(state.failures, calm ? Math.max(CALM, interval) : interval, state.error?.retryAfter);
    return clock() + pause * (1 + JITTER * (2 * random() - 1));
  }

  async function ask() {
    clearTimeout(timer);
    if (stopped) return;
    if (asking) {
      // The answer on its way may be older than what the caller wants to see.
      again = true;
      return;
    }
    const seen = told;
    asking = true;
    again = due = false;
    askedAt = clock();
    told = new Map();
    try {
      const answer = await load(etag, [...seen].map(([tag, version]) => `${tag}.${version}`).join(",") || undefined);
      if (stopped) return;
      if (answer.status !== 304) {
        // Shown first: an ETag kept for data that failed to show would hide them for good.
        onData(answer.data);
        etag = answer.etag;
      }
      tags = answer.tags ?? null;
      if (tags) events.offer();
      // What this device or the server had stored was current then; what is now, nobody knows.
      Object.assign(state, answer.storedAt ? { okAt: answer.storedAt, failures: state.failures + 1 } : { okAt: clock(), failures: 0, error: null });
    } catch (error) {
      if (stopped) return;
      Object.assign(state, { failures: state.failures + 1, error });
    } finally {
      asking = false;
    }
    if (state.failures > 0) told = new Map([...seen, ...told]);
    askAt(next());
    onState({ ...state });
  }

  function hear(message) {
    if (!tags) return;
    const mine = tags.filter((tag) => tag in (message.changed ?? {}));
    if (mine.length === 0 && !message.again && !message.lost) {
      if (events.up && !due && !asking && state.failures === 0) onState({ ...Object.assign(state, { okAt: clock() }) });
      return;
    }
    for (const tag of mine) told.set(tag, message.changed[tag]);
    due = true;
    // A server that asked to be left alone is; one that was away is asked at once when it is heard.
    const moment = soon();
    if (!asking && !state.error?.retryAfter && moment < state.nextAt) askAt(moment);
  }

  const seen = () => {
    clearTimeout(timer);
    if (page.hidden) return;
    // A server that asked to be left alone is, whoever comes back.
    const rest = state.error?.retryAfter ? state.nextAt - clock() : 0;
    if (rest > 0) timer = setTimeout(ask, rest);
    else ask();
  };
  // A window that gets the focus was perhaps covered, of which nothing else tells.
  const stopListening = listen([[page, "visibilitychange", seen], [globalThis, "focus", seen], [globalThis, "online", seen]]);
  const stopHearing = events.hear(hear);
  ask();

  return {
    ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
      stopHearing();
      stopListening();
    },
  };
}

function listen(wanted) {
  for (const [target, name, callback] of wanted) target.addEventListener?.(name, callback);
  return () => wanted.forEach(([target, name, callback]) => target.removeEventListener?.(name, callback));
}
