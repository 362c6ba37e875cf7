// SPDX-License-Identifier: Apache-2.0
// Tells a barcode scanner, which types like a keyboard but faster than anybody, from a person who presses keys.

/** The longest pause between two keys of one code, in ms. */
export const GAP = 80;
const SHORTEST = 3;

/**
 * feed(key, at) takes each key with its time in ms and returns {code} when Enter ended a code, else {before}: the keys before an Enter
 * that were a person's. due(at) returns the keys that were held back until it was certain that they are no code.
 */
export function createScanner() {
  let keys = "";
  let last = -Infinity;
  const take = () => {
    const taken = keys;
    keys = "";
    return taken;
  };
  return {
    feed(key, at) {
      const quick = at - last <= GAP;
      last = at;
      if (key !== "Enter") {
        if (key.length === 1) keys = quick ? keys + key : key;
        return {};
      }
      const before = take();
      if (quick && before.length >= SHORTEST) return { code: before.trim() };
      return { before: before.length < SHORTEST ? before : "" };
    },
    due(at) {
      if (at - last < GAP) return "";
      const taken = take();
      // Half a code is nobody's wish.
      return taken.length < SHORTEST ? taken : "";
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
