// SPDX-License-Identifier: Apache-2.0
// What the browser tests share: one Chromium, pages that keep account of everything that went wrong on them, and a
// plain client for what the server has stored.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { hire, MACHINE, signIn } from "./people.js";

export const BASE = process.env.BASE_URL;
export const SCREENSHOTS = process.env.SCREENSHOTS;
assert.ok(BASE, "BASE_URL must name the running stack, e.g. http://127.0.0.1:8080");
assert.ok(SCREENSHOTS, "SCREENSHOTS must name a directory for the screenshots");
mkdirSync(SCREENSHOTS, { recursive: true });

let browser = null;

// Playwright makes a fresh profile in the temporary folder for each launch and removes it.
export async function start() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  await hire(BASE);
}

export const stop = () => browser?.close();

// Opens path in a profile of its own, runs use(page), and closes it. page.troubles holds every console error,
// exception and violation of the content security policy; unless the test says otherwise there must be none.
// as is the role of who is logged in, or an account of the test's own; null for nobody. locale is the device's language.
// serviceWorkers: "block" keeps the page without one.
export async function withPage({
  at = "/", as = "admin", width = 1280, height = 900, scheme = "light", locale = "en-GB", allowTroubles = false, serviceWorkers = "allow",
}, use) {
  const context = await browser.newContext({ baseURL: BASE, viewport: { width, height }, colorScheme: scheme, locale, serviceWorkers });
  try {
    await signIn(context, as);
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.troubles = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && page.troubles.push(message.text()));
    page.on("pageerror", (error) => page.troubles.push(error.stack));
    await page.exposeFunction("reportViolation", (text) => page.troubles.push(text));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        globalThis.reportViolation(`content security policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    // null: the test goes there itself.
    if (at !== null) {
      await page.goto(at);
      await page.waitForSelector("[data-state=ready]");
    }
    await use(page);
    if (!allowTroubles) assert.deepEqual(page.troubles, []);
  } finally {
    await context.close();
  }
}

export async function api(pathAndQuery, options = {}) {
  const response = await fetch(new URL(pathAndQuery, BASE), {
    ...options,
    headers: { Accept: "application/json", ...MACHINE, ...(options.body ? { "Content-Type": "application/json" } : {}) },
  });
  const body = response.status === 204 ? null : await response.json();
  assert.ok(response.ok, `${options.method ?? "GET"} ${pathAndQuery}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

// The vessel of the demo port that is being worked and has the most room, with its totals as the server has them. The
// largest tally of the tests is 137.
export async function workedVessel() {
  const { vessels } = await api("/api/dashboard");
  const room = (vessel) => vessel.capacity_total - vessel.moved;
  const [found] = vessels.filter((vessel) => vessel.status === "operations_active").sort((a, b) => room(b) - room(a));
  assert.ok(found && room(found) > 150, "the demo port has no vessel that is being worked and has room");
  return vessel(found.id);
}

export const vessel = async (id) => (await api(`/api/vessels/${id}`)).data;
export const tallyRows = async (id) => (await api(`/api/vessels/${id}/tallies?per_page=1`)).pagination.total;
// Something that was written a moment ago may be read a moment later.
export const stored = (id, rows) => eventually(async () => (await tallyRows(id)) === rows, `${rows} tallies are stored`);
export const moved = (row) => row.loaded + row.discharged;

// Fills the form in; the cargo is the vessel's first planned one unless named.
export async function fillTally(page, { type = "Loaded", count, note = "" }) {
  await page.getByRole("radio", { name: type }).check();
  await page.getByLabel("Count", { exact: true }).fill(String(count));
  if (note) await page.getByLabel("Note").fill(note);
}

export const submitButton = (page) => page.locator("form button[type=submit]");
export const bar = (page) => page.getByRole("progressbar", { name: "Progress in all" });
export const recorded = (page) => page.locator(".panel--record form[data-state=done]").waitFor();

export const shot = (page, name, fullPage = true) => page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage });

// Nothing on the page is wider than the window.
export async function fits(page) {
  const { content, window, sideways } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: innerWidth,
    sideways: [...document.querySelectorAll("main *, header *")]
      .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".visually-hidden, .scroll"))
      .map((node) => node.className),
  }));
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
  assert.deepEqual(sideways, []);
}

// The addresses that the page asks for from now on.
export function asked(page) {
  const addresses = [];
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    addresses.push(pathname + search);
  });
  return addresses;
}

// From now on the server is said to answer body at this address.
export const answering = (page, address, body) =>
  page.route((url) => url.pathname === address, (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) }));

// The page asks the server at once, not when its time has come.
export const askAgain = (page) => page.evaluate(() => dispatchEvent(new Event("online")));

export const figure = (page, name) => page.locator(`.figure[data-name="${name}"] .figure__value`).textContent();

/** A number as it stands on a page: "1,234", "97.6 %". */
export const number = (text) => parseFloat(text.replaceAll(",", ""));

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What an accessibility checker objects to on the page as it is.
export async function complaints(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations", "passes"] }));
  assert.ok(passes.length > 15, "axe looked at hardly anything");
  return violations.map((item) => `${item.id}: ${item.nodes.map((node) => node.html.slice(0, 140)).join(" | ")}`);
}

// Waits until ask() answers something true, which is returned.
export async function eventually(ask, what, patience = 15000) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `did not come true within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
