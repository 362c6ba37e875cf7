// SPDX-License-Identifier: Apache-2.0
// A password's field, with a button that shows what was typed.
import { field } from "./field.js";
import { h, setAttr, setText } from "./dom.js";

// As the server has them (auth/password.h), which decides.
export const PASSWORD_MIN = 10;
const PASSWORD_MAX = 256;       // bytes

/** "" if it can be a new password, else what is wrong with it. */
export function checkPassword(text) {
  if ([...text].length < PASSWORD_MIN) return `Use at least ${PASSWORD_MIN} characters.`;
  return new TextEncoder().encode(text).length > PASSWORD_MAX ? "This is too long." : "";
}

// autocomplete is "current-password" or "new-password", which password managers go by.
export function passwordField({ name = "password", label = "Password", hint = "", autocomplete }) {
  const control = h("input", { type: "password", class: "input", autocomplete, autocapitalize: "none", spellcheck: "false", required: true });
  const toggle = h("button", { type: "button", class: "button password__show", onclick: () => show(control.type === "password") });
  const made = field({ name, label, hint, control, around: (inner) => h("div", { class: "password" }, inner, toggle), wide: true });
  // The name stays and the state says it; what is read on the button is for the eye.
  const word = h("span", { "aria-hidden": "true" });
  setAttr(toggle, "aria-label", `Show ${label.toLowerCase()}`);
  toggle.append(word);
  show(false);
  return { ...made, hide: () => show(false), show: () => show(true) };

  function show(plain) {
    control.type = plain ? "text" : "password";
    setAttr(toggle, "aria-pressed", String(plain));
    setText(word, plain ? "Hide" : "Show");
  }
}
