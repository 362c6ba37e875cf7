// SPDX-License-Identifier: Apache-2.0
// How the pages look on this device: colours and contrast, in a menu of the masthead. What the device asks for holds unless
// the person chose something here.
import { CHOICES, apply, choice } from "./theme-choice.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { popup } from "./popup.js";
import { remember } from "./memory.js";
import { segments } from "./field.js";
import { t } from "./texts.js";

const LABELS = {
  theme: [t("Colours"), { auto: t("Auto"), light: t("Light"), dark: t("Dark") }],
  contrast: [t("Contrast"), { auto: t("Auto"), standard: t("Standard"), more: t("High#contrast") }],
};

export function displayMenu() {
  const list = h("div", { class: "display-menu__list" }, Object.keys(CHOICES).map(chooser),
    h("a", { class: "display-menu__wall", href: "/wall" }, icon("screen"), t("Wall screen")));
  const button = h("button", { type: "button", class: "masthead__button" }, icon("display"), h("span", { class: "masthead__label" }, t("Display")));
  return popup({ name: "display-menu", button, list }).node;
}

function chooser(name) {
  const what = CHOICES[name];
  const [legend, words] = LABELS[name];
  const { node } = segments(name, legend, what.values.map((value) => [value, words[value]]), choice(what));
  node.addEventListener("change", (event) => {
    const { value } = event.target;
    remember(what.key, value === "auto" ? null : value);
    apply();
  });
  return node;
}

// Calls back when the colours on screen change, for what is drawn on a canvas.
export function onSchemeChange(callback) {
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-contrast"] });
  return () => observer.disconnect();
}
