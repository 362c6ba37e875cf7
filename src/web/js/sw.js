// SPDX-License-Identifier: Apache-2.0
// The service worker: the program itself is on the device, and of the answers what was seen last (seen-cache.js). The
// network comes first wherever it answers; what comes from the device is marked. Writes pass it by.
// build.mjs makes /sw.js of this, with the list of files; a new list is a new version, which waits until it is told to begin.
import { clientsClaim } from "workbox-core/clientsClaim.js";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { NetworkFirst } from "workbox-strategies/NetworkFirst.js";
import { files } from "precache:files";
import { AGE, BYTES, CACHE, ENTRIES, FORGET, maySee, staysLongest } from "./seen-cache.js";
import { BoundedCache } from "./bounded-cache.js";
import { createApi, keptSince } from "./api.js";
import { matchRoute } from "./routes.js";
import { sendOutbox } from "./outbox.js";
import { TAG } from "./background-sync.js";

// On a bad line a page shows what it had after this long, while the answer goes on coming.
const PATIENCE = 4;

const seen = new BoundedCache({ name: CACHE, entries: ENTRIES, bytes: BYTES, age: AGE, stays: staysLongest });

const onlySeen = {
  handlerWillStart({ state }) {
    state.life = seen.life;
  },
  async fetchDidSucceed({ request, response, event, state }) {
    const { url } = request;
    if (response.status === 401) await seen.wipe();
    // What the server itself has kept since its database went away is no news.
    if (keptSince(response.headers)) return response;
    if (response.status === 304) event.waitUntil(confirm(request, response, state.life));
    if (response.status === 200) {
      if (url === ME && await isAnother(response.clone())) {
        await seen.wipe();
        state.life = seen.life;
      }
      event.waitUntil(seen.keep(url, response.clone(), state.life).catch(() => {}));
    }
    return response;
  },
  cacheWillUpdate: () => null,  // it is kept by now
  // Who asks whether there are news has something on screen already.
  cachedResponseWillBeUsed: ({ cachedResponse, event }) => (event.request?.headers.has("If-None-Match") ? null : seen.usable(cachedResponse)),
};

const ME = new URL("/api/me", location.origin).href;

async function isAnother(response) {
  const before = await seen.find(ME);
  return before !== null && (await before.json()).data.id !== (await response.json()).data.id;
}

// A page that was open before the worker was has answers that the worker doesn't have.
async function confirm(request, response, life) {
  try {
    if (await seen.confirm(request.url, response, life)) return;
    const whole = await fetch(request.url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (whole.status === 200) await seen.keep(request.url, whole, life);
  } catch {
    // next time
  }
}

clientsClaim();
cleanupOutdatedCaches();
precacheAndRoute(files, { cleanURLs: false, directoryIndex: "" });

// An address that isn't a page's gets the server's own answer, with its status.
const page = createHandlerBoundToURL("/index.html");
const isServers = (path) => /^\/(api|health|metrics)(\/|$)/.test(path);
registerRoute(({ request, url }) => request.mode === "navigate" && matchRoute(url.pathname).page !== "not-found", page);
registerRoute(({ request, url }) => request.mode === "navigate" && !isServers(url.pathname), (options) => fetch(options.request).catch(() => page(options)));
registerRoute(({ request }) => maySee(request), new NetworkFirst({ cacheName: CACHE, networkTimeoutSeconds: PATIENCE, plugins: [onlySeen] }));

const api = createApi({ onLoggedOut: () => seen.wipe() });

// The connection is back, and perhaps no page is open. When this fails the browser tries again by itself.
addEventListener("sync", (event) => event.tag === TAG && event.waitUntil(sendOutbox({ api })));

addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") skipWaiting();
  if (event.data?.type === FORGET) event.waitUntil(seen.wipe().finally(() => event.ports[0]?.postMessage("forgotten")));
});
