-- The labour desk's dashboard, whole, as one JSON text. $1 is the zone in which days and weeks begin. No money in it.
-- It reads sums that triggers keep (labour_sums), who works at this moment, and the ten next jobs; so it costs the same
-- however many jobs and contracts there have been.
--   days       open jobs that go on at some time of the day: one that ends after midnight counts on both days
--   fortnight  the same of the fourteen days as one: each job once
--   worked     contracts that were completed this week, or terminated with minutes: all of their minutes
--   planned    accepted, active and completed contracts: what of their times lies in this week
-- The clock counts in minutes, so that a dashboard on which nothing happened stays the same to the byte.
WITH clock AS (
    SELECT minute AS now, today, today::timestamp AT TIME ZONE $1::text AS day,
           (today - 30)::timestamp AT TIME ZONE $1::text AS month_ago,
           monday, monday::timestamp AT TIME ZONE $1::text AS week,
           (monday + 7)::timestamp AT TIME ZONE $1::text AS next_week
      FROM date_trunc('minute', now()) AS minute
     CROSS JOIN LATERAL (SELECT (minute AT TIME ZONE $1::text)::date AS today) AS t
     CROSS JOIN LATERAL (SELECT date_trunc('week', today::timestamp)::date AS monday) AS w
), totals AS (
    SELECT counted, kind, rows, amount, part
      FROM labour_sums WHERE counted IN ('jobs', 'workers') AND quarter = '-infinity'
), turns AS (
    -- Open jobs go on for a day when they end then or later, but for those that begin later: on the eve of that they count
    -- the last time, as less. What is beyond the fortnight is the same for all of its days.
    SELECT s.counted, least((s.quarter AT TIME ZONE $1::text)::date - (s.counted = 'starts')::int, clock.today + 13) AS date,
           sum(sign * s.rows) AS jobs, sum(sign * s.amount) AS places, sum(sign * (s.amount - s.part)) AS unfilled
      FROM labour_sums AS s CROSS JOIN clock
     CROSS JOIN LATERAL (SELECT CASE s.counted WHEN 'ends' THEN 1 ELSE -1 END AS sign) AS n
     WHERE s.counted IN ('starts', 'ends') AND s.quarter >= clock.day AND s.kind = 'open'
     GROUP BY 1, 2
), planned AS (
    -- Microseconds of the week until each contract ends, less those until it begins; of one that began before, none.
    SELECT sum(sign * CASE WHEN s.quarter < clock.next_week
                           THEN s.rows * extract(epoch FROM s.quarter - clock.week) * 1000000 + s.amount
                           ELSE s.rows * extract(epoch FROM clock.next_week - clock.week) * 1000000 END) AS amount
      FROM labour_sums AS s CROSS JOIN clock
     CROSS JOIN LATERAL (SELECT CASE s.counted WHEN 'leaves' THEN 1 ELSE -1 END AS sign) AS n
     WHERE s.counted IN ('begins', 'leaves') AND s.quarter >= clock.week
), booked AS (
    -- Whoever works now, by what is said of the worker otherwise. No join: it would read all workers.
    SELECT (SELECT w.availability FROM workers AS w WHERE w.id = busy.worker_id) AS availability, count(*) AS workers
      FROM (SELECT DISTINCT c.worker_id
              FROM contracts AS c CROSS JOIN clock
             WHERE c.status IN ('accepted', 'active') AND c.starts_at <= clock.now AND c.ends_at > clock.now) AS busy
     GROUP BY 1
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'jobs', (SELECT json_object_agg(s.status, coalesce(t.rows, 0) ORDER BY s.nth)
        FROM unnest(ARRAY['draft', 'open', 'filled', 'done', 'cancelled']) WITH ORDINALITY AS s (status, nth)
        LEFT JOIN totals AS t ON t.counted = 'jobs' AND t.kind = s.status),
    'days', (SELECT json_agg(json_build_object(
            'date', d.date, 'open_jobs', t.jobs, 'places', t.places, 'unfilled', t.unfilled) ORDER BY d.date)
        FROM (SELECT clock.today + n AS date FROM generate_series(0, 13) AS n) AS d
       CROSS JOIN LATERAL (SELECT coalesce(sum(jobs), 0) AS jobs, coalesce(sum(places), 0) AS places,
                                  coalesce(sum(unfilled), 0) AS unfilled
                             FROM turns WHERE turns.date >= d.date) AS t),
    'fortnight', (SELECT json_build_object('open_jobs', coalesce(sum(jobs), 0), 'places', coalesce(sum(places), 0),
                                           'unfilled', coalesce(sum(unfilled), 0))
        FROM turns WHERE counted = 'ends' OR date = clock.today + 13),
    'fill_rate', json_build_object(
        'current', (SELECT json_build_object(
                'places', coalesce(sum(amount), 0), 'filled', coalesce(sum(part), 0),
                'percent', round(100 * sum(part) / nullif(sum(amount), 0), 1))
            FROM totals WHERE counted = 'jobs' AND kind IN ('open', 'filled')),
        'last_30_days', (SELECT json_build_object(
                'places', coalesce(sum(s.amount), 0), 'filled', coalesce(sum(s.part), 0),
                'percent', round(100 * sum(s.part) / nullif(sum(s.amount), 0), 1))
            FROM labour_sums AS s
           WHERE s.counted = 'starts' AND s.quarter >= clock.month_ago AND s.quarter < clock.day
             AND s.kind IN ('open', 'filled', 'done'))),
    'hours', json_build_object(
        'week_begins', clock.monday,
        'worked', (SELECT round(coalesce(sum(s.amount), 0) / 60, 1) FROM labour_sums AS s
           WHERE s.counted = 'worked' AND s.quarter >= clock.week AND s.quarter < clock.next_week),
        'planned', (SELECT round(coalesce(amount, 0) / 3600000000, 1) FROM planned)),
    'workers', (SELECT json_build_object(
            'available', coalesce(sum(w.workers) FILTER (WHERE availability = 'available'), 0),
            'booked', (SELECT coalesce(sum(workers), 0) FROM booked),
            'on_leave', coalesce(sum(w.workers) FILTER (WHERE availability = 'on_leave'), 0),
            'unavailable', coalesce(sum(w.workers) FILTER (WHERE availability = 'unavailable'), 0))
        FROM (SELECT kind AS availability, rows AS workers FROM totals WHERE counted = 'workers'
              UNION ALL
              SELECT availability, -workers FROM booked) AS w),
    'next_jobs', (SELECT coalesce(json_agg(n), '[]') FROM (
            SELECT j.id, j.title, c.name AS client_name, j.place, j.starts_at, j.places, j.filled, j.skills
              FROM (SELECT * FROM jobs WHERE status = 'open' AND starts_at > clock.now
                     ORDER BY starts_at, id LIMIT 10) AS j
              JOIN clients AS c ON c.id = j.client_id
             ORDER BY j.starts_at, j.id) AS n))::text
  FROM clock
