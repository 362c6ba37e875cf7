# SPDX-License-Identifier: Apache-2.0
"""The loads of the bench, and the two programs that make them.

wrk says how much comes through: as many requests as there are connections are under way, and the next one waits for an answer. So
its latencies leave out whoever would have asked meanwhile (coordinated omission).

h2load asks at a rate from each connection and writes down each request. One that has to wait for the answer before it asks late, and
only once, for what would have been several: these are put in as HdrHistogram does it (Gil Tene, recordValueWithExpectedInterval), so
the percentiles are those of somebody who asks without looking whether the others were answered."""
import os
import re
import subprocess
import tempfile

import fastcgi

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99_9": 0.999}

# Each request of a load of writes is another: an id of its own, as a tablet makes them.
TALLIES = """
local function uuid()
  return string.format("%08x-%04x-4%03x-8%03x-%012x", math.random(0, 0xffffffff), math.random(0, 0xffff), math.random(0, 0xfff),
    math.random(0, 0xfff), math.random(0, 0xffffffffffff))
end
local function tally()
  return string.format('{"id":"%s","tally_type":"loaded","cargo_type":"automobile","count":1}', uuid())
end
local seed = tonumber(string.match(tostring({}), "0x(%x+)"), 16)
function init() math.randomseed(os.time() + seed % 1000003) end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
  local rows = {}
  for i = 1, ROWS do rows[i] = tally() end
  return wrk.format(nil, nil, nil, ROWS == 1 and rows[1] or "[" .. table.concat(rows, ",") .. "]")
end
"""

# What a shift asks: mostly the same few things, of which most are in the cache; and every so often a tally, which makes some of them old.
MIXED = """
local paths = {}
for line in io.lines("PATHS") do paths[#paths + 1] = line end
local post = request
function request()
  if math.random(WRITE_EVERY) == 1 then wrk.path = "TALLIES" return post() end
  return wrk.format("GET", paths[math.random(#paths)])
end
function delay() return PAUSE_MS == 0 and 0 or math.random(PAUSE_MS * 2) end
"""

LOGIN = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"username":"USER","password":"PASSWORD"}'
"""


class Load:
    """What is asked for: a path at a base address, with headers (more() is asked for them each time, since an ETag gets old);
    script is wrk's, for what is no plain GET."""

    def __init__(self, name, base, path, more=dict, script="", expects="2xx", tail=True, refuses=False):
        self.name = name
        self.url = base + path
        self._more = more
        self.script = script
        self.expects = expects      # the class of statuses that an answer has
        self.tail = tail            # whether its percentiles are measured as well
        self.refuses = refuses      # some may be told to come back, and don't count

    def headers(self):
        return {"Authorization": f"Bearer {fastcgi.KEY}", **self._more()}.items()

    def _wrk(self, connections, seconds):
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        for name, value in self.headers():
            argv += ["-H", f"{name}: {value}"]
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:     # which wrk reads more than once
            f.write(self.script)
            f.flush()
            out = subprocess.run(argv + ["-s", f.name, self.url], capture_output=True, text=True, check=True).stdout
        assert (self.refuses or "Non-2xx" not in out) and "Socket errors" not in out, f"{self.name}: {out}"
        return out

    def wrk(self, connections, seconds):
        """Requests per second, and the latency that half of them stayed below, in ms."""
        out = self._wrk(connections, seconds)
        number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        all_of_them = int(re.search(r"(\d+) requests in", out).group(1))
        share = 1 - int(refused.group(1)) / all_of_them if refused else 1
        return (share * float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
                float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])

    def wrk_counted(self, connections, seconds):
        """How many requests were answered."""
        return int(re.search(r"(\d+) requests in", self._wrk(connections, seconds)).group(1))

    def at_rate(self, rate, connections, seconds):
        """Percentiles in ms at so many requests per second, and how many failed."""
        requests = self.timed(rate, connections, seconds)
        times = sorted(corrected([us for _, status, us in requests if status > 0], connections * 1_000_000 / rate))
        failed = sum(1 for _, status, _ in requests if f"{status // 100}xx" != self.expects)
        found = {name: times[min(len(times) - 1, int(len(times) * share))] / 1000 for name, share in PERCENTILES.items()}
        return {"rate": rate, "requests": len(requests), "failed": failed, **found, "max": times[-1] / 1000}

    def timed(self, rate, connections, seconds):
        """[(when it was sent, status or -1, how long it took)] of each request, in microseconds. The connections begin one after
        the other within the time that one takes from request to request, or all would ask at once."""
        with tempfile.TemporaryDirectory() as directory:
            log = os.path.join(directory, "log")
            argv = ["h2load", "--h1", f"-c{connections}", f"-n{int(rate * seconds)}", f"--rps={rate / connections}", "-r1",
                    f"--rate-period={max(1, int(1000 / rate))}ms", f"--log-file={log}"]
            for name, value in self.headers():
                argv += ["-H", f"{name}: {value}"]
            subprocess.run(argv + [self.url], capture_output=True, check=True)
            with open(log, encoding="ascii") as f:
                return [tuple(int(part) for part in line.split()) for line in f]


def corrected(times, interval):
    for time in times:
        yield time
        time -= interval
        while time >= interval:
            yield time
            time -= interval


def mixed_paths(http, asset):
    """Addresses, each as often as it is asked for in proportion."""
    ids = [row["id"] for row in http.get("/api/vessels?per_page=20").json()["data"]]
    projects = [row["id"] for row in http.get("/api/projects?per_page=10").json()["data"]]
    return (["/api/dashboard"] * 30 + ["/api/labour/dashboard"] * 6 + ["/api/delivery/dashboard"] * 6 +
            ["/api/vessels?sort=eta"] * 12 + [f"/api/vessels?per_page=20&page={page}" for page in (1, 2)] * 3 +
            [f"/api/vessels/{n}" for n in ids] + [f"/api/vessels/{n}/tallies" for n in ids[:8]] +
            [f"/api/projects/{n}" for n in projects] + ["/api/jobs", "/api/backlog", "/api/contracts", "/api/berths"] * 2 +
            ["/health/quick", "/health/live"] * 2 + [asset] * 10)


def mixed(paths, vessel, write_every=200, pause_ms=0):
    """wrk's script of them; `paths` is the file that has them. With a pause each connection waits about so long between two."""
    return writes(1) + (MIXED.replace("PATHS", paths).replace("TALLIES", f"/api/vessels/{vessel}/tallies")
                        .replace("WRITE_EVERY", str(write_every)).replace("PAUSE_MS", str(pause_ms)))


def writes(rows):
    return f"local ROWS = {rows}\n{TALLIES}"


def login(username, password):
    return LOGIN.replace("USER", username).replace("PASSWORD", password)
