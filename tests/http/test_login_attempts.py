# SPDX-License-Identifier: Apache-2.0
"""Logging in while somebody works against it: a password that changes meanwhile, what the time tells, and people who guess at
an account without pause."""
import hashlib
import itertools
import secrets
import threading

import fastcgi
import limits
import metrics
import pytest
from stack import PASSWORD, eventually

DEVICE = "stevedores_device_plain"


def login(http, username, password=PASSWORD):
    return http.post("/api/login", json={"username": username, "password": password})


def werkzeug(iterations, password=PASSWORD):
    """As a Flask application wrote them."""
    salt = secrets.token_hex(8)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations).hex()
    return f"pbkdf2:sha256:{iterations}${salt}${digest}"


def add(stack, name, password_hash=None, status="active"):
    """An account; with the hash of everybody's password unless another is given."""
    stack.psql("INSERT INTO users (username, display_name, role, status, password_hash)"
               " SELECT %s, %s, 'viewer', %s, coalesce(%s, password_hash) FROM users WHERE username = 'admin'",
               (name, name, status, password_hash))


def hash_of(stack, name):
    return stack.value("SELECT password_hash FROM users WHERE username = %s", (name,))


def in_hand(stack):
    """How many responders check a password now."""
    return metrics.read(stack)["stevedores_passwords_in_hand"][""]


# --- a password that changes meanwhile -----------------------------------------------------------------------------------


def by_sql(stack, name):
    stack.psql("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'other')"
               " WHERE username = %s", (name,))


def by_the_command_line(stack, name):
    stack.ctl("user", "passwd", name, "--password-stdin", stdin="another horse battery\n")


@pytest.mark.parametrize("change", [by_sql, by_the_command_line])
@pytest.mark.parametrize("own_stack", [{"responders": 3}], indirect=True)
def test_the_password_changes_while_the_old_one_is_checked(own_stack, change):
    """Checking it takes long, and it is to be hashed anew afterwards: neither may the old password open a session any more, nor
    its new hash take the place of the other password's."""
    own_stack.ctl("user", "add", "other", "--role", "viewer", "--password-stdin", stdin="another horse battery\n")
    add(own_stack, "slow", werkzeug(1_000_000))
    answers = []
    sender = threading.Thread(target=lambda: answers.append(login(own_stack.session(None), "slow")))
    sender.start()
    # Read, and being checked.
    eventually(lambda: own_stack.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores'"
                                       " AND state <> 'active' AND query LIKE '%password_hash%'") == 1
               and in_hand(own_stack) == 1, "the password is in hand", 10, 0.005)
    change(own_stack, "slow")
    changed = hash_of(own_stack, "slow")
    assert answers == [] and changed.startswith("$argon2id$"), "the machine is too fast for this test"
    sender.join()
    assert answers[0].status_code == 401 and "Set-Cookie" not in answers[0].headers
    assert answers[0].json()["type"] == "urn:stevedores:problem:bad-login"
    assert hash_of(own_stack, "slow") == changed
    assert own_stack.value("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"
                           " AND user_id = (SELECT id FROM users WHERE username = 'slow')") == 0
    assert login(own_stack.session(None), "slow").status_code == 401
    assert login(own_stack.session(None), "slow", "another horse battery").status_code == 200


# --- what the time tells -------------------------------------------------------------------------------------------------


def shortest(stack, names, rounds):
    """{name: the responder's own time for a wrong password, the shortest of so many, in µs}; the names take turns."""
    order = names * rounds
    seen = len(stack.logs())
    http = stack.session(None)
    for name in order:
        assert login(http, name, "wrong horse battery").status_code == 401

    def logged():
        lines = [line for line in stack.logs()[seen:] if line.get("path") == "/api/login"]
        return lines if len(lines) >= len(order) else None

    taken = {name: [] for name in names}
    for name, line in zip(order, eventually(logged, "all are logged")):
        taken[name].append(line["us"])
    return {name: min(times) for name, times in taken.items()}


@pytest.mark.alone
# What is slow is a warning, of which no more than 20 are written in 10 s.
@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"SLOW_REQUEST_MS": "60000"}}], indirect=True)
def test_time_tells_nothing_where_all_are_alike(own_stack):
    """Whether there is no such account, a disabled one, or one that nobody can log in to."""
    add(own_stack, "disabled", status="disabled")
    add(own_stack, "unusable", "x")
    found = shortest(own_stack, ["clerk", "disabled", "unusable", "nobody1", "nobody2", "nobody3"], 12)
    print(f"shortest of 12, µs: {found}")
    for name, taken in found.items():
        assert found["clerk"] / 2 < taken < found["clerk"] * 2, name


@pytest.mark.alone
@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"PASSWORD_MEMORY_KIB": "8192", "SLOW_REQUEST_MS": "60000"}}], indirect=True)
def test_time_tells_nothing_where_there_are_two_kinds(own_stack):
    """As long as there are accounts of a Flask application, a name that isn't there costs now what those cost, now what ours
    cost: neither tells whether there is an account."""
    kinds = own_stack.value("SELECT count(*) FROM users")
    for n in range(kinds):  # half of all
        add(own_stack, f"flask{n}", werkzeug(600_000))
    ours, theirs = (shortest(own_stack, [name], 4)[name] for name in ("clerk", "flask0"))
    assert theirs > ours * 4, f"{ours} and {theirs} µs: too much alike for this test"
    unknown = shortest(own_stack, [f"nobody-{secrets.token_hex(4)}" for _ in range(20)], 3)
    print(f"µs: ours {ours}, theirs {theirs}, unknown {sorted(unknown.values())}")
    middle = (ours * theirs) ** 0.5
    cheap = [name for name, taken in unknown.items() if ours / 3 < taken < middle]
    dear = [name for name, taken in unknown.items() if middle < taken < theirs * 3]
    assert cheap and dear and len(cheap) + len(dear) == 20
    # It is the name's cost, not the attempt's: asking again tells no more.
    again = shortest(own_stack, [cheap[0], dear[0]], 4)
    assert again[cheap[0]] < middle < again[dear[0]]


# --- people who guess ----------------------------------------------------------------------------------------------------


class Guessers:
    """Guess at an account from so many addresses, past the web server, each as soon as it is answered."""

    def __init__(self, stack, username, addresses=20, threads=4):
        self.stack, self.username = stack, username
        self.statuses, self.details, self.errors = set(), set(), []
        self._over = threading.Event()
        self._addresses = itertools.cycle([f"10.9.0.{n + 1}" for n in range(addresses)])
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def guess(self, address, cookie=""):
        body = b'{"username": "%s", "password": "wrong %s"}' % (self.username.encode(), secrets.token_hex(4).encode())
        status, _, answer = fastcgi.ask(self.stack.fcgi_socket, "POST", "/api/login", body, HTTP_AUTHORIZATION="",
                                        REMOTE_ADDR=address, HTTP_COOKIE=cookie)
        return status, answer.decode()

    def _run(self):
        try:
            while not self._over.is_set():
                with self._lock:
                    address = next(self._addresses)
                status, answer = self.guess(address)
                self.statuses.add(status)
                if status == 429:
                    self.details.add("for this account" in answer)
        except Exception as e:  # pylint: disable=broad-except
            self.errors.append(e)

    def await_limit(self):
        """Until all that the account's limit lets through are through."""
        eventually(lambda: True in self.details, "the account's limit is reached", 30)
        eventually(lambda: in_hand(self.stack) == 0, "the last guesses are checked", 10)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()


# By the hour: no minute begins anew in the midst of a test.
GUESSED_AT = {"responders": 6, "env": {"RATE_LIMIT": "on", "RATE_LIMIT_LOGIN": "10/hour", "RATE_LIMIT_ACCOUNT": "10/hour",
                                       "RATE_LIMIT_ADDRESS": "1000000/minute", "LOG_REQUESTS": "none",
                                       "DATABASE_CONNECT_TIMEOUT_MS": "10000"}}  # they leave the machine little time


def browser(stack, username):
    """One that has logged in, once, from an address of its own; and what it was given for the device."""
    http = limits.stranger(stack, limits.new_address())
    assert login(http, username).status_code == 200
    assert DEVICE in http.cookies, "no cookie for the device"
    return http


@pytest.mark.parametrize("own_stack", [GUESSED_AT], indirect=True)
def test_guessing_keeps_nobody_out_who_was_in(own_stack):
    """The account's limit is used up for an hour; the browser from which its owner logged in before has one of its own."""
    http = browser(own_stack, "clerk")
    with Guessers(own_stack, "clerk") as guessers:
        guessers.await_limit()
        stranger = limits.stranger(own_stack, limits.new_address())
        answer = login(stranger, "clerk")
        assert answer.status_code == 429, "this test must show more than a limit that isn't there"
        for _ in range(4):
            assert http.post("/api/logout").status_code == 204
            assert http.get("/api/me").status_code == 401 and DEVICE in http.cookies
            answer = login(http, "clerk")
            assert answer.status_code == 200, answer.text
            assert http.get("/api/me").status_code == 200
        # From another address as well: it is the browser that is known.
        moved = limits.stranger(own_stack, limits.new_address())
        moved.cookies.set(DEVICE, http.cookies[DEVICE])
        assert login(moved, "clerk").status_code == 200
        assert login(limits.stranger(own_stack, limits.new_address()), "clerk").status_code == 429, "they still guess"
    assert guessers.errors == [] and guessers.statuses <= {401, 429, 503}, (guessers.statuses, guessers.errors)


@pytest.mark.parametrize("own_stack", [GUESSED_AT], indirect=True)
def test_a_device_that_guesses_is_limited_too(own_stack):
    """With the cookie of a device that is known, from ever new addresses."""
    http = browser(own_stack, "clerk")
    statuses = []
    for n in range(40):
        thief = limits.stranger(own_stack, limits.new_address())
        thief.cookies.set(DEVICE, http.cookies[DEVICE])
        statuses.append(login(thief, "clerk", f"wrong {n}").status_code)
    # Its own ten and, where they are used up, the account's.
    assert set(statuses) == {401, 429} and statuses.count(401) <= 20, statuses
    assert set(statuses[-10:]) == {429}


@pytest.mark.parametrize("own_stack", [GUESSED_AT], indirect=True)
def test_made_up_devices_help_nobody(own_stack):
    """Neither one that nobody made, nor one of another account, nor one of another server."""
    other = browser(own_stack, "viewer").cookies[DEVICE]
    own = browser(own_stack, "clerk").cookies[DEVICE]
    middle = len(own) // 2
    changed = own[:middle] + ("A" if own[middle] != "A" else "B") + own[middle + 1:]
    with Guessers(own_stack, "clerk") as guessers:
        guessers.await_limit()
        made_up = ["", "x", "A" * 43, "A" * len(own), secrets.token_urlsafe(32), own[:-2], own + "A", changed,
                   own.swapcase(), other, "A" * 3000, "' OR 1=1", "clerk." + secrets.token_urlsafe(32)]
        for n, value in enumerate(made_up):
            status, answer = guessers.guess(f"10.8.0.{n + 1}", f"{DEVICE}={value}")
            assert status == 429 and "for this account" in answer, (value, status, answer)
    assert guessers.errors == []


@pytest.mark.parametrize("own_stack", [GUESSED_AT], indirect=True)
def test_the_cookie_of_the_device(own_stack):
    http = limits.stranger(own_stack, limits.new_address())
    answer = login(http, "clerk")
    [line] = [c for c in answer.raw.headers.getlist("Set-Cookie") if c.startswith(f"{DEVICE}=")]
    attributes = line.split("; ")[1:]
    assert {"Path=/api/login", "HttpOnly"} <= set(attributes) and "Secure" not in attributes
    assert any(a in ("SameSite=Lax", "SameSite=Strict") for a in attributes)
    assert not any(a.startswith("Domain") for a in attributes)
    [age] = [int(a[len("Max-Age="):]) for a in attributes if a.startswith("Max-Age=")]
    assert age >= 604800, "it outlives the session, or it is of no use to whoever comes back"
    # By itself it opens nothing.
    alone = own_stack.session(None)
    alone.cookies.set(DEVICE, http.cookies[DEVICE])
    assert alone.get("/api/me").status_code == 401
    alone.cookies.set("stevedores_plain", http.cookies[DEVICE])
    assert alone.get("/api/me").status_code == 401
    assert login(alone, "clerk", "wrong horse battery").status_code == 401
    # A failed login makes no device known.
    failed = login(limits.stranger(own_stack, limits.new_address()), "clerk", "wrong horse battery")
    assert failed.status_code == 401 and "Set-Cookie" not in failed.headers
    # Over TLS under the name that browsers guard.
    body = b'{"username": "clerk", "password": "%s"}' % PASSWORD.encode()
    status, headers, _ = fastcgi.ask(own_stack.fcgi_socket, "POST", "/api/login", body, HTTP_AUTHORIZATION="",
                                     REQUEST_SCHEME="https", REMOTE_ADDR="10.7.0.1")
    assert status == 200
    [line] = [c for c in headers.get_all("Set-Cookie") if c.startswith("__Secure-stevedores_device=")]
    assert {"Path=/api/login", "HttpOnly", "Secure"} <= set(line.split("; ")[1:])
    assert not any(c.startswith(f"{DEVICE}=") for c in headers.get_all("Set-Cookie"))
