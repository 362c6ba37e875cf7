// SPDX-License-Identifier: Apache-2.0
// A password that can be read out over the telephone: four groups of letters and digits that don't look alike.

const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const GROUP = 4;                // 16 of 31: 79 bits

export function suggestPassword(source = globalThis.crypto) {
  // A byte beyond the last whole multiple would favour the first letters.
  const most = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < GROUPS * GROUP) {
    for (const byte of source.getRandomValues(new Uint8Array(32))) {
      if (byte < most && text.length < GROUPS * GROUP) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text.match(new RegExp(`.{${GROUP}}`, "g")).join("-");
}
