# SPDX-License-Identifier: Apache-2.0
"""Passwords at a terminal: asked for twice, never shown, and the terminal is left as it was found."""
import contextlib
import errno
import os
import pty
import signal
import subprocess
import termios
import time

import pytest
from cli import Cli


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli("migrate")
    return cli


class Terminal:
    """stevedoresctl at a pseudo-terminal."""

    def __init__(self, cli, *args):
        self.master, self.slave = pty.openpty()
        self.seen = b""
        program = os.path.join(cli.stack.prefix, "bin/stevedoresctl")

        def own_terminal():
            os.setsid()
            os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first terminal that a session leader opens becomes its own

        self.process = subprocess.Popen([program, *args], env={**cli.stack.environment(), **cli.env}, stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave, preexec_fn=own_terminal)

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def wait_for(self, text):
        os.set_blocking(self.master, False)
        end = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            with contextlib.suppress(BlockingIOError):
                try:
                    self.seen += os.read(self.master, 4096)
                except OSError as e:
                    if e.errno != errno.EIO:
                        raise
            time.sleep(0.01)

    def answer(self, prompt, text):
        self.wait_for(prompt)
        end = time.monotonic() + 30
        while self.echoes():  # the prompt comes a moment before
            assert time.monotonic() < end
            time.sleep(0.01)
        os.write(self.master, text)

    def status(self):
        try:
            return self.process.wait(30)
        finally:
            with contextlib.suppress(BlockingIOError, OSError):
                self.seen += os.read(self.master, 65536)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def at_terminal(cli):
    opened = []

    def start(*args):
        opened.append(Terminal(cli, *args))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_asked_twice_and_never_shown(cli, at_terminal):
    terminal = at_terminal("user", "add", "ines", "--role", "clerk")
    terminal.answer(b"Password: ", b"correct horse\n")
    terminal.answer(b"Again: ", b"correct horse\n")
    assert terminal.status() == 0, terminal.seen
    assert terminal.echoes()
    assert b"correct horse" not in terminal.seen
    [[stored]] = cli.rows("SELECT password_hash FROM users WHERE username = 'ines'")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and "horse" not in stored


def test_two_that_differ(cli, at_terminal):
    terminal = at_terminal("user", "add", "ines", "--role", "clerk")
    terminal.answer(b"Password: ", b"correct horse\n")
    terminal.answer(b"Again: ", b"correct house\n")
    assert terminal.status() == 1
    assert b"not the same" in terminal.seen and terminal.echoes()
    assert cli.rows("SELECT count(*) FROM users") == [(0,)]


def test_an_interrupt_gives_the_echo_back(cli, at_terminal):
    terminal = at_terminal("user", "add", "ines", "--role", "clerk")
    terminal.answer(b"Password: ", b"corr\x03")  # Ctrl-C
    assert terminal.status() == -signal.SIGINT
    assert terminal.echoes()
    assert cli.rows("SELECT count(*) FROM users") == [(0,)]


def test_without_a_terminal_it_says_how(cli):
    assert "--password-stdin" in cli("user", "add", "ines", "--role", "clerk", stdin="correct horse\n", status=1).stderr


@pytest.mark.parametrize("password", ["", "nine char", "ééééééééé", "x" * 257, "ten chars\0!"])
def test_what_is_no_password(cli, password):
    cli("user", "add", "ines", "--role", "clerk", "--password-stdin", stdin=password + "\n", status=1)
    assert cli.rows("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize("password", ["éééééééééé", "ten charsx", "x" * 256, " spaces at both ends "])
def test_what_is_one(cli, password):
    cli("user", "add", "ines", "--role", "clerk", "--password-stdin", stdin=password + "\n")
    assert cli.rows("SELECT count(*) FROM users WHERE password_hash IS NOT NULL") == [(1,)]


def test_a_password_is_no_argument(cli):
    cli("user", "add", "ines", "--role", "clerk", "--password", "correct horse", status=64)
