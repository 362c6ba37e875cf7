# SPDX-License-Identifier: Apache-2.0
"""The labour board's rules, attacked by many at once. Nobody may be answered with an error of the program: whoever comes too late is
told why."""
import random

import pytest

import labour
from labour import Desk, at, at_once

ROUNDS = 12

pytestmark = pytest.mark.parametrize("own_stack", [{"responders": 6}], indirect=True)


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


def test_nobody_is_in_two_places(desk):
    for _ in range(3):
        worker = desk.worker()["id"]
        start = next(labour.hours) * 10
        contracts = [desk.contract(worker=worker, job=desk.job(starts_at=at(start + i % 3), ends_at=at(start + 8))["id"]) for i in range(10)]
        results = at_once([mover(desk, "contracts", c, status="accepted") for c in contracts])
        assert sorted(results) == [200] + [409] * 9


def test_times_that_move_onto_each_other(desk):
    """Each of two contracts of one worker is moved to where the other is to go."""
    for _ in range(ROUNDS):
        worker = desk.worker()["id"]
        start = next(labour.hours) * 10
        pair = [desk.contract("accepted", worker=worker, job=desk.job(starts_at=at(start + i * 20), ends_at=at(start + i * 20 + 2))["id"])
                for i in range(2)]
        new = {"starts_at": at(start + 10), "ends_at": at(start + 12)}
        assert sorted(at_once([mover(desk, "contracts", c, **new) for c in pair])) == [200, 409]


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


def test_what_failed_comes_back_against_new_ones(desk):
    for _ in range(ROUNDS):
        contract = desk.contract("completed", minutes=60)
        failed = desk.payment("failed", contract=contract["id"], amount_minor=2500)
        results = at_once([mover(desk, "payments", failed, status="approved"),
                           sender(desk, "POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 2500})])
        assert sorted(results) in ([200, 409], [201, 409])


def test_less_earned_against_a_payment(desk):
    for _ in range(ROUNDS):
        contract = desk.contract("completed", minutes=60)
        results = at_once([mover(desk, "contracts", contract, minutes_worked=30),
                           sender(desk, "POST", "/api/payments", {"contract_id": contract["id"], "amount_minor": 2500})])
        assert sorted(results) in ([200, 409], [201, 409])


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


def test_done_against_an_offer(desk):
    for _ in range(ROUNDS):
        job, worker = desk.job(), desk.worker()
        results = at_once([mover(desk, "jobs", job, status="done"),
                           sender(desk, "POST", "/api/contracts", {"job_id": job["id"], "worker_id": worker["id"]})])
        assert sorted(results) in ([200, 409], [201, 409])


def test_fewer_places_against_an_acceptance(desk):
    for _ in range(ROUNDS):
        job = desk.job(places=2)
        desk.contract("accepted", job=job["id"])
        contract = desk.contract(job=job["id"])
        results = at_once([mover(desk, "jobs", job, places=1), mover(desk, "contracts", contract, status="accepted")])
        assert sorted(results) == [200, 409]


def test_currency_against_a_contract(desk):
    for _ in range(ROUNDS):
        job, worker = desk.job(), desk.worker()
        results = at_once([mover(desk, "jobs", job, currency="GBP"),
                           sender(desk, "POST", "/api/contracts", {"job_id": job["id"], "worker_id": worker["id"]})])
        assert results[1] == 201 and results[0] in (200, 409)


def test_removed_against_a_job(desk):
    for _ in range(ROUNDS):
        client = desk.client()
        body = {"client_id": client["id"], "title": "Late", "starts_at": at(1), "ends_at": at(2), "rate_minor": 1, "currency": "EUR"}
        results = at_once([sender(desk, "DELETE", f"/api/clients/{client['id']}", None), sender(desk, "POST", "/api/jobs", body)])
        assert results in ([204, 400], [409, 201])


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
                own.patch(f"/api/jobs/{job['id']}", places=5)
            return True
        return run

    assert all(at_once([write(n) for n in range(6)]))
