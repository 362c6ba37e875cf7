// SPDX-License-Identifier: Apache-2.0
// The page at /account: who one is, the password, where one is logged in, and keys for machines.
import { announce } from "./announce.js";
import { clearErrors, explain, placeErrors } from "./field.js";
import { h, setText } from "./dom.js";
import { keysPanel } from "./keys.js";
import { checkPassword, passwordField, passwordHint } from "./password-field.js";
import { roleMeans, roleWord } from "./words.js";
import { section } from "./section.js";
import { sessionsPanel } from "./sessions.js";
import { t } from "./texts.js";

export function accountPage(frame) {
  const { api, me } = frame;
  frame.setTitle(t("Your account"));
  const sessions = sessionsPanel(api);
  const keys = keysPanel(api, me);
  const node = h(
    "div",
    { class: "narrow-page", "data-state": "ready" },
    h("div", { class: "page-head" }, h("div", null, h("h1", null, t("Your account")), h("p", { class: "page-head__sub" }, t("What the port knows of you, and how you get in")))),
    h("div", { class: "account" },
      h("div", { class: "account__column" }, sessions.node, keys.node),
      h("div", { class: "account__column" }, profile(me), passwordPanel(api, me, sessions.load))),
  );
  return { node, stop() {} };
}

function profile(me) {
  const rows = [[t("Name"), me.display_name], [t("User name"), me.username]];
  return section("profile", t("You"),
    h("dl", { class: "facts" },
      rows.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))),
      h("div", { "data-wide": true }, h("dt", null, t("Role")), h("dd", null, roleWord(me.role)), h("dd", { class: "facts__plain" }, roleMeans(me.role)))),
    h("p", { class: "panel__aside" }, t("Name and role are changed by an admin.")));
}

// onChanged is called when there is a new password, which ends the other sessions.
function passwordPanel(api, me, onChanged) {
  const fields = {
    current: passwordField({ name: "current", label: t("Present password"), autocomplete: "current-password", toShow: t("Show present password"), toHide: t("Hide present password") }),
    password: passwordField({ label: t("New password"), hint: passwordHint(), autocomplete: "new-password", toShow: t("Show new password"), toHide: t("Hide new password") }),
  };
  const submit = h("button", { type: "submit", class: "button button--primary" }, t("Change password"));
  const result = h("p", { class: "form__result" });
  const form = h("form", { class: "form", method: "post", novalidate: true, onsubmit: change },
    // Tells a password manager whose password this is.
    h("input", { type: "text", class: "visually-hidden", name: "username", autocomplete: "username", value: me.username, tabindex: "-1", readonly: true, "aria-hidden": "true" }),
    fields.current.node, fields.password.node, h("div", { class: "form__outcome" }, result), h("div", null, submit));
  let busy = false;

  async function change(event) {
    event.preventDefault();
    if (busy) return;
    clearErrors(fields);
    say("", "");
    const body = { current: fields.current.control.value, password: fields.password.control.value };
    const wrong = [];
    if (!body.current) wrong.push({ field: "current", detail: t("Enter your present password.") });
    const weak = checkPassword(body.password);
    if (weak) wrong.push({ field: "password", detail: weak });
    if (wrong.length > 0) {
      placeErrors(fields, wrong).first.focus();
      return;
    }
    busy = true;
    submit.setAttribute("aria-disabled", "true");
    say("busy", t("Sending…"));
    try {
      await api.post("/api/me/password", body);
      form.reset();
      for (const item of Object.values(fields)) item.hide();
      say("done", t("Your password is changed. You are logged out everywhere else."));
      announce(result.textContent);
      onChanged();
    } catch (error) {
      const { unplaced, first } = placeErrors(fields, error.fields);
      say("error", error.status === 0 ? t("No answer from the server. Your password may be changed: log in elsewhere to find out.") : explain(error, unplaced));
      announce(result.textContent);
      first?.focus();
    } finally {
      busy = false;
      submit.removeAttribute("aria-disabled");
    }
  }

  function say(state, text) {
    form.dataset.state = state;
    setText(result, text);
  }

  return section("password", t("Change your password"), form);
}
