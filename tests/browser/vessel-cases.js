// SPDX-License-Identifier: Apache-2.0
// Recording and voiding tallies: each is counted exactly once, whatever the network and the fingers do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, bar, eventually, fillTally, moved, recorded, shot, stored, submitButton, tallyRows, vessel, withPage, workedVessel } from "./stack.js";

const atVessel = (id) => `/vessels/${id}`;

// Presses Tab until the element has the focus.
async function tabTo(page, target, what) {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((node) => node === document.activeElement)) return;
  }
  assert.fail(`${what} can't be reached with Tab`);
}

test("by keyboard alone: from the dashboard to a vessel, and a tally recorded", async () => {
  const { id } = await workedVessel();
  const before = await vessel(id);
  await withPage({}, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip-link");
    await tabTo(page, page.locator(`.card[data-vessel="${id}"] a`), "the vessel's card");
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(ring, "solid", "the focus can't be seen");
    await page.evaluate(() => (globalThis.sameDocument = true));
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${atVessel(id)}`);
    await page.locator(".panel--record").waitFor();
    assert.ok(await page.evaluate(() => globalThis.sameDocument), "the whole document was loaded again");
    await tabTo(page, page.getByRole("radio", { name: "Loaded" }), "the kind of tally");
    await page.keyboard.press("ArrowRight");
    assert.ok(await page.getByRole("radio", { name: "Discharged" }).isChecked());
    await tabTo(page, page.getByLabel("Count", { exact: true }), "the count");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await tabTo(page, submitButton(page), "the button");
    await page.keyboard.press("Enter");
    await recorded(page);
    assert.match(await page.locator("#announce-polite").textContent(), /Recorded: 3 ×/);
    assert.equal((await vessel(id)).discharged, before.discharged + 3);
  });
});

test("a tally moves the vessel's bar and its totals by exactly its count", async () => {
  const before = await workedVessel();
  await withPage({ at: atVessel(before.id) }, async (page) => {
    const width = () => bar(page).locator(".bar__part--loaded").evaluate((part) => parseFloat(part.style.width));
    const widthBefore = await width();
    assert.match(await bar(page).getAttribute("aria-valuetext"), new RegExp(`^${moved(before).toLocaleString("en-GB")} of`));
    await fillTally(page, { type: "Loaded", count: 137, note: "Browser test" });
    await submitButton(page).click();
    await recorded(page);
    await eventually(async () => (await bar(page).getAttribute("aria-valuetext")).startsWith(`${(moved(before) + 137).toLocaleString("en-GB")} of`), "the bar has the tally");
    const grown = (await width()) - widthBefore;
    assert.ok(Math.abs(grown - (100 * 137) / before.capacity_total) < 0.01, `the bar grew by ${grown} %`);
    const after = await vessel(before.id);
    assert.equal(after.loaded, before.loaded + 137);
    assert.equal(after.discharged, before.discharged);
    assert.equal(after.damaged, before.damaged);
    const first = page.locator(".table--tallies tbody tr").first();
    await first.getByText("Browser test").waitFor();
    assert.equal(await first.locator(".tally__count").textContent(), "137");
    assert.equal(await page.getByLabel("Count", { exact: true }).inputValue(), "1");
  });
});

test("a tally shows on the dashboard's card", async () => {
  const before = await workedVessel();
  await withPage({ at: "/" }, async (page) => {
    await api(`/api/vessels/${before.id}/tallies`, {
      method: "POST",
      body: JSON.stringify({ id: crypto.randomUUID(), tally_type: "discharged", cargo_type: before.cargo[0].cargo_type, count: 11 }),
    });
    await page.locator(`.card[data-vessel="${before.id}"] .card__numbers`, { hasText: (moved(before) + 11).toLocaleString("en-GB") }).waitFor();
  });
});

test("a double click records one tally", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  await withPage({ at: atVessel(id) }, async (page) => {
    await fillTally(page, { count: 2 });
    await submitButton(page).dblclick();
    await recorded(page);
    await page.waitForTimeout(400);
    await submitButton(page).click({ force: true });      // and a third, impatient one
    await page.waitForTimeout(1200);
    await stored(id, rows + 1);
    // Afterwards the form takes the next one.
    await submitButton(page).click();
    await stored(id, rows + 2);
  });
});

test("a tally whose answer is lost is sent again and counted once", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: atVessel(before.id), allowTroubles: true }, async (page) => {
    const sent = [];
    await page.route("**/api/vessels/*/tallies", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      sent.push(route.request().postDataJSON().id);
      const response = await route.fetch();
      if (sent.length > 2) return route.fulfill({ response });
      assert.equal(response.status(), sent.length === 1 ? 201 : 200);
      return route.abort("connectionreset");
    });
    await fillTally(page, { count: 7 });
    await submitButton(page).click();
    await page.locator("form[data-state=waiting]").waitFor();
    await recorded(page);
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent).size, 1, "the id changed between two attempts");
    await stored(before.id, rows + 1);
    const after = await vessel(before.id);
    assert.equal(after.loaded, before.loaded + 7);
    await eventually(async () => (await bar(page).getAttribute("aria-valuetext")).startsWith(`${moved(after).toLocaleString("en-GB")} of`), "the bar shows what is stored");
  });
});

test("a tally on its way survives a reload of the page", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: atVessel(before.id), allowTroubles: true }, async (page) => {
    await page.route("**/api/vessels/*/tallies", (route) => (route.request().method() === "POST" ? route.abort("internetdisconnected") : route.continue()));
    await fillTally(page, { count: 4 });
    await submitButton(page).click();
    await page.locator("form[data-state=waiting]").waitFor();
    assert.equal(await tallyRows(before.id), rows);
    await page.unroute("**/api/vessels/*/tallies");
    await page.reload();
    await recorded(page);
    await stored(before.id, rows + 1);
    assert.equal((await vessel(before.id)).loaded, before.loaded + 4);
  });
});

test("a wrong count is told at its field, and nothing is stored", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  await withPage({ at: atVessel(id) }, async (page) => {
    const count = page.getByLabel("Count", { exact: true });
    for (const wrong of ["0", "10001", "2.5", ""]) {
      await count.fill(wrong);
      await submitButton(page).click();
      const error = page.locator("[data-field=count] .field__error");
      await error.waitFor();
      assert.equal(await count.getAttribute("aria-invalid"), "true");
      assert.ok(await count.evaluate((node) => node === document.activeElement), "the focus is not at the wrong field");
      assert.match(await error.textContent(), /number/);
    }
    assert.equal(await tallyRows(id), rows);
  });
});

test("what the server refuses is told at the field that it names", async () => {
  const { id } = await workedVessel();
  const rows = await tallyRows(id);
  await withPage({ at: atVessel(id), allowTroubles: true }, async (page) => {
    const location = page.getByLabel("Location");
    await location.evaluate((node) => node.removeAttribute("maxlength"));
    await location.fill("x".repeat(60));
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await submitButton(page).click();
    assert.equal((await answer).status(), 400);
    await page.locator("[data-field=location] .field__error").waitFor();
    assert.equal(await location.getAttribute("aria-invalid"), "true");
    assert.equal(await tallyRows(id), rows);
    // Corrected, it goes through.
    await location.fill("Deck 3");
    await submitButton(page).click();
    await recorded(page);
    await stored(id, rows + 1);
  });
});

test("a voided tally is struck through and leaves the totals", async () => {
  const before = await workedVessel();
  await withPage({ at: atVessel(before.id) }, async (page) => {
    await fillTally(page, { count: 23, note: "To be voided" });
    await submitButton(page).click();
    await recorded(page);
    const row = page.locator(".table--tallies tr", { hasText: "To be voided" }).first();
    await row.getByRole("button", { name: /^Void/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Keep it" }).click();
    assert.equal((await vessel(before.id)).loaded, before.loaded + 23);
    await row.getByRole("button", { name: /^Void/ }).click();
    await dialog.getByLabel("Reason").fill("Counted twice");
    await shot(page, "vessel-void", false);
    await dialog.getByRole("button", { name: "Void the tally" }).click();
    await dialog.waitFor({ state: "detached" });
    const struck = page.locator(".table--tallies tr[data-voided]", { hasText: "To be voided" });
    await struck.waitFor();
    // The list may be drawn anew meanwhile.
    await eventually(async () => (await struck.locator("td.num s").evaluate((node) => getComputedStyle(node).textDecorationLine)) === "line-through", "the count is struck through");
    assert.equal(await struck.getByRole("button").count(), 0);
    await page.locator(".table--tallies tr[data-correction]", { hasText: "Counted twice" }).waitFor();
    assert.equal((await vessel(before.id)).loaded, before.loaded);
    await eventually(async () => (await bar(page).getAttribute("aria-valuetext")).startsWith(`${moved(before).toLocaleString("en-GB")} of`), "the bar goes back");
  });
});

test("the tallies are paged by cursor, newest first", async () => {
  const { vessels } = await api("/api/dashboard");
  const counts = await Promise.all(vessels.map(async ({ id }) => ({ id, rows: await tallyRows(id) })));
  const { id, rows } = counts.reduce((most, item) => (item.rows > most.rows ? item : most));
  assert.ok(rows > 20, "the demo port has no vessel with more than two pages of tallies");
  const { data } = await api(`/api/vessels/${id}/tallies?sort=-tallied_at&per_page=30`);
  const ids = (page) => page.locator(".table--tallies [data-tally]").evaluateAll((all) => all.map((row) => row.dataset.tally));
  await withPage({ at: atVessel(id) }, async (page) => {
    const expectPage = (number, from) => eventually(
      async () => (await page.locator(".pages__where").textContent()).startsWith(`Page ${number} of`)
        && JSON.stringify(await ids(page)) === JSON.stringify(data.slice(from, from + 10).map((item) => item.id)),
      `page ${number} shows the tallies from ${from}`,
    );
    await expectPage(1, 0);
    await page.getByRole("button", { name: "Older" }).click();
    await expectPage(2, 10);
    await page.getByRole("button", { name: "Older" }).click();
    await expectPage(3, 20);
    await page.getByRole("button", { name: "Newer" }).click();
    await expectPage(2, 10);
    await page.getByRole("button", { name: "Newer" }).click();
    await expectPage(1, 0);
    assert.ok(await page.getByRole("button", { name: "Newer" }).isDisabled());
  });
});

test("a vessel that isn't being worked takes no tallies, and says why", async () => {
  const { data } = await api("/api/vessels?status=expected,arrived,berthed&per_page=1");
  assert.equal(data.length, 1);
  await withPage({ at: atVessel(data[0].id) }, async (page) => {
    assert.ok(await page.getByLabel("Count", { exact: true }).isDisabled());
    assert.ok(await submitButton(page).isDisabled());
    assert.match(await page.locator(".panel--record .notice").textContent(), /while a vessel is being worked/);
    await shot(page, "vessel-not-worked");
  });
});

test("a vessel goes through its call by the buttons", async () => {
  const name = `Browser Test ${Date.now() % 100000}`;
  const { data: made } = await api("/api/vessels", { method: "POST", body: JSON.stringify({ name, vessel_type: "general", cargo_capacity: { breakbulk: 40 } }) });
  const { berths } = await api("/api/dashboard");
  const free = berths.find((berth) => berth.vessel === null);
  assert.ok(free, "the demo port has no free berth");
  await withPage({ at: atVessel(made.id) }, async (page) => {
    const press = async (button, status) => {
      await page.getByRole("button", { name: button }).click();
      await eventually(async () => (await vessel(made.id)).status === status, `the vessel is ${status}`);
      await page.locator(`.status[data-status=${status}]`).waitFor();
    };
    await press("Mark as arrived", "arrived");
    await page.getByLabel("Berth").selectOption(free.name);
    await press("Mark as berthed", "berthed");
    assert.equal((await vessel(made.id)).berth, free.name);
    await press("Start operations", "operations_active");
    await fillTally(page, { count: 40 });
    await submitButton(page).click();
    await recorded(page);
    await press("Complete operations", "operations_complete");
    assert.ok(await submitButton(page).isDisabled());
    await page.getByRole("button", { name: "Mark as departed" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Mark as departed" }).click();
    await eventually(async () => (await vessel(made.id)).status === "departed", "the vessel has departed");
    await page.getByText("This call is closed.").waitFor();
  });
});
