// SPDX-License-Identifier: Apache-2.0
// What the service worker (sw.js) keeps of the answers that were seen on this device, so that a page can be opened without
// a connection. They are one person's: whoever logs in or out, or turns out to be logged out, has them forgotten.

export const CACHE = "stevedores-seen";
export const ENTRIES = 200;
export const BYTES = 10 * 1000 * 1000;
export const AGE = 24 * 3600 * 1000;

/** On an answer that comes from this device: when the server gave it, by the device's clock. */
export const FROM_DEVICE = "X-From-Device";
export const FORGET = "forget-seen";

// Accounts, sessions, keys, the audit trail and the program's own figures are not here: they are nothing without a server.
const WHOLE = new Set(["/api/me", "/api/meta", "/api/dashboard", "/api/delivery/dashboard", "/api/labour/dashboard", "/api/labour/money"]);
const LISTS = new Set([
  "berths", "tallies", "vessels",
  "allocations", "backlog", "features", "projects", "resources",
  "clients", "contracts", "jobs", "payments", "workers",
]);

/** Whether this is a question whose answer may be kept. Exports are no answers to a page. */
export function maySee({ method, mode, url, headers }) {
  const { pathname } = new URL(url);
  if (method !== "GET" || mode === "navigate" || headers.get("Accept") !== "application/json") return false;
  // A report is signed: what it says is what the server says.
  return WHOLE.has(pathname) || (pathname.startsWith("/api/") && LISTS.has(pathname.split("/")[2]) && !pathname.endsWith("/report"));
}

/** Without these no page opens, so they stay while anything does. */
export const staysLongest = (url) => ["/api/me", "/api/meta"].includes(new URL(url).pathname);

const PATIENCE = 2000;

/** Called by a page. The worker is told, too: an answer that is on its way to it must not be kept either. */
export async function forgetSeen() {
  try {
    const worker = navigator.serviceWorker?.controller;
    if (worker) {
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        setTimeout(resolve, PATIENCE);
        worker.postMessage({ type: FORGET }, [port2]);
      });
    }
    await caches.delete(CACHE);
  } catch {
    // no caches in this browser, so nothing is kept
  }
}
