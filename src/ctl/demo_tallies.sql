-- The tallies of one call ($1) of demo_vessels.sql. The counts' sums are what the call's plan says was moved.
INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at,
                           tallied_by, note)
SELECT t.id, t.vessel_id, t.tally_type, t.cargo_type, t.count, t.location,
       (array['night', 'morning', 'afternoon', 'night'])[1 + (l.hour + 2) / 8], t.at,
       least(now(), t.at + (2 + t.k % 9) * interval '1 second'),
       (array['Ana Ferreira', 'Bola Okafor', 'Chiara Moretti', 'Dag Lindqvist', 'Eiji Nakamura', 'Femke Jansen',
              'Gael Alvarez', 'Hanna Brandt'])[1 + (t.i + l.day * 3 + (l.hour + 2) / 8 * 2 + t.k % 2) % 8],
       t.note
  FROM (SELECT md5(current_setting('demo.seed') || ':' || u.i || ':' || u.cargo_type || ':' || k)::uuid AS id,
               u.vessel_id, u.i, u.cargo_type, k, NULL::text AS note,
               CASE WHEN 2 * k <= u.n THEN 'discharged' ELSE 'loaded' END AS tally_type,
               (floor(u.units * (k + b.shift_after) / u.n) - floor(u.units * (k - 1 + b.shift_before) / u.n))::int AS count,
               CASE WHEN u.vessel_type <> 'roro' THEN 'Hatch ' || 1 + (k - 1) * 5 / u.n
                    ELSE 'Deck ' || CASE u.cargo_type WHEN 'heavy_equipment' THEN 1 WHEN 'truck' THEN 2 WHEN 'van' THEN 3
                                                      ELSE 4 + (k - 1) * 6 / u.n END END AS location,
               u.started + u.worked * (x.x + 0.55 * (sin(u.waves * x.x + u.phase) - sin(u.phase)) / u.waves) AS at
          FROM demo_unit AS u
         CROSS JOIN LATERAL generate_series(1, u.n::bigint) AS k
         CROSS JOIN LATERAL (SELECT (k - 0.5)::float8 / u.n AS x) AS x
         -- Counts differ where several units are counted at a time: where one ends, the next begins.
         CROSS JOIN LATERAL (SELECT CASE WHEN u.per_tally < 3 OR k = u.n THEN 0
                                         ELSE (k * (7 + u.h % 7) % 19 - 9) / 24.0 END AS shift_after,
                                    CASE WHEN u.per_tally < 3 OR k = 1 THEN 0
                                         ELSE ((k - 1) * (7 + u.h % 7) % 19 - 9) / 24.0 END AS shift_before) AS b
         WHERE u.i = $1::int
         UNION ALL
        SELECT md5(current_setting('demo.seed') || ':d:' || u.i || ':' || u.cargo_type || ':' || k)::uuid,
               u.vessel_id, u.i, u.cargo_type, k,
               CASE WHEN u.cargo_type LIKE 'container%' OR u.cargo_type = 'reefer'
                    THEN (array['dented corner post', 'seal missing', 'hole in the roof'])[1 + (k + u.h) % 3]
                    WHEN u.cargo_type IN ('breakbulk', 'general')
                    THEN (array['wet packaging', 'broken pallet', 'strap torn'])[1 + (k + u.h) % 3]
                    ELSE (array['scratch on left door', 'mirror broken', 'dent in the bumper'])[1 + (k + u.h) % 3] END,
               'damaged', 1 + (k + u.h) % 5 / 4,
               CASE WHEN u.vessel_type = 'roro' THEN 'Deck ' ELSE 'Hatch ' END || 1 + (k + u.i) % 5,
               u.started + u.worked * ((k * 90 - 40.0) / (u.n + 90))
          FROM demo_unit AS u
         CROSS JOIN LATERAL generate_series(1, (u.n + u.h % 90) / 90) AS k
         WHERE u.i = $1::int
         UNION ALL
        -- What demo_voids.sql takes back.
        SELECT md5(current_setting('demo.seed') || ':w:' || u.i || ':' || u.cargo_type)::uuid,
               u.vessel_id, u.i, u.cargo_type, u.i, NULL, 'loaded', 5 + u.h % 11,
               CASE WHEN u.vessel_type = 'roro' THEN 'Deck 1' ELSE 'Hatch 1' END, u.started + u.worked * 0.93
          FROM demo_unit AS u
         WHERE u.i = $1::int AND u.i % 2 = 1 AND u.n >= 20) AS t
 CROSS JOIN LATERAL (SELECT extract(hour FROM t.at AT TIME ZONE current_setting('demo.timezone'))::int AS hour,
                            extract(doy FROM t.at AT TIME ZONE current_setting('demo.timezone'))::int AS day) AS l
 WHERE t.count > 0;
