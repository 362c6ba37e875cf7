# SPDX-License-Identifier: Apache-2.0
"""What each front end makes of responders that die, end or are stopped while they are asked. They can't all do the same; what
they promise alike: a write is never sent twice, and who asks next gets an answer."""
import http.client
import os
import signal
import threading
import time
import uuid

import fastcgi
import load
import port
import pytest

from stack import FRONTS, Stack, eventually

pytestmark = pytest.mark.nginx  # they choose the front end themselves, and run once
LOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'stevedores'"
SLOW = {"DATABASE_STATEMENT_TIMEOUT_MS": "20000"}


@pytest.fixture(params=FRONTS)
def stack(request):
    with Stack(responders=2, front=request.param, env=SLOW) as started:
        yield started


class Lock:
    """On the vessels, so that a request for them stays in hand."""

    def __init__(self, stack):
        self.connection = stack.connect()
        self.connection.autocommit = False
        with self.connection.cursor() as cursor:
            cursor.execute("LOCK TABLE vessels IN ACCESS EXCLUSIVE MODE")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self):
        self.connection.close()


class Request(threading.Thread):
    """One that waits for the lock."""

    def __init__(self, stack, method, body=None):
        super().__init__()
        self.stack, self.method, self.body = stack, method, body
        self.http = stack.session()
        self.answer = None
        self.start()
        eventually(lambda: stack.psql(LOCKED), "the request waits for the lock", 10)

    def run(self):
        self.answer = self.http.request(self.method, "/api/vessels", json=self.body)


# What the client is told, and whether the front end asks another one before.
GET_STATUS = {"nginx": 200, "proxy_fcgi": 503, "fcgid": 500}
POST_STATUS = {"nginx": 503, "proxy_fcgi": 503, "fcgid": 500}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_killed_with_a_request_in_hand(stack, method):
    name = f"MV {uuid.uuid4()}"
    body = {"name": name, "vessel_type": "bulk"} if method == "POST" else None
    with Lock(stack) as lock:
        request = Request(stack, method, body)
        backends = stack.psql(LOCKED)
        for pid in stack.responder_pids():
            os.kill(pid, signal.SIGKILL)
        if method == "GET" and stack.front == "nginx":
            eventually(lambda: [pid for pid in stack.psql(LOCKED) if pid not in backends], "another one has it", 10)
        else:
            request.join(15)
            assert request.answer is not None
            assert not [pid for pid in stack.psql(LOCKED) if pid not in backends], "nobody else has it"
        lock.release()
    request.join(15)
    answer = request.answer
    assert answer.status_code == (GET_STATUS if method == "GET" else POST_STATUS)[stack.front]
    if answer.status_code != 200:
        assert answer.headers["Retry-After"] == "2" and answer.json()["type"] == "urn:stevedores:problem:unavailable"
        assert answer.json()["status"] == answer.status_code
    assert stack.session().get("/api/vessels").status_code == 200
    eventually(lambda: not stack.psql(LOCKED), "what was in hand is done or gone", 10)
    assert stack.value("SELECT count(*) FROM vessels WHERE name = %s", (name,)) <= 1


def test_a_list_that_breaks_off(stack):
    """A CSV has no length that would tell. With mod_fcgid the answer looks whole, and its last line tells: httpd puts its
    error behind what was sent."""
    vessel = port.Api(stack).vessel("operations_active")
    stack.psql("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at, note)"
               " SELECT gen_random_uuid(), %s, 'loaded', 'van', 1, now() - n * interval '1 second', repeat(md5(n::text), 15)"
               " FROM generate_series(1, 60000) n", (vessel["id"],))
    client = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    client.request("GET", "/api/tallies", headers={"Accept": "text/csv", "Authorization": f"Bearer {fastcgi.KEY}"})
    response = client.getresponse()
    assert response.status == 200 and response.headers["Transfer-Encoding"] == "chunked"
    data = response.read(50_000)
    for pid in stack.responder_pids():
        os.kill(pid, signal.SIGKILL)
    if stack.front == "fcgid":
        data += response.read()
        assert data.splitlines()[-1].split(b'{"type"')[1].startswith(b':"urn:stevedores:problem:unavailable"')
    else:
        with pytest.raises(http.client.IncompleteRead):
            response.read()
    client.close()
    assert stack.session().get("/api/vessels").status_code == 200


class Asker(load.Background):
    def __init__(self, stack, answers):
        super().__init__()
        self.http, self.answers = stack.session(), answers

    def step(self):
        self.answers.append(self.http.get("/api/dashboard").status_code)


@pytest.mark.parametrize("front", ["proxy_fcgi", "fcgid"])
def test_recycled_responders_lose_no_request(front):
    """nginx: test_recycling.py. A responder of mod_fcgid's has a socket of its own, on which the next request may already wait
    when it ends (OWN_SOCKET)."""
    answers = []
    with Stack(responders=3, front=front, env={"MAX_REQUESTS": "60"}) as stack:
        with Asker(stack, answers), Asker(stack, answers), Asker(stack, answers):
            eventually(lambda: len([line for line in stack.logs() if line["event"] == "recycled"]) >= 8, "eight ended", 60)
    assert len(answers) > 300 and set(answers) == {200}, {status: answers.count(status) for status in set(answers)}


@pytest.mark.parametrize("front", FRONTS)
def test_a_graceful_stop_finishes_what_is_in_hand(front):
    """SIGQUIT to nginx, SIGWINCH to Apache, whose responders have longer then than the second of a plain stop."""
    with Stack(responders=1, front=front, env=SLOW) as stack:
        with Lock(stack) as lock:
            request = Request(stack, "GET")
            web = stack.processes["nginx" if front == "nginx" else "apache"]
            web.send_signal(signal.SIGQUIT if front == "nginx" else signal.SIGWINCH)
            time.sleep(2.5)
            assert web.poll() is None and request.answer is None
            lock.release()
            request.join(15)
        assert request.answer.status_code == 200
        assert web.wait(15) == 0
