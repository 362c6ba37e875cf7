// SPDX-License-Identifier: Apache-2.0
// One row with all that is known of it, what it leads to, and what the person may do with it: a dialog over its list.
import { announce } from "./announce.js";
import { askToEdit, nameOf } from "./row-form.js";
import { cell, pill } from "./list-cells.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { formFields } from "./form-fields.js";
import { h } from "./dom.js";
import { loadedPlace } from "./loading.js";
import { may } from "./roles.js";
import { newUuid } from "./uuid.js";
import { sendOnce } from "./row-write.js";
import { t } from "./texts.js";
import { valueWord as word } from "./list-words.js";

// onClose is called when the person closes it, onChanged(text) after a change; context() is what cells are drawn with.
// Returns {close}, which closes it quietly.
export function openRow({ frame: { api, me }, list, id, context, onClose, onChanged }) {
  const heading = h("h2", { id: "row-title" }, list.one);
  const place = loadedPlace({
    rows: 5,
    ask: async () => {
      const [answer, meta] = await Promise.all([api.get(`${list.api}/${encodeURIComponent(id)}`), api.meta()]);
      return { row: answer.data.data, etag: answer.etag, meta };
    },
    draw,
  });
  const dialog = h("dialog", { class: "dialog dialog--row", "aria-labelledby": "row-title" },
    h("div", { class: "row-view__head" }, heading, h("button", { type: "button", class: "button button--quiet", onclick: () => dialog.close() }, t("Close"))),
    place.node);
  let quiet = false;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (!quiet) onClose();
  });
  document.body.append(dialog);
  dialog.showModal();
  place.load();

  function draw({ row, etag, meta }) {
    heading.replaceChildren(nameOf(list, row));
    const shown = list.columns.slice(1).filter(({ name }) => row[name] !== null && row[name]?.length !== 0);
    return [
      h("dl", { class: "facts row-view__facts" }, shown.map((column) => h("div", { "data-name": column.name, "data-wide": column.name === "notes" || column.name === "description" || column.kind === "words" },
        h("dt", null, column.label), h("dd", null, cell(column, row, context()))))),
      moves(row, etag, meta),
      related(row),
      h("div", { class: "dialog__buttons" },
        list.rights.remove && may(me.role, list.rights.remove) && h("button", { type: "button", class: "button button--danger", "data-key": "remove", onclick: () => remove(row, etag) }, t("Delete")),
        list.rights.edit && may(me.role, list.rights.edit) && h("button", { type: "button", class: "button button--primary", "data-key": "edit", onclick: () => edit(row, etag) }, t("Edit"))),
    ];
  }

  function moves(row, etag, meta) {
    // In the order of the life cycle.
    const to = (meta.choices[list.name]?.status ?? []).filter((status) => meta.moves[list.moves]?.[row.status]?.includes(status));
    if (to.length === 0 || !may(me.role, list.rights.edit)) return null;
    return h("div", { class: "row-view__moves", role: "group", "aria-label": t("Move to") },
      h("span", { class: "field__label" }, t("Move to")),
      to.map((status) => h("button", {
        type: "button", class: "button", "data-key": `move-${status}`, "data-status": status,
        onclick: () => move(row, etag, status, meta),
      }, pill(status, word))));
  }

  function related(row) {
    const links = list.related.filter(({ needs }) => !needs || may(me.role, needs));
    if (links.length === 0 && !list.pageOf) return null;
    return h("ul", { class: "row-view__related" },
      list.pageOf && h("li", null, h("a", { class: "button", href: list.pageOf(row) }, t("Open its page"))),
      links.map(({ label, path, by }) => h("li", null, h("a", { class: "button", href: `${path}?${by}=${row.id}` }, label))));
  }

  async function changed(text) {
    onChanged();
    announce(text);
    await place.load();
  }

  async function edit(row, etag) {
    const saved = await askToEdit({ api, list, context, row, etag });
    // Also after a refusal what is shown may be out of date.
    if (saved) await changed(t("Saved: {name}.", { name: nameOf(list, saved) }));
    else await place.load();
  }

  // One that can't be taken back is asked for first, and so is what the new status has to know.
  async function move(row, etag, status, meta) {
    const names = list.moveFields?.[status] ?? [];
    const form = formFields({ api, list: { ...list, form: list.form.filter(({ name }) => names.includes(name)).map((one) => ({ ...one, required: true })) },
      choices: {}, timeZone: meta.timezone, row });
    const key = newUuid();
    const act = async (say) => {
      await sendOnce(() => api.patch(`${list.api}/${row.id}`, { ...form.read(), status }, { key, match: etag }), say);
      await changed(t("{name}: {status}.", { name: nameOf(list, row), status: word(status) }));
      return true;
    };
    const back = meta.moves[list.moves]?.[status]?.includes(row.status);
    const done = await openDialog({
      title: t("Move to {status}?", { status: word(status) }),
      text: back ? nameOf(list, row) : `${nameOf(list, row)}. ${t("This can't be taken back.")}`,
      extra: h("div", { class: "row-form" }, form.nodes),
      fields: form.fields,
      no: t("Cancel"),
      actions: [{ label: word(status), kind: back ? "primary" : "danger", act }],
    });
    if (!done) await place.load();
  }

  async function remove(row, etag) {
    const key = newUuid();
    const done = await confirmDialog({
      title: t("Delete {name}?", { name: nameOf(list, row) }),
      text: t("It is removed for everybody. This can't be taken back."),
      yes: t("Delete"),
      no: t("Cancel"),
    }, async (say) => {
      await sendOnce(() => api.delete(`${list.api}/${row.id}`, { key, match: etag }), say);
      return true;
    });
    if (!done) return;
    onChanged();
    announce(t("Deleted: {name}.", { name: nameOf(list, row) }));
    dialog.close();
  }

  return {
    close() {
      quiet = true;
      dialog.close();
    },
  };
}
