// SPDX-License-Identifier: Apache-2.0
// Speaks to screen readers through the two live regions of index.html.

let turn = 0;

export const announce = (text) => say("announce-polite", text);
export const announceError = (text) => say("announce-assertive", text);

// The same sentence twice in a row is a change only if it differs: every second one ends in a no-break space.
function say(region, text) {
  turn += 1;
  document.getElementById(region).textContent = turn % 2 ? text : `${text}\u00a0`;
}
