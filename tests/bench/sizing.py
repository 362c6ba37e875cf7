#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many hosts it takes: the bench's own figures (its bench.json) and what people at a port do, counted together. Prints the tables
of the README's "Sizing" in Markdown, and nothing that wasn't either measured or is named below as assumed.

    tests/bench/sizing.py tests/bench/figures.json"""
import argparse
import json
import math
import sys
from dataclasses import dataclass

# Assumed, of each port; one port is one deployment, with a database of its own.
POLL_S = 1.2              # how often a page asks without live events (INTERVAL in src/web/js/live.js); everybody has one open
AT_WORK = 0.3             # of all vessels, those that cargo is counted at
TALLIES_PER_HOUR = 120    # and how many at each: four gangs that make one every two minutes
ANSWERS = 3               # of a port that many look at and that a tally makes old: dashboard, list, vessel
REMADE_S = 0.25           # and how often each is made anew at most: CACHE_POLL_MS; of all who miss, one asks the database
# Assumed, of a host.
PROCESSORS = 2            # as the bench's
FULL = 0.5                # so much of them at the busiest time, or queues begin


@dataclass
class Place:
    hosts: int
    ports: int
    vessels: int          # of all ports together, and so are people
    people: int


PLACES = (Place(1, 1, 50, 100), Place(1, 1, 100, 500), Place(2, 1, 200, 2000), Place(4, 10, 500, 5000), Place(10, 20, 1000, 10000),
          Place(50, 100, 5000, 50000))


@dataclass
class Load:
    """Of all ports together, a second."""
    questions: float
    writes: float
    remade: float
    app_s: float          # processor time of pools and nginx
    postgres_s: float     # and of PostgreSQL


def cost(figures, load, *parts):
    """Seconds of processor time that one of them takes."""
    return sum(figures["costs"][load][part] for part in parts) / 1e6


def load_of(figures, place):
    """The busiest hour: everybody looks, and all vessels at work are counted at. Each write makes what its port's people see old, so
    a question finds news when there was a write since the last one."""
    writes = place.vessels * AT_WORK * TALLIES_PER_HOUR / 3600
    of_one = writes / place.ports
    questions = place.people / POLL_S
    news = 1 - math.exp(-of_one * POLL_S)
    remade = place.ports * ANSWERS * min(of_one, 1 / REMADE_S)
    app = ("pool", "nginx", "redis")
    return Load(questions, writes, remade,
                questions * (news * cost(figures, "dashboard, cached", *app) + (1 - news) * cost(figures, "dashboard, 304", *app)) +
                writes * cost(figures, "one tally", *app) + remade * cost(figures, "dashboard, no cache", *app),
                writes * cost(figures, "one tally", "postgres") + remade * cost(figures, "dashboard, no cache", "postgres"))


def row_of(figures, place):
    """As the table has it. A port that has no host to itself shares one, with a pool of its own there."""
    load = load_of(figures, place)
    pools = max(1, math.ceil(place.ports / place.hosts))
    return [place.hosts, place.ports, place.vessels, place.people, load.questions / place.hosts, load.writes,
            100 * load.app_s / place.hosts / PROCESSORS, load.postgres_s, place.hosts * pools * figures["connections"]["database"],
            pools * figures["soak"]["most_mib"]]


def people_of_one_host(figures):
    """How many can look at one port of 50 vessels before its host is as full as it should be."""
    low, high = 1, 10_000_000
    while high - low > 1:
        middle = (low + high) // 2
        if load_of(figures, Place(1, 1, 50, middle)).app_s <= FULL * PROCESSORS:
            low = middle
        else:
            high = middle
    return low


def tallies_of_one_database(figures):
    """A second, before a database server with the same processors is as full as it should be."""
    return FULL * PROCESSORS / cost(figures, "one tally", "postgres")


def table(heads, rows):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def rounded(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def lines(figures):
    loads = {"dashboard that has not changed": "dashboard, 304", "dashboard out of the cache": "dashboard, cached",
             "dashboard made anew": "dashboard, no cache", "page of a list made anew": "list, no cache", "a tally": "one tally",
             "50 tallies at once": "50 tallies at once"}
    yield from table(["µs of a processor", "pool", "nginx", "Redis", "PostgreSQL"],
                     ([name, *(f"{figures['costs'][load][part]:,.0f}" for part in ("pool", "nginx", "redis", "postgres"))]
                      for name, load in loads.items()))
    yield ""
    yield from table(["hosts", "ports", "vessels", "people", "requests/s of a host", "tallies/s in all", "% of a host's processors",
                      "processors for PostgreSQL", "its connections", "MiB of a host"],
                     ([*(f"{n:,}" for n in row[:4]), *map(rounded, row[4:8]), f"{row[8]:,}", f"{row[9]:,.0f}"]
                      for row in (row_of(figures, place) for place in PLACES)))
    yield ""
    yield (f"One host of {PROCESSORS} processors is {FULL * 100:.0f} % busy with {rounded(people_of_one_host(figures))} people at a port of 50 vessels; "
           f"a database server of {PROCESSORS} with {rounded(tallies_of_one_database(figures))} tallies a second.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", help="bench.json of scripts/bench")
    with open(parser.parse_args().figures, encoding="utf-8") as f:
        print("\n".join(lines(json.load(f))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
