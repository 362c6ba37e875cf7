-- Stores many tallies ($1, a JSON array) of a vessel that is being worked, as tally_create.sql stores one; the totals are brought up
-- to date once for all of them. One that is there already, or comes twice, is stored once.
-- Columns: was it stored now, has the stored one the same content, its JSON; a row for each, or fewer where one could not be stored.
-- The program appends the join that makes the JSON out of v (tally_row.sql), and the order.
WITH vessel AS (
    SELECT id FROM vessels WHERE id = $2::bigint AND status = 'operations_active' FOR SHARE
), given AS (
    SELECT g.id, g.tally_type, g.cargo_type, g.count, g.location, g.shift, g.tallied_at, coalesce(g.tallied_by, $3) AS tallied_by,
           g.note, g.nth, row_number() OVER (PARTITION BY g.id ORDER BY g.nth) AS time
      FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (id uuid, tally_type text, cargo_type text, count integer, location text,
                      shift text, tallied_at timestamptz, tallied_by text, note text)) WITH ORDINALITY
           AS g (id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note, nth)
), known AS (
    SELECT * FROM cargo_tallies WHERE id IN (SELECT id FROM given)
), added AS (
    INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, tallied_by, note,
                               user_id)
    SELECT g.id, vessel.id, g.tally_type, g.cargo_type, g.count, g.location, g.shift, coalesce(g.tallied_at, now()), g.tallied_by,
           g.note, $4::bigint
      FROM given AS g CROSS JOIN vessel
     WHERE g.time = 1 AND NOT EXISTS (SELECT FROM known WHERE known.id = g.id)
     ORDER BY g.id
    ON CONFLICT (id) DO NOTHING
    RETURNING *
), v AS (
    SELECT *, true AS fresh FROM added UNION ALL SELECT *, false FROM known
)
SELECT v.fresh AND given.time = 1,
       (v.vessel_id, v.tally_type, v.cargo_type::text, v.count, v.location, v.shift, v.tallied_by, v.note)
           IS NOT DISTINCT FROM
       ($2::bigint, given.tally_type, given.cargo_type, given.count, given.location, given.shift, given.tallied_by, given.note)
           AND v.voids IS NULL AND v.tallied_at = coalesce(given.tallied_at, v.tallied_at),
       j.json
  FROM given
 CROSS JOIN vessel
  JOIN v ON v.id = given.id
