// SPDX-License-Identifier: Apache-2.0
// The service worker: what of the program and of the answers is on the device, whose it is, and how the next version comes.
// The network is cut between browser and stack (door.js), so the worker has none either.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDoor } from "./door.js";
import { addPerson, PEOPLE, signIn } from "./people.js";
import { back, controlled, cutOff, isKept, kept, openCold } from "./worker.js";
import { BASE, complaints, fits, shot, withPage, workedVessel } from "./stack.js";

let door;

before(async () => {
  door = await openDoor(BASE);
});
after(() => door.close());

// What the browser says of requests that fail is what these cases are about.
async function withWorker(options, use) {
  door.open();
  await withPage({ worker: true, base: door.url, allowTroubles: true, ...options }, async (page) => {
    await controlled(page);
    await use(page, page.context());
    const other = page.troubles.filter((text) => !/Failed to load resource|net::ERR|fetch event/.test(text));
    assert.deepEqual(other, []);
  });
}

test("the whole program is on the device after the first visit, and nothing of it comes twice", async (context) => {
  await withWorker({ at: "/" }, async (page) => {
    const files = await kept(page, "precache");
    const named = (await (await fetch(BASE)).text()).match(/\/assets\/[^"]+\.(js|css|svg)/g);
    for (const file of named) assert.ok(Object.hasOwn(files, file), file);
    assert.ok(Object.keys(files).some((file) => file.startsWith("/index.html")));
    assert.deepEqual(Object.keys(files).filter((file) => /\.(png|gz)$|\/sw\.js|pdf/.test(file)), []);
    const bytes = Object.values(files).reduce((sum, size) => sum + size, 0);
    context.diagnostic(`on the device: ${Object.keys(files).length} files, ${bytes} bytes unpacked`);
    assert.ok(bytes < 3e6);

    const sizes = () => page.evaluate(() => performance.getEntries().filter(({ transferSize }) => transferSize > 0).map((entry) => entry.transferSize));
    const total = (all) => `${all.length} requests, ${all.reduce((sum, size) => sum + size, 0)} bytes`;
    await isKept(page, "/api/dashboard");
    await isKept(page, "/api/me");
    context.diagnostic(`first visit until the worker is there: ${total(await sizes())}`);

    door.passed.length = 0;
    await page.reload();
    await page.waitForSelector("[data-state=ready]");
    await page.locator(".chart canvas").waitFor();
    const asked = door.passed.filter(({ status }) => status !== 304).map(({ path }) => path);
    assert.deepEqual(asked.filter((path) => !path.startsWith("/api/") && path !== "/sw.js"), []);
    context.diagnostic(`with the worker: ${asked.length} requests, ${asked.join(" ")}`);
  });
});

test("every page that was seen opens without a connection, from a cold start, and says how old it is", async () => {
  const { id } = await workedVessel();
  const pages = { "/": "/api/dashboard", "/labour": "/api/labour/dashboard", "/delivery": "/api/delivery/dashboard", [`/vessels/${id}`]: `/api/vessels/${id}` };
  await withWorker({ at: "/", as: "supervisor" }, async (page, context) => {
    for (const [path, address] of Object.entries(pages)) {
      await page.goto(path);
      await page.waitForSelector("[data-state=ready]");
      await isKept(page, address);
    }
    await cutOff(door, page);
    for (const path of Object.keys(pages)) {
      const cold = await openCold(context, path);
      await cold.waitForSelector(".freshness[data-state=stale]");
      await cold.locator("#main > [data-state=ready]").waitFor();
      assert.match(await cold.locator(".freshness__text").textContent(), /Stale: figures are \d+ s old/);
      assert.equal(await cold.locator(".no-connection").isVisible(), false);
      await cold.close();
    }
    const cold = await openCold(context, "/");
    await cold.waitForSelector(".freshness[data-state=stale]");
    await shot(cold, "offline-dashboard-1280");
    await back(door, cold);
    await cold.waitForSelector(".freshness[data-state=live]");
    // The same when the browser itself knows that there is no connection.
    await isKept(cold, "/api/dashboard");
    await context.setOffline(true);
    await cold.reload();
    await cold.waitForSelector(".freshness[data-state=stale]");
    assert.equal(await cold.evaluate(() => navigator.onLine), false);
  });
});

test("a page that was never seen says so, and comes when the connection does", async () => {
  const { id } = await workedVessel();
  for (const width of [360, 768, 1920]) {
    await withWorker({ at: "/", as: "clerk", width }, async (page, context) => {
      await isKept(page, "/api/me");
      await isKept(page, "/api/meta");
      await cutOff(door, page);
      const cold = await openCold(context, `/vessels/${id}`);
      const bar = cold.locator(".no-connection");
      await bar.getByText("was not opened on this device before").waitFor();
      await shot(cold, `offline-never-seen-${width}`);
      await fits(cold);
      assert.deepEqual(await complaints(cold), []);
      await back(door, page);
      await cold.getByRole("button", { name: "Try now" }).click();
      await cold.locator("#main > [data-state=ready]").waitFor();
      assert.equal(await bar.isVisible(), false);
    });
  }
});

test("what is kept is bounded, and what no page opens without stays longest", async (context) => {
  await withWorker({ at: "/" }, async (page) => {
    const see = (paths) => page.evaluate(async (all) => {
      for (const path of all) await (await fetch(path, { headers: { Accept: "application/json" } })).text();
    }, paths);
    const rows = Array.from({ length: 230 }, (_, n) => `/api/vessels?per_page=1&q=number${n}`);
    await see(rows);
    await isKept(page, rows.at(-1));
    let now = await kept(page);
    assert.ok(Object.keys(now).length <= 200, `${Object.keys(now).length} entries`);
    assert.ok(!Object.hasOwn(now, rows[0]) && Object.hasOwn(now, "/api/me") && Object.hasOwn(now, "/api/meta"));

    const body = JSON.stringify({ data: ["x".repeat(400000)] });
    door.serve((path) => (path.startsWith("/api/vessels?large") ? { headers: { "Content-Type": "application/json" }, body } : null));
    const large = Array.from({ length: 30 }, (_, n) => `/api/vessels?large=${n}`);
    await see(large);
    door.serve(() => null);
    await isKept(page, large.at(-1));
    now = await kept(page);
    const bytes = Object.values(now).reduce((sum, size) => sum + size, 0);
    assert.ok(bytes <= 10e6, `${bytes} bytes`);
    assert.ok(bytes > 9e6 && Object.hasOwn(now, "/api/me") && Object.hasOwn(now, "/api/meta"));
    context.diagnostic(`kept of 230 answers: at most 200; of 30 with 0.4 MB: ${bytes} bytes`);
  });
});

test("writes, exports, refusals and what concerns accounts are not kept, and the headers of answers come through", async () => {
  const { id } = await workedVessel();
  await withWorker({ at: "/", as: "admin" }, async (page, context) => {
    const answers = await page.evaluate(async (vessel) => {
      const json = { Accept: "application/json" };
      const ask = async (path, options) => {
        const response = await fetch(path, options);
        return { status: response.status, text: (await response.text()).slice(0, 40), headers: Object.fromEntries(response.headers) };
      };
      const first = await ask("/api/dashboard", { headers: json, cache: "no-store" });
      return {
        first,
        second: await ask("/api/dashboard", { headers: { ...json, "If-None-Match": first.headers.etag }, cache: "no-store" }),
        csv: await ask("/api/vessels?sort=name", { headers: { Accept: "text/csv" } }),
        refused: await ask("/api/vessels?page=0", { headers: json }),
        users: await ask("/api/users", { headers: json }),
        write: await ask(`/api/vessels/${vessel}/tallies`, { method: "POST", headers: { ...json, "Content-Type": "application/json" }, body: "{}" }),
      };
    }, id);
    assert.equal(answers.first.status, 200);
    assert.ok(answers.first.headers["x-cache"] && answers.first.headers["x-request-id"] && !answers.first.headers["x-from-device"]);
    assert.ok([200, 304].includes(answers.second.status));
    assert.match(answers.csv.headers["content-type"], /^text\/csv/);
    assert.equal(answers.refused.status, 400);
    assert.equal(answers.write.status, 400);
    await page.goto("/account");
    await page.waitForSelector("[data-state=ready]");
    await page.goto("/admin/audit");
    await page.locator("table").first().waitFor();
    assert.deepEqual(Object.keys(await kept(page)).filter((path) => !/^\/api\/(me|meta|dashboard)$/.test(path)), []);
    assert.ok(door.passed.some(({ path, status, headers }) => path === "/api/dashboard" && status === 304 && headers["if-none-match"]));
    // What isn't there is said by the server, and only without it by the device.
    assert.equal((await page.goto("/nothing-here")).status(), 404);
    await page.getByText("There is nothing at this address").waitFor();
    await cutOff(door, page);
    await page.goto("/nothing-here");
    await page.getByText("There is nothing at this address").waitFor();
  });
});

test("logging out, being logged out, and another person: nothing of the first one's stays", async () => {
  const { id } = await workedVessel();
  const first = await addPerson(BASE, "supervisor");
  const seeVessel = async (page) => {
    await page.goto(`/vessels/${id}`);
    await page.waitForSelector("[data-state=ready]");
    await isKept(page, `/api/vessels/${id}`);
    await isKept(page, "/api/me");
  };
  await withWorker({ at: "/", as: first }, async (page, context) => {
    await seeVessel(page);
    await page.getByRole("button", { name: new RegExp(first.display_name) }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    assert.deepEqual(await kept(page), {});

    await signIn(context, first);
    await seeVessel(page);
    await context.clearCookies();               // the session ends behind the page's back
    await page.waitForURL("**/login?next=*");
    assert.deepEqual(await kept(page), {});

    await signIn(context, first);
    await seeVessel(page);
    await page.goto("/login");
    await page.waitForSelector("[data-state=ready]");
    await context.clearCookies();
    await signIn(context, PEOPLE.clerk);        // without any page of ours
    await page.goto("/");
    await page.waitForSelector("[data-state=ready]");
    await page.getByText(PEOPLE.clerk.display_name).first().waitFor();
    await page.reload();
    await page.waitForSelector("[data-state=ready]");
    await isKept(page, "/api/me");
    assert.ok(!Object.hasOwn(await kept(page), `/api/vessels/${id}`));
    await isKept(page, "/api/meta");
    await cutOff(door, page);
    const cold = await openCold(context, `/vessels/${id}`);
    await cold.locator(".no-connection").getByText("was not opened on this device before").waitFor();
  });
});

// The next version: another page, so another list of files.
async function nextVersion() {
  const [worker, page] = await Promise.all(["/sw.js", "/"].map(async (path) => (await fetch(new URL(path, BASE))).text()));
  const next = worker.replace(/(url:"\/index\.html",revision:")\w+/, "$199999999");
  assert.notEqual(next, worker);
  const answers = {
    "/sw.js": { headers: { "Content-Type": "text/javascript", "Cache-Control": "no-cache" }, body: next },
    "/index.html": { headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache" }, body: page.replace(/<footer class="footer"><span>[^<]*/, '<footer class="footer"><span>The next version') },
  };
  return (path) => answers[path.split("?")[0]] ?? null;
}

test("a new version is offered, the old one goes on working until it is taken, and nothing half typed is lost", async () => {
  const { id } = await workedVessel();
  await withWorker({ at: `/vessels/${id}`, as: "clerk" }, async (page, context) => {
    await context.addInitScript(() => sessionStorage.setItem("loads", Number(sessionStorage.getItem("loads") ?? 0) + 1));
    const loads = () => page.evaluate(() => Number(sessionStorage.getItem("loads")));
    const other = await openCold(context, "/");
    await other.waitForSelector("[data-state=ready]");
    await other.waitForTimeout(1500);           // until it has brought its worker
    door.serve(await nextVersion());
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    const bar = page.getByRole("complementary", { name: "New version" });
    await bar.getByText("A new version is ready").waitFor();
    for (const width of [360, 768, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await shot(page, `new-version-${width}`, false);
      await fits(page);
    }
    assert.deepEqual(await complaints(page), []);

    // The old one: a page that is loaded when asked for, and the whole document again.
    await page.getByLabel("Note").fill("half a note");
    await bar.getByRole("button", { name: "Use it now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on typing" }).click();
    assert.equal(await page.getByLabel("Note").inputValue(), "half a note");
    await page.goto("/account");
    await page.waitForSelector("[data-state=ready]");
    assert.doesNotMatch(await page.locator(".footer").textContent(), /next version/);
    await bar.getByText("A new version is ready").waitFor();

    const sofar = await loads();
    await bar.getByRole("button", { name: "Use it now" }).click();
    await page.getByText("The next version").waitFor();
    await page.waitForTimeout(2500);
    assert.equal(await loads(), sofar + 1);
    assert.equal(await bar.isVisible(), false);
    // The other tab is told, and left as it is.
    await other.getByRole("complementary", { name: "New version" }).getByText("This page is from an older version").waitFor();
    assert.doesNotMatch(await other.locator(".footer").textContent(), /next version/);
    await other.getByRole("button", { name: "Load again" }).click();
    await other.getByText("The next version").waitFor();
    door.serve(() => null);
  });
});

test("it can be installed: manifest, icons and shortcuts are as the browser wants them", async () => {
  await withWorker({ at: "/" }, async (page, context) => {
    const devtools = await context.newCDPSession(page);
    const { url, errors, data } = await devtools.send("Page.getAppManifest");
    assert.equal(new URL(url).pathname, "/manifest.webmanifest");
    assert.deepEqual(errors, []);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    // The tests' profiles are private ones.
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
    const served = await fetch(new URL("/manifest.webmanifest", BASE));
    assert.match(served.headers.get("content-type"), /^application\/manifest\+json/);
    assert.equal(served.headers.get("cache-control"), "no-cache");
    const { icons } = JSON.parse(data);
    assert.deepEqual(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`), ["192x192 any", "512x512 any", "192x192 maskable", "512x512 maskable"]);
    for (const { src, sizes } of icons) {
      const drawn = await page.evaluate(async (path) => {
        const image = Object.assign(new Image(), { src: path });
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, src);
      assert.equal(drawn, sizes);
    }
    assert.equal((await fetch(new URL("/sw.js", BASE))).headers.get("cache-control"), "no-cache");
  });
});
