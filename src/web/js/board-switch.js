// SPDX-License-Identifier: Apache-2.0
// Links to the boards' home pages, for the masthead. Only where there is more than one board.
import { boardOfPage } from "./boards.js";
import { h, setAttr } from "./dom.js";
import { t } from "./texts.js";

export function boardSwitch(boards) {
  const links = boards.map((board) => [board, h("a", { class: "boards__item", href: board.path }, board.label)]);
  const node = h("nav", { class: "boards", "aria-label": t("Boards") }, h("ul", null, links.map(([, link]) => h("li", null, link))));
  return {
    node,
    // On a page below a board's home, that board is the current one, though its link leads elsewhere.
    update(page) {
      for (const [board, link] of links) setAttr(link, "aria-current", board.page === page ? "page" : boardOfPage(page) === board.name ? "true" : null);
    },
  };
}
