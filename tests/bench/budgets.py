# SPDX-License-Identifier: Apache-2.0
"""What the bench's figures are measured against: the design's budgets, and what an operator is promised for 100 people."""
import statistics


def median_ratio(upper, lower, n=32):
    """Of what was carried with n connections, round by round."""
    return statistics.median(a[0] / b[0] for a, b in zip(upper[n], lower[n]))


def at_least(what, found, limit, unit="", digits=2):
    return what, f"{found:,.{digits}f}{unit}", f">= {limit:,}{unit}", found >= limit


def below(what, found, limit, unit="", digits=1):
    return what, f"{found:,.{digits}f}{unit}", f"< {limit:,}{unit}", found < limit


def at_most(what, found, limit):
    return what, f"{found:,}", f"<= {limit:,}", found <= limit


def of_design(r):
    carried, memory = r["throughput"], r["soak"]
    deep = next(name for name in carried if name.startswith("list at row"))
    rows = [
        at_least("cached dashboard, of the ceiling", median_ratio(carried["dashboard, cached"], carried["empty responder"]), 0.90),
        below("dashboard over all the tallies, of one over 10,000", r["grown"]["ratio"], 1.5, "", 2),
        at_most("its statements", r["grown"]["statements"], 2),
        below("list deep down, of the first page's time", median_ratio(carried["list, no cache"], carried[deep], 1), 1.2, "", 2),
        below("/health/quick, 99th percentile, 100 connections", r["tails"]["health, quick"]["p99"], 5, " ms"),
        below("memory after the requests", memory["after_mib"], 64, " MiB"),
        below("its growth from the middle to the end", memory["after_mib"] - memory["middle_mib"], 2, " MiB"),
        at_most("database connections", r["connections"]["database"], 15),
        at_most("Redis connections", r["connections"]["redis"], 10),
    ]
    for part, found in r["kills"].items():
        rows.append(at_most(f"{part} killed: failed requests", found["failed"], 0))
        # Of times this short a hiccup of the machine makes a multiple.
        back = round(max(2 * found["before_ms"], found["before_ms"] + 10), 1)
        rows.append(below(f"{part} killed: 99th percentile from 1 s later on", found["after_ms"], back, " ms"))
    return rows


def of_operators(r):
    tails, soak = r["tails"], r["soak"]
    failed, asked = (sum(one[key] for one in tails.values()) for key in ("failed", "requests"))
    return [
        below("dashboard, 95th percentile", tails["dashboard, cached"]["p95"], 200, " ms"),
        below("API, 95th percentile", max(tails[name]["p95"] for name in ("list, cached", "list, no cache", "row, cached")), 100, " ms"),
        below("/health, 99th percentile", tails["health"]["p99"], 50, " ms"),
        below("static files, 95th percentile", tails["static file"]["p95"], 20, " ms"),
        at_least("requests a minute, sustained", soak["requests"] / soak["seconds"] * 60, 1000, "", 0),
        below("statements, on average", soak["statement_ms"], 50, " ms"),
        at_least("answers from the cache", soak["hit_percent"], 90, " %", 1),
        below("errors", 100 * failed / asked, 0.1, " %", 3),
    ]


def all_of(r):
    """[(what, found, limit, kept)]"""
    return of_design(r) + of_operators(r)
