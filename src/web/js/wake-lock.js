// SPDX-License-Identifier: Apache-2.0
// Keeps the screen from going dark, where the browser can. It lets go whenever the page is hidden, so it is asked again.

export function keepAwake() {
  let lock = null;
  let stopped = false;

  async function ask() {
    if (stopped || document.hidden || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (stopped) lock.release();
    } catch {
      // low battery, or not allowed: the screen does as it is set
    }
  }

  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    stopped = true;
    document.removeEventListener("visibilitychange", ask);
    lock?.release().catch(() => {});
  };
}
