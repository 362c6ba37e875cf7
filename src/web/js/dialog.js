// SPDX-License-Identifier: Apache-2.0
// Asks before something that can't be taken back.
import { h, setText } from "./dom.js";

// act(say) does it and may take its time; say(text) tells how it stands. An error is shown and the dialog stays.
export function confirmDialog({ title, text, extra = null, yes, no = "Cancel" }, act) {
  const message = h("p", { class: "dialog__message", role: "status" });
  const confirm = h("button", { type: "submit", class: "button button--danger" }, yes);
  const cancel = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, no);
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", onclose: () => dialog.remove(), oncancel: (event) => busy && event.preventDefault() },
    h("form", { class: "form", onsubmit: submit, novalidate: true }, heading, h("p", null, text), extra, message,
      h("div", { class: "dialog__buttons" }, cancel, confirm)),
  );
  let busy = false;

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    confirm.setAttribute("aria-disabled", "true");
    cancel.disabled = true;
    setText(message, "Sending…");
    try {
      await act((words) => setText(message, words));
      dialog.close();
    } catch (error) {
      setText(message, error.message);
    } finally {
      busy = false;
      confirm.removeAttribute("aria-disabled");
      cancel.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
}
