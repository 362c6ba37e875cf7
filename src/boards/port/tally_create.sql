-- Stores a tally of a vessel that is being worked; the same id again stores nothing.
-- Columns: is the vessel there, its status, was it stored now, has the stored one the same content, its JSON.
-- The program appends the join that makes the JSON out of v (tally_row.sql).
-- The share lock makes this and a change of the vessel's status wait for each other.
WITH vessel AS (
    SELECT id, status FROM vessels WHERE id = $2::bigint FOR SHARE
), known AS (
    SELECT * FROM cargo_tallies WHERE id = $1::uuid
), added AS (
    INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note,
                               user_id)
    SELECT $1::uuid, vessel.id, $3, $4, $5::integer, $6, $7, coalesce($8::timestamptz, now()), $9, $10, $11::bigint
      FROM vessel
     WHERE vessel.status = 'operations_active' AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
), v AS (
    SELECT *, true AS fresh FROM added UNION ALL SELECT *, false FROM known
)
SELECT vessel.id IS NOT NULL, vessel.status, v.fresh,
       (v.vessel_id, v.tally_type, v.cargo_type::text, v.count, v.location, v.shift, v.tallied_by, v.note)
           IS NOT DISTINCT FROM
       ($2::bigint, $3::text, $4::text, $5::integer, $6::text, $7::text, $9::text, $10::text)
           AND v.voids IS NULL AND v.tallied_at = coalesce($8::timestamptz, v.tallied_at),
       j.json
  FROM (SELECT) AS one
  LEFT JOIN vessel ON true
  LEFT JOIN v ON true
