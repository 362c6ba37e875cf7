# SPDX-License-Identifier: Apache-2.0
"""Shorthand for tests of the labour board: clients, workers, jobs, contracts and payments in a wanted state."""
import itertools
import threading
import uuid
from datetime import datetime, timedelta, timezone

import port

JOB_MOVES = {
    "draft": {"open", "cancelled"},
    "open": {"done", "cancelled"},
    "filled": {"done", "cancelled"},
    "done": set(),
    "cancelled": set(),
}

CONTRACT_MOVES = {
    "offered": {"accepted", "terminated"},
    "accepted": {"active", "terminated"},
    "active": {"completed", "terminated"},
    "completed": set(),
    "terminated": set(),
}

PAYMENT_MOVES = {
    "due": {"approved", "failed"},
    "approved": {"paid", "failed"},
    "failed": {"approved"},
    "paid": {"refunded"},
    "refunded": set(),
}

TAKES_A_PLACE = ("accepted", "active", "completed")

# Who may do what at least, by route; written down a second time on purpose, as in test_roles.py.
LEAST = {
    ("GET", "/api/labour/dashboard"): "viewer", ("GET", "/api/labour/money"): "manager",
    ("GET", "/api/clients"): "viewer", ("POST", "/api/clients"): "supervisor", ("GET", "/api/clients/{id}"): "viewer",
    ("PATCH", "/api/clients/{id}"): "supervisor", ("DELETE", "/api/clients/{id}"): "manager",
    ("GET", "/api/clients/{id}/jobs"): "viewer",
    ("GET", "/api/workers"): "viewer", ("POST", "/api/workers"): "supervisor", ("GET", "/api/workers/{id}"): "viewer",
    ("PATCH", "/api/workers/{id}"): "supervisor", ("DELETE", "/api/workers/{id}"): "manager",
    ("GET", "/api/workers/{id}/contracts"): "supervisor",
    ("GET", "/api/jobs"): "viewer", ("POST", "/api/jobs"): "supervisor", ("GET", "/api/jobs/{id}"): "viewer",
    ("PATCH", "/api/jobs/{id}"): "supervisor", ("GET", "/api/jobs/{id}/contracts"): "supervisor",
    ("GET", "/api/contracts"): "supervisor", ("POST", "/api/contracts"): "supervisor", ("GET", "/api/contracts/{id}"): "supervisor",
    ("PATCH", "/api/contracts/{id}"): "supervisor", ("GET", "/api/contracts/{id}/payments"): "manager",
    ("GET", "/api/payments"): "manager", ("POST", "/api/payments"): "manager", ("GET", "/api/payments/{id}"): "manager",
    ("PATCH", "/api/payments/{id}"): "manager",
}

hours = itertools.count(24)  # each job at another time, unless told otherwise


def at(hour):
    """A full hour, so many hours from now on."""
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    return (now + timedelta(hours=hour)).isoformat()


def when(text):
    return datetime.fromisoformat(text) if text is not None else None


class Desk(port.Api):
    """The labour desk, as somebody of a role (the admin's key by default)."""

    def __init__(self, stack, role="key"):
        super().__init__(stack)
        if role != "key":
            self.http = stack.session(role)

    def patch(self, path, **members):
        return self.send("PATCH", path, members, 200).json()["data"]

    def client(self, **members):
        return self.post("/api/clients", {"name": f"Client {uuid.uuid4().hex[:12]}", **members})["data"]

    def worker(self, **members):
        return self.post("/api/workers", {"name": f"Worker {uuid.uuid4().hex[:12]}", **members})["data"]

    def job(self, status="open", client=None, **members):
        """A job that nobody has a place in; draft, open or cancelled."""
        start = next(hours) * 10
        body = {"client_id": client or self.client()["id"], "title": f"Job {uuid.uuid4().hex[:12]}", "starts_at": at(start),
                "ends_at": at(start + 8), "places": 2, "rate_minor": 2500, "currency": "EUR", **members}
        job = self.post("/api/jobs", body)["data"]
        if status != "draft":
            job = self.patch(f"/api/jobs/{job['id']}", status="open")
        if status == "cancelled":
            job = self.patch(f"/api/jobs/{job['id']}", status="cancelled")
        return job

    def contract(self, status="offered", job=None, worker=None, minutes=480, **members):
        """A contract that went all the way to a status."""
        body = {"job_id": job or self.job()["id"], "worker_id": worker or self.worker()["id"], **members}
        contract = self.post("/api/contracts", body)["data"]
        path = f"/api/contracts/{contract['id']}"
        way = {"offered": [], "accepted": ["accepted"], "active": ["accepted", "active"],
               "completed": ["accepted", "active"], "terminated": ["terminated"]}[status]
        for step in way:
            contract = self.patch(path, status=step)
        if status == "completed":
            contract = self.patch(path, status="completed", minutes_worked=minutes)
        return contract

    def payment(self, status="due", contract=None, **members):
        body = {"contract_id": contract or self.contract("completed")["id"], "amount_minor": 100, **members}
        payment = self.post("/api/payments", body)["data"]
        way = {"due": [], "approved": ["approved"], "paid": ["approved", "paid"], "failed": ["approved", "failed"],
               "refunded": ["approved", "paid", "refunded"]}[status]
        for step in way:
            payment = self.patch(f"/api/payments/{payment['id']}", status=step)
        return payment

    def row(self, kind, number):
        return self.get(f"/api/{kind}/{number}")["data"]


def drive(send):
    """Every route of the board, through `send` (test_plans.py), more often than PostgreSQL plans anew."""
    for n in range(8):
        client = send("POST", "/api/clients", body={"name": f"Planned {n}"}, status=201)["data"]["id"]
        spare = send("POST", "/api/clients", body={"name": f"Spare {n}"}, status=201)["data"]["id"]
        worker = send("POST", "/api/workers", body={"name": f"Planned {n}"}, status=201)["data"]["id"]
        idle = send("POST", "/api/workers", body={"name": f"Spare {n}"}, status=201)["data"]["id"]
        job = send("POST", "/api/jobs", body={"client_id": client, "title": "Planned", "starts_at": at(1000), "ends_at": at(1008),
                                              "rate_minor": 2500, "currency": "EUR"}, status=201)["data"]["id"]
        send("PATCH", "/api/jobs/{id}", body={"status": "open"}, id=job)
        contract, other = (send("POST", "/api/contracts", body={"job_id": job, "worker_id": who}, status=201)["data"]["id"]
                           for who in (worker, worker))
        for step in ({"status": "accepted"}, {"status": "active"}, {"status": "completed", "minutes_worked": 480}):
            send("PATCH", "/api/contracts/{id}", body=step, id=contract)
        payment = send("POST", "/api/payments", body={"contract_id": contract, "amount_minor": 20000}, status=201)["data"]["id"]
        for step in ("approved", "paid"):
            send("PATCH", "/api/payments/{id}", body={"status": step}, id=payment)
        send("PATCH", "/api/contracts/{id}", body={"rate_minor": 2500, "minutes_worked": 481}, id=contract)
        send("PATCH", "/api/contracts/{id}", body={"status": "terminated"}, id=other)
        send("PATCH", "/api/jobs/{id}", body={"status": "done" if n % 2 else "cancelled"}, id=job)
        send("PATCH", "/api/clients/{id}", body={"status": "inactive"}, id=client)
        send("PATCH", "/api/workers/{id}", body={"availability": "on_leave"}, id=worker)
        send("DELETE", "/api/clients/{id}", status=204, id=spare)
        send("DELETE", "/api/workers/{id}", status=204, id=idle)
        for kind, number in (("clients", client), ("workers", worker), ("jobs", job), ("contracts", contract), ("payments", payment)):
            send("GET", f"/api/{kind}")
            send("GET", f"/api/{kind}/{{id}}", id=number)
        send("GET", "/api/clients/{id}/jobs", id=client)
        send("GET", "/api/workers/{id}/contracts", id=worker)
        send("GET", "/api/jobs/{id}/contracts", id=job)
        send("GET", "/api/contracts/{id}/payments", id=contract)
        send("GET", "/api/labour/dashboard")
        send("GET", "/api/labour/money")


def at_once(calls):
    """Runs all calls at the same time; their results in order."""
    results = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(i):
        start.wait()
        results[i] = calls[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def check_rules(stack):
    """What must hold whatever was done: each rule asked of the rows, without the program's own totals."""
    def none(sql):
        assert stack.psql(sql) == [], sql

    none("""SELECT j.id, j.filled, count(c.id) FROM jobs j
              LEFT JOIN contracts c ON c.job_id = j.id AND c.status IN ('accepted', 'active', 'completed')
             GROUP BY j.id HAVING j.filled <> count(c.id) OR count(c.id) > j.places""")
    none("""SELECT id FROM jobs WHERE (status = 'open' AND filled >= places) OR (status = 'filled' AND filled < places)""")
    none("""SELECT j.id, c.status FROM jobs j JOIN contracts c ON c.job_id = j.id
             WHERE c.status IN ('offered', 'accepted', 'active') AND j.status IN ('done', 'cancelled')""")
    none("""SELECT j.id FROM jobs j JOIN contracts c ON c.job_id = j.id
             WHERE c.status IN ('accepted', 'active') AND j.status NOT IN ('open', 'filled')""")
    none("""SELECT a.id, b.id FROM contracts a JOIN contracts b ON a.worker_id = b.worker_id AND a.id < b.id
             WHERE a.status IN ('accepted', 'active') AND b.status IN ('accepted', 'active')
               AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""")
    none("SELECT c.id FROM contracts c JOIN jobs j ON j.id = c.job_id WHERE c.currency <> j.currency")
    none("SELECT p.id FROM payments p JOIN contracts c ON c.id = p.contract_id WHERE p.currency <> c.currency")
    none("""SELECT c.id FROM contracts c
             WHERE c.earned_minor <> CASE WHEN c.status IN ('completed', 'terminated')
                                          THEN floor((coalesce(c.minutes_worked, 0)::numeric * c.rate_minor) / 60 + 0.5) ELSE 0 END""")
    none("SELECT sum(earned_minor) FROM contracts HAVING sum(earned_minor) <> (SELECT sum(part) FROM labour_sums WHERE counted = 'worked')")
    none("""SELECT id FROM contracts WHERE minutes_worked > 1.5 * extract(epoch FROM ends_at - starts_at) / 60
                OR (minutes_worked IS NOT NULL AND status IN ('offered', 'accepted'))""")
    none("""SELECT c.id FROM contracts c JOIN jobs j ON j.id = c.job_id
             WHERE (c.starts_at < j.starts_at OR c.ends_at > j.ends_at) AND c.status <> 'terminated'""")
    none("""SELECT c.id, s.payable, s.paid, t.*
              FROM contracts c
              LEFT JOIN contract_totals t ON t.contract_id = c.id
              LEFT JOIN (SELECT contract_id, coalesce(sum(amount_minor) FILTER (WHERE status IN ('due', 'approved')), 0) AS payable,
                                coalesce(sum(amount_minor) FILTER (WHERE status = 'paid'), 0) AS paid
                           FROM payments GROUP BY contract_id) s ON s.contract_id = c.id
             WHERE coalesce(t.payable_minor, 0) <> coalesce(s.payable, 0) OR coalesce(t.paid_minor, 0) <> coalesce(s.paid, 0)
                OR coalesce(s.payable, 0) + coalesce(s.paid, 0) > c.earned_minor""")
    none("""
        WITH raw AS (
            SELECT 'jobs' AS counted, '-infinity'::timestamptz AS at, status AS kind, 1 AS n, places AS amount, filled AS part FROM jobs
             UNION ALL SELECT 'starts', starts_at, status, 1, places, filled FROM jobs
             UNION ALL SELECT 'ends', ends_at - interval '1 microsecond', status, 1, places, filled FROM jobs
             UNION ALL SELECT 'workers', '-infinity', availability, 1, 0, 0 FROM workers
             UNION ALL SELECT counted, at, '', 1, (extract(epoch FROM at) * 1000000)::bigint % 900000000, 0
                         FROM contracts CROSS JOIN LATERAL (VALUES ('begins', starts_at), ('leaves', ends_at)) AS t (counted, at)
                        WHERE status IN ('accepted', 'active', 'completed')
             UNION ALL SELECT 'worked', completed_at, currency, 1, minutes_worked, earned_minor FROM contracts
                        WHERE status IN ('completed', 'terminated') AND minutes_worked IS NOT NULL
             UNION ALL SELECT status, due_on::timestamp AT TIME ZONE 'UTC', currency, 1, amount_minor, 0
                         FROM payments WHERE status IN ('due', 'approved')
             UNION ALL SELECT status, paid_at, currency, 1, amount_minor, 0 FROM payments WHERE status = 'paid'
        ), sums AS (
            SELECT counted, CASE WHEN at = '-infinity' THEN at ELSE to_timestamp(floor(extract(epoch FROM at) / 900) * 900) END AS quarter,
                   kind, count(*) AS rows, sum(amount) AS amount, sum(part) AS part
              FROM raw GROUP BY 1, 2, 3)
        SELECT * FROM labour_sums AS k FULL JOIN sums AS r USING (counted, quarter, kind)
         WHERE (coalesce(k.rows, 0), coalesce(k.amount, 0), coalesce(k.part, 0))
               <> (coalesce(r.rows, 0), coalesce(r.amount, 0), coalesce(r.part, 0))
            OR (k.counted IN ('due', 'approved') AND k.rows = 0)""")
    none("SELECT * FROM labour_pending")
    for table in ("clients", "workers", "jobs", "contracts", "payments"):
        kept = stack.value("SELECT coalesce(sum(rows), 0) FROM row_counts WHERE table_name = %s", (table,))
        assert kept == stack.value(f"SELECT count(*) FROM {table}"), table
