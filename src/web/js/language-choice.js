// SPDX-License-Identifier: Apache-2.0
// The part of the language that must be known before the program is loaded (see boot.js).

export const KEY = "stevedores.language";
export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español" };

const known = (tag) => Object.keys(LANGUAGES).find((name) => name === String(tag).slice(0, 2).toLowerCase());

/** The language that the person chose here (stored), else the first of the device's that there is, else English. */
export const languageOf = (stored, wanted) => known(stored) ?? wanted.map(known).find(Boolean) ?? "en";
