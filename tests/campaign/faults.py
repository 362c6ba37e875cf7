# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as a table. A fault is a generator: it does the harm up to its `yield` and undoes it after that. `parts` are
what it holds: two faults that share one don't overlap. How long it lasts is drawn from `seconds`."""
import collections
import contextlib
import os
import re
import signal
import socket
import struct
import time

import fastcgi
import psycopg2

from stack import children_of, eventually

Fault = collections.namedtuple("Fault", "name harm parts seconds root", defaults=((0.3, 1.0), False))

BACK_S = 60


def kill(pid, sig=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sig)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def responders(c):
    """Of the pool; waits for one to be there."""
    return eventually(c.stack.responder_pids, "there are responders")


def agent(c):
    return eventually(lambda: children_of(c.stack.processes["agent"].pid), "there is an agent")[0]


# --- processes ---------------------------------------------------------------------------------------------------------

def responder_killed(c, rng):
    kill(rng.choice(responders(c)))
    yield


def all_responders_killed(c, _):
    for pid in responders(c):
        kill(pid)
    yield


def responder_stopped(c, rng):
    pid = rng.choice(responders(c))
    kill(pid, signal.SIGSTOP)
    yield
    kill(pid, signal.SIGCONT)


def agent_killed(c, _):
    kill(agent(c))
    yield


def agent_stopped(c, _):
    pid = agent(c)
    kill(pid, signal.SIGSTOP)
    yield
    kill(pid, signal.SIGCONT)


def redis_killed(c, rng):
    """It comes back with its memory of a moment before, or with what was last saved."""
    if rng.random() < 0.5:
        c.stack.redis("SAVE")
    c.stack.end("redis", signal.SIGKILL)
    yield
    c.stack.start_redis()


def redis_stopped(c, _):
    c.stack.pause("redis")
    yield
    c.stack.resume("redis")


def memcached_killed(c, _):
    c.stack.end("memcached0", signal.SIGKILL)
    yield
    c.stack.start_memcached()


def memcached_stopped(c, _):
    c.stack.pause("memcached0")
    yield
    c.stack.resume("memcached0")


def kill_postgres(c):
    """The postmaster and all that are its, wherever they are."""
    postmaster = c.stack.processes["postgres"].pid
    kill(postmaster, signal.SIGSTOP)  # so that it starts nobody meanwhile
    own = children_of(postmaster)
    for pid in own:
        kill(pid)
    c.stack.stop_postgres(signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, own)), "its processes are gone")


def postgres_killed(c, _):
    kill_postgres(c)
    yield
    c.stack.start_postgres()


def ask(c, sql):
    """Of PostgreSQL, which may still be about to notice what was done to it before."""
    rows = []

    def answers():
        with contextlib.suppress(psycopg2.Error):
            rows.extend(c.stack.psql(sql))
            return True
        return False

    eventually(answers, "PostgreSQL is asked", BACK_S)
    return rows


def postgres_backend_killed(c, rng):
    """The postmaster takes all others down then, and recovers."""
    kill(rng.choice(ask(c, "SELECT pid FROM pg_stat_activity WHERE usename = 'stevedores' OR backend_type = 'checkpointer'"))[0])
    yield
    revive_postgres(c)


def postgres_connections_ended(c, _):
    ask(c, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stevedores'")
    yield


def postgres_stopped(c, _):
    c.stack.hang_postgres()
    yield
    c.stack.wake_postgres()


def revive_postgres(c):
    """Waits until it answers; starts it when it has given up."""
    def answers():
        if c.stack.processes["postgres"].poll() is not None:
            kill_postgres(c)
            c.stack.start_postgres()
        with contextlib.suppress(psycopg2.Error):
            c.stack.connect().close()
            return True
        return False

    c.stack._forget_admin()  # pylint: disable=protected-access
    eventually(answers, "PostgreSQL is back", BACK_S)


# --- connections -------------------------------------------------------------------------------------------------------

def link(name, mode, ms=None):
    """A fault of the proxy in front of a server; ms are drawn from."""
    def harm(c, rng):
        c.proxy.set(name, mode, rng.uniform(*ms) if ms else 0)
        yield
        c.proxy.set(name, "pass")

    return harm


# --- full disks, descriptors, shared memory, clock ----------------------------------------------------------------------

def fill(directory, leave=0):
    """Takes what is left of a small file system. The file to be removed."""
    path = os.path.join(directory, "ballast")
    with open(path, "wb", buffering=0) as f, contextlib.suppress(OSError):
        room = os.statvfs(directory)
        with contextlib.suppress(OSError):
            os.posix_fallocate(f.fileno(), 0, max(room.f_bavail * room.f_frsize - leave, 1))
        while not leave:
            f.seek(0, os.SEEK_END)
            f.write(b"\0" * 4096)
    return path


def database_disk_full(c, _):
    ballast = fill(c.stack.data_dir)
    yield
    os.unlink(ballast)
    revive_postgres(c)


def log_disk_full(c, _):
    ballast = fill(c.stack.log_dir)
    yield
    os.unlink(ballast)


def no_shared_memory(c, _):
    """All of the host's is taken and the segment gone when the pool starts anew."""
    own = [*responders(c), agent(c)]
    os.unlink("/dev/shm" + c.stack.shm_name)
    ballast = fill("/dev/shm")
    for pid in own:
        kill(pid)
    yield
    os.unlink(ballast)
    eventually(lambda: len(c.stack.responder_pids()) == c.stack.responders, "all responders run")
    # As an operator would, once there is memory again: who runs without the segment is started anew.
    for pid in [*responders(c), agent(c)]:
        kill(pid)
    eventually(lambda: os.path.exists("/dev/shm" + c.stack.shm_name), "there is a segment again")


def no_descriptors(choose):
    """A running process may open nothing more than it has. Set by its own user: others' limits take a right that root may lack."""
    def set_limit(c, pid, limit):
        return c.stack.run("prlimit", "--pid", str(pid), f"--nofile={limit}:", check=False).returncode == 0

    def harm(c, rng):
        def lower():
            pid = choose(c, rng)
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/limits", encoding="ascii") as f:
                    before = re.search(r"^Max open files +([0-9]+)", f.read(), re.M).group(1)
                if set_limit(c, pid, rng.randint(0, len(os.listdir(f"/proc/{pid}/fd")))):
                    return pid, before
            return None

        pid, before = eventually(lower, "a process has a lower limit")
        yield
        set_limit(c, pid, before)  # unless it has ended

    return harm


def clock_jumped(c, rng):
    """Forward or back, and stays there: the next one takes it elsewhere. Within what hosts' clocks may differ by (cache.c)."""
    c.set_clock(rng.choice([-1, 1]) * rng.choice([rng.uniform(0.1, 3), rng.uniform(3, 29)]))
    yield


# --- slow clients ------------------------------------------------------------------------------------------------------

def hold(connections, c):
    """Closes them at the end."""
    yield
    for s in connections:
        s.close()
    c.slow_clients += len(connections)


def to_web(c, text, receive=None):
    s = socket.socket()
    if receive:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    s.settimeout(5)
    s.connect(("127.0.0.1", c.stack.port))
    with contextlib.suppress(OSError):
        s.sendall(text.encode())
    return s


def slow_headers(c, rng):
    return hold([to_web(c, "GET /api/dashboard HTTP/1.1\r\nHost: x\r\nX-Slow: "[:rng.randint(1, 50)]) for _ in range(30)], c)


def slow_bodies(c, rng):
    head = (f"POST /api/vessels HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fastcgi.KEY}\r\nContent-Type: application/json\r\n"
            "Content-Length: 4000\r\n\r\n")
    return hold([to_web(c, head + '{"name": "'[:rng.randint(0, 10)]) for _ in range(30)], c)


def slow_readers(c, _):
    text = f"GET /api/vessels?per_page=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fastcgi.KEY}\r\n\r\n"
    return hold([to_web(c, text * 20, receive=2048) for _ in range(20)], c)


def silent_peers(c, rng):
    """Past the web server: half a request, or nothing, to each responder."""
    params = fastcgi.pairs(fastcgi.request_params("GET", "/api/dashboard"))
    whole = fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, params) + struct.pack(">BBHHBx", 1, fastcgi.PARAMS, 1, 0, 0)
    connections = []
    for _ in range(c.stack.responders):
        s = fastcgi.connect(c.stack.pool_socket)
        s.sendall(whole[:rng.randint(0, len(whole) - 1)])
        connections.append(s)
    return hold(connections, c)


POOL, DATABASE, AGENT = "pool", "database", "agent"

FAULTS = (
    Fault("responder killed", responder_killed, {POOL}, (0, 0.2)),
    Fault("all responders killed", all_responders_killed, {POOL}, (0, 0.3)),
    Fault("responder stopped", responder_stopped, {POOL}),
    Fault("agent killed", agent_killed, {AGENT}, (0, 0.3)),
    Fault("agent stopped", agent_stopped, {AGENT}),
    Fault("Redis killed", redis_killed, {"redis"}),
    Fault("Redis stopped", redis_stopped, {"redis"}),
    Fault("memcached killed", memcached_killed, {"memcached"}),
    Fault("memcached stopped", memcached_stopped, {"memcached"}),
    Fault("PostgreSQL killed", postgres_killed, {DATABASE}, (0, 0.5)),
    Fault("PostgreSQL backend killed", postgres_backend_killed, {DATABASE}, (0, 0.3)),
    Fault("PostgreSQL connections ended", postgres_connections_ended, {DATABASE}, (0, 0.3)),
    Fault("PostgreSQL stopped", postgres_stopped, {DATABASE}),
    Fault("Redis link dropped", link("redis", "drop"), {"redis"}),
    Fault("Redis link delayed", link("redis", "delay", (5, 200)), {"redis"}),
    Fault("Redis link cut", link("redis", "cut"), {"redis"}, (0, 0.5)),
    Fault("memcached link dropped", link("memcached", "drop"), {"memcached"}),
    Fault("memcached link delayed", link("memcached", "delay", (5, 200)), {"memcached"}),
    Fault("memcached link cut", link("memcached", "cut"), {"memcached"}, (0, 0.5)),
    Fault("PostgreSQL link dropped", link("postgres", "drop"), {DATABASE}),
    Fault("PostgreSQL link delayed", link("postgres", "delay", (5, 150)), {DATABASE}),
    Fault("PostgreSQL link cut", link("postgres", "cut"), {DATABASE}, (0, 0.5)),
    Fault("PostgreSQL replies lost", link("postgres", "mute"), {DATABASE}, (0.05, 0.5)),
    Fault("database's disk full", database_disk_full, {DATABASE}, root=True),
    Fault("log's disk full", log_disk_full, {"log"}, root=True),
    Fault("clock jumped", clock_jumped, {"clock"}, (0, 0.3)),
    Fault("responder without descriptors", no_descriptors(lambda c, rng: rng.choice(responders(c))), {POOL}),
    Fault("agent without descriptors", no_descriptors(lambda c, rng: agent(c)), {AGENT}),
    Fault("no shared memory", no_shared_memory, {POOL, AGENT, DATABASE}, root=True),
    Fault("slow headers", slow_headers, {"slow headers"}),
    Fault("slow bodies", slow_bodies, {"slow bodies"}),
    Fault("slow readers", slow_readers, {"slow readers"}),
    Fault("silent FastCGI peers", silent_peers, {"silent"}),
)


class Active:
    """A fault that is there until `until`."""

    def __init__(self, campaign, fault, seconds, rng):
        self.fault, self.began = fault, time.monotonic()
        self.steps = fault.harm(campaign, rng)
        next(self.steps)
        self.until = time.monotonic() + seconds
        self.healed = None

    def heal(self):
        with contextlib.suppress(StopIteration):
            next(self.steps)
        self.healed = time.monotonic()
