-- The delivery board's dashboard, whole, as one JSON text. $1 is the zone whose date is today's.
-- Reads of each active project its kept totals and those of its last 90 days, and the allocations that reach into this week
-- or beyond; the rest are kept totals. So its cost does not grow with what has been done. late, at_risk and burn_up are of
-- all active projects, "active" has the 50 most urgent of them (due first).
--   late      due_on has passed
--   behind    progress is more than 15 points behind the share of the time that has elapsed
--   too_slow  more points are open than are done until due_on at the pace of the last 14 days; not asked of a project that
--             is younger than that
--   at_risk   behind or too_slow, and not late
-- Progress is by points; by items where none has points. Days are kept in UTC: what UTC's tomorrow has already is today's.
-- The clock counts in minutes, so that a dashboard on which nothing happened stays the same to the byte.
WITH clock AS (
    SELECT minute AS now, today, today - extract(isodow FROM today)::int + 1 AS monday
      FROM date_trunc('minute', now()) AS minute
     CROSS JOIN LATERAL (SELECT (minute AT TIME ZONE $1::text)::date AS today) AS t
), running AS (
    SELECT id, code, name, priority, priority_order, owner, starts_on, due_on
      FROM projects WHERE status = 'active'
), days AS MATERIALIZED (
    SELECT d.project_id, least(d.day, clock.today) AS day, d.points, d.points_done
      FROM clock CROSS JOIN running AS r
     CROSS JOIN LATERAL (SELECT * FROM project_days
                          WHERE project_id = r.id AND project_days.day > clock.today - 90) AS d
), pace AS (
    SELECT project_id, sum(points_done) AS points_done_14_days
      FROM days CROSS JOIN clock WHERE day > clock.today - 14 GROUP BY project_id
), measured AS MATERIALIZED (
    SELECT r.*, t.*,
           CASE WHEN t.points_total > 0 THEN round(100.0 * t.points_done / t.points_total, 1)
                ELSE coalesce(round(100.0 * t.items_done / nullif(t.items_total, 0), 1), 0) END AS progress_percent,
           CASE WHEN r.due_on > r.starts_on THEN
                least(100, greatest(0, round(100.0 * (clock.today - r.starts_on) / (r.due_on - r.starts_on), 1)))
                END AS elapsed_percent,
           coalesce(p.points_done_14_days, 0) AS points_done_14_days,
           coalesce(r.due_on < clock.today, false) AS late
      FROM running AS r CROSS JOIN clock
      LEFT JOIN pace AS p ON p.project_id = r.id
     CROSS JOIN LATERAL (
           SELECT coalesce(max(items), 0) AS items_total, coalesce(max(items_done), 0) AS items_done,
                  coalesce(max(points), 0) AS points_total, coalesce(max(points_done), 0) AS points_done
             FROM project_totals WHERE project_id = r.id) AS t
), judged AS (
    SELECT m.*,
           coalesce(elapsed_percent - progress_percent > 15, false) AS behind,
           coalesce(m.starts_on <= clock.today - 14 AND m.due_on >= clock.today
                    AND 14 * (points_total - points_done) > points_done_14_days * (m.due_on - clock.today + 1), false)
           AS too_slow
      FROM measured AS m CROSS JOIN clock
), urgent AS (
    SELECT u.*, f.*
      FROM (SELECT * FROM judged ORDER BY coalesce(due_on, 'infinity'), priority_order, id LIMIT 50) AS u
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE status <> 'dropped') AS features_total,
                  count(*) FILTER (WHERE status = 'done') AS features_done
             FROM features WHERE project_id = u.id) AS f
), week AS (
    SELECT resource_id, sum(percent) / 5.0 AS mean, max(percent) AS peak
      FROM (SELECT a.resource_id, sum(a.percent) AS percent
              FROM clock
              JOIN allocations AS a
                ON daterange(a.starts_on, a.ends_on, '[]') && daterange(clock.monday, clock.monday + 5)
             CROSS JOIN generate_series(0, 4) AS n
             WHERE clock.monday + n BETWEEN a.starts_on AND a.ends_on
             GROUP BY a.resource_id, n) AS by_day
     GROUP BY resource_id
), load AS (
    SELECT r.id, r.name, r.role_title, r.availability, r.capacity_percent, round(w.mean, 1) AS allocated_percent,
           w.peak AS peak_percent, w.mean / r.capacity_percent AS share
      FROM week AS w JOIN resources AS r ON r.id = w.resource_id
), people AS (
    SELECT coalesce(sum(rows) FILTER (WHERE value = 'available'), 0) AS available,
           coalesce(sum(rows) FILTER (WHERE value = 'on_leave'), 0) AS on_leave,
           coalesce(sum(rows) FILTER (WHERE value = 'unavailable'), 0) AS unavailable
      FROM delivery_counts WHERE table_name = 'resources'
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'today', clock.today,
    'projects', (SELECT json_object_agg(status, (SELECT coalesce(sum(rows), 0) FROM delivery_counts
                                                  WHERE table_name = 'projects' AND value LIKE status || ' %') ORDER BY nth)
        FROM unnest(ARRAY['planned', 'active', 'on_hold', 'completed', 'cancelled']) WITH ORDINALITY AS s (status, nth)),
    'open_by_priority', (SELECT json_object_agg(priority, (
            SELECT coalesce(sum(rows), 0) FROM delivery_counts
             WHERE table_name = 'projects'
               AND value IN ('planned ' || priority, 'active ' || priority, 'on_hold ' || priority)) ORDER BY nth)
        FROM unnest(ARRAY['critical', 'high', 'medium', 'low']) WITH ORDINALITY AS p (priority, nth)),
    'late', (SELECT count(*) FROM judged WHERE late),
    'at_risk', (SELECT count(*) FROM judged WHERE (behind OR too_slow) AND NOT late),
    'active', (SELECT coalesce(json_agg(json_build_object(
            'id', id, 'code', code, 'name', name, 'priority', priority, 'owner', owner,
            'starts_on', starts_on, 'due_on', due_on,
            'features_total', features_total, 'features_done', features_done,
            'items_total', items_total, 'items_done', items_done,
            'points_total', points_total, 'points_done', points_done, 'points_done_14_days', points_done_14_days,
            'progress_percent', progress_percent, 'elapsed_percent', elapsed_percent,
            'late', late, 'behind', behind, 'too_slow', too_slow, 'at_risk', (behind OR too_slow) AND NOT late)
            ORDER BY coalesce(due_on, 'infinity'), priority_order, id), '[]')
        FROM urgent),
    -- Of all active projects: where they are now, less what came since.
    'burn_up', (SELECT json_agg(json_build_object(
            'day', b.day, 'points', now_points - b.points_since, 'points_done', now_done - b.done_since) ORDER BY b.day)
        FROM (SELECT coalesce(sum(points_total), 0) AS now_points, coalesce(sum(points_done), 0) AS now_done
                FROM measured) AS t
       CROSS JOIN (SELECT s.day::date AS day,
                          coalesce(sum(sum(d.points)) OVER later, 0) AS points_since,
                          coalesce(sum(sum(d.points_done)) OVER later, 0) AS done_since
                     FROM generate_series(clock.today - 89, clock.today, interval '1 day') AS s (day)
                     LEFT JOIN days AS d ON d.day = s.day::date
                    GROUP BY s.day
                   WINDOW later AS (ORDER BY s.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS b),
    'week', json_build_object('from', clock.monday, 'to', clock.monday + 4),
    'load', (SELECT coalesce(json_agg(json_build_object(
            'id', id, 'name', name, 'role_title', role_title, 'availability', availability,
            'capacity_percent', capacity_percent, 'allocated_percent', allocated_percent, 'peak_percent', peak_percent)
            ORDER BY share DESC, name, id), '[]')
        FROM (SELECT * FROM load ORDER BY share DESC, name, id LIMIT 20) AS most),
    -- Of those who are available: with nothing, part, or all of their capacity taken this week.
    'resources', (SELECT json_build_object(
            'available', people.available, 'on_leave', people.on_leave, 'unavailable', people.unavailable,
            'free', people.available - count(*) FILTER (WHERE l.availability = 'available'),
            'partly_free', count(*) FILTER (WHERE l.availability = 'available' AND share < 1),
            'full', count(*) FILTER (WHERE l.availability = 'available' AND share >= 1))
        FROM people LEFT JOIN load AS l ON true
       GROUP BY people.available, people.on_leave, people.unavailable))::text
  FROM clock
