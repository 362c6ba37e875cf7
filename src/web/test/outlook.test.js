// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { neededPace, outlook, plannedShare } from "../js/outlook.js";

const now = Date.parse("2026-11-20T12:00:00Z");
const vessel = (over) => ({
  status: "operations_active",
  etd: "2026-11-20T18:00:00Z",
  projected_completion: "2026-11-20T16:00:00Z",
  operations_started_at: "2026-11-20T06:00:00Z",
  late: false,
  ...over,
});
const level = (over) => outlook(vessel(over), now).level;

test("with time to spare it is on time", () => {
  assert.deepEqual(outlook(vessel({}), now), { level: "ok", spare: 2 * 3600000 });
});

test("with less than an hour to spare it is at risk", () => assert.equal(level({ projected_completion: "2026-11-20T17:30:00Z" }), "risk"));

test("done after the ETD is late", () => {
  assert.deepEqual(outlook(vessel({ projected_completion: "2026-11-20T18:30:00Z", late: true }), now), { level: "late", spare: -1800000 });
});

test("the server's word on lateness counts", () => assert.equal(level({ late: true }), "late"));
test("an ETD that has passed is late, whatever the rate", () => assert.equal(level({ projected_completion: null, etd: "2026-11-20T11:00:00Z" }), "late"));
test("work that stands still is at risk", () => assert.equal(level({ projected_completion: null }), "risk"));
test("a vessel that isn't worked yet has no outlook", () => assert.equal(level({ status: "berthed", projected_completion: null }), "unknown"));
test("without an ETD there is none either", () => assert.equal(level({ etd: null }), "unknown"));
test("complete is complete", () => assert.equal(level({ status: "operations_complete", late: true }), "done"));

test("the pace runs evenly from the start of work to the ETD", () => {
  assert.equal(plannedShare(vessel({}), now), 50);
  assert.equal(plannedShare(vessel({}), Date.parse("2026-11-21T00:00:00Z")), 100);
  assert.equal(plannedShare(vessel({ status: "berthed" }), now), null);
  assert.equal(plannedShare(vessel({ etd: null }), now), null);
  assert.equal(plannedShare(vessel({ etd: "2026-11-20T05:00:00Z" }), now), null);
});

test("the pace that is needed spreads what is left over the hours that are left", () => {
  const needed = (over) => neededPace(vessel({ capacity_total: 900, moved: 300, ...over }), now);
  assert.equal(needed({}), 100);
  assert.equal(needed({ etd: "2026-11-20T11:00:00Z" }), null);
  assert.equal(needed({ etd: null }), null);
  assert.equal(needed({ moved: 900 }), null);
  assert.equal(needed({ status: "berthed" }), null);
});
