// SPDX-License-Identifier: Apache-2.0
// The admins' pages of how things are run: operations live, everybody's sessions and API keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, api, BASE, complaints, eventually, figure, fits, number, shot, withPage } from "./stack.js";
import { addPerson, onTwoDevices, signIn } from "./people.js";

const path = (page) => new URL(page.url()).pathname + new URL(page.url()).search;
const operations = async () => (await api("/api/operations")).data;
const chart = (page, name) => page.locator(`.panel--ops-${name} .chart`);
const row = (page, attribute, value) => page.locator(`tr[data-${attribute}="${value}"]`);

test("operations are in the user menu of an admin, and nobody else's", async () => {
  await withPage({ at: "/" }, async (page) => {
    await page.locator(".user-menu__button").click();
    for (const name of ["Operations", "API keys", "Sessions"]) assert.ok(await page.getByRole("link", { name, exact: true }).isVisible(), name);
    await page.getByRole("link", { name: "Operations", exact: true }).click();
    await page.getByRole("heading", { name: "Operations", level: 1 }).waitFor();
    assert.equal(path(page), "/admin/operations");
  });
  await withPage({ at: "/", as: "manager" }, async (page) => {
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.locator(".user-menu__button").click();
    assert.equal(await page.getByRole("link", { name: "Operations", exact: true }).count(), 0);
    for (const at of ["/admin/operations", "/admin/sessions", "/admin/keys"]) {
      await page.goto(at);
      await page.getByRole("heading", { name: "This page is not for your role" }).waitFor();
    }
    assert.deepEqual(asked.filter((address) => /^\/api\/(operations|sessions|keys)/.test(address)), []);
  });
});

test("requests that are made show in figures, charts and tables within some seconds", async () => {
  await eventually(async () => (await operations()).now, "the agent has taken a sample");
  await withPage({ at: "/admin/operations", height: 1400 }, async (page) => {
    await chart(page, "times").locator("canvas").waitFor();
    const picture = () => chart(page, "requests").locator("canvas").evaluate((canvas) => canvas.toDataURL());
    const before = await picture();
    const lists = async () => number(await row(page, "group", "list").locator("td").nth(1).textContent());
    const was = await lists();
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let turn = 0; turn < 40; turn += 1) await api("/api/vessels?per_page=2");
    }));
    await eventually(async () => (await lists()) >= was + 160, "the table counts them");
    await eventually(async () => number(await figure(page, "requests")) >= 160, "the figure has them");
    await eventually(async () => (await picture()) !== before, "the chart has changed");
    // What the chart shows is told in words, and stands in a table.
    assert.match(await chart(page, "requests").getAttribute("aria-label"), /Line chart of the last hour\. all: now [\d,]+, highest [\d,]+; refused: now/);
    await page.locator(".panel--ops-requests .alternative summary").click();
    const newest = page.locator(".panel--ops-requests .alternative tbody tr").first();
    assert.ok(number(await newest.locator("td").first().textContent()) >= 160);
    // The pointer reads a value out.
    await chart(page, "requests").scrollIntoViewIfNeeded();
    const box = await chart(page, "requests").boundingBox();
    await page.mouse.move(box.x + box.width - 30, box.y + box.height / 2);
    await eventually(async () => /^\d\d:\d\d:\d\d$/.test(await page.locator(".panel--ops-requests .legend__when").textContent()), "the legend tells the time under the pointer");
  });
});

test("the pool is the responders that run", async () => {
  await withPage({ at: "/admin/operations" }, async (page) => {
    const { pool } = await operations();
    assert.deepEqual(await page.locator("tr[data-pid]").evaluateAll((rows) => rows.map((item) => Number(item.dataset.pid))), pool.map(({ pid }) => pid));
    assert.ok(pool.length >= 2);
  });
});

test("what is raised stands first and is announced; that it is over, too", async () => {
  const { data } = await api("/api/operations");
  const since = new Date(Date.now() - 90000).toISOString();
  const raised = { ...data, alerts: data.alerts.map((alert) => (alert.name === "response_time" ? { ...alert, level: "critical", since, value: 1450000 } : alert)) };
  const well = { ...data, alerts: data.alerts.map((alert) => ({ ...alert, level: "ok" })) };
  await withPage({ at: null }, async (page) => {
    await answering(page, "/api/operations", { data: well });
    await page.goto("/admin/operations");
    await page.waitForSelector("[data-state=ready]");
    assert.equal(await page.locator("tr[data-alert]:not([data-level=ok])").count(), 0);
    await answering(page, "/api/operations", { data: raised });
    await page.evaluate(() => dispatchEvent(new Event("online")));
    const first = page.locator("tr[data-alert]").first();
    await eventually(async () => (await first.getAttribute("data-alert")) === "response_time", "it stands first");
    assert.match(await first.textContent(), /Critical.*1,450 ms.*200 ms.*1,000 ms.*2 min ago|Critical.*1,450 ms.*200 ms.*1,000 ms.*1 min ago/);
    assert.match(await page.locator("#announce-assertive").textContent(), /^Critical: Response time/);
    assert.equal(await page.locator(".figure[data-name=p95]").getAttribute("data-level"), "late");
    assert.deepEqual(await complaints(page), []);
    await answering(page, "/api/operations", { data: { ...well, agent: { ok: false, age_ms: 65000 } } });
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByText("The agent has been silent for 65 s").waitFor();
    assert.equal(await first.getAttribute("data-alert"), "agent");
    assert.match(await page.locator("#announce-polite").textContent(), /Response time.*is well again/);
  });
});

test("when no answer comes the page says so, and keeps what it has", async () => {
  await withPage({ at: "/admin/operations", allowTroubles: true }, async (page) => {
    const figures = await figure(page, "memory");
    await page.route("**/api/operations", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: "{}" }));
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.locator(".operations[data-stale=true]").waitFor();
    assert.match(await page.locator(".freshness").textContent(), /Stale/);
    assert.equal(await figure(page, "memory"), figures);
    await page.unroute("**/api/operations");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator(".operations[data-stale=false]").waitFor();
  });
});

test("a session is found by whose it is, and ended where it is", async () => {
  const person = await addPerson(BASE, "clerk");
  await onTwoDevices(BASE, person);
  await withPage({ at: "/admin/sessions" }, async (page) => {
    assert.ok(await page.locator("tbody tr").first().isVisible());
    await page.getByLabel("Search").fill(person.username);
    await page.waitForURL(`**/admin/sessions?q=${person.username}`);
    const rows = page.locator("tbody tr");
    await eventually(async () => (await rows.count()) === 2, "two sessions are found");
    // The person's own page, on a third device.
    const other = await page.context().browser().newContext({ baseURL: BASE });
    await signIn(other, person);
    assert.equal((await other.request.get("/api/me")).status(), 200);
    await page.reload();
    await eventually(async () => (await rows.count()) === 3, "three sessions are found, after a reload as well");
    await rows.first().getByRole("button", { name: new RegExp(`End the session of ${person.username}`) }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("is logged out on").waitFor();
    assert.deepEqual(await complaints(page), []);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await other.request.get("/api/me")).status(), 200);
    await rows.first().getByRole("button", { name: /^End the session/ }).focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "End the session" }).click();
    await page.getByText(`Ended: ${person.username}`).first().waitFor();
    await eventually(async () => (await rows.count()) === 2, "it is no longer among the open ones");
    assert.equal((await other.request.get("/api/me")).status(), 401);
    await other.close();
    await page.getByLabel("State").selectOption("ended");
    await page.waitForURL("**/admin/sessions?q=*&state=ended");
    await eventually(async () => (await page.locator("tbody tr[data-off]").count()) >= 1, "it is among the ended ones");
    assert.equal(await page.getByRole("button", { name: /^End the session/ }).count(), 0);
  });
});

test("one's own session is marked and has no button", async () => {
  await withPage({ at: "/admin/sessions?q=admin" }, async (page) => {
    const own = page.locator("tbody tr").filter({ hasText: "this device" });
    await own.waitFor();
    assert.equal(await own.getByRole("button").count(), 0);
  });
});

test("sessions are turned page by page, which the address keeps", async () => {
  const person = await addPerson(BASE, "viewer");
  for (let turn = 0; turn < 22; turn += 1) await onOneMore(person);
  await withPage({ at: `/admin/sessions?q=${person.username}` }, async (page) => {
    await page.getByText("Page 1 of 2").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2 of 2").waitFor();
    assert.match(path(page), /page=2/);
    await page.reload();
    await page.getByText("Page 2 of 2").waitFor();
    assert.equal(await page.locator("tbody tr").count(), 2);
  });
});

async function onOneMore({ username, password }) {
  const response = await fetch(new URL("/api/login", BASE), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ username, password }) });
  assert.equal(response.status, 200);
}

test("a key is revoked, and its program is refused", async () => {
  const person = await addPerson(BASE, "clerk");
  await withPage({ at: null, as: person }, async (page) => {
    const made = await (await page.context().request.post("/api/me/keys", { data: { name: `crane ${person.username}`, role: "viewer" } })).json();
    const program = () => fetch(new URL("/api/me", BASE), { headers: { authorization: `Bearer ${made.data.key}` } });
    assert.equal((await program()).status, 200);
    await withPage({ at: `/admin/keys?q=${person.username}` }, async (admins) => {
      const found = admins.locator("tbody tr");
      await found.getByText(`crane ${person.username}`).waitFor();
      assert.ok(!(await admins.content()).includes(made.data.key));
      await found.getByRole("button", { name: "Revoke the key" }).click();
      await admins.getByRole("dialog").getByRole("button", { name: "Revoke the key" }).click();
      await admins.getByText("There is no such key.").waitFor();
      assert.equal((await program()).status, 401);
      await admins.getByLabel("State").selectOption("revoked");
      await found.getByText("revoked now").waitFor();
    });
  });
});

const PAGES = [["operations", "/admin/operations", ".panel--ops-load .chart canvas"], ["sessions", "/admin/sessions", "tbody tr"], ["keys", "/admin/keys", "tbody tr"]];

for (const [width, height] of [[360, 740], [768, 1024], [1920, 1080]]) {
  test(`operations, sessions and keys at ${width} px, light and dark`, async () => {
    await withPage({ at: null, width, height }, async (page) => {
      for (const [name, at, there] of PAGES) {
        await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
        await page.goto(at);
        await page.locator(there).first().waitFor();
        for (const scheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: scheme });
          await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, scheme);
          await fits(page);
          if ((width === 360) === (scheme === "dark")) assert.deepEqual(await complaints(page), [], at);
          await shot(page, `${name}-${width}-${scheme}`);
        }
      }
    });
  });
}

test("operations in German and Spanish fit a phone", async () => {
  for (const [language, heading] of [["de", "Betrieb"], ["es", "Operación"]]) {
    await withPage({ at: null, width: 360, height: 740 }, async (page) => {
      await page.addInitScript((wanted) => localStorage.setItem("stevedores.language", wanted), language);
      await page.goto("/admin/operations");
      await page.locator(PAGES[0][2]).waitFor();
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await fits(page);
      await shot(page, `operations-360-${language}`);
    });
  }
});
