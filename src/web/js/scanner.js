// SPDX-License-Identifier: Apache-2.0
// Tells a barcode scanner, which types like a keyboard but faster than anybody, from a person who presses keys.

/** The longest pause between two keys of one code, in ms. */
export const GAP = 50;
const SHORTEST = 3;

/**
 * feed(key, at) takes each key with its time in ms and returns what is certain with it: {code} when Enter ended a code, else {} – a
 * key that may belong to one is held back. due(at) returns the key that was held back and turned out to be a person's, or null.
 */
export function createScanner() {
  let keys = "";
  let last = -Infinity;
  return {
    feed(key, at) {
      const quick = at - last <= GAP;
      last = at;
      if (key === "Enter") {
        const code = quick && keys.length >= SHORTEST ? keys : "";
        // "1" and Enter within a moment is a person with quick hands.
        const before = !code && keys.length === 1 ? keys : null;
        keys = "";
        return code ? { code: code.trim() } : { before };
      }
      if (key.length === 1) keys = quick ? keys + key : key;
      return {};
    },
    due(at) {
      if (keys.length !== 1 || at - last < GAP) return null;
      const key = keys;
      keys = "";
      return key;
    },
    /** Whether a code is being typed: its keys are not for the button that has the focus. */
    typing: (at) => keys.length > 1 && at - last <= GAP,
  };
}

/**
 * What a code means: {cargo} when it is a cargo type's name, in the API's spelling or as it is shown; {unit} for the number of a unit;
 * null for what is neither. names: [[cargo type, word]].
 */
export function codeMeans(code, names) {
  const plain = (text) => text.toLowerCase().replace(/[\s_-]+/g, " ").trim();
  const found = names.find(([name, word]) => [name, word].some((text) => plain(text) === plain(code)));
  if (found) return { cargo: found[0] };
  return /^[A-Za-z0-9][A-Za-z0-9 ./_-]{2,49}$/.test(code) ? { unit: code.toUpperCase() } : null;
}
