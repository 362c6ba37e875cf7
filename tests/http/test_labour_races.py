# SPDX-License-Identifier: Apache-2.0
"""The labour board's rules, attacked by many at once. Nobody may be answered with an error of the program: whoever comes too late is
told why."""
import random
import threading

import psycopg2
import pytest

import labour
from labour import Desk, at, at_once
from stack import eventually

ROUNDS = 12

crowd = pytest.mark.parametrize("own_stack", [{"responders": 6}], indirect=True)


@pytest.fixture
def desk(own_stack):
    desk = Desk(own_stack)
    yield desk
    labour.check_rules(own_stack)
    errors = [line for line in own_stack.logs() if line.get("event") == "request" and line.get("status", 0) >= 500]
    assert errors == []


def sender(desk, method, path, body):
    """A call by a client of its own, which gives the answer's status."""
    http = desk.stack.session()
    return lambda: http.request(method, path, json=body).status_code


def mover(desk, kind, row, **members):
    return sender(desk, "PATCH", f"/api/{kind}/{row['id']}", members)


@crowd
def test_nobody_is_overbooked(desk):
    for places in (1, 3, 5):
        job = desk.job(places=places)
        contracts = [desk.contract(job=job["id"]) for _ in range(10)]
        results = at_once([mover(desk, "contracts", c, status="accepted") for c in contracts])
        assert sorted(results) == [200] * places + [409] * (10 - places)
        now = desk.row("jobs", job["id"])
        assert (now["status"], now["filled"]) == ("filled", places)
        # All give back at once, and the others take what is free.
        taken = [c for c, result in zip(contracts, results) if result == 200]
        waiting = [c for c, result in zip(contracts, results) if result == 409]
        at_once([*(mover(desk, "contracts", c, status="terminated") for c in taken),
                 *(mover(desk, "contracts", c, status="accepted") for c in waiting)])
        labour.check_rules(desk.stack)


@crowd
def test_nobody_is_in_two_places(desk):
    for _ in range(3):
        worker = desk.worker()["id"]
        start = next(labour.hours) * 10
        contracts = [desk.contract(worker=worker, job=desk.job(starts_at=at(start + i % 3), ends_at=at(start + 8))["id"]) for i in range(10)]
        results = at_once([mover(desk, "contracts", c, status="accepted") for c in contracts])
        assert sorted(results) == [200] + [409] * 9


@crowd
def test_times_that_move_onto_each_other(desk):
    """Each of two contracts of one worker is moved to where the other is to go."""
    for _ in range(ROUNDS):
        worker = desk.worker()["id"]
        start = next(labour.hours) * 10
        job = desk.job(starts_at=at(start), ends_at=at(start + 22))["id"]
        pair = [desk.contract("accepted", worker=worker, job=job, starts_at=at(start + i * 20), ends_at=at(start + i * 20 + 2)) for i in range(2)]
        new = {"starts_at": at(start + 10), "ends_at": at(start + 12)}
        assert sorted(at_once([mover(desk, "contracts", c, **new) for c in pair])) == [200, 409]


@crowd
def test_no_more_than_was_earned(desk):
    contract = desk.contract("completed", minutes=60)  # 2500
    body = {"contract_id": contract["id"], "amount_minor": 700}
    results = at_once([sender(desk, "POST", "/api/payments", body) for _ in range(10)])
    assert sorted(results) == [201] * 3 + [409] * 7
    payments = desk.get(f"/api/contracts/{contract['id']}/payments")["data"]
    at_once([mover(desk, "payments", p, status="approved") for p in payments])
    for step in ("paid", "failed"):  # each is moved two ways at once, and goes one of them
        at_once([mover(desk, "payments", p, status=step) for p in payments] * 2)
    row = desk.row("contracts", contract["id"])
    assert row["paid_minor"] == 2100 and row["payable_minor"] == 0


@crowd
def test_what_failed_comes_back_against_new_ones(desk):
    for _ in range(ROUNDS):
        contract = desk.contract("completed", minutes=60)
        failed = desk.payment("failed", contract=contract["id"], amount_minor=2500)
        results = at_once([mover(desk, "payments", failed, status="approved"),
                           sender(desk, "POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 2500})])
        assert sorted(results) in ([200, 409], [201, 409])


@crowd
def test_less_earned_against_a_payment(desk):
    for _ in range(ROUNDS):
        contract = desk.contract("completed", minutes=60)
        results = at_once([mover(desk, "contracts", contract, minutes_worked=30),
                           sender(desk, "POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 2500})])
        assert sorted(results) in ([200, 409], [201, 409])


@crowd
def test_cancelled_against_beginning_work(desk):
    """Either the job is off and nobody works, or somebody works and the job stays."""
    seen = set()
    for _ in range(ROUNDS * 2):
        job = desk.job(places=3)
        contracts = [desk.contract("accepted", job=job["id"]), desk.contract(job=job["id"]), desk.contract(job=job["id"])]
        calls = [mover(desk, "jobs", job, status="cancelled"), mover(desk, "contracts", contracts[0], status="active"),
                 mover(desk, "contracts", contracts[1], status="accepted"),
                 sender(desk, "POST", "/api/contracts", {"job_id": job["id"], "worker_id": contracts[0]["worker_id"]})]
        order = random.sample(range(4), 4)
        done = at_once([calls[i] for i in order])
        results = [done[order.index(i)] for i in range(4)]
        assert not (results[0] == 200 and results[1] == 200), results
        assert set(results) <= {200, 201, 409}, results
        seen.add((results[0], results[1]))
        labour.check_rules(desk.stack)
    assert len(seen) > 1, "always the same one was first: nothing was tried"


@crowd
def test_done_against_an_offer(desk):
    for _ in range(ROUNDS):
        job, worker = desk.job(), desk.worker()
        results = at_once([mover(desk, "jobs", job, status="done"),
                           sender(desk, "POST", "/api/contracts", {"job_id": job["id"], "worker_id": worker["id"]})])
        assert sorted(results) in ([200, 409], [201, 409])


@crowd
def test_fewer_places_against_an_acceptance(desk):
    for _ in range(ROUNDS):
        job = desk.job(places=2)
        desk.contract("accepted", job=job["id"])
        contract = desk.contract(job=job["id"])
        results = at_once([mover(desk, "jobs", job, places=1), mover(desk, "contracts", contract, status="accepted")])
        assert sorted(results) == [200, 409]


@crowd
def test_currency_against_a_contract(desk):
    for _ in range(ROUNDS):
        job, worker = desk.job(), desk.worker()
        results = at_once([mover(desk, "jobs", job, currency="GBP"),
                           sender(desk, "POST", "/api/contracts", {"job_id": job["id"], "worker_id": worker["id"]})])
        assert results[1] == 201 and results[0] in (200, 409)


@crowd
def test_removed_against_a_job(desk):
    for _ in range(ROUNDS):
        client = desk.client()
        body = {"client_id": client["id"], "title": "Late", "starts_at": at(1), "ends_at": at(2), "rate_minor": 1, "currency": "EUR"}
        results = at_once([sender(desk, "DELETE", f"/api/clients/{client['id']}", None), sender(desk, "POST", "/api/jobs", body)])
        assert results in ([204, 400], [409, 201])


@crowd
def test_counts_of_many_writers(desk):
    """Workers and jobs that come and change by many at once, in rows of different kinds: nobody waits for somebody who waits."""
    def write(n):
        own = Desk(desk.stack)
        chance = random.Random(n)

        def run():
            for _ in range(10):
                body = [{"name": f"W{n}", "availability": chance.choice(["available", "on_leave", "unavailable"])} for _ in range(5)]
                made = own.send("POST", "/api/workers", body, 207).json()["data"]
                own.patch(f"/api/workers/{chance.choice(made)['data']['id']}", availability="on_leave")
                job = own.job(chance.choice(["draft", "open", "cancelled"]), places=chance.randint(1, 4))
                if job["status"] != "cancelled":
                    own.patch(f"/api/jobs/{job['id']}", places=5)
            return True
        return run

    assert all(at_once([write(n) for n in range(6)]))


# --- two in step -----------------------------------------------------------------------------------------------------------
# Above it is chance who meets whom. Here one has written and not committed yet when the other comes.

ACCEPT = "UPDATE contracts SET status = 'accepted' WHERE id = %s"
BEGIN_WORK = "UPDATE contracts SET status = 'active' WHERE id = %s"
CANCEL = "UPDATE jobs SET status = 'cancelled' WHERE id = %s"
DONE = "UPDATE jobs SET status = 'done' WHERE id = %s"
FEWER = "UPDATE jobs SET places = 1 WHERE id = %s"
POUNDS = "UPDATE jobs SET currency = 'GBP' WHERE id = %s"
LESS = "UPDATE contracts SET minutes_worked = 30 WHERE id = %s"
OFFER = "INSERT INTO contracts (job_id, worker_id) VALUES (%s, %s)"
PAY = "INSERT INTO payments (contract_id, amount_minor) VALUES (%s, 2500)"
APPROVE = "UPDATE payments SET status = 'approved' WHERE id = %s"
HOLD_WORKER = "SELECT FROM workers WHERE id = %s FOR NO KEY UPDATE"


class Pair:
    def __init__(self, stack):
        self.stack = stack
        self.desk = Desk(stack)

    def run(self, first, second):
        """What became of the second, and whether it had to wait. Both are (statement, parameters…)."""
        result = []
        with self.stack.connect() as one, self.stack.connect() as two:
            one.autocommit = False
            with one.cursor() as cursor:
                cursor.execute(first[0], first[1:])

            def late():
                try:
                    with two.cursor() as cursor:
                        cursor.execute(second[0], second[1:])
                    result.append("done")
                except psycopg2.Error as e:
                    result.append(e.diag.constraint_name or e.pgcode)

            thread = threading.Thread(target=late)
            thread.start()
            eventually(lambda: result or self.stack.value(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", (two.get_backend_pid(),)),
                       "the second is done or waits")
            waited = not result
            one.commit()
            thread.join()
        one.close()
        two.close()
        labour.check_rules(self.stack)
        return result[0], waited


@pytest.fixture
def pair(stack):
    return Pair(stack)


def test_the_last_place(pair):
    job = pair.desk.job(places=1)["id"]
    a, b = (pair.desk.contract(job=job)["id"] for _ in range(2))
    assert pair.run((ACCEPT, a), (ACCEPT, b)) == ("jobs_not_overbooked", True)


def test_one_worker(pair):
    worker, start = pair.desk.worker()["id"], next(labour.hours) * 10
    a, b = (pair.desk.contract(worker=worker, job=pair.desk.job(starts_at=at(start), ends_at=at(start + 8))["id"])["id"] for _ in range(2))
    assert pair.run((ACCEPT, a), (ACCEPT, b)) == ("contracts_worker_busy", True)


def test_who_is_booked_is_held(pair):
    """Else two who book the same worker could wait for each other in the exclusion constraint."""
    contract = pair.desk.contract()
    assert pair.run((HOLD_WORKER, contract["worker_id"]), (ACCEPT, contract["id"])) == ("done", True)
    moved = "UPDATE contracts SET ends_at = ends_at - interval '1 hour' WHERE id = %s"
    assert pair.run((HOLD_WORKER, contract["worker_id"]), (moved, contract["id"])) == ("done", True)


def test_places_and_acceptance(pair):
    for first_is_fewer in (True, False):
        job = pair.desk.job(places=2)["id"]
        pair.desk.contract("accepted", job=job)
        fewer, accept = (FEWER, job), (ACCEPT, pair.desk.contract(job=job)["id"])
        order = (fewer, accept) if first_is_fewer else (accept, fewer)
        assert pair.run(*order) == ("jobs_not_overbooked", True)


def test_offer_and_end(pair):
    for end in (DONE, CANCEL):
        job, worker = pair.desk.job()["id"], pair.desk.worker()["id"]
        assert pair.run((end, job), (OFFER, job, worker)) == ("contracts_job_open", True)
        job = pair.desk.job()["id"]
        # An offer doesn't stand in the way of a cancellation, but ends with it.
        assert pair.run((OFFER, job, worker), (end, job)) == ("jobs_done_when_over" if end == DONE else "done", True)


def test_work_and_cancellation(pair):
    job = pair.desk.job(places=2)["id"]
    contract = pair.desk.contract("accepted", job=job)["id"]
    assert pair.run((BEGIN_WORK, contract), (CANCEL, job)) == ("jobs_cancelled_before_work", True)
    job = pair.desk.job(places=2)["id"]
    contract = pair.desk.contract("accepted", job=job)["id"]
    assert pair.run((CANCEL, job), (BEGIN_WORK, contract)) == ("contracts_status_move", True)
    # Somebody who has the contract but not the job yet isn't waited for.
    job = pair.desk.job(places=2)["id"]
    contract = pair.desk.contract("accepted", job=job)["id"]
    assert pair.run(("UPDATE contracts SET notes = 'x' WHERE id = %s", contract), (CANCEL, job)) == ("jobs_cancelled_alone", False)


def test_currency_and_contract(pair):
    job, worker = pair.desk.job()["id"], pair.desk.worker()["id"]
    assert pair.run((POUNDS, job), (OFFER, job, worker)) == ("done", True)
    job = pair.desk.job()["id"]
    assert pair.run((OFFER, job, worker), (POUNDS, job)) == ("jobs_currency_fixed", True)


def test_what_a_contract_holds_its_job_to(pair):
    other = pair.desk.client()["id"]
    for change, refused in ((f"UPDATE jobs SET client_id = {other} WHERE id = %s", "jobs_client_fixed"),
                            ("UPDATE jobs SET ends_at = ends_at - interval '1 hour' WHERE id = %s", "jobs_times_of_contracts")):
        job, worker = pair.desk.job()["id"], pair.desk.worker()["id"]
        assert pair.run((change, job), (OFFER, job, worker)) == ("done", True)
        job = pair.desk.job()["id"]
        assert pair.run((OFFER, job, worker), (change, job)) == (refused, True)
    # A contract that becomes longer, and a job that becomes shorter.
    job = pair.desk.job()
    contract = pair.desk.contract("accepted", job=job["id"], ends_at=(labour.when(job["ends_at"]) - labour.timedelta(hours=2)).isoformat())["id"]
    longer = "UPDATE contracts SET ends_at = ends_at + interval '2 hours' WHERE id = %s"
    assert pair.run((longer, contract), (change, job["id"])) == ("jobs_times_of_contracts", True)
    job = pair.desk.job()
    contract = pair.desk.contract("accepted", job=job["id"], ends_at=(labour.when(job["ends_at"]) - labour.timedelta(hours=2)).isoformat())["id"]
    assert pair.run((change, job["id"]), (longer, contract)) == ("contracts_within_job", True)


def test_payments_of_one_contract(pair):
    contract = pair.desk.contract("completed", minutes=60)["id"]
    assert pair.run((PAY, contract), (PAY, contract)) == ("payments_within_earned", True)


def test_payment_and_minutes(pair):
    contract = pair.desk.contract("completed", minutes=60)["id"]
    assert pair.run((PAY, contract), (LESS, contract)) == ("contracts_earned_covers_payments", True)
    contract = pair.desk.contract("completed", minutes=60)["id"]
    assert pair.run((LESS, contract), (PAY, contract)) == ("payments_within_earned", True)


def test_a_failed_payment_that_comes_back(pair):
    for other, refused in ((PAY, "payments_within_earned"), (LESS, "contracts_earned_covers_payments")):
        contract = pair.desk.contract("completed", minutes=60)["id"]
        failed = pair.desk.payment("failed", contract=contract, amount_minor=2500)["id"]
        assert pair.run((APPROVE, failed), (other, contract)) == (refused, True)
        contract = pair.desk.contract("completed", minutes=60)["id"]
        failed = pair.desk.payment("failed", contract=contract, amount_minor=2500)["id"]
        assert pair.run((other, contract), (APPROVE, failed)) == ("payments_within_earned", True)
