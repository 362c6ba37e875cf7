// SPDX-License-Identifier: Apache-2.0
// Brings the service worker (sw.js) to this device, and offers a newer version of the program when there is one. The one that is
// open goes on working until the person takes the new one.
import { Workbox } from "workbox-window/build/workbox-window.prod.mjs";
import { announce } from "./announce.js";
import { halfTyped } from "./half-typed.js";
import { h } from "./dom.js";
import { openDialog } from "./dialog.js";
import { t } from "./texts.js";

const LOOK_EVERY = 30 * 60000;

export function startWorker(typed) {
  const worker = new Workbox("/sw.js");
  let controlled = Boolean(navigator.serviceWorker.controller);
  let taken = false;

  worker.addEventListener("waiting", () => {
    offer(t("A new version is ready."), t("Use it now"), () => {
      taken = true;
      worker.messageSkipWaiting();
    });
  });
  worker.addEventListener("controlling", () => {
    if (taken) location.reload();
    // Taken in another tab. What is loaded here still works, but parts that are not may be gone.
    else if (controlled) offer(t("This page is from an older version."), t("Load again"), () => location.reload());
    controlled = true;
  });
  // What was asked for before there was a worker is asked for again by it, or it would have nothing to show.
  worker.addEventListener("activated", ({ isUpdate }) => {
    if (!isUpdate) worker.messageSW({ type: "CACHE_URLS", payload: { urlsToCache: askedSoFar() } });
  });
  worker.register({ immediate: true }).catch(() => {});
  setInterval(() => document.hidden || worker.update().catch(() => {}), LOOK_EVERY);

  function offer(text, label, take) {
    const bar = h("aside", { class: "version-bar", "aria-label": t("New version") },
      h("p", null, text),
      h("button", { type: "button", class: "button button--primary", onclick: () => unlessHalfTyped(take) }, label),
      h("button", { type: "button", class: "button", onclick: () => bar.remove() }, t("Later")));
    document.querySelector(".version-bar")?.remove();
    document.body.append(bar);
    announce(text);
  }

  function unlessHalfTyped(take) {
    if (!halfTyped(typed)) return take();
    return openDialog({
      title: t("Something on this page is not saved"),
      text: t("It is lost when the new version is loaded."),
      no: t("Go on typing"),
      actions: [{ label: t("Use the new version"), kind: "danger", act: take }],
    });
  }
}

const askedSoFar = () => [...new Set(performance.getEntriesByType("resource").map(({ name }) => name))]
  .filter((url) => url.startsWith(`${location.origin}/api/`))
  .map((url) => [url, { headers: { Accept: "application/json" } }]);
