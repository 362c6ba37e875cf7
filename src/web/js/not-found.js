// SPDX-License-Identifier: Apache-2.0
// Pages that only say something: a wrong address, a vessel that isn't there, a page that the role doesn't include, a
// server that can't be reached.
import { h } from "./dom.js";
import { roleWord } from "./words.js";
import { t } from "./texts.js";

export function messagePage(title, text, ...actions) {
  return h(
    "section",
    { class: "message-page", "data-state": "ready" },
    h("h1", null, title),
    h("p", null, text),
    h("p", null, actions.length > 0 ? actions : h("a", { class: "button button--primary", href: "/" }, t("To the dashboard"))),
  );
}

export function notFoundPage(frame) {
  frame.setTitle(t("Page not found"));
  return { node: messagePage(t("There is nothing at this address"), t("The link may be old, or a character was lost on the way.")), stop() {} };
}

export function denied(frame) {
  frame.setTitle(t("Not allowed"));
  return messagePage(t("This page is not for your role"),
    t("You are logged in as {name} ({role}). If you need this page, ask an admin.", { name: frame.me.display_name, role: roleWord(frame.me.role) }));
}
