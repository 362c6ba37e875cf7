// SPDX-License-Identifier: Apache-2.0
// What is read out of documents of many kinds, odd ones among them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Papa from "papaparse";
import { dateIn, imoIsValid, wholeNumber } from "../js/manifest-values.js";
import { readManifest } from "../js/manifest-text.js";

const text = (...lines) => readManifest(lines.join("\n").split("\n").map((line, index) => ({ number: index + 1, text: line })));
const csv = (content) => readManifest(Papa.parse(content).data.map((cells, index) => ({ number: index + 1, cells })));
const document = (name) => readFileSync(new URL(`documents/${name}`, import.meta.url), "utf8");
const values = ({ fields }) => Object.fromEntries(fields.map(({ field, value }) => [field, value]));
const doubts = ({ fields, cargo }) => Object.fromEntries([...fields, ...cargo].filter(({ doubt }) => doubt).map(({ field, type, doubt }) => [field ?? type, doubt]));
const counts = ({ cargo }) => Object.fromEntries(cargo.map(({ type, count }) => [type, count]));

test("a stowage plan as CSV", () => {
  const found = csv(document("stowage.csv"));
  assert.deepEqual(values(found), {
    name: "NORDIC HIGHWAY", imo: "9074729", voyage: "123E", line: "Northgate Ro-Ro", eta: "2026-12-04T06:30", etd: "2026-12-05T22:00",
  });
  assert.deepEqual(counts(found), { automobile: 1800, van: 85, truck: 32, heavy_equipment: 14 });
  assert.deepEqual(doubts(found), {});
  assert.equal(found.total, null);
  assert.deepEqual(found.unknown.map(({ number }) => number), [17]);
  assert.deepEqual(found.cargo[0].lines.map(({ number }) => number), [9, 10, 15]);
  assert.equal(found.fields.find(({ field }) => field === "eta").line.text, "ETA  2026-12-04 06:30");
});

test("a manifest as text, in German", () => {
  const found = text(document("manifest.txt"));
  assert.deepEqual(values(found), {
    voyage: "44W", name: "Blauer Anker", imo: "9176187", line: "Blue Anchor Shipping GmbH", eta: "2026-12-07T05:45", etd: "2026-12-08T00:00",
  });
  assert.deepEqual(counts(found), { automobile: 1340, van: 90, truck: 41, container_20: 120, container_40: 88, reefer: 12, heavy_equipment: 3 });
  assert.deepEqual(doubts(found), { etd: "no-time" });
  assert.equal(found.total, null);
});

test("in Spanish", () => {
  const found = text("Buque: Estrella del Sur    Viaje: 7N", "Naviera: Línea Atlántica", "Llegada: 4 de diciembre de 2026 14:30", "Zarpe: 05/12/2026 20:00",
    "Vehículos: 240", "Furgonetas: 12", "Camiones: 9 unidades 120 t", "Carga general 77", "Total: 338");
  assert.deepEqual(values(found), { name: "Estrella del Sur", voyage: "7N", line: "Línea Atlántica", eta: "2026-12-04T14:30", etd: "2026-12-05T20:00" });
  assert.deepEqual(counts(found), { automobile: 240, van: 12, truck: 9, general: 77 });
  assert.deepEqual(doubts(found), { etd: "date-order", automobile: "loose-word" });
});

test("a list of single containers, each a row", () => {
  const found = csv("Container No,ISO type,Weight\nMSKU1234565,22G1,21000\nMSKU1234570,22G1,20000\nTGHU7654321,45G1,18000\nCAIU5555555,45R1,25000\nXXXX,99Z9,1\n");
  assert.deepEqual(counts(found), { container_20: 2, container_40: 1, reefer: 1 });
  assert.deepEqual(found.unknown.map(({ number }) => number), [6]);
});

test("a plan with a column for each cargo", () => {
  const found = csv("Hold;Cars;Vans;Trucks\n1;100;10;\n2;250;;4\nTotal;350;10;4\n".replaceAll(";", ","));
  assert.deepEqual(counts(found), { automobile: 350, van: 10, truck: 4 });
  assert.equal(found.total, null);
});

test("one row for each lot with the ship's name in a column", () => {
  const found = csv("Vessel,IMO,Cargo,Qty\nSkerry,9074729,Cars,10\nSkerry,9074729,Trucks,3\n");
  assert.deepEqual(values(found), { name: "Skerry", imo: "9074729" });
  assert.deepEqual(counts(found), { automobile: 10, truck: 3 });
  assert.equal(doubts(csv("Vessel,IMO,Cargo,Qty\nSkerry,9074729,Cars,10\nCorran,9074729,Trucks,3\n")).name, "several-values");
});

test("a summary beside the rows is not counted twice", () => {
  assert.deepEqual(counts(csv("Cars: 30,,\n,,\nCargo,Deck,Qty\nCars,1,10\nCars,2,20\n")), { automobile: 30 });
  const differing = csv("Cars: 31,,\n,,\nCargo,Deck,Qty\nCars,1,10\nCars,2,20\n");
  assert.deepEqual(counts(differing), { automobile: 30 });
  assert.deepEqual(doubts(differing), { automobile: "says-otherwise" });
});

test("sums count nothing of their own, unless nothing else does", () => {
  assert.deepEqual(counts(text("Cars 10", "Subtotal cars 10", "Cars 5", "Total cars 15")), { automobile: 15 });
  assert.deepEqual(counts(text("Total cars: 15")), { automobile: 15 });
  assert.deepEqual(text("Cars 10", "Vans 5", "Grand total 16").total, { stated: 16, counted: 15 });
});

test("what may be wrong is said", () => {
  assert.deepEqual(doubts(text("IMO 9074728")), { imo: "check-digit" });
  assert.deepEqual(doubts(text("Cars 120 deck 5 240")), { automobile: "several-numbers" });
  assert.deepEqual(doubts(text("12 containers")), { container_20: "loose-word" });
  assert.deepEqual(doubts(text("ETA: 03/04/2026 10:00")), { eta: "date-order" });
  assert.deepEqual(doubts(text("ETA: 23/04/2026 10:00")), {});
});

test("words without a colon", () => {
  assert.deepEqual(values(text("M/V Grey Heron")), { name: "Grey Heron" });
  assert.deepEqual(values(text("mv \"SALTMARSH\"   voy. no: 12")), { name: "SALTMARSH", voyage: "12" });
  assert.deepEqual(values(text("ETA 20-NOV-2026 1400 LT")), { eta: "2026-11-20T14:00" });
  assert.deepEqual(values(text("Vessel: Ember Spirit Voyage: 9 IMO: 9074729 ETD: 2026-11-21T10:00Z")), { name: "Ember Spirit", voyage: "9", imo: "9074729", etd: "2026-11-21T10:00Z" });
});

test("sizes and weights are no numbers of units", () => {
  assert.deepEqual(counts(text("20' containers 120 units 2400 t", "14 x 40ft", "45'HC 3", "20 ft: 7", "Steel coils 88 pcs 1.760,5 t")), { container_20: 127, container_40: 17, breakbulk: 88 });
  assert.deepEqual(counts(text("350 cars", "1 250 PKW", "Cars 1'000")), { automobile: 2600 });
  assert.deepEqual(counts(text("Trailers and trucks: 12.5")), {});
});

test("what says nothing of a call is unknown, and breaks nothing", () => {
  const odd = ["", "   ", ";;;;", "::::", "IMO", "Vessel:", "Vessel", "ETA: tomorrow", "Port of arrival: Durban", "cars", "€ 900", "\u0000\u0007", "😀 900 😀", "-".repeat(5000),
    "Total", "Total:", "(((", "[object Object]", "__proto__: 3", "constructor 7", "0 cars", "999999999999 cars", "ﬁ".repeat(50)];
  const found = text(...odd);
  assert.deepEqual(values(found), {});
  assert.deepEqual(counts(found), {});
  assert.ok(found.unknown.length > 8);
  assert.deepEqual(readManifest([]), { fields: [], cargo: [], total: null, unknown: [] });
});

test("twice the lines take twice the time, up to a bound", () => {
  const spent = (length) => {
    const begun = performance.now();
    assert.equal(text(...Array.from({ length }, (_, index) => `Cars ${index % 7}  deck ${"a b ".repeat(20)}`)).cargo.length, 1);
    return performance.now() - begun;
  };
  spent(500);
  assert.ok(spent(8000) < 40 * spent(1000));
  assert.equal(counts(text(...Array(20000).fill("1 car"))).automobile, 10000);
});

test("dates", () => {
  const at = (line) => dateIn(line)?.at ?? null;
  assert.equal(at("2026-11-20 14:05"), "2026-11-20T14:05");
  assert.equal(at("20.11.26, 14:05 Uhr"), "2026-11-20T14:05");
  assert.equal(at("20 November 2026 at 0600"), "2026-11-20T06:00");
  assert.equal(at("20. Dez. 2026 6.30"), "2026-12-20T06:30");
  assert.equal(at("11/20/2026 06:00"), "2026-11-20T06:00");
  assert.equal(at("30.02.2026"), null);
  assert.equal(at("1234"), null);
  assert.equal(dateIn("2026-11-20 14:05 UTC").utc, true);
  assert.equal(dateIn("2026-11-20 14:05 LT").utc, false);
  assert.equal(dateIn("2026-11-20").doubt, "no-time");
});

test("numbers and IMO numbers", () => {
  assert.deepEqual(["1340", "1,340", "1.340", "1 340", "1.340,00", "900.00", "12.5", "1,34", "", "x", "1234567"].map(wholeNumber),
    [1340, 1340, 1340, 1340, 1340, 900, null, null, null, null, null]);
  assert.deepEqual(["9074729", "9176187", "9074728", "907472", "90747290"].map(imoIsValid), [true, true, false, false, false]);
});
