-- A labour-hire desk at work, relative to now: clients along the quay, the workers on its books, jobs of the last six weeks and
-- the next two, who works them and what is paid for it. Firms and people are invented. Settings demo.seed, demo.timezone and
-- demo.factor (how many times the usual size) are set by the program.

-- What triggers ask is planned once, while the tables are still empty: by index all the same.
SET LOCAL enable_seqscan = off;

CREATE FUNCTION pg_temp.demo_hash(of text) RETURNS bigint LANGUAGE sql AS $$
    SELECT abs(hashtextextended(current_setting('demo.seed') || ':' || of, 0) % 1000000007)
$$;

INSERT INTO clients (name, contact_name, contact_email, contact_phone, payment_terms_days, status, notes, created_at, updated_at)
SELECT n.name || CASE WHEN i > 80 THEN ' ' || i / 80 + 1 ELSE '' END,
       (array['Ingrid', 'Tomas', 'Leila', 'Piotr', 'Maren', 'Joao', 'Sanne', 'Idris', 'Katya', 'Owen'])[1 + h % 10] || ' '
           || (array['Brandt', 'Okafor', 'Lind', 'Marques', 'Vos', 'Haddad', 'Kowal', 'Reid'])[1 + h / 10 % 8],
       'crew' || CASE WHEN i > 80 THEN (i / 80 + 1)::text ELSE '' END || '@'
           || regexp_replace(lower(n.name), '[^a-z]+', '-', 'g') || '.example',
       '+49 40 555 ' || lpad((h % 10000)::text, 4, '0'),
       (array[7, 14, 14, 21, 30, 30])[1 + h % 6], CASE WHEN i % 12 = 0 THEN 'inactive' ELSE 'active' END,
       CASE h % 7 WHEN 0 THEN 'Wants the same lashing gang again.' WHEN 3 THEN 'Gate passes two days ahead.' END,
       now() - interval '2 years' + i * interval '1 day' / current_setting('demo.factor')::int,
       now() - h % 60 * interval '1 day'
  FROM generate_series(1, 25 * current_setting('demo.factor')::int) AS i
 CROSS JOIN LATERAL (SELECT pg_temp.demo_hash('client:' || i) AS h) AS h
 CROSS JOIN LATERAL (SELECT
       (array['Northgate', 'Tidewater', 'Blue Anchor', 'Halyard', 'Skerry', 'Grey Heron', 'Corran', 'Saltmarsh', 'Meridian',
              'Lantern Quay'])[1 + i % 10] || ' '
       || (array['Terminals', 'Stevedoring', 'Ro-Ro', 'Cold Store', 'Bulk Handling', 'Container Freight', 'Car Processing',
                 'Project Cargo'])[1 + i / 10 % 8] AS name) AS n
 ORDER BY i;

-- Trades, by number: what is asked for, what it pays an hour, in minor units, and the tickets that go with it.
CREATE TEMPORARY TABLE demo_trade (trade, title, skills, more, tickets, rate) ON COMMIT DROP AS VALUES
    (0, 'Lashing gang', array['lashing'], array['twistlocks', 'working at heights'], array['heights', 'first aid'], 2380),
    (1, 'Ro-ro drivers', array['driving'], array['high and heavy', 'manual gearbox'], array['driving licence b'], 2150),
    (2, 'Forklift drivers', array['forklift'], array['reach truck', 'clamp truck'], array['forklift licence'], 2320),
    (3, 'Crane operators', array['crane'], array['ship to shore', 'mobile crane'], array['crane licence', 'medical'], 3640),
    (4, 'Tally clerks', array['tallying'], array['seal check', 'damage survey'], array['security pass'], 2090),
    (5, 'Hold cleaning', array['hold cleaning'], array['confined space', 'washing'], array['confined space'], 2240),
    (6, 'Reefer technicians', array['reefer'], array['electrical', 'monitoring'], array['electrical', 'first aid'], 3120),
    (7, 'Mooring crew', array['mooring'], array['launch', 'signalling'], array['boat licence', 'first aid'], 2460);

-- Worker i has trade i % 8.
CREATE TEMPORARY TABLE demo_worker ON COMMIT DROP AS
SELECT i, pg_temp.demo_hash('worker:' || i) AS h, i % 8 AS trade
  FROM generate_series(0, 200 * current_setting('demo.factor')::int - 1) AS i;

INSERT INTO workers (name, phone, email, skills, tickets, availability, notes, created_at, updated_at)
SELECT n.name, '+49 151 555 ' || lpad((w.i % 100000)::text, 5, '0'),
       CASE WHEN w.h % 5 > 0 THEN regexp_replace(lower(n.name), '[^a-z]+', '.', 'g') || w.i || '@mail.example' END,
       to_jsonb(t.skills || CASE w.h % 4 WHEN 0 THEN '{}' WHEN 1 THEN t.more[1:1] WHEN 2 THEN t.more[2:2] ELSE t.more END),
       to_jsonb(CASE w.h % 3 WHEN 0 THEN t.tickets ELSE t.tickets[1:1] END
                || CASE WHEN w.h % 9 = 0 THEN array['banksman'] ELSE '{}' END),
       CASE WHEN w.h % 100 < 86 THEN 'available' WHEN w.h % 100 < 94 THEN 'on_leave' ELSE 'unavailable' END,
       CASE w.h % 11 WHEN 0 THEN 'Nights preferred.' WHEN 5 THEN 'No own transport.' END,
       now() - interval '3 years' + w.i * interval '4 days' / current_setting('demo.factor')::int,
       now() - w.h % 90 * interval '1 day'
  FROM demo_worker AS w
  JOIN demo_trade AS t USING (trade)
 CROSS JOIN LATERAL (SELECT
       (array['Ana', 'Bola', 'Chiara', 'Dag', 'Eiji', 'Femke', 'Gael', 'Hanna', 'Ivo', 'Jana', 'Kofi', 'Lene', 'Milan', 'Nadia',
              'Oskar', 'Petra', 'Quentin', 'Rosa', 'Sami', 'Tuva', 'Umut', 'Vera', 'Wim', 'Yara'])[1 + w.h / 100 % 24] || ' '
       || (array['Ferreira', 'Okafor', 'Moretti', 'Lindqvist', 'Nakamura', 'Jansen', 'Alvarez', 'Brandt', 'Novak', 'Hansen',
                 'Mensah', 'Berg', 'Petrov', 'Rahimi', 'Keller', 'Svoboda', 'Laurent', 'Costa', 'Aydin', 'Dahl', 'Yilmaz',
                 'Popescu', 'De Vries', 'Haddad'])[1 + w.h / 2400 % 24] AS name) AS n
 ORDER BY w.i;

-- The jobs: sixty days of them, the same number each day, three shifts a day. `k` orders those of one day and trade.
CREATE TEMPORARY TABLE demo_job ON COMMIT DROP AS
SELECT j.*, j.starts_at + j.hours * interval '1 hour' AS ends_at,
       -- What became of it, of a hundred: `p`.
       CASE WHEN j.p < 6 THEN 'cancelled'
            WHEN j.starts_at + (j.hours + 12) * interval '1 hour' < now() THEN 'done'
            WHEN j.starts_at < now() THEN 'running'
            WHEN j.p < 15 THEN 'draft' WHEN j.p < 60 THEN 'open' ELSE 'filled' END AS state
  FROM (SELECT i, h, day, h / 7 % 8 AS trade, 1 + h / 56 % 6 AS places, h / 400 % 100 AS p,
               CASE WHEN h % 5 = 0 THEN 6 ELSE 8 END AS hours,
               ((now() AT TIME ZONE current_setting('demo.timezone'))::date + day
                   + (array[time '06:00', '14:00', '22:00'])[1 + h % 3]) AT TIME ZONE current_setting('demo.timezone')
                   AS starts_at
          FROM generate_series(1, 400 * current_setting('demo.factor')::int) AS i
         CROSS JOIN LATERAL (SELECT pg_temp.demo_hash('job:' || i) AS h,
                                    (i - 1) * 60 / (400 * current_setting('demo.factor')::int) - 45 AS day) AS n) AS j;

-- Clients and workers are known by the order in which they were made. Most work is in euros.
CREATE TEMPORARY TABLE demo_client ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, payment_terms_days AS terms,
       CASE pg_temp.demo_hash('currency:' || id) % 10 WHEN 0 THEN 'GBP' WHEN 1 THEN 'USD' ELSE 'EUR' END AS currency
  FROM clients WHERE status = 'active';
CREATE UNIQUE INDEX ON demo_client (n);
CREATE UNIQUE INDEX ON demo_client (id);
ANALYZE demo_client, demo_job, demo_worker, demo_trade;

INSERT INTO jobs (client_id, title, place, starts_at, ends_at, places, rate_minor, currency, skills, status, notes,
                  created_at, updated_at)
SELECT c.id,
       t.title || ', ' || (array['MV Aurora Trader', 'MV Gannet Express', 'MV Fjord Carrier', 'shed 4', 'MV Nordic Spirit',
                                 'yard C', 'MV Petrel Highway', 'MV Kestrel Pioneer'])[1 + j.h / 11 % 8],
       'Berth ' || 1 + j.h / 13 % 8, j.starts_at, j.ends_at, j.places, t.rate + j.h / 17 % 9 * 20, c.currency,
       to_jsonb(t.skills || CASE WHEN j.h % 6 = 0 THEN t.more[1:1] ELSE '{}' END),
       CASE WHEN j.state IN ('running', 'filled') THEN 'open' ELSE j.state END,
       CASE j.h % 13 WHEN 0 THEN 'Meet at gate 2.' WHEN 7 THEN 'Bring wet gear.' END,
       m.made, CASE WHEN j.state = 'done' THEN j.ends_at + interval '10 hours'
                    ELSE least(now(), m.made + j.h % 40 * interval '1 hour') END
  FROM demo_job AS j
  JOIN demo_trade AS t USING (trade)
  JOIN demo_client AS c ON c.n = j.h / 19 % (SELECT count(*) FROM demo_client)
 CROSS JOIN LATERAL (SELECT least(now() - j.h % 50 * interval '1 hour',
                                  j.starts_at - (3 + j.h % 6) * interval '1 day') AS made) AS m
 ORDER BY j.i;

-- Numbers that the rows above were given.
CREATE TEMPORARY TABLE demo_made ON COMMIT DROP AS
SELECT j.*, v.id, v.rate_minor, v.currency, v.client_id, v.created_at AS made
  FROM (SELECT *, row_number() OVER (ORDER BY i) AS n FROM demo_job) AS j
  JOIN (SELECT *, row_number() OVER (ORDER BY id) AS n FROM jobs) AS v USING (n);
CREATE TEMPORARY TABLE demo_hand ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY id) - 1 AS i, id FROM workers;
CREATE UNIQUE INDEX ON demo_hand (i);
ANALYZE demo_made, demo_hand;

-- Who works: of each trade each worker at most once a day, so nobody is in two places at a time. A seat that finds nobody
-- stays empty.
INSERT INTO contracts (job_id, worker_id, starts_at, ends_at, rate_minor, currency, minutes_worked, status, completed_at,
                       created_at, updated_at)
SELECT s.id, w.id, s.starts_at, s.ends_at, s.rate_minor + CASE WHEN s.sh % 8 = 0 THEN 50 ELSE 0 END, s.currency,
       CASE WHEN s.became = 'completed' THEN s.hours * 60 - 30 + s.sh % 7 * 5 + CASE WHEN s.sh % 6 = 0 THEN 60 ELSE 0 END END,
       s.became, CASE WHEN s.became = 'completed' THEN s.over END,
       least(s.made + s.sh % 20 * interval '1 hour', now()),
       CASE s.became WHEN 'completed' THEN s.over WHEN 'active' THEN s.starts_at
                     ELSE least(s.made + s.sh % 30 * interval '1 hour', now()) END
  FROM (SELECT d.*, k, sh, d.ends_at + (20 + sh % 240) * interval '1 minute' AS over,
               CASE d.state
                   WHEN 'done' THEN CASE WHEN sh % 40 = 0 THEN 'terminated' ELSE 'completed' END
                   WHEN 'running' THEN CASE WHEN sh % 12 = 0 THEN 'accepted' ELSE 'active' END
                   WHEN 'filled' THEN 'accepted'
                   WHEN 'open' THEN CASE WHEN k <= (d.places - 1) * (d.h / 23 % 4) / 3 THEN 'accepted' ELSE 'offered' END
                   ELSE 'terminated' END AS became,
               row_number() OVER (PARTITION BY d.day, d.trade ORDER BY d.i, k) - 1 AS nth
          FROM demo_made AS d
         CROSS JOIN LATERAL generate_series(1, d.places) AS k
         CROSS JOIN LATERAL (SELECT pg_temp.demo_hash('seat:' || d.i || ':' || k) AS sh) AS h
         WHERE d.state IN ('done', 'running', 'filled') OR (d.state = 'open' AND sh % 5 < 3)
            OR (d.state = 'cancelled' AND k = 1)) AS s
  JOIN demo_hand AS w
    ON w.i = s.trade + 8 * ((s.nth + (s.day + 45) * 3) % (25 * current_setting('demo.factor')::int))
 WHERE s.nth < 25 * current_setting('demo.factor')::int
 ORDER BY s.i, s.k;

-- What was earned is paid once, a few days after the work, when the client's terms say so; of a hundred, `p`, a few are late.
INSERT INTO payments (contract_id, amount_minor, currency, due_on, reference, status, paid_at, created_at, updated_at)
SELECT p.id, p.earned_minor, p.currency, p.due_on,
       'RR-' || to_char(p.completed_at AT TIME ZONE 'UTC', 'YYYYMM') || '-' || lpad(p.id::text, 6, '0'),
       p.became, p.paid_at, p.made, coalesce(p.paid_at, p.made + least(interval '2 days', now() - p.made))
  FROM (SELECT c.*, c.became_in_time AS became,
               CASE WHEN c.became_in_time IN ('paid', 'refunded')
                    THEN least(now(), greatest(c.made, c.due_on::timestamptz - c.h % 4 * interval '1 day')
                                      + (8 + c.h % 9) * interval '1 hour') END AS paid_at
          FROM (SELECT c.*, h, c.completed_at + (1 + h % 3) * interval '1 day' AS made,
                       (c.completed_at AT TIME ZONE current_setting('demo.timezone'))::date + k.terms AS due_on,
                       CASE WHEN (c.completed_at AT TIME ZONE current_setting('demo.timezone'))::date + k.terms
                                 < (now() AT TIME ZONE current_setting('demo.timezone'))::date
                            THEN CASE WHEN h / 7 % 100 < 84 THEN 'paid' WHEN h / 7 % 100 < 86 THEN 'refunded'
                                      WHEN h / 7 % 100 < 89 THEN 'failed' WHEN h / 7 % 100 < 95 THEN 'approved' ELSE 'due' END
                            WHEN h / 7 % 100 < 20 THEN 'paid' WHEN h / 7 % 100 < 55 THEN 'approved' ELSE 'due' END
                           AS became_in_time
                  FROM contracts AS c
                  JOIN jobs AS j ON j.id = c.job_id
                  JOIN demo_client AS k ON k.id = j.client_id
                 CROSS JOIN LATERAL (SELECT pg_temp.demo_hash('payment:' || c.id) AS h) AS h
                 WHERE c.status = 'completed' AND c.earned_minor > 0) AS c
         WHERE c.made < now()) AS p
 ORDER BY p.id;
