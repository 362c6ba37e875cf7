# SPDX-License-Identifier: Apache-2.0
"""Who isn't let in any more stays out, also while the database is away and answers come from the caches: sessions that were
ended, and sessions and keys whose time is over."""
import datetime
import time

import pytest
from port import Api
from stack import PASSWORD, eventually

BLUR = 0.1  # seconds before and after an end in which nothing is asked of an answer
MAX_STALE = 1.0  # seconds; the default of CACHE_MAX_STALE_MS
PATHS = ("/api/me", "/api/dashboard")
AWAY = {"responders": 2, "env": {"CACHE_STALE_IF_ERROR": "60"}}
SHORT = {"responders": 2, "env": {"CACHE_STALE_IF_ERROR": "60", "CACHE_TTL_SESSION": "1"}}


def logged_in(stack, name):
    http = stack.session(None)
    assert http.post("/api/login", json={"username": name, "password": PASSWORD}).status_code == 200
    return http


def copy_of(http):
    """Somebody who has kept the cookie of the session, whatever the browser did with it."""
    thief = http.stack.session(None)
    thief.cookies.set("stevedores_plain", http.cookies["stevedores_plain"])
    return thief


def use(http, times=4):
    """Until each responder and each cache knows it."""
    for _ in range(times):
        for path in PATHS:
            assert http.get(path).status_code == 200


def log_out(stack, http):
    assert http.post("/api/logout").status_code == 204


def disable(stack, http):
    """By an admin, through the API: what the command line does, a host only learns within CACHE_MAX_STALE_MS."""
    admin = stack.session()
    user = http.get("/api/me").json()["data"]["id"]
    assert admin.patch(f"/api/users/{user}", json={"status": "disabled"}).status_code == 200


@pytest.mark.parametrize("end", [log_out, disable])
@pytest.mark.parametrize("own_stack", [AWAY, SHORT], ids=["default", "known for a second"], indirect=True)
def test_ended_and_then_the_database_goes(own_stack, end):
    """What was known of a session before its end isn't the last that is known. Another one is served all the while, and told
    what it is served."""
    ended, goes_on = logged_in(own_stack, "clerk"), logged_in(own_stack, "viewer")
    old = copy_of(ended)
    use(old)
    use(goes_on)
    end(own_stack, ended)
    assert [old.get(path).status_code for path in PATHS] == [401, 401]
    use(goes_on)
    own_stack.stop_postgres()

    def is_marked():
        told = [old.get(path).status_code for path in PATHS]
        assert set(told) <= {401, 503}, told
        answers = [goes_on.get(path) for path in PATHS]
        assert [answer.status_code for answer in answers] == [200, 200]
        return answers[1].headers.get("Warning", "").startswith("110")

    eventually(is_marked, "the dashboard is marked as stale", 10)
    # And from then on until all that was known only for a time is known no more.
    until = time.monotonic() + 2 * MAX_STALE
    while time.monotonic() < until:
        assert is_marked()
    # It is back: ended stays ended.
    own_stack.start_postgres()
    own_stack.wait_ready()
    eventually(lambda: old.get("/api/me").status_code == 401, "the database is asked again", 10)
    assert goes_on.get("/api/me").status_code == 200


def follow(stack, http, end, away):
    """Asks until well after the end (seconds since the epoch): served until then, out of the caches alone where the database
    is away; never after it."""
    use(http)
    assert time.time() < end, "the machine is too slow for this test"
    if away:
        stack.stop_postgres()
    served, refused = 0, 0
    while time.time() < end + 2 * MAX_STALE:
        for path in PATHS:
            asked = time.time()
            status = http.get(path).status_code
            answered = time.time()
            if answered < end - BLUR:
                assert status == 200, f"{path}: {status}, {end - answered:.3f} s before its end"
                served += 1
            elif asked > end + BLUR:
                assert status in ((401, 503) if away else (401,)), f"{path}: {status}, {asked - end:.3f} s after its end"
                refused += 1
    print(f"{served} answers before the end, {refused} refused after it")
    assert served > 0 and refused > 0


ENDS_IN = {False: 2, True: 4}  # seconds; stopping PostgreSQL takes its time


@pytest.mark.parametrize("away", [False, True], ids=["", "away"])
@pytest.mark.parametrize("own_stack", [AWAY], indirect=True)
def test_a_key_ends_in_time(own_stack, away):
    """In the caches, too, a key is known no longer than it lasts."""
    api = Api(own_stack)
    api.http = own_stack.session("admin")
    end = int(time.time()) + 1 + ENDS_IN[away]
    made = api.post("/api/me/keys", {"name": "short", "role": "viewer", "expires_at": datetime.datetime.fromtimestamp(
        end, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")})["data"]
    by_key = own_stack.session(None)
    by_key.headers["Authorization"] = f"Bearer {made['key']}"
    follow(own_stack, by_key, end, away)


@pytest.mark.parametrize("away", [False, True], ids=["", "away"])
@pytest.mark.parametrize("own_stack", [{**AWAY, "env": {**AWAY["env"], "SESSION_ABSOLUTE_S": "3600"}}], indirect=True)
def test_a_session_ends_in_time(own_stack, away):
    http = logged_in(own_stack, "clerk")
    # Nobody has used it yet, so no cache knows when it began before.
    end = float(own_stack.value(
        "UPDATE sessions SET created_at = now() - interval '1 hour' + %s * interval '1 second'"
        " RETURNING extract(epoch FROM created_at) + 3600", (ENDS_IN[away],)))
    follow(own_stack, http, end, away)
