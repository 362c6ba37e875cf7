// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as form from "../js/form-values.js";

test("amounts are whole minor units, as many digits as the currency has", () => {
  assert.equal(form.minorUnits("25.50", "EUR"), 2550);
  assert.equal(form.minorUnits("25,5", "EUR"), 2550);
  assert.equal(form.minorUnits("0.29", "EUR"), 29);
  assert.equal(form.minorUnits("1500", "JPY"), 1500);
  assert.equal(form.minorUnits("1.234", "KWD"), 1234);
  for (const text of ["", "1.234", "1,000.00", "-1", "1e3", ".5", "x"]) assert.equal(form.minorUnits(text, "EUR"), null, text);
  assert.equal(form.minorUnits("1.5", "JPY"), null);
  assert.equal(form.amountText(2550, "EUR"), "25.50");
  assert.equal(form.amountText(1500, "JPY"), "1500");
});

test("a moment goes into a field of the port's zone and comes back", () => {
  const timeZone = "Africa/Johannesburg";
  assert.equal(form.toText.time("2026-11-30T22:15:00Z", { timeZone }), "2026-12-01T00:15");
  assert.deepEqual(form.fromText.time("2026-12-01T00:15", {}, { timeZone }), { value: "2026-11-30T22:15:00.000Z" });
});

test("what is read, what is refused, and what is not sent", () => {
  const context = { timeZone: "UTC", currency: "EUR" };
  const read = (field, text, creating = false) => form.readField(field, text, context, creating);
  assert.deepEqual(read({ kind: "whole", min: 1, max: 500 }, "12"), { value: 12 });
  for (const text of ["0", "501", "1.5", "-1", "x"]) assert.ok(read({ kind: "whole", min: 1, max: 500 }, text).wrong, text);
  assert.ok(read({ required: true }, "").wrong);
  assert.deepEqual(read({}, ""), { value: null });
  assert.deepEqual(read({}, "", true), {});
  assert.deepEqual(read({ keep: true }, ""), {});
  assert.deepEqual(read({ kind: "words" }, ""), { value: [] });
  assert.deepEqual(read({ kind: "words" }, "Lashing, crane  driver"), { value: ["lashing", "crane driver"] });
  assert.ok(read({ kind: "words" }, "Größe").wrong);
  assert.ok(read({ kind: "email" }, "a b@c").wrong);
  assert.deepEqual(read({ kind: "currency" }, "usd"), { value: "USD" });
  assert.ok(read({ kind: "day" }, "2026-13-01").wrong);
});

test("only what is different is sent; a moment written otherwise is none", () => {
  const row = { title: "a", starts_at: "2026-11-30T10:00:00+00:00", skills: ["x"], notes: null };
  assert.deepEqual(form.changes(row, { title: "a", starts_at: "2026-11-30T10:00:00.000Z", skills: ["x"], notes: null }), {});
  assert.deepEqual(form.changes(row, { title: "b", starts_at: "2026-11-30T11:00:00.000Z", skills: ["y"], notes: null }),
    { title: "b", starts_at: "2026-11-30T11:00:00.000Z", skills: ["y"] });
});

test("who was overtaken sees what is different, and what both changed", () => {
  const before = { title: "a", place: "Shed 1", notes: null };
  assert.deepEqual(form.conflicts(["title", "place", "notes"], before, { title: "b", place: "Shed 2", notes: null }, { title: "c", notes: "n" }),
    [{ name: "title", before: "a", now: "b", mine: "c" }, { name: "place", before: "Shed 1", now: "Shed 2" }]);
  assert.deepEqual(form.conflicts(["title"], before, { title: "c" }, { title: "c" }), [{ name: "title", before: "a", now: "c" }]);
});
