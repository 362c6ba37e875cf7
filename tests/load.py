# SPDX-License-Identifier: Apache-2.0
"""Load for tests: wrk with many connections over many lists of vessels, a writer that makes what is cached old, and a reader
that looks closely at every answer. What responders did in the meantime is read from the pool's log."""
import collections
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading

import caching
import requests

import fastcgi
from stack import eventually

VESSELS = 600
LINE_BYTES = 320  # about, of the log line of a request

# Prints one line of JSON at the end. A list begins and ends like one, or it isn't one.
SCRIPT = """
local paths, threads = {}, {}
wrk.headers["Authorization"] = "Bearer KEY"
for line in io.lines("PATHS") do paths[#paths + 1] = line end
counts, broken = {}, 0
function setup(thread) threads[#threads + 1] = thread end
function init() math.randomseed(1) counts, broken = {}, 0 end
function request() return wrk.format("GET", paths[math.random(#paths)]) end
function response(status, headers, body)
  counts[status] = (counts[status] or 0) + 1
  if status == 200 and not (body:sub(1, 14) == '{"data":[{"id"' and body:sub(-2) == "}}") then broken = broken + 1 end
end
function done(summary, latency)
  local c, e = threads[1]:get("counts"), summary.errors
  local parts = {}
  for status, n in pairs(c) do parts[#parts + 1] = string.format('"%d":%d', status, n) end
  io.write(string.format('JSON {"statuses":{%s},"broken":%d,"lost":%d,"p50_us":%d,"p99_us":%d}\\n', table.concat(parts, ","),
    threads[1]:get("broken"), e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


def make_vessels(stack, n=VESSELS, notes=0):
    """So many, with ids from 1 on; each has `notes` bytes of remarks."""
    stack.psql("INSERT INTO vessels (name, vessel_type, cargo_capacity, notes)"
               " SELECT 'MV ' || n, 'roro', '{\"automobile\": 900, \"truck\": 50}', repeat('x', %s)"
               " FROM generate_series(1, %s) n", (notes, n))
    stack.psql("ANALYZE vessels")
    assert stack.psql("SELECT min(id), max(id) FROM vessels") == [(1, n)]
    until_known(stack)


def until_known(stack):
    """Waits until the pool knows the versions that the database has, so that what is cached next stays current."""
    def known():
        return caching.stats(stack)["versions"] == dict(stack.psql("SELECT tag, version FROM cache_versions"))

    eventually(known, "the versions are known", 15)


def list_paths(sizes=range(10, 21), n=VESSELS):
    """Every page of the list of vessels, in pages of these sizes."""
    return [f"/api/vessels?sort=id&per_page={size}&page={page}" for size in sizes for page in range(1, n // size + 1)]


def check_list(path, response):
    """The answer has its own tag and is what was asked for."""
    size, page = map(int, re.search(r"per_page=(\d+)&page=(\d+)", path).groups())
    tag = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    assert response.headers["ETag"].removeprefix("W/") == f'"{tag}"', f"{path}: {response.headers} {response.text[-100:]}"
    body = response.json()
    assert (body["pagination"]["per_page"], body["pagination"]["page"]) == (size, page), path
    assert [row["id"] for row in body["data"]] == list(range((page - 1) * size + 1, page * size + 1)), path
    return body


class Wrk:
    """Load until the end of the `with`; then .result has what wrk saw."""

    def __init__(self, stack, paths, connections=50):
        self.stack = stack
        self.paths = paths
        self.connections = connections
        self.result = None
        self._process = None

    def __enter__(self):
        listing = os.path.join(self.stack.dir, "paths")
        script = os.path.join(self.stack.dir, "load.lua")
        with open(listing, "w", encoding="ascii") as f:
            f.writelines(f"{path}\n" for path in self.paths)
        with open(script, "w", encoding="ascii") as f:
            f.write(SCRIPT.replace("PATHS", listing).replace("KEY", fastcgi.KEY))
        self._process = subprocess.Popen([shutil.which("wrk"), "-t1", f"-c{self.connections}", "-d600s", "--timeout", "10s",
                                          "-s", script, self.stack.url("")], stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        try:
            out = self._process.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired:
            self._process.kill()
            out = self._process.communicate()[0]
        found = re.search(r"^JSON (.*)$", out, re.M)
        assert found, out
        self.result = json.loads(found.group(1))
        self.result["statuses"] = {int(status): n for status, n in self.result["statuses"].items()}


class Background:
    """Calls step() again and again in a thread until the end of the `with`; what it raises fails the test there."""

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._error = None

    def step(self):
        raise NotImplementedError

    def end(self):
        pass

    def _run(self):
        try:
            while not self._stop.is_set():
                self.step()
        except BaseException as e:  # pylint: disable=broad-except
            self._error = e

    def pause(self, seconds):
        self._stop.wait(seconds)

    def stopped(self):
        return self._stop.is_set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        self._thread.join()
        self.end()
        if self._error is not None and kind is None:
            raise self._error


class Writer(Background):
    """Gives the vessels a new version whenever about so many requests were answered, however fast the machine is."""

    def __init__(self, stack, every):
        super().__init__()
        self._log = Log(stack)
        self._every = every
        self._connection = stack.connect()

    def step(self):
        with self._connection.cursor() as cursor:
            cursor.execute("UPDATE vessels SET gangs = (gangs + 1) % 100 WHERE id = 1")
        while self._log.bytes() < self._every * LINE_BYTES and not self.stopped():
            self.pause(0.01)
        self._log.skip()

    def end(self):
        self._connection.close()


class Reader(Background):
    """Asks for lists and checks every answer. `statuses` are those that there were, `caches` where the good ones were from,
    `cut` how many broke off, which may be only where responders are killed."""

    def __init__(self, stack, paths, allowed=(200,), pause=0.002, seed=1, coding="identity", may_break=False):
        super().__init__()
        self.paths = paths
        self.allowed = allowed
        self.statuses = collections.Counter()
        self.caches = collections.Counter()
        self._pause = pause
        self._http = stack.session()
        self._http.headers["Accept-Encoding"] = coding
        self._may_break = may_break
        self.cut = 0
        self._random = random.Random(seed)

    def step(self):
        path = self._random.choice(self.paths)
        try:
            response = self._http.get(path)
            length = response.headers.get("Content-Length")
            if length is not None and int(length) != len(response.content):  # not everybody's library looks
                raise requests.exceptions.ChunkedEncodingError("broke off")
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
            assert self._may_break
            self.cut += 1
            return
        self.statuses[response.status_code] += 1
        assert response.status_code in self.allowed, response.text
        if response.status_code == 200:
            check_list(path, response)
            self.caches[response.headers.get("X-Cache", "none")] += 1
        self.pause(self._pause)


class Log:
    """The pool's log from where it stands now."""

    def __init__(self, stack):
        self._path = os.path.join(stack.log_dir, "pool.log")
        self._at = os.path.getsize(self._path)

    def lines(self):
        """What came since the last call."""
        with open(self._path, "rb") as f:
            f.seek(self._at)
            text = f.read()
        whole = text.rfind(b"\n") + 1
        self._at += whole
        return [json.loads(line) for line in text[:whole].splitlines() if line.startswith(b"{")]

    def bytes(self):
        return os.path.getsize(self._path) - self._at

    def skip(self):
        self._at = os.path.getsize(self._path)

    def times(self, n):
        """Milliseconds within the responder of the first n requests to lists since the last call, in their order."""
        found = []

        def enough():
            found.extend(line["us"] / 1000 for line in self.lines()
                         if line["event"] == "request" and line["route"] == "/api/vessels")
            return len(found) >= n

        eventually(enough, f"{n} requests were answered")
        return found[:n]


def p99(times):
    return sorted(times)[len(times) * 99 // 100]


def metrics(stack):
    """All of /metrics: "name{label}": number."""
    text = stack.session().get("/metrics").text
    return {name: float(number) for name, number in re.findall(r"^(stevedores_\S+) (\S+)$", text, re.M)}


def answers(stack):
    """Answers of cached routes so far, by where they came from, and what happened besides."""
    found = metrics(stack)
    return {key.split('"')[1]: int(n) for key, n in found.items()
            if key.startswith(("stevedores_cache_answers_total", "stevedores_cache_events_total"))}


def health(stack):
    """The checks of /health as an admin sees them; it may find everything away but the pool."""
    return stack.session().get("/health").json()["checks"]


