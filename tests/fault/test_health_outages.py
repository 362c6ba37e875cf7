# SPDX-License-Identifier: Apache-2.0
"""Health while parts are away, hang or come back: no outage of a cache makes it a 5xx, and /health/quick goes on whatever
happens."""
import os
import signal
import time

import pytest

from stack import Stack, children_of, eventually

ENV = {"BREAKER_FAILURES": "3", "BREAKER_OPEN_MS": "1000"}
SOON = 4  # seconds; the agent looks once a second, on a machine that may have much else to do
CACHES = {"redis": "redis", "memcached0": "memcached"}


@pytest.fixture(scope="module")
def shared():
    with Stack(responders=2, redis=True, memcached=1, env=ENV) as stack:
        yield stack


@pytest.fixture
def own(shared):
    for part, start in (("postgres", shared.start_postgres), ("redis", shared.start_redis),
                        ("memcached0", shared.start_memcached), ("agent", shared.start_agent)):
        if part not in shared.processes:
            start()
    eventually(lambda: quick(shared)[1]["status"] == "healthy", "all is well", 20)
    return shared


def ask(stack, path, role=None):
    began = time.monotonic()
    answer = stack.session(role).get(path)
    return answer.status_code, answer.json(), time.monotonic() - began


def quick(stack):
    return ask(stack, "/health/quick")


def until_quick_says(stack, status, patience=SOON):
    began = time.monotonic()

    def says():
        answer = quick(stack)
        return answer if answer[1]["status"] == status else None
    said = eventually(says, f"it says {status}", patience, 0.02)
    print(f"{status} was told after {time.monotonic() - began:.2f} s")
    return said


@pytest.mark.parametrize("part", CACHES)
@pytest.mark.parametrize("how", ["killed", "hung"])
def test_without_a_cache(own, part, how):
    name = CACHES[part]
    if how == "killed":
        own.end(part, signal.SIGKILL)
    else:
        own.pause(part)
    try:
        status, said, _ = until_quick_says(own, "degraded")
        assert status == 200 and said["checks"][name] == {"status": "away"} and said["summary"]["failed"] == 1

        def opened():
            status, said, took = ask(own, "/health", "key")
            check = said["checks"][name]
            assert status == 200 and said["status"] == "degraded" and check["status"] == "away" and took < 3
            assert check["error"] and check["error"] == check["last_error"]
            return check["circuit_breaker_state"] == "open" and check["us"] < 20000
        eventually(opened, "an open breaker isn't probed past", 20)
        assert quick(own)[1]["checks"]["agent"] == {"status": "ok"}
    finally:
        if how == "hung":
            own.resume(part)
        elif part == "redis":
            own.start_redis()
        else:
            own.start_memcached()
    until_quick_says(own, "healthy", 10)


def test_a_redis_that_takes_no_writes(own):
    """It answers, and would keep nothing: a replica that a deployment was given by mistake."""
    assert own.redis("REPLICAOF", "127.0.0.1", "1") == "OK"
    try:
        status, said, _ = until_quick_says(own, "degraded")
        assert status == 200 and said["checks"]["redis"] == {"status": "away"}
        assert "READONLY" in ask(own, "/health", "key")[1]["checks"]["redis"]["error"]
    finally:
        own.redis("REPLICAOF", "NO", "ONE")
    until_quick_says(own, "healthy", 10)


def test_without_a_database(own):
    own.stop_postgres(signal.SIGQUIT)
    status, said, _ = until_quick_says(own, "unhealthy")
    assert status == 503
    assert said["checks"]["database"] == {"status": "away"} and said["checks"]["schema"] == {"status": "unknown"}
    assert all(said["checks"][name]["status"] == "ok" for name in ("agent", "redis", "memcached", "local_cache"))
    status, said, took = ask(own, "/health")
    assert status == 503 and took < 2 and all(set(check) == {"status"} for check in said["checks"].values())
    own.start_postgres()
    until_quick_says(own, "healthy")


def test_a_database_that_hangs(own):
    """It takes the agent's time, and a statement's timeout passes until that is known; but the agent isn't taken for away."""
    own.hang_postgres()
    try:
        end = time.monotonic() + 12
        until_quick_says(own, "unhealthy", 8)
        while time.monotonic() < end:
            status, said, took = quick(own)
            assert status == 503 and said["checks"]["agent"] == {"status": "ok"} and took < 1, said
            time.sleep(0.1)
        _, said, took = ask(own, "/health")
        assert said["status"] == "unhealthy" and took < 10
    finally:
        own.wake_postgres()
    until_quick_says(own, "healthy", 8)


def test_all_of_them_at_once(own):
    own.stop_postgres(signal.SIGQUIT)
    own.end("redis", signal.SIGKILL)
    own.end("memcached0", signal.SIGKILL)
    until_quick_says(own, "unhealthy")
    found = eventually(lambda: quick(own)[1]["summary"]["failed"] == 4 and quick(own)[1], "all four are told of", SOON)
    assert {name for name, check in found["checks"].items() if check["status"] in ("away", "unknown")} == {
        "database", "schema", "redis", "memcached"}
    answers = [quick(own) for _ in range(100)]
    assert {status for status, _, _ in answers} == {503} and max(took for _, _, took in answers) < 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_without_an_agent(own, how):
    """What it last said isn't believed for ever: neither that all is well, nor that the database is away."""
    before = quick(own)[1]["timestamp"]
    if how == signal.SIGKILL:
        own.stop_agent(how)
    else:
        [agent] = children_of(own.processes["agent"].pid)
        os.kill(agent, how)
    try:
        status, said, _ = until_quick_says(own, "degraded", 10)
        assert status == 200 and said["checks"] == {"agent": {"status": "away"}}
        assert said["summary"] == {"total_checks": 1, "passed": 0, "failed": 1}
        assert said["age_ms"] >= 5000 and said["timestamp"] >= before
        status, said, _ = ask(own, "/health", "key")
        assert status == 200 and said["status"] == "degraded"
        assert said["checks"]["agent"]["status"] == "away" and "no sign of life" in said["checks"]["agent"]["error"]
        assert said["checks"]["memory"]["status"] == "unknown" and said["checks"]["memory"]["passed"]
    finally:
        if how == signal.SIGSTOP:
            os.kill(agent, signal.SIGCONT)
        else:
            own.start_agent()
    until_quick_says(own, "healthy", 10)


def test_the_last_word_of_an_agent_that_died(own):
    own.stop_postgres(signal.SIGQUIT)
    until_quick_says(own, "unhealthy")
    own.stop_agent(signal.SIGKILL)
    assert quick(own)[0] == 503, "it still holds"
    own.start_postgres()
    status, said, _ = until_quick_says(own, "degraded", 10)
    assert status == 200 and said["checks"] == {"agent": {"status": "away"}}
