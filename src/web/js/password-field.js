// SPDX-License-Identifier: Apache-2.0
// A password's field, with a button that shows what was typed.
import { field } from "./field.js";
import { h, setAttr, setText } from "./dom.js";
import { t } from "./texts.js";

// As the server has them (auth/password.h), which decides.
const PASSWORD_MIN = 10;
const PASSWORD_MAX = 256;       // bytes

/** "" if it can be a new password, else what is wrong with it. */
export function checkPassword(text) {
  if ([...text].length < PASSWORD_MIN) return t("Use at least {n} characters.", { n: PASSWORD_MIN });
  return new TextEncoder().encode(text).length > PASSWORD_MAX ? t("This is too long.") : "";
}

/** The hint at a new password's field. */
export const passwordHint = () => t("at least {n} characters", { n: PASSWORD_MIN });

// autocomplete is "current-password" or "new-password", which password managers go by. toShow and toHide are what the
// button is called, where there is more than one.
export function passwordField({ name = "password", label = t("Password"), hint = "", autocomplete, toShow = t("Show password"), toHide = t("Hide password") }) {
  const control = h("input", { type: "password", class: "input", autocomplete, autocapitalize: "none", spellcheck: "false", required: true });
  const toggle = h("button", { type: "button", class: "button password__show", onclick: () => show(control.type === "password") });
  const made = field({ name, label, hint, control, around: (inner) => h("div", { class: "password" }, inner, toggle), wide: true });
  show(false);
  return { ...made, hide: () => show(false), show: () => show(true) };

  function show(plain) {
    control.type = plain ? "text" : "password";
    setText(toggle, plain ? t("Hide") : t("Show"));
    setAttr(toggle, "aria-label", plain ? toHide : toShow);
  }
}
