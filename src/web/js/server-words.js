// SPDX-License-Identifier: Apache-2.0
// What the server says of a refusal, in the language of the page. Its texts are English, and keys of the catalogue like our
// own (words/server.json, which test/server-words.test.js compares with the server's source). What nobody has translated is
// shown as it came.
import { statusWord } from "./words.js";
import { t, word } from "./texts.js";

// Texts with something in them. A {state} is a value of the API, which has a word of its own, and {states} several of them.
export const PATTERNS = [
  "the vessel is {state}; tallies are taken while it is operations_active",
  "a vessel that is {state} cannot become {to}; it can become {states}",
  "{state} cannot become {to}; it can become {states}",
  "{state} becomes {to} by itself, when the last place is {how}",
  "the job is {state}, and stays as it was",
  "the job is {state}",
  "the project is {state}",
  "there are contracts in {currency} already",
  "contracts of this job are still offered, accepted or active: {count}",
  "people are at work: contracts of this job that are active: {count}",
  "must be within the job, which is from {from} to {until}",
  "must be before ends_at, which is {end}",
  "must be the job's, which is {currency}",
  "must be the contract's, which is {currency}",
  "{minutes} minutes were worked, which would be more than half as long again",
  "would make {earned} earned, and payments of {paid} were made out",
  "would make {paid} of payments, and the contract earned {earned}",
  "cannot be completed while {count} of its backlog items are open",
  "on {day} this would come to {share} percent of the time of somebody who has {capacity}",
  "must have {least} to {most} characters, has {has}",
  "must have at least {least} characters",
  "must be a whole number from {least} to {most}",
  "{state} must be a whole number from 0 to {most}",
  "must be one of {states}",
  "a word {why}, and have {most} characters at most",
  "has '{word}' twice",
  "is above your own, which is {state}",
  "is refused by a rule of {what}",
  "There were too many attempts for this account; wait {seconds} s.",
  "Wait {seconds} s.",
].map((text) => ({ text, pattern: new RegExp(`^${text.replace(/[.*+?^$()[\]|\\/-]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`) }));

const INSIDE = { state: statusWord, to: statusWord, states: (text) => text.split(/ or |, /).map(statusWord).join(", "), how: word, why: inWords };

export function inWords(said) {
  for (const { text, pattern } of PATTERNS) {
    const found = pattern.exec(said);
    if (!found) continue;
    return t(text, Object.fromEntries(Object.entries(found.groups).map(([name, value]) => [name, INSIDE[name]?.(value) ?? value])));
  }
  return word(said);
}
