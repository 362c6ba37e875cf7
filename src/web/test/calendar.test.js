// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, dateIn, days, daysBetween, dayWord, relativeDay, shortDate, weekdayAndDay } from "../js/calendar.js";
import { clocks } from "../js/format.js";
import { money } from "../js/money.js";

test("a date is the same day in every zone", () => {
  assert.equal(shortDate("2026-11-26"), "26 Nov");
  assert.match(dayWord("2026-11-26"), /^Thu,? 26 Nov$/);
  assert.equal(weekdayAndDay("2026-11-26"), "Thu 26");
  assert.equal(shortDate(null), "–");
});

test("the year is told where it is another", () => {
  assert.equal(dateIn("2026-12-31", "2026-01-01"), "31 Dec");
  assert.equal(dateIn("2027-01-01", "2026-12-31"), "1 Jan 2027");
  assert.equal(dateIn(null, "2026-12-31"), "–");
});

test("days are counted over months, leap days and changes of clocks", () => {
  assert.equal(addDays("2026-02-28", 1), "2026-03-01");
  assert.equal(addDays("2028-02-28", 1), "2028-02-29");
  assert.equal(addDays("2026-01-01", -1), "2025-12-31");
  assert.equal(daysBetween("2026-03-28", "2026-03-30"), 2);
  assert.equal(daysBetween("2026-11-26", "2026-11-20"), -6);
  assert.equal(days(1), "1 day");
  assert.equal(days(1200), "1,200 days");
  assert.deepEqual([0, 1, 2, -1, -3].map((n) => relativeDay(addDays("2026-11-26", n), "2026-11-26")), ["today", "tomorrow", "in 2 days", "yesterday", "3 days ago"]);
});

test("today is the day of the port's zone", () => {
  assert.equal(clocks("Africa/Johannesburg").isoDay("2026-11-26T22:30:00Z"), "2026-11-27");
  assert.equal(clocks("America/New_York").isoDay("2026-11-26T02:30:00Z"), "2026-11-25");
});

test("money has as many digits after the point as its currency", () => {
  assert.equal(money(1273093, "EUR"), "€12,730.93");
  assert.equal(money(5, "GBP"), "£0.05");
  assert.equal(money(1500, "JPY"), "JP¥1,500");
  assert.match(money(1234567, "KWD"), /^KWD\s1,234\.567$/);
  assert.equal(money(69918, "USD"), "US$699.18");
  assert.equal(money(69918, "USD", "narrow"), "$699.18");
  assert.equal(money(-18247, "EUR"), "-€182.47");
  assert.equal(money(150, "no currency"), "1.50");
});
