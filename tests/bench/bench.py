#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard carries, against the ceiling and against the budgets of the design: every load by turns in one run, over real
nginx, PostgreSQL, Redis and memcached. Run it alone on the machine: the ratios travel, the rest belongs to the machine.
STEVEDORES_PREFIX says where the programs are installed; scripts/bench builds and installs them first.

Prints tables; --out DIR gets bench.json and bench.svg. The exit status is 1 when a budget is not kept."""
import argparse
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import budgets  # noqa: E402  pylint: disable=wrong-import-position
import costs  # noqa: E402  pylint: disable=wrong-import-position
import fastcgi  # noqa: E402  pylint: disable=wrong-import-position
import grown  # noqa: E402  pylint: disable=wrong-import-position
import kills  # noqa: E402  pylint: disable=wrong-import-position
import soak  # noqa: E402  pylint: disable=wrong-import-position
import tables  # noqa: E402  pylint: disable=wrong-import-position
from cpu import Cpu  # noqa: E402  pylint: disable=wrong-import-position
from loads import Load, login, writes  # noqa: E402  pylint: disable=wrong-import-position
from second_pool import Pools  # noqa: E402  pylint: disable=wrong-import-position
from stack import PASSWORD, Stack  # noqa: E402  pylint: disable=wrong-import-position

CONNECTIONS = (1, 32, 128)
TAIL_RATE = 1000
# As a deployment has it, limits too; they are as wide as they need be for one caller at one address to make all the load.
WIDE = "1000000/second"
ENV = {"LOG_REQUESTS": "slow", "WEB_WORKERS": "4", "RATE_LIMIT": "on",
       **{f"RATE_LIMIT_{which}": WIDE for which in ("ACCOUNT", "ADDRESS", "EXPORT", "LOGIN", "READ", "REPORT", "WRITE")}}
TIERS_OFF = {"without Redis": {"REDIS_URL": ""}, "without memcached": {"MEMCACHED_SERVERS": ""},
             "local cache only": {"REDIS_URL": "", "MEMCACHED_SERVERS": ""}, "no cache": {"CACHE": "off"}}


def tell(text):
    print(text, file=sys.stderr, flush=True)


def deep_cursor(http, path, row):
    """The cursor of the page behind so many rows."""
    answer = http.get(f"{path}&page={row // 20}").json()
    return answer["pagination"]["next_cursor"]


def make_loads(stack, pools, row):
    http, base = stack.session(), stack.url("")

    def unchanged():
        return {"If-None-Match": http.get("/api/dashboard").headers["ETag"]}
    vessel = stack.value("SELECT min(id) FROM vessels WHERE status = 'operations_active'")
    uncached = pools.address("uncached")
    cursor = deep_cursor(http, "/api/tallies?per_page=20", row)
    return [
        Load("empty responder", pools.address("empty"), "/api/dashboard"),
        Load("dashboard, cached", base, "/api/dashboard"),
        Load("dashboard, 304", base, "/api/dashboard", unchanged, expects="3xx"),
        Load("dashboard, no cache", uncached, "/api/dashboard"),
        Load("labour, no cache", uncached, "/api/labour/dashboard"),
        Load("delivery, no cache", uncached, "/api/delivery/dashboard"),
        Load("list, cached", base, "/api/vessels?sort=eta"),
        Load("list, no cache", uncached, "/api/tallies?per_page=20"),
        Load(f"list at row {row}", uncached, f"/api/tallies?per_page=20&cursor={cursor}"),
        Load("row, cached", base, f"/api/vessels/{vessel}"),
        Load("one tally", base, f"/api/vessels/{vessel}/tallies", script=writes(1), tail=False),
        Load("50 tallies at once", base, f"/api/vessels/{vessel}/tallies", script=writes(50), tail=False),
        # One password at a time, and one that waits: the others are told to come back, and don't count.
        Load("login", base, "/api/login", script=login("viewer", PASSWORD), tail=False, refuses=True),
        Load("health", base, "/health"),
        Load("health, quick", base, "/health/quick"),
        Load("health, live", base, "/health/live"),
        Load("static file", base, soak.asset_of(stack), lambda: {"Accept-Encoding": "gzip"}),
    ]


def throughput(loads, rounds, seconds):
    """{load: {connections: [(requests per second, median ms), …]}}, by turns."""
    found = {load.name: {n: [] for n in CONNECTIONS} for load in loads}
    for turn in range(rounds + 1):
        for n in CONNECTIONS:
            tell(f"round {turn} of {rounds}, {n} connections" if turn > 0 else f"warming up, {n} connections")
            for load in loads:
                result = load.wrk(n, seconds if turn > 0 else 1)
                if turn > 0:
                    found[load.name][n].append(result)
    return found


def tails(stack, loads, carried, seconds):
    """Percentiles with 100 connections, at half of what each load carried with 32, and no more than TAIL_RATE: that is ten times
    what 100 people ask, and little enough that the generator, which shares the processors, doesn't measure itself."""
    found = {}
    for load in (load for load in loads if load.tail):
        rate = min(TAIL_RATE, int(statistics.median(r for r, _ in carried[load.name][32]) / 2))
        tell(f"{load.name} at {rate}/s")
        begun = time.monotonic()
        with Cpu(stack) as cpu:
            found[load.name] = load.at_rate(rate, 100, seconds)
        took = time.monotonic() - begun
        found[load.name]["cpu_percent"] = {part: 100 * used / took for part, used in cpu.used.items()}
        found[load.name]["cpu_percent"]["pool"] = 100 * sum(cpu.used.get(part, 0) for part in ("pool", "empty", "uncached")) / took
    return found


def connections(stack):
    database = stack.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores'")
    redis = sum(1 for line in stack.redis("CLIENT", "LIST").splitlines() if line) - 1     # less the one that asks
    return {"database": database, "redis": redis}


def without_tiers(stack, rounds):
    """{setting: {load: {connections: [requests per second, …]}}}: each tier off by turns."""
    base, vessel = stack.url(""), stack.value("SELECT min(id) FROM vessels WHERE status = 'operations_active'")
    loads = [Load("dashboard", base, "/api/dashboard"), Load("list", base, "/api/vessels?sort=eta"),
             Load("row", base, f"/api/vessels/{vessel}"), Load("one tally", base, f"/api/vessels/{vessel}/tallies", script=writes(1))]
    settings = {"all tiers": {}, **TIERS_OFF}
    found = {name: {load.name: {n: [] for n in CONNECTIONS} for load in loads} for name in settings}
    for turn in range(rounds):
        for name, setting in settings.items():
            tell(f"{name}, round {turn + 1} of {rounds}")
            stack.restart_pool(**{"REDIS_URL": stack.urls[0], "MEMCACHED_SERVERS": stack.urls[1], "CACHE": "on", **setting})
            stack.wait_ready()
            for load in loads:
                load.wrk(32, 1)
                for n in CONNECTIONS:
                    found[name][load.name][n].append(load.wrk(n, 1)[0])
    stack.restart_pool(REDIS_URL=stack.urls[0], MEMCACHED_SERVERS=stack.urls[1], CACHE="on")
    return found


def start_pools(stack):
    """The ceiling, and the program without a cache, beside the stack's own."""
    status, headers, raw = fastcgi.ask(stack.fcgi_socket, "GET", "/api/dashboard")
    assert status == 200
    pools = Pools(stack)
    pools.add_empty("empty", "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + raw)
    pools.add_program("uncached", CACHE="off")
    pools.start()
    return pools


def measure(options):
    with Stack(responders=4, berths=False, redis=True, memcached=1, env=ENV) as stack:
        stack.urls = stack.env["REDIS_URL"], stack.env["MEMCACHED_SERVERS"]
        tell(f"making {options.rows:,} tallies")
        stack.ctl("demo", "--tallies", str(options.rows))
        stack.psql("VACUUM ANALYZE")
        pools = start_pools(stack)
        loads = make_loads(stack, pools, options.rows * 9 // 10)
        result = {"throughput": throughput(loads, options.rounds, options.seconds)}
        result["tails"] = tails(stack, loads, result["throughput"], options.seconds * 2)
        result["costs"] = costs.run(stack, loads, options.seconds, tell)
        result["grown"] = grown.run(stack, pools.address("uncached"), options.rounds, tell)
        pools.end()
        result["connections"] = connections(stack)
        result["soak"] = soak.run(stack, options.requests, tell)
        result["kills"] = kills.each(stack, Load("dashboard", stack.url(""), "/api/dashboard"), tell)
        result["tiers"] = without_tiers(stack, options.rounds)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each load in a round")
    parser.add_argument("--rows", type=int, default=10_000_000, help="tallies")
    parser.add_argument("--requests", type=int, default=1_000_000, help="mixed ones, over which memory is looked at")
    parser.add_argument("--out", default=".")
    options = parser.parse_args()
    begun = time.monotonic()
    result = measure(options)
    found = budgets.all_of(result)
    tables.print_throughput(result["throughput"], CONNECTIONS)
    tables.print_tails(result["tails"])
    tables.print_tiers(result["tiers"], CONNECTIONS)
    tables.print_rest(result)
    tables.print_budgets(found)
    print(f"\n{time.monotonic() - begun:.0f} s")
    result["machine"] = {"processors": os.cpu_count(), "kernel": os.uname().release, "options": vars(options)}
    result["budgets"] = [dict(zip(("what", "found", "limit", "kept"), row)) for row in found]
    with open(os.path.join(options.out, "bench.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    with open(os.path.join(options.out, "bench.svg"), "w", encoding="utf-8") as f:
        f.write(tables.draw(result["throughput"], CONNECTIONS))
    return 0 if all(kept for *_, kept in found) else 1


if __name__ == "__main__":
    sys.exit(main())
