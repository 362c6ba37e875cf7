// SPDX-License-Identifier: Apache-2.0
// Each scheme's colours can be told apart, as the tokens stand in the style sheet.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CHOICES, choice, inForce } from "../js/theme-choice.js";

const css = readFileSync(new URL("../css/tokens.css", import.meta.url), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");

// The tokens that hold on the root with these attributes, as the cascade has them: more attributes win, then what is later.
function tokens(attributes) {
  const rules = [...css.matchAll(/:root((?:\[data-\w+="\w+"\])*)\s*\{([^}]*)\}/g)].map(([, asked, body]) => ({
    asked: [...asked.matchAll(/\[data-(\w+)="(\w+)"\]/g)].map(([, name, value]) => [name, value]),
    body: Object.fromEntries([...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value])),
  }));
  return Object.assign({}, ...rules.filter(({ asked }) => asked.every(([name, value]) => attributes[name] === value))
    .sort((a, b) => a.asked.length - b.asked.length).map(({ body }) => body));
}

// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

// [what is read, on which grounds]
const TEXT = [
  ["text", ["ground", "surface", "surface-sunken", "water", "calm-ground"]],
  ["text-muted", ["ground", "surface", "surface-sunken", "water", "calm-ground"]],
  ["accent", ["ground", "surface", "surface-sunken"]],
  ["accent-strong", ["ground", "surface"]],
  ["on-accent", ["accent"]],
  ["on-action", ["action", "action-strong"]],
  ["good", ["surface", "good-ground"]],
  ["warn", ["surface", "warn-ground"]],
  ["bad", ["surface", "bad-ground"]],
  ["ink-text", ["ink", "badge"]],
  ["ink-muted", ["ink"]],
];
const SHAPES = [["line-control", ["surface"]], ["loaded", ["surface", "track"]], ["discharged", ["surface"]], ["damaged", ["surface"]], ["pace", ["surface", "track"]]];

for (const theme of ["light", "dark"]) {
  for (const [contrast, text, shapes] of [["standard", 4.5, 3], ["more", 7, 4.5]]) {
    test(`${theme}, contrast ${contrast}: text is at ${text} : 1 on every ground it stands on, shapes at ${shapes} : 1`, () => {
      const scheme = tokens({ theme, contrast });
      const bad = [];
      for (const [pairs, least] of [[TEXT, text], [SHAPES, shapes]]) {
        for (const [name, grounds] of pairs) {
          for (const ground of grounds) {
            const found = ratio(scheme[`--${name}`], scheme[`--${ground}`]);
            if (!(found >= least)) bad.push(`${name} on ${ground}: ${found.toFixed(2)}`);
          }
        }
      }
      assert.deepEqual(bad, []);
    });
  }
}

test("black on white is 21 : 1", () => assert.equal(ratio("#000000", "#ffffff"), 21));

test("what was chosen holds, else what the device asks for", () => {
  const { theme, contrast } = CHOICES;
  assert.deepEqual(["dark", "more", null, "nonsense"].map((stored) => choice(theme, stored)), ["dark", "auto", "auto", "auto"]);
  assert.equal(inForce(theme, "auto", true), "dark");
  assert.equal(inForce(theme, "auto", false), "light");
  assert.equal(inForce(contrast, "standard", true), "standard");
  assert.equal(inForce(contrast, "auto", true), "more");
  assert.equal(inForce(contrast, "more", false), "more");
});
