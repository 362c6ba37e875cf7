# SPDX-License-Identifier: Apache-2.0
"""The loads of the bench, and the two programs that make them.

wrk says how much comes through: as many requests as there are connections are under way, and the next one waits for an answer. So
its latencies leave out whoever would have asked meanwhile (coordinated omission). autocannon asks at a rate, whether there was an
answer or not, and puts those in that had to wait; its percentiles are the ones that the budgets are about."""
import json
import os
import re
import subprocess
import tempfile

import fastcgi

HERE = os.path.dirname(os.path.abspath(__file__))

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

LOGIN = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"username":"USER","password":"PASSWORD"}'
"""


class Load:
    """What is asked for: a path at a base address, with headers (more() is asked for them each time, since an ETag gets old);
    script is wrk's, for what is no plain GET."""

    def __init__(self, name, base, path, more=dict, script="", expects="2xx", tail=True):
        self.name = name
        self.url = base + path
        self._more = more
        self.script = script
        self.expects = expects      # the class of statuses that an answer has
        self.tail = tail            # whether its percentiles are measured as well

    def headers(self):
        return {"Authorization": f"Bearer {fastcgi.KEY}", **self._more()}.items()

    def wrk(self, connections, seconds):
        """Requests per second, and the latency that half of them stayed below, in ms."""
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        for name, value in self.headers():
            argv += ["-H", f"{name}: {value}"]
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:     # which wrk reads more than once
            f.write(self.script)
            f.flush()
            out = subprocess.run(argv + ["-s", f.name, self.url], capture_output=True, text=True, check=True).stdout
        assert "Non-2xx" not in out and "Socket errors" not in out, f"{self.name}: {out}"
        number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
        return (float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
                float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])

    def at_rate(self, rate, connections, seconds):
        """Percentiles in ms (autocannon measures whole ones) at so many requests per second, and how many failed."""
        argv = ["node", os.path.join(HERE, "node_modules/autocannon/autocannon.js"), "-j", "-c", str(connections), "-d", str(seconds),
                "-R", str(max(connections, int(rate)))]
        for name, value in self.headers():
            argv += ["-H", f"{name}={value}"]
        found = json.loads(subprocess.run(argv + [self.url], capture_output=True, text=True, check=True).stdout)
        latency, wanted = found["latency"], found[self.expects]
        return {"rate": int(rate), "requests_per_s": found["requests"]["average"], "p50": latency["p50"], "p97_5": latency["p97_5"],
                "p99": latency["p99"], "p99_9": latency["p99_9"], "max": latency["max"], "answers": wanted,
                "failed": found["errors"] + found["timeouts"] + found["requests"]["total"] - wanted}


def writes(rows):
    return f"local ROWS = {rows}\n{TALLIES}"


def login(username, password):
    return LOGIN.replace("USER", username).replace("PASSWORD", password)
