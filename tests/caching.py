# SPDX-License-Identifier: Apache-2.0
"""What tests of the cache share: reading where an answer came from, asking on and on, and how old what was read had become."""
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from stack import eventually, open_sockets

# For tests that say which tier answers: one that is up answers in time, however busy the machine is.
UNHURRIED = {"CACHE_COMMAND_TIMEOUT_MS": "3000", "CACHE_CONNECT_TIMEOUT_MS": "3000"}


def source(response):
    """X-Cache as (how, tier): ("hit", "redis"); None when the route isn't cached."""
    text = response.headers.get("X-Cache")
    if text is None:
        return None
    how, tier = text.split("; tier=")
    return how, tier


def is_marked(response):
    """Whether the answer says that it is stale; all its marks must say the same."""
    marked = source(response)[0] == "stale"
    assert ("Warning" in response.headers) == marked, dict(response.headers)
    if marked:
        assert response.headers["Warning"].startswith("110 ") and int(response.headers["Age"]) >= 0
    return marked


def stats(stack):
    """Of the stack's shared memory, without asking a responder."""
    return json.loads(stack.ctl("cache", "stats", "--json").stdout)


def settle(stack):
    """Waits until the agent, which asks once a second, and each responder have noticed that their connection to a part that was
    restarted is lost: that is a failure each, and whoever comes within a moment of one does without the part."""
    seen = []

    def calm():
        with ThreadPoolExecutor(4 * stack.responders) as pool:  # so many at once that each responder has one
            list(pool.map(lambda _: stack.session().get("/health"), range(4 * stack.responders)))
        seen.append(sum(breaker["failures"] for breaker in stats(stack)["breakers"].values()))
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    eventually(calm, "nobody finds a lost connection any more", pause=0.1)


def counters(stack):
    """{"cache_answers_near": 3, ...}"""
    return stats(stack)["counters"]


def clear(stack):
    """Forgets the host's own entries, so that the tiers are asked."""
    stack.ctl("cache", "clear")


def redis_calls(stack):
    """GETs and SETs that Redis has had."""
    calls = 0
    for line in stack.redis("INFO", "commandstats").splitlines():
        if line.startswith(("cmdstat_get:", "cmdstat_set:")):
            calls += int(line.split("calls=")[1].split(",")[0])
    return calls


def memcached_calls(stack, n=0):
    words = stack.memcached("stats", n).split()
    return sum(int(words[words.index(name) + 1]) for name in ("cmd_get", "cmd_set"))


def locked(stack, table="vessels"):
    """A connection that keeps everybody from the table until it is closed: a query that takes as long as the test wants."""
    lock = stack.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    return lock


def lock_waiters(stack):
    return stack.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'stevedores'")


def await_waiters(stack, n):
    eventually(lambda: lock_waiters(stack) == n, f"{n} statements wait for the lock")


def who_takes(stack, send, is_taken):
    """The responder that takes the request which send() sends: it has a socket more than before. The others must be
    idle."""
    before = {pid: open_sockets(pid) for pid in stack.responder_pids()}
    send()
    eventually(is_taken, "the request is in hand")
    found = [pid for pid, sockets in before.items() if open_sockets(pid) != sockets]
    assert len(found) == 1, found
    return found[0]


class Reader(threading.Thread):
    """Asks for a page of a host on and on, as somebody who has written nothing. answers: (when it was sent, when it was
    there, response) of each."""

    def __init__(self, stack, path, pause=0.0):
        super().__init__(daemon=True)
        self.stack, self.path, self.pause = stack, path, pause
        self.answers = []
        self.failure = None
        self._over = threading.Event()

    def run(self):
        http = self.stack.session()
        try:
            while not self._over.is_set():
                http.cookies.clear()
                began = time.monotonic()
                response = http.get(self.path)
                self.answers.append((began, time.monotonic(), response))
                time.sleep(self.pause)
        except Exception as e:  # pylint: disable=broad-except
            self.failure = e

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()
        if self.failure is not None:
            raise self.failure


class Writes:
    """Numbers that were written, one after the other, and when each was certainly committed."""

    def __init__(self):
        self.done = []  # done[n]: when number n was there

    def wrote(self, n):
        assert n == len(self.done)
        self.done.append(time.monotonic())

    def staleness(self, began, n):
        """For how many seconds the number had been replaced when it was asked for, at least; 0: it was the last one."""
        assert n <= len(self.done), "a number that was never written"
        return max(0.0, began - self.done[n + 1]) if n + 1 < len(self.done) else 0.0


def number(response):
    """What the tests write into a vessel's notes."""
    assert response.status_code == 200, f"{response.status_code} {response.text[:300]}"
    return int(response.json()["data"]["notes"])


def last_number(reader):
    return number(reader.answers[-1][2]) if reader.answers else -1


