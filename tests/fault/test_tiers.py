# SPDX-License-Identifier: Apache-2.0
"""Redis and memcached killed, stopped, out of reach, or answering with errors and with what isn't theirs to answer: what is
served stays right, no request fails, and a tier that is away costs little."""
import contextlib
import signal
import socket
import threading
import time

import caching
import load
import pytest

from stack import BlackHole, eventually

OPEN_MS = 1500
ENV = {"CACHE_LOCAL_MB": "1", "BREAKER_OPEN_MS": str(OPEN_MS)}  # a near cache too small to keep the tiers out of work
FIRST = 500  # requests, right after the fault


# --- faults ------------------------------------------------------------------------------------------------------------

def process_of(part):
    return {"redis": "redis", "memcached": "memcached0"}[part]


def port_of(stack, part):
    return stack.redis_port if part == "redis" else stack.memcached_ports[0]


def start(stack, part):
    return stack.start_redis() if part == "redis" else stack.start_memcached()


def do_kill(stack, part):
    stack.end(process_of(part), signal.SIGKILL)
    return lambda: start(stack, part)


def do_stop(stack, part):
    stack.pause(process_of(part))
    return lambda: stack.resume(process_of(part))


def do_drop(stack, part):
    stack.end(process_of(part), signal.SIGKILL)
    hole = BlackHole(port_of(stack, part))

    def back():
        assert not hole.takes(), "it was a black hole until now"
        hole.close()
        start(stack, part)

    return back


FAULTS = {"killed": do_kill, "stopped": do_stop, "black hole": do_drop}


# --- away under load ---------------------------------------------------------------------------------------------------

def rounds(log, requests):
    """The p99s of three rounds, in order: the middle one is taken for a figure, the last one says how busy the machine is."""
    log.skip()
    return sorted(load.p99(log.times(requests)) for _ in range(3))


def state(stack, part):
    return load.health(stack)[part]["circuit_breaker_state"]


def failures(stack, parts):
    found = load.metrics(stack)
    return {part: found[f'stevedores_breaker_failures_total{{of="{part}"}}'] for part in parts}


def share(before, after, *names):
    kinds = ("near", "recent", "lru", "stale", "miss", "redis", "memcached")
    asked = sum(after[kind] - before[kind] for kind in kinds)
    return sum(after[name] - before[name] for name in names) / asked


STACKS = {
    "redis": {"redis": True, "memcached": 1},
    "memcached": {"memcached": 1},
    "both": {"redis": True, "memcached": 1},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("own_stack,away", [({"responders": 8, "env": ENV, **STACKS[away]}, away) for away in STACKS],
                         indirect=["own_stack"], ids=list(STACKS))
def test_away_under_load(own_stack, away, fault, long):
    """50 connections over lists that the near cache can't hold, and a writer. The time that counts is the responder's."""
    parts = ["redis", "memcached"] if away == "both" else [away]
    size = 5000 if long else 800
    first_tier = "memcached" if away == "memcached" else "redis"
    load.make_vessels(own_stack)
    paths = load.list_paths()
    with load.Writer(own_stack, 700), load.Reader(own_stack, paths) as reader, load.Wrk(own_stack, paths) as wrk:
        log = load.Log(own_stack)
        log.times(size)
        before = load.answers(own_stack)
        usual = rounds(log, size)
        normal = usual[1]
        after = load.answers(own_stack)
        hits = share(before, after, first_tier)
        assert hits > 0.1 and share(before, after, "miss") > 0.1, "the tier is used, and p99 is that of a miss"

        log.skip()
        comes_back = [FAULTS[fault](own_stack, part) for part in parts]
        first = log.times(FIRST)
        for part in parts:
            eventually(lambda p=part: state(own_stack, p) == "open", f"the breaker of {part} is open", 10)

        failed, began, before = failures(own_stack, parts), time.monotonic(), load.answers(own_stack)
        then = [rounds(log, size)[1]]
        while then[-1] > 1.5 * normal and len(then) < 3:
            then.append(rounds(log, size)[1])
        asked = failures(own_stack, parts)
        trials = (time.monotonic() - began) * 1000 / OPEN_MS + 2
        after = load.answers(own_stack)
        for part in parts:
            assert asked[part] - failed[part] <= trials, "while its breaker is open nobody but a trial asks it"
            assert after[part] == before[part]
        if away == "redis":
            assert share(before, after, "memcached") > 0.1, "the next tier stands in"

        for back in comes_back:
            back()
        for part in parts:
            eventually(lambda p=part: state(own_stack, p) == "closed", f"the breaker of {part} closes", 15)
        before = load.answers(own_stack)
        eventually(lambda: load.answers(own_stack)[first_tier] > before[first_tier] + 20, "it is used again", 15)
        usual += rounds(log, size)
        again = usual[4]
    print(f"\n{away} {fault}: hits {hits:.0%}, p99 ms: normal {normal:.1f}, first {load.p99(first):.1f} (worst {max(first):.0f}), "
          f"open {' '.join(f'{t:.1f}' for t in then)} ({min(then) / normal:.2f}), again {again:.1f}; wrk p99 "
          f"{wrk.result['p99_us'] / 1000:.0f}, {sum(wrk.result['statuses'].values())} requests, "
          f"{reader.statuses.total()} checked")
    assert set(wrk.result["statuses"]) == {200} and wrk.result["broken"] == wrk.result["lost"] == 0, wrk.result
    assert reader.statuses.total() > 50
    assert load.p99(first) <= 150 + max(usual)
    assert min(then) <= 1.5 * max(normal, again)
    assert load.answers(own_stack)["bad"] == 0


# Where what is asked for is which answer, not how soon: a busy machine alone makes no tier fail.
PATIENT = {"CACHE_COMMAND_TIMEOUT_MS": "500", "CACHE_CONNECT_TIMEOUT_MS": "500"}


# --- away, and it doesn't matter ---------------------------------------------------------------------------------------

def forget_near(stack):
    """From here on only the tiers know."""
    stack.ctl("cache", "clear")


def ask(stack, path):
    """One list, every byte of it checked. Returns where it was from: "hit; tier=redis"."""
    response = stack.session().get(path, headers={"Accept-Encoding": "identity"})
    assert response.status_code == 200, response.text
    load.check_list(path, response)
    return response.headers["X-Cache"]


@pytest.mark.parametrize("own_stack", [{"memcached": 2, "env": {"BREAKER_OPEN_MS": "2000", **PATIENT}}], indirect=True)
@pytest.mark.parametrize("fault", [do_kill, do_stop])
def test_one_of_two_memcached_servers(own_stack, fault):
    """What the other one has is still hit, and the breaker, which is for both, stays closed."""
    load.make_vessels(own_stack)
    paths = load.list_paths(range(10, 12))
    for path in paths:
        assert ask(own_stack, path) == "miss; tier=memcached"
    forget_near(own_stack)
    assert {ask(own_stack, path) for path in paths} == {"hit; tier=memcached"}
    share_of_other = int(own_stack.memcached("stats", 1).split("curr_items ")[1].split()[0]) / len(paths)
    assert 0.2 < share_of_other < 0.8, "each has its part"
    back = fault(own_stack, "memcached")
    hits = []
    for _ in range(4):
        forget_near(own_stack)
        hits.append(sum(ask(own_stack, path) == "hit; tier=memcached" for path in paths) / len(paths))
        assert state(own_stack, "memcached") == "closed"
    print(f"\none of two {fault.__name__}: the other has {share_of_other:.0%}, hits {' '.join(f'{h:.0%}' for h in hits)}")
    assert max(hits) >= share_of_other - 0.02 and min(hits) >= share_of_other / 2
    back()

    def all_hit():
        forget_near(own_stack)
        return {ask(own_stack, path) for path in paths} == {"hit; tier=memcached"}

    eventually(all_hit, "both are used again", 20)


@pytest.mark.parametrize("own_stack", [{"memcached": 2, "env": {"BREAKER_OPEN_MS": "500"}}], indirect=True)
def test_both_of_two_memcached_servers(own_stack):
    """Away together they are one tier that is away: the breaker opens, tries again, and closes when they are back."""
    load.make_vessels(own_stack)
    paths = load.list_paths(range(10, 11))
    for n in range(2):
        own_stack.pause(f"memcached{n}")

    def opens():
        forget_near(own_stack)
        assert not any(ask(own_stack, path).startswith("hit") for path in paths)
        return state(own_stack, "memcached") != "closed"

    eventually(opens, "the breaker opens", 30)
    before = failures(own_stack, ["memcached"])["memcached"]
    eventually(lambda: opens() and failures(own_stack, ["memcached"])["memcached"] > before + 2,
               "it is tried again and again", 30)
    for n in range(2):
        own_stack.resume(f"memcached{n}")

    def all_hit():
        forget_near(own_stack)
        return {ask(own_stack, path) for path in paths} == {"hit; tier=memcached"}

    eventually(all_hit, "both are used again", 60)
    assert state(own_stack, "memcached") == "closed"


def refuse_redis(stack):
    """Whoever isn't known is refused; those who are connected have to come again."""
    stack.redis("CONFIG", "SET", "requirepass", "x")
    stack.redis("-a", "x", "CLIENT", "KILL", "TYPE", "normal")
    return lambda: stack.redis("-a", "x", "CONFIG", "SET", "requirepass", "")


def orphan_redis(stack):
    """A replica that can't reach its master and won't answer meanwhile."""
    stack.redis("CONFIG", "SET", "replica-serve-stale-data", "no")
    stack.redis("REPLICAOF", "127.0.0.1", "1")
    return lambda: stack.redis("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": {"BREAKER_OPEN_MS": "500", **PATIENT}}], indirect=True)
@pytest.mark.parametrize("fault,word", [(refuse_redis, "NOAUTH"), (orphan_redis, "MASTERDOWN")])
def test_redis_answers_errors(own_stack, fault, word):
    load.make_vessels(own_stack)
    paths = load.list_paths(range(10, 11))
    for path in paths:
        ask(own_stack, path)
    forget_near(own_stack)
    assert {ask(own_stack, path) for path in paths} == {"hit; tier=redis"}
    back = fault(own_stack)

    def opens():
        forget_near(own_stack)
        assert "redis" not in {ask(own_stack, path) for path in paths}
        breaker = load.health(own_stack)["redis"]
        return breaker["circuit_breaker_state"] != "closed" and word in breaker["last_error"]

    eventually(opens, "the breaker opens", 15)
    assert back() == "OK"

    def hits():
        forget_near(own_stack)
        return "hit; tier=redis" in {ask(own_stack, path) for path in paths}

    eventually(hits, "it is used again", 15)
    assert state(own_stack, "redis") == "closed"


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": {"BREAKER_OPEN_MS": "500", **PATIENT}}], indirect=True)
def test_redis_is_full(own_stack):
    """It answers, and keeps nothing more."""
    load.make_vessels(own_stack)
    old, new = load.list_paths(range(10, 11)), load.list_paths(range(11, 12))
    for path in old:
        ask(own_stack, path)
    own_stack.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
    own_stack.redis("CONFIG", "SET", "maxmemory", "1")
    for _ in range(3):
        forget_near(own_stack)
        for path in [*new, *old]:
            ask(own_stack, path)
    assert "OOM" in load.health(own_stack)["redis"]["last_error"]
    own_stack.redis("CONFIG", "SET", "maxmemory", "0")

    def hits():
        forget_near(own_stack)
        return [ask(own_stack, path) for path in new].count("hit; tier=redis") == len(new)

    eventually(hits, "it takes what is new again", 15)


# --- answers that aren't what was put in -------------------------------------------------------------------------------

class Peer(threading.Thread):
    """Simulates a tier gone wrong: keeps what it is given, as the real ones do, and answers with what lie(value, others) makes of
    it. `lie` may also give the bytes of a whole answer."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.lie = None
        self.values = {}
        self.gets = 0
        self.server = socket.create_server(("127.0.0.1", port))
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.server.accept()[0],), daemon=True).start()

    def serve(self, s):
        with s, contextlib.suppress(OSError, ValueError), s.makefile("rb") as f:
            while line := f.readline():
                s.sendall(self.answer(line, f))

    def get(self, key):
        self.gets += 1
        value = self.values.get(key)
        if value is None or self.lie is None:
            return key, value, None
        others = [k for k in self.values if k != key]
        return self.lie(key, value, others, self.values)

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class RedisPeer(Peer):
    def answer(self, line, f):
        words = []
        for _ in range(int(line[1:])):
            words.append(f.read(int(f.readline()[1:])))
            f.read(2)
        if words[0] == b"SET":
            self.values[words[1]] = words[2]
            return b"+OK\r\n"
        if words[0] == b"DEL":
            return b":%d\r\n" % (self.values.pop(words[1], None) is not None)
        assert words[0] == b"GET", words
        _, value, raw = self.get(words[1])
        return raw if raw is not None else b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


class MemcachedPeer(Peer):
    def answer(self, line, f):
        words = line.split()
        if words[0] == b"set":
            self.values[words[1]] = f.read(int(words[4]))
            f.read(2)
            return b"STORED\r\n"
        if words[0] == b"delete":
            return b"NOT_FOUND\r\n" if self.values.pop(words[1], None) is None else b"DELETED\r\n"
        if words[0] not in (b"get", b"gets"):
            return b"VERSION 1.6.18\r\n" if words[0] == b"version" else b""
        key, value, raw = self.get(words[1])
        return raw if raw is not None else b"END\r\n" if value is None else b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (
            key, len(value), value)


def changed(value, at):
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1:]


# What is answered in place of a value: (key, value, whole answer or None). All are of the protocol's form.
LIES = {
    "another key's": lambda key, value, others, values: (key, values[others[0]], None),
    "another key's, named": lambda key, value, others, values: (others[0], values[others[0]], None),
    "a bit of the body": lambda key, value, others, values: (key, changed(value, len(value) - 20), None),
    "a bit of the header": lambda key, value, others, values: (key, changed(value, 40), None),
    "its beginning": lambda key, value, others, values: (key, value[:len(value) // 2], None),
    "more than it": lambda key, value, others, values: (key, value + b"x", None),
    "nothing": lambda key, value, others, values: (key, b"", None),
    "zeroes": lambda key, value, others, values: (key, bytes(len(value)), None),
    "text": lambda key, value, others, values: (key, b'{"data":[],"pagination":{}}', None),
}

# And these are not.
GARBAGE = {
    "redis": [b"\x00\xff\xfe garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$99999999999999999999\r\n", b"$-7\r\nabc\r\n",
              b"$100\r\nshort\r\n", b"*1\r\n" * 100, b"*-5\r\n", b":notanumber\r\n", b"-ERR no\r\n", b"$", b"\r\n"],
    "memcached": [b"\x00\xff\xfe garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"VALUE\r\nEND\r\n",
                  b"VALUE k 0 99999999999999999999\r\nx\r\nEND\r\n", b"VALUE k 0 -5\r\nx\r\nEND\r\n",
                  b"VALUE k 0 100\r\nshort\r\nEND\r\n", b"VALUE k 0 1\r\nlonger\r\nEND\r\n", b"SERVER_ERROR out of memory\r\n",
                  b"CLIENT_ERROR no\r\n", b"ERROR\r\n", b"V", b"\r\n", b"STORED\r\n",
                  b"VALUE " + b"k" * 5000 + b" 0 1\r\nx\r\nEND\r\n"],
}


@contextlib.contextmanager
def instead_of(stack, part):
    """A peer gone wrong at the address of the real one."""
    stack.end(process_of(part), signal.SIGKILL)
    peer = {"redis": RedisPeer, "memcached": MemcachedPeer}[part](port_of(stack, part))
    try:
        eventually(lambda: load.health(stack)[part]["status"] == "ok", "the peer is taken for one", 15)
        caching.settle(stack)
        yield peer
    finally:
        peer.close()


def peers(**env):
    env["BREAKER_OPEN_MS"] = "100"
    return pytest.mark.parametrize("own_stack,part", [
        ({"responders": 2, "redis": True, "env": env}, "redis"),
        ({"responders": 2, "memcached": 1, "env": env}, "memcached"),
    ], indirect=["own_stack"], ids=["redis", "memcached"])


@peers(**PATIENT)
def test_wrong_values_are_never_served(own_stack, part):
    load.make_vessels(own_stack)
    paths = load.list_paths(range(10, 11), 100)
    pids = own_stack.responder_pids()
    with instead_of(own_stack, part) as peer:
        for what, lie in LIES.items():
            peer.lie = None
            for path in paths:
                ask(own_stack, path)
            forget_near(own_stack)
            assert {ask(own_stack, path) for path in paths} == {f"hit; tier={part}"}, "the peer works"
            forget_near(own_stack)
            peer.lie = lie
            bad, gets = load.answers(own_stack)["bad"], peer.gets
            assert {ask(own_stack, path) for path in paths} == {f"miss; tier={part}"}, what
            asked = len(paths) + 1  # and who asks
            assert peer.gets - gets == asked
            # To libmemcached an empty value and none are the same.
            counted = 0 if (what, part) == ("nothing", "memcached") else asked
            assert load.answers(own_stack)["bad"] - bad == counted, what
            forget_near(own_stack)
    assert own_stack.responder_pids() == pids


@peers()
def test_garbage_is_never_served(own_stack, part):
    load.make_vessels(own_stack)
    paths = load.list_paths(range(10, 11), 100)
    pids = own_stack.responder_pids()
    with instead_of(own_stack, part) as peer:
        for raw in GARBAGE[part]:
            peer.lie = None
            eventually(lambda: load.health(own_stack)[part]["status"] == "ok", "it is asked", 15)
            for path in paths:
                ask(own_stack, path)
            peer.lie = lambda key, value, others, values, raw=raw: (key, None, raw)
            gets = peer.gets
            for _ in range(3):
                forget_near(own_stack)
                assert "hit" not in {ask(own_stack, path).split(";")[0] for path in paths}, raw
            assert peer.gets > gets, raw
        peer.lie = None

        def hits():
            forget_near(own_stack)
            return {ask(own_stack, path) for path in paths} == {f"hit; tier={part}"}

        eventually(hits, "right answers are taken again", 15)
    assert own_stack.responder_pids() == pids
