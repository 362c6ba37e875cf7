#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard carries, against the ceiling and against the budgets of the design: every load by turns in one run, over real
nginx, PostgreSQL, Redis and memcached. Run it alone on the machine: the ratios travel, the rest belongs to the machine.
STEVEDORES_PREFIX says where the programs are installed.

Prints tables; --out DIR gets bench.json and bench.svg. The exit status is 1 when a budget is not kept."""
import argparse
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import fastcgi  # noqa: E402  pylint: disable=wrong-import-position
import svg  # noqa: E402  pylint: disable=wrong-import-position
from loads import Load, login, writes  # noqa: E402  pylint: disable=wrong-import-position
from second_pool import Pools  # noqa: E402  pylint: disable=wrong-import-position
from stack import PASSWORD, Stack  # noqa: E402  pylint: disable=wrong-import-position

CONNECTIONS = (1, 32, 128)
TAIL_RATE = 1000
TIERS_OFF = {"without Redis": {"REDIS_URL": ""}, "without memcached": {"MEMCACHED_SERVERS": ""},
             "local cache only": {"REDIS_URL": "", "MEMCACHED_SERVERS": ""}, "no cache": {"CACHE": "off"}}


def tell(text):
    print(text, file=sys.stderr, flush=True)


# --- what is measured ---------------------------------------------------------------------------------------------------

def deep_cursor(http, path, row):
    """The cursor of the page behind so many rows."""
    answer = http.get(f"{path}&page={row // 20}").json()
    return answer["pagination"]["next_cursor"]


def make_loads(stack, pools, row):
    http, base = stack.session(), stack.url("")
    def unchanged():
        return {"If-None-Match": http.get("/api/dashboard").headers["ETag"]}
    vessel = stack.value("SELECT min(id) FROM vessels WHERE status = 'operations_active'")
    asset = next(name for name in os.listdir(os.path.join(stack.prefix, "share/stevedores/web/assets")) if name.endswith(".css"))
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
        Load("one tally", base, f"/api/vessels/{vessel}/tallies", script=writes(1), tail=False),
        Load("50 tallies at once", base, f"/api/vessels/{vessel}/tallies", script=writes(50), tail=False),
        Load("login", base, "/api/login", script=login("viewer", PASSWORD), tail=False),
        Load("health, live", base, "/health/live"),
        Load("health, ready", base, "/health/ready"),
        Load("static file", base, f"/assets/{asset}", lambda: {"Accept-Encoding": "gzip"}),
    ]


def throughput(loads, rounds, seconds):
    """{load: {connections: [(requests per second, median ms), …]}}, by turns."""
    found = {load.name: {n: [] for n in CONNECTIONS} for load in loads}
    for turn in range(rounds + 1):
        for n in CONNECTIONS:
            tell(f"round {turn} of {rounds}, {n} connections" if turn > 0 else f"warming up, {n} connections")
            for load in loads:
                # So many logins would wait for each other that some are told to come back.
                if load.name == "login" and n > 1:
                    continue
                result = load.wrk(n, seconds if turn > 0 else 1)
                if turn > 0:
                    found[load.name][n].append(result)
    return found


def tails(loads, carried, seconds):
    """Percentiles with 100 connections, at half of what each load carried with 32, and no more than TAIL_RATE: that is ten times
    what 100 people ask, and little enough that the generator, which shares the processors, doesn't measure itself."""
    found = {}
    for load in (load for load in loads if load.tail):
        rate = statistics.median(r for r, _ in carried[load.name][32]) / 2
        tell(f"{load.name} at {rate:.0f}/s")
        found[load.name] = load.at_rate(min(rate, TAIL_RATE), 100, seconds)
    return found


def memory(stack, loads, requests):
    """MiB of the pool, the agent and the shared memory (PSS), before, in the middle of and after so many mixed requests."""
    mixed = [load for load in loads if load.name in ("dashboard, cached", "dashboard, 304", "list, cached", "health, ready")]
    found, done = [pool_memory(stack)], 0
    while done < requests:
        for load in mixed:
            done += int(load.wrk(32, 5)[0] * 5)
        found.append(pool_memory(stack))
        tell(f"{done} of {requests} requests, {found[-1]:.1f} MiB")
    return {"requests": done, "before_mib": found[0], "middle_mib": found[len(found) // 2], "after_mib": found[-1], "most_mib": max(found)}


def pool_memory(stack):
    return stack.pss_kib(with_agent=True) / 1024


def connections(stack):
    database = stack.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores'")
    redis = sum(1 for line in stack.redis("CLIENT", "LIST").splitlines() if line) - 1     # less the one that asks
    return {"database": database, "redis": redis}


def without_tiers(stack, seconds):
    """The cached dashboard and a list with 32 connections, each tier off in turn."""
    found = {}
    for name, settings in {"all tiers": {}, **TIERS_OFF}.items():
        tell(name)
        stack.restart_pool(**{"REDIS_URL": stack.urls[0], "MEMCACHED_SERVERS": stack.urls[1], "CACHE": "on", **settings})
        base = stack.url("")
        found[name] = {load.name: load.wrk(32, seconds)[0] for load in (
            Load("dashboard", base, "/api/dashboard"), Load("list", base, "/api/vessels?sort=eta"))}
    stack.restart_pool(REDIS_URL=stack.urls[0], MEMCACHED_SERVERS=stack.urls[1], CACHE="on")
    return found


# --- what it is measured against ----------------------------------------------------------------------------------------

def ratios(upper, lower, n=32):
    return [a[0] / b[0] for a, b in zip(upper[n], lower[n])]


def budgets(r):
    """(what, found, limit, kept). The limits are the design's."""
    carried, tail = r["throughput"], r["tails"]
    cached = statistics.median(ratios(carried["dashboard, cached"], carried["empty responder"]))
    deep = next(name for name in carried if name.startswith("list at row"))
    by_cursor = statistics.median(ratios(carried["list, no cache"], carried[deep], 1))
    failed = sum(one["failed"] for one in tail.values())
    asked = sum(one["answers"] for one in tail.values()) + failed
    return [
        ("cached dashboard, of the ceiling", f"{cached:.2f}", ">= 0.90", cached >= 0.90),
        ("time of a list deep down, of the first page's", f"{by_cursor:.2f}", "<= 1.20", by_cursor <= 1.20),
        ("memory after the requests", f"{r['memory']['after_mib']:.1f} MiB", "< 64 MiB", r["memory"]["after_mib"] < 64),
        ("growth from the middle to the end", f"{r['memory']['after_mib'] - r['memory']['middle_mib']:.1f} MiB", "< 2 MiB",
         r["memory"]["after_mib"] - r["memory"]["middle_mib"] < 2),
        ("database connections", r["connections"]["database"], "<= 15", r["connections"]["database"] <= 15),
        ("Redis connections", r["connections"]["redis"], "<= 10", r["connections"]["redis"] <= 10),
        ("dashboard, 97.5th percentile", f"{tail['dashboard, cached']['p97_5']} ms", "< 200 ms", tail["dashboard, cached"]["p97_5"] < 200),
        ("lists, 97.5th percentile", f"{tail['list, cached']['p97_5']} ms", "< 100 ms", tail["list, cached"]["p97_5"] < 100),
        ("health, 99th percentile", f"{tail['health, ready']['p99']} ms", "< 50 ms", tail["health, ready"]["p99"] < 50),
        ("static files, 97.5th percentile", f"{tail['static file']['p97_5']} ms", "< 20 ms", tail["static file"]["p97_5"] < 20),
        ("errors", f"{100 * failed / asked:.3f} %", "< 0.1 %", failed / asked < 0.001),
    ]


# --- what is shown ------------------------------------------------------------------------------------------------------

def spread(values):
    return f"{min(values):,.0f} – {max(values):,.0f}"


def print_throughput(carried):
    print(f"\n{'requests/s: median (least – most)':26}" + "".join(f"{str(n) + ' at a time':>28}" for n in CONNECTIONS) + f"{'of ceiling':>12}")
    for name, by_connections in carried.items():
        cells = []
        for n in CONNECTIONS:
            values = [r for r, _ in by_connections[n]]
            cells.append(f"{statistics.median(values):>10,.0f} ({spread(values)})" if values else "")
        share = f"{statistics.median(ratios(by_connections, carried['empty responder'])):.2f}" if by_connections[32] else ""
        print(f"{name:26}" + "".join(f"{cell:>28}" for cell in cells) + f"{share:>12}")


def print_tails(found):
    print(f"\n{'ms at a rate, 100 at a time':26}{'rate/s':>9}{'p50':>7}{'p97.5':>7}{'p99':>7}{'p99.9':>7}{'most':>7}{'failed':>8}")
    for name, t in found.items():
        print(f"{name:26}{t['rate']:9}{t['p50']:7}{t['p97_5']:7}{t['p99']:7}{t['p99_9']:7}{t['max']:7}{t['failed']:8}")


def print_rest(r):
    m = r["memory"]
    print(f"\nMemory (PSS of pool, agent, shared memory) over {m['requests']:,} requests: {m['before_mib']:.1f} MiB before, "
          f"{m['middle_mib']:.1f} in the middle, {m['after_mib']:.1f} after")
    print(f"\n{'requests/s, 32 at a time':26}{'dashboard':>12}{'list':>12}")
    for name, found in r["tiers"].items():
        print(f"{name:26}{found['dashboard']:12,.0f}{found['list']:12,.0f}")
    print(f"\n{'budget':46}{'found':>14}{'limit':>12}")
    for what, found, limit, kept in r["budgets"]:
        print(f"{what:46}{str(found):>14}{limit:>12}{'' if kept else '   NOT KEPT'}")


def draw(carried):
    groups = []
    for name, by_connections in carried.items():
        values = []
        for n in CONNECTIONS:
            found = [r for r, _ in by_connections[n]]
            values.append((statistics.median(found), min(found), max(found)) if found else None)
        groups.append((name, values))
    return svg.chart("Requests per second", "Median of the rounds; the line is from the least to the most", groups,
                     [f"{n} at a time" for n in CONNECTIONS])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each load in a round")
    parser.add_argument("--rows", type=int, default=1_000_000, help="tallies")
    parser.add_argument("--requests", type=int, default=1_000_000, help="of the memory test")
    parser.add_argument("--out", default=".")
    options = parser.parse_args()
    begun = time.monotonic()
    with Stack(responders=4, berths=False, redis=True, memcached=1, env={"LOG_REQUESTS": "slow", "WEB_WORKERS": "4"}) as stack:
        stack.urls = stack.env["REDIS_URL"], stack.env["MEMCACHED_SERVERS"]
        tell("filling the tables")
        stack.ctl("demo", "--tallies", str(options.rows))
        stack.psql("VACUUM ANALYZE")
        status, headers, raw = fastcgi.ask(stack.fcgi_socket, "GET", "/api/dashboard")
        assert status == 200
        pools = Pools(stack)
        pools.add_empty("empty", "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + raw)
        pools.add_program("uncached", CACHE="off")
        pools.start()
        loads = make_loads(stack, pools, options.rows * 9 // 10)
        result = {"throughput": throughput(loads, options.rounds, options.seconds)}
        result["tails"] = tails(loads, result["throughput"], options.seconds * 2)
        result["connections"] = connections(stack)
        pools.end()
        result["memory"] = memory(stack, loads, options.requests)
        result["tiers"] = without_tiers(stack, options.seconds)
    result["budgets"] = budgets(result)
    print_throughput(result["throughput"])
    print_tails(result["tails"])
    print_rest(result)
    print(f"\n{time.monotonic() - begun:.0f} s")
    with open(os.path.join(options.out, "bench.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    with open(os.path.join(options.out, "bench.svg"), "w", encoding="utf-8") as f:
        f.write(draw(result["throughput"]))
    return 0 if all(kept for *_, kept in result["budgets"]) else 1


if __name__ == "__main__":
    sys.exit(main())
