#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A running stack under mixed load and random faults, some of them at once; afterwards a checker goes through what its clients saw.

`campaign.py --faults N [--seed S]` prints the seed first, then what each kind of fault did, then each promise with a verdict. The
exit status is 0 only when all were kept. The same seed draws the same faults in the same order; their moments are the machine's.
As root everything runs in namespaces of its own, with small file systems to fill, and nothing of it is left afterwards; others go
without those faults. README.md says more."""
import argparse
import bisect
import collections
import contextlib
import json
import mmap
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import caching  # noqa: E402  pylint: disable=wrong-import-position
import checker  # noqa: E402  pylint: disable=wrong-import-position
import clients  # noqa: E402  pylint: disable=wrong-import-position
import faults  # noqa: E402  pylint: disable=wrong-import-position
import port  # noqa: E402  pylint: disable=wrong-import-position
import requests  # noqa: E402  pylint: disable=wrong-import-position
import stack as stacks  # noqa: E402  pylint: disable=wrong-import-position
from history import History  # noqa: E402  pylint: disable=wrong-import-position
from stack import eventually, free_port  # noqa: E402  pylint: disable=wrong-import-position

MAX_STALE, STALE_IF_ERROR = 0.5, 20.0
SETTINGS = {
    "CACHE_MAX_STALE_MS": "500", "CACHE_POLL_MS": "100", "CACHE_STALE_IF_ERROR": "20", "CACHE_LOCAL_MB": "4",
    "CACHE_TTL_DASHBOARD": "4", "CACHE_TTL_LIST": "4", "CACHE_TTL_ROW": "4",
    "BREAKER_FAILURES": "3", "BREAKER_OPEN_MS": "500", "DATABASE_RECONNECT_MAX_MS": "300",
    "DATABASE_STATEMENT_TIMEOUT_MS": "3000", "PEER_TIMEOUT_MS": "1000", "LOG_REQUESTS": "none",
}
RESPONDERS, WRITERS, READERS = 4, 3, 2
AT_ONCE = 2           # faults
GAP_S = (0.1, 0.7)    # between two
DATABASE_MB, LOG_MB, SHM_MB = 320, 192, 128  # file systems; the database's holds what a long campaign writes
FILES = "/mnt"        # what is under it for others isn't needed
QUIET_S = 45          # until all is as it was
HELD_UP_S = 2         # less than DATABASE_STATEMENT_TIMEOUT_MS
GROWTH_MIB = 12       # of pool and agent, most of it the cache, which fills
MANY_FILES = 40
SHOWN = 10            # violations of a kind


class Proxy:
    """proxy.py and the links through it."""

    def __init__(self, stack, links):
        self.control = os.path.join(stack.run_dir, "proxy.sock")
        stack.spawn("proxy", [sys.executable, os.path.join(HERE, "proxy.py"), self.control,
                              *(f"{name}={source}={target}" for name, (source, target) in links.items())])
        eventually(lambda: os.path.exists(self.control), "the proxy listens")

    def set(self, name, mode, ms=0):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.control)
            s.sendall(f"{name} {mode} {ms}\n".encode())
            assert s.recv(16) == b"ok\n"


class CampaignStack(stacks.Stack):
    """With a proxy in front of each server, a clock that can jump, and, for root, small disks."""

    def __init__(self, prefix):
        super().__init__(responders=RESPONDERS, redis=True, memcached=1, env=SETTINGS, prefix=prefix)
        self.small_disks = os.geteuid() == 0
        self.link_dir = self._make_dir("link")
        redis, memcached = free_port(), free_port()
        self.links = {"redis": (redis, self.redis_port), "memcached": (memcached, self.memcached_ports[0]),
                      "postgres": tuple(os.path.join(directory, ".s.PGSQL.5432") for directory in (self.link_dir, self.run_dir))}
        self.env.update(DATABASE_URL=self.conninfo.replace(self.run_dir, self.link_dir),
                        REDIS_URL=f"redis://127.0.0.1:{redis}", MEMCACHED_SERVERS=f"127.0.0.1:{memcached}")
        self.proxy = None
        self.clock_file = os.path.join(self.run_dir, "clock")
        self.clock_library = None
        with open(os.path.join(self.prefix, "sbin/stevedores-fcgi"), "rb") as f:
            self.sanitized = b"__asan_init" in f.read()
        with open(self.clock_file, "wb") as f:
            f.write(bytes(8))
        os.chmod(self.clock_file, 0o644)

    def build_clock(self):
        """Not with sanitizers, whose own library must be the first."""
        if self.sanitized:
            return
        library = os.path.join(self.run_dir, "clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, os.path.join(HERE, "clock.c")], check=True)
        self.clock_library = library

    def environment(self):
        env = super().environment()
        if self.clock_library:
            env.update(LD_PRELOAD=self.clock_library, CLOCK_SHIFT_FILE=self.clock_file)
        return env

    def init_postgres(self):
        self.run(stacks.postgres_bin("initdb"), "-D", self.data_dir, "-U", stacks.SUPERUSER, "-A", "trust", "-E", "UTF8",
                 "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1")
        self.write_postgres_settings()

    def write_postgres_settings(self):
        super().write_postgres_settings()
        with open(os.path.join(self.data_dir, "postgresql.auto.conf"), "a", encoding="ascii") as f:
            # A new segment often, so that a full disk is noticed there, too. Refused statements aren't news.
            f.write("min_wal_size = 2MB\nmax_wal_size = 16MB\ncheckpoint_timeout = 30s\nautovacuum = on\n"
                    "log_min_messages = fatal\nlog_min_error_statement = panic\nmax_connections = 90\n")

    def start_database(self):
        """By itself: a copy of others' would have large segments."""
        self.init_postgres()
        self.start_postgres()
        self.migrate()

    def start(self, postgres=True):
        self.build_clock()
        if self.small_disks:
            self.mount(self.data_dir, DATABASE_MB, 0o700)
            self.mount(self.log_dir, LOG_MB, 0o755)
        self.proxy = Proxy(self, self.links)
        return super().start(postgres)

    def mount(self, directory, megabytes, mode):
        os.makedirs(directory, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode={mode:o}", "tmpfs", directory], check=True)
        self._give_away(directory)

    def stop(self):
        self.end("proxy")
        super().stop()
        if self.small_disks:
            for directory in (self.data_dir, self.log_dir):
                subprocess.run(["umount", "--lazy", directory], stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["rm", "-rf", self.dir], check=False)


class Campaign:
    def __init__(self, stack, seed):
        self.stack, self.seed = stack, seed
        self.random = random.Random(seed)
        self.history = History()
        self.over = threading.Event()
        self.vessels, self.bases, self.versions = [], {}, {}
        self.active, self.done = [], []
        self.slow_clients = 0
        self.began = time.monotonic()
        with open(stack.clock_file, "r+b") as f:
            self.clock = mmap.mmap(f.fileno(), 8)

    @property
    def proxy(self):
        return self.stack.proxy

    def set_clock(self, seconds):
        self.clock[:] = struct.pack("=q", int(seconds * 1e9))

    # --- load ---

    def make_vessels(self):
        api = port.Api(self.stack)
        for _ in range(WRITERS):
            row = api.vessel("operations_active", notes="0", cargo_capacity={"van": 999999})
            self.vessels.append(row["id"])
            self.versions[row["id"]] = row["version"]
            self.bases.update({("notes", row["id"]): 0, ("loaded", row["id"]): 0})
        time.sleep(2 * MAX_STALE)

    def make_clients(self):
        """Their sequences are drawn after those of the faults' and don't change them."""
        rng = random.Random(self.seed + 1)
        return ([clients.Writer(f"writer-{self.seed}-{n}", self, random.Random(rng.random()), vessel)
                 for n, vessel in enumerate(self.vessels)]
                + [clients.Reader(f"reader {n}", self, random.Random(rng.random())) for n in range(READERS)])

    # --- faults ---

    def plan(self):
        """Faults without end: each kind once before any comes again. The moment is left to go()."""
        possible = [f for f in faults.FAULTS if (self.stack.small_disks or not f.root)
                    and (self.stack.clock_library or "clock" not in f.parts)]
        while True:
            for fault in self.random.sample(possible, len(possible)):
                yield fault, self.random.uniform(*fault.seconds), self.random.uniform(*GAP_S), random.Random(self.random.random())

    def heal_what_is_due(self, now):
        for one in list(self.active):
            if now >= one.until:
                self.active.remove(one)
                one.heal()
                self.done.append(one)

    def may_begin(self, fault):
        return len(self.active) < AT_ONCE and not any(fault.parts & one.fault.parts for one in self.active)

    def inject(self, number, seconds):
        end = time.monotonic() + seconds
        for fault, lasts, gap, rng in self.plan():
            while not self.may_begin(fault):
                time.sleep(0.01)
                self.heal_what_is_due(time.monotonic())
            if len(self.done) + len(self.active) >= number or time.monotonic() > end:
                break
            self.active.append(faults.Active(self, fault, lasts, rng))
            if (len(self.done) + len(self.active)) % 50 == 0:
                self.tell(f"{len(self.done) + len(self.active)} faults, {len(self.history.attempts)} requests")
            until = time.monotonic() + gap
            while time.monotonic() < until:
                self.heal_what_is_due(time.monotonic())
                time.sleep(0.01)
        self.heal_what_is_due(float("inf"))

    def tell(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def go(self, number, seconds):
        self.make_vessels()
        people = self.make_clients()
        for one in people:
            one.start()
        time.sleep(2)
        memory = self.memory()
        try:
            self.inject(number, seconds)
        finally:
            for one in self.active:  # when a fault itself failed
                with contextlib.suppress(Exception):
                    one.heal()
        self.set_clock(0)
        quiet = self.until_quiet()
        self.over.set()
        for one in people:
            one.join(clients.GIVE_UP_S + 2 * clients.TIMEOUT_S)
        return self.verdicts(number, people, memory, quiet)

    # --- afterwards ---

    def memory(self):
        return self.stack.pss_kib(with_agent=True) / 1024

    def is_quiet(self):
        with contextlib.suppress(requests.RequestException, OSError, AttributeError):
            report = self.stack.session().get("/health", timeout=10).json()
            states = {name: check["circuit_breaker_state"] for name, check in report["checks"].items()
                      if "circuit_breaker_state" in check}
            return report["status"] == "healthy" and states and set(states.values()) == {"closed"}
        return False

    def until_quiet(self):
        """How long it takes until all is healthy and every breaker closed; None: it doesn't come to that."""
        began = time.monotonic()
        while time.monotonic() < began + QUIET_S:
            if self.is_quiet():
                return time.monotonic() - began
            time.sleep(0.1)
        return None

    def every_place_answers(self):
        """So many requests as there are responders are held up in the database at the same time; each of them is answered then."""
        statuses = []

        def change(n):
            vessel = self.vessels[n % len(self.vessels)]
            statuses.append(self.stack.session().patch(f"/api/vessels/{vessel}", json={"notes": str(n)}).status_code)

        if len(self.stack.responder_pids()) != RESPONDERS:
            return f"{len(self.stack.responder_pids())} responders"
        lock = caching.locked(self.stack)
        threads = [threading.Thread(target=change, args=(n,)) for n in range(RESPONDERS)]
        for thread in threads:
            thread.start()
        held_up, end = 0, time.monotonic() + HELD_UP_S
        while held_up < RESPONDERS and time.monotonic() < end:
            held_up = max(held_up, caching.lock_waiters(self.stack))
            time.sleep(0.02)
        lock.close()
        for thread in threads:
            thread.join()
        return None if held_up == RESPONDERS and statuses == [200] * RESPONDERS else f"{held_up} at once, answers {statuses}"

    def check_history(self):
        faults.ask(self, "SELECT 1")
        stored = dict(self.stack.psql("SELECT id::text, count(*) FROM cargo_tallies GROUP BY 1"))
        stored.update(self.stack.psql("SELECT name, count(*) FROM vessels GROUP BY 1"))
        rows = self.stack.psql("SELECT v.id, notes::bigint, version, (SELECT coalesce(sum(count), 0)::bigint FROM cargo_tallies t"
                               " WHERE t.vessel_id = v.id AND tally_type = 'loaded') FROM vessels v WHERE id = ANY(%s)", (self.vessels,))
        last = {}
        for vessel, notes, _, loaded in rows:
            last.update({("notes", vessel): notes, ("loaded", vessel): loaded})
        changes = {vessel: version - self.versions[vessel] for vessel, _, version, _ in rows}
        return (checker.check_stored(self.history, stored) + checker.check_last(self.history, self.bases, last)
                + checker.check_changes(self.history, changes)
                + checker.check_reads(self.history, self.bases, MAX_STALE, STALE_IF_ERROR))

    def open_files(self):
        pids = self.stack.responder_pids() + faults.children_of(self.stack.processes["agent"].pid)
        return max(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)

    def verdicts(self, number, people, memory, quiet):
        """What was promised: None, or how it was broken."""
        violations = self.check_history()
        by_kind = collections.defaultdict(list)
        for violation in violations:
            by_kind[violation.kind].append(violation.text)
        checks = {kind: list_of(by_kind.get(kind)) for kind in
                  ("lost", "doubled", "stale", "own-write", "marked-too-old", "from-nowhere")}
        after, files, audit = self.memory(), self.open_files(), self.stack.ctl("db-audit", check=False)
        checks.update({
            "as many faults as wanted": None if len(self.done) >= number else f"{len(self.done)} of {number}",
            "clients went on": list_of([f"{one.name}: {one.failure!r}" for one in people if one.failure or one.is_alive()]),
            "no answer without a reason": list_of(self.history.surprises),
            "all healthy, breakers closed": None if quiet is not None else f"not within {QUIET_S} s",
            "every responder answers": self.every_place_answers(),
            # A sanitizer keeps freed memory back.
            "memory is flat": None if self.stack.sanitized or after - memory < GROWTH_MIB else f"{memory:.1f} MiB became {after:.1f}",
            "no open files left": None if files < MANY_FILES else f"{files} open files",
            "totals are right": None if audit.returncode == 0 else audit.stdout[-500:],
        })
        figures = {"requests": len(self.history.attempts), "reads": len(self.history.reads),
                   "marked_reads": sum(read.marked for read in self.history.reads), "writes": len(self.history.writes),
                   "acknowledged": sum(w.acked is not None for w in self.history.writes),
                   "sent_again": sum(w.attempts > 1 for w in self.history.writes), "slow_clients": self.slow_clients,
                   "quiet_after_s": quiet and round(quiet, 2), "memory_before_mib": round(memory, 1),
                   "memory_after_mib": round(after, 1), "seconds": round(time.monotonic() - self.began, 1)}
        return checks, figures, {kind: len(texts) for kind, texts in by_kind.items()}

    def by_fault(self):
        """Of each kind: how often, requests meanwhile, those that failed by status, and the longest wait for a write after it."""
        attempts = sorted(self.history.attempts, key=lambda a: a.ended)
        ends = [a.ended for a in attempts]
        writes = sorted(a.ended for a in attempts if a.kind == "write" and a.status in (200, 201))
        table = {}
        for one in self.done:
            row = table.setdefault(one.fault.name, {"times": 0, "requests": 0, "failed": collections.Counter(), "recovery_s": 0.0})
            during = attempts[bisect.bisect_left(ends, one.began):bisect.bisect_right(ends, one.healed)]
            row["times"] += 1
            row["requests"] += len(during)
            row["failed"].update(str(a.status) for a in during if not isinstance(a.status, int) or a.status >= 400)
            next_write = bisect.bisect_left(writes, one.healed)
            if next_write < len(writes):
                row["recovery_s"] = max(row["recovery_s"], writes[next_write] - one.healed)
        return table


def list_of(texts):
    return f"{len(texts)}: " + "\n    ".join(texts[:SHOWN]) if texts else None


def show(checks, figures, table):
    print(f"\n{'fault':30} {'times':>5} {'requests':>8} {'recovery':>9}  failed meanwhile")
    for name, row in sorted(table.items()):
        failed = ", ".join(f"{status}: {n}" for status, n in sorted(row["failed"].items()))
        print(f"{name:30} {row['times']:5} {row['requests']:8} {row['recovery_s']:7.2f} s  {failed or '-'}")
    print(f"\n{json.dumps(figures)}\n")
    for name, broken in checks.items():
        print(f"{'BROKEN' if broken else 'kept':6}  {name}{': ' + broken if broken else ''}")


def isolate():
    """As root: the same once more in namespaces of its own, so that mounts, processes and files end with it. sh is the first
    process there, which takes care of those that lose their parent."""
    mount = f"mount -t tmpfs -o size={SHM_MB}m,mode=1777 tmpfs /dev/shm && mount -t tmpfs -o mode=755 tmpfs {FILES}"
    os.environ["STEVEDORES_TEST_TMP"] = FILES
    os.execvp("setpriv", ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL",
                          "--mount-proc", "sh", "-c", f"{mount} && \"$@\"; exit $?", "campaign", sys.executable,
                          os.path.abspath(__file__), *sys.argv[1:], "--inside"])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=1000, metavar="N", help="so many (1000)")
    parser.add_argument("--seconds", type=float, default=1500, help="no more faults after that (1500)")
    parser.add_argument("--seed", type=int, help="repeats a campaign's choices")
    parser.add_argument("--prefix", default=os.environ.get("STEVEDORES_PREFIX"), help="an installation (STEVEDORES_PREFIX)")
    parser.add_argument("--report", metavar="FILE", help="all of it as JSON")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 32)
        sys.argv += ["--seed", str(args.seed)]
    return args


def main():
    args = arguments()
    if os.geteuid() == 0 and not args.inside:
        isolate()
    print(f"seed {args.seed}", flush=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with CampaignStack(args.prefix) as stack:
        campaign = Campaign(stack, args.seed)
        try:
            checks, figures, violations = campaign.go(args.faults, args.seconds)
        except BaseException:
            stack.report(sys.stderr)
            raise
        table = campaign.by_fault()
    show(checks, figures, table)
    if args.report:
        with open(args.report, "w", encoding="utf-8") as f:
            json.dump({"seed": args.seed, "figures": figures, "violations": violations, "checks": checks, "faults": table}, f, indent=1)
    sys.exit(0 if not any(checks.values()) else 1)


if __name__ == "__main__":
    main()
