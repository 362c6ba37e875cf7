-- A terminal's projects at work, relative to now: six active ones, of which some are late or at risk, others planned, on hold
-- or over; who works on them, and their backlogs. Firms and people are invented. Settings demo.seed and demo.factor (how many
-- times the usual size: more that is over, and more who worked on it) are set by the program.

CREATE FUNCTION pg_temp.delivery_hash(of text) RETURNS integer LANGUAGE sql AS $$
    SELECT abs(hashtextextended(current_setting('demo.seed') || ':' || of, 0) % 1000000007)::integer
$$;

-- Things are put into projects that are over.
SELECT set_config('stevedores.restoring', 'on', true);

-- The first thirty are there now; of the others most have left.
CREATE TEMPORARY TABLE demo_person ON COMMIT DROP AS
SELECT i, h, n.name, lower(replace(n.name, ' ', '.')) || i || '@terminal.example' AS email
  FROM generate_series(1, 30 + 10 * (current_setting('demo.factor')::int - 1)) AS i
 CROSS JOIN LATERAL (SELECT pg_temp.delivery_hash('person:' || i) AS h) AS h
 CROSS JOIN LATERAL (SELECT
       (array['Amara', 'Bastian', 'Carla', 'Dmitri', 'Elif', 'Farah', 'Goran', 'Helle', 'Imran', 'Jonas', 'Kaja', 'Lorenzo',
              'Mirela', 'Nils', 'Oksana', 'Pavel', 'Quentin', 'Rosa', 'Sefa', 'Tove'])[1 + (i * 7 + h % 3) % 20] || ' '
       || (array['Achterberg', 'Bianchi', 'Castro', 'Dahl', 'Eriksen', 'Fonseca', 'Grabowski', 'Hartog', 'Ivanova', 'Jensen',
                 'Keller', 'Laurent', 'Mensah'])[1 + (i * 5 + h % 4) % 13] AS name) AS n;

INSERT INTO resources (name, email, role_title, skills, availability, capacity_percent, created_at, updated_at)
SELECT p.name, p.email, r.title,
       to_jsonb(r.skills || CASE h % 4 WHEN 0 THEN '{}' WHEN 1 THEN r.more[1:1] WHEN 2 THEN r.more[2:2] ELSE r.more END),
       CASE WHEN i > 30 THEN CASE WHEN h % 10 < 8 THEN 'unavailable' ELSE 'available' END
            WHEN i % 10 = 4 THEN 'on_leave' WHEN i % 15 = 8 THEN 'unavailable' ELSE 'available' END,
       CASE WHEN i <= 30 AND i % 7 = 3 THEN 60 WHEN i <= 30 AND i % 11 = 5 THEN 80 ELSE 100 END,
       now() - interval '2 years' + i % 700 * interval '1 day', now() - (2 + h % 90) * interval '1 day'
  FROM demo_person AS p
  JOIN (VALUES (0, 'Terminal planner', array['yard planning'], array['stowage', 'simulation']),
               (1, 'Software engineer', array['c', 'sql'], array['edi', 'embedded']),
               (2, 'Automation engineer', array['plc', 'commissioning'], array['sensors', 'safety systems']),
               (3, 'Business analyst', array['process analysis'], array['customs', 'billing']),
               (4, 'Test engineer', array['testing'], array['load testing', 'field trials']),
               (5, 'Trainer', array['training'], array['safety', 'documentation'])) AS r (k, title, skills, more)
    ON r.k = p.i % 6
 ORDER BY i;

-- Projects: 1 to 12 as they are, and twelve more over the last six years for each further factor. Starts and ends are in days
-- from now; done is the share of the backlog.
CREATE TEMPORARY TABLE demo_project ON COMMIT DROP AS
WITH subject (k, code, name) AS (VALUES
    (1, 'YARD', 'Yard automation'), (2, 'GATE', 'Gate appointments'), (3, 'REEF', 'Reefer monitoring'),
    (4, 'OCR', 'Number recognition at the cranes'), (5, 'BERTH', 'Berth planning'), (6, 'TALLY', 'Tally tablets'),
    (7, 'CUST', 'Customs interface'), (8, 'SHORE', 'Shore power at Berth 4'), (9, 'STOW', 'Stow plans for ro-ro'),
    (10, 'SAFE', 'Safety training'), (11, 'INVO', 'Invoice matching'), (12, 'PHOTO', 'Damage photographs')
), now_on (k, status, priority, starts, due, done, items) AS (VALUES
    (1, 'active', 'high', -120, 30, 0.83, 95),
    (2, 'active', 'critical', -90, -6, 0.91, 78),       -- late
    (3, 'active', 'high', -60, 25, 0.38, 84),           -- behind
    (4, 'active', 'medium', -100, 60, 0.66, 70),
    (5, 'active', 'medium', -40, 80, 0.37, 66),
    (6, 'active', 'critical', -30, 12, 0.47, 72),       -- behind, and too slow
    (7, 'on_hold', 'medium', -70, 50, 0.30, 54),
    (8, 'planned', 'high', 20, 200, 0, 46),
    (9, 'planned', 'low', 45, NULL, 0, 30),
    (10, 'completed', 'medium', -140, -20, 1, 88),
    (11, 'completed', 'high', -130, -35, 1, 75),
    (12, 'cancelled', 'low', -80, 10, 0.2, 42)
)
SELECT k AS i, h, code, name, status, priority, starts, due, done, items,
       CASE status WHEN 'completed' THEN due - 2.5 WHEN 'cancelled' THEN -14.5 END AS closed
  FROM now_on JOIN subject USING (k) CROSS JOIN LATERAL (SELECT pg_temp.delivery_hash('project:' || k) AS h) AS h
 UNION ALL
SELECT i, h, code || '-' || (i - 1) / 12, name || ' ' || (i - 1) / 12,
       CASE WHEN h % 10 = 0 THEN 'cancelled' ELSE 'completed' END,
       (array['low', 'medium', 'medium', 'high', 'high', 'critical'])[1 + h % 6], starts, starts + 60 + h % 60,
       CASE WHEN h % 10 = 0 THEN 0.3 ELSE 1 END, 40 + h % 56, starts + 55 + h % 70
  FROM generate_series(13, 12 * current_setting('demo.factor')::int) AS i
  JOIN subject ON k = 1 + (i - 1) % 12
 CROSS JOIN LATERAL (SELECT pg_temp.delivery_hash('project:' || i) AS h,
                            -2400 + floor(2100.0 * (i - 13) / (12 * current_setting('demo.factor')::int))::int AS starts) AS h;

INSERT INTO projects (code, name, description, status, priority, owner, starts_on, due_on, closed_at, created_at, updated_at)
SELECT p.code, p.name, 'Agreed with operations, to be handed over to the shift leaders.', p.status, p.priority,
       (SELECT name FROM demo_person WHERE demo_person.i = 1 + p.h % 30),
       utc_day(now()) + p.starts, utc_day(now()) + p.due, now() + p.closed * interval '1 day',
       now() + least(p.starts - 12, -25 - i % 12) * interval '1 day', now() + coalesce(p.closed, -(h % 9)) * interval '1 day'
  FROM demo_project AS p
 ORDER BY i;

-- Five features each, one after the other.
INSERT INTO features (project_id, name, description, status, priority, due_on, created_at, updated_at)
SELECT q.id, f.names[1 + (p.i * 3 + n * 2) % 10], CASE WHEN n % 2 = 0 THEN 'With whoever works with it at the table.' END,
       CASE WHEN p.done >= n * 0.2 THEN 'done'
            WHEN p.status = 'cancelled' THEN 'dropped'
            WHEN p.done > (n - 1) * 0.2 THEN 'in_progress' ELSE 'proposed' END,
       (array['high', 'medium', 'medium', 'critical', 'low'])[1 + (p.h + n) % 5],
       q.starts_on + ((q.due_on - q.starts_on) * n * 0.2)::int, q.created_at + n * interval '1 hour',
       q.created_at + n * interval '1 hour'
  FROM demo_project AS p
  JOIN projects AS q ON q.code = p.code
 CROSS JOIN generate_series(1, 5) AS n
 CROSS JOIN (SELECT array['Data from the terminal system', 'Screens for the control room', 'Messages to hauliers',
                          'Devices on the quay', 'Reports for the shift', 'Alarms and their escalation', 'Access and roles',
                          'Interface to customers', 'Migration of the old records', 'Training and handover'] AS names) AS f
 ORDER BY p.i, n;

CREATE TEMPORARY TABLE demo_feature ON COMMIT DROP AS
SELECT project_id, id, row_number() OVER (PARTITION BY project_id ORDER BY id)::int AS nth FROM features;
CREATE TEMPORARY TABLE demo_resource ON COMMIT DROP AS
SELECT id, row_number() OVER (ORDER BY id)::int AS i FROM resources;
ANALYZE demo_feature, demo_resource, demo_project, projects;

-- The backlog: in the order in which it is worked, one item in ten of no feature. `x` is where in the project's time an item
-- is done.
INSERT INTO backlog_items (project_id, feature_id, title, description, kind, status, points, priority, resource_id, done_at,
                           created_at, updated_at)
SELECT q.id, f.id,
       CASE k.kind WHEN 'bug' THEN 'Correct: ' ELSE '' END
           || (array['Show', 'Import', 'Check', 'Export', 'Warn about', 'Archive', 'Print', 'Compare', 'Count', 'Search']
              )[1 + h.h % 10]
           || ' ' || (array['gate passes', 'reefer temperatures', 'crane moves', 'stow positions', 'seal numbers',
                            'damage photos', 'booking references', 'shift handovers', 'truck arrivals', 'yard slots',
                            'lashing points', 'customs releases', 'berth conflicts', 'tally differences', 'weights',
                            'dangerous goods'])[1 + h.h / 10 % 16]
           || ' for ' || (array['the planner', 'the night shift', 'hauliers', 'customs', 'the control room', 'surveyors',
                                'the lines', 'the gate clerks'])[1 + h.h / 160 % 8],
       CASE WHEN h.h % 3 = 0 THEN 'As discussed on the quay. Done when the shift leader has tried it.' END,
       k.kind, s.status, (array[1, 2, 3, 3, 5, 5, 8, 13])[1 + h.h / 7 % 8],
       (array['medium', 'medium', 'high', 'low', 'medium', 'critical'])[1 + h.h / 11 % 6],
       CASE WHEN s.status <> 'todo' OR h.h % 3 = 0 THEN r.id END,
       CASE WHEN s.status = 'done' THEN d.done_at END, d.created_at,
       CASE s.status WHEN 'done' THEN d.done_at WHEN 'todo' THEN d.created_at
                     ELSE now() - (1 + h.h % 90) * interval '1 hour' END
  FROM demo_project AS p
  JOIN projects AS q ON q.code = p.code
 CROSS JOIN LATERAL generate_series(1, p.items) AS n
 CROSS JOIN LATERAL (SELECT pg_temp.delivery_hash('item:' || p.i || ':' || n) AS h) AS h
  LEFT JOIN demo_feature AS f ON f.project_id = q.id AND f.nth = 1 + (n - 1) * 5 / p.items AND h.h % 10 > 0
  JOIN demo_resource AS r ON r.i = CASE WHEN p.i <= 12 THEN 1 + (p.i * 4 + h.h % 5) % 30
                                        ELSE 1 + (p.i * 3 + h.h % 5) % (SELECT count(*)::int FROM demo_resource) END
 CROSS JOIN LATERAL (SELECT CASE WHEN h.h % 20 < 12 THEN 'story' WHEN h.h % 20 < 17 THEN 'bug' ELSE 'task' END AS kind) AS k
 CROSS JOIN LATERAL (SELECT CASE WHEN n <= p.items * p.done THEN 'done'
                                 WHEN p.status <> 'active' THEN 'todo'
                                 WHEN n <= p.items * p.done + 3 THEN 'review'
                                 WHEN n <= p.items * p.done + 8 THEN 'in_progress' ELSE 'todo' END AS status) AS s
 CROSS JOIN LATERAL (SELECT now() + (p.starts + (least(coalesce(p.closed, -0.1), p.due - 1, -0.1) - p.starts)
                                     * (n - 0.5 + (h.h % 9 - 4) / 9.0) / (p.items * greatest(p.done, 0.01))) * interval '1 day'
                                AS done_at) AS t
 CROSS JOIN LATERAL (SELECT t.done_at,
                            least(q.created_at + CASE WHEN h.h % 10 < 7 THEN h.h % 240 * interval '1 hour'
                                                      ELSE (now() - q.created_at) * (h.h % 97) / 100.0
                                                           * CASE WHEN p.closed IS NULL THEN 1 ELSE 0.05 END END,
                                  CASE WHEN s.status = 'done' THEN t.done_at - (2 + h.h % 40) * interval '3 hours' END,
                                  now() - interval '2 hours') AS created_at) AS d
 ORDER BY p.i, n;

-- Of the thirty, every sixth is on no project; the others have half of their time on one and some more on another. What is
-- planned has a few of those who have something left.
INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent, created_at, updated_at)
SELECT r.id, q.id, q.starts_on, greatest(q.due_on, utc_day(now()) + 4), a.percent, q.created_at, q.created_at
  FROM demo_resource AS r
  JOIN resources AS s USING (id)
 CROSS JOIN LATERAL (SELECT 1 + r.i % 6 AS k, CASE WHEN s.capacity_percent < 100 THEN 40 ELSE 50 END AS percent
                      UNION ALL
                     SELECT 1 + (r.i * 5 + 2) % 7, CASE WHEN s.capacity_percent < 100 THEN 20 ELSE 20 + r.i % 4 * 10 END
                      WHERE r.i % 5 > 0
                      UNION ALL
                     SELECT 8, 20 WHERE r.i % 5 = 0) AS a
  JOIN demo_project AS p ON p.i = a.k
  JOIN projects AS q ON q.code = p.code
 WHERE r.i <= 30 AND r.i % 6 > 0
 ORDER BY r.i, a.k;

-- Who worked on what is over, three each; the same person again only much later.
INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent, created_at, updated_at)
SELECT r.id, q.id, q.starts_on, utc_day(q.closed_at), 20, q.created_at, q.created_at
  FROM demo_project AS p
  JOIN projects AS q ON q.code = p.code
 CROSS JOIN generate_series(0, 2) AS n
  JOIN demo_resource AS r ON r.i = CASE WHEN p.i <= 12 THEN 6 * (p.i - 9 + n % 2) - n % 2 * 6
                                        ELSE 1 + (p.i * 3 + n) % (SELECT count(*)::int FROM demo_resource) END
 WHERE p.closed IS NOT NULL AND (p.i > 12 OR n = 0)
 ORDER BY p.i, n;

SELECT set_config('stevedores.restoring', '', true);
