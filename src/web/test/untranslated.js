// SPDX-License-Identifier: Apache-2.0
// Finds what looks like a text for people outside of t() and tn(). A guess, on the careful side: literals that begin like a
// sentence or have two words in them, where they aren't plainly something else.
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"`;

// What the value of these is, nobody reads.
const NAMES = /(?:\b(?:class|type|role|accept|autocomplete|sort|fields|d|viewBox|font|weekday|method|hourCycle|lang)|"(?:aria-controls|aria-live|http-equiv)")\s*[:=]\s*(?:[^,;{}]*\?\s*|[^,;{}]*:\s*)?$/;
const CALLS = /\b(?:getElementById|querySelector(?:All)?|addEventListener|closest|matchMedia|matches|getPropertyValue|import|from|get|Intl\.\w+|append|removeAttribute|toggleAttribute|setAttribute|RegExp|startsWith|split|join|replaceAll|replace|includes|set|svg|icon)\(\s*$/;

// Keys of a keyboard and headers of HTTP.
const NO_WORDS = /^(Arrow(Up|Down|Left|Right)|Page(Up|Down)|Home|End|Enter|Escape|Tab|Backspace|Delete|Accept|[A-Z][a-z]+(-[A-Z][a-z]+)+)$/;

/** [{line, text}] of what stands in code and looks like a text. */
export function untranslated(code) {
  const blank = (text) => text.replace(/[^\n]/g, " ");
  const bare = code
    .replace(/^\s*(\/\/|\/?\*).*$/gm, blank)
    .replace(/(?<=[;,{}()\s])\/\/ .*$/gm, blank)
    .replace(/^(import|export) .*\bfrom ".*$/gm, blank)
    .replace(new RegExp(String.raw`\btn\([^"\x60]*?,\s*${STRING},\s*${STRING}`, "g"), blank)
    .replace(new RegExp(String.raw`\bt\(\s*${STRING}`, "g"), blank);
  const found = [];
  for (const literal of bare.matchAll(new RegExp(String.raw`${STRING}|\x60(?:[^\x60\\]|\\.)*\x60`, "g"))) {
    const before = bare.slice(Math.max(0, literal.index - 80), literal.index);
    const text = literal[0].slice(1, -1).replace(/\$\{[^}]*\}/g, "\u0000");
    if (looksLikeText(text) && !NO_WORDS.test(text) && !NAMES.test(before) && !CALLS.test(before)) found.push({ line: bare.slice(0, literal.index).split("\n").length, text: literal[0].slice(1, -1) });
  }
  return found;
}

const looksLikeText = (text) => /^\p{Lu}\p{Ll}/u.test(text) || /(?:^|[^\p{L}_$-])\p{L}{2,}[,;:]? \p{L}/u.test(text) || /\p{L}{2,}[,;:]? \u0000|\u0000[,;:]? \p{L}{2,}/u.test(text);
