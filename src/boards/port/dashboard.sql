-- The port's dashboard, whole, as one JSON text. $1 is the zone in which the port's day begins.
-- Reads only what has not departed and the kept totals, so its cost does not grow with the number of tallies.
-- The rate over the last hour is the running hour's moves plus the share of the previous hour that is less than an
-- hour ago (the hours are what is kept); at full hours it is exact.
-- The clock counts in minutes, so that a dashboard on which nothing happened stays the same to the byte, and whoever
-- has it is answered 304.
WITH clock AS (
    SELECT minute AS now, date_trunc('hour', minute, 'UTC') AS hour, date_trunc('day', minute, $1::text) AS day,
           extract(epoch FROM minute - date_trunc('hour', minute, 'UTC')) / 3600 AS part
      FROM date_trunc('minute', now()) AS minute
), present AS (
    SELECT id, name, vessel_type, line, status, berth, eta, etd, operations_started_at, capacity_total
      FROM vessels WHERE status <> 'departed'
), worked AS (
    SELECT p.*, t.loaded, t.discharged, t.damaged, t.loaded + t.discharged AS moved, r.rate
      FROM present AS p
     CROSS JOIN clock
     CROSS JOIN LATERAL (
         SELECT coalesce(sum(loaded), 0)::bigint AS loaded, coalesce(sum(discharged), 0)::bigint AS discharged,
                coalesce(sum(damaged), 0)::bigint AS damaged
           FROM vessel_totals WHERE vessel_id = p.id) AS t
     CROSS JOIN LATERAL (
         SELECT coalesce(sum((loaded + discharged) * CASE WHEN vh.hour = clock.hour THEN 1 ELSE 1 - part END), 0)
                AS rate
           FROM vessel_hours AS vh
          WHERE vh.vessel_id = p.id AND vh.hour BETWEEN clock.hour - interval '1 hour' AND clock.hour) AS r
     WHERE p.status <> 'expected'
), projected AS (
    SELECT w.*,
           CASE WHEN w.status = 'operations_active' AND w.rate >= 0.5 AND w.capacity_total > w.moved
                THEN clock.now + interval '1 hour' * ((w.capacity_total - w.moved) / w.rate)::double precision END
           AS projected_completion
      FROM worked AS w CROSS JOIN clock
), hours AS (
    SELECT hour, sum(loaded) AS loaded, sum(discharged) AS discharged, sum(damaged) AS damaged, sum(tallies) AS tallies
      FROM vessel_hours
     WHERE hour > (SELECT hour FROM clock) - interval '25 hours' AND hour <= (SELECT hour FROM clock)
     GROUP BY hour
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'counts', (SELECT json_build_object(
            'expected', count(*) FILTER (WHERE status = 'expected'),
            'arrived', count(*) FILTER (WHERE status = 'arrived'),
            'berthed', count(*) FILTER (WHERE status = 'berthed'),
            'operations_active', count(*) FILTER (WHERE status = 'operations_active'),
            'operations_complete', count(*) FILTER (WHERE status = 'operations_complete'))
        FROM present),
    'vessels', (SELECT coalesce(json_agg(json_build_object(
            'id', id, 'name', name, 'vessel_type', vessel_type, 'line', line, 'status', status, 'berth', berth,
            'eta', eta, 'etd', etd, 'operations_started_at', operations_started_at,
            'capacity_total', capacity_total, 'loaded', loaded, 'discharged', discharged, 'damaged', damaged,
            'moved', moved, 'progress_percent', round(100.0 * moved / nullif(capacity_total, 0), 1),
            'rate_per_hour', round(rate), 'projected_completion', projected_completion,
            'late', coalesce(projected_completion > etd, false)
                    OR (coalesce(etd < clock.now, false) AND moved < capacity_total))
            ORDER BY status = 'operations_active' DESC, etd NULLS LAST, id), '[]')
        FROM projected),
    'expected', (SELECT coalesce(json_agg(e), '[]') FROM (
            SELECT id, name, vessel_type, line, berth, eta, etd, capacity_total
              FROM present WHERE status = 'expected' ORDER BY eta NULLS LAST, id LIMIT 10) AS e),
    'berths', (SELECT coalesce(json_agg(json_build_object(
            'name', b.name, 'length_m', b.length_m,
            'vessel', (SELECT json_build_object('id', p.id, 'name', p.name, 'status', p.status, 'etd', p.etd)
                         FROM present AS p
                        WHERE p.berth = b.name AND p.status IN ('berthed', 'operations_active', 'operations_complete')),
            'next', (SELECT json_build_object('id', p.id, 'name', p.name, 'eta', p.eta)
                       FROM present AS p
                      WHERE p.berth = b.name AND p.status IN ('expected', 'arrived')
                      ORDER BY p.eta NULLS LAST, p.id LIMIT 1))
            ORDER BY b.position, b.name), '[]')
        FROM berths AS b),
    'today', (SELECT json_build_object(
            'date', (clock.day AT TIME ZONE $1::text)::date,
            'loaded', coalesce(sum(loaded), 0), 'discharged', coalesce(sum(discharged), 0),
            'damaged', coalesce(sum(damaged), 0), 'tallies', coalesce(sum(tallies), 0))
        FROM (SELECT loaded, discharged, damaged, tallies FROM hours WHERE hour >= clock.day
              UNION ALL
              -- Where the day begins within an hour (UTC+5:30…), that hour's rest isn't kept: these are its tallies.
              SELECT CASE tally_type WHEN 'loaded' THEN count ELSE 0 END,
                     CASE tally_type WHEN 'discharged' THEN count ELSE 0 END,
                     CASE tally_type WHEN 'damaged' THEN count ELSE 0 END, 1
                FROM cargo_tallies
               WHERE clock.day > date_trunc('hour', clock.day, 'UTC') AND tallied_at >= clock.day
                 AND tallied_at < date_trunc('hour', clock.day, 'UTC') + interval '1 hour') AS d),
    'hours', (SELECT json_agg(json_build_object(
            'hour', s.hour, 'loaded', coalesce(h.loaded, 0), 'discharged', coalesce(h.discharged, 0),
            'damaged', coalesce(h.damaged, 0)) ORDER BY s.hour)
        FROM generate_series(clock.hour - interval '23 hours', clock.hour, interval '1 hour') AS s (hour)
        LEFT JOIN hours AS h USING (hour)))::text
  FROM clock
