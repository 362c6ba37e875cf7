// SPDX-License-Identifier: Apache-2.0
// Where one is logged in, with the means to end it there.
import { announce } from "./announce.js";
import { cardTable, rowButton } from "./table.js";
import { clocks, relative } from "./format.js";
import { confirmDialog } from "./dialog.js";
import { device } from "./device.js";
import { h, setText } from "./dom.js";
import { loadedPlace } from "./loading.js";
import { section } from "./section.js";
import { t } from "./texts.js";

const COLUMNS = [{ label: t("Device") }, { label: t("Last used") }, { label: t("Since") }, { label: t("Address") }, { label: "", kind: "actions" }];

export function sessionsPanel(api) {
  const others = h("button", { type: "button", class: "button button--small", hidden: true, onclick: endOthers }, t("Log out everywhere else"));
  const message = h("p", { class: "form__result", role: "alert" });
  const place = loadedPlace({
    async ask() {
      const [{ data }, meta] = await Promise.all([api.get("/api/me/sessions"), api.meta()]);
      return { sessions: data.data, clock: clocks(meta.timezone) };
    },
    draw: ({ sessions, clock }) => {
      others.hidden = !sessions.some((session) => !session.current);
      return cardTable("sessions", t("Where you are logged in"), COLUMNS, sessions.map((session) => row(session, clock)));
    },
  });
  const node = section("sessions", t("Where you are logged in"), place.node, message);
  node.firstChild.append(others);
  place.load();

  function row(session, clock) {
    const name = device(session.user_agent);
    return {
      "data-session": session.id,
      "data-current": session.current,
      cells: [
        [h("strong", { title: session.user_agent }, name), session.current && h("span", { class: "tag tag--good" }, t("this device"))],
        session.current ? t("now") : h("span", { title: clock.full(session.last_used_at) }, relative(session.last_used_at, api.now())),
        clock.near(session.created_at, api.now()),
        session.address,
        session.current ? null : rowButton(`session-${session.id}`, t("Log out"), t("Log out {device}, {address}", { device: name, address: session.address }), () => end(session, name)),
      ],
    };
  }

  async function end(session, name) {
    setText(message, "");
    try {
      await api.delete(`/api/me/sessions/${session.id}`);
      announce(t("Logged out: {device}.", { device: name }));
    } catch (error) {
      // 404: it has ended by itself.
      if (error.status !== 404) setText(message, error.message);
    }
    await place.load();
  }

  function endOthers() {
    confirmDialog({
      title: t("Log out everywhere else?"),
      text: t("Every other device and browser where you are logged in has to log in again. This one stays."),
      yes: t("Log out everywhere else"),
    }, async () => {
      await api.delete("/api/me/sessions");
      announce(t("Logged out everywhere else."));
      await place.load();
    });
  }

  return { node, load: place.load };
}
