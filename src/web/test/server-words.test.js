// SPDX-License-Identifier: Apache-2.0
// What the server says to people, read out of its source, has a German and a Spanish text: a new constraint without one fails here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../js/api.js";
import { inWords, PATTERNS } from "../js/server-words.js";
import { catalogue, rowsOf } from "./catalogue.js";
import { heard, named, PARTS } from "./server-source.js";

// printf's and PL/pgSQL's places and our holes are the same.
const shape = (text) => text.replace(/%(lld|zu|d|s)|%|\{\w+\}/g, "*").replaceAll("''", "'");

test("every text that the server has for people is in the catalogue", () => {
  const known = new Set([...catalogue().keys()].map(shape));
  assert.deepEqual(heard().filter(({ text }) => !known.has(shape(text))).map(({ text, at }) => `${at}: ${text}`), []);
});

test("every value and every column of the API has a word", () => {
  const known = catalogue();
  assert.deepEqual(named().filter(({ text }) => !known.has(text)).map(({ text, at }) => `${at}: ${text}`), []);
});

test("the server still says what is translated", () => {
  const said = new Set([...heard(), ...named()].map(({ text }) => shape(text)).concat(PARTS));
  assert.deepEqual([...rowsOf("server.json").keys()].filter((key) => !said.has(shape(key))), []);
});

test("a text with something in it is recognised, and there is one for each that has holes", () => {
  const patterns = PATTERNS.map(({ text }) => text);
  assert.deepEqual([...rowsOf("server.json").keys()].filter((key) => key.includes("{") && !patterns.includes(key)), []);
  for (const { text } of PATTERNS) {
    // Each pattern is the one that its own text finds, not one further up that fits it, too.
    const sample = text.replace(/\{(\w+)\}/g, "7");
    assert.equal(PATTERNS.find(({ pattern }) => pattern.test(sample)).text, text);
  }
});

test("values inside a text have their own words, and what nobody knows is shown as it came", () => {
  assert.equal(inWords("the vessel is operations_complete; tallies are taken while it is operations_active"), "the vessel is Complete; tallies are taken while it is operations_active");
  assert.equal(inWords("a vessel that is expected cannot become departed; it can become arrived or berthed"), "a vessel that is Expected cannot become Departed; it can become At anchorage, Berthed");
  assert.equal(inWords("must be a whole number from 1 to 10000"), "must be a whole number from 1 to 10000");
  assert.equal(inWords("is $& odd {x} #1"), "is $& odd {x} #1");
  assert.equal(inWords("toString"), "toString");
});

test("a refusal names the field as the page does", () => {
  const refused = new ApiError(409, { detail: "vessel_id: there is no such vessel", errors: [{ field: "vessel_id", detail: "there is no such vessel" }] });
  assert.equal(refused.message, "Vessel: there is no such vessel");
  assert.deepEqual(refused.fields, [{ field: "vessel_id", detail: "there is no such vessel" }]);
  assert.equal(new ApiError(404, { detail: "There is nothing under this id." }).message, "There is nothing under this id.");
  assert.equal(new ApiError(502).message, "The server answered 502");
  assert.equal(new ApiError(0).message, "No answer from the server");
});
