// SPDX-License-Identifier: Apache-2.0
// A line under the masthead while something that this person recorded is not stored yet.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { pendingVessels } from "./pending.js";
import { vesselPath } from "./routes.js";

// Returns {node, update(me, route)}. A vessel's own page says it in its form.
export function unsentBar() {
  const node = h("aside", { class: "unsent", hidden: true, "aria-label": "Not sent yet" });
  return {
    node,
    update(me, route) {
      const ids = me ? pendingVessels(me.id).filter((id) => id !== route.id) : [];
      node.hidden = ids.length === 0;
      node.replaceChildren(icon("warning"), h("p", null,
        ids.length === 1 ? "A tally is not sent yet. It is sent from its vessel's page: " : "Some tallies are not sent yet. They are sent from their vessels' pages: ",
        ids.flatMap((id, index) => [index > 0 && ", ", h("a", { href: vesselPath(id) }, `vessel ${id}`)])));
    },
  };
}
