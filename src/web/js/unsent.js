// SPDX-License-Identifier: Apache-2.0
// A line under the masthead while something that this person recorded is not stored and nobody looks at it.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { onOutbox, waitingOf } from "./outbox.js";
import { onTheWay } from "./outbox-send.js";
import { t, tn } from "./texts.js";

// These say it themselves.
const SAID = ["outbox", "tally"];
// What is on its way is not worth a line that comes and goes.
const GRACE = 3000;

// Returns {node, update(me, route)}.
export function unsentBar() {
  const words = h("p");
  const node = h("aside", { class: "unsent", hidden: true, "aria-label": t("Not stored yet") }, icon("warning"), words);
  let me = null;
  let route = null;
  let timer = null;
  onOutbox(look);

  function look() {
    draw();
    clearTimeout(timer);
    timer = setTimeout(draw, GRACE, { late: true });
  }

  async function draw({ late = false } = {}) {
    if (!me) return;
    const entries = await waitingOf(me.id);
    const refused = entries.filter(({ state }) => state === "refused");
    // A vessel's own page says in its form what waits.
    const waiting = late || !node.hidden ? onTheWay(entries).filter(({ vesselId }) => vesselId !== route.id) : [];
    const number = refused.length || waiting.length;
    node.hidden = SAID.includes(route.page) || number === 0;
    words.replaceChildren(refused.length > 0
      ? tn(number, "{n} entry was refused and needs your decision.", "{n} entries were refused and need your decision.")
      : tn(number, "{n} entry is kept on this device and not stored yet.", "{n} entries are kept on this device and not stored yet."),
    " ", h("a", { href: "/outbox" }, t("Not stored yet")));
  }

  return {
    node,
    update(person, where) {
      me = person;
      route = where;
      look();
    },
  };
}
