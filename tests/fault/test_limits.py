# SPDX-License-Identifier: Apache-2.0
"""The pool's limit is one limit, whatever counts it and whatever becomes of that: 100/minute lets exactly 100 through, with four
responders and eight clients at once, and no outage turns into a refusal or a 5xx."""
import os
import signal

import limits
import pytest

from stack import Stack, eventually

LIMIT = 100
ON = {"RATE_LIMIT": "on", "RATE_LIMIT_READ": f"{LIMIT}/minute", "BREAKER_OPEN_MS": "300", "LOG_REQUESTS": "none"}


@pytest.fixture(scope="module")
def shared_pool():
    with Stack(responders=4, redis=True, env=ON) as stack:
        yield stack


@pytest.fixture
def pool(shared_pool):
    """A pool with Redis, which runs at the test's beginning, whatever the test before has done to it."""
    if "redis" not in shared_pool.processes:
        shared_pool.start_redis()
    shared_pool.resume("redis")
    healthy(shared_pool)
    return shared_pool


@pytest.fixture(scope="module")
def pool_alone():
    """A pool without Redis."""
    with Stack(responders=4, env=ON) as stack:
        yield stack


def redis_health(stack):
    return stack.session().get("/health").json()["checks"]["redis"]


def healthy(stack):
    eventually(lambda: redis_health(stack)["status"] == "ok" and redis_health(stack)["circuit_breaker_state"] == "closed",
               "Redis is asked again")


def nothing(_):
    pass


def kill_redis(stack):
    stack.end("redis", signal.SIGKILL)


def start_redis(stack):
    stack.start_redis()


def restart_redis(stack):
    kill_redis(stack)
    start_redis(stack)


def hang_redis(stack):
    stack.pause("redis")


def flush_redis(stack):
    assert stack.redis("FLUSHALL") == "OK"


def forget_scripts(stack):
    assert stack.redis("SCRIPT", "FLUSH") == "OK"


def kill_responders(stack):
    for pid in stack.responder_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(stack.responder_pids()) == 4, "four again", 5, 0.01)


def through(stack, change, rounds, before=nothing):
    """What the limit lets through in each of some rounds in which the change happens when half is used up, while requests are
    under way. Each round has a caller of its own."""
    def one():
        before(stack)
        flood = limits.flood(limits.over_http(stack))
        flood.send(30)
        with flood.sending(40):
            change(stack)
        assert flood.allowed() == 70, "no more than this was asked for"
        return flood.send(110).allowed()

    found = [limits.in_one_minute(one) for _ in range(rounds)]
    print(f"let through of {LIMIT}: {found}")
    return found


def test_exactly_so_many_without_redis(pool_alone):
    assert through(pool_alone, nothing, 5) == [LIMIT] * 5


def test_exactly_so_many_with_redis(pool):
    failures = redis_health(pool)["failures"]
    assert through(pool, nothing, 5) == [LIMIT] * 5
    assert "sd:limit:" in pool.redis("KEYS", "sd:limit:*"), "Redis has counted"
    assert redis_health(pool)["failures"] == failures


def up(stack):
    if "redis" not in stack.processes:
        start_redis(stack)
    healthy(stack)


def away(stack):
    kill_redis(stack)
    assert redis_health(stack)["status"] == "away"


@pytest.mark.parametrize("before, change", [(up, kill_redis), (away, start_redis), (up, restart_redis), (up, flush_redis),
                                            (up, forget_scripts)],
                         ids=["killed", "started empty", "restarted", "flushed", "scripts forgotten"])
def test_exactly_so_many_across_a_change(pool, long, before, change):
    rounds = 20 if long else 4
    assert through(pool, change, rounds, before) == [LIMIT] * rounds
    breaker = redis_health(pool)
    assert breaker["failures"] > 0 or change not in (kill_redis, start_redis, restart_redis)
    assert "NOSCRIPT" not in (breaker["last_error"] or ""), "that is no failure of Redis's"


def test_redis_hangs(pool):
    def hangs_on(stack):
        stack.resume("redis")
        healthy(stack)
    assert through(pool, hang_redis, 3, hangs_on) == [LIMIT] * 3


def test_redis_hangs_and_wakes_up(pool):
    """What it was asked before it hung it counts when it wakes up, when nobody waits for the answer any more: so many fewer
    may be let through, and never more."""
    def one():
        flood = limits.flood(limits.over_http(pool)).send(30)
        hang_redis(pool)
        flood.send(30)
        pool.resume("redis")
        healthy(pool)
        return flood.send(120).allowed()

    allowed = [limits.in_one_minute(one) for _ in range(3)]
    print(f"let through of {LIMIT} when Redis had hung for a while: {allowed}")
    assert all(LIMIT - 10 <= n <= LIMIT for n in allowed)


@pytest.mark.parametrize("which", ["pool", "pool_alone"])
def test_killed_responders_take_no_count_with_them(request, which):
    stack = request.getfixturevalue(which)

    def one():
        flood = limits.flood(limits.over_http(stack)).send(60)
        assert flood.allowed() == 60
        kill_responders(stack)
        return flood.send(120).allowed()

    assert limits.in_one_minute(one) == LIMIT


def test_responders_killed_under_way(pool_alone):
    """nginx gives a GET whose responder died to another one, so it may count twice: so many fewer are let through, and none
    more. 503 is when both died."""
    def one():
        flood = limits.flood(limits.over_http(pool_alone)).send(20)
        with flood.sending(60):
            kill_responders(pool_alone)
        flood.send(120)
        assert flood.errors == [] and set(flood.statuses) <= {200, 429, 503}, flood.statuses
        return flood.statuses[200]

    allowed = limits.in_one_minute(one)
    print(f"let through of {LIMIT} while four responders were killed: {allowed}")
    assert LIMIT - 12 <= allowed <= LIMIT


def test_a_restarted_pool_counts_on(pool_alone):
    def one():
        flood = limits.flood(limits.over_http(pool_alone)).send(60)
        assert flood.allowed() == 60
        pool_alone.restart_pool()
        return flood.send(120).allowed()

    assert limits.in_one_minute(one) == LIMIT


def test_the_database_is_away(pool_alone):
    """Limits need no database; what is cached is still answered, and counted."""
    def one():
        flood = limits.flood(limits.over_http(pool_alone)).send(30)
        pool_alone.stop_postgres()
        try:
            return flood.send(130).allowed()
        finally:
            pool_alone.start_postgres()
            pool_alone.wait_ready()

    assert limits.in_one_minute(one) == LIMIT


def of_two_hosts(stack, second, middle):
    """What two hosts let through of one caller, eight clients at each."""
    def one():
        address = limits.new_address()
        flood = limits.flood(limits.over_http(stack, address=address), limits.over_fastcgi(second, address))
        flood.send(60)
        middle(stack)
        return flood.send(180).allowed()

    return limits.in_one_minute(one)


def test_two_hosts(pool):
    """With Redis they share one limit. An advance that one host has fetched and hasn't used is not given to the other: so many
    fewer may be let through. When Redis forgets, each host brings back what it knows, which is all but what the other one
    has fetched since. Without Redis there is a limit for each host."""
    with limits.second_pool(pool) as second:
        shared = [of_two_hosts(pool, second, nothing) for _ in range(3)]
        flushed = [of_two_hosts(pool, second, flush_redis) for _ in range(3)]
        kill_redis(pool)
        alone = of_two_hosts(pool, second, nothing)
    print(f"let through of {LIMIT} by two hosts: {shared}; with a Redis that forgot: {flushed}; without: {alone}")
    assert all(LIMIT - 2 <= n <= LIMIT for n in shared)
    assert all(LIMIT - 2 <= n <= LIMIT + 5 for n in flushed)
    assert LIMIT < alone <= 2 * LIMIT
