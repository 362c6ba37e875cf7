// SPDX-License-Identifier: Apache-2.0
// Asks something before it is done: for a confirmation, or for a form's worth of values.
import { clearErrors, explain, placeErrors } from "./field.js";
import { h, setText } from "./dom.js";
import { t } from "./texts.js";

// actions: [{label, kind ("primary", "danger" or ""), act}]; the last one is what Enter means. act(say) does it and may
// take its time; say(text) tells how it stands. An error is shown, at its field where it has one, and the dialog stays.
// no is the label of the button that does nothing; without one the dialog can only be answered.
// Resolves, when the dialog is closed, to what act returned; to undefined if nothing was done.
export function openDialog({ title, text = "", extra = null, fields = {}, actions, no = t("Cancel") }) {
  const message = h("p", { class: "dialog__message", role: "status" });
  const buttons = actions.map(({ label, kind = "", act }, index) => {
    const last = index === actions.length - 1;
    return h("button", {
      type: last ? "submit" : "button",
      class: `button${kind && ` button--${kind}`}`,
      onclick: last ? null : (event) => run(act, event.currentTarget),
    }, label);
  });
  const cancel = no && h("button", { type: "button", class: "button", onclick: () => dialog.close() }, no);
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", oncancel: (event) => (busy || !no) && event.preventDefault() },
    h("form", { class: "form", method: "post", onsubmit: submit, novalidate: true }, heading, text && h("p", null, text), extra, message,
      h("div", { class: "dialog__buttons" }, cancel, buttons)),
  );
  let busy = false;
  let result;

  function submit(event) {
    event.preventDefault();
    run(actions.at(-1).act, buttons.at(-1));
  }

  async function run(act, button) {
    if (busy) return;
    busy = true;
    clearErrors(fields);
    button.setAttribute("aria-disabled", "true");
    if (cancel) cancel.disabled = true;
    setText(message, t("Sending…"));
    try {
      result = await act((words) => setText(message, words));
      dialog.close();
    } catch (error) {
      const { unplaced, first } = placeErrors(fields, error.fields ?? []);
      setText(message, explain(error, unplaced));
      first?.focus();
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
      if (cancel) cancel.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
  });
}

// Asks before something that can't be taken back.
export const confirmDialog = ({ yes, ...rest }, act) => openDialog({ ...rest, actions: [{ label: yes, kind: "danger", act }] });
