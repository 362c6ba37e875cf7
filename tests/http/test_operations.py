# SPDX-License-Identifier: Apache-2.0
"""GET /api/operations: what the pool counted, the agent's samples of it, and the alerts that these raise and clear."""
import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from stack import ROLES, Stack, eventually

FIELDS = {"at", "span_ms", "requests", "failed", "refused", "limited", "failed_permille", "p50_us", "p95_us", "p99_us", "hits_near",
          "hits_redis", "hits_memcached", "hits_local", "hits_recent", "stale", "misses", "hit_permille", "queries", "query_failures",
          "query_mean_us", "query_p95_us", "responders", "busy_permille", "database_connections", "redis_connections",
          "memory_pool_bytes", "memory_agent_bytes", "memory_permille", "cpu_permille", "sessions"}


@pytest.fixture(scope="module")
def own():
    with Stack(responders=2, redis=True, env={"BREAKER_OPEN_MS": "1000", "MEMORY_LIMIT_MB": "4096"}) as stack:
        yield stack


def operations(stack, http=None):
    response = (http or stack.session()).get("/api/operations")
    assert response.status_code == 200, response.text
    return response.json()["data"]


def alert(data, name):
    [found] = [a for a in data["alerts"] if a["name"] == name]
    return found


def group(data, name):
    [found] = [g for g in data["requests"] if g["group"] == name]
    return found


def alert_lines(stack, name):
    return [line["state"] for line in stack.logs("agent") if line["event"] == "alert" and line["alert"] == name]


def ask(stack, path, times, workers=4):
    http = stack.session()

    def one(_):
        return http.get(path).status_code
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, range(times)))


def ask_something_new(stack):
    """Of which the host's own cache has nothing, so that Redis is asked."""
    return ask(stack, f"/api/vessels?q={uuid.uuid4().hex[:12]}", 2)


def test_what_is_asked_is_counted(own):
    before = operations(own)
    assert set(ask(own, "/api/dashboard", 60)) == {200} and set(ask(own, "/api/vessels?per_page=5", 40)) == {200}
    assert set(ask(own, "/api/vessels/999999999", 7)) == {404}
    after = operations(own)
    for name, requests, refused in (("dashboard", 60, 0), ("list", 40, 0), ("row", 8, 7)):  # one of the rows is `before`
        was, now = group(before, name), group(after, name)
        assert now["requests"] - was["requests"] == requests and now["refused"] - was["refused"] == refused, name
        assert 0 < now["p50_us"] <= now["p95_us"] <= now["p99_us"] < 10_000_000
    assert {member["pid"] for member in after["pool"]} == set(own.responder_pids())
    assert sum(m["requests"] for m in after["pool"]) - sum(m["requests"] for m in before["pool"]) == 108
    assert [m for m in after["pool"] if m["busy_ms"] is not None], "the one that answers is at work"
    assert all(m["database"] for m in after["pool"])


def test_the_sample_has_it_soon(own):
    eventually(lambda: operations(own)["now"], "there is a sample")
    done = ask(own, "/api/dashboard", 150)
    assert len(done) == 150

    def seen():
        now = operations(own)["now"]
        return now if now["requests"] >= 150 else None
    now = eventually(seen, "the agent has counted them", 15)
    assert set(now) == FIELDS
    assert now["span_ms"] <= 31000 and now["failed"] == 0 and now["failed_permille"] == 0
    assert 0 < now["p50_us"] <= now["p95_us"] <= now["p99_us"]
    assert now["hits_near"] > 0 and now["hit_permille"] > 500 and now["queries"] > 0 and now["query_mean_us"] > 0
    assert now["responders"] == 2 and 1 <= now["database_connections"] <= 3 and now["redis_connections"] >= 1
    # The kernel's own figures of the same processes.
    assert 1 << 20 < now["memory_pool_bytes"] < 256 << 20 and now["memory_agent_bytes"] > 1 << 19
    assert now["memory_permille"] == (now["memory_pool_bytes"] + now["memory_agent_bytes"]) * 1000 // (4096 << 20)
    assert now["cpu_permille"] >= 0 and now["busy_permille"] >= 0


def test_half_minutes_are_kept(own):
    def kept():
        history = operations(own)["history"]
        return history if history["at"] else None
    history = eventually(kept, "the first half minute is over", 45)
    assert set(history) == FIELDS
    assert {len(values) for values in history.values()} == {len(history["at"])}
    assert history["at"] == sorted(history["at"])
    assert all(29000 <= span <= 40000 for span in history["span_ms"])
    assert sum(history["requests"]) > 0


@pytest.mark.pool
def test_counts_outlive_the_responders(own):
    assert set(ask(own, "/api/dashboard", 10)) == {200}
    before = operations(own)
    old = own.responder_pids()
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(own.responder_pids()) == 2 and not set(old) & set(own.responder_pids()), "others are there")
    own.wait_ready()
    assert set(ask(own, "/api/dashboard", 10)) == {200}
    after = operations(own)
    assert group(after, "dashboard")["requests"] == group(before, "dashboard")["requests"] + 10
    assert {m["pid"] for m in after["pool"]} == set(own.responder_pids())


def test_an_alert_comes_and_goes_with_a_breaker(own):
    assert alert(operations(own), "redis")["level"] == "ok"
    own.end("redis", signal.SIGKILL)
    try:
        def raised():
            ask_something_new(own)
            found = alert(operations(own), "redis")
            return found if found["level"] != "ok" else None
        found = eventually(raised, "the alert is raised", 20)
        assert found["level"] == "warning" and found["since"] and found["value"] >= 1 and found["critical"] is None
        [breaker] = [b for b in operations(own)["breakers"] if b["name"] == "redis"]
        assert breaker["state"] in ("open", "half_open") and breaker["failures"] > 0 and breaker["last_error"]
    finally:
        own.start_redis()

    def cleared():
        ask_something_new(own)
        return alert(operations(own), "redis")["level"] == "ok"
    eventually(cleared, "the alert is cleared", 25)
    assert alert_lines(own, "redis") == ["WARNING", "cleared"]


def test_an_alert_by_slow_answers():
    """With a limit of a millisecond that the database can't keep, without a cache."""
    with Stack(responders=2, env={"ALERT_P95_MS": "1", "CACHE": "off"}) as stack:
        http = stack.session()

        def raised():
            for _ in range(10):
                http.get("/api/dashboard")
            found = alert(operations(stack), "response_time")
            return found if found["level"] != "ok" else None
        found = eventually(raised, "the alert is raised", 30, pause=0.2)
        assert found["warning"] == 1000 and found["critical"] == 5000 and found["value"] >= 1000
        # A new agent knows what the one before raised.
        stack.stop_agent(signal.SIGKILL)
        assert alert(operations(stack), "response_time")["level"] != "ok"
        eventually(lambda: not operations(stack)["agent"]["ok"], "the agent is missed", 15)
        stack.start_agent()
        eventually(lambda: operations(stack)["agent"]["ok"], "the agent is back", 15)
        # Nobody asks any more, but for us once in a while, which is too little to say something.
        eventually(lambda: alert(operations(stack), "response_time")["level"] == "ok", "the alert is cleared", 90, pause=3)
        assert alert_lines(stack, "response_time")[-1] == "cleared"


def test_it_answers_while_the_database_is_away():
    with Stack(responders=2) as stack:
        http = stack.session()
        eventually(lambda: operations(stack, http)["now"], "there is a sample")
        stack.stop_postgres(signal.SIGKILL)
        assert operations(stack, http)["version"]

        def critical():
            http.get(f"/api/vessels?q={uuid.uuid4().hex[:12]}")
            found = alert(operations(stack, http), "database")
            return found["level"] == "critical"
        eventually(critical, "the alert is raised", 25, pause=0.2)
        assert [line["state"] for line in stack.logs("agent") if line["event"] == "alert" and line["alert"] == "database"] == ["CRITICAL"]
        assert [line["level"] for line in stack.logs("agent") if line["event"] == "alert" and line["alert"] == "database"] == ["error"]
        stack.start_postgres()


@pytest.mark.parametrize("role", (None, *ROLES))
def test_for_admins_only(own, role):
    response = own.session(role).get("/api/operations")
    assert response.status_code == (200 if role == "admin" else 401 if role is None else 403)
    assert response.headers["Cache-Control"] == "no-store" or role == "admin"
