// SPDX-License-Identifier: Apache-2.0
// The colour scheme: what the device asks for, unless the person chose one here.
import { recall, remember } from "./memory.js";
import { KEY, apply, choice } from "./theme-choice.js";
import { h, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";

const ORDER = ["auto", "light", "dark"];
const WORDS = { auto: "Auto", light: "Light", dark: "Dark" };

export function themeToggle() {
  const text = h("span", { class: "theme-toggle__text" });
  const picture = h("span", { class: "theme-toggle__icon", "aria-hidden": "true" });
  const button = h("button", { type: "button", class: "theme-toggle", onclick: next }, picture, text);
  draw();
  return button;

  function next() {
    const now = choice(recall(KEY));
    remember(KEY, ORDER[(ORDER.indexOf(now) + 1) % ORDER.length]);
    apply();
    draw();
  }

  function draw() {
    const now = choice(recall(KEY));
    setText(text, WORDS[now]);
    picture.replaceChildren(icon(`theme-${now}`));
    setAttr(button, "aria-label", `Colour scheme: ${WORDS[now]}. Change`);
  }
}

// Calls back when the colours on screen change, for what is drawn on a canvas.
export function onSchemeChange(callback) {
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}
