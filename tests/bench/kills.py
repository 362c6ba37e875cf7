# SPDX-License-Identifier: Apache-2.0
"""What people notice when a part dies: Redis, memcached or a responder is killed in the middle of a load."""
import os
import signal
import time
from threading import Timer

from stack import eventually

RATE, CONNECTIONS, SECONDS = 500, 100, 8
KILL_AFTER = 3


def kill_responder(stack):
    """multiwatch starts another in its place."""
    pids = stack.responder_pids()
    os.kill(pids[0], signal.SIGKILL)
    eventually(lambda: len(stack.responder_pids()) == len(pids), "the responder is replaced")


def kill_part(part, start):
    def kill(stack):
        stack.end(part, signal.SIGKILL)
    return kill, start


PARTS = {
    "Redis": kill_part("redis", lambda stack: stack.start_redis()),
    "memcached": kill_part("memcached0", lambda stack: stack.start_memcached()),
    "a responder": (kill_responder, lambda stack: None),
}


def p99(requests, begin, end):
    times = sorted(us for at, _, us in requests if begin <= at < end)
    return times[int(len(times) * 0.99)] / 1000 if times else None


def one(stack, load, kill):
    killed = []

    def now():
        killed.append(time.time() * 1_000_000)
        kill(stack)
    timer = Timer(KILL_AFTER, now)
    timer.start()
    requests = load.timed(RATE, CONNECTIONS, SECONDS)
    timer.join()
    at, second = killed[0], 1_000_000
    return {"requests": len(requests), "failed": sum(1 for _, status, _ in requests if not 0 < status < 500),
            "before_ms": p99(requests, at - 2 * second, at), "first_second_ms": p99(requests, at, at + second),
            "after_ms": p99(requests, at + second, at + 4 * second)}


def each(stack, load, tell):
    """{part: requests, failed, and the 99th percentiles before, in the first second and from then on}."""
    found = {}
    for part, (kill, start) in PARTS.items():
        tell(f"killing {part}")
        found[part] = one(stack, load, kill)
        start(stack)
        stack.restart_pool()    # breakers begin anew
        stack.wait_ready()
    return found
