# SPDX-License-Identifier: Apache-2.0
"""Memory gets short: the local cache gives way, and what has to be answered is answered."""
import re

import load
import pytest

from stack import children_of, eventually

CACHE_MB = 32
STEP = CACHE_MB * (1 << 20) // 8


def local(stack):
    return load.caching.stats(stack)["local"]


def of_segment(stack):
    """Bytes of the segment that pool and agent hold, by the kernel's account of each of them."""
    total = 0
    for pid in stack.responder_pids() + children_of(stack.processes["agent"].pid):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += int(re.search(r"^Pss_Shmem:\s+(\d+) kB", f.read(), re.M).group(1)) * 1024
    return total


def now(stack):
    return stack.session().get("/api/operations").json()["data"]["now"]


def fresh_sample(stack):
    """One that the agent of now has taken after this call."""
    before = (now(stack) or {}).get("at", "")
    return eventually(lambda: (sample := now(stack)) and sample["at"] > before and sample, "the agent takes another sample", 15)


def restart_agent(stack, limit_mb):
    stack.stop_agent()
    stack.env["MEMORY_LIMIT_MB"] = str(limit_mb)
    stack.start_agent()


def events(stack):
    return [line for line in stack.logs("agent") if line["event"] in ("lru_shrunk", "lru_grown")]


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"CACHE_LOCAL_MB": str(CACHE_MB), "MEMORY_LIMIT_MB": "65536"}}], indirect=True)
def test_the_local_cache_gives_way(own_stack):
    load.make_vessels(own_stack, notes=1900)
    paths = load.list_paths(range(30, 101))
    http = own_stack.session()
    whole = local(own_stack)
    assert whole["bytes"] == whole["whole_bytes"] > 0.9 * CACHE_MB * (1 << 20)
    while local(own_stack)["evicted"] == 0:
        for path in paths:
            assert http.get(path).status_code == 200
    used = fresh_sample(own_stack)
    used = used["memory_pool_bytes"] + used["memory_agent_bytes"]
    held = of_segment(own_stack)
    assert used > held > 0.8 * CACHE_MB * (1 << 20), "the segment is counted"
    # All of it would be 90 % of the limit; with half of the cache it is less than 75 %, or with a quarter, or an eighth.
    limit_mb = max(used * 10 // 9 >> 20, 1)
    with load.Reader(own_stack, paths) as reader, load.Wrk(own_stack, paths, 8) as wrk:
        restart_agent(own_stack, limit_mb)
        shrunk = eventually(lambda: local(own_stack)["bytes"] < whole["bytes"] * 0.6 and events(own_stack), "it gives way", 30)
        assert shrunk[0]["event"] == "lru_shrunk" and shrunk[0]["level"] == "warn" and shrunk[0]["memory_permille"] >= 750
        small = eventually(lambda: (sample := fresh_sample(own_stack))["memory_permille"] < 750 and sample, "there is room again", 40)
        held_small = of_segment(own_stack)
        room = local(own_stack)
    assert set(reader.statuses) == {200} and reader.statuses[200] > 100
    assert set(wrk.result["statuses"]) == {200} and wrk.result["lost"] == wrk.result["broken"] == 0, wrk.result
    given = whole["bytes"] - room["bytes"]
    assert given >= 3 * STEP and room["used_bytes"] <= room["bytes"]
    assert held - held_small > 0.9 * given, (held, held_small, given)
    print(f"\nof {whole['bytes'] >> 10} KiB {room['bytes'] >> 10} are left; of the segment the processes held {held >> 10} KiB and hold "
          f"{held_small >> 10}; the figure is {small['memory_permille']} permille of {limit_mb} MiB; {reader.statuses[200]} checked answers, "
          f"{wrk.result['statuses'][200]} others meanwhile")
    assert "smaller" in own_stack.ctl("cache", "stats").stdout
    # An operator gives it more: it comes back by steps, each after half a minute with plenty.
    restart_agent(own_stack, 65536)
    eventually(lambda: local(own_stack)["bytes"] == whole["bytes"], "it has all its room again", 150, 1)
    grown = [line["bytes"] for line in events(own_stack) if line["event"] == "lru_grown"]
    assert grown == sorted(grown) and grown[-1] == whole["bytes"]
    with load.Reader(own_stack, paths) as reader:
        for path in paths:
            assert http.get(path).status_code == 200
    assert set(reader.statuses) == {200}
    assert local(own_stack)["used_bytes"] > room["bytes"], "it is used"
    assert load.caching.stats(own_stack)["counters"]["cache_events_bad"] == 0
