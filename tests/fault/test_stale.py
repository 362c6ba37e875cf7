# SPDX-License-Identifier: Apache-2.0
"""While the database is away, pages that were seen are answered from the last known entry, marked, for CACHE_STALE_IF_ERROR and
no longer; nothing else is answered, no write is taken, and when it is back everything is fresh at once."""
import time

import caching
import port
import pytest

from stack import eventually

MAX_STALE, STALE_IF_ERROR, POLL = 0.5, 3.0, 0.1
SETTINGS = {"CACHE_MAX_STALE_MS": "500", "CACHE_STALE_IF_ERROR": "3", "CACHE_POLL_MS": "100",
            "DATABASE_RECONNECT_MAX_MS": "300"}
LOCAL = {"responders": 2, "env": SETTINGS}
REDIS = {"responders": 2, "env": SETTINGS, "redis": True}
# A statement that hangs is given up after its timeout and a second.
HANGING = {"responders": 2, "env": {**SETTINGS, "CACHE_STALE_IF_ERROR": "12", "DATABASE_STATEMENT_TIMEOUT_MS": "200",
                                    "DATABASE_CONNECT_TIMEOUT_MS": "200"}}


def refused(response):
    assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0, response.text
    port.problem_fields(response)
    assert "Warning" not in response.headers


class Away:
    """A vessel of which a page was seen, and what it answers while the database is away."""

    def __init__(self, stack):
        self.stack = stack
        self.api = port.Api(stack)
        self.vessel = self.api.vessel("operations_active", notes="1")
        self.path = f"/api/vessels/{self.vessel['id']}"
        self.tallies = f"{self.path}/tallies"
        self.http = stack.session()
        self.refused_writes = []

    def see(self):
        """The page, fresh from the database: when it was asked for."""
        eventually(lambda: caching.source(self.http.get(self.path))[0] in ("hit", "near"), "the page is kept")
        began = time.monotonic()
        assert not caching.is_marked(self.http.get(self.path))
        return began

    def writes_are_refused(self):
        body = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 3}
        for method, path, members in (("POST", self.tallies, body), ("PATCH", self.path, {"notes": "9"})):
            refused(self.http.request(method, path, json=members))
        self.refused_writes.append(body["id"])

    def nothing_was_stored(self):
        assert self.refused_writes
        assert self.api.rows(self.vessel["id"]) == 0

    def ask_until_refused(self, seen, gone, stale_if_error):
        """`seen`: when the page was seen for the last time; `gone`: when the database had certainly gone. Returns how long
        after that the last marked answer was asked for."""
        last = first = None
        while True:
            began = time.monotonic()
            response = self.http.get(self.path)
            if response.status_code != 200:
                break
            assert caching.number(response) == 1
            if caching.is_marked(response):
                last = began
                first = first or began
            else:
                assert last is None, "once marked, always marked"
                assert began <= gone + MAX_STALE, "not marked although nobody can know"
            assert began <= gone + stale_if_error, "longer than it may be given"
            time.sleep(0.01)
        refused(response)
        assert last is not None
        # The last that was known was known MAX_STALE before the page was seen, at the latest.
        assert time.monotonic() >= seen - MAX_STALE + stale_if_error, "given up too early"
        print(f"marked from {first - gone:.2f} s to {last - gone:.2f} s after the database had gone")

    def until_fresh(self, number):
        """After the database's return and a write past the program: what isn't marked is right, and soon all is."""
        began = time.monotonic()
        marked, fresh = 0, 0
        while fresh < 20:
            asked = time.monotonic()
            response = self.http.get(self.path)
            if response.status_code == 200 and not caching.is_marked(response):
                is_new = caching.number(response) == number
                assert is_new or asked - began <= MAX_STALE, "old, and not marked"
                fresh = fresh + 1 if is_new else 0
            else:
                marked, fresh = marked + 1, 0
                assert asked - began < 5, response.text
                time.sleep(0.005)
        print(f"fresh {time.monotonic() - began:.2f} s after its return, {marked} marked or refused before")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            response = self.http.get(self.path)
            assert caching.number(response) == number and not caching.is_marked(response)
            time.sleep(0.02)


@pytest.mark.parametrize("own_stack", [LOCAL, REDIS], indirect=True, ids=["local", "redis"])
def test_stopped(own_stack):
    page = Away(own_stack)
    seen = page.see()
    own_stack.stop_postgres()
    gone = time.monotonic()
    for path in ("/api/dashboard", page.tallies, "/api/vessels", f"{page.path}?x=1"):
        response = page.http.get(path)
        if response.status_code != 400:
            refused(response)
    page.writes_are_refused()
    page.ask_until_refused(seen, gone, STALE_IF_ERROR)
    page.writes_are_refused()
    own_stack.start_postgres()
    own_stack.psql("UPDATE vessels SET notes = '2' WHERE id = %s", (page.vessel["id"],))
    page.until_fresh(2)
    page.nothing_was_stored()


@pytest.mark.parametrize("own_stack", [LOCAL, REDIS], indirect=True, ids=["local", "redis"])
def test_back_before_the_end(own_stack):
    """A marked answer is never kept as a fresh one, by whatever tier."""
    page = Away(own_stack)
    for number in range(2, 5):
        page.see()
        own_stack.stop_postgres()
        eventually(lambda: caching.is_marked(page.http.get(page.path)), "the answer is marked", 10)
        response = page.http.get(page.path, headers={"If-None-Match": page.http.get(page.path).headers["ETag"]})
        assert response.status_code == 304 and "Warning" in response.headers
        head = page.http.head(page.path)
        assert head.status_code == 200 and caching.is_marked(head) and head.content == b""
        own_stack.start_postgres()
        own_stack.psql("UPDATE vessels SET notes = %s WHERE id = %s", (str(number), page.vessel["id"]))
        page.until_fresh(number)
        caching.clear(own_stack)
        assert caching.number(page.http.get(page.path)) == number
    assert caching.counters(own_stack)["cache_answers_stale"] > 0


@pytest.mark.parametrize("own_stack", [{**LOCAL, "env": {**SETTINGS, "CACHE_MAX_STALE_MS": "3000", "CACHE_STALE_IF_ERROR": "30"}}],
                         indirect=True)
def test_what_was_given_for_want_of_better_is_not_kept(own_stack):
    """The host knows that there is something newer than what it has, and then can't fetch it. What it gives instead must not
    become the answer under the newer version."""
    page = Away(own_stack)
    page.see()
    own_stack.psql("UPDATE vessels SET notes = '2' WHERE id = %s", (page.vessel["id"],))
    time.sleep(3.5)  # by then the host knows, and what it has is too old to be given
    own_stack.stop_postgres()
    response = page.http.get(page.path)
    assert caching.number(response) == 1 and caching.is_marked(response)
    own_stack.start_postgres()
    page.until_fresh(2)


@pytest.mark.parametrize("own_stack", [HANGING], indirect=True)
def test_hung(own_stack):
    page = Away(own_stack)
    seen = page.see()
    own_stack.hang_postgres()
    gone = time.monotonic()
    try:
        page.ask_until_refused(seen, gone, 12.0)
        refused(page.http.get("/api/dashboard"))
        refused(page.http.patch(page.path, json={"notes": "9"}))
    finally:
        own_stack.wake_postgres()
    own_stack.psql("UPDATE vessels SET notes = '2' WHERE id = %s", (page.vessel["id"],))
    page.until_fresh(2)


@pytest.mark.parametrize("own_stack", [{**LOCAL, "env": {**SETTINGS, "CACHE_STALE_IF_ERROR": "20"}}], indirect=True)
def test_pool_restarted_meanwhile(own_stack):
    """The segment outlives the pool, and the agent."""
    page = Away(own_stack)
    page.see()
    own_stack.stop_postgres()
    gone = time.monotonic()
    own_stack.stop_agent()
    own_stack.restart_pool()
    eventually(lambda: caching.is_marked(page.http.get(page.path)), "the answer is marked", 10)
    own_stack.start_agent()
    refused(page.http.get("/api/vessels"))
    page.writes_are_refused()
    for _ in range(10):
        response = page.http.get(page.path)
        assert caching.number(response) == 1 and (caching.is_marked(response) or time.monotonic() < gone + MAX_STALE)
    own_stack.start_postgres()
    own_stack.psql("UPDATE vessels SET notes = '2' WHERE id = %s", (page.vessel["id"],))
    page.until_fresh(2)
    page.nothing_was_stored()


@pytest.mark.parametrize("own_stack", [{**LOCAL, "env": {**SETTINGS, "CACHE_STALE_IF_ERROR": "0"}}], indirect=True)
def test_not_wanted(own_stack):
    """CACHE_STALE_IF_ERROR=0: what is known to be current is given, and nothing else."""
    page = Away(own_stack)
    page.see()
    own_stack.stop_postgres()
    gone = time.monotonic()
    eventually(lambda: page.http.get(page.path).status_code == 503, "refused", 10)
    assert time.monotonic() - gone < 5
    refused(page.http.get(page.path))
