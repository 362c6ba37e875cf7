// SPDX-License-Identifier: Apache-2.0
// The dashboard shows the port as it is, at every size, and says so when it can't.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, askAgain, eventually, shot, withPage, workedVessel } from "./stack.js";

test("the dashboard shows the port that the API describes", async () => {
  const data = await api("/api/dashboard");
  assert.ok(data.vessels.length >= 3 && data.berths.length >= 3 && data.expected.length >= 1, "the demo port is too empty to test with");
  await withPage({}, async (page) => {
    assert.equal(await page.locator(".card").count(), data.vessels.length);
    for (const vessel of data.vessels) {
      const card = page.locator(`.card[data-vessel="${vessel.id}"]`);
      assert.equal(await card.getByRole("link").textContent(), vessel.name);
      if (vessel.capacity_total > 0) {
        const now = Number(await card.getByRole("progressbar").getAttribute("aria-valuenow"));
        assert.ok(Math.abs(now - Math.min(100, vessel.progress_percent)) <= 0.11, `${vessel.name}: bar ${now}, API ${vessel.progress_percent}`);
      }
      // The bar is as wide as it says.
      const drawn = await card.locator(".bar__track").evaluate((track) => {
        const parts = [...track.children].reduce((sum, part) => sum + part.getBoundingClientRect().width, 0);
        return (100 * parts) / track.getBoundingClientRect().width;
      });
      if (vessel.capacity_total > 0) assert.ok(Math.abs(drawn - Math.min(100, vessel.progress_percent)) < 1.5, `${vessel.name}: drawn ${drawn}`);
      const late = (await card.locator(".verdict").getAttribute("data-level")) === "late";
      if (vessel.status === "operations_active") assert.equal(late, vessel.late, `${vessel.name}: late`);
    }
    assert.equal(await page.locator(".berth").count(), data.berths.length);
    for (const berth of data.berths.filter((item) => item.vessel)) {
      assert.ok(await page.locator(".berth", { hasText: berth.name }).getByText(berth.vessel.name).count() >= 1, berth.name);
    }
    assert.equal(await page.locator(".table--expected tbody tr").count(), data.expected.length);
    const shown = await page.locator(".figures__today .figure__value").allTextContents();
    assert.deepEqual(shown.map((text) => Number(text.replaceAll(",", ""))), [data.today.loaded, data.today.discharged, data.today.damaged, data.today.tallies]);
  });
});

test("the chart draws, and the table beside it has the same hours", async () => {
  const { hours } = await api("/api/dashboard");
  await withPage({}, async (page) => {
    const canvas = page.locator(".chart canvas");
    await canvas.waitFor();
    const colours = await canvas.evaluate((node) => {
      const { data } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
      const seen = new Map();
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200) {
          const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
          seen.set(key, (seen.get(key) ?? 0) + 1);
        }
      }
      return [...seen].filter(([, pixels]) => pixels > 100).map(([key]) => key);
    });
    const token = (name) => page.evaluate((n) => parseInt(getComputedStyle(document.documentElement).getPropertyValue(n).trim().slice(1), 16), name);
    assert.ok(colours.includes(await token("--loaded")), "no bar in the colour of what was loaded");
    await page.getByText("Show as a table").click();
    const rows = await page.locator(".panel--hours tbody tr").evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent.replaceAll(",", "")))));
    assert.deepEqual(rows, [...hours].reverse().map((hour) => [hour.loaded, hour.discharged, hour.damaged]));
    // Pointing at an hour reads it out.
    const box = await canvas.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await eventually(async () => /^\d\d:00–\d\d:00$/.test(await page.locator(".legend__when").textContent()), "the legend reads out an hour", 3000);
  });
});

for (const [size, width, height] of [["phone", 360, 740], ["tablet", 768, 1024], ["wall", 1920, 1080]]) {
  for (const scheme of ["light", "dark"]) {
    test(`both pages fit a ${size} of ${width} px, ${scheme}`, async () => {
      const { id } = await workedVessel();
      for (const [name, at] of [["dashboard", "/"], ["vessel", `/vessels/${id}`]]) {
        await withPage({ at, width, height, scheme }, async (page) => {
          if (name === "dashboard") await page.locator(".chart canvas").waitFor();
          await page.waitForTimeout(600);     // the bars' transition
          const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: innerWidth }));
          assert.ok(content <= window, `${name} is ${content} px wide in a window of ${window} px`);
          const sideways = await page.evaluate(() => [...document.querySelectorAll("main *")]
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".visually-hidden, .scroll"))
            .map((node) => node.className));
          assert.deepEqual(sideways, []);
          assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), scheme);
          await shot(page, `${name}-${size}-${scheme}`);
        });
      }
    });
  }
}

test("an unchanged dashboard is answered 304", async () => {
  await withPage({}, async (page) => {
    const statuses = [];
    page.on("response", (response) => new URL(response.url()).pathname === "/api/dashboard" && statuses.push(response.status()));
    await eventually(async () => statuses.includes(304), "a poll is answered 304", 30000);
    assert.equal(await page.locator(".freshness").getAttribute("data-state"), "live");
    assert.equal(await page.locator(".freshness__text").textContent(), "Live");
  });
});

test("with the server gone the page keeps its data and says that they are stale", async () => {
  await withPage({ allowTroubles: true }, async (page) => {
    const names = await page.locator(".card__name").allTextContents();
    assert.ok(names.length > 0);
    await page.context().setOffline(true);
    await page.locator(".freshness[data-state=stale]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /^Stale: figures are \d+ s old/);
    assert.match(await page.locator("#announce-assertive").textContent(), /does not answer/);
    assert.deepEqual(await page.locator(".card__name").allTextContents(), names);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the warning pushes the page apart");
    await shot(page, "dashboard-stale");
    await page.context().setOffline(false);
    await page.locator(".freshness[data-state=live]").waitFor();
  });
});

test("what the server kept while its database is away is shown with its age, and as current again when it is", async () => {
  await withPage({}, async (page) => {
    const stale = page.locator(".freshness[data-state=stale]");
    let kept = true;
    // As the program answers then; see tests/fault/test_stale.py.
    await page.route("**/api/dashboard", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), ...(kept && { warning: '110 - "Response is Stale"', age: "130" }) } });
    });
    await askAgain(page);
    await stale.waitFor();
    assert.match(await stale.textContent(), /figures are 2 min old/);
    kept = false;
    await askAgain(page);
    await page.locator(".freshness[data-state=live]").waitFor();
  });
});

test("a page first opened while the server is away says so, and fills itself when it is back", async () => {
  const { id, name } = await workedVessel();
  await withPage({ allowTroubles: true }, async (page) => {
    await page.context().setOffline(true);
    await page.locator(`.card[data-vessel="${id}"] a`).click();
    await page.locator(".vessel-page .freshness[data-state=stale]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /^No answer from the server, trying again in/);
    assert.equal(await page.locator(".panel--record").count(), 0);
    await page.context().setOffline(false);
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await page.locator(".freshness[data-state=live]").waitFor();
    assert.ok(await page.locator(".panel--record").isVisible());
  });
});

test("a vessel that isn't there gets a friendly page with a way back", async () => {
  await withPage({ at: "/", allowTroubles: true }, async (page) => {
    await page.goto("/vessels/999999999");
    await page.getByRole("heading", { name: "There is no such vessel" }).waitFor();
    await page.getByRole("link", { name: "To the dashboard" }).click();
    await page.locator(".card").first().waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
  });
});
