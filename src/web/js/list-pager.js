// SPDX-License-Identifier: Apache-2.0
// The line under a list that leads to its other pages: plain links, so that they can be opened beside, too.
import { addressOf, pageNumbers, SIZES, turned } from "./list-state.js";
import { count } from "./format.js";
import { h, replaceKeepingFocus } from "./dom.js";
import { setChoices } from "./field.js";
import { t } from "./texts.js";

// onSize(number of rows). Returns {node, update(state, pagination)}.
export function listPager(list, onSize) {
  const links = h("div", { class: "list-pager__links" });
  const size = h("select", { class: "input", "aria-label": t("Rows on a page"), onchange: () => onSize(Number(size.value)) });
  setChoices(size, SIZES.map((number) => [String(number), t("{number} rows", { number })]), String(SIZES[0]));
  const nav = h("nav", { class: "list-pager", "aria-label": t("Pages of the list") }, links, size);

  const link = (state, key, label, aria, current = false) => (state
    ? h("a", { class: "button", "data-key": key, href: addressOf(list, { ...state, row: null }), "aria-label": aria, "aria-current": current ? "page" : null }, label)
    : h("span", { class: "button", "data-key": key, "aria-disabled": "true", role: "link", "aria-label": aria }, label));

  return {
    node: nav,
    update(state, pagination) {
      const { page, pages } = pagination;
      size.value = String(state.perPage);
      const numbers = pageNumbers(pagination);
      replaceKeepingFocus(links,
        link(turned(state, pagination, -1), "previous", t("Previous"), t("Previous page")),
        h("span", { class: "list-pager__numbers" }, numbers.map((number) => (number === null ? h("span", { "aria-hidden": "true" }, "…")
          : link({ ...state, page: number, cursor: null }, `page-${number}`, count(number), t("Page {number}", { number: count(number) }), number === page)))),
        h("span", { class: "list-pager__where", role: "status" }, pages ? t("Page {page} of {pages}", { page: count(page), pages: count(Math.max(page, pages)) }) : t("Page {number}", { number: count(page) })),
        link(turned(state, pagination, 1), "next", t("Next"), t("Next page")));
    },
  };
}
