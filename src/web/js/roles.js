// SPDX-License-Identifier: Apache-2.0
// What each role may do on these pages, beyond what the roles before it may. The server has the last word; this only
// decides which buttons are worth showing.

const TABLE = {
  viewer: ["see"],
  clerk: ["record", "void", "work-backlog"],
  supervisor: ["move", "plan", "see-contracts", "remove-work"],
  manager: ["see-money", "pay", "remove-records"],
  admin: ["manage-people", "read-audit", "see-operations"],
};

// Lowest first.
export const ROLES = Object.keys(TABLE);

/** A role that this client has not heard of may nothing. */
export const rolesUpTo = (role) => ROLES.slice(0, ROLES.indexOf(role) + 1);

export const may = (role, what) => rolesUpTo(role).some((name) => TABLE[name].includes(what));
