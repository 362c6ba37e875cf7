# SPDX-License-Identifier: Apache-2.0
"""Two application hosts over a primary with a standby, PgBouncers, Redis with Sentinel and two memcached, each host in a network of its own
(cluster.py): links are cut and hosts killed under load, and it is counted what became of it. Whatever fails, no acknowledged write is lost
or there twice, no answer is older than CACHE_MAX_STALE_MS unless it says so, and requests fail only in the time that each fault names.
With --long all faults; the table is printed at the end."""
import contextlib
import os
import signal
import time

import caching
import pytest
import requests
from cluster import Cluster
from load import Background

import port
from stack import eventually

pytestmark = [pytest.mark.nginx, pytest.mark.alone,
              pytest.mark.skipif(os.geteuid() != 0, reason="only root can make network namespaces")]

MAX_STALE = 1.0  # seconds; the default of CACHE_MAX_STALE_MS
BEFORE, AFTER = 1.5, 1.5  # seconds of load before a fault, and once it has been mended
CLERKS, ONLOOKERS = 3, 4


class Record:
    """What was asked, by whomever: (when it was sent, when it was over, status or 0)."""

    def __init__(self):
        self.events = []

    def ask(self, http, method, path, **kwargs):
        """The answer, or None when there was none or it was the server's failure; then the client asks again."""
        began = time.monotonic()
        answer, status = None, 0
        with contextlib.suppress(requests.RequestException):
            answer = http.request(method, path, timeout=30, **kwargs)
            status = answer.status_code
        self.events.append((began, time.monotonic(), status))
        return answer if 200 <= status < 500 else None

    def failed(self):
        return [event for event in self.events if not 200 <= event[2] < 500]


class Clerk(Background):
    """Sends tallies, each under one id until it is acknowledged."""

    def __init__(self, cluster, record, path):
        super().__init__()
        self._http, self._record, self._path = cluster.session(), record, path
        self.sent, self.acknowledged = set(), set()

    def step(self):
        tally = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 1}
        self.sent.add(tally["id"])
        while not self.stopped():
            answer = self._record.ask(self._http, "POST", self._path, json=tally)
            if answer is not None:
                assert answer.status_code in (200, 201), answer.text
                self.acknowledged.add(tally["id"])
                return self.pause(0.01)
            self.pause(0.2)
        return None


class Planner(Background):
    """Writes numbers into a vessel's notes, each until it is acknowledged."""

    def __init__(self, cluster, record, path):
        super().__init__()
        self._http, self._record, self._path = cluster.session(), record, path
        self.writes = caching.Writes()
        self.writes.wrote(0)

    def step(self):
        n = len(self.writes.done)
        while not self.stopped():
            answer = self._record.ask(self._http, "PATCH", self._path, json={"notes": str(n)})
            if answer is not None:
                assert answer.status_code == 200, answer.text
                self.writes.wrote(n)
                return self.pause(0.05)
            self.pause(0.2)
        return None


class Onlooker(Background):
    """Reads the number, as somebody who has written nothing."""

    def __init__(self, cluster, record, path):
        super().__init__()
        self._http, self._record, self._path = cluster.session(), record, path
        self.seen = []  # (when it was asked for, number)
        self.marked = 0

    def step(self):
        self._http.cookies.clear()
        began = time.monotonic()
        answer = self._record.ask(self._http, "GET", self._path)
        if answer is None:
            self.pause(0.1)
        elif caching.is_marked(answer):
            self.marked += 1
        else:
            self.seen.append((began, caching.number(answer)))
        self.pause(0.01)


class Load:
    """All of them, for a `with`."""

    def __init__(self, cluster):
        api = port.Api(cluster)
        self.cluster = cluster
        self.vessel = api.vessel("operations_active")["id"]
        noted = f"/api/vessels/{api.vessel(notes='0')['id']}"
        self.record = Record()
        self.clerks = [Clerk(cluster, self.record, f"/api/vessels/{self.vessel}/tallies") for _ in range(CLERKS)]
        self.planner = Planner(cluster, self.record, noted)
        self.onlookers = [Onlooker(cluster, self.record, noted) for _ in range(ONLOOKERS)]
        self._all = contextlib.ExitStack()

    def __enter__(self):
        for one in (*self.clerks, self.planner, *self.onlookers):
            self._all.enter_context(one)
        return self

    def __exit__(self, *details):
        return self._all.__exit__(*details)

    def writes(self):
        """Of tallies and of the database's totals: lost and doubled."""
        stored = [row[0] for row in self.cluster.psql("SELECT id::text FROM cargo_tallies WHERE vessel_id = %s", (self.vessel,))]
        acknowledged = set().union(*(clerk.acknowledged for clerk in self.clerks))
        assert set(stored) <= set().union(*(clerk.sent for clerk in self.clerks)), "nobody sent these"
        total = self.cluster.value("SELECT sum(count) FROM cargo_tallies WHERE vessel_id = %s", (self.vessel,)) or 0
        kept = port.Api(self.cluster).read(self.vessel)["loaded"]
        assert kept == total, "the totals are those of the tallies"
        return len(acknowledged), len(acknowledged - set(stored)), total - len(set(stored))

    def too_old(self):
        """Answers that were older than they may be, and how old the oldest of all was."""
        ages = [self.planner.writes.staleness(began, n) for one in self.onlookers for began, n in one.seen]
        return sum(age > MAX_STALE for age in ages), max(ages)


# --- faults: each function returns what mends it ----------------------------------------------------------------------


def app_cut(cluster):
    cluster.network.cut("app1")
    return lambda: cluster.network.mend("app1")


def app_killed(cluster):
    app = cluster.host("app1")
    app.kill()
    return app.start_all


def primary_cut(cluster):
    """For two seconds nobody does anything, as whoever watches has to be sure."""
    old = cluster.primary
    cluster.network.cut(old.name)
    time.sleep(2)
    cluster.fail_over()

    def mend():
        cluster.network.mend(old.name)
        cluster.restore_standby()
    return mend


def primary_killed(cluster):
    old = cluster.primary
    old.kill()
    time.sleep(2)
    cluster.fail_over()

    def mend():
        cluster.restore_standby()
        old.start_pgbouncer()
    return mend


def standby_killed(cluster):
    """Writes wait for it, until somebody decides to do without."""
    standby = cluster.standby
    standby.kill()
    time.sleep(2)
    cluster.primary.wait_for(None)

    def mend():
        cluster.restore_standby()
        standby.start_pgbouncer()
    return mend


def pgbouncer_killed(cluster):
    host = cluster.primary
    host.end("pgbouncer", signal.SIGKILL)
    time.sleep(2)
    host.start_pgbouncer()
    return lambda: None


def redis_killed(cluster):
    master = cluster.redis_master()
    other = next(cache for cache in cluster.caches if cache is not master)
    master.end("redis", signal.SIGKILL)
    eventually(lambda: cluster.redis_master() is other, "the sentinels have another master", 20)
    served = calls(other)
    eventually(lambda: calls(other) > served + 20, "the hosts ask it", 20)

    def mend():
        master.start_redis_server()
        eventually(lambda: "role:slave" in master.redis("INFO", "replication"), "the old one is its replica", 20)
    return mend


def calls(cache):
    """GETs that a Redis has had of anybody."""
    found = [line for line in cache.redis("INFO", "commandstats").splitlines() if line.startswith("cmdstat_get:")]
    return int(found[0].split("calls=")[1].split(",")[0]) if found else 0


def sentinel_killed(cluster):
    cluster.edge.end("sentinel", signal.SIGKILL)
    return cluster.edge.start_sentinel


def memcached_killed(cluster):
    host = cluster.host("cache1")
    host.end("memcached", signal.SIGKILL)
    return host.start_memcached_server


def split_view(cluster):
    master = cluster.redis_master()
    cluster.network.cut_between("app2", master.name)
    return lambda: cluster.network.mend_between("app2", master.name)


# What fails, seconds of load after it, seconds in which requests may fail (0: none may). Those that are not marked are run every time.
FAULTS = {
    "primary's link cut, standby promoted": (primary_cut, 6, 10),
    "application host killed": (app_killed, 4, 6),
}
MORE = {
    "one host cut off from Redis": (split_view, 4, 0),
    "application host's link cut": (app_cut, 8, 8),
    "primary killed, standby promoted": (primary_killed, 6, 10),
    "standby killed, then done without": (standby_killed, 8, 6),
    "PgBouncer killed, back after 2 s": (pgbouncer_killed, 5, 8),
    "Redis master killed": (redis_killed, 4, 0),
    "a sentinel killed": (sentinel_killed, 4, 0),
    "a memcached killed": (memcached_killed, 4, 0),
}

HEAD = ("fault", "requests", "failed", "from s", "to s", "slowest s", "writes", "lost", "doubled", "too old", "oldest s", "marked")


@pytest.fixture(scope="module")
def table(request):
    """Rows of figures, shown when all is over."""
    rows = [HEAD]
    yield rows
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(HEAD))]
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print()
        for row in rows:
            print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                            for i, (cell, width) in enumerate(zip(row, widths))))


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as both:
        yield both


@pytest.mark.parametrize("name", [*FAULTS, *(pytest.param(name, marks=pytest.mark.long_only) for name in MORE)])
def test_under_load(cluster, table, name):
    strike, seconds, window = {**FAULTS, **MORE}[name]
    with Load(cluster) as load:
        time.sleep(BEFORE)
        assert not load.record.failed(), "all is well before"
        began = time.monotonic()
        mend = strike(cluster)
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        mend()
        time.sleep(AFTER)
    failed = load.record.failed()
    first, last = ((min(end for _, end, _ in failed) - began, max(end for _, end, _ in failed) - began) if failed else (0, 0))
    writes, lost, doubled = load.writes()
    old, oldest = load.too_old()
    row = (name, len(load.record.events), len(failed), f"{first:.1f}", f"{last:.1f}",
           f"{max(end - sent for sent, end, _ in load.record.events):.1f}", writes, lost, doubled, old, f"{oldest:.2f}",
           sum(one.marked for one in load.onlookers))
    table.append(row)
    print(dict(zip(HEAD, row)))
    assert (lost, doubled, old) == (0, 0, 0), row
    assert last <= window, f"{row}: {sorted({status for _, _, status in failed})}"
    assert min(len(clerk.acknowledged) for clerk in load.clerks) > 10, "they all wrote"
