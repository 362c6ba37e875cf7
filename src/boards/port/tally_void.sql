-- Voids a tally: a row with the same contents and the count negated. The same id again stores nothing.
-- Columns: is the tally there, is it a void itself, was the void stored now, does the stored one void this tally, its JSON.
-- The program appends the join that makes the JSON out of v (tally_row.sql).
WITH original AS (
    SELECT * FROM cargo_tallies WHERE id = $2::uuid
), known AS (
    SELECT * FROM cargo_tallies WHERE id = $1::uuid
), added AS (
    INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note, voids)
    SELECT $1::uuid, vessel_id, tally_type, cargo_type, -count, location, shift, tallied_at, $3, $4, id
      FROM original
     WHERE voids IS NULL AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
), v AS (
    SELECT *, true AS fresh FROM added UNION ALL SELECT *, false FROM known
)
SELECT original.id IS NOT NULL, original.voids IS NOT NULL, v.fresh, v.voids IS NOT DISTINCT FROM $2::uuid, j.json
  FROM (SELECT) AS one
  LEFT JOIN original ON true
  LEFT JOIN v ON true
