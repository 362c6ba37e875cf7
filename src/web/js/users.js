// SPDX-License-Identifier: Apache-2.0
// The page at /admin/users: who has an account, and what they may do.
import { cardTable, rowButton } from "./table.js";
import { clocks, count, relative } from "./format.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { denied } from "./not-found.js";
import { empty, section } from "./section.js";
import { field, Invalid, setChoices, textInput } from "./field.js";
import { h, setText } from "./dom.js";
import { checkPassword, passwordField, passwordHint } from "./password-field.js";
import { loadedPlace } from "./loading.js";
import { noteInAddress } from "./router.js";
import { pagesLine } from "./pages.js";
import { ROLES } from "./roles.js";
import { roleMeans, roleWord } from "./words.js";
import { suggestPassword } from "./suggest.js";
import { t } from "./texts.js";

const PER_PAGE = 20;
const TYPING = 250;
const COLUMNS = [{ label: t("Person") }, { label: t("Role") }, { label: t("Last login") }, { label: t("Since") }, { label: "", kind: "actions" }];

export function usersPage(frame, { query }) {
  const { api, me } = frame;
  frame.setTitle(t("People"));
  let words = query.get("q") ?? "";
  let page = /^[1-9]\d{0,5}$/.test(query.get("page") ?? "") ? Number(query.get("page")) : 1;
  let typing = null;

  const search = field({
    name: "q",
    label: t("Search"),
    control: h("input", { type: "search", class: "input", maxlength: 100, autocomplete: "off", placeholder: t("Name or user name"), value: words, oninput: typed }),
  });
  const total = h("p", { class: "panel__aside", role: "status" });
  const outcome = h("p", { class: "notice notice--good", role: "status", hidden: true });
  const pages = pagesLine({ label: t("Pages of people"), previous: t("Previous"), next: t("Next"), onPrevious: () => turn(-1), onNext: () => turn(1) });
  const place = loadedPlace({
    rows: 6,
    async ask() {
      const wanted = new URLSearchParams({ sort: "username", per_page: PER_PAGE, page });
      if (words) wanted.set("q", words);
      const [{ data }, meta] = await Promise.all([api.get(`/api/users?${wanted}`), api.meta()]);
      return { ...data, clock: clocks(meta.timezone) };
    },
    draw,
    onDenied: () => node.replaceChildren(denied(frame)),
  });
  const node = h(
    "div",
    { class: "narrow-page", "data-state": "ready" },
    h("div", { class: "page-head" },
      h("div", null, h("h1", null, t("People")), h("p", { class: "page-head__sub" }, t("Who can log in, and what each may do"))),
      h("button", { type: "button", class: "button button--primary", onclick: askToAdd }, t("Add a person"))),
    outcome,
    section("users", t("Accounts"), h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() }, search.node), place.node, pages.node),
  );
  node.querySelector(".panel__head").append(total);
  place.load();

  function typed() {
    clearTimeout(typing);
    typing = setTimeout(() => {
      words = search.control.value.trim();
      page = 1;
      reload();
    }, TYPING);
  }

  function turn(by) {
    page += by;
    reload();
  }

  function reload() {
    noteInAddress({ q: words, page: page > 1 ? String(page) : "" });
    return place.load();
  }

  function draw({ data, pagination, clock }) {
    setText(total, words ? t("{count} found", { count: count(pagination.total) }) : t("{count} in all", { count: count(pagination.total) }));
    pages.update({ where: t("Page {page} of {pages}", { page: count(page), pages: count(Math.max(1, pagination.pages)) }), hasPrevious: page > 1, hasNext: pagination.has_next });
    if (data.length === 0) return empty(words ? t("Nobody is called “{words}”.", { words }) : t("There is nobody on this page."));
    return cardTable("users", t("Accounts"), COLUMNS, data.map((user) => row(user, clock)));
  }

  function row(user, clock) {
    const own = user.id === me.id;
    const off = user.status !== "active";
    return {
      "data-user": user.id,
      "data-off": off,
      cells: [
        [h("strong", null, user.display_name), own && h("span", { class: "tag tag--good" }, t("you")), off && h("span", { class: "tag tag--bad" }, t("disabled")),
          h("span", { class: "table__sub" }, user.username)],
        roleWord(user.role),
        user.last_login_at === null ? t("never") : h("span", { title: clock.full(user.last_login_at) }, relative(user.last_login_at, api.now())),
        clock.day(user.created_at),
        h("div", { class: "row-buttons" },
          rowButton(`edit-${user.id}`, t("Edit"), t("Edit {name}", { name: user.display_name }), () => askToEdit(user)),
          // One's own is changed on one's own page, which asks for the present one.
          !own && rowButton(`password-${user.id}`, t("Password"), t("Set a password for {name}", { name: user.display_name }), () => askForPassword(user)),
          !own && rowButton(`status-${user.id}`, off ? t("Enable") : t("Disable"),
            off ? t("Enable {name}", { name: user.display_name }) : t("Disable {name}", { name: user.display_name }), () => askForStatus(user, off)),
          h("a", { class: "button button--quiet", href: `/admin/audit?actor=${encodeURIComponent(user.username)}`, "aria-label": t("Audit trail of {name}", { name: user.display_name }), "data-key": `audit-${user.id}` }, t("Audit"))),
      ],
    };
  }

  function tell(text) {
    outcome.hidden = false;
    setText(outcome, text);
  }

  function roleField(role) {
    const made = field({ name: "role", label: t("Role"), control: h("select", { class: "input", onchange: explainRole }) });
    const means = h("p", { class: "field__means" });
    made.node.append(means);
    setChoices(made.control, ROLES.map((name) => [name, roleWord(name)]), role);
    explainRole();
    return made;

    function explainRole() {
      setText(means, roleMeans(made.control.value));
    }
  }

  const nameField = (value = "") => field({ name: "display_name", label: t("Name"), hint: t("as others read it"), control: textInput(100, { autocomplete: "off", value }) });

  function newPassword() {
    const made = passwordField({ hint: passwordHint(), autocomplete: "new-password" });
    made.node.append(h("div", null, h("button", {
      type: "button",
      class: "button button--small",
      onclick() {
        made.control.value = suggestPassword();
        made.show();
        made.control.focus();
        made.control.select();
      },
    }, t("Suggest one"))));
    return made;
  }

  function read(fields) {
    const values = {};
    const wrong = [];
    for (const [name, { control }] of Object.entries(fields)) {
      values[name] = name === "password" ? control.value : control.value.trim();
      const missing = name === "password" ? checkPassword(values[name]) : values[name] ? "" : t("This is needed.");
      if (missing) wrong.push({ field: name, detail: missing });
    }
    if (wrong.length > 0) throw new Invalid(wrong);
    return values;
  }

  async function askToAdd() {
    const fields = {
      display_name: nameField(),
      username: field({ name: "username", label: t("User name"), hint: t("to log in with"), control: textInput(64, { autocomplete: "off", autocapitalize: "none", spellcheck: "false" }) }),
      role: roleField("viewer"),
      password: newPassword(),
    };
    const made = await openDialog({
      title: t("Add a person"),
      extra: Object.values(fields).map((item) => item.node),
      fields,
      actions: [{
        label: t("Add"),
        kind: "primary",
        async act() {
          const values = read(fields);
          try {
            return (await api.post("/api/users", { ...values, username: values.username.toLowerCase() })).data.data;
          } finally {
            place.load();
          }
        },
      }],
    });
    if (made) tell(t("{name} can log in now, as {username}. Tell the person the password; it isn't shown again.", { name: made.display_name, username: made.username }));
  }

  async function askToEdit(user) {
    const own = user.id === me.id;
    const fields = { display_name: nameField(user.display_name), role: roleField(user.role) };
    const changed = await openDialog({
      title: t("Edit {name}", { name: user.display_name }),
      text: own ? t("This is your own account. With another role you have to log in again.")
        : t("With another role the person has to log in again."),
      extra: Object.values(fields).map((item) => item.node),
      fields,
      actions: [{
        label: t("Save"),
        kind: "primary",
        async act() {
          const change = Object.fromEntries(Object.entries(read(fields)).filter(([name, value]) => value !== user[name]));
          if (Object.keys(change).length === 0) return undefined;
          const { data } = await api.patch(`/api/users/${user.id}`, change);
          await place.load();
          return data.data;
        },
      }],
    });
    if (changed) tell(t("{name} is saved. Role: {role}.", { name: changed.display_name, role: roleWord(changed.role) }));
  }

  async function askForPassword(user) {
    const fields = { password: newPassword() };
    const done = await openDialog({
      title: t("A new password for {name}", { name: user.display_name }),
      text: t("The person is logged out everywhere, and the API keys end. The new password is for logging in again."),
      extra: [
        h("input", { type: "text", class: "visually-hidden", autocomplete: "username", value: user.username, tabindex: "-1", readonly: true, "aria-hidden": "true" }),
        fields.password.node,
      ],
      fields,
      actions: [{
        label: t("Set the password"),
        kind: "primary",
        async act() {
          await api.post(`/api/users/${user.id}/password`, read(fields));
          return true;
        },
      }],
    });
    if (done) tell(t("{name} has a new password. Tell it to the person; it isn't shown again.", { name: user.display_name }));
  }

  function askForStatus(user, off) {
    const change = async () => {
      await api.patch(`/api/users/${user.id}`, { status: off ? "active" : "disabled" });
      const text = off ? t("{name} can log in again.", { name: user.display_name })
        : t("{name} is logged out everywhere and can't log in any more.", { name: user.display_name });
      await place.load();
      tell(text);
    };
    if (off) {
      openDialog({
        title: t("Enable {name}?", { name: user.display_name }),
        text: t("The person can log in again, with the old password."),
        actions: [{ label: t("Enable"), kind: "primary", act: change }],
      });
      return;
    }
    confirmDialog({
      title: t("Disable {name}?", { name: user.display_name }),
      text: t("The person is logged out everywhere at once and can't log in until enabled again. What was recorded stays."),
      yes: t("Disable"),
    }, change);
  }

  return { node, stop: () => clearTimeout(typing) };
}
