# SPDX-License-Identifier: Apache-2.0
"""What one request of each kind costs: processor time of each part. sizing.py counts with it."""
from cpu import Cpu

CONNECTIONS = 8     # enough that nobody waits for the generator, few enough that it gets a processor as well
POOLS = ("pool", "empty", "uncached")


def of(stack, load, seconds):
    """{part: microseconds}; the pool is whichever the load asks."""
    load.wrk(CONNECTIONS, 1)
    with Cpu(stack) as cpu:
        requests = load.wrk_counted(CONNECTIONS, seconds)
    each = {part: used * 1e6 / requests for part, used in cpu.used.items()}
    return {"pool": sum(each.get(part, 0) for part in POOLS),
            **{part: each.get(name, 0) for part, name in (("nginx", "nginx"), ("postgres", "postgres"), ("redis", "redis"))}}


def run(stack, loads, seconds, tell):
    """{load: {part: microseconds}} of those whose every request does the same."""
    found = {}
    for load in (load for load in loads if not load.refuses):
        tell(f"what it costs: {load.name}")
        found[load.name] = of(stack, load, seconds)
    return found
