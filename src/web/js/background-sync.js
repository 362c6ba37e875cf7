// SPDX-License-Identifier: Apache-2.0
// Asks the browser to wake the service worker (sw.js) as soon as there is a connection, also when no page is open any more.

export const TAG = "outbox";

/** Resolves to whether the browser will do that. */
export async function requestSync() {
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.sync.register(TAG);
    return true;
  } catch {
    return false;               // no such thing in this browser, no worker yet, or forbidden by the person
  }
}
