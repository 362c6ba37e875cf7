// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeMeans, createScanner, GAP } from "../js/scanner.js";
import { decisionFor, questions } from "../js/outbox-words.js";
import { movedHere, pace, PAUSE, rate, readSheet, scannedBefore, sittingSince, voidedByOthers } from "../js/sheet-model.js";

const NOON = Date.parse("2026-11-26T12:00:00Z");
const MINUTE = 60000;
let serial = 0;
const tally = (id, { at = NOON, state = "waiting", cargo = "van", count = 1, vesselId = "12", type = "loaded", note, ...more } = {}) => ({
  id, kind: "tally", vesselId, state, order: (serial += 1), of: null, madeAt: new Date(at).toISOString(), body: { id, tally_type: type, cargo_type: cargo, count, note }, ...more });
const voiding = (id, of, what, more = {}) => ({ id, kind: "void", vesselId: "12", of, what, state: "waiting", order: (serial += 1), madeAt: new Date(NOON).toISOString(), body: { id }, ...more });
const what = { tally_type: "loaded", cargo_type: "van", count: 1 };

function type(scanner, text, pause, from = 1000) {
  let at = from;
  let result = {};
  for (const key of [...text].map((character) => (character === "\n" ? "Enter" : character))) result = scanner.feed(key, (at += pause));
  return { result, at };
}

test("a scanner's code is told from a person's keys by its speed", () => {
  assert.deepEqual(type(createScanner(), "MSCU7654321\n", 5).result, { code: "MSCU7654321" });
  assert.deepEqual(type(createScanner(), "12\n", 5).result, { before: "12" });
  assert.deepEqual(type(createScanner(), "123456\n", GAP + 1).result, { before: "6" });
  const scanner = createScanner();
  let { at } = type(scanner, "3", 5);
  assert.equal(scanner.due(at + GAP / 2), "");
  assert.equal(scanner.due(at + GAP), "3");
  assert.equal(scanner.due(at + GAP), "");
  // Two quick presses are both a person's; half a code is nobody's.
  ({ at } = type(scanner, "++", 60, 5000));
  assert.equal(scanner.due(at + GAP), "++");
  ({ at } = type(scanner, "MSCU", 5, 9000));
  assert.ok(scanner.typing(at));
  assert.equal(scanner.due(at + GAP), "");
  // What a person pressed before is not part of the code.
  type(scanner, "2", 5, 20000);
  assert.deepEqual(type(scanner, "VIN-1\n", 5, 21000).result, { code: "VIN-1" });
  scanner.feed("Shift", 30000);
  assert.deepEqual(type(scanner, "AB-C\n", 5, 30000).result, { code: "AB-C" });
});

test("a code names a cargo, or a unit, or says nothing", () => {
  const names = [["automobile", "Cars"], ["container_20", "Containers 20 ft"]];
  assert.deepEqual(codeMeans("CARS", names), { cargo: "automobile" });
  assert.deepEqual(codeMeans("container-20", names), { cargo: "container_20" });
  assert.deepEqual(codeMeans("containers 20 FT", names), { cargo: "container_20" });
  assert.deepEqual(codeMeans("mscu 7654321", names), { unit: "MSCU 7654321" });
  for (const bad of ["", "A", "***", "x".repeat(51), "<b>hi</b>"]) assert.equal(codeMeans(bad, names), null, bad);
});

test("a sheet counts what waits and what is stored, without what was taken back or refused", () => {
  const entries = [tally("a"), tally("b", { count: 5, cargo: "truck" }), tally("r", { state: "refused" }), tally("u"), voiding("vu", "u", what), tally("x", { vesselId: "13" })];
  const sent = [tally("s", { state: "sent" }), tally("old", { at: NOON - 9 * 60 * MINUTE, state: "sent" }), tally("t", { state: "sent" }), voiding("vt", "t", what, { state: "sent" })];
  const sheet = readSheet({ entries, sent, vesselId: "12", since: NOON - MINUTE });
  assert.deepEqual(Object.fromEntries(sheet.counts), { van: 2, truck: 5 });
  assert.equal(sheet.total, 7);
  assert.deepEqual(Object.fromEntries(sheet.lines.map(({ entry, state }) => [entry.id, state])), { a: "waiting", b: "waiting", r: "refused", u: "undone", s: "stored", t: "undone" });
  assert.deepEqual([sheet.waiting, sheet.refused], [4, 1]);
  // The server has s, and not yet a, b; u and its void are even.
  assert.deepEqual([movedHere(sheet.here, "van"), movedHere(sheet.here, "truck")], [1, 5]);
});

test("what somebody else voided is not counted", () => {
  const { lines, total } = readSheet({ entries: [], sent: [tally("a", { voided: true }), tally("b")], vesselId: "12", since: 0 });
  assert.deepEqual([total, ...lines.map(({ entry, state }) => `${entry.id} ${state}`)], [1, "b stored", "a voided"]);
});

test("a refused void leaves the tally counted; a void of a refused tally waits with it", () => {
  const sheet = readSheet({ entries: [voiding("v", "s", what, { state: "refused" }), tally("r", { state: "refused" }), voiding("vr", "r", what)], sent: [tally("s")], vesselId: "12", since: 0 });
  assert.equal(sheet.total, 1);
  assert.deepEqual([sheet.waiting, sheet.refused], [0, 2]);
  assert.equal(movedHere(sheet.here, "van"), 0);
});

test("a sitting goes on after a reload, and begins anew after a long pause", () => {
  assert.equal(sittingSince(NaN, [], NOON), NOON);
  assert.equal(sittingSince(NOON - MINUTE, [], NOON), NOON - MINUTE);
  assert.equal(sittingSince(NOON - 2 * PAUSE, [tally("a", { at: NOON - MINUTE })], NOON), NOON - 2 * PAUSE);
  assert.equal(sittingSince(NOON - 2 * PAUSE, [tally("a", { at: NOON - PAUSE - MINUTE })], NOON), NOON);
  assert.equal(sittingSince(NOON + MINUTE, [], NOON), NOON);
});

test("rates are per hour over the window, and not wild in the first minutes", () => {
  const lines = (rows) => rows.map(([minutes, count, state = "stored"]) => ({ entry: tally("x", { at: NOON - minutes * MINUTE, count }), state }));
  assert.equal(rate([], 15, NOON), null);
  assert.equal(rate(lines([[0, 1]]), 15, NOON), 12);
  assert.equal(rate(lines([[50, 30], [10, 10], [5, 5], [1, 9, "undone"]]), 15, NOON), 60);
  assert.equal(rate(lines([[90, 500], [50, 30], [10, 15]]), 60, NOON), 45);
});

test("the pace is what is left over the hours to the ETD", () => {
  const vessel = { capacity_total: 500, etd: new Date(NOON + 4 * 60 * MINUTE).toISOString() };
  assert.deepEqual(pace(vessel, 300, NOON), { left: 200, perHour: 50 });
  assert.deepEqual(pace({ ...vessel, etd: null }, 300, NOON), { left: 200, perHour: null });
  assert.deepEqual(pace({ ...vessel, etd: new Date(NOON - 1).toISOString() }, 501, NOON), { left: 0, perHour: null });
  assert.equal(pace({ capacity_total: 0 }, 3, NOON), null);
});

test("a unit that was scanned before is found, unless it was taken back", () => {
  const sheet = readSheet({ entries: [tally("a", { note: "X1" }), tally("b", { note: "X2" }), voiding("v", "b", what)], sent: [], vesselId: "12", since: 0 });
  assert.equal(scannedBefore(sheet.lines, "X1").entry.id, "a");
  assert.equal(scannedBefore(sheet.lines, "X2"), null);
});

test("what somebody else voided is told once, and never one's own voids", () => {
  const sent = [tally("a"), tally("b"), tally("c", { told: true }), tally("d")];
  const rows = [{ id: "va", voids: "a", voided_by: null, tallied_by: "Sipho" }, { id: "a", voided_by: "va" }, { id: "b", voided_by: "mine" }, { id: "c", voided_by: "vc" }, { id: "d", voided_by: null }, { id: "other", voided_by: "vo" }];
  const found = voidedByOthers(rows, sent, new Set(["mine"]));
  assert.deepEqual(found.map(({ entry, voiding: row }) => [entry.id, row.tallied_by]), [["a", "Sipho"]]);
});

test("each refusal has its words and what can be decided", () => {
  const of = (kind, status, errors = []) => decisionFor({ kind, problem: { status, detail: "d", errors } });
  assert.deepEqual(of("tally", 409, [{ field: "vessel_id", detail: "x" }]).offers, ["again", "drop"]);
  assert.deepEqual(of("tally", 409, [{ field: "id", detail: "x" }]).offers, ["correct", "drop"]);
  assert.deepEqual(of("tally", 400, [{ field: "count", detail: "is not a number" }]), { why: "Something about it is wrong. Correct it, and it is sent anew.", detail: "Count: is not a number", offers: ["correct", "drop"] });
  assert.deepEqual(of("tally", 403).offers, ["again", "drop"]);
  assert.deepEqual(of("void", 409).offers, ["drop"]);
  assert.deepEqual(of("void", 403).offers, ["again", "drop"]);
  assert.deepEqual(of("void", 404).offers, ["again", "drop"]);
  for (const kind of ["tally", "void"]) for (const status of [400, 403, 404, 409, 410, 413, 422]) assert.ok(of(kind, status).offers.includes("drop"));
});

test("entries that were refused for one reason are one question", () => {
  const closed = { status: 409, errors: [{ field: "vessel_id", detail: "closed" }] };
  const rows = [tally("a", { state: "refused", problem: closed }), tally("b", { state: "refused", problem: closed }), tally("c"), tally("d", { state: "refused", problem: { status: 403 } }), tally("e", { state: "refused", problem: closed, vesselId: "13" })];
  assert.deepEqual(questions(rows).map(({ entries }) => entries.map(({ id }) => id)), [["a", "b"], ["d"], ["e"]]);
});
