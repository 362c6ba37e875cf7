# SPDX-License-Identifier: Apache-2.0
"""Hour after hour: a pool that is asked and written to all the time stays as large as it was, loses no place and refuses nothing.
By default for some seconds with responders that are replaced all the time; with --long a million requests and more within an hour, as
the site is set up by default."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench"))

import bench  # noqa: E402  pylint: disable=wrong-import-position
import caching  # noqa: E402  pylint: disable=wrong-import-position
import pytest  # noqa: E402  pylint: disable=wrong-import-position
import soak  # noqa: E402  pylint: disable=wrong-import-position
from stack import Stack, eventually  # noqa: E402  pylint: disable=wrong-import-position

CONNECTIONS = 16
GROWTH_MIB = 2


def open_files(stack):
    """Of each responder and the agent."""
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (*stack.responder_pids(), stack.processes["agent"].pid)]


def check_parts(stack):
    assert len(stack.responder_pids()) == stack.responders
    report = stack.session().get("/health").json()
    assert report["status"] == "healthy", report
    assert max(open_files(stack)) < 40
    assert not [line for line in stack.logs() + stack.logs("agent") if line["level"] == "error"]


@pytest.mark.alone
def test_nothing_grows(long, record_property):
    seconds, piece, pause_ms, settings = (3600, 60, 40, {}) if long else (24, 2, 0, {"MAX_REQUESTS": "4000"})
    with Stack(responders=4, berths=False, redis=True, memcached=1,
               env={**caching.UNHURRIED, **bench.ENV, **settings}) as stack:
        stack.ctl("demo", "--tallies", "100000")
        load = soak.mixed_load(stack, pause_ms=pause_ms)
        load.wrk_counted(CONNECTIONS, piece)    # what is only filled once
        done, memory, begun = 0, [], time.monotonic()
        while time.monotonic() - begun < seconds:
            done += load.wrk_counted(CONNECTIONS, piece)    # fails with a refused request
            eventually(lambda: len(stack.responder_pids()) == stack.responders, "all places are taken")
            memory.append(soak.pool_memory(stack))
        check_parts(stack)
    figures = {"requests": done, "seconds": round(time.monotonic() - begun), "first_mib": round(memory[0], 1),
               "middle_mib": round(memory[len(memory) // 2], 1), "last_mib": round(memory[-1], 1), "most_mib": round(max(memory), 1)}
    print(figures)
    record_property("soak", str(figures))
    assert not long or done > 1_000_000
    assert max(memory) < 64
    assert memory[-1] - memory[len(memory) // 2] < GROWTH_MIB
    assert not long or memory[-1] - memory[0] < GROWTH_MIB
