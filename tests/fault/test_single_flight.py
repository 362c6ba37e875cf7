# SPDX-License-Identifier: Apache-2.0
"""One miss, one query per host: whoever asks for the same meanwhile waits for the answer, for a bounded time, or is given the
previous one. And an entry that everybody wants is made anew without anybody waiting."""
import os
import signal
import socket
import threading
import time

import caching
import fastcgi
import port
import pytest

from stack import eventually

PATIENT = {"CACHE_WAIT_MS": "20000", "DATABASE_STATEMENT_TIMEOUT_MS": "30000"}


class Asked:
    """A request through the web server that was sent, on a connection of its own."""

    def __init__(self, stack, path):
        self.socket = socket.create_connection(("127.0.0.1", stack.port), 30)
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
                             f"Authorization: Bearer {fastcgi.KEY}\r\n\r\n").encode())
        self.sent = time.monotonic()
        self.took = None

    def answer(self, patience=60):
        """(status, headers, body)"""
        self.socket.settimeout(patience)
        data = b""
        while piece := self.socket.recv(65536):
            data += piece
        self.took = time.monotonic() - self.sent
        self.socket.close()
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body

    def is_answered(self, patience):
        """Whether the answer begins to come within so many seconds."""
        self.socket.settimeout(patience)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) != b""
        except TimeoutError:
            return False


def row_queries(statements):
    """Those that read a vessel, of what stack.counting() gave."""
    return [sql for sql in statements if "FROM vessels AS v" in sql and "WHERE v.id = $1" in sql]


def lead(stack, path, lock_waiters=1):
    """Sends a request whose query waits for the lock; the request and the responder that leads."""
    asked = []
    pid = caching.who_takes(stack, lambda: asked.append(Asked(stack, path)),
                            lambda: caching.lock_waiters(stack) == lock_waiters)
    return asked[0], pid


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": PATIENT},
                                       {"responders": 4, "env": PATIENT, "redis": True, "memcached": 1}],
                         indirect=True, ids=["local", "redis and memcached"])
def test_200_at_once_are_one_query(own_stack):
    vessel = port.Api(own_stack).vessel()
    path = f"/api/vessels/{vessel['id']}"
    with own_stack.counting() as statements:
        lock = caching.locked(own_stack)
        asked = [Asked(own_stack, path) for _ in range(200)]
        caching.await_waiters(own_stack, 1)
        eventually(lambda: caching.counters(own_stack)["cache_events_waited"] == 3, "the other responders wait")
        time.sleep(0.3)  # for a second query, if there were one
        assert caching.lock_waiters(own_stack) == 1
        lock.close()
        answers = [one.answer() for one in asked]
        queries = row_queries(statements())
    print(f"200 requests, {len(queries)} query, the last answered after {max(one.took for one in asked):.2f} s")
    assert [status for status, _, _ in answers] == [200] * 200
    assert len({body for _, _, body in answers}) == 1
    assert len(queries) == 1
    assert sorted(headers["X-Cache"].split(";")[0] for _, headers, _ in answers).count("miss") == 1


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {
    **PATIENT, "CACHE_MAX_STALE_MS": "12000", "CACHE_POLL_MS": "100"}}], indirect=True)
def test_the_previous_answer_is_given_meanwhile(own_stack):
    """Half of the bound after a change one asks, and the others don't wait for it. A change, and not the entry's end: before
    that one might make it anew, while everybody else is still given it without further ado."""
    vessel = port.Api(own_stack).vessel()
    path = f"/api/vessels/{vessel['id']}"
    eventually(lambda: caching.source(own_stack.session().get(path))[0] == "hit", "the page is kept")
    own_stack.psql("UPDATE vessels SET notes = 'changed' WHERE id = %s", (vessel["id"],))
    changed = time.monotonic()
    lock = caching.locked(own_stack)
    waiting = None
    while waiting is None:
        one = Asked(own_stack, path)
        if one.is_answered(1) or caching.lock_waiters(own_stack) == 0:
            assert one.answer()[0] == 200
        else:
            waiting = one
    assert waiting.sent - changed > 5, "not before half of the bound"
    began = time.monotonic()
    ages = []
    for _ in range(20):
        status, headers, body = Asked(own_stack, path).answer()
        assert status == 200 and headers["X-Cache"].split(";")[0] == "hit" and "Warning" not in headers
        assert b"changed" not in body
        ages.append(int(headers["Age"]))
    took = time.monotonic() - began
    assert caching.lock_waiters(own_stack) == 1, "the query still waits"
    assert not waiting.is_answered(0.01)
    lock.close()
    status, headers, body = waiting.answer()
    assert status == 200 and headers["X-Cache"].split(";")[0] == "miss" and b"changed" in body
    print(f"20 answers of age {min(ages)} to {max(ages)} s in {took:.2f} s while one asked")
    assert caching.counters(own_stack)["cache_events_waited"] == 0


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": PATIENT}], indirect=True)
def test_a_leader_that_is_killed_is_replaced(own_stack):
    vessel = port.Api(own_stack).vessel()
    path = f"/api/vessels/{vessel['id']}"
    with own_stack.counting() as statements:
        lock = caching.locked(own_stack)
        first, leader = lead(own_stack, path)
        others = [Asked(own_stack, path) for _ in range(20)]
        eventually(lambda: caching.counters(own_stack)["cache_events_waited"] == 3, "the other responders wait")
        assert caching.lock_waiters(own_stack) == 1
        os.kill(leader, signal.SIGKILL)
        began = time.monotonic()
        # PostgreSQL notices nothing of the death while the statement waits.
        caching.await_waiters(own_stack, 2)
        print(f"a new leader asks {time.monotonic() - began:.2f} s after the kill")
        time.sleep(0.3)
        assert caching.lock_waiters(own_stack) == 2, "one, not all"
        lock.close()
        answers = [one.answer() for one in (first, *others)]
        queries = row_queries(statements())
    assert [status for status, _, _ in answers] == [200] * 21, "the web server asked another for the first"
    assert len({body for _, _, body in answers}) == 1
    assert 1 <= len(queries) <= 2  # the dead one's may never have got further than to being prepared


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {**PATIENT, "CACHE_WAIT_MS": "700"}}], indirect=True)
def test_waiting_is_bounded(own_stack):
    """A leader that hangs is waited for, for CACHE_WAIT_MS; then everybody asks for themselves, and who comes after that has
    the answer at once."""
    vessel = port.Api(own_stack).vessel()
    path = f"/api/vessels/{vessel['id']}"
    lock = caching.locked(own_stack)
    first, leader = lead(own_stack, path)
    os.kill(leader, signal.SIGSTOP)
    lock.close()
    try:
        one = Asked(own_stack, path)
        status, headers, body = one.answer(30)
        assert status == 200 and headers["X-Cache"].startswith("miss")
        assert one.took >= 0.65, "it was waited for"
        second = Asked(own_stack, path)
        status, headers, again = second.answer(30)
        assert status == 200 and headers["X-Cache"].startswith("hit") and again == body
        print(f"waited {one.took:.2f} s for a leader that hangs, {second.took:.3f} s for the next")
    finally:
        os.kill(leader, signal.SIGCONT)
    assert first.answer()[0] == 200


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": PATIENT}], indirect=True)
def test_a_leader_whose_query_fails_lets_the_next_one_lead(own_stack):
    """Nothing is kept of a failure, and nobody stays waiting for it."""
    lock = caching.locked(own_stack)
    asked = [Asked(own_stack, "/api/vessels/999999999") for _ in range(6)]
    caching.await_waiters(own_stack, 1)
    lock.close()
    assert [one.answer()[0] for one in asked] == [404] * 6
    assert caching.counters(own_stack)["cache_answers_miss"] == 0


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {"CACHE_TTL_DASHBOARD": "1"}},
                                       {"responders": 4, "env": {"CACHE_TTL_DASHBOARD": "1"}, "redis": True}],
                         indirect=True, ids=["local", "redis"])
def test_a_hot_key_is_never_missed(own_stack, long):
    """Steady load on an entry that lives for a second: about one query in that time, and nobody waits."""
    seconds = 30 if long else 6
    port.Api(own_stack).vessel()
    path = "/api/dashboard"
    stop = threading.Event()
    answers = []

    def load():
        http = own_stack.session()
        while not stop.is_set():
            answers.append(caching.source(http.get(path))[0])

    with own_stack.counting() as statements:
        own_stack.session().get(path)
        statements()
        before = caching.counters(own_stack)
        began = time.monotonic()
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        after = caching.counters(own_stack)
        queries = [sql for sql in statements() if "'generated_at'" in sql]
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    print(f"{len(answers)} answers in {took:.1f} s, {len(queries)} queries; {grown}")
    assert len(queries) <= took * 1.5 + 1, "about one per second"
    assert len(queries) >= took / 2 - 1, "each lives for a second, and at most one more"
    assert answers.count("miss") == len(queries)
    assert grown.get("cache_events_waited", 0) == 0
    assert grown.get("cache_events_early", 0) + grown.get("cache_answers_recent", 0) > 0


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {**PATIENT, "CACHE_TTL_ROW": "3"}},
                                       {"responders": 2, "env": {**PATIENT, "CACHE_TTL_ROW": "3"}, "redis": True}],
                         indirect=True, ids=["local", "redis"])
def test_what_is_dear_is_made_anew_before_its_end(own_stack):
    """An answer that took two seconds, and lives for three: one of those who ask for it soon makes it anew, by asking the
    database and not by fetching the same entry from a tier."""
    vessel = port.Api(own_stack).vessel()
    path = f"/api/vessels/{vessel['id']}"
    lock = caching.locked(own_stack)
    first = Asked(own_stack, path)
    caching.await_waiters(own_stack, 1)
    time.sleep(2)
    lock.close()
    assert first.answer()[0] == 200
    http = own_stack.session()
    sources = []
    end = time.monotonic() + 2.5
    while time.monotonic() < end and "miss" not in sources:
        response = http.get(path)
        sources.append(caching.source(response)[0])
        assert int(response.headers.get("Age", 0)) < 3
    print(f"made anew after {len(sources)} answers")
    assert sources[-1] == "miss"
    assert caching.counters(own_stack)["cache_events_early"] == 1
