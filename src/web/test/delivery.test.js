// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { freeTime, skillsIn } from "../js/free-time.js";
import { loadLevel } from "../js/load-level.js";
import { projectOutlook } from "../js/project-outlook.js";

const today = "2026-11-26";
const project = (over) => ({
  due_on: "2026-12-08", points_total: 359, points_done: 166, points_done_14_days: 63, progress_percent: 46.2, elapsed_percent: 71.4,
  late: false, behind: false, too_slow: false, at_risk: false, ...over,
});

test("a late project says by how much, and what is open", () => {
  assert.deepEqual(projectOutlook(project({ late: true, due_on: "2026-11-20" }), today), { level: "late", words: "Late by 6 days: 193 points open" });
  assert.equal(projectOutlook(project({ late: true, due_on: "2026-11-25", points_done: 358 }), today).words, "Late by 1 day: 1 point open");
  assert.equal(projectOutlook(project({ late: true, due_on: "2026-11-25", points_done: 359 }), today).words, "Late by 1 day");
});

test("a project at risk says why", () => {
  const words = (over) => projectOutlook(project({ at_risk: true, ...over }), today).words;
  assert.equal(words({ behind: true }), "At risk: 46 % done in 71 % of the time");
  // 193 points in the 13 days that are left with today; 63 in the last 14.
  assert.equal(words({ too_slow: true }), "At risk: needs 14.8 points a day, makes 4.5");
  assert.equal(words({ behind: true, too_slow: true }), "At risk: 46 % done in 71 % of the time; needs 14.8 points a day, makes 4.5");
  assert.equal(words({}), "At risk: the server says so");
});

test("what is neither late nor at risk", () => {
  assert.deepEqual(projectOutlook(project({}), today), { level: "ok", words: "On track" });
  assert.equal(projectOutlook(project({ due_on: null, elapsed_percent: null }), today).level, "unknown");
  assert.equal(projectOutlook(project({ progress_percent: 100, points_done: 359 }), today).level, "done");
});

const person = (over) => ({ availability: "available", capacity_percent: 100, allocated_percent: 80, peak_percent: 80, ...over });

test("a week is measured against what somebody has of it", () => {
  assert.deepEqual(loadLevel(person({})), { used: 80, over: 0, capacity: 100, level: "ok", words: "20 % left" });
  assert.equal(loadLevel(person({ allocated_percent: 100, peak_percent: 100 })).level, "full");
  assert.deepEqual(loadLevel(person({ capacity_percent: 60, allocated_percent: 60, peak_percent: 60 })), { used: 60, over: 0, capacity: 60, level: "full", words: "Full" });
});

test("too much is marked, on one day as well", () => {
  assert.deepEqual(loadLevel(person({ capacity_percent: 60, allocated_percent: 80, peak_percent: 80 })), { used: 60, over: 20, capacity: 60, level: "late", words: "Over by 20 %" });
  assert.equal(loadLevel(person({ capacity_percent: 60, allocated_percent: 50, peak_percent: 90 })).words, "Over by 30 % on some days");
  const wide = loadLevel(person({ allocated_percent: 125, peak_percent: 125 }));
  assert.deepEqual([wide.used, wide.over, wide.capacity, wide.words], [80, 20, 80, "Over by 25 %"]);
});

test("work of somebody who isn't there is marked", () => {
  const { level, words } = loadLevel(person({ availability: "on_leave" }));
  assert.deepEqual([level, words], ["late", "On leave"]);
});

const busy = (starts_on, ends_on, percent) => ({ starts_on, ends_on, percent });
const free = (capacity, allocations, wanted) => freeTime(capacity, allocations, "2026-12-01", "2026-12-14", wanted);

test("without allocations all of the capacity is free", () => {
  assert.deepEqual(free(100, []), { least: 100, until: null, wholeFrom: "2026-12-01" });
  assert.deepEqual(free(60, [busy("2026-11-01", "2026-11-30", 60)]), { least: 60, until: null, wholeFrom: "2026-12-01" });
  assert.deepEqual(free(60, [busy("2026-12-15", "2026-12-31", 60)]), { least: 60, until: null, wholeFrom: "2026-12-01" });
});

test("the fullest day counts, of allocations that overlap", () => {
  assert.deepEqual(free(100, [busy("2026-11-01", "2026-12-05", 50), busy("2026-12-05", "2026-12-31", 30)]), { least: 20, until: null, wholeFrom: null });
  assert.deepEqual(free(100, [busy("2026-11-01", "2026-12-04", 50), busy("2026-12-05", "2026-12-06", 30)]), { least: 50, until: null, wholeFrom: "2026-12-07" });
});

test("free at first is not free throughout", () => {
  assert.deepEqual(free(100, [busy("2026-12-08", "2026-12-09", 100)]), { least: 0, until: "2026-12-07", wholeFrom: "2026-12-10" });
  assert.deepEqual(free(100, [busy("2026-12-02", "2026-12-09", 60)], 50), { least: 40, until: "2026-12-01", wholeFrom: "2026-12-10" });
  assert.equal(free(100, [busy("2026-12-02", "2026-12-09", 50)], 50).until, null);
  assert.equal(free(100, [busy("2026-12-14", "2026-12-14", 100)]).until, "2026-12-13");
  assert.equal(free(100, [busy("2026-11-01", "2026-12-02", 100)]).until, "2026-11-30");
});

test("more than the capacity leaves nothing, not less", () => assert.equal(free(60, [busy("2026-12-02", "2026-12-03", 80)]).least, 0));

test("skills as people type them", () => {
  assert.deepEqual(skillsIn(" SQL , yard  Planning;sql,,"), { skills: ["sql", "yard planning"], wrong: [] });
  assert.deepEqual(skillsIn("c++, c#, -x"), { skills: ["c++"], wrong: ["c#", "-x"] });
  assert.deepEqual(skillsIn(""), { skills: [], wrong: [] });
});
