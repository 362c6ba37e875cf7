// SPDX-License-Identifier: Apache-2.0
// The wizard's values, the plan's hours, and the report's rows, without their pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, changedMembers, emptyValues, problems, stepNumber, stepOf, stepsWith, totalUnits, valuesOf } from "../js/wizard-state.js";
import { chartItems, csvOfShift, events, shiftOfRemark } from "../js/report-rows.js";
import { neededRate, plannedPart, workedTimes } from "../js/operation-plan.js";
import { shiftTimes } from "../js/shift.js";
import { momentIn, wallClock } from "../js/zone.js";

const ZONE = "Europe/Berlin";
const STARTS = ["06:00", "14:00", "22:00"];
const full = () => ({ ...emptyValues(), name: " Skerry ", imo: "9074729", vessel_type: "roro", eta: "2026-07-01T06:00", etd: "2026-07-02T22:00", cargo: { automobile: "120", van: "", truck: "0" }, gangs: "2" });
const ALL = ["morning", "afternoon", "night"];
const hoursOf = (plan) => workedTimes({ shifts: ALL, breaks: {}, starts: STARTS, timeZone: ZONE, ...plan }).reduce((sum, [from, to]) => sum + to - from, 0) / 3600000;

test("what is wrong is told at its field", () => {
  assert.deepEqual(Object.keys(problems(emptyValues(), ZONE)), ["name", "vessel_type"]);
  assert.deepEqual(problems(full(), ZONE), {});
  const wrong = (change) => Object.keys(problems({ ...full(), ...change }, ZONE));
  assert.deepEqual(wrong({ imo: "9074728" }), ["imo"]);
  assert.deepEqual(wrong({ imo: "907472" }), ["imo"]);
  assert.deepEqual(wrong({ etd: "2026-07-01T06:00" }), ["etd"]);
  assert.deepEqual(wrong({ eta: "2026-07-01" }), ["eta"]);
  assert.deepEqual(wrong({ cargo: { van: "1.5", truck: "1000000", automobile: "-1" } }), ["cargo.van", "cargo.truck", "cargo.automobile"]);
  assert.deepEqual(wrong({ gangs: "101", drivers: "x" }), ["gangs", "drivers"]);
  assert.deepEqual(wrong({ shifts: [] }), ["shifts"]);
  for (const breaks of [[{ at: "10:10", minutes: "15" }], [{ at: "10:00", minutes: "0" }], [{ at: "10:00", minutes: "181" }], [{ at: "10:00", minutes: "5" }, { at: "10:00", minutes: "6" }], [{ at: "", minutes: "5" }]]) {
    assert.deepEqual(wrong({ breaks }), ["breaks"]);
  }
  assert.deepEqual(problems(emptyValues(), ZONE, ["cargo"]), {});
  assert.deepEqual([...stepsWith({ "cargo.van": "x", imo: "x", nothing: "x" })], ["cargo", "vessel", "review"]);
  assert.equal(stepOf("breaks"), "operation");
});

test("what was typed and what the server takes, there and back", () => {
  const values = { ...full(), shifts: ["night", "morning"], breaks: [{ at: "10:00", minutes: "15" }], notes: " wet " };
  const body = bodyOf(values, ZONE);
  assert.deepEqual(body, {
    name: "Skerry", imo: "9074729", vessel_type: "roro", line: null, berth: null, eta: "2026-07-01T04:00:00.000Z", etd: "2026-07-02T20:00:00.000Z",
    cargo_capacity: { automobile: 120 }, gangs: 2, drivers: 0, vans: 0, wagons: 0, shifts: ["morning", "night"], breaks: { "10:00": 15 }, notes: "wet",
  });
  assert.deepEqual(bodyOf(valuesOf(body, ZONE), ZONE), body);
  assert.deepEqual(changedMembers(body, bodyOf({ ...values, gangs: "3", cargo: { automobile: "120" } }, ZONE)), { gangs: 3 });
  assert.deepEqual(changedMembers({ breaks: { "02:00": 1, "10:00": 2 } }, { breaks: { "10:00": 2, "02:00": 1 } }), {});
  assert.equal(totalUnits({ cargo: { van: "7", truck: "x", automobile: "" } }), 7);
});

test("the step of an address", () => {
  assert.deepEqual(["1", "4", "5", "0", "", null, "2x", "constructor"].map(stepNumber), [1, 4, 1, 1, 1, 1, 1, 1]);
});

test("a moment as the port's clock shows it", () => {
  for (const at of ["2026-07-01T06:30", "2026-12-31T23:59", "2026-03-29T03:30"]) assert.equal(wallClock(ZONE, momentIn(ZONE, at)), at);
  assert.equal(wallClock(ZONE, null), "");
});

test("the hours that can be worked", () => {
  const span = (from, to) => ({ from: momentIn(ZONE, from), to: momentIn(ZONE, to) });
  const day = span("2026-07-01T00:00", "2026-07-02T00:00");
  assert.equal(hoursOf(day), 24);
  assert.equal(hoursOf({ ...day, shifts: ["night"] }), 8);
  assert.equal(hoursOf({ ...day, breaks: { "10:00": 30, "23:45": 30, "10:15": 30 } }), 22.75);
  assert.equal(hoursOf({ ...day, shifts: ["morning"], breaks: { "05:45": 30, "20:00": 60 } }), 7.75);
  assert.equal(hoursOf(span("2026-10-25T00:00", "2026-10-26T00:00")), 25);
  assert.equal(hoursOf({ ...span("2026-03-28T22:00", "2026-03-29T06:00"), shifts: ["night"] }), 7);
  assert.equal(hoursOf(span("2026-07-02T00:00", "2026-07-01T00:00")), 0);
  assert.equal(hoursOf(span("2026-01-01T00:00", "2029-01-01T00:00")), 0);
  assert.equal(hoursOf({ from: null, to: undefined }), 0);
  assert.deepEqual(shiftTimes(STARTS), [["morning", "06:00", "14:00"], ["afternoon", "14:00", "22:00"], ["night", "22:00", "06:00"]]);
  assert.deepEqual(shiftTimes(["07:00", "19:00"]), [["morning", "07:00", "19:00"], ["afternoon", "19:00", "07:00"]]);
});

test("the rate that is needed, and how far the plan is", () => {
  const times = [[0, 3600000], [7200000, 10800000]];
  assert.deepEqual(neededRate({ times, units: 100, gangs: 2 }), { hours: 2, perHour: 50, perGang: 25 });
  assert.deepEqual(neededRate({ times: [], units: 100, gangs: 0 }), { hours: 0, perHour: null, perGang: null });
  assert.deepEqual([0, 1800000, 5000000, 9000000, 99999999].map((at) => plannedPart(times, at)), [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(plannedPart([], 5), null);
});

test("events stand in their order, and what has not been is left out", () => {
  const vessel = { eta: "2026-07-01T06:00:00Z", arrived_at: "2026-07-01T05:00:00Z", etd: null, berthed_at: null };
  assert.deepEqual(events({ vessel, shifts: [{ first_tally_at: "2026-07-01T07:00:00Z", last_tally_at: "2026-07-01T08:00:00Z" }] }).map(([name]) => name), ["arrived_at", "eta", "first_tally_at", "last_tally_at"]);
});

test("a remark belongs to the shift that was named, if that is beside", () => {
  const at = (hour) => `2026-07-01T${String(hour).padStart(2, "0")}:00:00Z`;
  const shifts = [{ shift: "morning", began_at: at(6), ended_at: at(14) }, { shift: "afternoon", began_at: at(14), ended_at: at(22) }];
  const of = (tallied, shift) => shiftOfRemark({ tallied_at: at(tallied), shift }, shifts)?.shift ?? null;
  assert.deepEqual([of(13, null), of(14, null), of(14, "morning"), of(13, "afternoon"), of(14, "night"), of(23, null), of(23, "afternoon")],
    ["morning", "afternoon", "morning", "afternoon", "afternoon", null, "afternoon"]);
});

test("the CSV of one shift", () => {
  const csv = "day,shift,began_at\r\n2026-07-01,night,2026-07-01T20:00:00Z,x\r\n2026-07-02,night,2026-07-02T20:00:00Z,y\r\n";
  assert.equal(csvOfShift(csv, { day: "2026-07-02", began_at: "2026-07-02T20:00:00+00:00" }), "day,shift,began_at\r\n2026-07-02,night,2026-07-02T20:00:00Z,y\r\n");
});

test("the chart runs from the work's beginning to the ETD, and knows nothing of what is to come", () => {
  const vessel = { operations_started_at: "2026-07-01T06:00:00Z", etd: "2026-07-01T10:00:00Z", capacity_total: 100, shifts: ALL, breaks: {} };
  const hours = [{ hour: "2026-07-01T06:00:00+00:00", loaded: 10, discharged: 5, damaged: 1 }, { hour: "2026-07-01T08:00:00+00:00", loaded: 7, discharged: 0, damaged: 0 }];
  const items = chartItems({ vessel, hours }, { shift_starts: STARTS, timezone: "UTC" }, Date.parse("2026-07-01T08:30:00Z"));
  assert.deepEqual(items.map(({ hour, moved, planned }) => [hour.slice(11, 13), moved, planned]), [["06", 15, 25], ["07", 15, 50], ["08", 22, 75], ["09", null, 100]]);
  assert.deepEqual(chartItems({ vessel: { ...vessel, etd: null }, hours: [] }, { shift_starts: STARTS, timezone: "UTC" }, 0), []);
  const long = chartItems({ vessel, hours: [{ ...hours[0], hour: "2025-01-01T00:00:00Z" }, ...hours] }, { shift_starts: STARTS, timezone: "UTC" }, Date.parse("2026-07-01T08:30:00Z"));
  assert.equal(long.length, 240);
  assert.equal(long.at(-2).moved, 37);
});
