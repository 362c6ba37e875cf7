# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL that is away, restarts, or hangs: bounded answers that say what to do, and healing without anybody's help."""
import time

import fastcgi
import port
import pytest

from stack import Stack, eventually


def tally():
    return {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 3}


def until_stored(http, path, body, patience=30):
    """What a client does: send again, under the same id, while it is told to."""
    end = time.monotonic() + patience
    while True:
        response = http.post(path, json=body)
        if response.status_code in (200, 201):
            return response
        assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0, response.text
        port.problem_fields(response)
        assert time.monotonic() < end, "never stored"
        time.sleep(0.1)


def test_away_at_the_start():
    stack = Stack(responders=2)
    try:
        stack.start(postgres=False)
        http = stack.session(None)
        http.headers["Authorization"] = f"Bearer {fastcgi.KEY}"  # whose it is, nobody can say without the database
        pids = stack.responder_pids()
        assert http.get("/health/live").status_code == 200
        ready = http.get("/health/ready")
        assert ready.status_code == 503 and int(ready.headers["Retry-After"]) > 0
        assert ready.json()["status"] == "not_ready" and ready.json()["checks"]["database"] == "away"
        for _ in range(4):
            began = time.monotonic()
            response = http.get("/api/dashboard")
            assert response.status_code == 503 and time.monotonic() - began < 3
            assert int(response.headers["Retry-After"]) > 0
            port.problem_fields(response)
        # There, but empty: still not ready, and says why.
        stack.start_postgres()
        stack.psql_create()
        eventually(lambda: http.get("/health/ready").json()["checks"] .get("schema") == "too_old",
                   "the empty database is seen", 15)
        assert http.get("/health/ready").status_code == 503
        stack.ctl("migrate")
        stack.add_people()
        began = time.monotonic()
        stack.wait_ready(15)
        assert time.monotonic() - began < 10
        assert http.get("/api/dashboard").status_code == 200
        assert stack.responder_pids() == pids, "healed by themselves"
    finally:
        stack.stop()


@pytest.mark.parametrize("own_stack", [{"responders": 1}], indirect=True)
def test_restarted_between_two_requests(own_stack):
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}/tallies"
    for _ in range(3):
        assert api.http.get(path).status_code == 200
        own_stack.restart_postgres()
        assert api.http.get(path).status_code == 200, "the next GET is answered as if nothing had been"
    ids = []
    for _ in range(5):
        body = tally()
        own_stack.restart_postgres()
        until_stored(api.http, path, body)
        ids.append(body["id"])
        assert api.post(path, body, 200)["data"]["id"] == body["id"]
    assert sorted(t["id"] for t in api.get(path)["data"]) == sorted(ids)
    assert api.read(vessel["id"])["loaded"] == 15


@pytest.mark.parametrize("own_stack", [{"responders": 2}], indirect=True)
def test_connections_cut_while_tallies_are_sent(own_stack, long):
    """Each is stored once, whatever was cut off when."""
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}/tallies"
    ids = []
    for n in range(300 if long else 60):
        if n % 3 == 0:
            own_stack.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stevedores'")
        body = tally()
        until_stored(api.http, path, body)
        ids.append(body["id"])
    stored = own_stack.psql("SELECT id::text FROM cargo_tallies WHERE vessel_id = %s", (vessel["id"],))
    assert sorted(row[0] for row in stored) == sorted(ids)
    assert api.read(vessel["id"])["loaded"] == 3 * len(ids)


@pytest.mark.parametrize("own_stack", [{"responders": 2}], indirect=True)
def test_away_for_a_while(own_stack):
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}/tallies"
    pids = own_stack.responder_pids()
    own_stack.stop_postgres()
    body = tally()
    for _ in range(10):
        began = time.monotonic()
        for response in (api.http.get("/api/dashboard"), api.http.post(path, json=body), api.http.get("/health/ready")):
            assert response.status_code == 503 and response.headers["Retry-After"]
        assert time.monotonic() - began < 5
    assert api.http.get("/health/live").status_code == 200
    own_stack.start_postgres()
    until_stored(api.http, path, body)
    own_stack.wait_ready(15)
    assert api.rows(vessel["id"]) == 1
    assert own_stack.responder_pids() == pids


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"DATABASE_STATEMENT_TIMEOUT_MS": "1000"}}], indirect=True)
def test_hung(own_stack):
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}/tallies"
    pids = own_stack.responder_pids()
    body = tally()
    own_stack.hang_postgres()
    try:
        for send in (lambda: api.http.get("/api/dashboard"), lambda: api.http.post(path, json=body),
                     lambda: api.http.get("/health/ready"), lambda: api.http.get("/api/vessels")):
            began = time.monotonic()
            response = send()
            took = time.monotonic() - began
            assert response.status_code == 503 and response.headers["Retry-After"], response.text
            assert took < 10, took
        assert api.http.get("/health/live").status_code == 200
    finally:
        own_stack.wake_postgres()
    own_stack.wait_ready(20)
    until_stored(api.http, path, body)
    assert api.rows(vessel["id"]) == 1
    assert own_stack.responder_pids() == pids


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"DATABASE_STATEMENT_TIMEOUT_MS": "500"}}], indirect=True)
def test_slow_statement_is_given_up(own_stack):
    """A lock that somebody forgot: bounded, nothing stored, and the responder serves the next one."""
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}/tallies"
    lock = own_stack.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE cargo_tallies IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        response = api.http.post(path, json=tally())
        assert response.status_code == 503 and time.monotonic() - began < 5
        assert api.http.get("/api/berths").status_code == 200
    lock.rollback()
    lock.close()
    assert api.rows(vessel["id"]) == 0
    api.tally(vessel["id"])


@pytest.mark.parametrize("own_stack", [{"responders": 3, "env": {"CACHE": "off"}}], indirect=True)
def test_one_connection_per_responder(own_stack):
    api = port.Api(own_stack)
    count = ("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores' AND application_name = 'stevedores-fcgi'")
    for _ in range(40):
        api.get("/api/dashboard")
    assert 1 <= own_stack.value(count) <= 3
    own_stack.restart_postgres()
    for _ in range(40):
        api.http.get("/api/dashboard")
    assert 1 <= own_stack.value(count) <= 3
