#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What live events cost: the cached dashboard's throughput while 1000 connections are held, by turns with and without them; and
nginx's memory after 10000 connections have come and gone. Prints both; the exit status is 1 when one is not kept. --seconds N
per turn, --come-and-go N for a quicker look.

STEVEDORES_PREFIX says where the programs are installed."""
import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import fastcgi  # noqa: E402  pylint: disable=wrong-import-position
import listeners  # noqa: E402  pylint: disable=wrong-import-position
from stack import Stack  # noqa: E402  pylint: disable=wrong-import-position

LEAST = 0.9  # of the throughput without
MOST = 1.1  # of the memory before


def throughput(stack, seconds):
    """Requests a second, by wrk over 32 connections."""
    done = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}", "-H", f"Authorization: Bearer {fastcgi.KEY}",
                           stack.url("/api/dashboard")], capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout, done.stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


@contextlib.contextmanager
def telling(stack):
    """Something that the dashboard is not made from changes once a second, and all are told."""
    ended = threading.Event()

    def tell():
        connection = stack.connect()
        with connection.cursor() as cursor:
            while not ended.wait(1):
                cursor.execute("UPDATE cache_versions SET version = version + 1 WHERE tag = 'projects'")
        connection.close()

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def measure_throughput(stack, keys, rounds, seconds):
    found = {"nobody listens": [], f"{listeners.MOST} listen": [], f"{listeners.MOST} are told once a second": []}
    alone, held, told = found.values()
    throughput(stack, 1)
    for _ in range(rounds):
        alone.append(throughput(stack, seconds))
        with listeners.crowd(stack, keys):
            held.append(throughput(stack, seconds))
            with telling(stack):
                told.append(throughput(stack, seconds))
    print(f"cached dashboard, requests a second, {rounds} turns of {seconds} s; ratios to the same turn without, their median first")
    for name, values in found.items():
        ratios = [value / base for value, base in zip(values, alone)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"  {name:30}{statistics.median(values):8.0f}  {statistics.median(ratios):.3f}  ({each})")
    return statistics.median(value / base for value, base in zip(held, alone)) >= LEAST


def measure_memory(stack, keys, n):
    listeners.come_and_go(stack, keys, 1000)
    before = listeners.nginx_pss_kib(stack)
    listeners.come_and_go(stack, keys, n)
    after = listeners.nginx_pss_kib(stack)
    print(f"nginx's memory (PSS) after 1000 connections {before} KiB, after {n} more {after} KiB: ratio {after / before:.3f}")
    return after <= MOST * before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--come-and-go", type=int, default=10000)
    args = parser.parse_args()
    with Stack(responders=4, env={"LOG_REQUESTS": "slow"}, events=True, berths=False) as stack:
        stack.ctl("demo")
        keys = listeners.add_people(stack, listeners.MOST // 5)
        kept = [measure_throughput(stack, keys, args.rounds, args.seconds), measure_memory(stack, keys, args.come_and_go)]
        died = "exited on signal" in stack.log_text("nginx-error.log")
    return 0 if all(kept) and not died else 1


if __name__ == "__main__":
    sys.exit(main())
