-- The tallies of the calls that demo_vessels.sql made, in the same transaction. Each cargo type's units are spread evenly
-- over the working time, so that the sums are the plan's.
CREATE TEMPORARY TABLE demo_unit ON COMMIT DROP AS
SELECT v.id AS vessel_id, c.i, c.vessel_type, c.started, coalesce(c.finished, now()) - c.started AS worked,
       p.key AS cargo_type, floor(p.value::int * c.part)::int AS units,
       greatest(1, ceil(floor(p.value::int * c.part) / c.units_per_tally))::int AS n
  FROM demo_call AS c
  JOIN vessels AS v ON v.eta = c.eta AND v.name = c.name
 CROSS JOIN LATERAL jsonb_each_text(c.plan) AS p
 WHERE c.part > 0;

INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at,
                           tallied_by, note)
SELECT t.id, t.vessel_id, t.tally_type, t.cargo_type, t.count, t.location,
       CASE WHEN extract(hour FROM t.at) BETWEEN 6 AND 13 THEN 'morning'
            WHEN extract(hour FROM t.at) BETWEEN 14 AND 21 THEN 'afternoon' ELSE 'night' END,
       t.at, t.at + interval '2 seconds',
       (array['A. Lindqvist', 'B. Okafor', 'C. Moreau', 'D. Petrov', 'E. Nakamura', 'F. Jansen', 'G. Alvarez', 'H. Brandt'])
           [1 + t.h % 8], t.note
  FROM (SELECT md5(current_setting('demo.seed') || ':' || u.vessel_id || ':' || u.cargo_type || ':' || k)::uuid AS id,
               u.vessel_id, u.cargo_type, NULL::text AS note,
               CASE WHEN 2 * k <= u.n THEN 'discharged' ELSE 'loaded' END AS tally_type,
               (u.units::bigint * k / u.n - u.units::bigint * (k - 1) / u.n)::int AS count,
               CASE WHEN u.vessel_type = 'roro' THEN 'Deck ' ELSE 'Hatch ' END || 1 + (k + u.i) % 6 AS location,
               u.started + u.worked * ((k - 0.5) / u.n) AS at,
               abs(hashtext(u.cargo_type || k || current_setting('demo.seed'))) AS h
          FROM demo_unit AS u CROSS JOIN LATERAL generate_series(1, u.n) AS k
         UNION ALL
        SELECT md5(current_setting('demo.seed') || ':d:' || u.vessel_id || ':' || u.cargo_type || ':' || k)::uuid,
               u.vessel_id, u.cargo_type,
               (array['scratch on left door', 'dented corner post', 'mirror broken', 'seal missing', 'wet packaging'])
                   [1 + (k + u.i) % 5],
               'damaged', 1 + k % 2,
               CASE WHEN u.vessel_type = 'roro' THEN 'Deck ' ELSE 'Hatch ' END || 1 + (k + u.i) % 6,
               u.started + u.worked * ((k * 90 - 40.0) / (u.n + 90)), abs(hashtext(u.cargo_type || k))
          FROM demo_unit AS u CROSS JOIN LATERAL generate_series(1, least(u.n / 90, 20)) AS k
         UNION ALL
        SELECT md5(current_setting('demo.seed') || ':w:' || u.vessel_id || ':' || u.cargo_type)::uuid,
               u.vessel_id, u.cargo_type, NULL, 'loaded', 15, 'Deck 1', u.started + u.worked * 0.97, u.i
          FROM demo_unit AS u WHERE u.i % 2 = 1 AND u.n >= 20) AS t
 WHERE t.count > 0;

INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at,
                           tallied_by, note, voids)
SELECT md5(current_setting('demo.seed') || ':v:' || t.id)::uuid, t.vessel_id, t.tally_type, t.cargo_type, -t.count,
       t.location, t.shift, t.tallied_at, t.recorded_at + interval '4 minutes', t.tallied_by, 'counted twice', t.id
  FROM cargo_tallies AS t
  JOIN demo_unit AS u ON t.id = md5(current_setting('demo.seed') || ':w:' || u.vessel_id || ':' || u.cargo_type)::uuid;
