// SPDX-License-Identifier: Apache-2.0
// A line under the masthead when the server can't be reached and the page itself can't say how that concerns it: what it shows is
// from this device, or there is nothing of it here.
import { age } from "./format.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

// Returns {node, update(storedAt)}: when what just came was stored, null if nothing came, undefined if the server answered.
export function connectionBar(main) {
  const text = h("p", { role: "status" });
  const again = h("button", { type: "button", class: "button", onclick: () => location.reload() }, t("Try again"));
  const node = h("aside", { class: "no-connection", hidden: true, "aria-label": t("No connection") }, icon("warning"), text, again);
  // Pages that follow their figures say how old these are, and when they ask again.
  const follows = () => main.querySelector(".freshness") !== null;
  return {
    node,
    update(storedAt) {
      const words = say(storedAt);
      node.hidden = words === "";
      again.hidden = follows();
      setText(text, words);
    },
  };

  function say(storedAt) {
    if (storedAt === undefined) return "";
    if (storedAt !== null) return follows() ? "" : t("No connection. This is what the device had {age} ago.", { age: age(Date.now() - storedAt) });
    if (main.querySelector("[data-state=ready]")) return node.hidden ? "" : text.textContent;
    return navigator.serviceWorker?.controller ? t("No connection, and this page was not opened on this device before. It comes as soon as the server answers.") : "";
  }
}
