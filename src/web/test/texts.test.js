// SPDX-License-Identifier: Apache-2.0
// The catalogue and the program have the same texts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { catalogue, rowsOf, web } from "./catalogue.js";
import { languageOf } from "../js/language-choice.js";
import { t, tn } from "../js/texts.js";
import { untranslated } from "./untranslated.js";

const STRING = String.raw`"((?:[^"\\]|\\.)*)"`;

// Every text that the program asks for, with the file that does.
function asked() {
  const found = new Map();
  for (const name of readdirSync(path.join(web, "js")).filter((file) => file.endsWith(".js"))) {
    const code = readFileSync(path.join(web, "js", name), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "");
    for (const [, text] of code.matchAll(new RegExp(String.raw`\bt\(\s*${STRING}`, "g"))) found.set(JSON.parse(`"${text}"`), name);
    for (const [, one, other] of code.matchAll(new RegExp(String.raw`\btn\([^"]*?,\s*${STRING},\s*${STRING}`, "g"))) {
      found.set(JSON.parse(`"${one}|${other}"`), name);
    }
  }
  return found;
}

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole);

test("every text of the program has a German and a Spanish one", () => {
  const rows = catalogue();
  const missing = [...asked()].filter(([text]) => !rows.has(text)).map(([text, file]) => `${file}: ${text}`);
  assert.deepEqual(missing, []);
});

test("the catalogue has no text that nobody asks for", () => {
  const texts = asked();
  // What the server says is asked for by what it says: server-words.test.js.
  const servers = rowsOf("server.json");
  assert.deepEqual([...catalogue().keys()].filter((key) => !texts.has(key) && !servers.has(key)), []);
});

test("a translation is there, says the same numbers and names, and as many forms", () => {
  for (const [key, row] of catalogue()) {
    assert.equal(row.length, 2, key);
    for (const text of row) {
      assert.ok(text.trim(), `“${key}” has an empty translation`);
      assert.equal(text.split("|").length, key.split("|").length, `“${key}”: “${text}”`);
      assert.deepEqual([...new Set(holes(text))].sort(), [...new Set(holes(key))].sort(), `“${key}”: “${text}”`);
    }
  }
});

// Names, which are the same everywhere, and what only looks like a text.
const NO_TEXTS = [
  "Stevedores Dashboard", "English", "Deutsch", "Español", "sql, edi",
  "Edge", "Opera", "Samsung Internet", "Firefox", "Chrome", "Safari", "Android", "ChromeOS", "Windows", "Linux",
  "ApiError", "Unreadable", "PasswordException", "QuotaExceededError", "Date", "Vary", "button, a[href], summary, select",
];
// The English there is the server's (server-words.test.js), or what a document may say.
const SERVERS = ["server-words.js", "manifest-words.js"];

test("no text is left in English", () => {
  const left = [];
  for (const name of readdirSync(path.join(web, "js")).filter((file) => file.endsWith(".js") && !SERVERS.includes(file))) {
    for (const { line, text } of untranslated(readFileSync(path.join(web, "js", name), "utf8"))) {
      if (!NO_TEXTS.includes(text)) left.push(`${name}:${line}: ${text}`);
    }
  }
  assert.deepEqual(left, []);
});

test("a text that was left is found, and what isn't one is not", () => {
  const found = (code) => untranslated(code).map(({ text }) => text);
  assert.deepEqual(found('h("p", { class: "panel panel--a" }, "Not sent yet")'), ["Not sent yet"]);
  assert.deepEqual(found('setText(node, `${count(n)} of ${count(m)} moved`)'), ["${count(n)} of ${count(m)} moved"]);
  assert.deepEqual(found('label: t("Berth"), hint: "what it is for", "aria-label": "Actions"'), ["what it is for", "Actions"]);
  assert.deepEqual(found('tn(n, "{n} tally", "{n} tallies"); t("Open#verb"); // "Not a text"'), []);
  assert.deepEqual(found('h("div", { class: `field${wide ? " field--wide" : ""}`, "data-key": `key-${id}` }); api.get(`/api/users?${wanted}`)'), []);
});

test("a text is filled, and what tells two of them apart is not shown", () => {
  assert.equal(t("Berth {name}", { name: "B4" }), "Berth B4");
  assert.equal(t("Berth {name}"), "Berth {name}");
  assert.equal(t("Open#verb"), "Open");
  assert.equal(tn(1, "{n} tally", "{n} tallies"), "1 tally");
  assert.equal(tn(1200, "{n} tally", "{n} tallies"), "1,200 tallies");
});

test("the language is the chosen one, else the device's first that there is", () => {
  assert.equal(languageOf("es", ["de-AT", "en"]), "es");
  assert.equal(languageOf(null, ["fr-FR", "de-AT", "en"]), "de");
  assert.equal(languageOf("fr", ["ES"]), "es");
  assert.equal(languageOf(null, ["zu", "af"]), "en");
});
