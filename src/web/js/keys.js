// SPDX-License-Identifier: Apache-2.0
// One's API keys. The server tells a key once, when it is made, and keeps only its hash.
import { announce } from "./announce.js";
import { cardTable, rowButton } from "./table.js";
import { clocks, relative } from "./format.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { copyText } from "./copy.js";
import { days } from "./calendar.js";
import { empty, section } from "./section.js";
import { field, Invalid, setChoices, textInput } from "./field.js";
import { h, setText } from "./dom.js";
import { loadedPlace } from "./loading.js";
import { roleWord } from "./words.js";
import { rolesUpTo } from "./roles.js";
import { t } from "./texts.js";

const COLUMNS = [{ label: t("Key") }, { label: t("Role") }, { label: t("Last used") }, { label: t("Ends") }, { label: "", kind: "actions" }];
const DAY = 24 * 3600 * 1000;
const LIVES = [["30", days(30)], ["90", days(90)], ["365", t("1 year")], ["", t("Never")]];

export function keysPanel(api, me) {
  const add = h("button", { type: "button", class: "button button--small", onclick: askForKey }, t("New key"));
  const place = loadedPlace({
    rows: 2,
    async ask() {
      const [{ data }, meta] = await Promise.all([api.get("/api/me/keys"), api.meta()]);
      return { keys: data.data, clock: clocks(meta.timezone) };
    },
    draw: ({ keys, clock }) => (keys.length === 0 ? empty(t("You have none. A key lets a program work with the port under your name."))
      : cardTable("keys", t("API keys"), COLUMNS, keys.map((key) => row(key, clock)))),
  });
  const node = section("keys", t("API keys"), place.node);
  node.firstChild.append(add);
  place.load();

  function row(key, clock) {
    const over = key.expires_at !== null && Date.parse(key.expires_at) <= api.now();
    return {
      "data-id": key.id,
      cells: [
        [h("strong", null, key.name), h("code", { class: "table__sub" }, `${key.prefix}…`)],
        roleWord(key.role),
        key.last_used_at === null ? t("never") : relative(key.last_used_at, api.now()),
        key.expires_at === null ? t("never") : over ? h("span", { class: "tag tag--bad" }, t("ended")) : h("span", { title: clock.full(key.expires_at) }, clock.day(key.expires_at)),
        rowButton(`key-${key.id}`, t("Revoke"), t("Revoke the key {name}", { name: key.name }), () => askToRevoke(key)),
      ],
    };
  }

  async function askForKey() {
    const fields = {
      name: field({ name: "name", label: t("Name"), hint: t("what it is for"), control: textInput(100, { autocomplete: "off" }) }),
      role: field({ name: "role", label: t("Role"), control: h("select", { class: "input" }) }),
      expires_at: field({ name: "expires_at", label: t("Ends"), control: h("select", { class: "input" }) }),
    };
    setChoices(fields.role.control, rolesUpTo(me.role).map((role) => [role, roleWord(role)]));
    setChoices(fields.expires_at.control, LIVES, "90");
    const made = await openDialog({
      title: t("New API key"),
      text: t("Give it the lowest role that does."),
      extra: Object.values(fields).map((item) => item.node),
      fields,
      actions: [{ label: t("Make the key"), kind: "primary", act: () => make(fields) }],
    });
    if (made) tell(made);
  }

  async function make(fields) {
    const name = fields.name.control.value.trim();
    if (!name) throw new Invalid([{ field: "name", detail: t("Say what it is for.") }]);
    const body = { name, role: fields.role.control.value };
    const life = Number(fields.expires_at.control.value);
    if (life > 0) body.expires_at = new Date(api.now() + life * DAY).toISOString();
    try {
      return (await api.post("/api/me/keys", body)).data.data;
    } finally {
      // Also when the answer was lost: a key that nobody knows should be seen, and revoked.
      place.load();
    }
  }

  function tell({ name, key }) {
    const said = h("p", { class: "key__said", role: "status" });
    const shown = h("input", { type: "text", class: "input key__text", readonly: true, "aria-label": t("The key {name}", { name }), value: key, spellcheck: "false", onfocus: (event) => event.target.select() });
    const copy = h("button", { type: "button", class: "button", onclick: copyKey }, t("Copy"));
    openDialog({
      title: t("The key “{name}”", { name }),
      text: t("Put it where your program reads it, and nowhere else. It is shown this once; it can't be looked up later."),
      extra: [h("div", { class: "key__row" }, shown, copy), said],
      no: null,
      actions: [{ label: t("I have kept it"), kind: "primary", act: async () => {} }],
    });

    async function copyKey() {
      setText(said, (await copyText(key, shown)) ? t("Copied.") : t("Could not be copied: mark it and copy it by hand."));
    }
  }

  function askToRevoke(key) {
    confirmDialog({
      title: t("Revoke this key?"),
      text: t("What works with “{name}” ({prefix}…) is refused from then on. This can't be undone.", { name: key.name, prefix: key.prefix }),
      yes: t("Revoke the key"),
    }, async () => {
      try {
        await api.delete(`/api/me/keys/${key.id}`);
      } catch (error) {
        if (error.status !== 404) throw error;      // gone already
      }
      announce(t("Revoked: {name}.", { name: key.name }));
      await place.load();
    });
  }

  return { node };
}
