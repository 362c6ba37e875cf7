// SPDX-License-Identifier: Apache-2.0
// Logging in and out, what each role sees, one's own account, and the admins' pages.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { BASE, complaints, eventually, fillTally, recorded, shot, stored, submitButton, tallyRows, withPage, workedVessel } from "./stack.js";
import { addPerson, onTwoDevices, PEOPLE } from "./people.js";

const path = (page) => new URL(page.url()).pathname + new URL(page.url()).search;
const menu = (page) => page.locator(".user-menu__button");
const focused = (locator) => locator.evaluate((node) => node === document.activeElement);
// What the server has, asked with the page's own session.
const ask = (page, at) => page.evaluate(async (address) => (await (await fetch(address)).json()).data, at);

async function logIn(page, { username, password }) {
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function logOut(page) {
  await menu(page).click();
  await page.getByRole("button", { name: "Log out", exact: true }).click();
}

// Records a tally that the network swallows.
async function leaveUnsent(page, count) {
  await page.route("**/api/vessels/*/tallies", (route) => (route.request().method() === "POST" ? route.abort("internetdisconnected") : route.fallback()));
  await fillTally(page, { count });
  await submitButton(page).click();
  await page.locator("form[data-state=waiting]").waitFor();
}

test("nobody sees anything before logging in, and everybody comes where they were going", async () => {
  const { id, name } = await workedVessel();
  await withPage({ at: `/vessels/${id}`, as: null, allowTroubles: true }, async (page) => {
    await page.waitForURL("**/login?next=*");
    assert.equal(await page.locator(".vessel-page, .user-menu").count(), 0);
    const user = page.getByLabel("User name");
    const password = page.getByLabel("Password", { exact: true });
    assert.ok(await focused(user), "typing can't start at once");
    assert.equal(await user.getAttribute("autocomplete"), "username");
    assert.equal(await password.getAttribute("autocomplete"), "current-password");
    assert.equal(await password.getAttribute("type"), "password");
    // By keyboard alone.
    await page.keyboard.type(PEOPLE.clerk.username);
    await page.keyboard.press("Tab");
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    await page.getByText("The name or the password is wrong.").first().waitFor();
    assert.match(await page.locator("#announce-assertive").textContent(), /is wrong/);
    assert.equal(await user.inputValue(), PEOPLE.clerk.username);
    assert.ok(await focused(password), "the focus is not where the next try begins");
    await page.keyboard.type(PEOPLE.clerk.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    assert.equal(path(page), `/vessels/${id}`);
    assert.match(await menu(page).textContent(), /Nomsa Dlamini.*Clerk/);
  });
});

test("what is missing is told at its field, and nothing is sent", async () => {
  await withPage({ at: "/login", as: null }, async (page) => {
    const sent = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    await page.getByRole("button", { name: "Log in" }).click();
    assert.equal(await page.locator(".field__error:visible").count(), 2);
    assert.ok(await focused(page.getByLabel("User name")));
    assert.deepEqual(sent, []);
  });
});

test("the password is shown on demand, and hidden again while it is checked", async () => {
  await withPage({ at: "/login", as: null, allowTroubles: true }, async (page) => {
    const password = page.locator("input[name=password]");
    await page.getByLabel("User name").fill("somebody");
    await password.fill("not hers");
    await page.getByRole("button", { name: "Show password" }).click();
    assert.equal(await password.getAttribute("type"), "text");
    assert.ok(await page.getByRole("button", { name: "Hide password" }).isVisible());
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("The name or the password is wrong.").first().waitFor();
    assert.equal(await password.getAttribute("type"), "password");
    assert.equal(await password.inputValue(), "not hers");
  });
});

for (const [status, words] of [[429, /Too many attempts\. You can try again in \d s\./], [503, /The server is busy\. You can try again in \d s\./]]) {
  test(`${status} says how long to wait, keeps what was typed, and lets one try again`, async () => {
    await withPage({ at: "/login", as: null, allowTroubles: true }, async (page) => {
      let attempts = 0;
      await page.route("**/api/login", (route) => {
        attempts += 1;
        return attempts > 1 ? route.fallback() : route.fulfill({ status, headers: { "Retry-After": "3" }, contentType: "application/problem+json", body: JSON.stringify({ type: "urn:stevedores:problem:limited", detail: "Wait." }) });
      });
      await logIn(page, PEOPLE.viewer);
      const message = page.locator(".login__message");
      await eventually(async () => words.test(await message.textContent()), "the wait is told");
      const button = page.locator("form button[type=submit]");
      assert.equal(await button.getAttribute("aria-disabled"), "true");
      await page.getByLabel("Password", { exact: true }).press("Enter");        // impatient
      assert.equal(attempts, 1);
      await shot(page, `login-${status}`, false);
      await page.locator("form button[type=submit]:not([aria-disabled])").waitFor();
      assert.equal(await message.textContent(), "");
      assert.equal(await page.getByLabel("User name").inputValue(), PEOPLE.viewer.username);
      assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), PEOPLE.viewer.password);
      await button.click();
      await menu(page).waitFor();
      assert.equal(attempts, 2);
    });
  });
}

test("the login leads to our own pages only", async () => {
  for (const next of ["//evil.example/", "/.//evil.example", "https://evil.example/vessels/1", "javascript:alert(1)", "/api/logout"]) {
    await withPage({ at: `/login?next=${encodeURIComponent(next)}`, as: null }, async (page) => {
      await logIn(page, PEOPLE.viewer);
      await menu(page).waitFor();
      assert.equal(path(page), "/", next);
    });
  }
});

test("a tally on its way when the session ends is sent after the login, once and under its id", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  await withPage({ at: `/vessels/${id}`, as: "clerk", allowTroubles: true }, async (page) => {
    const ids = [];
    page.on("request", (request) => request.method() === "POST" && /tallies$/.test(request.url()) && ids.push(request.postDataJSON().id));
    await fillTally(page, { count: 3 });
    await page.context().clearCookies();
    await submitButton(page).click();
    await page.waitForURL("**/login?next=*");
    await page.getByText("A tally on this device is not sent yet.").waitFor();
    assert.equal(await tallyRows(id), rows);
    await logIn(page, PEOPLE.clerk);
    await recorded(page);
    assert.equal(path(page), `/vessels/${id}`);
    await stored(id, rows + 1);
    assert.equal(new Set(ids).size, 1, `ids ${ids}`);
    await page.reload();
    await page.waitForSelector("[data-state=ready]");
    await page.waitForTimeout(1500);
    await stored(id, rows + 1);
  });
});

test("what one person could not send is never sent by another", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  await withPage({ at: `/vessels/${id}`, as: "clerk", allowTroubles: true }, async (page) => {
    await leaveUnsent(page, 5);
    await page.context().clearCookies();
    await page.waitForURL("**/login?next=*");
    await page.unroute("**/api/vessels/*/tallies");
    await logIn(page, PEOPLE.supervisor);
    await page.locator(".panel--record").waitFor();
    await page.waitForTimeout(1500);
    assert.equal(await tallyRows(id), rows);
    assert.equal(await page.getByLabel("Tallied by").inputValue(), PEOPLE.supervisor.display_name);
    // Nor is it lost or overwritten by what the other one records.
    await fillTally(page, { count: 2 });
    await submitButton(page).click();
    await recorded(page);
    await logOut(page);
    await page.waitForURL("**/login");
    await stored(id, rows + 1);
    await logIn(page, PEOPLE.clerk);
    // It is sent from whatever page comes first.
    await menu(page).waitFor();
    await stored(id, rows + 2);
    await page.locator(".dashboard").waitFor();
    assert.ok(await page.locator(".unsent").isHidden());
  });
});

test("logging out forgets the person, and asks before anything unsent is thrown away", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  const kept = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("stevedores.person.")));
  const waiting = (page) => page.evaluate(() => new Promise((resolve) => {
    indexedDB.open("stevedores-outbox").onsuccess = ({ target: { result: db } }) => {
      db.transaction("entries").objectStore("entries").count().onsuccess = ({ target }) => {
        db.close();
        resolve(target.result);
      };
    };
  }));
  await withPage({ at: `/vessels/${id}`, as: "clerk", allowTroubles: true }, async (page) => {
    await page.getByLabel("Tallied by").fill("Team 4");
    await leaveUnsent(page, 9);
    assert.equal((await kept(page)).length, 1);
    assert.equal(await waiting(page), 1);
    const dialog = page.getByRole("dialog");
    await logOut(page);
    await dialog.getByRole("heading", { name: "1 entry is not stored yet" }).waitFor();
    await shot(page, "logout-unsent", false);
    await dialog.getByRole("button", { name: "Stay logged in" }).click();
    assert.equal(await waiting(page), 1);
    await logOut(page);
    await dialog.getByRole("button", { name: "Keep and log out" }).click();
    await page.waitForURL("**/login");
    assert.deepEqual(await kept(page), []);
    assert.equal(await waiting(page), 1);
    await logIn(page, PEOPLE.clerk);
    await page.locator(".unsent").waitFor();
    await logOut(page);
    await dialog.getByRole("button", { name: "Throw away" }).click();
    await page.waitForURL("**/login");
    assert.deepEqual(await kept(page), []);
    assert.equal(await waiting(page), 0);
    await page.waitForTimeout(1500);
    assert.equal(await tallyRows(id), rows);
    // The session is over on the server as well.
    assert.equal(await page.evaluate(async () => (await fetch("/api/me")).status), 401);
    await page.goto("/account");
    await page.waitForURL("**/login?next=%2Faccount");
  });
});

test("a logout that nobody answered is not taken for one", async () => {
  await withPage({ as: "viewer", allowTroubles: true }, async (page) => {
    await page.route("**/api/logout", (route) => route.abort("internetdisconnected"));
    await logOut(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "You are still logged in" }).waitFor();
    await page.unroute("**/api/logout");
    await dialog.getByRole("button", { name: "Try again" }).click();
    await page.waitForURL("**/login");
  });
});

test("a session that ends while the page is open leads to the login", async () => {
  await withPage({ at: "/admin/audit?action=login", allowTroubles: true }, async (page) => {
    await page.locator(".table--audit").waitFor();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForURL("**/login?next=*");
    await logIn(page, PEOPLE.admin);
    await page.locator(".table--audit").waitFor();
    assert.equal(path(page), "/admin/audit?action=login");
  });
});

const SEES = {
  viewer: { form: false, void: false, move: false, links: ["Your account"] },
  clerk: { form: true, void: true, move: false, links: ["Your account"] },
  supervisor: { form: true, void: true, move: true, links: ["Your account"] },
  manager: { form: true, void: true, move: true, links: ["Your account"] },
  admin: { form: true, void: true, move: true, links: ["Your account", "People", "Sessions", "API keys", "Operations", "Audit trail"] },
};
for (const [role, sees] of Object.entries(SEES)) {
  test(`a ${role} sees the buttons of a ${role}`, async () => {
    const { id } = await workedVessel();
    await withPage({ at: `/vessels/${id}`, as: role }, async (page) => {
      await page.locator(".table--tallies").waitFor();
      assert.equal(await page.locator(".panel--record").count() > 0, sees.form);
      assert.equal(await page.locator(".table--tallies .button").count() > 0, sees.void);
      assert.equal(await page.locator("[data-move]").count() > 0, sees.move);
      await menu(page).click();
      assert.deepEqual(await page.locator(".user-menu__list a").allTextContents(), sees.links);
    });
  });
}

test("the user menu works by keyboard", async () => {
  await withPage({ width: 390, height: 844 }, async (page) => {
    await menu(page).focus();
    await page.keyboard.press("Enter");
    assert.equal(await menu(page).getAttribute("aria-expanded"), "true");
    await page.keyboard.press("Tab");
    assert.ok(await focused(page.getByRole("link", { name: "Your account" })));
    await page.keyboard.press("Escape");
    assert.ok(await page.locator(".user-menu__list").isHidden());
    assert.ok(await focused(menu(page)));
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your account" }).waitFor();
    assert.ok(await page.locator(".user-menu__list").isHidden());
  });
});

test("a page that isn't for the role says so, whether the client knows it or the server", async () => {
  await withPage({ at: "/admin/users", as: "clerk" }, async (page) => {
    await page.getByRole("heading", { name: "This page is not for your role" }).waitFor();
    assert.match(await page.locator("main").textContent(), /Nomsa Dlamini \(Clerk\)/);
  });
  await withPage({ at: "/account", allowTroubles: true }, async (page) => {
    await page.route("**/api/audit?*", (route) => route.fulfill({ status: 403, contentType: "application/problem+json", body: '{"type":"urn:stevedores:problem:denied","detail":"Your role does not allow this."}' }));
    await menu(page).click();
    await page.getByRole("link", { name: "Audit trail" }).click();
    await page.getByRole("heading", { name: "This page is not for your role" }).waitFor();
  });
});

test("when the server is away at the start the page says so, and opens when it is back", async () => {
  await withPage({ at: "/login", as: "viewer", allowTroubles: true }, async (page) => {
    await page.route("**/api/me", (route) => route.fulfill({ status: 503, headers: { "Retry-After": "60" }, contentType: "application/problem+json", body: "{}" }));
    await page.goto("/account");
    await page.getByRole("heading", { name: "The server does not answer" }).waitFor();
    await page.unroute("**/api/me");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByRole("heading", { name: "Your account" }).waitFor();
  });
});

test("the password is changed with the present one, and other sessions end", async () => {
  const person = await addPerson(BASE, "manager");
  await onTwoDevices(BASE, person);
  await withPage({ at: "/account", as: person, allowTroubles: true }, async (page) => {
    const others = page.locator(".table--sessions tbody tr:not([data-current])");
    await others.first().waitFor();
    const present = page.getByLabel("Present password", { exact: true });
    const fresh = page.getByLabel("New password", { exact: false }).locator("visible=true").first();
    const save = page.getByRole("button", { name: "Change password" });
    assert.equal(await page.locator("input[name=password]").getAttribute("autocomplete"), "new-password");
    await present.fill("wrong, that");
    await fresh.fill("short");
    await save.click();
    await page.getByText("Use at least 10 characters.").waitFor();
    await fresh.fill("a new one for the quay");
    await save.click();
    await page.locator("[data-field=current] .field__error", { hasText: "Is not your password" }).waitFor();
    assert.ok(await focused(present));
    await present.fill(person.password);
    await save.click();
    await page.getByText("Your password is changed.").first().waitFor();
    assert.equal(await present.inputValue(), "");
    await eventually(async () => (await others.count()) === 0, "the other sessions are gone");
    await logOut(page);
    await page.waitForURL("**/login");
    await logIn(page, { username: person.username, password: "a new one for the quay" });
    await menu(page).waitFor();
  });
});

test("other sessions are ended one by one or all at once, this one stays", async () => {
  await onTwoDevices(BASE, PEOPLE.clerk);
  await withPage({ at: "/account", as: "clerk" }, async (page) => {
    const rows = page.locator(".table--sessions tbody tr");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 3);
    assert.equal(await page.locator("[data-current] .button").count(), 0);
    await page.getByRole("button", { name: /^Log out Firefox on Windows/ }).click();
    await eventually(async () => (await rows.count()) === 2, "one is gone");
    assert.equal((await ask(page, "/api/me/sessions")).length, 2);
    await page.getByRole("button", { name: "Log out everywhere else" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Log out everywhere else" }).click();
    await eventually(async () => (await rows.count()) === 1, "the others are gone");
    assert.ok((await ask(page, "/api/me/sessions"))[0].current);
    assert.ok(await page.getByRole("button", { name: "Log out everywhere else" }).isHidden());
  });
});

test("an API key is shown once, copied, and revoked", async () => {
  await withPage({ at: "/account", as: "clerk" }, async (page) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog");
    assert.deepEqual(await dialog.getByLabel("Role").locator("option").allTextContents(), ["Viewer", "Clerk"]);
    await dialog.getByRole("button", { name: "Make the key" }).click();
    await dialog.getByText("Say what it is for.").waitFor();
    await dialog.getByLabel("Name").fill("Weighbridge");
    await dialog.getByLabel("Role").selectOption("clerk");
    await dialog.getByRole("button", { name: "Make the key" }).click();
    const shown = dialog.getByLabel("The key Weighbridge");
    await shown.waitFor();
    const key = await shown.inputValue();
    assert.match(key, /^sdk_/);
    // Escape must not throw away what can't be had again.
    await page.keyboard.press("Escape");
    assert.ok(await shown.isVisible());
    await dialog.getByRole("button", { name: "Copy" }).click();
    await dialog.getByText("Copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await dialog.waitFor({ state: "detached" });
    // The dialog can't be seen any more a moment before it is taken away.
    await eventually(async () => !(await page.content()).includes(key), "the key is off the page", 1000);
    const made = (await ask(page, "/api/me/keys")).find((item) => item.name === "Weighbridge");
    assert.equal(made.role, "clerk");
    assert.ok(Math.abs(Date.parse(made.expires_at) - Date.now() - 90 * 86400000) < 600000, `ends ${made.expires_at}`);
    await page.getByRole("button", { name: "Revoke the key Weighbridge" }).click();
    await dialog.getByRole("button", { name: "Revoke the key" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.locator(".table--keys", { hasText: "Weighbridge" }).count(), 0);
    assert.ok(!(await ask(page, "/api/me/keys")).some((item) => item.name === "Weighbridge"));
  });
});

test("a person is added, found, changed, disabled and enabled", async () => {
  await withPage({ at: "/admin/users", allowTroubles: true }, async (page) => {
    const dialog = page.getByRole("dialog");
    const add = dialog.getByRole("button", { name: "Add", exact: true });
    await page.getByRole("button", { name: "Add a person" }).click();
    await add.click();
    assert.equal(await dialog.locator(".field__error:visible").count(), 3);
    await dialog.getByLabel("Name", { exact: false }).first().fill("Kagiso Mabaso");
    await dialog.getByLabel("User name").fill(PEOPLE.clerk.username);
    await dialog.getByRole("button", { name: "Suggest one" }).click();
    assert.match(await dialog.locator("input[name=password]").inputValue(), /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    await dialog.getByLabel("Role").selectOption("clerk");
    await dialog.getByText("Records tallies").waitFor();
    await add.click();
    await dialog.locator("[data-field=username] .field__error", { hasText: "account of this name" }).waitFor();
    const username = `kagiso.${Date.now() % 1000000}`;
    await dialog.getByLabel("User name").fill(username);
    await add.click();
    await dialog.waitFor({ state: "detached" });
    await page.locator(".notice--good", { hasText: "Kagiso Mabaso can log in now" }).waitFor();

    await page.getByLabel("Search").fill("kagiso");
    const row = page.locator(".table--users tbody tr", { hasText: username });
    await eventually(async () => (await page.locator(".table--users tbody tr").count()) === 1 && (await row.count()) === 1, "the search finds one");
    assert.equal(path(page), "/admin/users?q=kagiso");
    await page.reload();
    await row.waitFor();
    await row.getByRole("button", { name: "Edit Kagiso Mabaso" }).click();
    await dialog.getByLabel("Role").selectOption("supervisor");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await row.getByText("Supervisor").waitFor();
    const stored = async () => (await ask(page, `/api/users?q=${username}`))[0];
    assert.equal((await stored()).role, "supervisor");
    assert.equal((await stored()).display_name, "Kagiso Mabaso");

    await row.getByRole("button", { name: "Disable Kagiso Mabaso" }).click();
    await dialog.getByRole("button", { name: "Disable" }).click();
    await row.getByText("disabled").waitFor();
    assert.equal((await stored()).status, "disabled");
    await row.getByRole("button", { name: "Enable Kagiso Mabaso" }).click();
    await dialog.getByRole("button", { name: "Enable" }).click();
    await row.getByRole("button", { name: "Disable Kagiso Mabaso" }).waitFor();
    assert.equal((await stored()).status, "active");

    await row.getByRole("button", { name: "Set a password for Kagiso Mabaso" }).click();
    await dialog.locator("input[name=password]").fill("too short");
    await dialog.getByRole("button", { name: "Set the password" }).click();
    await dialog.getByText("Use at least 10 characters.").waitFor();
    await dialog.locator("input[name=password]").fill("long enough now");
    await dialog.getByRole("button", { name: "Set the password" }).click();
    await page.locator(".notice--good", { hasText: "has a new password" }).waitFor();
    await logOut(page);
    await page.waitForURL("**/login");
    await logIn(page, { username, password: "long enough now" });
    await menu(page).waitFor();
    assert.match(await menu(page).textContent(), /Kagiso Mabaso.*Supervisor/);
  });
});

test("the last admin stays one, and is told why", async () => {
  await withPage({ at: `/admin/users?q=${PEOPLE.admin.username}`, allowTroubles: true }, async (page) => {
    const row = page.locator(".table--users tbody tr", { hasText: PEOPLE.admin.username });
    await row.getByText("you", { exact: true }).waitFor();
    assert.equal(await row.getByRole("button", { name: /^(Disable|Set a password)/ }).count(), 0);
    await row.getByRole("button", { name: /^Edit/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Role").selectOption("manager");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.locator("[data-field=role] .field__error", { hasText: "Is the last active admin" }).waitFor();
    await shot(page, "users-last-admin", false);
  });
});

test("people come in pages", async () => {
  await withPage({ at: "/admin/users" }, async (page) => {
    const names = () => page.locator(".table--users tbody td:first-child .table__sub").allTextContents();
    await page.locator(".table--users").waitFor();
    const first = await names();
    assert.equal(first.length, 20);
    await page.getByRole("button", { name: "Next" }).click();
    await eventually(async () => (await page.locator(".pages__where").textContent()).startsWith("Page 2 of"), "the second page");
    const second = await names();
    assert.ok(first.at(-1) < second[0], `${first.at(-1)} before ${second[0]}`);
    assert.equal(path(page), "/admin/users?page=2");
    await page.getByRole("button", { name: "Previous" }).click();
    await eventually(async () => (await names())[0] === first[0], "back on the first");
  });
});

test("the trail is found by person, action and time, and reads as what changed", async () => {
  await withPage({ at: "/admin/audit" }, async (page) => {
    const rows = page.locator(".table--audit tbody tr");
    await rows.first().waitFor();
    const all = await rows.count();
    const asked = [];
    page.on("request", (request) => /\/api\/audit\?/.test(request.url()) && asked.push(new URL(request.url()).searchParams));
    await page.getByLabel("Action").fill("update");
    await page.getByLabel("From").fill("2026-01-02T03:04");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await eventually(async () => (await page.locator("[data-entry]:not([data-action=update])").count()) === 0, "only updates are shown");
    assert.equal(asked.at(-1).get("action"), "update");
    assert.ok(Math.abs(Date.parse(asked.at(-1).get("at_from")) - Date.UTC(2026, 0, 2, 3, 4)) <= 14 * 3600000);
    assert.equal(asked.at(-1).has("actor"), false);
    const role = rows.filter({ hasText: "Role" }).first();
    assert.equal(await role.locator("del").textContent(), "Clerk");
    assert.equal(await role.locator("ins").textContent(), "Supervisor");
    assert.equal(await role.locator("dt", { hasText: /^Status$/ }).count(), 0, "what is the same is no difference");
    // The same view after a reload, and nothing of it after Clear.
    assert.match(path(page), /action=update/);
    await page.reload();
    await rows.first().waitFor();
    assert.equal(await page.locator("[data-entry]:not([data-action=update])").count(), 0);
    await page.getByRole("button", { name: "Clear" }).click();
    await eventually(async () => (await rows.count()) === all, "everything is shown again");
    assert.equal(path(page), "/admin/audit");
    // An id alone says nothing.
    await page.getByLabel("Its id").fill("7");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("Say the id of what.").waitFor();
  });
});

test("the trail comes in pages, newest first, and as CSV", async () => {
  await withPage({ at: "/admin/audit?action=update" }, async (page) => {
    const ids = () => page.locator("[data-entry]").evaluateAll((all) => all.map((row) => Number(row.dataset.entry)));
    await page.locator(".table--audit").waitFor();
    const first = await ids();
    assert.deepEqual(first, [...first].sort((a, b) => b - a));
    await page.getByRole("button", { name: "Older" }).click();
    await eventually(async () => (await ids())[0] < first.at(-1), "the second page");
    await page.getByRole("button", { name: "Newer" }).click();
    await eventually(async () => (await ids())[0] === first[0], "the first page again");
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const download = await waiting;
    assert.match(download.suggestedFilename(), /^audit-\d{4}-\d\d-\d\d\.csv$/);
    const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/);
    assert.match(lines[0], /^id,at,/);
    assert.ok(lines.length > first.length, "the file has the page, not the trail");
    assert.ok(lines.slice(1).every((line) => line.includes(",update")), "the file has what was filtered out");
  });
});

const SIZES = [["phone", 390, 844], ["laptop", 1366, 768], ["wall", 2560, 1440]];
const VIEWS = [
  ["login", "/login?next=%2Faccount", null, ".login"],
  ["account", "/account", "clerk", ".table--keys"],
  ["users", "/admin/users", "admin", ".table--users"],
  ["audit", "/admin/audit", "admin", ".table--audit"],
];
for (const [size, width, height] of SIZES) {
  for (const scheme of ["light", "dark"]) {
    test(`the pages about people fit a ${size} of ${width} px, ${scheme}`, async () => {
      for (const [name, at, as, part] of VIEWS) {
        if (name === "account") await onTwoDevices(BASE, PEOPLE[as]);
        await withPage({ at, as, width, height, scheme }, async (page) => {
          await page.locator(part).waitFor();
          await page.waitForTimeout(300);
          const sideways = await page.evaluate(() => [...document.querySelectorAll("body *")]
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".visually-hidden, thead"))
            .map((node) => `${node.tagName} ${node.className}`));
          assert.deepEqual(sideways, [], name);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
          await shot(page, `${name}-${size}-${scheme}`, size === "laptop");
          // What axe looks at is the same on a wall as on a laptop.
          if (size === "wall") return;
          assert.deepEqual(await complaints(page), [], name);
          if (as) {
            await menu(page).click();
            assert.deepEqual(await complaints(page), [], `${name}, menu open`);
            await page.keyboard.press("Escape");
          }
          if (name === "users") {
            await page.getByRole("button", { name: "Add a person" }).click();
            await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
            assert.deepEqual(await complaints(page), [], "dialog with errors");
            await shot(page, `users-add-${size}-${scheme}`, false);
          }
        });
      }
    });
  }
}
