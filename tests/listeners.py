# SPDX-License-Identifier: Apache-2.0
"""Who listens to live events (GET /events), by EventSource or by WebSocket, over plain sockets: so that tests see what comes and
when, and can hold a thousand of them."""
import base64
import contextlib
import hashlib
import json
import os
import re
import select
import socket
import struct
import time

import fastcgi
from stack import children_of, eventually

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MOST = 1000  # that may listen on one host


class Closed(Exception):
    """The server has ended the connection."""


class Listener:
    """An EventSource. `status` and `headers` are the answer's; messages are there from then on."""

    asks = {"Accept": "text/event-stream"}

    def __init__(self, stack, cookie=None, headers=None, path="/events", bearer=None, patience=10):  # pylint: disable=too-many-arguments
        self.buffer = b""
        self.pings = 0
        self.socket = socket.create_connection(("127.0.0.1", stack.port), patience)
        lines = {"Host": f"127.0.0.1:{stack.port}", **self.asks, **(headers or {})}
        if cookie:
            lines["Cookie"] = "=".join(cookie)
        if bearer:
            lines["Authorization"] = f"Bearer {bearer}"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        answer = self._until(b"\r\n\r\n", time.monotonic() + patience)
        if answer is None:
            raise AssertionError("no answer")
        first, *rest = answer.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest) if name}

    def _fill(self, end):
        """False when nothing came until the end."""
        if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
            return False
        data = self.socket.recv(65536)
        if not data:
            raise Closed
        self.buffer += data
        return True

    def _take(self, n, end):
        while len(self.buffer) < n:
            if not self._fill(end):
                return None
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def _until(self, mark, end):
        while mark not in self.buffer:
            if not self._fill(end):
                return None
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def message(self, patience=5):
        """The next one, parsed; None when none comes in time."""
        end = time.monotonic() + patience
        while True:
            block = self._until(b"\n\n", end)
            if block is None:
                return None
            self.pings += block == b"event: ping"
            data = [line[6:] for line in block.decode().split("\n") if line.startswith("data: ")]
            if data:
                return json.loads("\n".join(data))

    def news(self, patience=5):
        """What has changed, of the next message that says so."""
        end = time.monotonic() + patience
        while True:
            message = self.message(end - time.monotonic())
            if message is None or "changed" in message:
                return message and message["changed"]

    def body(self, patience=5):
        return self._take(int(self.headers["content-length"]), time.monotonic() + patience)

    def ends(self, patience):
        """After how many seconds the server ends it; None: it doesn't."""
        began = time.monotonic()
        try:
            while time.monotonic() < began + patience:
                self.message(began + patience - time.monotonic())
        except (Closed, ConnectionError):
            return time.monotonic() - began
        return None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebListener(Listener):
    """A WebSocket."""

    def __init__(self, stack, cookie=None, headers=None, **kwargs):
        key = base64.b64encode(os.urandom(16)).decode()
        self.asks = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        super().__init__(stack, cookie, headers, **kwargs)
        if self.status == 101:
            digest = hashlib.sha1((key + MAGIC).encode()).digest()
            assert self.headers["sec-websocket-accept"] == base64.b64encode(digest).decode()

    def send(self, opcode, data=b""):
        mask = os.urandom(4)
        assert len(data) < 126
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(struct.pack("!BB", 0x80 | opcode, 0x80 | len(data)) + mask + masked)

    def _frame(self, end):
        head = self._take(2, end)
        if head is None:
            return None, None
        size = head[1]
        if size == 126:
            size = struct.unpack("!H", self._take(2, end))[0]
        return head[0] & 15, self._take(size, end)

    def message(self, patience=5):
        end = time.monotonic() + patience
        while True:
            opcode, data = self._frame(end)
            if opcode is None:
                return None
            if opcode == TEXT:
                return json.loads(data)
            if opcode == PING:
                self.pings += 1
                self.send(PONG, data)
            if opcode == CLOSE:
                raise Closed


def add_people(stack, n):
    """That many viewers with an API key each, which are returned."""
    keys = [f"sdk_{i:08d}_" + f"{i:043d}" for i in range(1, n + 1)]
    hashes = [hashlib.blake2b(key.encode(), digest_size=32).digest() for key in keys]
    stack.psql("WITH people AS (INSERT INTO users (username, display_name, role, password_hash)"
               " SELECT 'listener' || i, 'Listener', 'viewer', password_hash FROM users, generate_series(1, %s) AS i"
               " WHERE username = 'viewer' RETURNING id, substr(username, 9)::integer AS i)"
               " INSERT INTO api_keys (user_id, name, prefix, role, token_hash)"
               " SELECT id, 'listens', left(key, 12), 'viewer', hash FROM people"
               " JOIN unnest(%s::text[], %s::bytea[]) WITH ORDINALITY AS k (key, hash, i) USING (i)", (n, keys, hashes))
    return keys


def listening(stack):
    """How many nginx itself counts."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(stack.env["EVENTS_SOCKET"])
        s.sendall(b"GET /status HTTP/1.0\r\nHost: events\r\n\r\n")
        text = b""
        while chunk := s.recv(65536):
            text += chunk
    return int(text.split(b"\nsubscribers: ")[1].split()[0])


def nginx_pss_kib(stack):
    """Proportional memory of nginx and its workers."""
    pids = [stack.processes["nginx"].pid, *children_of(stack.processes["nginx"].pid)]
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += int(re.search(r"^Pss:\s+(\d+) kB", f.read(), re.M).group(1))
    return total


@contextlib.contextmanager
def crowd(stack, keys):
    """All that may listen do so, of both kinds, each key's person five times; the listeners."""
    with contextlib.ExitStack() as opened:
        held = [opened.enter_context((Listener, WebListener)[n % 2](stack, bearer=keys[n // 5])) for n in range(MOST)]
        assert {who.status for who in held} == {101, 200} and listening(stack) == MOST
        yield held
    eventually(lambda: listening(stack) == 0, "nobody listens")


def come_and_go(stack, keys, n, at_once=100):
    """That many connections of both kinds, `at_once` of them at a time, while now and then something is told."""
    for turn in range(n // at_once):
        some = [(Listener, WebListener)[i % 2](stack, bearer=keys[(turn * at_once + i) % len(keys)]) for i in range(at_once)]
        assert {who.status for who in some} == {101, 200}
        if turn % 10 == 0:
            stack.psql("UPDATE cache_versions SET version = version + 1 WHERE tag = 'berths'")
        for who in some:
            who.close()
        eventually(lambda: listening(stack) == 0, "nginx has noticed that they have gone")


def admin(stack, kind=Listener, **kwargs):
    return kind(stack, bearer=fastcgi.KEY, **kwargs)
