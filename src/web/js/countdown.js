// SPDX-License-Identifier: Apache-2.0
// Counts down the seconds that the server asks to wait.
import { t } from "./texts.js";

// tell(seconds left) is called at once and then every second, done() once at the end. Returns a function that stops it.
// clock is in ms; a tablet that slept meanwhile has waited, too.
export function countdown(seconds, tell, done, clock = Date.now) {
  const end = clock() + seconds * 1000;
  let timer = null;
  step();
  return () => clearTimeout(timer);

  function step() {
    const left = Math.ceil((end - clock()) / 1000);
    if (left <= 0) {
      done();
      return;
    }
    tell(left);
    timer = setTimeout(step, Math.min(1000, end - clock()));
  }
}

// 8 s, 2 min 05 s
export const waitWords = (seconds) => (seconds < 60 ? t("{seconds} s", { seconds })
  : t("{minutes} min {seconds} s", { minutes: Math.floor(seconds / 60), seconds: String(seconds % 60).padStart(2, "0") }));
