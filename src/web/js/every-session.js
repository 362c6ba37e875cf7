// SPDX-License-Identifier: Apache-2.0
// The page at /admin/sessions: who is logged in where, with the means to end it.
import { accessPage } from "./access-page.js";
import { device } from "./device.js";
import { h } from "./dom.js";
import { relative } from "./format.js";
import { t } from "./texts.js";

const SESSIONS = {
  name: "every-session",
  path: "/api/sessions",
  title: t("Sessions"),
  sub: t("Who is logged in where. One that was ended is shown for a day."),
  nothing: t("There is no such session."),
  placeholder: t("Name or user name"),
  states: [["open", t("Open#session")], ["ended", t("Ended")]],
  sort: "-last_used_at",
  columns: [{ label: t("Person") }, { label: t("Device") }, { label: t("Last used") }, { label: t("Since") }, { label: t("Address") }, { label: "", kind: "actions" }],
  // Which one is this page's own.
  prepare: async (api) => (await api.get("/api/me/sessions")).data.data.find(({ current }) => current)?.id ?? null,
  cells: (row, { clock, now, prepared }) => [
    [h("strong", null, row.username), row.id === prepared && h("span", { class: "tag tag--good" }, t("this device"))],
    h("span", { title: row.user_agent }, device(row.user_agent)),
    row.revoked_at === null ? h("span", { title: clock.full(row.last_used_at) }, relative(row.last_used_at, now))
      : h("span", { class: "tag tag--bad" }, t("ended {when}", { when: relative(row.revoked_at, now) })),
    clock.near(row.created_at, now),
    row.address,
  ],
  button(row, own) {
    if (row.revoked_at !== null || row.id === own) return null;
    const words = { name: row.username, device: device(row.user_agent) };
    return {
      label: t("End"),
      aria: t("End the session of {name}, {device}", words),
      title: t("End this session?"),
      text: t("{name} is logged out on {device} at once. What was not sent from there waits on the device for the next login.", words),
      yes: t("End the session"),
      done: t("Ended: {name}, {device}.", words),
    };
  },
};

export const everySessionPage = (frame, route) => accessPage(frame, route, SESSIONS);
