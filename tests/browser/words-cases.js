// SPDX-License-Identifier: Apache-2.0
// The pages in German and Spanish: nothing stays English, everything fits, and the language is the device's or the chosen one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints, fits, shot, withPage, workedVessel } from "./stack.js";
import { PEOPLE } from "./people.js";

const LOCALES = { en: "en-GB", de: "de-DE", es: "es-ES" };
// What is open when the texts are read is done by open(page). Every page as the admin, unless as says otherwise.
const visit = async () => [
  { name: "login", at: "/login?next=/account", as: null, seen: ".login" },
  { name: "port", at: "/", seen: ".figures" },
  { name: "vessel", at: `/vessels/${(await workedVessel()).id}`, seen: ".panel--progress .cargo__row" },
  { name: "berths", at: "/berths", seen: ".plan a, .berth-plan a" },
  { name: "wizard-vessel", at: "/vessels/new", seen: "main form .field" },
  { name: "wizard-operation", at: `/vessels/${(await workedVessel()).id}/edit?step=3`, seen: "main form .field" },
  { name: "wizard-review", at: `/vessels/${(await workedVessel()).id}/edit?step=4`, seen: "main h2" },
  { name: "report", at: `/vessels/${(await workedVessel()).id}/report`, seen: ".paper" },
  { name: "labour", at: "/labour", seen: ".jobs, .panel--jobs .empty" },
  { name: "delivery", at: "/delivery", seen: ".found__person, .panel--find .empty", open: (page) => page.locator(".panel--find").scrollIntoViewIfNeeded() },
  { name: "vessels", at: "/vessels", seen: "main tbody tr" },
  { name: "contracts", at: "/labour/contracts", seen: "main tbody tr" },
  { name: "backlog", at: "/delivery/backlog", seen: "main tbody tr" },
  { name: "sheet", at: `/vessels/${(await workedVessel()).id}/tally`, as: "clerk", seen: "main button:not([hidden])" },
  { name: "outbox", at: "/outbox", as: "clerk", seen: "main h1" },
  { name: "account", at: "/account", as: "clerk", seen: ".panel--keys table" },
  { name: "new-key", at: "/account", as: "clerk", seen: "dialog .field", open: (page) => page.locator(".panel--keys .panel__head button").click() },
  { name: "users", at: "/admin/users", seen: ".panel--users tbody tr" },
  { name: "add-person", at: "/admin/users", seen: "dialog .field", open: (page) => page.locator(".page-head button").click() },
  { name: "audit", at: "/admin/audit", seen: ".panel--audit tbody tr" },
  { name: "sessions", at: "/admin/sessions", seen: "main tbody tr" },
  { name: "keys", at: "/admin/keys", seen: "main tbody tr" },
  { name: "operations", at: "/admin/operations", seen: "main tbody tr" },
  { name: "nothing", at: "/nothing-here", seen: ".message-page" },
  { name: "denied", at: "/admin/users", as: "clerk", seen: ".message-page" },
];

// Walks through the pages in one language and calls use(stop, page, heard), heard being every text that the server sent.
async function walk(language, use) {
  const stops = await visit();
  for (const who of new Set(stops.map(({ as = "admin" }) => as))) {
    await withPage({ at: null, as: who, width: 360, height: 800, locale: LOCALES[language], allowTroubles: true }, async (page) => {
      const heard = [];
      let reading = [];
      page.on("response", (response) => {
        if (/json/.test(response.headers()["content-type"] ?? "")) reading.push(response.json().then((body) => collect(body, heard), () => {}));
      });
      for (const stop of stops.filter(({ as = "admin" }) => as === who)) {
        reading = [];
        await page.setViewportSize({ width: 360, height: 800 });
        await page.goto(stop.at);
        await page.waitForSelector("[data-state=ready]");
        await stop.open?.(page);
        await page.locator(stop.seen).locator("visible=true").first().waitFor();
        await page.waitForFunction(() => !document.querySelector("main .skeleton"));
        await Promise.all(reading);
        await use(stop, page, heard);
      }
    });
  }
}

// A plain word like "open" or "container_20" is a value, which has to have its own on the page.
function collect(value, into) {
  if (typeof value === "string" && !/^[a-z]+(_([a-z]+|\d+))*$/.test(value)) into.push(value);
  else if (value && typeof value === "object") for (const item of Object.values(value)) collect(item, into);
}

// Every text of the document, shown or not, and of the attributes that are read out or shown.
const textsOf = (page) => page.evaluate(() => {
  const skip = (node) => node.closest("script, style, noscript, code, select[name=language]");
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!skip(walker.currentNode.parentElement)) found.add(walker.currentNode.data);
  for (const node of document.body.querySelectorAll("*")) {
    if (skip(node)) continue;
    for (const name of ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "data-title", "data-label", "label"]) found.add(node.getAttribute(name) ?? "");
  }
  return [document.title, ...found].map((text) => text.trim()).filter(Boolean);
});

// What is left of a text without the data in it, numbers being all the same.
function without(text, data) {
  for (const piece of data) text = text.replaceAll(piece, " ");
  return text.replace(/\d[\d.,:]*/g, "#").trim();
}

const NAMES = ["Statement of Facts", "Stevedores Dashboard", "Stevedores", "Samsung Internet", "sql, edi", "Thandi Nkosi", "Nomsa Dlamini", "name@example.com", "crew@example.com"];
const words = (text) => new Set(text.toLowerCase().match(/\p{L}{3,}/gu));
// Words that no German or Spanish sentence has.
const ENGLISH = /\b(the|of|and|is|are|with|from|has|have|your|this|not|until|than|every)\b/i;

// What is wrong with a page in another language than English, whose texts are english.
async function judge({ name, open }, page, heard, english, language) {
  const wrong = [];
  const note = (what) => wrong.push(`${name} in ${language}: ${what}`);
  if ((await page.getAttribute("html", "lang")) !== language) note("another language in <html lang>");
  for (const text of await left(page, heard)) {
    if ((words(text).size > 1 && english.has(text)) || ENGLISH.test(text)) note(text);
  }
  for (const text of await complaints(page)) note(text);
  // German is the longest.
  for (const width of language === "de" ? [360, 768, 1920] : [360]) {
    await page.setViewportSize({ width, height: width < 700 ? 800 : 1080 });
    await shot(page, `words-${language}-${name}-${width}`, !open);
    await fits(page).catch((error) => note(`${width} px: ${error.message}`));
  }
  return wrong;
}

const left = async (page, heard) => {
  const data = [...new Set([...heard, ...NAMES])].filter((piece) => piece.length > 2).sort((a, b) => b.length - a.length);
  return new Set((await textsOf(page)).map((text) => without(text, data)));
};

test("every page in German and Spanish: nothing is left in English, everything fits and is read out well", async () => {
  const english = {};
  const wrong = [];
  await walk("en", async ({ name }, page, heard) => (english[name] = await left(page, heard)));
  assert.ok(english.users.has("Who can log in, and what each may do"), "the texts are not read");
  for (const language of ["de", "es"]) {
    await walk(language, async (stop, page, heard) => wrong.push(...await judge(stop, page, heard, english[stop.name], language)));
  }
  assert.deepEqual(wrong, []);
});

test("the language is the device's, and where there is none of it, English", async () => {
  for (const [locale, lang, title] of [["de-AT", "de", "Anmelden"], ["es-MX", "es", "Iniciar sesión"], ["fr-FR", "en", "Log in"]]) {
    await withPage({ at: "/login", as: null, locale }, async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), lang);
      assert.equal(await page.locator("h1").textContent(), title);
    });
  }
});

test("who chooses a language before logging in has it afterwards, and may choose another", async () => {
  await withPage({ at: "/login?next=/account", as: null }, async (page) => {
    await Promise.all([page.waitForEvent("load"), page.getByLabel("Language").selectOption("de")]);
    await page.getByLabel("Benutzername").fill(PEOPLE.clerk.username);
    await page.getByLabel("Passwort", { exact: true }).fill(PEOPLE.clerk.password);
    await page.getByRole("button", { name: "Anmelden", exact: true }).click();
    await page.getByRole("heading", { name: "Ihr Konto", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Ihr Konto", level: 1 }).waitFor();
    await page.locator(".user-menu__button").click();
    await Promise.all([page.waitForEvent("load"), page.getByLabel("Sprache").selectOption("es")]);
    await page.getByRole("heading", { name: "Su cuenta", level: 1 }).waitFor();
    assert.equal(await page.getAttribute("html", "lang"), "es");
  });
});

test("what the server refuses is told in the person's language", async () => {
  await withPage({ at: "/account", as: "clerk", locale: "de-DE", allowTroubles: true }, async (page) => {
    await page.getByLabel("Jetziges Passwort", { exact: true }).fill("ganz bestimmt nicht");
    await page.getByLabel("Neues Passwort mindestens 10 Zeichen", { exact: true }).fill("lang genug dafür");
    await page.getByRole("button", { name: "Passwort ändern" }).click();
    await page.getByText("Ist nicht Ihr Passwort").waitFor();
  });
  // With a number in it.
  await withPage({ at: "/admin/users", locale: "es-ES", allowTroubles: true }, async (page) => {
    await page.getByRole("button", { name: "Añadir una persona" }).click();
    await page.getByLabel("Nombre como lo leen los demás").fill("Ana");
    await page.getByLabel("Usuario para iniciar sesión").fill("a");
    await page.getByLabel("Contraseña al menos 10 caracteres").fill("muelle-y-grua");
    await page.getByRole("button", { name: "Añadir", exact: true }).click();
    await page.getByText("Debe tener de 2 a 64 caracteres, tiene 1").waitFor();
  });
});
