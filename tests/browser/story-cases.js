// SPDX-License-Identifier: Apache-2.0
// The quay without a signal, from end to end: what a clerk counts on the tally sheet is at the server once, whatever is cut or
// killed meanwhile: the network, the tab, its process, the service worker, an answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDoor } from "./door.js";
import { controlled, cutOff, back, isKept, openCold } from "./worker.js";
import { BASE, eventually, shot, stored, tallyRows, withPage, withVessel } from "./stack.js";

const PRESSES = 40;
let door;

before(async () => {
  door = await openDoor(BASE);
});
after(() => door.close());

// The sheet of a vessel of its own, seen while there was a connection, which is cut now.
async function onTheQuay(use) {
  door.open();
  door.lose(() => false);
  await withVessel((id) => withPage({ at: `/vessels/${id}/tally`, as: "clerk", worker: true, base: door.url, allowTroubles: true, width: 768, height: 1024 }, async (page) => {
    const rows = await tallyRows(id);
    await controlled(page);
    await isKept(page, `/api/vessels/${id}`);
    await isKept(page, "/api/me");
    await isKept(page, "/api/meta");
    await cutOff(door, page);
    await use({ page, context: page.context(), id, path: `/vessels/${id}/tally`, rows });
  }));
}

const ready = (page) => page.locator("#main > [data-state=ready]").waitFor();
// Faster than anybody presses: nothing waits for anything.
const press = (page, times) => page.evaluate((number) => {
  const button = document.querySelector(".plus__button");
  for (let n = 0; n < number; n += 1) button.click();
}, times);
const waiting = async (page) => Number(/([\d,]+) entr/.exec(await page.locator(".sheet-state__text").textContent())?.[1] ?? 0);
const waits = (page, number) => eventually(async () => (await waiting(page)) === number, `${number} entries wait on the device`);
const posts = () => door.passed.filter(({ method, path }) => method === "POST" && path.endsWith("/tallies")).length;
// Whatever sends does so once more, and nothing comes of it.
async function stays(id, rows, page) {
  for (let n = 0; n < 3; n += 1) {
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.waitForTimeout(700);
  }
  assert.equal(await tallyRows(id), rows);
}

async function crash(page) {
  const crashed = page.waitForEvent("crash");
  const devtools = await page.context().newCDPSession(page);
  devtools.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}

// The browser's background sync, as it comes when no page is open: told to the worker by the browser itself.
async function sync(context) {
  const blank = await context.newPage();
  await blank.goto(`${door.url}/login`);
  const devtools = await context.newCDPSession(blank);
  const found = new Promise((resolve) => devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations.length > 0 && resolve(registrations[0].registrationId)));
  await devtools.send("ServiceWorker.enable");
  const registrationId = await found;
  await devtools.send("ServiceWorker.dispatchSyncEvent", { origin: door.url, registrationId, tag: "outbox", lastChance: false });
  return blank;
}

test(`${PRESSES} tallies without a signal, tab closed and crashed on the way, are ${PRESSES} in the database`, async (context) => {
  await onTheQuay(async ({ page, context: browser, id, path, rows }) => {
    await page.reload();                        // there is no server, and the sheet opens all the same
    await ready(page);
    await press(page, 10);
    await waits(page, 10);
    // Closed while 15 more are being stored: what the sheet has said is kept is kept, and the others whole or not at all.
    const pressed = press(page, 15).catch(() => {});
    await page.close();
    await pressed;

    const second = await openCold(browser, path);
    await ready(second);
    await eventually(async () => (await waiting(second)) >= 10, "what was kept is there again");
    const sofar = await waiting(second);
    assert.ok(sofar <= 25, `${sofar} of 25`);
    await press(second, PRESSES - sofar);
    await waits(second, PRESSES);
    await crash(second);

    const third = await openCold(browser, path);
    await ready(third);
    await waits(third, PRESSES);
    await third.waitForSelector(".freshness[data-state=stale]");
    await shot(third, "offline-sheet-40-waiting-768");
    assert.equal(await tallyRows(id), rows);

    await back(door, third);
    await stored(id, rows + PRESSES);
    await third.getByText("Everything is stored.").waitFor();
    await stays(id, rows + PRESSES, third);
    context.diagnostic(`10 said to be kept and 15 just pressed when the tab was closed; found again: ${sofar}; waiting after the crash: ${PRESSES}; rows in the database: ${await tallyRows(id) - rows}`);
  });
});

test("an answer that is lost, and the tab with it: still each tally once", async (context) => {
  await onTheQuay(async ({ page, context: browser, id, path, rows }) => {
    await press(page, PRESSES);
    await waits(page, PRESSES);
    door.lose((method) => method === "POST");
    door.passed.length = 0;
    await back(door, page);
    await eventually(() => posts() > 0, "the server has what was sent");
    await crash(page);
    await stored(id, rows + PRESSES);

    // Sent again by another tab, whose answer is lost as well.
    const second = await openCold(browser, path);
    await ready(second);
    const before = posts();
    await eventually(() => posts() > before, "it is sent again");
    await waits(second, PRESSES);
    await second.close();
    door.lose(() => false);

    const third = await openCold(browser, path);
    await third.getByText("Everything is stored.").waitFor();
    await stays(id, rows + PRESSES, third);
    context.diagnostic(`sent ${posts()} times, rows in the database: ${await tallyRows(id) - rows}`);
  });
});

test("with no page open the worker sends when the browser says that there is a connection, once", async (context) => {
  await onTheQuay(async ({ page, context: browser, id, path, rows }) => {
    await press(page, PRESSES);
    await waits(page, PRESSES);
    const tags = () => page.evaluate(async () => (await navigator.serviceWorker.ready).sync.getTags());
    await eventually(async () => (await tags()).includes("outbox"), "the page asked the browser to tell the worker");
    await page.close();
    door.lose((method) => method === "POST");
    door.passed.length = 0;
    door.open();
    const blank = await sync(browser);
    await stored(id, rows + PRESSES);
    door.lose(() => false);
    await (await sync(browser)).close();
    const after = await openCold(browser, path);
    await after.getByText("Everything is stored.").waitFor();
    await stays(id, rows + PRESSES, after);
    await blank.close();
    context.diagnostic(`sent ${posts()} times, rows in the database: ${await tallyRows(id) - rows}`);
  });
});
