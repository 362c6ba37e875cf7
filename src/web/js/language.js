// SPDX-License-Identifier: Apache-2.0
// Chooses the language of the pages on this device. The document is loaded anew, for texts stand in tables that are made once.
import { field } from "./field.js";
import { h } from "./dom.js";
import { KEY, LANGUAGES } from "./language-choice.js";
import { language, t } from "./texts.js";
import { remember } from "./memory.js";

export function languageSelect() {
  const made = field({ name: "language", label: t("Language"), control: h("select", { class: "input", autocomplete: "off", onchange: choose }) });
  // Each language in its own words, so that whoever can't read the present one finds theirs.
  made.control.append(...Object.entries(LANGUAGES).map(([name, label]) => h("option", { value: name, lang: name, selected: name === language }, label)));
  return made;

  function choose() {
    remember(KEY, made.control.value);
    location.reload();
  }
}
