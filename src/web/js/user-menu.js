// SPDX-License-Identifier: Apache-2.0
// Who is logged in, in the masthead, with the links that are theirs.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { languageSelect } from "./language.js";
import { logOut } from "./logout.js";
import { may } from "./roles.js";
import { popup } from "./popup.js";
import { roleWord } from "./words.js";
import { t } from "./texts.js";

export function userMenu(frame) {
  const { me } = frame;
  const links = [
    ["/account", t("Your account")],
    may(me.role, "manage-people") && ["/admin/users", t("People")],
    may(me.role, "manage-people") && ["/admin/sessions", t("Sessions")],
    may(me.role, "manage-people") && ["/admin/keys", t("API keys")],
    may(me.role, "see-operations") && ["/admin/operations", t("Operations")],
    may(me.role, "read-audit") && ["/admin/audit", t("Audit trail")],
  ].filter(Boolean);
  const list = h("div", { class: "user-menu__list" },
    h("p", { class: "user-menu__who" }, h("strong", null, me.display_name), h("span", null, `${me.username} · ${roleWord(me.role)}`)),
    h("nav", { "aria-label": t("Your pages") }, h("ul", null, links.map(([href, label]) => h("li", null, h("a", { class: "user-menu__item", href }, label))))),
    h("div", { class: "user-menu__language" }, languageSelect().node),
    h("button", { type: "button", class: "user-menu__item", onclick: out }, t("Log out")));
  const button = h("button", { type: "button", class: "masthead__button user-menu__button" },
    icon("person"),
    h("span", { class: "user-menu__name" }, me.display_name),
    h("span", { class: "user-menu__role" }, roleWord(me.role)),
    icon("open"));
  const menu = popup({ name: "user-menu", button, list });
  return menu.node;

  function out() {
    menu.close();
    button.focus();
    logOut(frame);
  }
}
