// SPDX-License-Identifier: Apache-2.0
// The line under the masthead with the pages of the board that one is on. Its height is there before its links are, so that
// nothing moves when they come.
import { boardOfPage, pagesOfBoard } from "./boards.js";
import { h, setAttr } from "./dom.js";
import { may } from "./roles.js";
import { t } from "./texts.js";

// page is the one that the address seems to mean.
export function subnav(frame, page) {
  const list = h("ul");
  const node = h("nav", { class: "subnav", "aria-label": t("Pages of this board"), hidden: page !== "home" && !boardOfPage(page) }, list);
  let board = null;
  let links = [];

  function draw(next) {
    board = next;
    links = board ? pagesOfBoard(board).filter(({ needs }) => !needs || may(frame.me.role, needs))
      .map(({ page: name, path, label }) => [name, h("a", { class: "subnav__item", href: path }, label)]) : [];
    list.replaceChildren(...links.map(([, link]) => h("li", null, link)));
  }

  return {
    node,
    // A vessel is one of the vessels.
    update(name) {
      const next = frame.boards.find((item) => item.name === boardOfPage(name)) ?? null;
      if (next !== board) draw(next);
      node.hidden = !board;
      for (const [own, link] of links) {
        setAttr(link, "aria-current", own === name ? "page" : own === "vessels" && name.startsWith("vessel") ? "true" : null);
        // On a phone not all of them fit in.
        if (link.hasAttribute("aria-current")) list.scrollLeft = link.offsetLeft - (list.clientWidth - link.offsetWidth) / 2;
      }
    },
  };
}
