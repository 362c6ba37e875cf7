# SPDX-License-Identifier: Apache-2.0
"""What tests of rate limits share: callers with addresses of their own, many requests at once, the limits' headers."""
import collections
import contextlib
import copy
import hashlib
import itertools
import os
import re
import secrets
import threading
import time

import fastcgi
from requests.adapters import HTTPAdapter

from stack import Session

MINUTE_LEFT_S = 5  # too few for a test to begin with

# Structured fields (RFC 9651): a list of strings, each with parameters that are integers.
ITEM = r'"[a-z]+"(?:;[a-z]+=(?:0|[1-9][0-9]*))+'
FIELD = re.compile(f"{ITEM}(?:, {ITEM})*")

numbers = itertools.count(1)


def new_address():
    """Another of this host's own addresses, which no test has used: a caller that nobody knows yet."""
    n = next(numbers)
    return f"127.1.{n // 250}.{n % 250 + 1}"


class FromAddress(HTTPAdapter):
    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):  # pylint: disable=arguments-differ
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def key_of(address):
    """The API key of the machine at that address: limits count keys, where there is one, and not addresses."""
    return "sdk_" + hashlib.sha256(address.encode()).hexdigest()[:8] + "_" + hashlib.sha256(address.encode()).hexdigest()[:43]


known = set()  # (stack's directory, address) whose key is in the database


def stranger(stack, address):
    """A session whose requests come from that address, and say nothing of who sends them."""
    session = Session(stack, None)
    session.mount("http://", FromAddress(address))
    return session


def caller(stack, address):
    """The same with a key of its own."""
    session = stranger(stack, address)
    session.headers["Authorization"] = f"Bearer {key_of(address)}"
    if (stack.dir, address) not in known:
        stack.psql("INSERT INTO api_keys (user_id, name, prefix, role, token_hash)"
                   " SELECT id, %s, %s, 'admin', %s FROM users WHERE username = 'admin' ON CONFLICT DO NOTHING",
                   (address, key_of(address)[:12], hashlib.blake2b(key_of(address).encode(), digest_size=32).digest()))
        known.add((stack.dir, address))
    return session


def in_one_minute(measure):
    """What measure() says when it began and ended in the same minute's window; it is called once more when it didn't."""
    while True:
        left = 60 - time.time() % 60
        if left < MINUTE_LEFT_S:
            time.sleep(left + 0.1)
        minute = time.time() // 60
        found = measure()
        if time.time() // 60 == minute:
            return found


def parse(field):
    """{"minute": {"q": 100, "w": 60}} of a header; every item of the list has the form that the draft asks for."""
    assert FIELD.fullmatch(field), field
    return {name: {key: int(value) for key, value in re.findall(r";([a-z]+)=([0-9]+)", parameters)}
            for name, parameters in re.findall(r'"([a-z]+)"((?:;[a-z]+=[0-9]+)+)', field)}


def over_http(stack, method="GET", path="/api/berths", address=None, **kwargs):
    """For flood(): each client gets a connection of its own."""
    address = address or new_address()

    def client():
        session = caller(stack, address)
        return lambda: session.request(method, path, **kwargs).status_code

    return client


def over_fastcgi(socket_path, address, method="GET", path="/api/berths"):
    """The same past nginx, which would give another address."""
    def client():
        return lambda: fastcgi.ask(socket_path, method, path, REMOTE_ADDR=address,
                                   HTTP_AUTHORIZATION=f"Bearer {key_of(address)}")[0]

    return client


class Flood:
    """Clients that ask as fast as they are answered, as often as they are told to."""

    def __init__(self, clients):
        self.statuses = collections.Counter()
        self.errors = []
        self.clients = clients

    def send(self, n):
        """So many requests by all clients together, and their answers waited for."""
        left = itertools.count()
        lock = threading.Lock()

        def work(ask):
            try:
                while next(left) < n:
                    status = ask()
                    with lock:
                        self.statuses[status] += 1
            except Exception as e:  # pylint: disable=broad-except
                self.errors.append(e)

        threads = [threading.Thread(target=work, args=(ask,)) for ask in self.clients]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return self

    @contextlib.contextmanager
    def sending(self, n):
        """The same while something else is done, which is done before they are waited for."""
        thread = threading.Thread(target=self.send, args=(n,))
        thread.start()
        try:
            yield self
        finally:
            thread.join()

    def allowed(self):
        """How many; all others were refused by the limit, and nothing worse became of any."""
        assert self.errors == []
        assert set(self.statuses) <= {200, 201, 429}, self.statuses
        return self.statuses[200] + self.statuses[201]


def flood(*makers, clients=8):
    """So many clients of each kind."""
    return Flood([make() for make in makers for _ in range(clients)])


@contextlib.contextmanager
def second_pool(stack, responders=4):
    """A pool on the same database and Redis that shares no memory with the stack's: another host, to limits. Yields the path
    of its socket."""
    other = copy.copy(stack)
    name = secrets.token_hex(4)
    other.processes = {}
    other.responders = responders
    other.run_dir = stack._make_dir(f"run-{name}")  # pylint: disable=protected-access
    other.log_dir = stack._make_dir(f"log-{name}")  # pylint: disable=protected-access
    other.pool_socket = os.path.join(other.run_dir, "fcgi.sock")
    other.env = {**stack.env, "SHM_NAME": f"/stevedores-test-{secrets.token_hex(6)}"}
    other.start_pool()
    try:
        yield other.pool_socket
    finally:
        other.stop_pool()
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/shm" + other.env["SHM_NAME"])
