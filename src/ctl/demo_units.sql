-- What demo_tallies.sql spreads over each call's working time: its cargo types, with `n` tallies for `units` units.
-- The clerks don't work evenly: `waves` is how often the pace rises and falls.
CREATE TEMPORARY TABLE demo_unit ON COMMIT DROP AS
SELECT v.id AS vessel_id, c.i, c.h, c.vessel_type, c.per_tally, c.started, coalesce(c.finished, now()) - c.started AS worked,
       p.key AS cargo_type, floor(p.value::int * c.part)::int AS units,
       greatest(1, ceil(floor(p.value::int * c.part) / c.per_tally))::int AS n,
       greatest(1, round(extract(epoch FROM coalesce(c.finished, now()) - c.started) / 3600 / 4))::float8 * 2 * pi() AS waves,
       2.0 + c.h % 100 / 80.0 AS phase
  FROM demo_call AS c
  JOIN vessels AS v ON v.eta = c.eta AND v.name = c.name
 CROSS JOIN LATERAL jsonb_each_text(c.plan) AS p
 WHERE c.part > 0;
