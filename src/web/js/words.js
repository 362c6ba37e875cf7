// SPDX-License-Identifier: Apache-2.0
// What the API's values are called on screen.

const STATUS = {
  expected: "Expected",
  arrived: "At anchorage",
  berthed: "Berthed",
  operations_active: "Working",
  operations_complete: "Complete",
  departed: "Departed",
};
const VESSEL = { roro: "Ro-ro", container: "Container", general: "General cargo", bulk: "Bulk", multipurpose: "Multi-purpose" };
const CARGO = {
  automobile: "Cars",
  van: "Vans",
  truck: "Trucks",
  heavy_equipment: "Heavy equipment",
  breakbulk: "Breakbulk",
  container_20: "Containers 20 ft",
  container_40: "Containers 40 ft",
  reefer: "Reefers",
  general: "General cargo",
};
const TALLY = { loaded: "Loaded", discharged: "Discharged", damaged: "Damaged" };
const ROLE = { viewer: "Viewer", clerk: "Clerk", supervisor: "Supervisor", manager: "Manager", admin: "Admin" };
const ROLE_MEANS = {
  viewer: "Sees the port, changes nothing",
  clerk: "Records tallies, voids own ones of the running shift",
  supervisor: "Also voids any tally and moves vessels through their call",
  manager: "Also sees money",
  admin: "Also manages people and reads the audit trail",
};
const SHIFT = { morning: "Morning", afternoon: "Afternoon", night: "Night" };
const MOVE = {
  arrived: "Mark as arrived",
  berthed: "Mark as berthed",
  operations_active: "Start operations",
  operations_complete: "Complete operations",
  departed: "Mark as departed",
};
const MOVE_BACK = { expected: "Back to expected", arrived: "Back to the anchorage", operations_active: "Take up work again" };

// A value this client has not heard of is still readable: "heavy_lift" becomes "Heavy lift".
export const plain = (value) => {
  const words = String(value ?? "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
const lookUp = (table) => (value) => (Object.hasOwn(table, value) ? table[value] : plain(value));

export const statusWord = lookUp(STATUS);
export const vesselTypeWord = lookUp(VESSEL);
export const cargoWord = lookUp(CARGO);
export const tallyWord = lookUp(TALLY);
export const shiftWord = lookUp(SHIFT);
export const roleWord = lookUp(ROLE);
export const roleMeans = (role) => (Object.hasOwn(ROLE_MEANS, role) ? ROLE_MEANS[role] : "");
const forward = lookUp(MOVE);
const backward = lookUp(MOVE_BACK);

// The life cycle in order, as the stepper shows it.
export const LIFE_CYCLE = Object.keys(STATUS);

export const isBackward = (from, to) => LIFE_CYCLE.indexOf(to) < LIFE_CYCLE.indexOf(from);

export function moveWord(from, to) {
  return isBackward(from, to) ? backward(to) : forward(to);
}

/** "B4" is shown as "Berth B4"; a berth that is called "Berth 4" is not called so twice. */
export function berthLabel(name) {
  return /^berth\b/i.test(name) ? name : `Berth ${name}`;
}
