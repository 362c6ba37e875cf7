// SPDX-License-Identifier: Apache-2.0
// A vessel's totals after one more tally, for the moment between the server's "stored" and its new totals.

export function withTally(vessel, { tally_type: type, cargo_type: cargoType, count }) {
  const known = vessel.cargo.some((row) => row.cargo_type === cargoType);
  const rows = known ? vessel.cargo : [...vessel.cargo, { cargo_type: cargoType, capacity: 0, loaded: 0, discharged: 0, damaged: 0 }];
  return {
    ...vessel,
    [type]: vessel[type] + count,
    cargo: rows.map((row) => (row.cargo_type === cargoType ? { ...row, [type]: row[type] + count } : row)),
  };
}
