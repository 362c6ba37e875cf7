# SPDX-License-Identifier: Apache-2.0
"""Responders that end by themselves to be replaced: after MAX_REQUESTS, or with too much memory; between requests, one at a time,
and nobody who asks notices."""
import datetime
import os
import re

import load
import pytest

from stack import eventually


def recycled(stack):
    return [line for line in stack.logs() if line["event"] == "recycled"]


class Asker(load.Background):
    """Asks as fast as it can and keeps every answer."""

    def __init__(self, stack):
        super().__init__()
        self.http = stack.session()
        self.answers = []

    def step(self):
        self.answers.append(self.http.get("/api/dashboard").status_code)


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {"MAX_REQUESTS": "100"}}], indirect=True)
def test_after_so_many_requests(own_stack):
    before = set(own_stack.responder_pids())
    with Asker(own_stack) as one, Asker(own_stack) as other:
        eventually(lambda: len(recycled(own_stack)) >= 5, "five responders ended", 40)
    answers = one.answers + other.answers
    ends = recycled(own_stack)
    assert len(answers) > 500 and set(answers) == {200}
    assert {line["because_of"] for line in ends} == {"requests"}
    # A tenth more or less; then they wait for their turn, some seconds at full speed.
    assert all(line["requests"] >= 90 for line in ends)
    assert min(line["requests"] for line in ends) <= 150
    at = [datetime.datetime.fromisoformat(line["time"]) for line in ends]
    pauses = [(later - earlier).total_seconds() for earlier, later in zip(at, at[1:])]
    assert min(pauses) >= 1.9, pauses
    eventually(lambda: len(own_stack.responder_pids()) == 4, "four again", 3)
    assert len(before - set(own_stack.responder_pids())) >= 4


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"RESPONDER_MEMORY_MB": "1", "MAX_REQUESTS": "0"}}], indirect=True)
def test_with_too_much_memory(own_stack):
    """One MiB is less than a responder has when it begins."""
    with Asker(own_stack) as one:
        eventually(lambda: recycled(own_stack), "a responder ended", 40)
    assert set(one.answers) == {200}
    [first, *_] = recycled(own_stack)
    assert first["because_of"] == "memory" and first["requests"] >= 256


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"MAX_REQUESTS": "0"}}], indirect=True)
def test_never_by_itself(own_stack):
    pids = own_stack.responder_pids()
    with Asker(own_stack) as one:
        eventually(lambda: len(one.answers) > 1500, "many requests", 60)
    assert own_stack.responder_pids() == pids and recycled(own_stack) == []


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="sanitizers reserve terabytes")
def test_the_address_space_is_bounded(stack):
    for pid in stack.responder_pids():
        with open(f"/proc/{pid}/limits") as f:
            soft, hard = re.search(r"Max address space +(\S+) +(\S+)", f.read()).groups()
        assert soft == hard != "unlimited"
        assert 256 << 20 < int(soft) < 2 << 30, soft

