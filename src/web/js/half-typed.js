// SPDX-License-Identifier: Apache-2.0
// Whether somebody is in the middle of filling something in.

/** The fields that were typed into. */
export function watchTyping(target = document) {
  const typed = new Set();
  target.addEventListener("input", (event) => {
    // Those of a page that was left are let go.
    for (const node of typed) if (!node.isConnected) typed.delete(node);
    typed.add(event.target);
  });
  return typed;
}

/** Emptied ones and those of a page that was left don't count; choices alone are soon made again. */
export const halfTyped = (typed) => [...typed].some((node) => node.isConnected && node.matches("textarea, input:not([type=radio], [type=checkbox])") && node.value !== "");
