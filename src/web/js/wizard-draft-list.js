// SPDX-License-Identifier: Apache-2.0
// The vessels that this person began to write down on this device.
import { announce } from "./announce.js";
import { drafts, dropDraft } from "./wizard-drafts.js";
import { editPath } from "./routes.js";
import { h } from "./dom.js";
import { relative } from "./format.js";
import { t } from "./texts.js";

// Nothing when there is none but the one on the page.
export function draftList({ api, me, draft }) {
  const others = drafts(me.id).filter(({ id }) => id !== draft.id);
  if (others.length === 0) return null;
  const list = h("ul", { class: "drafts__list" });
  const node = h("section", { class: "drafts", "aria-label": t("Drafts on this device") }, h("h3", null, t("Drafts on this device")), list);
  list.append(...others.map((item) => row(item)));
  return node;

  function row(item) {
    const name = item.values.name.trim() || t("Without a name");
    const about = [item.vesselId ? t("changes to a vessel") : t("new vessel"), item.sent ? t("being sent") : relative(item.at, api.now())].join(" · ");
    const path = item.vesselId ? editPath(item.vesselId) : "/vessels/new";
    const line = h("li", { class: "drafts__item", "data-draft": item.id },
      h("span", { class: "drafts__name" }, name, h("span", { class: "table__sub" }, about)),
      h("a", { class: "button", href: `${path}?step=1&draft=${item.id}`, "aria-label": t("Go on with {name}", { name }) }, t("Go on")),
      // What may be stored already is settled, not thrown away.
      !item.sent && h("button", { type: "button", class: "button button--quiet", "aria-label": t("Throw away {name}", { name }), onclick: () => drop(item, line, name) }, t("Throw away")));
    return line;
  }

  function drop(item, line, name) {
    dropDraft(me.id, item.id);
    const next = line.nextElementSibling ?? line.previousElementSibling;
    line.remove();
    (next?.querySelector("a") ?? document.querySelector(".wizard__title"))?.focus();
    if (list.children.length === 0) node.remove();
    announce(t("The draft of {name} was thrown away.", { name }));
  }
}
