# SPDX-License-Identifier: Apache-2.0
"""Shared memory under processes that die with it in their hands, without the agent, replaced by another, and not to be had."""
import collections
import contextlib
import json
import mmap
import os
import random
import re
import signal
import struct
import time

import load
import port
import pytest

from stack import children_of, eventually


def stats(stack):
    done = stack.ctl("cache", "stats", "--json")
    return json.loads(done.stdout)


# --- killed at any instruction -----------------------------------------------------------------------------------------

class Killer(load.Background):
    """Kills a responder again and again, in turns at a random moment and with a lock in hand. Starting one takes the machine
    far longer than a request does, so they are not killed as fast as can be."""

    def __init__(self, stack):
        super().__init__()
        self.kills = self.aimed = 0
        self._stack = stack
        self._random = random.Random(7)
        self._since = {}  # pid: when it was first seen
        with open("/dev/shm" + stack.shm_name, "rb") as f:
            self._segment = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)

    def victim(self):
        """One that has been there for a moment and is about something just now."""
        pids, now = self._stack.responder_pids(), time.monotonic()
        self._since = {pid: self._since.get(pid, now) for pid in pids}
        self._random.shuffle(pids)
        return next((pid for pid in pids if now - self._since[pid] > 0.2 and is_running(pid)), None)

    def holds_a_lock(self, pid):
        """A held pthread_mutex_t has its owner's number twice: in its first word (and a bit more), and in its third."""
        owner, at = struct.pack("=i", pid), -1
        while (at := self._segment.find(owner, at + 1)) >= 8:
            word, = struct.unpack_from("=i", self._segment, at - 8)
            if word & 0x3fffffff == pid:
                return True
        return False

    def stop_with_lock(self, pid):
        """Stops it again and again until it is seen with a lock."""
        for _ in range(400):
            os.kill(pid, signal.SIGSTOP)
            if self.holds_a_lock(pid):
                return True
            os.kill(pid, signal.SIGCONT)
            self.pause(self._random.uniform(0, 0.0004))
        return False

    def step(self):
        pid = self.victim()
        if pid is None:
            self.pause(0.0005)
            return
        with contextlib.suppress(ProcessLookupError):
            if self.kills % 2 == 0:
                self.aimed += self.stop_with_lock(pid)
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.pause(self._random.uniform(0.02, 0.08))

    def end(self):
        self._segment.close()


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "R"
    except OSError:
        return False


def events(lines):
    return collections.Counter(line["event"] for line in lines)


@pytest.mark.alone
@pytest.mark.parametrize("own_stack", [{"responders": 8, "env": {"CACHE_LOCAL_MB": "1"}}],
                         indirect=True)
def test_killed_at_any_instruction(own_stack, long):
    """What is served is always right, and afterwards everything works as if nothing had been."""
    load.make_vessels(own_stack)
    paths = load.list_paths(range(60, 101, 20))
    log, seen = load.Log(own_stack), collections.Counter()
    readers = [load.Reader(own_stack, paths, (200, 503), 0, seed, coding, may_break=True)
               for seed, coding in enumerate(["identity", "gzip"])]

    def enough():
        seen.update(events(log.lines()))
        return (killer.kills >= 24 and seen["shm_repaired"] >= 8  # who died with a lock
                and stats(own_stack)["local"]["emptied"] >= 3)

    with load.Writer(own_stack, 300), readers[0], readers[1], load.Wrk(own_stack, paths, 24) as wrk:
        with Killer(own_stack) as killer:
            time.sleep(60 if long else 5)
            eventually(enough, "enough were killed", 120, 0.2)
        eventually(lambda: len(own_stack.responder_pids()) == 8, "eight again", 10)
    seen.update(events(log.lines()))
    after = stats(own_stack)
    local, counts = after["local"], after["counters"]
    good, cut = sum(reader.statuses[200] for reader in readers), sum(reader.cut for reader in readers)
    asked = sum(reader.statuses.total() for reader in readers) + cut
    kept = sum(n for reader in readers for how, n in reader.caches.items() if "hit" in how)
    print(f"\n{killer.kills} killed, {killer.aimed} of them with a lock, {seen['shm_repaired']} locks repaired, "
          f"{local['emptied']} times the local cache emptied; "
          f"{wrk.result['statuses']} and {wrk.result['lost']} lost; of {asked} checked {good} are good ({kept} from the cache) "
          f"and {cut} broke off; {seen['shm_lock_busy']} waits for a lock; {local}")
    assert wrk.result["broken"] == 0 and set(wrk.result["statuses"]) <= {200, 503}, wrk.result
    assert good / asked > 0.8 and kept > 10
    assert counts["cache_events_bad"] == 0, "a torn value was found in the local cache, which should have been emptied"

    # Whole again: nobody waits for anything, what is kept is kept, and what it counts is what it has.
    log.lines()
    pids = own_stack.responder_pids()
    before = stats(own_stack)["counters"]
    with load.Reader(own_stack, paths[:4], pause=0) as reader:
        time.sleep(1)
    counts = stats(own_stack)["counters"]
    assert set(reader.statuses) == {200}
    # Recent: from there as well, of just before the last write.
    local = sum(counts[name] - before[name] for name in ("cache_answers_lru", "cache_answers_recent"))
    assert local > reader.statuses[200] * 0.8
    assert events(log.lines())["shm_lock_busy"] == 0
    assert own_stack.responder_pids() == pids
    # Every chunk of the local cache is free or in a value: nothing was lost. What it holds when it's full it holds again after
    # all was thrown out.
    full = fill(own_stack, paths)
    own_stack.ctl("cache", "clear")
    local = stats(own_stack)["local"]
    assert local["used_bytes"] == local["entries"] == 0
    again = fill(own_stack, paths)
    assert full["bytes"] == again["bytes"] == local["bytes"]
    assert 0 < full["used_bytes"] <= full["bytes"]
    assert abs(full["entries"] - again["entries"]) <= 1, (full, again)
    assert stats(own_stack)["counters"]["cache_events_bad"] == 0


def fill(stack, paths):
    """Asks for more than there is room for, in a fixed order."""
    http = stack.session()
    before = stats(stack)["local"]
    for path in paths * 2:
        assert http.get(path).status_code == 200
    local = stats(stack)["local"]
    assert local["evicted"] > before["evicted"]
    return local


# --- without the agent -------------------------------------------------------------------------------------------------

def seen_after(stack, http, path, notes):
    """Milliseconds from a write by psql to the first answer that has it; asked without a pause."""
    stack.psql("UPDATE vessels SET notes = %s WHERE id = 1", (notes,))
    began = time.monotonic()
    while True:
        response = http.get(path)
        assert response.status_code == 200, response.text
        took = (time.monotonic() - began) * 1000
        if response.json()["data"]["notes"] == notes:
            return took
        assert took < 20000, "never seen"


def staleness(stack, name, writes=8):
    """The longest of some writes, and how many of all answers in the meantime came from the cache."""
    http = stack.session()
    before = load.answers(stack)
    took = [seen_after(stack, http, "/api/vessels/1", f"{name} {n}") for n in range(writes)]
    after = load.answers(stack)
    kept = sum(after[kind] - before[kind] for kind in ("lru", "recent", "near"))
    return max(took), kept / (kept + after["miss"] - before["miss"])


STALE_MS = 600
NOISE_MS = 400  # what a busy machine may add between a write and the answer


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {"CACHE_MAX_STALE_MS": str(STALE_MS), "CACHE_POLL_MS": "100"}}],
                         indirect=True)
def test_agent_is_killed(own_stack):
    """Responders ask for themselves then. The bound on what is out of date stays; and it comes back."""
    port.Api(own_stack).vessel()
    with_agent, kept_with = staleness(own_stack, "with")
    supervisor = own_stack.processes["agent"].pid
    agent = children_of(supervisor)[0]
    os.kill(agent, signal.SIGKILL)
    eventually(lambda: agent not in children_of(supervisor) and children_of(supervisor), "another one is started", 10)
    eventually(lambda: load.health(own_stack)["agent"]["age_ms"] < 500, "it beats", 10)
    own_stack.end("agent", signal.SIGKILL)
    without, kept_without = staleness(own_stack, "without")
    eventually(lambda: load.health(own_stack)["agent"]["status"] == "away", "its absence is seen", 30)
    health = own_stack.session().get("/health")
    assert health.status_code == 200 and health.json()["status"] == "degraded"
    print(f"\nseen after at most {with_agent:.0f} ms with the agent ({kept_with:.0%} of the answers from the cache), "
          f"{without:.0f} ms without ({kept_without:.0%})")
    assert kept_with > 0.5 and kept_without > 0.5, "it was the cache that was asked"
    assert max(with_agent, without) <= STALE_MS + NOISE_MS
    own_stack.start_agent()
    eventually(lambda: own_stack.session().get("/health").json()["status"] == "healthy", "the agent is back", 15)
    again, _ = staleness(own_stack, "again")
    assert again <= STALE_MS + NOISE_MS


# --- another segment, or none ------------------------------------------------------------------------------------------

def segment_of(stack):
    return os.stat("/dev/shm" + stack.shm_name)


def maps(pid, inode):
    """True when the process has this segment, and only this."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as f:
        found = set(re.findall(r"(\d+)\s+/dev/shm/stevedores\S*", f.read()))
    return found == {str(inode)}


@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_segment_of_another_layout(own_stack):
    """A pool with another configuration begins a segment of its own, and the agent follows it there."""
    load.make_vessels(own_stack)
    supervisor = own_stack.processes["agent"].pid
    for megabytes in (2, 1, 16):
        old = segment_of(own_stack)
        own_stack.restart_pool(CACHE_LOCAL_MB=str(megabytes))
        new = segment_of(own_stack)
        assert new.st_ino != old.st_ino and new.st_size != old.st_size
        eventually(lambda i=new.st_ino: [maps(pid, i) for pid in children_of(supervisor)] == [True],
                   "the agent is where the pool is", 10)
        assert segment_of(own_stack).st_ino == new.st_ino, "the pool's own, not one that the agent made"
        # One that comes later is where the others are.
        pid = own_stack.responder_pids()[0]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda p=pid: p not in own_stack.responder_pids() and len(own_stack.responder_pids()) == 4, "four again", 10)
        eventually(lambda i=new.st_ino: all(maps(pid, i) for pid in own_stack.responder_pids()), "all have one segment", 10)
        eventually(lambda: own_stack.session().get("/health").json()["status"] == "healthy", "all is well", 15)
        local = stats(own_stack)["local"]
        assert (megabytes - 1) * 1048576 < local["bytes"] < megabytes * 1048576


@pytest.mark.parametrize("own_stack", [{"responders": 4, "env": {"SHM_NAME": "/no/such/place", "CACHE_MAX_STALE_MS": str(STALE_MS)}}],
                         indirect=True)
def test_no_shared_memory(own_stack):
    """Each responder has memory of its own then: everything works, whoever writes sees it, and health says so."""
    api = port.Api(own_stack)
    vessel = api.vessel()
    health = own_stack.session().get("/health")
    assert health.status_code == 200 and health.json()["status"] == "degraded"
    assert health.json()["checks"]["shared_memory"]["status"] == "private"
    assert api.http.get("/health/ready").status_code == 200
    for n in range(40):  # by any responder, read from any other
        api.send("PATCH", f"/api/vessels/{vessel['id']}", {"notes": str(n)}, 200)
        assert api.read(vessel["id"])["notes"] == str(n)
    took = [seen_after(own_stack, own_stack.session(), f"/api/vessels/{vessel['id']}", f"psql {n}") for n in range(4)]
    print(f"\nwithout shared memory: seen after at most {max(took):.0f} ms")
    caches = [own_stack.session().get(f"/api/vessels/{vessel['id']}").headers["X-Cache"] for _ in range(40)]
    assert "hit; tier=lru" in caches
    private = [line for line in own_stack.logs() if line["event"] == "shm_private"]
    assert {line["pid"] for line in private} >= set(own_stack.responder_pids())
