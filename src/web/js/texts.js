// SPDX-License-Identifier: Apache-2.0
// What the pages say, in the language of <html lang>, which boot.js set. The English text is the key, as with gettext; the
// catalogue in ../words has the others. Whoever imports this module waits until the language is there, so texts may
// stand in tables that are made when a module is loaded.

const LOCALES = { en: "en-GB", de: "de-DE", es: "es-ES" };
const LOADERS = { de: () => import("words:de"), es: () => import("words:es") };

export const language = globalThis.document?.documentElement.lang || "en";
/** For Intl. */
export const locale = LOCALES[language] ?? LOCALES.en;

const catalogue = await load();
const plural = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale);

// English is better than no page, if the texts can't be had.
async function load() {
  try {
    return (await LOADERS[language]?.())?.default ?? {};
  } catch {
    return {};
  }
}

const look = (key) => (Object.hasOwn(catalogue, key) ? catalogue[key] : key.replace(/#[\w-]+$/, ""));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => (Object.hasOwn(values, name) ? values[name] : hole));

/**
 * t("Updated {age} ago", {age}). Where one English word stands for two things, what follows a # tells them apart and is
 * not shown: t("Open#verb").
 */
export const t = (text, values = {}) => fill(look(text), values);

/** A word or text of the server's, if the catalogue has it; else itself. */
export const word = (text) => (Object.hasOwn(catalogue, text) ? catalogue[text] : text);

/** tn(3, "{n} tally", "{n} tallies"): {n} is the number as people write it. In the catalogue both stand in one row, with | between. */
export function tn(number, one, other, values = {}) {
  const [singular, several] = look(`${one}|${other}`).split("|");
  return fill(plural.select(number) === "one" ? singular : several, { n: whole.format(number), ...values });
}
