// SPDX-License-Identifier: Apache-2.0
// The catalogue as the files have it, for tests.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const web = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");

/** One file's rows: English text → [German, Spanish]. */
export const rowsOf = (name) => new Map(Object.entries(JSON.parse(readFileSync(path.join(web, "words", name), "utf8"))));

export function catalogue() {
  const rows = new Map();
  for (const name of readdirSync(path.join(web, "words")).filter((file) => file.endsWith(".json"))) {
    for (const [key, row] of rowsOf(name)) {
      assert.ok(!rows.has(key), `“${key}” is in ${name} and in another file`);
      rows.set(key, row);
    }
  }
  return rows;
}
