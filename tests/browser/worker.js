// SPDX-License-Identifier: Apache-2.0
// What the cases with a service worker share.
import assert from "node:assert/strict";
import { eventually } from "./stack.js";

export const controlled = (page) => page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");

// Paths of what is kept of one kind, with its bytes.
export const kept = (page, name = "stevedores-seen") => page.evaluate(async (wanted) => {
  const found = {};
  for (const key of (await caches.keys()).filter((one) => one.includes(wanted))) {
    const cache = await caches.open(key);
    for (const { url } of await cache.keys()) {
      const { pathname, search } = new URL(url);
      found[pathname + search] = (await (await cache.match(url))?.arrayBuffer())?.byteLength ?? 0;
    }
  }
  return found;
}, name);

export const isKept = (page, path) => eventually(async () => Object.hasOwn(await kept(page), path), `${path} is kept`);

// Neither page nor worker has a way out, and the worker starts anew for whatever comes next. Not by setOffline(): a worker that
// is started meanwhile stays without a connection for good.
export async function cutOff(door, page) {
  const context = page.context();
  door.shut();
  const tried = () => fetch("/api/nothing-here").then(() => "answered", () => "failed");
  assert.equal(await page.evaluate(tried), "failed");
  const [worker] = context.serviceWorkers();
  assert.equal(await worker.evaluate(tried), "failed");
  const devtools = await context.newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
}

export async function back(door, page) {
  door.open();
  await page.evaluate(() => dispatchEvent(new Event("online")));
}

export async function openCold(context, path) {
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  await page.goto(path);
  return page;
}
