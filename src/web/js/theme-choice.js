// SPDX-License-Identifier: Apache-2.0
// The part of the colour scheme that must run before the first paint (see boot.js).

export const KEY = "stevedores.theme";

export const choice = (stored) => (stored === "light" || stored === "dark" ? stored : "auto");

// Puts light or dark on the root element; the style sheet knows nothing of "auto".
export function apply() {
  let stored = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // storage is switched off: the device decides
  }
  const wanted = choice(stored);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = wanted === "auto" ? (dark ? "dark" : "light") : wanted;
}
