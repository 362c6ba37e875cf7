// SPDX-License-Identifier: Apache-2.0
// The page at /admin/keys: API keys of everybody, with the means to revoke them.
import { accessPage } from "./access-page.js";
import { h } from "./dom.js";
import { relative } from "./format.js";
import { roleWord } from "./words.js";
import { t } from "./texts.js";

const KEYS = {
  name: "every-key",
  path: "/api/keys",
  title: t("API keys"),
  sub: t("Which programs work under whose name"),
  nothing: t("There is no such key."),
  placeholder: t("Name or user name"),
  states: [["valid", t("Valid")], ["expired", t("Expired")], ["revoked", t("Revoked")]],
  sort: "-created_at",
  columns: [{ label: t("Key") }, { label: t("Person") }, { label: t("Role") }, { label: t("Last used") }, { label: t("Ends") }, { label: "", kind: "actions" }],
  cells: (row, { clock, now }) => [
    [h("strong", null, row.name), h("code", { class: "table__sub" }, `${row.prefix}…`)],
    row.username,
    roleWord(row.role),
    row.last_used_at === null ? t("never") : h("span", { title: clock.full(row.last_used_at) }, relative(row.last_used_at, now)),
    ends(row, clock, now),
  ],
  button(row) {
    if (row.revoked_at !== null) return null;
    const words = { name: row.name, prefix: row.prefix };
    return {
      label: t("Revoke"),
      aria: t("Revoke the key {name}", words),
      title: t("Revoke this key?"),
      text: t("What works with “{name}” ({prefix}…) is refused from then on. This can't be undone.", words),
      yes: t("Revoke the key"),
      done: t("Revoked: {name}.", words),
    };
  },
};

function ends({ state, revoked_at: revoked, expires_at: expires }, clock, now) {
  if (state === "revoked") return h("span", { class: "tag tag--bad" }, t("revoked {when}", { when: relative(revoked, now) }));
  if (expires === null) return t("never");
  return h("span", { class: state === "expired" ? "tag tag--bad" : null, title: clock.full(expires) }, clock.day(expires));
}

export const everyKeyPage = (frame, route) => accessPage(frame, route, KEYS);
