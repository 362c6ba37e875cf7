-- A port at work, relative to now: eight berths, three weeks of past calls, six vessels in port, eleven on their way.
-- Ships, lines and people are invented. Settings demo.seed and demo.tallies are set by the program.
INSERT INTO berths (name, length_m, position)
SELECT 'Berth ' || i, 160 + (i * 53) % 140, i FROM generate_series(1, 8) AS i;

CREATE TEMPORARY TABLE demo_call ON COMMIT DROP AS
WITH kind (k, vessel_type, plan) AS (VALUES
    (0, 'roro', '{"automobile": 980, "van": 140, "truck": 60, "heavy_equipment": 24}'::jsonb),
    (1, 'container', '{"container_20": 260, "container_40": 340, "reefer": 45}'::jsonb),
    (2, 'roro', '{"automobile": 1340, "van": 90, "heavy_equipment": 12}'::jsonb),
    (3, 'general', '{"breakbulk": 210, "general": 160}'::jsonb),
    (4, 'multipurpose', '{"container_20": 120, "breakbulk": 90, "heavy_equipment": 30, "truck": 40}'::jsonb)
), call (i, phase) AS (
    SELECT i, 'departed' FROM generate_series(1, 36) AS i
    UNION ALL VALUES (37, 'operations_active'), (38, 'operations_active'), (39, 'operations_active'),
                     (40, 'operations_complete'), (41, 'berthed'), (42, 'arrived')
    UNION ALL SELECT i, 'expected' FROM generate_series(43, 53) AS i
), timed AS (
    SELECT i, phase, now() AS now,
           CASE WHEN phase = 'departed' THEN now() - interval '21 days' + (i - 1) * interval '13 hours 40 minutes'
                WHEN phase = 'expected' THEN date_trunc('hour', now()) + (i - 42) * interval '7 hours'
                ELSE now() - (array[16, 22, 9, 30, 6, 3])[i - 36] * interval '1 hour' END AS eta,
           CASE WHEN phase = 'departed' THEN now() - interval '21 days' + (i - 1) * interval '13 hours 40 minutes' + interval '5 hours'
                WHEN i IN (37, 38, 39, 40) THEN now() - (array[10, 15, 4, 24])[i - 36] * interval '1 hour' END AS started,
           (array[0.64, 0.55, 0.22, 1.0])[CASE WHEN i BETWEEN 37 AND 40 THEN i - 36 END] AS part,
           (array[9, 5, 26, 4, 30, 34])[CASE WHEN i BETWEEN 37 AND 42 THEN i - 36 END] AS leaves_in
      FROM call
)
SELECT t.i, t.phase AS status, k.vessel_type,
       (array['Aurora', 'Baltic', 'Cascade', 'Delta', 'Ember', 'Fjord', 'Gannet', 'Harrier', 'Island', 'Juniper', 'Kestrel',
              'Lark', 'Meridian', 'Nordic', 'Osprey', 'Petrel', 'Quarry', 'Ravine'])[1 + (t.i * 7) % 18] || ' '
           || (array['Carrier', 'Trader', 'Spirit', 'Pioneer', 'Highway', 'Express', 'Venture'])[1 + (t.i * 5) % 7] AS name,
       (array['Northgate Lines', 'Blue Anchor Shipping', 'Meridian Ro-Ro', 'Tidewater Container', 'Grey Heron Logistics'])
           [1 + (t.i * 3) % 5] AS line,
       (910000 + t.i * 137)::text AS imo6,
       CASE WHEN t.i BETWEEN 37 AND 41 THEN 'Berth ' || (array[1, 4, 7, 2, 5])[t.i - 36]
            WHEN t.i = 42 THEN 'Berth 2'
            WHEN t.phase = 'expected' AND t.i % 3 = 0 THEN NULL
            ELSE 'Berth ' || 1 + (t.i * 3) % 8 END AS berth,
       t.eta, t.started,
       CASE WHEN t.phase = 'departed' THEN t.started + interval '11 hours'
            WHEN t.phase = 'operations_complete' THEN t.now - interval '40 minutes' END AS finished,
       CASE WHEN t.phase = 'departed' THEN t.started + interval '14 hours'
            WHEN t.leaves_in IS NOT NULL THEN t.now + t.leaves_in * interval '1 hour'
            ELSE t.eta + interval '30 hours' END AS etd,
       CASE WHEN t.phase = 'departed' THEN 1.0 ELSE coalesce(t.part, 0) END AS part,
       CASE WHEN t.phase <> 'departed' OR current_setting('demo.tallies')::int = 0 THEN k.plan
            ELSE (SELECT jsonb_object_agg(key, greatest(value::int,
                            ceil(value::int * current_setting('demo.tallies')::numeric / 36 / cargo_plan_total(k.plan))::int))
                    FROM jsonb_each_text(k.plan)) END AS plan,
       CASE WHEN t.phase = 'departed' AND current_setting('demo.tallies')::int > 0 THEN 1 ELSE 5 END AS units_per_tally
  FROM timed AS t JOIN kind AS k ON k.k = t.i % 5;

INSERT INTO vessels (name, imo, vessel_type, line, status, berth, eta, etd, arrived_at, berthed_at,
                     operations_started_at, operations_completed_at, departed_at, cargo_capacity,
                     gangs, drivers, vans, wagons, notes)
SELECT name,
       imo6 || (substr(imo6, 1, 1)::int * 7 + substr(imo6, 2, 1)::int * 6 + substr(imo6, 3, 1)::int * 5
              + substr(imo6, 4, 1)::int * 4 + substr(imo6, 5, 1)::int * 3 + substr(imo6, 6, 1)::int * 2) % 10,
       vessel_type, line, status, berth, eta, etd,
       CASE WHEN status <> 'expected' THEN eta + interval '25 minutes' END,
       CASE WHEN status NOT IN ('expected', 'arrived') THEN coalesce(started, now()) - interval '90 minutes' END,
       started, finished,
       CASE WHEN status = 'departed' THEN etd END,
       plan, 2 + i % 4, CASE WHEN vessel_type = 'roro' THEN 16 + i % 9 ELSE 4 END,
       CASE WHEN vessel_type = 'roro' THEN 3 ELSE 1 END, CASE WHEN vessel_type = 'roro' THEN 2 ELSE 0 END,
       CASE i % 9 WHEN 0 THEN 'Stern ramp only.' WHEN 4 THEN 'Lashing gear on board is short.' END
  FROM demo_call ORDER BY i;
