# SPDX-License-Identifier: Apache-2.0
"""What is slow is logged so that it can be found, and without anything that somebody has typed."""
import contextlib
import glob
import os
import threading
import uuid

import pytest

from stack import Stack, eventually


@pytest.fixture(scope="module")
def slow():
    with Stack(responders=2, env={"SLOW_QUERY_MS": "150", "SLOW_REQUEST_MS": "150", "CACHE": "off"}) as stack:
        yield stack


@contextlib.contextmanager
def held(stack, table, seconds=0.5):
    """Nobody else can read or write the table, for so long from now on."""
    connection = stack.connect()
    connection.autocommit = False
    cursor = connection.cursor()
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    timer = threading.Timer(seconds, connection.rollback)
    timer.start()
    try:
        yield
    finally:
        timer.join()
        connection.close()


def lines_of(stack, event, response):
    """The lines of one request."""
    eventually(lambda: [line for line in stack.logs() if line["event"] == "request"
                        and line["request_id"] == response.headers["X-Request-Id"]], "it is logged", 10)
    return [line for line in stack.logs() if line["event"] == event and line.get("request_id") == response.headers["X-Request-Id"]]


def everything_logged(stack):
    """By the program; nginx's log is one of addresses, and PostgreSQL's has statements of its own."""
    found = ""
    for path in glob.glob(os.path.join(stack.log_dir, "*.log")):
        if not os.path.basename(path).startswith(("server", "nginx")):
            found += stack.log_text(os.path.basename(path))
    return found


def test_a_slow_read(slow):
    secret = uuid.uuid4().hex
    with held(slow, "vessels"):
        response = slow.session().get(f"/api/vessels?q={secret}&status=berthed&per_page=7&sort=-eta")
    assert response.status_code == 200, response.text
    found = lines_of(slow, "slow_query", response)
    assert len(found) == 1, found
    assert found[0]["level"] == "warn" and found[0]["route"] == "/api/vessels"
    assert 150_000 < found[0]["us"] < 5_000_000 and found[0]["sqlstate"] == "" and found[0]["rows"] >= 0
    assert found[0]["statement"].startswith(("WITH", "SELECT"))
    assert len(found[0]["statement"].encode()) <= 303 and "\n" not in found[0]["statement"]
    assert "text(" in found[0]["parameters"] or "array(" in found[0]["parameters"], found[0]
    [request] = lines_of(slow, "request", response)
    assert request["level"] == "warn" and request["route"] == "/api/vessels"
    assert request["query"] == "per_page,q,sort,status" and request["body_bytes"] == 0
    assert secret not in everything_logged(slow)


def test_a_slow_write(slow):
    secret = uuid.uuid4().hex
    with held(slow, "vessels"):
        response = slow.session().post("/api/vessels", json={"name": secret, "vessel_type": "roro", "notes": secret})
    assert response.status_code == 201, response.text
    found = lines_of(slow, "slow_query", response)
    assert found and {line["route"] for line in found} == {"/api/vessels"}
    assert any("text(32)" in line["parameters"] or "object(" in line["parameters"] for line in found), found
    [request] = lines_of(slow, "request", response)
    assert request["method"] == "POST" and request["query"] == "" and request["body_bytes"] > 2 * len(secret)
    assert secret not in everything_logged(slow)


def test_a_slow_commit(slow):
    """By a trigger that waits until then, of many rows at once, which are a transaction."""
    secret = uuid.uuid4().hex
    slow.psql("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;"
              "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON vessels DEFERRABLE INITIALLY DEFERRED"
              " FOR EACH ROW EXECUTE FUNCTION dawdle()")
    try:
        response = slow.session().post("/api/vessels", json={"name": secret, "vessel_type": "roro"},
                                       headers={"Idempotency-Key": str(uuid.uuid4())})
    finally:
        slow.psql("DROP FUNCTION dawdle() CASCADE")
    assert response.status_code == 201, response.text
    [found] = lines_of(slow, "slow_query", response)
    assert (found["statement"], found["parameters"]) == ("COMMIT", "") and found["us"] > 150_000
    assert secret not in everything_logged(slow)


def test_a_statement_that_is_given_up():
    with Stack(responders=1, env={"SLOW_QUERY_MS": "150", "DATABASE_STATEMENT_TIMEOUT_MS": "300", "CACHE": "off"}) as stack:
        with held(stack, "vessels", 1):
            response = stack.session().get("/api/vessels")
        assert response.status_code == 503, response.text
        [found] = lines_of(stack, "slow_query", response)
        assert found["sqlstate"] == "57014" and found["rows"] == 0 and 250_000 < found["us"] < 900_000
        [request] = lines_of(stack, "request", response)
        assert request["level"] == "error" and request["query"] == "" and request["body_bytes"] == 0


def test_names_that_may_be_values_are_not_shown(slow):
    secret, http = uuid.uuid4().hex, slow.session("viewer")
    with held(slow, "sessions"):
        response = http.get(f"/api/vessels?{secret}{secret}=1&q=x&{secret}%40port.example=2")
    assert response.status_code == 400
    [request] = lines_of(slow, "request", response)
    assert request["query"] == "?,?,q"
    assert secret not in request["query"]


def test_a_name_in_the_address_is_not_shown(slow):
    secret, http = uuid.uuid4().hex, slow.session()
    with held(slow, "berths"):
        response = http.get(f"/api/berths/{secret}")
    assert response.status_code == 404
    [request] = lines_of(slow, "request", response)
    assert request["level"] == "warn" and request["path"] == request["route"] == "/api/berths/{name}"
    assert secret not in everything_logged(slow)
    with held(slow, "vessels"):
        [request] = lines_of(slow, "request", http.get("/api/vessels/999999999"))
    assert request["path"] == "/api/vessels/999999999"  # a number of our own, to find it by
    [request] = lines_of(slow, "request", http.get(f"/api/berths/{secret}"))
    assert request["path"] == f"/api/berths/{secret}" and request["level"] == "info"


def test_what_is_fast_says_less(slow):
    response = slow.session().get("/api/vessels?per_page=3")
    assert response.status_code == 200
    assert lines_of(slow, "slow_query", response) == []
    [request] = lines_of(slow, "request", response)
    assert request["level"] == "info" and request["route"] == "/api/vessels" and "query" not in request and "body_bytes" not in request
    response = slow.session().get("/api/no/such/thing")
    [request] = lines_of(slow, "request", response)
    assert request["status"] == 404 and request["route"] == ""


def test_the_tools_take_their_time(slow):
    """Nobody waits for them; their standard error is for people."""
    with held(slow, "vessels", 1):
        done = slow.ctl("export", "vessels", "-")
    assert "slow_query" not in done.stderr
