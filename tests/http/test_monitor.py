# SPDX-License-Identifier: Apache-2.0
"""`stevedoresctl monitor`: lines, JSON and the full screen, out of shared memory alone."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from stack import Stack, eventually

HEADS = ["time", "req/s", "p50", "ms", "p95", "ms", "p99", "ms", "failed", "hit", "%", "db", "query", "MiB", "of", "%", "CPU", "%",
         "busy", "alerts"]


@pytest.fixture(scope="module")
def own():
    with Stack(responders=2, redis=True, env={"BREAKER_OPEN_MS": "60000"}) as stack:
        http = stack.session()
        for _ in range(100):
            assert http.get("/api/dashboard").status_code == 200
        eventually(lambda: (look(stack)["sample"] or {"requests": 0})["requests"] >= 100, "the agent has taken a sample of them", 20)
        yield stack


def look(stack):
    return json.loads(stack.ctl("monitor", "--json", "--count", "1").stdout)


class Screen:
    """The command on a terminal of its own, as wide and high as told."""

    def __init__(self, stack, *args, rows=40, columns=100):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.resize(rows, columns)
        self.seen = ""
        program = os.path.join(stack.prefix, "bin/stevedoresctl")
        self.process = subprocess.Popen([program, "monitor", *args], env=stack.environment(), stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=lambda: self._own(stack, slave))

    @staticmethod
    def _own(stack, slave):
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        if stack.user:
            os.setgroups([])
            os.setgid(stack.user.pw_gid)
            os.setuid(stack.user.pw_uid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536).decode()
        return self.seen

    def shows(self, text, patience=15):
        """Waits for a frame that has the text, and returns it."""
        def frame():
            frames = self.read().split("\033[H")
            return next((f for f in reversed(frames) if text in f and f.endswith("\033[J")), None)
        return eventually(frame, f"'{text}' is shown", patience)

    def press(self, key):
        os.write(self.master, key.encode())

    def ends(self):
        """Exit status; the terminal is as it was."""
        status = self.process.wait(10)
        assert self.read().endswith("\033[?25h\033[?1049l"), "the screen and the cursor are given back"
        assert termios.tcgetattr(self.slave) == self.before
        return status


def test_lines(own):
    before = time.monotonic()
    done = own.ctl("monitor", "--count", "2", "--interval", "1")
    assert 0.9 < time.monotonic() - before < 10
    heads, first, second = done.stdout.splitlines()
    assert heads.split() == HEADS
    for line in (first, second):
        fields = line.split()
        assert re.fullmatch(r"\d\d:\d\d:\d\d", fields[0]) and len(fields) == 14 and fields[-1] == "-"
        assert float(fields[1]) > 0 and fields[5] == "0" and fields[12] == "0/2"
        assert 0 < float(fields[2]) <= float(fields[3]) <= float(fields[4])
        assert float(fields[6]) > 50 and 1 <= int(fields[7]) <= 3 and 1 <= int(fields[9]) < 64
    assert first.split()[0] < second.split()[0]


def test_heads_are_repeated(own):
    lines = own.run("timeout", "-s", "INT", "3", os.path.join(own.prefix, "bin/stevedoresctl"), "monitor", "--lines", check=False)
    assert lines.stdout.splitlines()[0].split() == HEADS and len(lines.stdout.splitlines()) == 2, "an interval is 5 s"
    # A signal ends it as it should.
    assert lines.returncode == 124 and lines.stderr == ""


def test_json_is_what_the_api_has(own):
    mine = look(own)
    api = own.session().get("/api/operations").json()["data"]
    assert mine["pool"] is True and mine["agent"] is True and mine["responders"] == 2 and mine["alerts"] == []
    assert set(mine["sample"]) == set(api["now"])
    assert all(value is None or isinstance(value, (int, str)) for value in mine["sample"].values())
    if mine["sample"]["at"] == api["now"]["at"]:
        assert mine["sample"] == api["now"]


def test_it_asks_neither_pool_nor_database(own):
    asked = sum(m["requests"] for m in own.session().get("/api/operations").json()["data"]["pool"])
    with own.counting() as statements:
        look(own)
        own.ctl("monitor", "--count", "1")
        assert statements() == []
    assert sum(m["requests"] for m in own.session().get("/api/operations").json()["data"]["pool"]) == asked + 1
    own.wait_ready()


def test_full_screen(own):
    with Screen(own) as screen:
        frame = screen.shows("q ends this")
        assert screen.seen.startswith("\033[?1049h\033[?25l")
        for part in ("Stevedores Dashboard", own.shm_name, "requests", "p95", "% hits", "connections", "of the limit", "0/2 responders",
                     "last hour", "alerts", "none", "circuit breakers", "redis", "closed"):
            assert part in frame, part
        # Smaller, at once and not with the next look: fewer lines, cut where the screen ends.
        seen = len(screen.read())
        screen.resize(6, 30)

        def smaller():
            return next((f for f in screen.read()[seen:].split("\033[H") if f.endswith("\033[J") and f.count("\n") == 5), None)
        frame = eventually(smaller, "it is drawn anew", 3)
        lines = [re.sub(r"\033\[[0-9;]*[A-Za-z]|\r", "", line) for line in frame.split("\n")]
        assert max(map(len, lines)) == 30, lines
        screen.press("q")
        assert screen.ends() == 0


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_gives_the_terminal_back(own, sig):
    with Screen(own) as screen:
        screen.shows("q ends this")
        screen.process.send_signal(sig)
        assert screen.ends() == 0


def test_ctrl_c_gives_the_terminal_back(own):
    with Screen(own) as screen:
        screen.shows("q ends this")
        screen.press("\x03")
        assert screen.ends() == 0


def test_lines_on_a_terminal(own):
    with Screen(own, "--lines") as screen:
        eventually(lambda: "busy" in screen.read(), "a line is there", 10)
        assert "\033[?1049h" not in screen.seen


def test_the_agent_is_away(own):
    own.stop_agent(signal.SIGKILL)
    try:
        eventually(lambda: not look(own)["agent"], "it is missed", 15)
        assert look(own)["sample"] is None
        line = own.ctl("monitor", "--count", "1").stdout.splitlines()[1]
        assert "the agent is away for" in line and "0/2" in line
        assert line.split()[1:5] == ["-"] * 4, "what it sampled last is not of now"
        with Screen(own) as screen:
            screen.shows("the agent is away for")
    finally:
        own.start_agent()
    eventually(lambda: look(own)["agent"], "it is back", 15)


def test_alerts_and_breakers(own):
    own.end("redis", signal.SIGKILL)
    try:
        def raised():
            own.session().get(f"/api/vessels?q={os.urandom(6).hex()}")
            return look(own)["alerts"]
        [alert] = eventually(raised, "the alert is raised", 30)
        assert alert["name"] == "redis" and alert["level"] == "warning" and alert["value"] >= 1
        assert own.ctl("monitor", "--count", "1").stdout.rstrip().endswith("redis warning")
        with Screen(own) as screen:
            frame = screen.shows("Redis is away")
            assert re.search(r"redis +(open|half_open)", frame)
            screen.press("q")
            assert screen.ends() == 0
    finally:
        own.start_redis()


def test_a_pool_that_is_started_with_other_settings(own):
    with Screen(own, "--interval", "1") as screen:
        screen.shows("0/2 responders")
        own.stop_agent()
        own.stop_pool()
        screen.shows("0/0 responders")
        os.unlink("/dev/shm" + own.shm_name)
        screen.shows("is gone")
        own.start_pool()
        own.start_agent()
        screen.shows("0/2 responders")
        screen.press("q")
        assert screen.ends() == 0


def test_no_pool(own):
    program = os.path.join(own.prefix, "bin/stevedoresctl")
    done = own.run("env", "SHM_NAME=/stevedores-nobodys", program, "monitor", "--count", "1", check=False)
    assert done.returncode == 1 and "Start the pool" in done.stderr and done.stdout == ""


def test_calls_that_are_wrong(own):
    for wrong in (["more"], ["--interval", "0"], ["--interval", "1.5"], ["--count", "0"], ["--count", "-1"], ["--interval"], ["--once"]):
        assert own.ctl("monitor", *wrong, check=False).returncode == 64, wrong
