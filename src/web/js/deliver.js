// SPDX-License-Identifier: Apache-2.0
// Sends a write until it is settled. Only for writes that carry an id of their own: the server stores the same id
// once, however often it comes.

const FIRST = 1000;
const LONGEST = 15000;

/** How long to wait after error and this many tries before it: what the server asks for, else ever longer. */
export const retryDelay = (error, tries) =>
  ((error.retryAfter ?? null) === null ? Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 10)) : error.retryAfter * 1000);

// attempt() is called again while its answer is lost or the server can't take it now; its result, or the error of a
// server that refused, is passed on. onRetry({error, delay}) is told before each wait.
export async function deliver(attempt, { wait, onRetry = () => {} }) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!error.unsettled) throw error;
      const delay = retryDelay(error, tries);
      onRetry({ error, delay });
      await wait(delay);
    }
  }
}

// A wait that a person, or the network coming back, can cut short.
export function createWait() {
  let wake = () => {};
  return {
    wait: (delay) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, delay);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    wake: () => wake(),
  };
}
