// SPDX-License-Identifier: Apache-2.0
// Sends a change of a row, whose request has a key, so that it is made once however often it has to be sent.
import { createWait, deliver } from "./deliver.js";
import { t } from "./texts.js";

const TRIES = 5;

// attempt() is called until its answer is settled, a few times at most: then the last error is the person's to see. say(text)
// tells how it stands.
export function sendOnce(attempt, say) {
  const pause = createWait();
  let tries = 0;
  let last = null;
  return deliver(attempt, {
    onRetry({ error }) {
      last = error;
      say(t("No answer yet; it is sent again until it is settled."));
    },
    wait(delay) {
      tries += 1;
      return tries < TRIES ? pause.wait(delay) : Promise.reject(last);
    },
  });
}
