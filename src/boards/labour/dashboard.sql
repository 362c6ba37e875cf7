-- The labour desk's dashboard, whole, as one JSON text. $1 is the zone in which days and weeks begin. No money in it.
-- Whole tables are counted by triggers; for the rest it reads what is open or booked now, this week's contracts, the next
-- fortnight's open jobs and the last thirty days' jobs, each by a range of an index.
-- The clock counts in minutes, so that a dashboard on which nothing happened stays the same to the byte.
WITH clock AS (
    SELECT minute AS now, date_trunc('day', minute, $1::text) AS day, (minute AT TIME ZONE $1::text)::date AS today,
           date_trunc('week', minute, $1::text) AS week,
           (date_trunc('week', minute AT TIME ZONE $1::text) + interval '7 days') AT TIME ZONE $1::text AS next_week,
           (date_trunc('day', minute AT TIME ZONE $1::text) + interval '14 days') AT TIME ZONE $1::text AS fortnight
      FROM date_trunc('minute', now()) AS minute
), counted AS (
    SELECT split_part(counted, ' ', 1) AS what, split_part(counted, ' ', 2) AS value,
           sum(rows)::bigint AS rows, sum(places)::bigint AS places, sum(filled)::bigint AS filled
      FROM labour_counts GROUP BY counted
), booked AS (
    -- Whoever works now, by what is said of the worker otherwise.
    SELECT w.availability, count(*) AS workers
      FROM (SELECT DISTINCT c.worker_id
              FROM contracts AS c CROSS JOIN clock
             WHERE c.status IN ('accepted', 'active') AND c.starts_at <= clock.now AND c.ends_at > clock.now) AS busy
      JOIN workers AS w ON w.id = busy.worker_id
     GROUP BY w.availability
), last_days AS (
    SELECT coalesce(sum(j.places), 0)::bigint AS places, coalesce(sum(j.filled), 0)::bigint AS filled
      FROM jobs AS j CROSS JOIN clock
     WHERE j.starts_at > clock.now - interval '30 days' AND j.starts_at <= clock.now AND j.status IN ('open', 'filled', 'done')
), days AS (
    SELECT (j.starts_at AT TIME ZONE $1::text)::date AS date, count(*) AS jobs, sum(j.places)::bigint AS places,
           sum(j.places - j.filled)::bigint AS unfilled
      FROM jobs AS j CROSS JOIN clock
     WHERE j.status = 'open' AND j.starts_at >= clock.day AND j.starts_at < clock.fortnight
     GROUP BY 1
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'jobs', (SELECT json_object_agg(s.status, coalesce(c.rows, 0) ORDER BY s.nth)
        FROM unnest(ARRAY['draft', 'open', 'filled', 'done', 'cancelled']) WITH ORDINALITY AS s (status, nth)
        LEFT JOIN counted AS c ON c.what = 'jobs' AND c.value = s.status),
    'days', (SELECT json_agg(json_build_object(
            'date', d.date, 'open_jobs', coalesce(days.jobs, 0), 'places', coalesce(days.places, 0),
            'unfilled', coalesce(days.unfilled, 0)) ORDER BY d.date)
        FROM (SELECT clock.today + n AS date FROM generate_series(0, 13) AS n) AS d
        LEFT JOIN days USING (date)),
    'fill_rate', json_build_object(
        'current', (SELECT json_build_object(
                'places', coalesce(sum(places), 0), 'filled', coalesce(sum(filled), 0),
                'percent', round(100.0 * sum(filled) / nullif(sum(places), 0), 1))
            FROM counted WHERE what = 'jobs' AND value IN ('open', 'filled')),
        'last_30_days', (SELECT json_build_object(
                'places', places, 'filled', filled, 'percent', round(100.0 * filled / nullif(places, 0), 1))
            FROM last_days)),
    'hours', json_build_object(
        'week_begins', (clock.week AT TIME ZONE $1::text)::date,
        'worked', (SELECT round(coalesce(sum(c.minutes_worked), 0) / 60.0, 1)
            FROM contracts AS c
           WHERE c.status = 'completed' AND c.completed_at >= clock.week AND c.completed_at < clock.next_week),
        'planned', (SELECT round(coalesce(sum(extract(epoch FROM c.ends_at - c.starts_at)), 0) / 3600.0, 1)
            FROM contracts AS c
           WHERE c.status IN ('accepted', 'active', 'completed')
             AND c.starts_at >= clock.week AND c.starts_at < clock.next_week)),
    'workers', (SELECT json_build_object(
            'available', coalesce(sum(w.workers) FILTER (WHERE availability = 'available'), 0),
            'booked', (SELECT coalesce(sum(workers), 0) FROM booked),
            'on_leave', coalesce(sum(w.workers) FILTER (WHERE availability = 'on_leave'), 0),
            'unavailable', coalesce(sum(w.workers) FILTER (WHERE availability = 'unavailable'), 0))
        FROM (SELECT value AS availability, rows AS workers FROM counted WHERE what = 'workers'
              UNION ALL
              SELECT availability, -workers FROM booked) AS w),
    'next_jobs', (SELECT coalesce(json_agg(n), '[]') FROM (
            SELECT j.id, j.title, c.name AS client_name, j.place, j.starts_at, j.places, j.filled, j.skills
              FROM (SELECT * FROM jobs WHERE status = 'open' AND starts_at > clock.now
                     ORDER BY starts_at, id LIMIT 10) AS j
              JOIN clients AS c ON c.id = j.client_id
             ORDER BY j.starts_at, j.id) AS n))::text
  FROM clock
