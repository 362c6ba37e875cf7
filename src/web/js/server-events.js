// SPDX-License-Identifier: Apache-2.0
// Hears from the server that something has changed (GET /events), where it offers that: an answer then names with
// X-Changes-With what it changes with. Whether anything is heard or not, nobody depends on it: live.js asks by itself, and only
// less often while the server is heard.
//
// A browser has one connection, whatever number of tabs: over HTTP/1.1 there are six to a server in all. Of the tabs that are seen
// one holds it (a lock), and passes on what it hears. One that is hidden lets go.
const ADDRESS = "/events";
const NAME = "stevedores.events";

/** When nothing was heard for so long, nobody is there; the agent says something every 5 s. */
export const SILENCE = 15000;
const AGAIN = 2000;             // after a connection has ended, twice as long each time,
const LONGEST = 60000;          // up to this
const RENEWAL = 800;            // of 1000 ms: asked to come again within some seconds, tabs do so one by one, and in good time

// hear(listener) has listener(message) called with {changed: {tag: version}}, {again: true} (what has changed isn't known), {} (nothing
// has) and {lost: true} (nothing is heard any more), and returns what ends that. offer() says that the server offers events.
// up: the server is heard.
export function createEvents({
  open = () => new EventSource(ADDRESS), locks = () => globalThis.navigator?.locks, channel = () => new BroadcastChannel(NAME), page = () => document,
  random = Math.random,
} = {}) {
  const listeners = new Set();
  const lock = { held: null, asked: null };
  let offered = false;
  let tabs = null;
  let source = null;
  let timer = null;             // to the next connection
  let silence = null;           // to its end
  let failures = 0;
  let up = false;

  function tell(message) {
    for (const listener of [...listeners]) listener(message);
  }

  function lost() {
    clearTimeout(silence);
    if (up) {
      up = false;
      tell({ lost: true });
    }
    // Neither side may know that a connection is dead.
    if (source) connectLater(pause());
  }

  // What was said to this tab or to another.
  function heard(message) {
    // Connected, but perhaps nobody speaks: until somebody does, everything is asked for as if there were no events.
    up = !message.connected;
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE);
    tell(message);
  }

  function share(message) {
    tabs.postMessage(message);
    heard(message);
  }

  const pause = () => Math.min(LONGEST, AGAIN * 2 ** failures++) * (0.5 + random());

  function connectLater(delay) {
    clearTimeout(timer);
    timer = setTimeout(connect, delay);
  }

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function connect() {
    disconnect();
    source = open();
    source.onopen = () => share({ again: true, connected: true });
    source.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      failures = 0;
      if (message.renew) connectLater(message.renew * RENEWAL * random());
      share(message);
    };
    // Not left to the browser, which knows no growing pause and gives up at the first refusal.
    source.onerror = () => {
      disconnect();
      connectLater(pause());
    };
  }

  // Asks for the lock, and holds the connection while it has it.
  function take() {
    lock.asked = new AbortController();
    const hold = () => new Promise((release) => {
      lock.held = release;
      connect();
    });
    // Without locks (plain HTTP) each tab has its own connection.
    const manager = locks();
    if (manager) manager.request(NAME, { signal: lock.asked.signal }, hold).catch(() => {});
    else hold();
  }

  function leave() {
    lock.asked.abort();
    lock.held?.();
    lock.asked = lock.held = null;
    disconnect();
  }

  function settle() {
    const wanted = offered && listeners.size > 0 && !page().hidden;
    if (wanted && !lock.asked) take();
    if (!wanted && lock.asked) leave();
  }

  return {
    get up() {
      return up;
    },
    hear(listener) {
      listeners.add(listener);
      settle();
      return () => {
        listeners.delete(listener);
        settle();
      };
    },
    offer() {
      if (offered) return;
      offered = true;
      tabs = channel();
      tabs.onmessage = ({ data }) => heard(data);
      page().addEventListener("visibilitychange", settle);
      settle();
    },
  };
}

/** Of this tab. */
export const serverEvents = createEvents();
