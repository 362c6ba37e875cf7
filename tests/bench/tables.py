# SPDX-License-Identifier: Apache-2.0
"""The bench's figures for people: tables on the terminal, and a chart."""
import statistics

import svg
from budgets import median_ratio


def print_table(heads, rows):
    """The first column is text, the others stand at the right."""
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    print()
    for line in lines:
        print("  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def carried_cell(values):
    rates = [rate for rate, _ in values]
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} – {max(rates):,.0f})" if rates else ""


def print_throughput(carried, connections):
    rows = [[name, *(carried_cell(found[n]) for n in connections),
             f"{median_ratio(found, carried['empty responder']):.2f}" if found[32] else ""] for name, found in carried.items()]
    print_table(["requests/s: median (least – most) (wrk)", *(f"{n} at a time" for n in connections), "of the ceiling"], rows)


def print_tails(tails):
    rows = [[name, f"{t['rate']:,.0f}", *(f"{t[key]:,.1f}" for key in ("p50", "p95", "p99", "p99_9", "max")), t["failed"],
             *(f"{t['cpu_percent'].get(part, 0):.0f}" for part in ("pool", "nginx", "postgres"))] for name, t in tails.items()]
    print_table(["ms, 100 connections, at a rate (h2load)", "rate/s", "p50", "p95", "p99", "p99.9", "most", "failed", "CPU % pool", "nginx",
                 "PostgreSQL"], rows)


def print_tiers(tiers, connections):
    for n in connections:
        rows = [[name, *(carried_cell([(rate, 0) for rate in by_connections[n]]) for by_connections in found.values())]
                for name, found in tiers.items()]
        print_table([f"requests/s, {n} at a time", *next(iter(tiers.values()))], rows)


def print_rest(r):
    print_table(["killed under 100 connections", "requests", "failed", "p99 before, ms", "in the first second", "from then on"],
                [[part, k["requests"], k["failed"], *(f"{k[key]:.1f}" for key in ("before_ms", "first_second_ms", "after_ms"))]
                 for part, k in r["kills"].items()])
    g, s = r["grown"], r["soak"]
    print(f"\nDashboard without a cache, one at a time: {g['few_ms']:.2f} ms over {g['few']:,} tallies, {g['many_ms']:.2f} ms over "
          f"{g['many']:,}; {g['statements']} statements")
    print(f"{s['requests']:,} mixed requests in {s['seconds']:.0f} s: memory (PSS of pool, agent, shared memory) "
          f"{s['before_mib']:.1f} MiB before, {s['middle_mib']:.1f} in the middle, {s['after_mib']:.1f} after, {s['most_mib']:.1f} at most; "
          f"{s['pool_us']:.0f} µs of the pool's processor time each")


def print_budgets(budgets):
    print_table(["budget", "found", "limit", ""], [[what, found, limit, "" if kept else "NOT KEPT"] for what, found, limit, kept in budgets])


def draw(carried, connections):
    groups = []
    for name, found in carried.items():
        rates = [[rate for rate, _ in found[n]] for n in connections]
        groups.append((name, [(statistics.median(values), min(values), max(values)) if values else None for values in rates]))
    return svg.chart("Requests per second", "Median of the rounds; the line is from the least to the most", groups,
                     [f"{n} at a time" for n in connections])
