-- What labour costs and what is owed for it, by currency, as one JSON text. $1 is the zone in which days and weeks begin.
-- Reads this week's completed contracts and payments, and what is not paid yet.
WITH clock AS (
    SELECT minute AS now, (minute AT TIME ZONE $1::text)::date AS today, date_trunc('week', minute, $1::text) AS week,
           (date_trunc('week', minute AT TIME ZONE $1::text) + interval '7 days') AT TIME ZONE $1::text AS next_week
      FROM date_trunc('minute', now()) AS minute
), cost AS (
    SELECT c.currency, count(*) AS contracts, sum(c.earned_minor)::bigint AS minor
      FROM contracts AS c CROSS JOIN clock
     WHERE c.status = 'completed' AND c.completed_at >= clock.week AND c.completed_at < clock.next_week
     GROUP BY c.currency
), owed AS (
    SELECT p.currency,
           count(*) FILTER (WHERE p.status = 'due') AS due,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.status = 'due'), 0)::bigint AS due_minor,
           count(*) FILTER (WHERE p.status = 'approved') AS approved,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.status = 'approved'), 0)::bigint AS approved_minor,
           count(*) FILTER (WHERE p.due_on < clock.today) AS overdue,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.due_on < clock.today), 0)::bigint AS overdue_minor
      FROM payments AS p CROSS JOIN clock
     WHERE p.status IN ('due', 'approved')
     GROUP BY p.currency
), paid AS (
    SELECT p.currency, count(*) AS payments, sum(p.amount_minor)::bigint AS minor
      FROM payments AS p CROSS JOIN clock
     WHERE p.status = 'paid' AND p.paid_at >= clock.week AND p.paid_at < clock.next_week
     GROUP BY p.currency
)
SELECT json_build_object(
    'generated_at', clock.now,
    'timezone', $1::text,
    'week_begins', (clock.week AT TIME ZONE $1::text)::date,
    'currencies', (SELECT coalesce(json_agg(json_build_object(
            'currency', currency,
            'cost_this_week', json_build_object('count', coalesce(c.contracts, 0), 'minor', coalesce(c.minor, 0)),
            'due', json_build_object('count', coalesce(o.due, 0), 'minor', coalesce(o.due_minor, 0)),
            'approved', json_build_object('count', coalesce(o.approved, 0), 'minor', coalesce(o.approved_minor, 0)),
            'overdue', json_build_object('count', coalesce(o.overdue, 0), 'minor', coalesce(o.overdue_minor, 0)),
            'paid_this_week', json_build_object('count', coalesce(p.payments, 0), 'minor', coalesce(p.minor, 0)))
            ORDER BY currency), '[]')
        FROM cost AS c FULL JOIN owed AS o USING (currency) FULL JOIN paid AS p USING (currency)),
    'overdue', (SELECT coalesce(json_agg(n), '[]') FROM (
            SELECT p.id, p.contract_id, w.name AS worker_name, c.name AS client_name, p.amount_minor, p.currency, p.due_on,
                   p.reference, p.status
              FROM (SELECT * FROM payments WHERE status IN ('due', 'approved') AND due_on < clock.today
                     ORDER BY due_on, id LIMIT 10) AS p
              JOIN contracts AS k ON k.id = p.contract_id
              JOIN workers AS w ON w.id = k.worker_id
              JOIN jobs AS j ON j.id = k.job_id
              JOIN clients AS c ON c.id = j.client_id
             ORDER BY p.due_on, p.id) AS n))::text
  FROM clock
