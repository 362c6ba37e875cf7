// SPDX-License-Identifier: Apache-2.0
// The form of a row, to add one or to change one. Who was overtaken by somebody else's change sees it and decides.
import { cell } from "./list-cells.js";
import { changes, conflicts } from "./form-values.js";
import { DASH } from "./format.js";
import { formFields } from "./form-fields.js";
import { h } from "./dom.js";
import { newUuid } from "./uuid.js";
import { openDialog } from "./dialog.js";
import { sendOnce } from "./row-write.js";
import { t } from "./texts.js";

/** Resolves to the row that was made, undefined if none was. given: values to begin with. */
export async function askToAdd({ api, list, given }) {
  const meta = await api.meta();
  const form = formFields({ api, list, choices: meta.choices[list.name] ?? {}, timeZone: meta.timezone, row: null, given });
  const key = newUuid();
  return openDialog({
    title: list.add.label,
    extra: grid(form),
    fields: form.fields,
    no: t("Cancel"),
    actions: [{
      label: t("Save"),
      kind: "primary",
      act: async (say) => {
        const values = form.read();
        return (await sendOnce(() => api.post(list.api, values, { key }), say)).data.data;
      },
    }],
  });
}

/** Resolves to the row as it is after the change, undefined if nothing was changed. */
export async function askToEdit({ api, list, context, row, etag }) {
  const meta = await api.meta();
  const form = formFields({ api, list, choices: meta.choices[list.name] ?? {}, timeZone: meta.timezone, row });
  const overtaken = h("div", { class: "overtaken", role: "alert", hidden: true });
  let seen = row;
  let match = etag;
  // A key names one request; after another one was refused or done there is another.
  let key = newUuid();
  let sent = null;

  return openDialog({
    title: t("Edit {name}", { name: nameOf(list, row) }),
    extra: [overtaken, grid(form)],
    fields: form.fields,
    no: t("Cancel"),
    actions: [{ label: t("Save"), kind: "primary", act: save }],
  });

  async function save(say) {
    const change = changes(seen, form.read());
    if (Object.keys(change).length === 0) return undefined;
    if (sent !== JSON.stringify([change, match])) key = newUuid();
    sent = JSON.stringify([change, match]);
    try {
      return (await sendOnce(() => api.patch(`${list.api}/${row.id}`, change, { key, match }), say)).data.data;
    } catch (error) {
      if (error.status !== 412) throw error;
      tell(error.current, change);
      throw new Error(t("Somebody else has changed it. Nothing was saved yet."));
    }
  }

  // The form goes on from the row as it is now: what only they changed is theirs, what both did is the person's to decide.
  function tell(now, mine) {
    const found = conflicts(list.form.map(({ name }) => name), seen, now, mine);
    const kept = { ...now, ...mine };
    seen = now;
    match = `"${now.version}"`;         // which is all of an ETag that is compared
    form.show(kept);
    overtaken.replaceChildren(
      h("p", null, h("strong", null, t("Changed by somebody else since you opened it:"))),
      h("dl", { class: "diff" }, found.map((item) => line(item, now, kept))),
      h("p", null, t("Save keeps what you typed over theirs.")),
      h("button", {
        type: "button", class: "button button--small",
        onclick() {
          form.show(now);
          overtaken.hidden = true;
        },
      }, t("Take theirs")));
    overtaken.hidden = found.length === 0;
    overtaken.scrollIntoView({ block: "nearest" });
  }

  function line({ name, before, mine, now: value }, now, kept) {
    const { kind, label } = list.form.find((one) => one.name === name);
    const column = list.columns.find((one) => one.name === name);
    // What has no column is a reference's id.
    const shown = (it, whole) => (column ? cell(column, { ...whole, [name]: it }, context()) : it === null ? DASH : kind === "reference" ? `№ ${it}` : String(it));
    return h("div", { class: "diff__item" }, h("dt", null, label),
      h("dd", null, h("del", null, shown(before, row)), h("span", { class: "diff__arrow", role: "img", "aria-label": t("became") }, "→"), h("ins", null, shown(value, now)),
        mine !== undefined && h("span", { class: "overtaken__mine" }, t("yours:"), " ", shown(mine, kept))));
  }
}

export const nameOf = (list, row) => row[list.columns[0].name] ?? `${list.one} ${row.id}`;

const grid = (form) => h("div", { class: "form__inputs row-form" }, form.nodes);
