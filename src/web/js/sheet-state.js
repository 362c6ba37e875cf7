// SPDX-License-Identifier: Apache-2.0
// The line of a tally sheet that says whether what was counted is stored, kept here, or in need of a decision.
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { keepsNothing } from "./outbox.js";
import { t, tn } from "./texts.js";

// Returns {node, update({waiting, refused}, sending)}.
export function sheetState({ onSend }) {
  const picture = h("span", { "aria-hidden": "true" });
  const text = h("span", { class: "sheet-state__text" });
  const send = h("button", { type: "button", class: "button button--small", hidden: true, onclick: onSend }, t("Send now"));
  const decide = h("a", { class: "button button--small", href: "/outbox", hidden: true }, t("Decide"));
  const node = h("div", { class: "sheet-state" }, picture, text, send, decide);

  return {
    node,
    update({ waiting, refused }, { error, nextAt }) {
      const away = waiting > 0 && error !== null;
      const state = keepsNothing() ? "lost" : refused > 0 ? "refused" : away ? "waiting" : waiting > 0 ? "sending" : "stored";
      if (node.dataset.state !== state) {
        node.dataset.state = state;
        picture.replaceChildren(icon({ stored: "ok", sending: "expected" }[state] ?? "warning"));
      }
      send.hidden = !away;
      setText(send, nextAt === null ? t("Send now") : t("Send now ({seconds} s)", { seconds: Math.max(0, Math.round((nextAt - Date.now()) / 1000)) }));
      decide.hidden = refused === 0;
      setText(text, [
        lost(),
        refused > 0 && tn(refused, "{n} entry was refused.", "{n} entries were refused."),
        unsent(waiting, away),
        state === "stored" && t("Everything is stored."),
      ].filter(Boolean).join(" "));
    },
  };

  function lost() {
    if (keepsNothing() === "full") return t("The storage of this device is full. What is not stored is lost when this page is closed.");
    return keepsNothing() ? t("This device keeps nothing, as in a private window. What is not stored is lost when this page is closed.") : "";
  }

  function unsent(waiting, away) {
    if (waiting === 0) return "";
    return away ? tn(waiting, "No connection. {n} entry is kept on this device.", "No connection. {n} entries are kept on this device.")
      : tn(waiting, "Sending {n} entry …", "Sending {n} entries …");
  }
}
