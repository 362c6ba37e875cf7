-- Voids a tally: a row with the same contents and the count negated. The same id again stores nothing.
-- A clerk ($5, NULL for those who may void any) voids own tallies of the shift that runs ($6 zone, $7 beginnings of shifts).
-- Columns: is the tally there, is it a void itself, was the void stored now, does the stored one void this tally, its JSON,
-- may it be voided.
-- The program appends the join that makes the JSON out of v (tally_row.sql).
WITH original AS (
    SELECT *, $5::bigint IS NULL OR (user_id IS NOT DISTINCT FROM $5::bigint
                                     AND least(tallied_at, recorded_at) >= shift_began(now(), $6, $7::time[])) AS may
      FROM cargo_tallies WHERE id = $2::uuid
), known AS (
    SELECT * FROM cargo_tallies WHERE id = $1::uuid
), added AS (
    INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note, voids,
                               user_id)
    SELECT $1::uuid, vessel_id, tally_type, cargo_type, -count, location, shift, tallied_at, $3, $4, id, $8::bigint
      FROM original
     WHERE voids IS NULL AND may AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
), v AS (
    SELECT *, true AS fresh FROM added UNION ALL SELECT *, false FROM known
)
SELECT original.id IS NOT NULL, original.voids IS NOT NULL, v.fresh, v.voids IS NOT DISTINCT FROM $2::uuid, j.json,
       original.may
  FROM (SELECT) AS one
  LEFT JOIN original ON true
  LEFT JOIN v ON true
