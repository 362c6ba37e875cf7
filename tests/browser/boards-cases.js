// SPDX-License-Identifier: Apache-2.0
// The switch between the boards, and their homes at every size.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, api, asked, complaints, fits, shot, withPage } from "./stack.js";

test("the switch leads from board to board, and says where one is", async () => {
  await withPage({ at: "/", as: "viewer" }, async (page) => {
    const links = page.getByRole("navigation", { name: "Boards" }).getByRole("link");
    assert.deepEqual(await links.allTextContents(), ["Port", "Labour", "Delivery"]);
    const current = () => links.evaluateAll((all) => all.filter((link) => link.hasAttribute("aria-current")).map((link) => [link.textContent, link.getAttribute("aria-current")]));
    assert.deepEqual(await current(), [["Port", "page"]]);
    await page.evaluate(() => { globalThis.sameDocument = true; });
    // By keyboard alone.
    await links.nth(0).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Labour hire today", level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/labour");
    assert.equal(await page.title(), "Labour · Stevedores");
    assert.match(await page.locator("#announce-polite").textContent(), /Labour/);
    assert.deepEqual(await current(), [["Labour", "page"]]);
    await links.nth(2).click();
    await page.getByRole("heading", { name: "Projects in delivery", level: 1 }).waitFor();
    await links.nth(0).click();
    await page.locator(".card__name").first().click();
    await page.locator(".vessel-page").waitFor();
    assert.deepEqual(await current(), [["Port", "true"]]);
    await page.goBack();
    await page.goBack();
    await page.getByRole("heading", { name: "Projects in delivery", level: 1 }).waitFor();
    assert.ok(await page.evaluate(() => globalThis.sameDocument), "the document was loaded anew");
  });
});

test("only boards that are on are shown; the first of them is the home page", async () => {
  const { data: meta } = await api("/api/meta");
  // The pages of the boards that are off answer 404 to whoever asks.
  await withPage({ at: "/account", as: "viewer", allowTroubles: true }, async (page) => {
    const addresses = asked(page);
    const open = async (boards, at) => {
      await answering(page, "/api/meta", { data: { ...meta, boards } });
      await page.goto(at);
      await page.waitForSelector("[data-state=ready]");
    };
    const heading = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();
    await open(["labour"], "/");
    await heading("Labour hire today");
    assert.equal(await page.getByRole("navigation", { name: "Boards" }).count(), 0);
    assert.equal(await page.locator(".brand__board").textContent(), "Labour hire");
    await open(["labour", "delivery"], "/");
    await heading("Labour hire today");
    assert.deepEqual(await page.getByRole("navigation", { name: "Boards" }).getByRole("link").evaluateAll((all) => all.map((link) => [link.textContent, link.pathname])), [["Labour", "/"], ["Delivery", "/delivery"]]);
    await open(["delivery"], "/");
    await heading("Projects in delivery");
    for (const [boards, at] of [[["port"], "/labour"], [["port", "labour"], "/delivery"], [["labour"], "/vessels/1"]]) {
      await page.goto("about:blank");
      addresses.length = 0;
      await open(boards, at);
      await heading("There is nothing at this address");
      assert.deepEqual(addresses.filter((address) => !/^\/(api\/(me|meta)|assets\/.*)?$/.test(address) && address !== at), [], `${boards} ${at}`);
    }
  });
});

const HOMES = [["labour", "/labour", ".panel--places .chart canvas"], ["delivery", "/delivery", ".panel--burn-up .chart canvas"]];

for (const [size, width, height] of [["phone", 360, 740], ["laptop", 1366, 768], ["wall", 1920, 1080]]) {
  test(`the other boards' homes fit a ${size} of ${width} px, light and dark`, async () => {
    await withPage({ at: null, as: "manager", width, height }, async (page) => {
      for (const [name, at, chart] of HOMES) {
        await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
        await page.goto(at);
        await page.locator(chart).waitFor();
        if (name === "delivery") {
          await page.locator(".panel--find").scrollIntoViewIfNeeded();
          await page.locator(".found").waitFor();
        }
        for (const scheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: scheme });
          await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, scheme);
          await fits(page);
          // Each scheme once, each layout that has one of its own for its controls once.
          if ((size === "phone" && scheme === "dark") || (size === "laptop" && scheme === "light")) assert.deepEqual(await complaints(page), [], at);
          await shot(page, `${name}-${size}-${scheme}`);
        }
      }
    });
  });
}
