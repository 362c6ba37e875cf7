// SPDX-License-Identifier: Apache-2.0
// The catalogue and the program have the same texts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { languageOf } from "../js/language-choice.js";
import { t, tn } from "../js/texts.js";

const web = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
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

function catalogue() {
  const rows = new Map();
  for (const name of readdirSync(path.join(web, "words")).filter((file) => file.endsWith(".json"))) {
    const table = JSON.parse(readFileSync(path.join(web, "words", name), "utf8"));
    for (const [key, row] of Object.entries(table)) {
      assert.ok(!rows.has(key), `“${key}” is in ${name} and in another file`);
      rows.set(key, row);
    }
  }
  return rows;
}

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole);

test("every text of the program has a German and a Spanish one", () => {
  const rows = catalogue();
  const missing = [...asked()].filter(([text]) => !rows.has(text)).map(([text, file]) => `${file}: ${text}`);
  assert.deepEqual(missing, []);
});

test("the catalogue has no text that nobody asks for", () => {
  const texts = asked();
  assert.deepEqual([...catalogue().keys()].filter((key) => !texts.has(key)), []);
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
