-- What labour costs and what is owed for it, by currency, as one JSON text. $1 is the zone in which weeks begin. Payments are due
-- on days of UTC, for the schema's triggers, which say when one is due by the client's terms, know no other.
-- It reads sums that triggers keep (labour_sums) and the ten payments that are late the longest.
WITH clock AS (
    SELECT minute AS now, utc_today, monday, monday::timestamp AT TIME ZONE $1::text AS week,
           (monday + 7)::timestamp AT TIME ZONE $1::text AS next_week, utc_today::timestamp AT TIME ZONE 'UTC' AS due_today
      FROM date_trunc('minute', now()) AS minute
     CROSS JOIN LATERAL (SELECT (minute AT TIME ZONE $1::text)::date AS today,
                                (minute AT TIME ZONE 'UTC')::date AS utc_today) AS t
     CROSS JOIN LATERAL (SELECT date_trunc('week', today::timestamp)::date AS monday) AS w
), cost AS (
    SELECT s.kind AS currency, sum(s.rows) AS rows, sum(s.part) AS minor
      FROM labour_sums AS s CROSS JOIN clock
     WHERE s.counted = 'worked' AND s.quarter >= clock.week AND s.quarter < clock.next_week
     GROUP BY s.kind HAVING sum(s.rows) > 0
), owed AS (
    SELECT s.kind AS currency,
           coalesce(sum(s.rows) FILTER (WHERE s.counted = 'due'), 0) AS due,
           coalesce(sum(s.amount) FILTER (WHERE s.counted = 'due'), 0) AS due_minor,
           coalesce(sum(s.rows) FILTER (WHERE s.counted = 'approved'), 0) AS approved,
           coalesce(sum(s.amount) FILTER (WHERE s.counted = 'approved'), 0) AS approved_minor,
           coalesce(sum(s.rows) FILTER (WHERE s.quarter < clock.due_today), 0) AS overdue,
           coalesce(sum(s.amount) FILTER (WHERE s.quarter < clock.due_today), 0) AS overdue_minor
      FROM labour_sums AS s CROSS JOIN clock
     WHERE s.counted IN ('due', 'approved')
     GROUP BY s.kind
), paid AS (
    SELECT s.kind AS currency, sum(s.rows) AS rows, sum(s.amount) AS minor
      FROM labour_sums AS s CROSS JOIN clock
     WHERE s.counted = 'paid' AND s.quarter >= clock.week AND s.quarter < clock.next_week
     GROUP BY s.kind HAVING sum(s.rows) > 0
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'utc_today', clock.utc_today,
    'week_begins', clock.monday,
    'currencies', (SELECT coalesce(json_agg(json_build_object(
            'currency', currency,
            'cost_this_week', json_build_object('count', coalesce(c.rows, 0), 'minor', coalesce(c.minor, 0)),
            'due', json_build_object('count', coalesce(o.due, 0), 'minor', coalesce(o.due_minor, 0)),
            'approved', json_build_object('count', coalesce(o.approved, 0), 'minor', coalesce(o.approved_minor, 0)),
            'overdue', json_build_object('count', coalesce(o.overdue, 0), 'minor', coalesce(o.overdue_minor, 0)),
            'paid_this_week', json_build_object('count', coalesce(p.rows, 0), 'minor', coalesce(p.minor, 0)))
            ORDER BY currency), '[]')
        FROM cost AS c FULL JOIN owed AS o USING (currency) FULL JOIN paid AS p USING (currency)),
    'overdue', (SELECT coalesce(json_agg(n), '[]') FROM (
            SELECT p.id, p.contract_id, w.name AS worker_name, c.name AS client_name, p.amount_minor, p.currency, p.due_on,
                   p.reference, p.status
              FROM (SELECT * FROM payments WHERE status IN ('due', 'approved') AND due_on < clock.utc_today
                     ORDER BY due_on, id LIMIT 10) AS p
              JOIN contracts AS k ON k.id = p.contract_id
              JOIN workers AS w ON w.id = k.worker_id
              JOIN jobs AS j ON j.id = k.job_id
              JOIN clients AS c ON c.id = j.client_id
             ORDER BY p.due_on, p.id) AS n))::text
  FROM clock
