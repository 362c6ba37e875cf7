// SPDX-License-Identifier: Apache-2.0
// Loaded in the head, before anything is painted, so that a dark screen never flashes white; and before the program, so
// that the texts of the language are on their way with it.
import { KEY, languageOf } from "./language-choice.js";
import { apply, followDevice } from "./theme-choice.js";
import { recall } from "./memory.js";

apply();
followDevice();

const language = languageOf(recall(KEY), navigator.languages ?? []);
document.documentElement.lang = language;
const texts = document.currentScript.dataset[language];
if (texts) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: texts }));
