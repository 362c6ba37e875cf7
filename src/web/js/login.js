// SPDX-License-Identifier: Apache-2.0
// The page at /login. "next" in the address says where the person was going.
import { announceError } from "./announce.js";
import { anythingPending } from "./pending.js";
import { clearErrors, field, placeErrors, textInput } from "./field.js";
import { countdown, waitWords } from "./countdown.js";
import { h, setText } from "./dom.js";
import { languageSelect } from "./language.js";
import { passwordField } from "./password-field.js";
import { pathAfterLogin } from "./routes.js";
import { t } from "./texts.js";

export function loginPage({ api, setTitle }, { query }) {
  setTitle(t("Log in"));
  const next = pathAfterLogin(query.get("next"), location.origin);
  const fields = {
    username: field({
      name: "username",
      label: t("User name"),
      control: textInput(64, { autocomplete: "username", autocapitalize: "none", autocorrect: "off", spellcheck: "false", required: true }),
      wide: true,
    }),
    password: passwordField({ autocomplete: "current-password" }),
  };
  const submit = h("button", { type: "submit", class: "button button--primary button--big" }, t("Log in"));
  const message = h("p", { class: "login__message" });
  const reason = h("p", { class: "notice" },
    anythingPending() ? t("A tally on this device is not sent yet. It is sent when the person who recorded it logs in.") : t("Log in to go on to the page that you asked for."));
  reason.hidden = !anythingPending() && next === "/";
  // With method=post a password could never get into the address, whatever the browser does with the form.
  const form = h("form", { class: "form", method: "post", novalidate: true, onsubmit: enter },
    reason, fields.username.node, fields.password.node, message, submit);
  const node = h("div", { class: "login", "data-state": "ready" },
    h("section", { class: "panel login__panel", "aria-labelledby": "login-title" },
      h("h1", { id: "login-title" }, t("Log in")),
      h("p", { class: "page-head__sub" }, t("Operations dashboard")),
      form,
      h("div", { class: "login__language" }, languageSelect().node)));
  let busy = false;
  let stopWaiting = () => {};
  let stopped = false;

  // Where there is a keyboard, typing can start; on a tablet it would push the page away.
  if (matchMedia("(hover: hover)").matches) setTimeout(() => !stopped && fields.username.control.focus());

  async function enter(event) {
    event.preventDefault();
    if (busy) return;
    clearErrors(fields);
    say("");
    const username = fields.username.control.value.trim();
    const password = fields.password.control.value;
    const missing = [];
    if (!username) missing.push({ field: "username", detail: t("Enter your user name.") });
    if (!password) missing.push({ field: "password", detail: t("Enter your password.") });
    if (missing.length > 0) {
      placeErrors(fields, missing).first.focus();
      return;
    }
    fields.password.hide();     // whoever stands behind should not read it while it is checked
    hold(t("Checking…"));
    try {
      await api.post("/api/login", { username, password });
      // Loaded anew: nothing of the one before is left, and the password manager sees that the form has gone.
      location.replace(next);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error) {
    const waits = (error.status === 429 || error.status === 503) && error.retryAfter > 0;
    if (waits) {
      const wait = (left) => (error.status === 429 ? t("Too many attempts. You can try again in {time}.", { time: waitWords(left) })
        : t("The server is busy. You can try again in {time}.", { time: waitWords(left) }));
      announceError(wait(error.retryAfter));
      hold(t("Please wait…"));
      stopWaiting = countdown(error.retryAfter, (left) => say(wait(left)), () => {
        say("");
        release();
        announceError(t("You can try again now."));
      });
      return;
    }
    release();
    const { unplaced, first } = placeErrors(fields, error.fields);
    const text = error.status === 0 ? t("No answer from the server. Try again.") : first && unplaced.length === 0 ? "" : error.message;
    say(text);
    if (text) announceError(text);
    (first ?? fields.password.control).focus();
    if (!first && error.status === 401) fields.password.control.select();
  }

  function hold(words) {
    busy = true;
    submit.setAttribute("aria-disabled", "true");
    setText(submit, words);
  }

  function release() {
    busy = false;
    submit.removeAttribute("aria-disabled");
    setText(submit, t("Log in"));
  }

  // Read out once by the live region; here it may count.
  function say(text) {
    setText(message, text);
  }

  return {
    node,
    stop() {
      stopped = true;
      stopWaiting();
    },
  };
}
