#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lists and dashboards without a cache: the first page, page 5000 by its number and the page there by its cursor, at a million
rows; and each dashboard over a demo and over one a hundred times as large. Prints two tables; the ratios count, the rest belongs
to the machine. --rows N for a quicker look.

STEVEDORES_PREFIX says where the programs are installed."""
import argparse
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import many  # noqa: E402  pylint: disable=wrong-import-position
from stack import Stack  # noqa: E402  pylint: disable=wrong-import-position

LISTS = {"vessels": "/api/vessels?sort=eta", "tallies": "/api/tallies", "contracts": "/api/contracts",
         "payments": "/api/payments?sort=due_on", "backlog": "/api/backlog?sort=updated_at", "workers": "/api/workers?sort=name"}
TABLES = {"berths", "vessels", "cargo_tallies", "clients", "jobs", "contracts", "payments", "projects", "backlog_items", "workers"}
DASHBOARDS = {"port": "/api/dashboard", "labour": "/api/labour/dashboard", "labour, money": "/api/labour/money",
              "delivery": "/api/delivery/dashboard"}
# Who asks is found out in front of each, without a cache.
WHO_ASKS = "WITH k AS (SELECT k.id, k.last_used_at"


def asked(http, path, rounds):
    """The last answer, and how many milliseconds each took."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = http.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (path, answer.text[:300])
    return answer.json(), times


def by_turns(http, paths, rounds):
    """Medians in milliseconds of several, asked by turns so that the machine is the same for all."""
    found = {name: [] for name in paths}
    for path in paths.values():
        asked(http, path, 3)
    for _ in range(rounds):
        for name, path in paths.items():
            found[name] += asked(http, path, 1)[1]
    return {name: statistics.median(times) for name, times in found.items()}


def measure_lists(rows, deep):
    print(f"{rows} rows in each table, 20 on a page, medians in ms; the cursor leads to the page behind {deep}")
    print(f"{'list':12}{'first page':>12}{'page ' + str(deep):>12}{'by cursor':>12}{'ratio':>8}")
    with Stack(responders=1, env={"CACHE": "off", "LOG_REQUESTS": "slow"}) as stack:
        many.fill(stack, rows, TABLES)
        http = stack.session()
        for name, path in LISTS.items():
            path += "&" if "?" in path else "?"
            page, _ = asked(http, f"{path}page={deep}", 1)
            cursor = page["pagination"]["next_cursor"]
            # The deep page by itself: it leaves nothing in the processor's caches for what comes after it.
            t = by_turns(http, {"deep": f"{path}page={deep}"}, 30)
            t.update(by_turns(http, {"first": f"{path}page=1", "cursor": f"{path}cursor={cursor}"}, 60))
            print(f"{name:12}{t['first']:12.2f}{t['deep']:12.2f}{t['cursor']:12.2f}{t['cursor'] / t['first']:8.2f}")


def measure_dashboards(factor):
    found = {}
    for times in (1, factor):
        with Stack(responders=1, berths=False, env={"CACHE": "off", "LOG_REQUESTS": "slow"}) as stack:
            stack.ctl("demo", "--tallies", str(8000 * times), "--factor", str(times))
            http = stack.session()
            with stack.counting() as statements:
                for name, path in DASHBOARDS.items():
                    http.get(path)
                    statements()
                    asked(http, path, 1)
                    found[name, times, "n"] = len([s for s in statements() if not s.startswith(WHO_ASKS)])
            for name, median in by_turns(http, DASHBOARDS, 30).items():
                found[name, times] = median
    print(f"\nDashboards over a demo and over one {factor} times as large, medians of 30 in ms")
    print(f"{'dashboard':16}{'statements':>12}{'1 x':>8}{str(factor) + ' x':>8}{'ratio':>8}")
    for name in DASHBOARDS:
        assert found[name, 1, "n"] == found[name, factor, "n"]
        print(f"{name:16}{found[name, 1, 'n']:12}{found[name, 1]:8.2f}{found[name, factor]:8.2f}"
              f"{found[name, factor] / found[name, 1]:8.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--factor", type=int, default=100)
    options = parser.parse_args()
    measure_lists(options.rows, min(5000, options.rows // 40))
    measure_dashboards(options.factor)


if __name__ == "__main__":
    main()
