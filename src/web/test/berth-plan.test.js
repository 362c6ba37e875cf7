// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { across, merged, planRows, stay, windowOf } from "../js/berth-plan.js";

const now = Date.parse("2026-11-20T12:00:00Z");
const at = (text) => Date.parse(`2026-11-${text}:00Z`);
const iso = (text) => `2026-11-${text}:00Z`;
const STARTS = ["06:00", "14:00", "22:00"];
const shown = windowOf({ days: "7", today: "2026-11-20", timeZone: "UTC", starts: STARTS });
const berths = [{ name: "B1" }, { name: "B2" }];
let serial = 0;
const vessel = (over) => ({ id: (serial += 1), name: "A", status: "expected", berth: "B1", eta: iso("21T06:00"), etd: iso("22T06:00"), ...over });
const lying = (over) => vessel({ status: "operations_active", eta: iso("20T04:00"), berthed_at: iso("20T06:00"), etd: iso("20T18:00"), ...over });

test("a week is shown from yesterday on, two days from today on", () => {
  assert.equal(shown.first, "2026-11-19");
  assert.equal(shown.last, "2026-11-26");
  assert.equal(shown.start, at("19T00:00"));
  assert.equal(shown.end, at("27T00:00"));
  assert.equal(shown.days.length, 8);
  const short = windowOf({ days: "2", today: "2026-11-20", timeZone: "UTC", starts: STARTS });
  assert.deepEqual([short.start, short.end], [at("20T00:00"), at("22T00:00")]);
  assert.deepEqual(short.shifts.slice(0, 4), [at("20T06:00"), at("20T14:00"), at("20T22:00"), at("21T06:00")]);
});

test("what the address says is taken if it is a day and a zoom, else what is usual", () => {
  const of = (days, from) => windowOf({ days, from, today: "2026-11-20", timeZone: "UTC", starts: STARTS });
  assert.equal(of("14", "2026-12-24").first, "2026-12-24");
  assert.equal(of("14", "2026-12-24").later, "2027-01-07");
  for (const wrong of ["2026-13-44", "tomorrow", "", null, undefined]) assert.equal(of("7", wrong).first, "2026-11-19");
  assert.equal(of("9999").zoom, "7");
  assert.equal(of(null).zoom, "7");
});

test("days begin at the port's midnight, and are as long as they are when the clocks change", () => {
  const hours = (today) => windowOf({ days: "2", today, timeZone: "Europe/Berlin", starts: STARTS }).days.map(({ start, end }) => (end - start) / 3600000);
  assert.deepEqual(hours("2026-03-28"), [24, 23]);
  assert.deepEqual(hours("2026-10-24"), [24, 25]);
  assert.equal(windowOf({ days: "2", today: "2026-11-20", timeZone: "Africa/Johannesburg", starts: STARTS }).start, at("19T22:00"));
  assert.equal(windowOf({ days: "2", today: "2026-11-20", timeZone: "Asia/Kolkata", starts: STARTS }).start, at("19T18:30"));
});

test("a moment lies in the window in proportion", () => {
  assert.equal(across(shown.start, shown), 0);
  assert.equal(across(at("23T00:00"), shown), 50);
  assert.equal(across(shown.end, shown), 100);
});

test("a planned stay is from ETA to ETD; one that was to come before now is overdue", () => {
  assert.deepEqual(stay(vessel({}), now), { kind: "planned", start: at("21T06:00"), planned: at("22T06:00"), end: at("22T06:00"), late: false, overdue: false, open: false });
  assert.equal(stay(vessel({ eta: iso("20T06:00") }), now).overdue, true);
  assert.equal(stay(vessel({ eta: null }), now), null);
});

test("without an ETD the end is a guess", () => {
  const { end, open } = stay(vessel({ etd: null }), now);
  assert.deepEqual([end, open], [at("22T06:00"), true]);
});

test("who lies there does so from berthing on, until the ETD", () => {
  const { kind, start, end, late } = stay(lying({}), now);
  assert.deepEqual([kind, start, end, late], ["actual", at("20T06:00"), at("20T18:00"), false]);
  assert.equal(stay(lying({ berthed_at: null, eta: null }), now).start, now);
});

test("past its ETD it lies there until now at least, and by its projected completion until then", () => {
  const past = stay(lying({ etd: iso("20T09:00") }), now);
  assert.deepEqual([past.planned, past.end, past.late], [at("20T09:00"), now, true]);
  const will = stay(lying({ projected_completion: iso("20T21:00") }), now);
  assert.deepEqual([will.planned, will.end, will.late], [at("20T18:00"), at("20T21:00"), true]);
  assert.equal(stay(lying({ projected_completion: iso("20T16:00") }), now).late, false);
});

test("who is gone lay there until it departed", () => {
  const { kind, start, end } = stay(lying({ status: "departed", departed_at: iso("20T10:00") }), now);
  assert.deepEqual([kind, start, end], ["gone", at("20T06:00"), at("20T10:00")]);
});

test("two at one berth at the same time are a conflict, and lie in lanes of their own", () => {
  const [a, b, c] = [vessel({}), vessel({ eta: iso("22T02:00"), etd: iso("23T06:00") }), vessel({ eta: iso("23T06:00"), etd: iso("24T06:00") })];
  const [row, other] = planRows(berths, [c, b, a], shown, now);
  assert.deepEqual(row.conflicts, [{ berth: berths[0], first: a, second: b, start: at("22T02:00"), end: at("22T06:00") }]);
  assert.equal(row.lanes, 2);
  assert.deepEqual(row.bars.map(({ vessel: { id }, lane, conflict }) => [id, lane, conflict]), [[c.id, 0, false], [b.id, 1, true], [a.id, 0, true]]);
  assert.deepEqual([other.bars, other.lanes, other.conflicts], [[], 1, []]);
});

test("one that will be late runs into the next", () => {
  const late = lying({ projected_completion: iso("21T08:00") });
  const [{ conflicts }] = planRows(berths, [late, vessel({})], shown, now);
  assert.deepEqual(conflicts.map(({ start, end }) => [start, end]), [[at("21T06:00"), at("21T08:00")]]);
});

test("who is gone is in nobody's way", () => {
  const [{ conflicts, lanes }] = planRows(berths, [lying({ status: "departed", departed_at: iso("20T11:00") }), lying({ berthed_at: iso("20T10:30") })], shown, now);
  assert.deepEqual([conflicts, lanes], [[], 2]);
});

test("bars end at the window, and what lies outside it is left out", () => {
  const early = lying({ berthed_at: iso("15T00:00"), etd: iso("21T00:00") });
  const [{ bars }, , none] = planRows(berths, [early, vessel({ eta: iso("28T00:00"), etd: iso("29T00:00") })], shown, now);
  assert.deepEqual(bars.map(({ left, width }) => [left, width]), [[0, 25]]);
  assert.equal(none, undefined);
});

test("who has no berth yet is in a row of its own, without conflicts", () => {
  const rows = planRows(berths, [vessel({ berth: null }), vessel({ berth: null })], shown, now);
  assert.equal(rows.length, 3);
  assert.equal(rows[2].berth, null);
  assert.deepEqual([rows[2].lanes, rows[2].conflicts], [2, []]);
});

test("the list's vessels get the dashboard's projection, and those it lacks are added", () => {
  const all = merged([{ id: 1, berthed_at: "x", status: "berthed" }], [{ id: 1, status: "operations_active", projected_completion: "y" }, { id: 2, projected_completion: null }]);
  assert.deepEqual(all, [{ id: 1, berthed_at: "x", status: "berthed", projected_completion: "y" }, { id: 2, projected_completion: null }]);
});
