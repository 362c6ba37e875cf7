-- A port at work, relative to now: eight berths, three weeks of past calls, six vessels in port, eleven on their way.
-- Ships, lines and people are invented. Settings demo.seed and demo.tallies are set by the program.
INSERT INTO berths (name, length_m, position)
SELECT 'Berth ' || i, (array[180, 195, 210, 230, 250, 285, 310, 340])[i], i FROM generate_series(1, 8) AS i
ON CONFLICT (name) DO NOTHING;

-- What the two statements after this one, and the tallies, are made from: one row a call.
CREATE TEMPORARY TABLE demo_call ON COMMIT DROP AS
WITH kind (k, vessel_type, plan, lines) AS (VALUES
    (0, 'roro', '{"automobile": 980, "van": 140, "truck": 60, "heavy_equipment": 24}'::jsonb,
     array['Northgate Ro-Ro', 'Meridian Car Carriers', 'Skerry Line']),
    (1, 'container', '{"container_20": 260, "container_40": 340, "reefer": 45}',
     array['Tidewater Container', 'Blue Anchor Shipping', 'Halyard Feeders']),
    (2, 'roro', '{"automobile": 1340, "van": 90, "heavy_equipment": 12}',
     array['Meridian Car Carriers', 'Northgate Ro-Ro', 'Skerry Line']),
    (3, 'general', '{"breakbulk": 210, "general": 160}',
     array['Grey Heron Logistics', 'Saltmarsh Shipping', 'Corran Coasters']),
    (4, 'multipurpose', '{"container_20": 120, "breakbulk": 90, "heavy_equipment": 30, "truck": 40}',
     array['Grey Heron Logistics', 'Blue Anchor Shipping', 'Corran Coasters'])
-- Of those in port: how long ago they arrived and started, how much is done, and when they are to leave, in hours.
), current (i, status, k, berth, arrived, started, part, leaves) AS (VALUES
    (37, 'operations_active',   2, 'Berth 1', 16, 10, 0.64,  9),
    (38, 'operations_active',   1, 'Berth 4', 22, 15, 0.55,  5),   -- the one that will be late
    (39, 'operations_active',   4, 'Berth 7',  9,  4, 0.31, 26),
    (40, 'operations_complete', 3, 'Berth 2', 30, 24, 1.0,   4),
    (41, 'berthed',             0, 'Berth 5',  6, NULL, 0.0, 30),
    (42, 'arrived',             1, 'Berth 2',  3, NULL, 0.0, 34)
), call AS (
    SELECT i, 'departed' AS status, i % 5 AS k, 'Berth ' || 1 + (i * 3) % 8 AS berth, 1.0 AS part,
           now() - interval '21 days' + (i - 1) * interval '13 hours 40 minutes' AS eta
      FROM generate_series(1, 36) AS i
     UNION ALL
    SELECT i, status, k, berth, part, now() - arrived * interval '1 hour' FROM current
     UNION ALL
    SELECT i, 'expected', i % 5, CASE WHEN i % 3 > 0 THEN 'Berth ' || 1 + (i * 3) % 8 END, 0.0,
           date_trunc('hour', now()) + interval '2 hours' + (i - 43) * interval '7 hours'
      FROM generate_series(43, 53) AS i
), dated AS (
    SELECT c.*, h.h,
           CASE WHEN c.status = 'departed' THEN c.eta + interval '4 hours' + h.h % 90 * interval '1 minute'
                ELSE now() - n.started * interval '1 hour' END AS started,
           CASE WHEN c.status = 'departed' THEN c.eta + interval '14 hours' + h.h % 150 * interval '1 minute'
                WHEN c.status = 'operations_complete' THEN now() - interval '40 minutes' END AS finished,
           coalesce(now() + n.leaves * interval '1 hour', c.eta + interval '19 hours' + h.h % 40 * interval '3 minutes')
               AS etd
      FROM call AS c
     CROSS JOIN LATERAL (SELECT abs(hashtext(current_setting('demo.seed') || ':' || c.i)::bigint)::int8 AS h) AS h
      LEFT JOIN current AS n ON n.i = c.i
)
SELECT d.i, d.status, d.berth, d.eta, d.etd, d.started, d.finished, d.part, d.h, k.vessel_type,
       (array['Aurora', 'Baltic', 'Cascade', 'Delta', 'Ember', 'Fjord', 'Gannet', 'Harrier', 'Island', 'Juniper', 'Kestrel',
              'Lark', 'Meridian', 'Nordic', 'Osprey', 'Petrel', 'Quarry', 'Ravine'])[1 + (d.i * 7 + s.s) % 18] || ' '
           || (array['Carrier', 'Trader', 'Spirit', 'Pioneer', 'Highway', 'Express', 'Venture'])[1 + (d.i * 5 + s.s) % 7]
           AS name,
       k.lines[1 + d.h % 3] AS line,
       (910000 + s.s % 60000 + d.i * 137)::text AS imo6,
       (SELECT jsonb_object_agg(key, value::int * (90 + d.h % 21) / 100) FROM jsonb_each_text(k.plan)) AS plan,
       5.0 AS per_tally
  FROM dated AS d
  JOIN kind AS k ON k.k = d.k
 CROSS JOIN (SELECT abs(hashtext(current_setting('demo.seed'))::bigint) AS s) AS s;

-- The past makes up the wanted number of tallies: by counting fewer units at a time, and when one at a time isn't enough,
-- by larger ships.
UPDATE demo_call AS c
   SET per_tally = greatest(1, t.per),
       plan = CASE WHEN t.per >= 1 THEN c.plan
                   ELSE (SELECT jsonb_object_agg(key, least(999999, ceil(value::int / t.per)::int))
                           FROM jsonb_each_text(c.plan)) END
  FROM (SELECT least(60, sum(cargo_plan_total(plan)) FILTER (WHERE status = 'departed')
                       / greatest(1, current_setting('demo.tallies')::int
                                     - sum(cargo_plan_total(plan) * part / per_tally) FILTER (WHERE status <> 'departed')))
                   AS per
          FROM demo_call) AS t
 WHERE c.status = 'departed';

INSERT INTO vessels (name, imo, vessel_type, line, status, berth, eta, etd, arrived_at, berthed_at,
                     operations_started_at, operations_completed_at, departed_at, cargo_capacity,
                     gangs, drivers, vans, wagons, shifts, breaks, notes, created_at, updated_at)
SELECT name,
       imo6 || (substr(imo6, 1, 1)::int * 7 + substr(imo6, 2, 1)::int * 6 + substr(imo6, 3, 1)::int * 5
              + substr(imo6, 4, 1)::int * 4 + substr(imo6, 5, 1)::int * 3 + substr(imo6, 6, 1)::int * 2) % 10,
       vessel_type, line, status, berth, eta, etd,
       CASE WHEN status <> 'expected' THEN eta + interval '25 minutes' END,
       CASE WHEN status NOT IN ('expected', 'arrived') THEN coalesce(started, now()) - interval '90 minutes' END,
       started, finished,
       CASE WHEN status = 'departed' THEN etd - h % 50 * interval '1 minute' END,
       plan,
       CASE vessel_type WHEN 'container' THEN 2 ELSE 3 END + h % 3,
       CASE WHEN vessel_type = 'roro' THEN 16 + h % 12 ELSE 4 + h % 3 END,
       CASE WHEN vessel_type = 'roro' THEN 3 ELSE 1 END,
       CASE WHEN vessel_type = 'roro' THEN 2 ELSE 0 END,
       CASE WHEN status = 'expected' AND i % 4 = 0 THEN '["morning", "afternoon"]'::jsonb
            ELSE '["morning", "afternoon", "night"]' END,
       '{"02:00": 30, "10:00": 15, "12:00": 30, "18:00": 30}',
       CASE i % 9 WHEN 0 THEN 'Stern ramp only.' WHEN 4 THEN 'Lashing gear on board is short.'
                  WHEN 7 THEN 'Agent asks for a call two hours before completion.' END,
       least(now(), eta - interval '6 days'),
       CASE status WHEN 'departed' THEN etd WHEN 'operations_complete' THEN finished
                   WHEN 'expected' THEN now() - h % 300 * interval '1 minute'
                   ELSE coalesce(started, eta + interval '25 minutes') END
  FROM demo_call ORDER BY i;
