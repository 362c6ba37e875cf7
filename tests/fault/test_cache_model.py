# SPDX-License-Identifier: Apache-2.0
"""Random operations and failures against a model of what must be read: whoever reads is given a state that was the current
one at some moment of the last CACHE_MAX_STALE_MS before the read, or later; whoever wrote, on no page a state from before the
last own write that changed it.

One thread does one operation after the other, so the model is a list of states; strangers on both hosts read all the while.
STEVEDORES_TEST_SEED repeats a run's choices."""
import os
import random
import signal
import threading
import time

import caching
import port

from stack import Stack, eventually

MAX_STALE = 0.4
STALE_IF_ERROR = 20.0
SETTINGS = {
    "CACHE_MAX_STALE_MS": "400", "CACHE_POLL_MS": "100", "CACHE_STALE_IF_ERROR": "20", "CACHE_TTL_DASHBOARD": "2",
    "CACHE_TTL_LIST": "3", "CACHE_TTL_ROW": "4", "BREAKER_FAILURES": "2", "BREAKER_OPEN_MS": "200",
    "DATABASE_RECONNECT_MAX_MS": "200", "DATABASE_CONNECT_TIMEOUT_MS": "5000", "PER_PAGE_MAX": "1000",
}
VESSELS = 3


class Model:
    """All states there were: what each page shows in it, and from when on it was certainly the current one."""

    def __init__(self):
        self.lock = threading.Lock()  # strangers look while the next state is added
        self.vessels = {}  # id: {"notes": number, "tallies": {id: count}, "voided": {id: id of the void}}
        self.states = []   # of pages: {path: content}
        self.since = []    # of states
        self.pending = None  # the state that a write which is under way leads to

    def add_vessel(self, vessel_id):
        self.vessels[vessel_id] = {"notes": 0, "tallies": {}, "voided": {}}

    def pages(self):
        """What every page shows; a vessel is its number and what was loaded, a list its rows."""
        pages, rows = {}, {}
        for vessel_id, v in self.vessels.items():
            loaded = sum(count for id_, count in v["tallies"].items() if id_ not in v["voided"])
            rows[vessel_id] = (v["notes"], loaded)
            pages[f"/api/vessels/{vessel_id}"] = rows[vessel_id]
            pages[f"/api/vessels/{vessel_id}/tallies?per_page=1000"] = tuple(sorted(
                [(id_, count, id_ in v["voided"]) for id_, count in v["tallies"].items()]
                + [(void, -v["tallies"][id_], False) for id_, void in v["voided"].items()]))
        pages["/api/vessels?per_page=100"] = tuple(sorted((id_, *row) for id_, row in rows.items()))
        pages["/api/dashboard"] = tuple(sorted((id_, row[1]) for id_, row in rows.items()))
        return pages

    def begin(self):
        """A write that was put into `vessels` is about to be sent: it may be seen from now on."""
        with self.lock:
            self.pending = self.pages()

    def done(self):
        with self.lock:
            self.states.append(self.pending)
            self.since.append(time.monotonic())
            self.pending = None
            return len(self.states) - 1

    def find_wrong(self, path, content, began, least, bound):
        """None when the page may show this to who asked for it at `began` and has seen state number `least`; else why not."""
        with self.lock:
            states = self.states + ([self.pending] if self.pending is not None else [])
            for i in range(len(states) - 1, -1, -1):
                if states[i][path] == content:
                    break
            else:
                return "a state that never was"
            # A state ended when the next one that shows the page otherwise was certainly there.
            age = began - self.since[i + 1] if i + 1 < len(self.since) else 0
            if age > bound:
                return f"{age:.3f} s out of date: state {i} of {len(self.states)}"
            if i < least:
                return f"state {i}, although who asks has written state {least}"
            return None


def content_of(path, response):
    data = response.json()
    if path == "/api/dashboard":
        return tuple(sorted((v["id"], v["loaded"]) for v in data["vessels"]))
    data = data["data"]
    if "/tallies" in path:
        return tuple(sorted((t["id"], t["count"], t["voided_by"] is not None) for t in data))
    if isinstance(data, list):
        return tuple(sorted((v["id"], int(v["notes"]), v["loaded"]) for v in data))
    return int(data["notes"]), data["loaded"]


class Run:
    def __init__(self, a, b, seed):
        self.a, self.b = a, b
        self.hosts = [a, b]
        self.random = random.Random(seed)
        self.model = Model()
        self.writer = a.session()
        self.written = {}        # by path: the newest state in which the writer changed that page
        self.outages = []        # [from, until]: when the database was away; until None: it still is
        self.down = set()        # parts that are stopped or dead
        self.journal = []
        self.reads = {"fresh": 0, "marked": 0, "refused": 0}
        self.sources = {}
        self.worst = 0.0
        self.wrong = None
        self.over = threading.Event()

    # --- reading ---

    def away(self, began, ended):
        """Whether the database was away, or had come back only just now, while this was asked."""
        return any(began < (until or ended) + 5 and ended > since for since, until in self.outages)

    def read(self, http, host, path, least, who):
        http = http or host.session()
        began = time.monotonic()
        response = http.get(host.url(path))
        ended = time.monotonic()
        complaint = None
        if response.status_code == 503 and self.away(began, ended):
            self.reads["refused"] += 1
            return
        if response.status_code != 200:
            complaint = f"{response.status_code} {response.text[:200]}"
        else:
            marked = caching.is_marked(response)
            self.reads["marked" if marked else "fresh"] += 1
            source = "/".join(caching.source(response))
            self.sources[source] = self.sources.get(source, 0) + 1
            if marked and not self.away(began, ended):
                complaint = "marked as stale although the database is there"
            else:
                # A writer's answer may be old while the database is away, if it says so.
                complaint = self.model.find_wrong(path, content_of(path, response), began, 0 if marked else least,
                                                  STALE_IF_ERROR if marked else MAX_STALE)
        if complaint is not None and self.wrong is None:
            self.wrong = (f"{who} read {path} on {'AB'[self.hosts.index(host)]} at {began:.3f}: {complaint}; "
                          f"{dict(response.headers).get('X-Cache')} {response.text[:300]}")

    def stranger(self, host, seed):
        choose = random.Random(seed)
        while not self.over.is_set() and self.wrong is None:
            try:
                self.read(None, host, choose.choice(self.paths()), 0, "a stranger")
            except Exception as e:  # pylint: disable=broad-except
                self.wrong = self.wrong or f"a stranger's read failed: {e!r}"
            time.sleep(0.01)

    def paths(self):
        return list(self.model.states[-1])

    # --- operations; each says what it did ---

    def some_vessel(self):
        return self.random.choice(sorted(self.model.vessels))

    def write(self, send, change):
        """send() must do what change() does to the model's vessels, whole or not at all."""
        if self.down & {"postgres"}:
            response = send()
            assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0, response.text
            return "refused"
        change()
        self.model.begin()
        end = time.monotonic() + 20
        while (response := send()).status_code == 503 and self.away(time.monotonic(), time.monotonic()):
            assert time.monotonic() < end, response.text
            time.sleep(0.02)
        assert response.status_code in (200, 201), f"{response.status_code} {response.text[:300]}"
        n = self.model.done()
        before, after = self.model.states[n - 1], self.model.states[n]
        self.written.update({path: n for path in after if before.get(path) != after[path]})
        return f"state {n}"

    def op_patch(self):
        host, id_ = self.random.choice(self.hosts), self.some_vessel()
        v = self.model.vessels[id_]
        number = v["notes"] + 1
        return self.write(lambda: self.writer.patch(host.url(f"/api/vessels/{id_}"), json={"notes": str(number)}),
                          lambda: v.update(notes=number))

    def op_tally(self):
        host, id_ = self.random.choice(self.hosts), self.some_vessel()
        tally = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": self.random.randint(1, 9)}
        tallies = self.model.vessels[id_]["tallies"]
        return self.write(lambda: self.writer.post(host.url(f"/api/vessels/{id_}/tallies"), json=tally),
                          lambda: tallies.update({tally["id"]: tally["count"]}))

    def op_void(self):
        host, id_ = self.random.choice(self.hosts), self.some_vessel()
        v = self.model.vessels[id_]
        left = sorted(set(v["tallies"]) - set(v["voided"]))
        if not left:
            return self.op_tally()
        tally, void = self.random.choice(left), port.new_id()
        return self.write(lambda: self.writer.post(host.url(f"/api/tallies/{tally}/void"), json={"id": void}),
                          lambda: v["voided"].update({tally: void}))

    def op_psql(self):
        if "postgres" in self.down:
            return "not possible"
        id_ = self.some_vessel()
        v = self.model.vessels[id_]
        v["notes"] += 1
        self.model.begin()
        self.a.psql("UPDATE vessels SET notes = %s WHERE id = %s", (str(v["notes"]), id_))
        return f"state {self.model.done()}"

    def op_read_own(self):
        for host in self.random.sample(self.hosts, 2):
            path = self.random.choice(self.paths())
            self.read(self.writer, host, path, self.written.get(path, 0), "the writer")

    def op_read(self):
        for host in self.random.sample(self.hosts, 2):
            self.read(None, host, self.random.choice(self.paths()), 0, "a stranger")

    def op_clear(self):
        caching.clear(self.random.choice(self.hosts))

    def op_pause_or_resume(self):
        part = self.random.choice(["redis", "memcached0"])
        if part in self.down:
            self.come_back(part)
            return f"{part} is back"
        if self.random.random() < 0.6:
            self.a.pause(part)
        else:
            if part == "redis" and self.random.random() < 0.5:
                self.a.redis("SAVE")
            self.a.end(part, signal.SIGKILL)
        self.down.add(part)
        return f"{part} is away"

    def come_back(self, part):
        self.down.discard(part)
        if part in self.a.processes:
            self.a.resume(part)
        elif part == "redis":
            self.a.start_redis()
        else:
            self.a.start_memcached()

    def op_kill_responder(self):
        """The writer has nothing in its hand; a stranger's read is given to another one by the web server."""
        host = self.random.choice(self.hosts)
        pids = host.responder_pids()
        os.kill(self.random.choice(pids), signal.SIGKILL)
        eventually(lambda: len(host.responder_pids()) == host.responders, "the killed one is replaced")

    def op_agent(self):
        host = self.random.choice(self.hosts)
        name = f"agent {'AB'[self.hosts.index(host)]}"
        if name in self.down:
            host.start_agent()
            self.down.discard(name)
            return f"{name} is back"
        host.stop_agent(signal.SIGKILL)
        self.down.add(name)
        return f"{name} is away"

    def op_drop_connections(self):
        if "postgres" not in self.down:
            # Waits until they are gone: a write in between would be uncertain, and the model doesn't know what that is.
            self.a.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'stevedores'")

    def op_database(self):
        if "postgres" in self.down:
            return self.database_back()
        self.outages.append([time.monotonic(), None])
        self.down.add("postgres")
        self.a.stop_postgres()
        return "away"

    def database_back(self):
        self.a.start_postgres()
        self.outages[-1][1] = time.monotonic()
        self.down.discard("postgres")
        return "back"

    WEIGHTS = {op_patch: 14, op_tally: 10, op_void: 5, op_psql: 8, op_read_own: 25, op_read: 15, op_clear: 4,
               op_pause_or_resume: 6, op_kill_responder: 3, op_agent: 2, op_drop_connections: 2, op_database: 1}

    def go(self, operations, seconds):
        for _ in range(VESSELS):
            self.model.add_vessel(port.Api(self.a).vessel("operations_active", notes="0",
                                                          cargo_capacity={"van": 900000})["id"])
        self.model.begin()
        self.model.done()
        time.sleep(2 * MAX_STALE)  # what was there before the model is no state of it
        strangers = [threading.Thread(target=self.stranger, args=(host, self.random.random())) for host in self.hosts]
        for thread in strangers:
            thread.start()
        end = time.monotonic() + seconds
        left = 0
        try:
            while len(self.journal) < operations and time.monotonic() < end and self.wrong is None:
                operation = self.random.choices(list(self.WEIGHTS), self.WEIGHTS.values())[0]
                if "postgres" in self.down:  # not for long
                    left -= 1
                    operation = type(self).op_database if left <= 0 else operation
                else:
                    left = 12
                began = time.monotonic()
                said = operation(self)
                self.journal.append(f"{began:.3f} {operation.__name__[3:]} {said or ''}")
        finally:
            self.over.set()
            for thread in strangers:
                thread.join()

    def heal(self):
        """Everything is back: soon everybody reads the last state, unmarked, from Redis again."""
        if "postgres" in self.down:
            self.database_back()
        for part in list(self.down):
            if part.startswith("agent"):
                self.hosts["AB".index(part[-1])].start_agent()
            else:
                self.come_back(part)
        self.down.clear()
        for host in self.hosts:
            for path, content in self.model.states[-1].items():
                def is_right(host=host, path=path, content=content):
                    response = host.session().get(path)
                    return (response.status_code == 200 and not caching.is_marked(response)
                            and content_of(path, response) == content)
                eventually(is_right, f"{path} shows the last state", 20)


def test_random_operations_against_the_model(long):
    seed = int(os.environ.get("STEVEDORES_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"STEVEDORES_TEST_SEED={seed}")
    with Stack(responders=2, env=SETTINGS, redis=True, memcached=1) as a, a.second_host() as b:
        run = Run(a, b, seed)
        try:
            run.go(5000 if long else 400, 600 if long else 20)
            assert run.wrong is None, run.wrong
            run.heal()
        except BaseException:
            print(*run.journal[-40:], sep="\n")
            raise
    counts = {}
    for line in run.journal:
        name = line.split()[1]
        counts[name] = counts.get(name, 0) + 1
    print(f"{len(run.journal)} operations: {counts}\n{run.reads} reads, from {run.sources}")
    assert run.reads["fresh"] > len(run.journal) / 2
