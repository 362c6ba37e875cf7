// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { age, clocks, count, percent, relative, share, span } from "../js/format.js";

const MINUTE = 60000;
const HOUR = 60 * MINUTE;

test("numbers are grouped, and what isn't known is a dash", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(count(0), "0");
  assert.equal(count(null), "–");
});

test("a percentage reads 100 only when all is done", () => {
  assert.equal(percent(99.97), "99.9 %");
  assert.equal(percent(100), "100 %");
  assert.equal(percent(35.083), "35.1 %");
  assert.equal(percent(41), "41 %");
  assert.equal(percent(null), "–");
});

test("the filled share of a bar stays between 0 and 100", () => {
  assert.equal(share(500, 1200).toFixed(1), "41.7");
  assert.equal(share(1300, 1200), 100);
  assert.equal(share(-3, 1200), 0);
  assert.equal(share(5, 0), 0);
});

test("spans are told in minutes, hours or days", () => {
  assert.equal(span(29000), "0 min");
  assert.equal(span(59 * MINUTE), "59 min");
  assert.equal(span(-185 * MINUTE), "3 h 05 min");
  assert.equal(span(52 * HOUR), "2 d 4 h");
});

test("relative times look both ways", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  assert.equal(relative("2026-03-01T12:00:10Z", now), "now");
  assert.equal(relative("2026-03-01T12:20:00Z", now), "in 20 min");
  assert.equal(relative("2026-03-01T10:55:00Z", now), "1 h 05 min ago");
  assert.equal(relative("2026-03-02T08:10:00Z", now), "in 20 h");
  assert.equal(relative(null, now), "–");
});

test("the age of data is counted in seconds at first", () => {
  assert.equal(age(-5), "0 s");
  assert.equal(age(45900), "45 s");
  assert.equal(age(5 * MINUTE), "5 min");
});

test("times are the port's, not the device's", () => {
  const clock = clocks("Africa/Johannesburg");
  assert.equal(clock.time("2026-11-20T22:05:00+00:00"), "00:05");
  assert.equal(clock.hourNumber("2026-11-20T22:05:00+00:00"), 0);
  assert.ok(clock.sameDay("2026-11-20T22:05:00Z", "2026-11-21T21:00:00Z"));
  assert.ok(!clock.sameDay("2026-11-20T21:59:00Z", "2026-11-20T22:05:00Z"));
});

test("a time gets the day it needs and no more", () => {
  const clock = clocks("UTC");
  const now = Date.parse("2026-11-20T12:00:00Z");
  assert.equal(clock.near("2026-11-20T23:00:00Z", now), "23:00");
  assert.match(clock.near("2026-11-21T23:00:00Z", now), /^Sat,? 23:00$/);
  assert.match(clock.near("2026-12-24T23:00:00Z", now), /24 Dec, 23:00$/);
  assert.equal(clock.near(null, now), "–");
});

test("a zone that is not known here shows as UTC", () => {
  assert.equal(clocks("Mars/Olympus").time("2026-11-20T22:05:00Z"), "22:05");
});
