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
  show(false);
  return { ...made, hide: () => show(false), show: () => show(true) };

  function show(plain) {
    control.type = plain ? "text" : "password";
    setText(toggle, plain ? "Hide" : "Show");
    setAttr(toggle, "aria-label", `${toggle.textContent} ${label.toLowerCase()}`);
  }
}
