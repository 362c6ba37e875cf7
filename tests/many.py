# SPDX-License-Identifier: Apache-2.0
"""Fills every table with many rows, as years of work leave them: nearly all of it is history, values are uneven. Triggers are off
meanwhile, but for the kept numbers nothing here looks at what they keep."""

BIG = ("audit", "vessels", "cargo_tallies", "clients", "workers", "jobs", "contracts", "payments", "projects", "features",
       "backlog_items", "resources", "allocations")

# Skills are not all alike.
SKILLS = "jsonb_build_array((ARRAY['lashing', 'forklift', 'crane', 'reefer', 'hatch', 'signals', 'driving', 'rigging'])[1 + n % 8]"
WORDS = f"{SKILLS}, 'skill ' || n % 300)"

FILL = {
    "berths": "INSERT INTO berths (name, length_m, position) SELECT 'Q' || n, 200, n FROM generate_series(1, 50) AS n ON CONFLICT DO NOTHING",
    "audit": """INSERT INTO audit (at, actor_id, actor, via, action, object_type, object_id)
        SELECT now() - n * interval '1 minute', n % 40, 'user' || n % 40, 'session', (ARRAY['create', 'update', 'delete'])[1 + n % 3],
               (ARRAY['vessels', 'cargo_tallies', 'jobs', 'users'])[1 + n % 4], (n % 5000)::text FROM generate_series(1, {n}) AS n""",
    "vessels": """INSERT INTO vessels (name, vessel_type, line, status, berth, eta, cargo_capacity, updated_at)
        SELECT 'MV ' || md5(n::text), (ARRAY['roro', 'container', 'general', 'bulk', 'multipurpose'])[1 + n % 5], 'Line ' || n % 17,
               CASE WHEN n > {n} - 20 THEN 'arrived' WHEN n > {n} - 300 THEN 'expected' ELSE 'departed' END, 'Q' || 1 + n % 50,
               CASE WHEN n % 9 > 0 THEN now() - ({n} - 300 - n) * interval '30 minutes' END, '{{"automobile": 900}}',
               now() - n * interval '1 minute' FROM generate_series(1, {n}) AS n""",
    "cargo_tallies": """INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, shift, tallied_at)
        SELECT gen_random_uuid(), 1 + n % 2000, (ARRAY['loaded', 'discharged', 'damaged'])[1 + n % 3],
               (ARRAY['automobile', 'truck', 'van'])[1 + n / 7 % 3], 1 + n % 20, (ARRAY['morning', 'afternoon', 'night'])[1 + n % 3],
               now() - n * interval '30 seconds' FROM generate_series(1, {n}) AS n""",
    "clients": """INSERT INTO clients (name, contact_name, contact_email, status, created_at, updated_at)
        SELECT 'Client ' || md5(n::text), 'Name ' || n % 5000, 'c' || n || '@example.org', CASE WHEN n % 7 = 0 THEN 'inactive' ELSE 'active' END,
               now() - n * interval '3 minutes', now() - (n * 7919 % {n}) * interval '2 minutes' FROM generate_series(1, {n}) AS n""",
    "workers": f"""INSERT INTO workers (name, phone, email, skills, tickets, availability, created_at, updated_at)
        SELECT 'Worker ' || md5(n::text), '+49 ' || n, 'w' || n || '@example.org', {WORDS}, jsonb_build_array('ticket ' || n % 400),
               (ARRAY['available', 'available', 'available', 'on_leave', 'unavailable'])[1 + n % 5],
               now() - n * interval '3 minutes', now() - (n * 7919 % {{n}}) * interval '2 minutes' FROM generate_series(1, {{n}}) AS n""",
    "jobs": f"""INSERT INTO jobs (client_id, title, place, starts_at, ends_at, places, rate_minor, currency, skills, status, filled, updated_at)
        SELECT 1 + n * 31 % 2000, 'Job ' || md5(n::text), 'Quay ' || n % 60, now() + (n - {{n}} + 2000) * interval '20 minutes',
               now() + (n - {{n}} + 2024) * interval '20 minutes', 1 + n % 12, 2500, 'EUR', {WORDS},
               CASE WHEN n < {{n}} - 2000 THEN CASE WHEN n % 20 = 0 THEN 'cancelled' ELSE 'done' END
                    ELSE (ARRAY['draft', 'open', 'open', 'filled'])[1 + n % 4] END, 0, now() - ({{n}} - n) * interval '20 minutes'
          FROM generate_series(1, {{n}}) AS n""",
    "contracts": """INSERT INTO contracts (job_id, worker_id, starts_at, ends_at, rate_minor, currency, minutes_worked, status, completed_at, updated_at)
        SELECT n, 1 + n * 17 % 5000, at, at + interval '8 hours', 2500, 'EUR', CASE WHEN status = 'completed' THEN 480 END, status,
               CASE WHEN status = 'completed' THEN at + interval '9 hours' END, at
          FROM (SELECT n, now() + (n - {n} + 2000) * interval '20 minutes' AS at,
                       CASE WHEN n < {n} - 2000 THEN CASE WHEN n % 25 = 0 THEN 'terminated' ELSE 'completed' END
                            ELSE (ARRAY['offered', 'accepted', 'accepted'])[1 + n % 3] END AS status
                  FROM generate_series(1, {n}) AS n) AS c""",
    "payments": """INSERT INTO payments (contract_id, amount_minor, currency, due_on, reference, status, paid_at, updated_at)
        SELECT n, 1000 + n * 7919 % 90000, 'EUR', day, 'R-' || n, status, CASE WHEN status IN ('paid', 'refunded') THEN day + interval '3 hours' END, day
          FROM (SELECT n, current_date + ((n - {n} + 2000) / 40)::integer AS day,
                       CASE WHEN n < {n} - 3000 THEN CASE WHEN n % 50 = 0 THEN 'refunded' WHEN n % 60 = 1 THEN 'failed' ELSE 'paid' END
                            ELSE (ARRAY['due', 'approved'])[1 + n % 2] END AS status
                  FROM generate_series(1, {n}) AS n) AS p""",
    "projects": """INSERT INTO projects (code, name, status, priority, owner, starts_on, due_on, closed_at, updated_at)
        SELECT 'P' || n, 'Project ' || md5(n::text), status, (ARRAY['low', 'medium', 'medium', 'high', 'critical'])[1 + n % 5], 'Owner ' || n % 200,
               current_date + ((n - {n}) / 20)::integer, CASE WHEN n % 11 > 0 THEN current_date + 60 + ((n - {n}) / 20)::integer END,
               CASE WHEN status IN ('completed', 'cancelled') THEN now() END, now() - ({n} - n) * interval '20 minutes'
          FROM (SELECT n, CASE WHEN n < {n} - 300 THEN CASE WHEN n % 10 = 0 THEN 'cancelled' ELSE 'completed' END
                               ELSE (ARRAY['planned', 'active', 'active', 'on_hold'])[1 + n % 4] END AS status
                  FROM generate_series(1, {n}) AS n) AS p""",
    "features": """INSERT INTO features (project_id, name, status, priority, due_on, updated_at)
        SELECT 1 + n * 13 % 20000, 'Feature ' || md5(n::text),
               CASE WHEN n < {n} - 3000 THEN CASE WHEN n % 9 = 0 THEN 'dropped' ELSE 'done' END ELSE (ARRAY['proposed', 'in_progress'])[1 + n % 2] END,
               (ARRAY['low', 'medium', 'medium', 'high', 'critical'])[1 + n % 5],
               CASE WHEN n % 4 > 0 THEN current_date + ((n - {n}) / 30)::integer END, now() - ({n} - n) * interval '9 minutes'
          FROM generate_series(1, {n}) AS n""",
    "backlog_items": """INSERT INTO backlog_items (project_id, feature_id, title, kind, status, points, priority, rank, resource_id, done_at, updated_at)
        SELECT 1 + n * 13 % 20000, CASE WHEN n % 3 > 0 THEN 1 + n % {n} END, 'Item ' || md5(n::text), (ARRAY['story', 'story', 'bug', 'task'])[1 + n % 4],
               status, n % 14, (ARRAY['low', 'medium', 'medium', 'high', 'critical'])[1 + n % 5], n, CASE WHEN n % 6 > 0 THEN 1 + n % 3000 END,
               CASE WHEN status = 'done' THEN now() - ({n} - n) * interval '5 minutes' END, now() - ({n} - n) * interval '5 minutes'
          FROM (SELECT n, CASE WHEN n < {n} - 20000 THEN 'done' ELSE (ARRAY['todo', 'todo', 'in_progress', 'review'])[1 + n % 4] END AS status
                  FROM generate_series(1, {n}) AS n) AS b""",
    "resources": f"""INSERT INTO resources (name, email, role_title, skills, availability, allocated_until, free, half_free, updated_at)
        SELECT 'Person ' || md5(n::text), 'p' || n || '@example.org', 'Role ' || n % 90, {WORDS},
               (ARRAY['available', 'available', 'available', 'on_leave', 'unavailable'])[1 + n % 5], current_date + (n % 200)::integer - 100,
               datemultirange(daterange(current_date + (n % 200)::integer - 100, NULL)), datemultirange(daterange(current_date + (n % 150)::integer - 100, NULL)),
               now() - (n * 7919 % {{n}}) * interval '2 minutes' FROM generate_series(1, {{n}}) AS n""",
    "allocations": """INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent)
        SELECT 1 + n % 3000, 1 + n * 13 % 20000, day, day + 20 + (n % 30)::integer, 10 + n % 90
          FROM (SELECT n, current_date + ((n - {n} + 5000) / 100)::integer AS day FROM generate_series(1, {n}) AS n) AS a""",
}


def fill(stack, n, tables=None):
    """n rows in each table that there is."""
    there = {row[0] for row in stack.psql("SELECT relname FROM pg_class WHERE relkind = 'r'")}
    for table, sql in FILL.items():
        if table in there and (tables is None or table in tables):
            stack.psql("SET session_replication_role = replica")
            stack.psql(sql.format(n=f"{n}::bigint"))
            stack.psql("SET session_replication_role = DEFAULT")
            stack.psql("INSERT INTO row_counts VALUES (%s, 99, %s) ON CONFLICT DO NOTHING", (table, n))
    stack.psql("VACUUM ANALYZE" + (" " + ", ".join(tables) if tables else ""))
