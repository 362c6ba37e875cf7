# SPDX-License-Identifier: Apache-2.0
"""The labour board: life cycles with every move there is and every one there isn't, each rule, who may do what."""
import csv
import io
import json
from datetime import date, datetime, timedelta, timezone

import psycopg2
import pytest

import labour
from labour import CONTRACT_MOVES, JOB_MOVES, PAYMENT_MOVES, Desk, at, when


@pytest.fixture
def desk(stack):
    yield Desk(stack)
    labour.check_rules(stack)


def by_sql(stack, sql, params=None):
    """What psql would be told: SQLSTATE and the constraint's name; None: it was done."""
    try:
        stack.psql(sql, params)
        return None
    except psycopg2.Error as e:
        return e.pgcode, e.diag.constraint_name


# --- rows -------------------------------------------------------------------------------------------------------------

def test_rows_have_what_is_declared(desk):
    """A CSV's header comes from the declared columns."""
    desk.payment("paid")
    for kind in ("clients", "workers", "jobs", "contracts", "payments"):
        row = desk.get(f"/api/{kind}", per_page=1)["data"][0]
        answer = desk.http.get(f"/api/{kind}", headers={"Accept": "text/csv"})
        assert answer.status_code == 200, answer.text
        cells = list(csv.reader(io.StringIO(answer.text)))
        assert cells[0] == list(row), kind


def test_client(desk):
    body = {"name": "Tidewater Ø", "contact_name": "Leila Vos", "contact_email": "leila@tidewater.example",
            "contact_phone": "+49 40 1", "payment_terms_days": 14, "notes": "two\nlines"}
    client = desk.client(**body)
    assert {k: client[k] for k in body} == body and client["status"] == "active" and client["version"] == 1
    least = desk.client()
    assert least["payment_terms_days"] == 30 and least["contact_email"] is None
    off = desk.patch(f"/api/clients/{client['id']}", status="inactive", contact_email=None)
    assert (off["status"], off["contact_email"], off["version"]) == ("inactive", None, 2)
    assert desk.patch(f"/api/clients/{client['id']}", status="active")["status"] == "active"
    assert desk.row("clients", client["id"])["version"] == 3


@pytest.mark.parametrize("kind, body, fields", [
    ("clients", {}, ["name"]), ("clients", {"name": ""}, ["name"]), ("clients", {"name": "A", "contact_email": "x"}, ["contact_email"]),
    ("clients", {"name": "A", "contact_email": "a b@c.example"}, ["contact_email"]),
    ("clients", {"name": "A", "contact_email": "a\u3000b@c.example"}, ["contact_email"]),
    ("workers", {"name": "A", "email": "a\u2003b@c.example"}, ["email"]),
    ("clients", {"name": "A", "payment_terms_days": 366}, ["payment_terms_days"]), ("clients", {"name": "A", "status": "inactive"}, ["status"]),
    ("workers", {}, ["name"]), ("workers", {"name": "A", "skills": ["Crane"]}, ["skills"]),
    ("workers", {"name": "A", "skills": ["crane", "crane"]}, ["skills"]), ("workers", {"name": "A", "tickets": "crane"}, ["tickets"]),
    ("workers", {"name": "A", "tickets": [f"t{i}" for i in range(21)]}, ["tickets"]),
    ("workers", {"name": "A", "availability": "busy"}, ["availability"]), ("workers", {"name": "A", "email": "@"}, ["email"]),
    ("jobs", {}, ["client_id", "title", "starts_at", "ends_at", "rate_minor", "currency"]),
    ("contracts", {}, ["job_id", "worker_id"]), ("payments", {}, ["amount_minor", "contract_id"]),
], ids=str)
def test_create_refused(desk, kind, body, fields):
    desk.refused("POST", f"/api/{kind}", body, 400, *fields)


@pytest.mark.parametrize("change, field, status", [
    ({"client_id": 999999999}, "client_id", 400), ({"ends_at": "2030-01-01T08:00:00Z", "starts_at": "2030-01-01T08:00:00Z"}, "ends_at", 400),
    ({"starts_at": "2030-01-01T08:00:00Z", "ends_at": "2031-01-02T08:00:01Z"}, "ends_at", 400),
    ({"places": 0}, "places", 400), ({"places": 501}, "places", 400), ({"rate_minor": -1}, "rate_minor", 400),
    ({"rate_minor": 10.5}, "rate_minor", 400), ({"currency": "eur"}, "currency", 400), ({"currency": "EURO"}, "currency", 400),
    ({"status": "open"}, "status", 400), ({"filled": 1}, "filled", 400), ({"skills": ["a" * 41]}, "skills", 400),
], ids=str)
def test_job_refused(desk, change, field, status):
    body = {"client_id": desk.client()["id"], "title": "Lashing", "starts_at": at(24), "ends_at": at(32), "rate_minor": 2500,
            "currency": "EUR", **change}
    desk.refused("POST", "/api/jobs", body, status, field)


def test_the_schema_says_the_same(stack):
    """What the program refuses, the tables refuse from anybody."""
    assert by_sql(stack, "INSERT INTO clients (name, contact_email) VALUES ('x', 'no address')") == ("23514", "clients_contact_email_form")
    assert by_sql(stack, "INSERT INTO workers (name, skills) VALUES ('x', '[\"Crane\"]')") == ("23514", "workers_skills_valid")
    job = Desk(stack).job()["id"]
    assert by_sql(stack, "UPDATE jobs SET currency = 'eur' WHERE id = %s", (job,)) == ("23514", "jobs_currency_form")
    assert by_sql(stack, "UPDATE jobs SET filled = 3 WHERE id = %s", (job,)) == ("23514", "jobs_not_overbooked")
    assert by_sql(stack, "UPDATE jobs SET ends_at = starts_at WHERE id = %s", (job,)) == ("23514", "jobs_ends_after_starts")


# --- clients and workers can go while nothing hangs on them ------------------------------------------------------------

def test_remove(desk):
    client, worker = desk.client()["id"], desk.worker()["id"]
    contract = desk.contract()
    job = desk.row("jobs", contract["job_id"])
    for path in (f"/api/clients/{client}", f"/api/workers/{worker}"):
        desk.send("DELETE", path, None, 204)
        desk.send("GET", path, None, 404)
        desk.send("DELETE", path, None, 404)
    desk.refused("DELETE", f"/api/clients/{job['client_id']}", None, 409, "id")
    desk.refused("DELETE", f"/api/workers/{contract['worker_id']}", None, 409, "id")
    for path in (f"/api/jobs/{job['id']}", f"/api/contracts/{contract['id']}"):
        assert desk.http.delete(path).status_code == 405


# --- jobs --------------------------------------------------------------------------------------------------------------

def job_in(desk, status):
    job = desk.job("draft" if status == "draft" else "cancelled" if status == "cancelled" else "open", places=1)
    if status == "filled":
        desk.contract("accepted", job=job["id"])
    elif status == "done":
        desk.contract("completed", job=job["id"])
        desk.patch(f"/api/jobs/{job['id']}", status="done")
    job = desk.row("jobs", job["id"])
    assert job["status"] == status
    return job


@pytest.mark.parametrize("to", JOB_MOVES)
@pytest.mark.parametrize("status", JOB_MOVES)
def test_every_move_of_a_job(desk, status, to):
    job = job_in(desk, status)
    path = f"/api/jobs/{job['id']}"
    if status == "filled" and to == "done":  # somebody is still to come
        desk.refused("PATCH", path, {"status": to}, 409, "status")
        contract = desk.get(f"/api/jobs/{job['id']}/contracts")["data"][0]
        desk.patch(f"/api/contracts/{contract['id']}", status="active")
        desk.patch(f"/api/contracts/{contract['id']}", status="completed", minutes_worked=60)
        assert desk.patch(path, status=to)["status"] == "done"
    elif to in JOB_MOVES[status]:
        moved = desk.patch(path, status=to)
        assert moved["status"] == to and moved["version"] == job["version"] + 1
    elif to == status:
        assert desk.patch(path, status=to)["status"] == status
    else:
        desk.refused("PATCH", path, {"status": to}, 409, "status")
        assert desk.row("jobs", job["id"]) == job


def test_moves_that_people_have(stack):
    moves = {}
    for table, one, other in stack.psql("SELECT table_name, from_status, to_status FROM status_moves"):
        moves.setdefault(table, {}).setdefault(one, set()).add(other)
    for table, known in (("jobs", JOB_MOVES), ("contracts", CONTRACT_MOVES), ("payments", PAYMENT_MOVES)):
        assert moves[table] == {status: to for status, to in known.items() if to}
    assert moves["clients"] == {"active": {"inactive"}, "inactive": {"active"}}


def test_places_fill_and_empty(desk):
    """Open and filled follow the contracts; that is a move of the job, and one that is no move is no change."""
    job = desk.job(places=2)
    path = f"/api/jobs/{job['id']}"
    contracts = [desk.contract(job=job["id"]) for _ in range(3)]
    assert desk.row("jobs", job["id"]) == job, "an offer takes no place"

    def move(i, status, answer=200, **more):
        return desk.send("PATCH", f"/api/contracts/{contracts[i]['id']}", {"status": status, **more}, answer)

    def state():
        now = desk.row("jobs", job["id"])
        assert now["unfilled"] == now["places"] - now["filled"]
        return now["status"], now["filled"], now["version"] - job["version"]

    move(0, "accepted")
    assert state() == ("open", 1, 0)
    move(1, "accepted")
    assert state() == ("filled", 2, 1)
    desk.refused("PATCH", f"/api/contracts/{contracts[2]['id']}", {"status": "accepted"}, 409, "job_id")
    desk.refused("PATCH", path, {"places": 1}, 409, "places")
    desk.refused("PATCH", path, {"status": "open"}, 409, "status")
    move(0, "terminated")
    assert state() == ("open", 1, 2)
    desk.refused("PATCH", path, {"status": "filled"}, 409, "status")
    move(2, "accepted")
    assert state() == ("filled", 2, 3)
    assert desk.patch(path, places=3)["status"] == "open"
    assert state() == ("open", 2, 4)
    assert desk.patch(path, places=2)["status"] == "filled"
    assert state() == ("filled", 2, 5)
    move(1, "active")
    move(1, "completed", minutes_worked=10)
    assert state() == ("filled", 2, 5), "who has done the work keeps the place"


def test_what_is_kept_is_no_change(desk):
    """Neither the version, nor a row in the trail, for people who come and go and for money that moves."""
    job = desk.job(places=5)
    contract = desk.contract("completed", job=job["id"])
    desk.payment("paid", contract=contract["id"])
    assert desk.row("jobs", job["id"])["version"] == job["version"]
    assert desk.row("contracts", contract["id"])["version"] == contract["version"]
    for table, row in (("jobs", job), ("contracts", contract)):
        trail = desk.get("/api/audit", object_type=table, object_id=row["id"])["data"]
        assert [line["action"] for line in reversed(trail)] == ["create"] + ["update"] * (row["version"] - 1)


def test_cancelling_ends_what_is_offered_or_accepted(desk):
    job = desk.job(places=4)
    offered, accepted, done = (desk.contract(s, job=job["id"]) for s in ("offered", "accepted", "completed"))
    cancelled = desk.patch(f"/api/jobs/{job['id']}", status="cancelled")
    assert (cancelled["status"], cancelled["filled"], cancelled["unfilled"]) == ("cancelled", 1, 3)
    assert desk.row("jobs", job["id"]) == cancelled
    assert [desk.row("contracts", c["id"])["status"] for c in (offered, accepted, done)] == ["terminated", "terminated", "completed"]
    # The worker is free again.
    desk.contract("accepted", job=desk.job(starts_at=job["starts_at"], ends_at=job["ends_at"])["id"], worker=accepted["worker_id"])


def test_a_job_at_work_is_not_cancelled(desk):
    job = desk.job()
    contract = desk.contract("active", job=job["id"])
    desk.refused("PATCH", f"/api/jobs/{job['id']}", {"status": "cancelled"}, 409, "status")
    assert desk.row("contracts", contract["id"]) == contract
    desk.patch(f"/api/contracts/{contract['id']}", status="terminated")
    assert desk.patch(f"/api/jobs/{job['id']}", status="cancelled")["filled"] == 0


@pytest.mark.parametrize("status", ["offered", "accepted", "active"])
def test_a_job_is_done_when_nobody_is_left(desk, status):
    job = desk.job()
    contract = desk.contract(status, job=job["id"])
    desk.refused("PATCH", f"/api/jobs/{job['id']}", {"status": "done"}, 409, "status")
    desk.patch(f"/api/contracts/{contract['id']}", status="terminated")
    assert desk.patch(f"/api/jobs/{job['id']}", status="done")["status"] == "done"


def test_currency_stays_once_there_are_contracts(desk):
    job = desk.job()
    assert desk.patch(f"/api/jobs/{job['id']}", currency="GBP")["currency"] == "GBP"
    desk.contract(job=job["id"])
    desk.refused("PATCH", f"/api/jobs/{job['id']}", {"currency": "EUR"}, 409, "currency")


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_a_job_that_is_over_stays(desk, status):
    job = job_in(desk, status)
    path = f"/api/jobs/{job['id']}"
    other = desk.client()["id"]
    for name, value in (("client_id", other), ("starts_at", at(1)), ("ends_at", at(100000)), ("places", 3), ("rate_minor", 1), ("currency", "GBP"),
                        ("title", "Else"), ("place", "Else"), ("skills", ["crane"])):
        desk.refused("PATCH", path, {name: value, "notes": "x"}, 409, name)
    desk.refused("PATCH", path, {"skills": [], "rate_minor": 1, "places": 1}, 409, "rate_minor")
    assert desk.row("jobs", job["id"]) == job
    assert desk.patch(path, notes="x", title=job["title"], places=job["places"])["notes"] == "x"


def test_the_client_stays_once_there_are_contracts(desk):
    job, other = desk.job(), desk.client()["id"]
    assert desk.patch(f"/api/jobs/{job['id']}", client_id=other)["client_id"] == other
    desk.contract("terminated", job=job["id"])
    desk.refused("PATCH", f"/api/jobs/{job['id']}", {"client_id": job["client_id"]}, 409, "client_id")


# --- contracts -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("to", CONTRACT_MOVES)
@pytest.mark.parametrize("status", CONTRACT_MOVES)
def test_every_move_of_a_contract(desk, status, to):
    contract = desk.contract(status)
    path = f"/api/contracts/{contract['id']}"
    more = {"minutes_worked": 90} if to == "completed" else {}
    if to in CONTRACT_MOVES[status]:
        moved = desk.patch(path, status=to, **more)
        assert moved["status"] == to and moved["version"] == contract["version"] + 1
        assert (moved["completed_at"] is not None) == (status == "active"), "when work ended, if there was any"
        taken = to in labour.TAKES_A_PLACE
        assert desk.row("jobs", contract["job_id"])["filled"] == taken
    elif to == status:
        assert desk.patch(path, status=to)["status"] == status
    else:
        desk.refused("PATCH", path, {"status": to, **more}, 409, "status")
        assert desk.row("contracts", contract["id"]) == contract


def test_a_contract_takes_after_its_job(desk):
    job = desk.job(rate_minor=3100, currency="NOK")
    contract = desk.contract(job=job["id"])
    assert [contract[k] for k in ("starts_at", "ends_at", "rate_minor", "currency", "status", "earned_minor", "minutes_worked")] == [
        job["starts_at"], job["ends_at"], 3100, "NOK", "offered", 0, None]
    assert contract["job_title"] == job["title"]
    start = when(job["starts_at"])

    def after(hours):
        return (start + timedelta(hours=hours)).isoformat()

    own = desk.contract(job=job["id"], rate_minor=3200, currency="NOK", starts_at=after(1), ends_at=after(3))
    assert (own["rate_minor"], when(own["starts_at"]), when(own["ends_at"])) == (3200, when(after(1)), when(after(3)))
    body = {"job_id": job["id"], "worker_id": own["worker_id"]}
    desk.refused("POST", "/api/contracts", {**body, "currency": "EUR"}, 400, "currency")
    desk.refused("POST", "/api/contracts", {**body, "job_id": 999999999}, 400, "job_id")
    desk.refused("POST", "/api/contracts", {**body, "worker_id": 999999999}, 400, "worker_id")
    desk.refused("POST", "/api/contracts", {**body, "starts_at": after(3), "ends_at": after(3)}, 400, "ends_at")
    # Its times lie within the job's. What is named was given.
    for given, field in (({"starts_at": after(-1)}, "starts_at"), ({"starts_at": after(8)}, "starts_at"), ({"starts_at": after(20)}, "starts_at"),
                         ({"ends_at": after(9)}, "ends_at"), ({"ends_at": after(0)}, "ends_at"),
                         ({"starts_at": after(1), "ends_at": after(9)}, "ends_at"), ({"starts_at": after(9), "ends_at": after(10)}, "starts_at")):
        desk.refused("POST", "/api/contracts", {**body, **given}, 400, field)
        desk.refused("PATCH", f"/api/contracts/{own['id']}", given, 400, field)
    desk.refused("PATCH", f"/api/contracts/{own['id']}", {"starts_at": after(5)}, 400, "starts_at")  # by itself right, but it ends before
    for given, field in (({"starts_at": after(2)}, "starts_at"), ({"ends_at": after(2)}, "ends_at")):
        desk.refused("PATCH", f"/api/jobs/{job['id']}", given, 409, field)
    for number in (contract["id"], own["id"]):
        desk.patch(f"/api/contracts/{number}", status="terminated")
    desk.patch(f"/api/jobs/{job['id']}", starts_at=after(2), ends_at=after(4))
    desk.refused("PATCH", f"/api/contracts/{own['id']}", {"ends_at": "9999-12-31T23:59:59Z"}, 400, "ends_at")
    for name in ("job_id", "worker_id", "currency"):
        desk.refused("PATCH", f"/api/contracts/{own['id']}", {name: own[name]}, 400, name)


def test_parties_never_change(desk, stack):
    one, other = desk.contract(), desk.contract()
    for column in ("job_id", "worker_id"):
        assert by_sql(stack, f"UPDATE contracts SET {column} = %s WHERE id = %s", (other[column], one["id"])) == (
            "SD409", "contracts_parties_fixed")
    assert by_sql(stack, "UPDATE contracts SET currency = 'GBP' WHERE id = %s", (one["id"],)) == ("SD409", "contracts_parties_fixed")


@pytest.mark.parametrize("minutes, rate, earned", [
    (480, 2500, 20000), (720, 2500, 30000), (1, 2500, 42), (1, 29, 0), (1, 30, 1), (1, 89, 1), (1, 90, 2), (7, 2501, 292), (0, 2500, 0), (790560, 100000000, 1317600000000)])
def test_earned_half_up(desk, minutes, rate, earned):
    start = next(labour.hours) * 10
    contract = desk.contract("active", job=desk.job(rate_minor=rate, starts_at=at(start), ends_at=at(start + max(8, minutes // 90)))["id"])
    path = f"/api/contracts/{contract['id']}"
    assert desk.patch(path, status="completed", minutes_worked=minutes)["earned_minor"] == earned


def test_minutes_are_needed_at_the_end(desk):
    contract = desk.contract("active")
    path = f"/api/contracts/{contract['id']}"
    desk.refused("PATCH", path, {"status": "completed"}, 400, "minutes_worked")
    desk.patch(path, minutes_worked=30)
    assert desk.patch(path, status="completed")["minutes_worked"] == 30
    desk.refused("PATCH", path, {"minutes_worked": None}, 400, "minutes_worked")


def test_minutes_are_of_work(desk):
    """None before it began, and no more than it could have been; what it earns, it earns when it is over."""
    job = desk.job(places=4)
    contract = desk.contract(job=job["id"])
    path = f"/api/contracts/{contract['id']}"
    desk.refused("POST", "/api/contracts", {"job_id": job["id"], "worker_id": contract["worker_id"], "minutes_worked": 1}, 400, "minutes_worked")
    for status in ("accepted", "active"):
        desk.refused("PATCH", path, {"minutes_worked": 1}, 409, "minutes_worked")
        desk.refused("PATCH", path, {"minutes_worked": 1, "status": "terminated"}, 409, "minutes_worked")
        desk.patch(path, status=status)
    for wrong in (721, 1000000):
        desk.refused("PATCH", path, {"minutes_worked": wrong}, 409, "minutes_worked")
    desk.refused("PATCH", path, {"status": "completed", "minutes_worked": 721}, 409, "minutes_worked")
    assert desk.patch(path, minutes_worked=720)["earned_minor"] == 0
    shorter = (when(contract["ends_at"]) - timedelta(minutes=1)).isoformat()
    later = (when(contract["starts_at"]) + timedelta(minutes=1)).isoformat()
    desk.refused("PATCH", path, {"ends_at": shorter}, 409, "ends_at")
    desk.refused("PATCH", path, {"starts_at": later}, 409, "starts_at")
    ended = desk.patch(path, status="terminated")
    assert ended["earned_minor"] == 30000 and ended["completed_at"] is not None
    assert desk.patch(path, minutes_worked=None)["earned_minor"] == 0
    assert desk.patch(path, minutes_worked=60)["earned_minor"] == 2500
    assert desk.payment(contract=contract["id"], amount_minor=2500)["status"] == "due"
    desk.refused("PATCH", path, {"minutes_worked": None}, 409, "minutes_worked")
    never = desk.contract("terminated", job=job["id"])
    assert never["completed_at"] is None
    desk.refused("PATCH", f"/api/contracts/{never['id']}", {"minutes_worked": 1}, 409, "minutes_worked")


@pytest.mark.parametrize("shift, free", [((0, 8), False), ((-4, 1), False), ((7, 12), False), ((-4, 20), False), ((2, 3), False),
                                         ((8, 16), True), ((-8, 0), True)], ids=str)
def test_nobody_is_in_two_places(desk, shift, free):
    start = next(labour.hours) * 10
    job = desk.job(starts_at=at(start), ends_at=at(start + 8))
    contract = desk.contract("accepted", job=job["id"])
    other = desk.contract(job=desk.job(starts_at=at(start + shift[0]), ends_at=at(start + shift[1]))["id"], worker=contract["worker_id"])
    path = f"/api/contracts/{other['id']}"
    if free:
        desk.patch(path, status="accepted")
        desk.patch(f"/api/jobs/{other['job_id']}", starts_at=at(start - 8), ends_at=at(start + 16))
        desk.refused("PATCH", path, {"starts_at": at(start + 1), "ends_at": at(start + 2)}, 409, "worker_id")
        return
    desk.refused("PATCH", path, {"status": "accepted"}, 409, "worker_id")
    assert desk.row("contracts", other["id"]) == other
    assert desk.row("jobs", other["job_id"])["filled"] == 0
    desk.patch(f"/api/contracts/{contract['id']}", status="active")
    desk.refused("PATCH", path, {"status": "accepted"}, 409, "worker_id")
    desk.patch(f"/api/contracts/{contract['id']}", status="completed", minutes_worked=60)
    assert desk.patch(path, status="accepted")["status"] == "accepted"


def test_a_job_that_is_not_open_takes_nobody(desk):
    draft = desk.job("draft")
    contract = desk.contract(job=draft["id"])
    desk.refused("PATCH", f"/api/contracts/{contract['id']}", {"status": "accepted"}, 409, "job_id")
    for status in ("done", "cancelled"):
        job = job_in(desk, status)
        desk.refused("POST", "/api/contracts", {"job_id": job["id"], "worker_id": contract["worker_id"]}, 409, "job_id")


# --- payments --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("to", PAYMENT_MOVES)
@pytest.mark.parametrize("status", PAYMENT_MOVES)
def test_every_move_of_a_payment(desk, status, to):
    payment = desk.payment(status)
    path = f"/api/payments/{payment['id']}"
    if to in PAYMENT_MOVES[status]:
        moved = desk.patch(path, status=to)
        assert moved["status"] == to and moved["version"] == payment["version"] + 1
        assert (moved["paid_at"] is not None) == (to in ("paid", "refunded"))
        if to == "refunded":
            assert moved["paid_at"] == payment["paid_at"]
        elif to == "paid":
            assert abs(when(moved["paid_at"]) - datetime.now(timezone.utc)) < timedelta(minutes=2)
    elif to == status:
        assert desk.patch(path, status=to)["status"] == status
    else:
        desk.refused("PATCH", path, {"status": to}, 409, "status")
        assert desk.row("payments", payment["id"]) == payment


def test_a_payment_takes_after_its_contract(desk):
    client = desk.client(payment_terms_days=9)
    contract = desk.contract("completed", job=desk.job(client=client["id"], currency="GBP")["id"])
    payment = desk.payment(contract=contract["id"], reference="RR-1")
    today = datetime.now(timezone.utc).date()
    assert payment["currency"] == "GBP" and date.fromisoformat(payment["due_on"]) in (
        today + timedelta(days=9), today + timedelta(days=8))
    assert (payment["worker_name"], payment["client_name"]) == (contract["worker_name"], client["name"])
    given = desk.payment(contract=contract["id"], due_on="2031-02-28", currency="GBP")
    assert given["due_on"] == "2031-02-28"
    body = {"contract_id": contract["id"], "amount_minor": 1}
    desk.refused("POST", "/api/payments", {**body, "currency": "EUR"}, 400, "currency")
    desk.refused("POST", "/api/payments", {**body, "contract_id": 999999999}, 400, "contract_id")
    desk.refused("POST", "/api/payments", {**body, "due_on": "2031-02-30"}, 400, "due_on")
    desk.refused("POST", "/api/payments", {**body, "amount_minor": 0}, 400, "amount_minor")
    for name, value in (("amount_minor", 2), ("currency", "GBP"), ("contract_id", contract["id"]), ("paid_at", at(0))):
        desk.refused("PATCH", f"/api/payments/{payment['id']}", {name: value}, 400, name)
    assert desk.patch(f"/api/payments/{payment['id']}", reference="RR-2", due_on="2031-01-01")["reference"] == "RR-2"


def test_no_more_than_was_earned(desk):
    contract = desk.contract("completed", minutes=60)  # 2500
    path = f"/api/contracts/{contract['id']}"
    body = {"contract_id": contract["id"]}
    desk.refused("POST", "/api/payments", {**body, "amount_minor": 2501}, 409, "amount_minor")
    first = desk.payment("approved", contract=contract["id"], amount_minor=1500)
    desk.refused("POST", "/api/payments", {**body, "amount_minor": 1001}, 409, "amount_minor")
    second = desk.payment("paid", contract=contract["id"], amount_minor=1000)

    def sums():
        row = desk.row("contracts", contract["id"])
        return row["payable_minor"], row["paid_minor"]

    assert sums() == (1500, 1000)
    desk.refused("PATCH", path, {"minutes_worked": 59}, 409, "minutes_worked")
    desk.refused("PATCH", path, {"rate_minor": 2499}, 409, "rate_minor")
    desk.patch(path, minutes_worked=61)
    desk.patch(path, minutes_worked=60)
    # What failed isn't owed; somebody else may be paid meanwhile, and then it can't come back.
    desk.patch(f"/api/payments/{first['id']}", status="failed")
    assert sums() == (0, 1000)
    third = desk.payment(contract=contract["id"], amount_minor=1)
    desk.refused("PATCH", f"/api/payments/{first['id']}", {"status": "approved"}, 409, "status")
    for step in ("approved", "failed"):
        desk.patch(f"/api/payments/{third['id']}", status=step)
    assert desk.patch(f"/api/payments/{first['id']}", status="approved")["status"] == "approved"
    desk.patch(f"/api/payments/{first['id']}", status="paid")
    assert sums() == (0, 2500)
    desk.patch(f"/api/payments/{second['id']}", status="refunded")
    assert sums() == (0, 1500)
    desk.payment(contract=contract["id"], amount_minor=1000)
    assert sums() == (1000, 1500)


def test_nothing_earned_nothing_paid(desk):
    contract = desk.contract("active")
    desk.refused("POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 1}, 409, "amount_minor")
    desk.patch(f"/api/contracts/{contract['id']}", minutes_worked=60)
    desk.refused("POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 1}, 409, "amount_minor")
    desk.patch(f"/api/contracts/{contract['id']}", status="completed")
    assert desk.payment(contract=contract["id"], amount_minor=2500)["status"] == "due"


def test_many_rows_in_one_statement_are_many(desk, stack):
    """The rules hold of what a statement does as a whole, not of each row against what was there before."""
    contract = desk.contract("completed", minutes=60)
    assert by_sql(stack, "INSERT INTO payments (contract_id, amount_minor) SELECT %s, 1300 FROM generate_series(1, 2)", (contract["id"],)) == (
        "SD409", "payments_within_earned")
    job = desk.job(places=1)
    ids = tuple(desk.contract(job=job["id"])["id"] for _ in range(2))
    assert by_sql(stack, "UPDATE contracts SET status = 'accepted' WHERE id IN %s", (ids,)) == ("23514", "jobs_not_overbooked")


def test_payments_are_never_removed(desk, stack):
    payment = desk.payment()
    assert desk.http.delete(f"/api/payments/{payment['id']}").status_code == 405
    refused = ("SD409", "payments_never_removed")
    assert by_sql(stack, "DELETE FROM payments WHERE id = %s", (payment["id"],)) == refused
    assert by_sql(stack, "TRUNCATE payments") == refused
    assert by_sql(stack, "TRUNCATE clients CASCADE") == refused
    assert by_sql(stack, "UPDATE payments SET amount_minor = 1 WHERE id = %s", (payment["id"],)) == ("SD409", "payments_amount_fixed")
    assert by_sql(stack, "UPDATE payments SET currency = 'GBP' WHERE id = %s", (payment["id"],)) == ("SD409", "payments_amount_fixed")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        stack.psql("DELETE FROM payments", user="stevedores")


def test_removing_a_contract_by_hand_gives_its_place_back(desk, stack):
    job = desk.job(places=1)
    contract = desk.contract("accepted", job=job["id"])
    stack.psql("DELETE FROM contracts WHERE id = %s", (contract["id"],))
    assert (desk.row("jobs", job["id"])["status"], desk.row("jobs", job["id"])["filled"]) == ("open", 0)


# --- many, lists, people ---------------------------------------------------------------------------------------------------

def test_an_array_is_many(desk):
    job = desk.job()["id"]
    workers = desk.send("POST", "/api/workers", [{"name": f"Gang {i}", "skills": ["lashing"]} for i in range(3)], 207).json()
    ids = [row["data"]["id"] for row in workers["data"]]
    answer = desk.send("POST", "/api/contracts", [{"job_id": job, "worker_id": i} for i in (*ids, 999999999)], 207).json()
    assert [row["status"] for row in answer["data"]] == [201, 201, 201, 400], json.dumps(answer)
    assert desk.get(f"/api/jobs/{job}/contracts")["pagination"]["total"] == 3


def test_what_is_refused_of_many_is_not_counted(desk):
    """Each row is undone by itself, and with it what the sums were about to get (check_rules)."""
    good, bad = {"name": "Good", "availability": "on_leave"}, {"name": "Bad", "email": "x\u3000y@z"}
    answer = desk.send("POST", "/api/workers", [bad, good, bad, good, good, bad], 207).json()
    assert [row["status"] for row in answer["data"]] == [400, 201, 400, 201, 201, 400]
    contract = desk.contract("completed", minutes=60)["id"]
    payments = [{"contract_id": contract, "amount_minor": amount} for amount in (2600, 2000, 600, 500, 1)]
    answer = desk.send("POST", "/api/payments", payments, 207).json()
    assert [row["status"] for row in answer["data"]] == [409, 201, 409, 201, 409]


def test_lists_of_a_parent(desk):
    client = desk.client()["id"]
    jobs = [desk.job(client=client) for _ in range(3)]
    worker = desk.worker()["id"]
    contracts = [desk.contract(job=job["id"], worker=worker) for job in jobs]

    def ids(path, **params):
        return [row["id"] for row in desk.get(path, **params)["data"]]

    latest = [row["id"] for row in reversed(jobs)]
    assert ids(f"/api/clients/{client}/jobs") == latest == ids("/api/jobs", client_id=client)
    assert ids(f"/api/workers/{worker}/contracts", sort="starts_at") == [c["id"] for c in contracts]
    assert ids(f"/api/jobs/{jobs[1]['id']}/contracts") == [contracts[1]["id"]]
    done = desk.contract("completed")
    paid = desk.payment(contract=done["id"])
    assert ids(f"/api/contracts/{done['id']}/payments") == [paid["id"]]
    for path in ("/api/clients/999999999/jobs", "/api/workers/999999999/contracts", "/api/jobs/999999999/contracts",
                 "/api/contracts/999999999/payments"):
        desk.send("GET", path, None, 404)


def test_filters(desk):
    mark = labour.uuid.uuid4().hex[:10]
    client = desk.client(name=f"Quay {mark}", contact_email=f"{mark}@example.com")
    off = desk.client(name=f"Off {mark}")
    desk.patch(f"/api/clients/{off['id']}", status="inactive")
    one = desk.worker(name=f"One {mark}", skills=["crane", f"s-{mark}"], tickets=[f"t-{mark}"], email=f"one@{mark}.example")
    two = desk.worker(name=f"Two {mark}", skills=[f"s-{mark}"], availability="on_leave")
    dear = desk.job("draft", skills=[f"s2-{mark}"], rate_minor=9100)
    job = desk.job(client=client["id"], title=f"Job {mark}", skills=[f"s-{mark}"], starts_at="2041-05-01T06:00:00Z", ends_at="2041-05-01T14:00:00Z")
    draft = desk.job("draft", client=client["id"], place=f"Shed {mark}", starts_at="2041-05-02T06:00:00Z", ends_at="2041-05-02T14:00:00Z")
    contract = desk.contract("completed", job=job["id"], worker=one["id"])
    payment = desk.payment(contract=contract["id"], reference=f"R-{mark}", due_on="2041-06-01")
    paid, offer = desk.payment("paid"), desk.contract()

    for path, params, wanted in (
            ("/api/clients", {"q": mark}, [client, off]), ("/api/clients", {"q": mark.upper(), "status": "inactive"}, [off]),
            ("/api/clients", {"contact_email": f"{mark}@example.com"}, [client]),
            ("/api/clients", {"q": mark, "created_at_to": "2001-01-01T00:00:00Z"}, []),
            ("/api/clients", {"q": mark, "created_at_from": "2001-01-01T00:00:00Z"}, [client, off]),
            ("/api/workers", {"skills": f"s-{mark}"}, [one, two]), ("/api/workers", {"skills": f"s-{mark},crane"}, [one]),
            ("/api/workers", {"tickets": f"t-{mark}"}, [one]), ("/api/workers", {"q": mark, "availability": "on_leave,unavailable"}, [two]),
            ("/api/workers", {"email": f"one@{mark}.example"}, [one]),
            ("/api/workers", {"skills": f"s-{mark}", "email_null": "true"}, [two]), ("/api/workers", {"q": mark, "email_null": "false"}, [one]),
            ("/api/jobs", {"q": mark, "place_null": "true"}, [job]), ("/api/jobs", {"client_id": client["id"], "place_null": "false"}, [draft]),
            ("/api/jobs", {"skills": f"s2-{mark}", "min_rate_minor": 9100, "max_rate_minor": 9100}, [dear]),
            ("/api/jobs", {"skills": f"s2-{mark}", "min_rate_minor": 9101}, []), ("/api/jobs", {"skills": f"s2-{mark}", "max_rate_minor": 9099}, []),
            ("/api/contracts", {"job_id": job["id"], "completed_at_from": contract["completed_at"]}, [contract]),
            ("/api/contracts", {"job_id": job["id"], "completed_at_to": contract["completed_at"]}, []),
            ("/api/contracts", {"job_id": offer["job_id"], "completed_at_from": "2001-01-01T00:00:00Z"}, []),
            ("/api/payments", {"contract_id": contract["id"], "min_amount_minor": 100, "max_amount_minor": 100}, [payment]),
            ("/api/payments", {"contract_id": contract["id"], "min_amount_minor": 101}, []),
            ("/api/payments", {"contract_id": contract["id"], "max_amount_minor": 99}, []),
            ("/api/payments", {"contract_id": paid["contract_id"], "paid_at_from": paid["paid_at"]}, [paid]),
            ("/api/payments", {"contract_id": paid["contract_id"], "paid_at_to": paid["paid_at"]}, []),
            ("/api/payments", {"contract_id": contract["id"], "paid_at_from": "2001-01-01T00:00:00Z"}, []),
            ("/api/payments", {"reference": f"R-{mark}", "currency": "EUR"}, [payment]),
            ("/api/payments", {"contract_id": contract["id"], "currency": "GBP"}, []),
            ("/api/jobs", {"client_id": client["id"]}, [job, draft]), ("/api/jobs", {"client_id": client["id"], "status": "draft"}, [draft]),
            ("/api/jobs", {"starts_at_from": "2041-05-01T06:00:01Z", "client_id": client["id"]}, [draft]),
            ("/api/jobs", {"starts_at_to": "2041-05-02T06:00:00Z", "client_id": client["id"]}, [job]),
            ("/api/jobs", {"skills": f"s-{mark}"}, [job]), ("/api/jobs", {"q": f"shed {mark}"}, [draft]),
            ("/api/contracts", {"worker_id": one["id"], "status": "completed,active"}, [contract]),
            ("/api/contracts", {"worker_id": one["id"], "status": "active"}, []), ("/api/contracts", {"job_id": job["id"]}, [contract]),
            ("/api/contracts", {"starts_at_from": "2041-05-01T06:00:00Z", "starts_at_to": "2041-05-01T06:00:01Z"}, [contract]),
            ("/api/payments", {"contract_id": contract["id"]}, [payment]), ("/api/payments", {"reference": f"R-{mark}"}, [payment]),
            ("/api/payments", {"due_on_from": "2041-06-01", "due_on_to": "2041-06-01"}, [payment]),
            ("/api/payments", {"due_on_from": "2041-06-02", "contract_id": contract["id"]}, []),
            ("/api/payments", {"contract_id": contract["id"], "status": "paid"}, [])):
        found = desk.get(path, **params)["data"]
        assert sorted(row["id"] for row in found) == sorted(row["id"] for row in wanted), (path, params)
    for path, params in (("/api/jobs", {"min_rate_minor": 1}), ("/api/jobs", {"place_null": "true"}), ("/api/payments", {"currency": "EUR"})):
        assert desk.http.get(path, params=params).status_code == 400, "no index serves that alone"


def test_orders(desk):
    """Each order, both ways, and that a cursor goes on where the page ended."""
    for _ in range(4):
        desk.payment("paid")
        desk.contract()
    null_last = "9999"
    orders = {
        "/api/clients": ["name", "created_at", "updated_at", "status,name"],
        "/api/workers": ["name", "created_at", "updated_at", "availability,name"],
        "/api/jobs": ["starts_at", "title", "updated_at", "status,starts_at"],
        "/api/contracts": ["starts_at", "completed_at", "updated_at", "status,starts_at"],
        "/api/payments": ["due_on", "paid_at", "amount_minor", "status,due_on"],
    }
    for path, names in orders.items():
        for name in names:
            for down in (False, True):
                sort = ",".join("-" * down + term for term in name.split(","))
                first = desk.get(path, sort=sort, per_page=3)
                rest = desk.get(path, sort=sort, per_page=100, cursor=first["pagination"]["next_cursor"])
                rows = first["data"] + rest["data"]
                keys = [tuple(null_last if row[term] is None else row[term] for term in name.split(",")) + (row["id"],) for row in rows]
                assert keys == sorted(keys, reverse=down) and len(set(keys)) == len(keys), (path, sort)


def test_if_match(desk):
    job = desk.job()
    path = f"/api/jobs/{job['id']}"
    tag = desk.http.get(path).headers["ETag"]
    assert desk.http.patch(path, json={"notes": "a"}, headers={"If-Match": tag}).status_code == 200
    assert desk.http.patch(path, json={"notes": "b"}, headers={"If-Match": tag}).status_code == 412
    assert desk.row("jobs", job["id"])["notes"] == "a"


def test_a_kept_number_is_seen_at_once(desk):
    """Whoever takes a place sees the job's number, though the job's row was cached."""
    job = desk.job(places=1)
    path = f"/api/jobs/{job['id']}"
    tag = desk.http.get(path).headers["ETag"]
    contract = desk.contract("completed", job=job["id"])
    assert desk.http.get(path).json()["data"]["status"] == "filled"
    assert desk.http.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert desk.row("contracts", contract["id"])["paid_minor"] == 0
    desk.payment("paid", contract=contract["id"], amount_minor=77)
    assert desk.row("contracts", contract["id"])["paid_minor"] == 77


def test_cached_answers_know_of_changes_elsewhere(desk):
    """Each is asked for twice, what it names is renamed, and it is asked for again."""
    payment = desk.payment()
    contract = desk.row("contracts", payment["contract_id"])
    job = desk.row("jobs", contract["job_id"])

    def seen():
        return [(desk.row(kind, row["id"]), [r for r in desk.get(f"/api/{kind}", **narrow)["data"] if r["id"] == row["id"]])
                for kind, row, narrow in (("jobs", job, {"client_id": job["client_id"]}), ("contracts", contract, {"job_id": job["id"]}),
                                          ("payments", payment, {"contract_id": contract["id"]}))]

    assert seen() == seen()
    desk.patch(f"/api/clients/{job['client_id']}", name="Renamed client")
    desk.patch(f"/api/workers/{contract['worker_id']}", name="Renamed worker")
    desk.patch(f"/api/jobs/{job['id']}", title="Renamed job")
    now = seen()
    assert all([row] == listed for row, listed in now)
    assert (now[0][0]["client_name"], now[0][0]["title"]) == ("Renamed client", "Renamed job")
    assert (now[1][0]["worker_name"], now[1][0]["job_title"]) == ("Renamed worker", "Renamed job")
    assert (now[2][0]["worker_name"], now[2][0]["client_name"]) == ("Renamed worker", "Renamed client")


def test_sums_are_kept_before_tags(desk, stack):
    """A tag's version is the last thing of a transaction: nothing waits for its sums then."""
    stack.psql("""CREATE FUNCTION sums_come_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM labour_pending WHERE txid = pg_current_xact_id()) THEN RAISE EXCEPTION 'there are sums to keep'; END IF;
        RETURN NEW; END $$""")
    stack.psql("CREATE TRIGGER sums_come_first BEFORE UPDATE ON cache_versions FOR EACH ROW EXECUTE FUNCTION sums_come_first()")
    # No day is looked for that this transaction has nothing to do with.
    stack.psql("INSERT INTO labour_sums VALUES ('due', '1999-01-01 00:00:00+00', 'EUR', 0, 0, 0)")
    try:
        payment = desk.payment("refunded")
        contract = desk.row("contracts", payment["contract_id"])
        desk.contract("accepted", job=contract["job_id"])
        desk.patch(f"/api/jobs/{contract['job_id']}", status="cancelled")
        desk.patch(f"/api/workers/{contract['worker_id']}", availability="on_leave")
        stack.psql("WITH c AS (INSERT INTO clients (name) VALUES ('First') RETURNING id) INSERT INTO workers (name) SELECT 'Then' FROM c")
    finally:
        stack.psql("DROP FUNCTION sums_come_first CASCADE")
        assert stack.value("DELETE FROM labour_sums WHERE quarter = '1999-01-01 00:00:00+00' RETURNING rows") == 0


RANK = ["viewer", "clerk", "supervisor", "manager", "admin"]


@pytest.mark.parametrize("role", RANK)
def test_roles(desk, stack, role):
    own = Desk(stack, role)
    payment = desk.payment()
    contract = desk.row("contracts", payment["contract_id"])
    job = desk.row("jobs", contract["job_id"])
    numbers = {"clients": job["client_id"], "workers": contract["worker_id"], "jobs": job["id"], "contracts": contract["id"],
               "payments": payment["id"]}

    def may(least):
        return RANK.index(role) >= RANK.index(least)

    for kind, number in numbers.items():
        for path in (f"/api/{kind}", f"/api/{kind}/{number}"):
            assert own.http.get(path).status_code == (200 if may(labour.LEAST["GET", f"/api/{kind}"]) else 403), path
        assert own.http.post(f"/api/{kind}", json={}).status_code == (400 if may(labour.LEAST["POST", f"/api/{kind}"]) else 403), kind
        assert own.http.patch(f"/api/{kind}/{number}", json={}).status_code == (400 if may(labour.LEAST["POST", f"/api/{kind}"]) else 403), kind
    for kind in ("clients", "workers"):
        number = desk.client()["id"] if kind == "clients" else desk.worker()["id"]
        assert own.http.delete(f"/api/{kind}/{number}").status_code == (204 if may("manager") else 403), kind
    assert own.http.get("/api/labour/dashboard").status_code == 200
    assert own.http.get("/api/labour/money").status_code == (200 if may("manager") else 403)
    for path, least in ((f"/api/clients/{job['client_id']}/jobs", "viewer"), (f"/api/jobs/{job['id']}/contracts", "supervisor"),
                        (f"/api/workers/{contract['worker_id']}/contracts", "supervisor"), (f"/api/contracts/{contract['id']}/payments", "manager")):
        assert own.http.get(path).status_code == (200 if may(least) else 403), path


@pytest.mark.parametrize("own_stack", [{"env": {"BOARDS": "port"}}], indirect=True)
def test_switched_off(own_stack):
    """No route, no table, and a program that is well all the same."""
    desk = Desk(own_stack)
    for path in ("/api/clients", "/api/workers/1", "/api/jobs", "/api/contracts", "/api/payments", "/api/labour/dashboard",
                 "/api/labour/money", "/api/clients/1/jobs"):
        assert desk.http.get(path).status_code == 404, path
    assert own_stack.value("SELECT to_regclass('jobs') IS NULL")
    desk.get("/health/ready")
    desk.get("/api/dashboard")
    assert "labour is switched off" in own_stack.ctl("export", "jobs", check=False).stderr
    done = own_stack.ctl("import", "jobs", "/dev/null", check=False)
    assert done.returncode == 1 and "labour is switched off" in done.stderr
    own_stack.psql("DELETE FROM berths")
    assert "clients" not in own_stack.ctl("demo").stdout
