// SPDX-License-Identifier: Apache-2.0
// What the server's source says to people: the details of its refusals, and the names of its values and columns.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { cargoWord, plain, roleWord, shiftWord, statusWord, tallyWord, vesselTypeWord } from "../js/words.js";
import { fieldWord } from "../js/field-words.js";
import { web } from "./catalogue.js";

const root = path.join(web, "../..");
const files = (folder, ext) => readdirSync(path.join(root, folder)).filter((name) => name.endsWith(ext)).map((name) => `${folder}/${name}`);
const SOURCES = [...["port", "labour", "delivery"].flatMap((board) => files(`src/boards/${board}`, ".c")), ...files("src/people", ".c")];
const REFUSALS = [...SOURCES, "src/engine/column.c", "src/engine/body.c", "src/engine/row.c", "src/engine/write.c", "src/app/serve.c"];
const PROBLEMS = "src/http/problem.c";
const STRING = String.raw`"((?:[^"\\]|\\.)*)"`;

/** Parts of texts that stand in a hole of another. */
export const PARTS = ["Nothing else", "taken", "given back"];

// What only a program can do wrong, or is put together of a text that is known; and what only the log gets.
const NOT_FOR_PEOPLE = [
  "%s", "is missing", "is not well-formed UTF-8", "is not valid JSON: %s at byte %zu", "must be %s", "has a NUL character", "has a NUL character in a name",
  "must be a JSON object", "is not known", "can't be set here", "has nothing to change", "must be an object such as {\"%s\": 10}", "has no '%s'; it can have %s",
  "must be an array of up to %lld words such as [\"crane\"]", "must be an array of words", "must be a UUID", "can't be set", "there is no '%s'", "names '%s' twice",
  "must be the row's ETag, as it came", "is not a parameter of this resource", "This key was used for another method, address or body.", "Use a new key for each.",
  "The Allow header lists what is.", "Send application/json.", "Send fewer or shorter headers.", "Shorten the path or the query.", "must be from -2^52 to 2^52",
  "must be two days, such as 2026-12-01/2026-12-14", "payments are never removed: let them fail, or refund them",
  "tallies are never changed or removed; void them instead",
];

function* matches(file, pattern) {
  const code = readFileSync(path.join(root, file), "utf8").replace(/"\s*\n\s*"/g, "");
  for (const found of code.matchAll(new RegExp(pattern, "g"))) {
    yield { at: `${file}:${code.slice(0, found.index).split("\n").length}`, text: JSON.parse(`"${found[1]}"`) };
  }
}

/** [{text, at}]: what stands in a problem's detail, with printf's or PL/pgSQL's places. */
export function heard() {
  const found = [];
  for (const file of REFUSALS) {
    found.push(...matches(file, String.raw`OUT_(?:INVALID|CONFLICT),\s*${STRING}\},`));              // struct constraint
    found.push(...matches(file, String.raw`error_field\([^;"]*?(?:"[\w-]+",\s*|->name,\s*|->constraint,\s*|\bname,\s*|\bfield,\s*)${STRING}`));
    found.push(...matches(file, String.raw`error_set\([^;"]*?${STRING}`));
    found.push(...matches(file, String.raw`\*why = ${STRING};`));
  }
  found.push(...matches(PROBLEMS, String.raw`\[OUT_(?!OK|NOT_MODIFIED)\w+\] = \{\d+, "[^"]*", "[^"]*",\s*${STRING}\}`));
  for (const file of files("schema", ".sql")) {
    for (const { at, text } of matches(file, String.raw`RAISE EXCEPTION '((?:[^']|'')*)'`)) found.push({ at, text });
  }
  return found.filter(({ text }) => !NOT_FOR_PEOPLE.includes(text));
}

const WORDS = {
  port_vessel_types: vesselTypeWord, port_vessel_statuses: statusWord, port_cargo_types: cargoWord, port_tally_types: tallyWord, port_shifts: shiftWord,
  role_choices: roleWord,
};

/** [{text, at}]: values that a column can have and names of columns, in the words that the pages have for them. */
export function named() {
  const found = [];
  for (const file of [...SOURCES, "src/auth/role.c"]) {
    const code = readFileSync(path.join(root, file), "utf8");
    for (const [, name, values] of code.matchAll(/\bconst char \*const (\w+)\[\] = \{([^}]*), +NULL\}/g)) {
      for (const [, value] of values.matchAll(/"(\w+)"/g)) found.push({ at: `${file}: ${name}`, text: (WORDS[name] ?? plain)(value) });
    }
    if (/\/(dashboard|legacy)\.c$/.test(file)) continue;
    for (const [, name] of code.matchAll(/^ {4}\{"(\w+)", COL_[A-Z]+,/gm)) found.push({ at: file, text: fieldWord(name) });
  }
  return found;
}
