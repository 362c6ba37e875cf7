// SPDX-License-Identifier: Apache-2.0
// How the pages look and stay up to date: colours, contrast, language, what others write, the wall screen, the berth plan.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, asked, BASE, complaints, eventually, fits, moved, shot, vessel, withPage, workedVessel } from "./stack.js";

const root = (page, name) => page.evaluate((wanted) => document.documentElement.dataset[wanted], name);
const ground = (page) => page.evaluate(() => getComputedStyle(document.body.parentElement).backgroundColor);
const openDisplay = (page) => page.getByRole("button", { name: /^(Display|Anzeige|Pantalla)$/ }).click();
const choose = (page, name) => page.locator(".display-menu").getByRole("radio", { name, exact: true }).check({ force: true });
const ready = (page) => page.waitForSelector("[data-state=ready]");

/** Presses Tab until the element has the focus. */
async function tabTo(page, target, what) {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((node) => node === document.activeElement)) return;
  }
  assert.fail(`${what} can't be reached with Tab`);
}

test("colours and contrast that were chosen are kept, and what is left to the device follows it", async () => {
  await withPage({ scheme: "light" }, async (page) => {
    assert.deepEqual([await root(page, "theme"), await root(page, "contrast")], ["light", "standard"]);
    const follows = (theme, contrast) => eventually(async () => (await root(page, "theme")) === theme && (await root(page, "contrast")) === contrast, `${theme}, ${contrast}`);
    await page.emulateMedia({ colorScheme: "dark", contrast: "more" });
    await follows("dark", "more");
    await page.emulateMedia({ colorScheme: "light", contrast: "no-preference" });
    await follows("light", "standard");
    const light = await ground(page);
    await openDisplay(page);
    await choose(page, "Dark");
    const dark = await ground(page);
    await choose(page, "High");
    const high = await ground(page);
    assert.equal(new Set([light, dark, high]).size, 3, `${[light, dark, high]}`);
    await page.reload();
    await ready(page);
    assert.equal(await ground(page), high);
    // The menu says what holds, closes with Escape, and gives the focus back.
    await openDisplay(page);
    assert.ok(await page.locator(".display-menu").getByRole("radio", { name: "High", exact: true }).isChecked());
    await page.keyboard.press("Escape");
    assert.ok(await page.locator(".display-menu__list").isHidden());
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Display");
    await openDisplay(page);
    for (const radio of await page.locator(".display-menu").getByRole("radio", { name: "Auto", exact: true }).all()) await radio.check({ force: true });
    assert.equal(await ground(page), light);
    assert.deepEqual(await page.evaluate(() => [localStorage["stevedores.theme"], localStorage["stevedores.contrast"]]), [undefined, undefined]);
  });
});

test("the language that was chosen is kept: texts, numbers and dates", async () => {
  const { today } = await api("/api/dashboard");
  await withPage({}, async (page) => {
    const is = async (language, heading, locale) => {
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await ready(page);
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      const date = await page.locator(".page-head__sub").textContent();
      const month = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" }).format(new Date(today.date));
      assert.ok(date.includes(month), `${date} has no ${month}`);
      const shown = await page.locator('.figure[data-name="discharged"] .figure__value').textContent();
      assert.equal(Number(shown.replaceAll(/[.,\s]/g, "")), today.discharged);
      if (today.discharged > 9999) assert.equal(shown, new Intl.NumberFormat(locale).format(today.discharged));
    };
    await is("en", "The port today", "en-GB");
    for (const [value, heading, locale] of [["de", "Der Hafen heute", "de-DE"], ["es", "El puerto hoy", "es-ES"]]) {
      await page.locator(".user-menu__button").click();
      await Promise.all([page.waitForEvent("load"), page.locator(".user-menu select").selectOption(value)]);
      await is(value, heading, locale);
      await page.reload();
      await is(value, heading, locale);
      assert.deepEqual(await complaints(page), []);
      await fits(page);
      await shot(page, `dashboard-${value}`);
    }
  });
});

test("colours of the system leave bars and bars of the plan visible", async () => {
  await withPage({ at: null }, async (page) => {
    await page.emulateMedia({ forcedColors: "active" });
    await page.goto("/");
    await ready(page);
    const seen = await page.locator(".bar__part--loaded").first().evaluate((part) => getComputedStyle(part).backgroundColor);
    assert.notEqual(seen, await ground(page));
    await shot(page, "dashboard-forced-colours");
  });
});

for (const scheme of ["light", "dark"]) {
  test(`high contrast, ${scheme}: nothing to object to, at every size`, async () => {
    await withPage({ at: null, as: "manager", scheme }, async (page) => {
      await page.emulateMedia({ colorScheme: scheme, contrast: "more" });
      for (const [name, at] of [["port", "/"], ["labour", "/labour"], ["delivery", "/delivery"], ["berths", "/berths"]]) {
        for (const [width, height] of [[360, 740], [768, 1024], [1920, 1080]]) {
          await page.setViewportSize({ width, height });
          await page.goto(at);
          await ready(page);
          if (at !== "/berths") await page.locator(".chart canvas").first().waitFor();
          await page.waitForTimeout(500);
          await fits(page);
          if (width === 768) assert.deepEqual(await complaints(page), [], at);
          await shot(page, `contrast-${name}-${width}-${scheme}`);
        }
      }
    });
  });
}

// --- live ---

const tally = (id, cargo, count) => api(`/api/vessels/${id}/tallies`, {
  method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), tally_type: "discharged", cargo_type: cargo, count }),
});

for (const [what, path, selector] of [
  ["dashboard", () => "/", (id) => `.card[data-vessel="${id}"] .card__numbers`],
  ["vessel's page", (id) => `/vessels/${id}`, () => ".progress__moved"],
]) {
  test(`what another person writes shows on the ${what} within 2 s`, async (context) => {
    const before = await workedVessel();
    await withPage({ at: path(before.id), as: "viewer" }, async (page) => {
      const bodies = [];
      page.on("response", async (response) => {
        if (response.status() !== 304) return;
        bodies.push(Number((await response.allHeaders())["content-length"] ?? 0));
      });
      const times = [];
      let count = moved(await vessel(before.id));
      for (let turn = 0; turn < 10; turn += 1) {
        // At any moment between two questions.
        await page.waitForTimeout(170 * turn);
        count += 1;
        await tally(before.id, before.cargo[0].cargo_type, 1);
        const written = performance.now();
        await page.locator(selector(before.id), { hasText: count.toLocaleString("en-GB") }).waitFor();
        times.push(Math.round(performance.now() - written));
      }
      const sorted = [...times].sort((a, b) => a - b);
      context.diagnostic(`live ${what}: median ${(sorted[4] + sorted[5]) / 2} ms, all ${times.join(", ")} ms`);
      assert.ok(sorted.every((ms) => ms < 2000), `${times} ms`);
      assert.ok(bodies.length > 0 && bodies.every((bytes) => bytes === 0), `304s of ${bodies} bytes`);
    });
  });
}

test("a page that is hidden asks nothing, and asks at once when it is seen", async () => {
  await withPage({ at: "/" }, async (page) => {
    const turn = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await turn(true);
    await page.waitForTimeout(300);         // an answer that is on its way
    const addresses = asked(page);
    await page.waitForTimeout(5000);
    assert.deepEqual(addresses, []);
    await turn(false);
    await eventually(() => addresses.includes("/api/dashboard"), "it asks when seen", 700);
    const start = addresses.length;
    await page.waitForTimeout(4000);
    const asks = addresses.length - start;
    assert.ok(asks >= 2 && asks <= 4, `${asks} questions in 4 s`);
  });
});

test("a server that asks for patience gets it", async () => {
  await withPage({ at: "/", allowTroubles: true }, async (page) => {
    let asks = 0;
    await page.route("**/api/dashboard", (route) => {
      asks += 1;
      return route.fulfill({ status: 429, contentType: "application/problem+json", headers: { "Retry-After": "30" }, body: JSON.stringify({ title: "Too many requests", status: 429 }) });
    });
    await page.locator(".freshness[data-state=stale]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /trying again in (2\d|3\d) s$/);
    await page.waitForTimeout(4000);
    assert.equal(asks, 1);
    await page.unroute("**/api/dashboard");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator(".freshness[data-state=live]").waitFor();
  });
});

// --- the wall ---

const boardOf = (page) => page.locator(".wall__board").textContent();

for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
  test(`on a wall screen of ${width} × ${height} every board is whole, as large as it fits`, async () => {
    await withPage({ at: "/wall?every=3600&boards=port,labour,delivery,berths", as: "manager", width, height, scheme: "dark" }, async (page) => {
      for (const [name, title] of [["port", "Port operations"], ["labour", "Labour hire"], ["delivery", "Project delivery"], ["berths", "Berth plan"]]) {
        await eventually(async () => (await boardOf(page)) === title, `the wall shows ${name}`);
        await page.locator(`.wall__stage > :not(.wall__next)[data-state=ready]`).waitFor();
        if (name !== "berths") await page.locator(".wall__stage > :not(.wall__next) .chart canvas").first().waitFor();
        await page.waitForTimeout(900);
        const { content, room, size, used } = await page.evaluate(() => {
          const stage = document.querySelector(".wall__stage");
          const board = stage.lastElementChild;
          return { content: stage.scrollHeight, room: stage.clientHeight, size: parseFloat(getComputedStyle(document.documentElement).fontSize), used: board.getBoundingClientRect().height / stage.clientHeight };
        });
        assert.ok(content <= room + 1, `${name}: ${content} px in ${room} px`);
        assert.ok(size >= (width / 1920) * 10 && used > 0.9, `${name}: ${size} px, ${used}`);
        await fits(page);
        await shot(page, `wall-${name}-${width}`, false);
        await page.keyboard.press("ArrowRight");
      }
    });
  });
}

test("the wall turns by itself, stops when told to, and goes where the arrows say", async () => {
  await withPage({ at: "/wall?every=5&boards=port,labour", as: "manager", width: 1920, height: 1080 }, async (page) => {
    assert.equal(await boardOf(page), "Port operations");
    assert.ok(await page.locator(".masthead").isHidden());
    assert.match(await page.locator(".wall__next-name").textContent(), /^next: Labour hire, \d s$/);
    await page.locator(".dashboard--money").waitFor({ timeout: 9000 });
    assert.equal(await boardOf(page), "Labour hire");
    assert.equal(new URL(page.url()).search, "?every=5&boards=port,labour");
    await page.keyboard.press(" ");
    assert.equal(await page.locator(".wall__next-name").textContent(), "Paused");
    const asks = asked(page);
    await page.waitForTimeout(6500);
    assert.equal(await boardOf(page), "Labour hire");
    assert.ok(asks.includes("/api/labour/dashboard") && !asks.includes("/api/dashboard"), "only what is seen is asked for");
    await page.keyboard.press("ArrowLeft");
    await page.locator(".dashboard--port").waitFor();
    assert.equal(await page.locator("#announce-polite").textContent().then((text) => text.trim()), "Port operations");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.locator(".dashboard--money").waitFor({ timeout: 9000 });
    assert.deepEqual(await complaints(page), []);
    await page.getByRole("link", { name: "Leave the wall screen" }).click();
    await page.locator(".dashboard--port").waitFor();
    assert.ok(await page.locator(".masthead").isVisible());
    assert.equal(await page.evaluate(() => document.documentElement.style.fontSize), "");
  });
});

test("a wall whose server is away keeps what it shows, says so across the room, and goes on by itself", async () => {
  await withPage({ at: "/wall?every=5&boards=port,labour", as: "manager", width: 1920, height: 1080, allowTroubles: true }, async (page) => {
    const names = await page.locator(".card__name").allTextContents();
    await page.context().setOffline(true);
    const warning = page.locator(".wall__stage > :not(.wall__next) .freshness[data-state=stale]");
    await warning.waitFor();
    const { width, size } = await warning.evaluate((node) => ({ width: node.getBoundingClientRect().width, size: parseFloat(getComputedStyle(node).fontSize) }));
    assert.ok(width >= 1900 && size >= 30, `${width} px wide, letters of ${size} px`);
    await page.waitForTimeout(7000);
    assert.deepEqual(await page.locator(".wall__stage > :not(.wall__next) .card__name").allTextContents(), names);
    await shot(page, "wall-stale-1920", false);
    await page.context().setOffline(false);
    await page.locator(".dashboard--money:not(.wall__next)").waitFor({ timeout: 40000 });
  });
});

// --- the berth plan ---

test("the berth plan shows each vessel at its berth, from when to when", async () => {
  const { berths, vessels } = await api("/api/dashboard");
  await withPage({ at: "/berths", width: 1920, height: 1080 }, async (page) => {
    assert.deepEqual(await page.locator(".plan__row[data-berth]:not([data-berth=\"\"])").evaluateAll((rows) => rows.map((row) => row.dataset.berth)), berths.map(({ name }) => name));
    for (const { id, name, berth, status } of vessels.filter((item) => item.berth)) {
      const bar = page.locator(`.plan__row[data-berth="${berth}"] .plan__bar[href="/vessels/${id}"]`);
      assert.equal(await bar.count(), 1, name);
      assert.ok((await bar.getAttribute("aria-label")).startsWith(`${name}, `));
      assert.equal(await bar.getAttribute("data-kind"), status === "arrived" ? "planned" : "actual");
    }
    // Now is where it belongs: between the bar's ends of whatever lies there.
    const now = (await page.locator(".plan__now").boundingBox()).x;
    for (const bar of await page.locator('.plan__bar[data-kind="actual"]').all()) {
      const { x, width } = await bar.boundingBox();
      assert.ok(x <= now + 2 && x + width >= now - 2, "a vessel that lies there does so now");
    }
    // To scale: the ETD of one, in the share of the window.
    const planned = (await api("/api/vessels?status=expected&per_page=1&sort=eta")).data[0];
    const { left, width } = await page.locator(`.plan__bar[href="/vessels/${planned.id}"]`).evaluate((node) => {
      const track = node.closest(".plan__track").getBoundingClientRect();
      const box = node.parentElement.getBoundingClientRect();
      return { left: (box.left - track.left) / track.width, width: box.width / track.width };
    });
    const days = 8 * 86400000;
    assert.ok(Math.abs(width - (Date.parse(planned.etd) - Date.parse(planned.eta)) / days) < 0.002, `${width}`);
    assert.ok(left > 0.125 && left < 1, `${left}`);
    await page.getByText("Show as a table").click();
    assert.equal(await page.locator(".panel--plan tbody tr").count(), await page.locator(".plan__bar").count());
    await page.keyboard.press("Tab");
  });
});

test("two vessels at one berth are seen and said; a new one shows by itself", async () => {
  const lying = (await api("/api/dashboard")).vessels.find(({ status, etd }) => status === "operations_active" && Date.parse(etd) - Date.now() > 4 * 3600000);
  const name = "Selkie Trader";
  await withPage({ at: "/berths" }, async (page) => {
    const before = await page.locator(".plan-conflicts li").count();
    const at = (hours) => new Date(Date.now() + hours * 3600000).toISOString();
    const { data } = await api("/api/vessels", { method: "POST", body: JSON.stringify({ name, vessel_type: "roro", berth: lying.berth, eta: at(1), etd: at(20), cargo_capacity: { automobile: 100 } }) });
    try {
      await page.locator(`.plan__bar[href="/vessels/${data.id}"][data-conflict]`).waitFor();
      await page.locator(`.plan__bar[href="/vessels/${lying.id}"][data-conflict]`).waitFor();
      assert.equal(await page.locator(".plan-conflicts li").count() > before, true);
      const said = await page.locator(".plan-conflicts li", { has: page.locator(`a[href="/vessels/${data.id}"]`) }).first().textContent();
      assert.match(said, new RegExp(`${lying.berth}: ${lying.name} · ${name} — both from`));
      await shot(page, "berths-conflict");
      // By keyboard to the vessel.
      await tabTo(page, page.locator(`.plan__bar[href="/vessels/${data.id}"]`), "the new vessel's bar");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name, level: 1 }).waitFor();
    } finally {
      await api(`/api/vessels/${data.id}`, { method: "PATCH", body: JSON.stringify({ berth: null }) });
    }
  });
});

test("the berth plan's days are in the address, and survive a reload", async () => {
  await withPage({ at: "/berths" }, async (page) => {
    const head = () => page.locator(".plan__day").allTextContents();
    const first = await head();
    assert.equal(first.length, 8);
    await page.getByRole("radio", { name: "2 weeks" }).check({ force: true });
    await eventually(async () => (await head()).length === 15, "two weeks are shown");
    assert.equal(new URL(page.url()).search, "?days=14");
    await page.getByRole("button", { name: "Later" }).click();
    await eventually(() => new URL(page.url()).searchParams.has("from"), "the address says from when");
    await page.locator(".berth-plan:not([aria-busy])").waitFor();
    const later = await head();
    assert.equal(await page.locator(".plan__now").count(), 0);
    await page.reload();
    await ready(page);
    assert.deepEqual(await head(), later);
    assert.ok(await page.getByRole("radio", { name: "2 weeks" }).isChecked());
    await page.getByRole("button", { name: "Today" }).click();
    await page.locator(".plan__now").waitFor();
  });
});

for (const [size, width, height] of [["phone", 360, 740], ["tablet", 768, 1024], ["wall", 1920, 1080]]) {
  test(`the berth plan fits a ${size} of ${width} px`, async () => {
    await withPage({ at: "/berths", width, height }, async (page) => {
      for (const scheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, scheme);
        await page.waitForTimeout(300);
        await fits(page);
        const now = await page.locator(".plan__now").boundingBox();
        assert.ok(now.x > 0 && now.x < width, "now is not seen");
        assert.deepEqual(await complaints(page), []);
        await shot(page, `berths-${width}-${scheme}`);
      }
      // Two requests each time.
      const addresses = asked(page);
      await page.waitForTimeout(3000);
      assert.deepEqual([...new Set(addresses.map((address) => address.split("?")[0]))].sort(), ["/api/dashboard", "/api/vessels"]);
    });
  });
}

test("the berth plan of a port without berths, and with the server away", async () => {
  await withPage({ at: null, allowTroubles: true }, async (page) => {
    const real = await api("/api/dashboard");
    await page.route("**/api/dashboard", (route) => route.fulfill({ json: { ...real, berths: [], vessels: [] } }));
    await page.goto("/berths");
    await page.getByText("No berths are set up.").waitFor();
    await page.unroute("**/api/dashboard");
    await page.route("**/api/**", (route) => (/\/api\/(me|meta)$/.test(route.request().url()) ? route.continue() : route.abort()));
    await page.goto("/berths");
    await page.locator(".berth-plan[data-state=error]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /^No answer from the server/);
    await page.unroute("**/api/**");
    await page.locator(".berth-plan[data-state=ready]").waitFor();
    assert.ok((await fetch(`${BASE}/berths`)).ok);
  });
});
