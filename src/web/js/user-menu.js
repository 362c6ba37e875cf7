// SPDX-License-Identifier: Apache-2.0
// Who is logged in, in the masthead, with the links that are theirs.
import { h, setAttr } from "./dom.js";
import { icon } from "./icons.js";
import { languageSelect } from "./language.js";
import { logOut } from "./logout.js";
import { may } from "./roles.js";
import { roleWord } from "./words.js";
import { t } from "./texts.js";

let serial = 0;

// A button that shows and hides a list of links: what assistive technology knows best, and all of it plain Tab stops.
export function userMenu(frame) {
  const { me } = frame;
  const id = `user-menu-${(serial += 1)}`;
  const links = [
    ["/account", t("Your account")],
    may(me.role, "manage-people") && ["/admin/users", t("People")],
    may(me.role, "read-audit") && ["/admin/audit", t("Audit trail")],
  ].filter(Boolean);
  const list = h("div", { class: "user-menu__list", id, hidden: true },
    h("p", { class: "user-menu__who" }, h("strong", null, me.display_name), h("span", null, `${me.username} · ${roleWord(me.role)}`)),
    h("nav", { "aria-label": t("Your pages") }, h("ul", null, links.map(([href, label]) => h("li", null, h("a", { class: "user-menu__item", href }, label))))),
    h("div", { class: "user-menu__language" }, languageSelect().node),
    h("button", { type: "button", class: "user-menu__item", onclick: out }, t("Log out")));
  const button = h("button", { type: "button", class: "user-menu__button", "aria-expanded": "false", "aria-controls": id, onclick: () => toggle(list.hidden) },
    icon("person"),
    h("span", { class: "user-menu__name" }, me.display_name),
    h("span", { class: "user-menu__role" }, roleWord(me.role)),
    icon("open"));
  const node = h("div", { class: "user-menu", onkeydown: onKey, onfocusout: onFocusOut }, button, list);
  document.addEventListener("click", (event) => {
    // A link in the list leads on, and the list has done its work.
    if (!node.contains(event.target) || event.target.closest("a")) toggle(false);
  });
  return node;

  function toggle(open) {
    list.hidden = !open;
    setAttr(button, "aria-expanded", String(open));
  }

  function onKey(event) {
    if (event.key !== "Escape" || list.hidden) return;
    toggle(false);
    button.focus();
  }

  function onFocusOut(event) {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) toggle(false);
  }

  function out() {
    toggle(false);
    button.focus();
    logOut(frame);
  }
}
