// SPDX-License-Identifier: Apache-2.0
// What a vessel's figures mean for its sailing: late, at risk, on time, or nothing that can be said.

const RISK_MARGIN = 60 * 60 * 1000;     // less than an hour to spare is a risk

// Returns {level, spare}: spare is the time between the projected completion and the ETD, negative when late.
export function outlook(vessel, now) {
  if (vessel.status === "operations_complete") return { level: "done", spare: null };
  if (!vessel.etd) return { level: vessel.late ? "late" : "unknown", spare: null };
  const etd = Date.parse(vessel.etd);
  if (vessel.projected_completion) {
    const spare = etd - Date.parse(vessel.projected_completion);
    if (vessel.late || spare < 0) return { level: "late", spare };
    return { level: spare < RISK_MARGIN ? "risk" : "ok", spare };
  }
  if (vessel.late || etd < now) return { level: "late", spare: etd - now };
  // Being worked, yet nothing moved in the last hour: nobody can say when it will be done.
  if (vessel.status === "operations_active") return { level: "risk", spare: null };
  return { level: "unknown", spare: null };
}

// How far (0…100) the work should be by now to end at the ETD, if it went on evenly; null when there is no plan.
export function plannedShare(vessel, now) {
  if (vessel.status !== "operations_active" || !vessel.operations_started_at || !vessel.etd) return null;
  const start = Date.parse(vessel.operations_started_at);
  const end = Date.parse(vessel.etd);
  if (!(end > start)) return null;
  return Math.min(100, Math.max(0, (100 * (now - start)) / (end - start)));
}

// How many units an hour are needed from now on to end at the ETD; null where work isn't on, or the ETD unknown or past.
export function neededPace(vessel, now) {
  const hours = (Date.parse(vessel.etd) - now) / 3600000;
  const left = vessel.capacity_total - vessel.moved;
  return vessel.status === "operations_active" && hours > 0 && left > 0 ? left / hours : null;
}
