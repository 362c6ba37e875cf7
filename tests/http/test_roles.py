# SPDX-License-Identifier: Apache-2.0
"""Who may do what: every route of the program, asked as every role and as nobody. The table here is written down a second
time on purpose: whoever changes the program's has to say so here as well."""
import json
import uuid

import delivery
import labour
import pytest
from port import Api, new_id
from stack import PASSWORD, ROLES

ANYBODY = "anybody"
LEAST = {
    ("GET", "/health"): ANYBODY, ("GET", "/health/quick"): ANYBODY, ("GET", "/health/live"): ANYBODY,
    ("GET", "/health/ready"): ANYBODY,
    ("GET", "/metrics"): ANYBODY, ("POST", "/api/csp-reports"): ANYBODY, ("GET", "/api/openapi.json"): "viewer",
    ("GET", "/events"): "viewer",
    ("POST", "/api/login"): ANYBODY, ("POST", "/api/logout"): "viewer", ("GET", "/api/me"): "viewer",
    ("POST", "/api/me/password"): "viewer", ("GET", "/api/me/sessions"): "viewer",
    ("DELETE", "/api/me/sessions"): "viewer", ("DELETE", "/api/me/sessions/{id}"): "viewer",
    ("GET", "/api/me/keys"): "viewer", ("POST", "/api/me/keys"): "viewer", ("DELETE", "/api/me/keys/{id}"): "viewer",
    ("GET", "/api/users"): "admin", ("POST", "/api/users"): "admin", ("GET", "/api/users/{id}"): "admin",
    ("PATCH", "/api/users/{id}"): "admin", ("POST", "/api/users/{id}/password"): "admin", ("GET", "/api/audit"): "admin",
    ("GET", "/api/operations"): "admin", ("GET", "/api/sessions"): "admin", ("DELETE", "/api/sessions/{id}"): "admin",
    ("GET", "/api/keys"): "admin", ("DELETE", "/api/keys/{id}"): "admin",
    ("GET", "/api/dashboard"): "viewer", ("GET", "/api/meta"): "viewer", ("GET", "/api/berths"): "viewer",
    ("POST", "/api/berths"): "manager", ("GET", "/api/berths/{name}"): "viewer", ("PATCH", "/api/berths/{name}"): "manager",
    ("DELETE", "/api/berths/{name}"): "manager",
    ("GET", "/api/vessels/summary"): "viewer", ("GET", "/api/vessels"): "viewer", ("POST", "/api/vessels"): "supervisor",
    ("GET", "/api/vessels/{id}"): "viewer", ("PATCH", "/api/vessels/{id}"): "supervisor",
    ("GET", "/api/vessels/{id}/tallies"): "viewer", ("POST", "/api/vessels/{id}/tallies"): "clerk",
    ("GET", "/api/tallies"): "viewer", ("POST", "/api/tallies/{id}/void"): "clerk",
    ("GET", "/api/vessels/{id}/report"): "viewer",
    ("GET", "/api/vessels/{id}/cargo-tally"): "viewer", ("POST", "/api/vessels/{id}/cargo-tally"): "clerk",
}
LEAST.update(labour.LEAST)
LEAST.update(delivery.LEAST)
# What each route counts against.
RATES = {
    "exempt": [("GET", "/health"), ("GET", "/health/quick"), ("GET", "/health/live"), ("GET", "/health/ready"),
               ("GET", "/metrics")],
    "report": [("POST", "/api/csp-reports")],
    "login": [("POST", "/api/login"), ("POST", "/api/me/password")],
    "read": [
        ("GET", "/events"),
        ("GET", "/api/openapi.json"), ("GET", "/api/me"), ("GET", "/api/me/sessions"), ("GET", "/api/me/keys"), ("GET", "/api/users"),
        ("GET", "/api/users/{id}"), ("GET", "/api/audit"), ("GET", "/api/dashboard"), ("GET", "/api/meta"),
        ("GET", "/api/operations"), ("GET", "/api/sessions"), ("GET", "/api/keys"),
        ("GET", "/api/berths"), ("GET", "/api/berths/{name}"), ("GET", "/api/vessels/summary"), ("GET", "/api/vessels"), ("GET", "/api/vessels/{id}"),
        ("GET", "/api/vessels/{id}/tallies"), ("GET", "/api/tallies"), ("GET", "/api/vessels/{id}/cargo-tally"), ("GET", "/api/vessels/{id}/report")],
    "write": [
        ("POST", "/api/logout"), ("DELETE", "/api/me/sessions"), ("DELETE", "/api/me/sessions/{id}"),
        ("POST", "/api/me/keys"), ("DELETE", "/api/me/keys/{id}"), ("POST", "/api/users"), ("PATCH", "/api/users/{id}"),
        ("POST", "/api/users/{id}/password"), ("DELETE", "/api/sessions/{id}"), ("DELETE", "/api/keys/{id}"), ("POST", "/api/berths"),
        ("PATCH", "/api/berths/{name}"), ("DELETE", "/api/berths/{name}"), ("POST", "/api/vessels"), ("PATCH", "/api/vessels/{id}"),
        ("POST", "/api/vessels/{id}/tallies"), ("POST", "/api/tallies/{id}/void"), ("POST", "/api/vessels/{id}/cargo-tally")],
}
for board in (labour.LEAST, delivery.LEAST):
    RATES["read"] += [route for route in board if route[0] == "GET"]
    RATES["write"] += [route for route in board if route[0] != "GET"]


def rank(role):
    return -1 if role in (None, ANYBODY) else ROLES.index(role)


def test_the_table_is_the_programs(stack):
    told = json.loads(stack.ctl("routes", "--json").stdout)
    assert {(r["method"], r["path"]): r["role"] for r in told} == LEAST
    assert {(r["method"], r["path"]): r["rate"] for r in told} == {route: rate for rate, of in RATES.items() for route in of}
    assert len(told) == len(LEAST)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route(stack, role):
    """Whoever is let in gets as far as the body, which is empty, or to an id that is nobody's. Sessions and keys alike."""
    http = stack.session(None)
    if role:
        assert http.post("/api/login", json={"username": role, "password": PASSWORD}).status_code == 200
        key = http.post("/api/me/keys", json={"name": "roles", "role": role}).json()["data"]["key"]
    for (method, route), least in LEAST.items():
        if route in ("/api/logout", "/api/csp-reports"):  # the latter takes no JSON of ours
            continue
        path = route.replace("{id}", "999999999" if "tallies/{id}" not in route else str(uuid.uuid4()))
        ways = [(http, {})]
        if role:
            ways.append((stack.session(None), {"Authorization": f"Bearer {key}"}))
        for asker, headers in ways:
            answer = asker.request(method, path, json={} if method in ("POST", "PATCH") else None, headers=headers)
            said = f"{method} {path} as {role}: {answer.status_code} {answer.text[:200]}"
            if rank(role) < rank(least):
                want = "unauthenticated" if role is None else "denied"
                assert answer.status_code == (401 if role is None else 403), said
                assert answer.json()["type"] == f"urn:stevedores:problem:{want}", said
            elif not headers or "/me/" not in route:  # some of one's own takes a session
                assert answer.status_code in (200, 204, 400, 404), said
    stack.forget_logins()  # DELETE /api/me/sessions was among them
    # An unknown address is unknown to everybody, and its existence no secret.
    assert http.get("/api/nothing").status_code == 404


@pytest.fixture
def vessel(api):
    return api.vessel("operations_active")


def as_role(stack, role):
    api = Api(stack)
    api.http = stack.session(role)
    return api


def test_a_clerk_voids_own_tallies_of_the_shift(api, vessel):
    clerk, supervisor = as_role(api.stack, "clerk"), as_role(api.stack, "supervisor")
    own, others = clerk.tally(vessel["id"]), supervisor.tally(vessel["id"])
    assert own["tallied_by"] == "clerk"
    clerk.void(own["id"])
    answer = clerk.send("POST", f"/api/tallies/{others['id']}/void", {"id": new_id()}, 403)
    assert "supervisor" in answer.json()["detail"]
    supervisor.void(others["id"])
    # One of an earlier shift: shifts are at most eight hours long here.
    old = clerk.post(f"/api/vessels/{vessel['id']}/tallies", {
        "id": new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 1,
        "tallied_at": api.stack.value("SELECT to_char(now() - interval '9 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")})["data"]
    clerk.send("POST", f"/api/tallies/{old['id']}/void", {"id": new_id()}, 403)
    supervisor.void(old["id"])
    # Another clerk's.
    api.stack.psql("INSERT INTO users (username, display_name, role, password_hash)"
                   " SELECT 'clerk2', 'Clerk 2', 'clerk', password_hash FROM users WHERE username = 'clerk'"
                   " ON CONFLICT DO NOTHING")
    second = Api(api.stack)
    second.http = api.stack.session(None)
    assert second.http.post("/api/login", json={"username": "clerk2", "password": PASSWORD}).status_code == 200
    own = clerk.tally(vessel["id"])
    second.send("POST", f"/api/tallies/{own['id']}/void", {"id": new_id()}, 403)
    void = {"id": new_id()}
    for _ in range(2):  # the lost answer of a void is asked for again
        assert clerk.http.post(f"/api/tallies/{own['id']}/void", json=void).status_code in (200, 201)


def test_a_tally_dated_ahead_is_of_the_shift_that_recorded_it(api, vessel):
    """A tablet's clock may be a day off. Recorded nine hours ago, in an earlier shift, and dated 20 hours after that."""
    clerk, supervisor = as_role(api.stack, "clerk"), as_role(api.stack, "supervisor")
    recorded = new_id()
    api.stack.psql("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at, recorded_at, tallied_by,"
                   " user_id) SELECT %s, %s, 'loaded', 'van', 1, now() + interval '11 hours', now() - interval '9 hours',"
                   " username, id FROM users WHERE username = 'clerk'", (recorded, vessel["id"]))
    clerk.send("POST", f"/api/tallies/{recorded}/void", {"id": new_id()}, 403)
    supervisor.void(recorded)
    # As far ahead, but recorded now: the clerk's to void.
    ahead = api.stack.value("SELECT to_char(now() + interval '20 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    clerk.void(clerk.tally(vessel["id"], tallied_at=ahead)["id"])


@pytest.mark.parametrize("at, zone, began", [
    ("2026-03-01 05:59:59+00", "UTC", "2026-02-28 22:00:00+00"), ("2026-03-01 06:00:00+00", "UTC", "2026-03-01 06:00:00+00"),
    ("2026-03-01 21:59:59+00", "UTC", "2026-03-01 14:00:00+00"), ("2026-03-01 23:00:00+00", "UTC", "2026-03-01 22:00:00+00"),
    ("2026-07-01 04:30:00+00", "Europe/Berlin", "2026-07-01 04:00:00+00"),
    ("2026-03-29 01:30:00+00", "Europe/Berlin", "2026-03-28 21:00:00+00"),  # the clock goes forward in that night
])
def test_when_the_shift_began(stack, at, zone, began):
    assert stack.value("SELECT shift_began(%s, %s, '{06:00,14:00,22:00}') = %s::timestamptz", (at, zone, began))


def test_a_key_is_no_more_than_its_owner(api):
    stack = api.stack
    stack.psql("INSERT INTO users (username, display_name, role, password_hash)"
               " SELECT 'machinist', 'Machinist', 'supervisor', password_hash FROM users WHERE username = 'clerk'")
    http = stack.session(None)
    assert http.post("/api/login", json={"username": "machinist", "password": PASSWORD}).status_code == 200
    answer = http.post("/api/me/keys", json={"name": "too much", "role": "admin"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "role"
    made = http.post("/api/me/keys", json={"name": "crane 4", "role": "supervisor"}).json()["data"]
    assert made["key"].startswith(made["prefix"] + "_") and made["last_used_at"] is None
    by_key = stack.session(None)
    by_key.headers["Authorization"] = f"Bearer {made['key']}"
    assert by_key.get("/api/me").json()["data"]["session_id"] is None
    assert by_key.post("/api/vessels", json={"name": "MV Crane", "vessel_type": "roro"}).status_code == 201
    [listed] = http.get("/api/me/keys").json()["data"]
    assert listed["id"] == made["id"] and listed["last_used_at"] and "key" not in listed
    assert made["key"] not in json.dumps(http.get("/api/me/keys").json())
    # A key makes no keys, ends no sessions, changes no password.
    for method, path, body in (("POST", "/api/me/keys", {"name": "more", "role": "viewer"}),
                               ("DELETE", "/api/me/sessions", None), ("DELETE", f"/api/me/keys/{made['id']}", None),
                               ("POST", "/api/me/password", {"current": PASSWORD, "password": PASSWORD})):
        assert by_key.request(method, path, json=body).status_code == 403, path
    # The owner is made less: so is the key.
    stack.psql("UPDATE users SET role = 'viewer' WHERE username = 'machinist'")
    stack.ctl("cache", "clear")
    assert by_key.post("/api/vessels", json={}).status_code == 403 and by_key.get("/api/dashboard").status_code == 200
    # Revoked, at once.
    http = stack.session(None)
    http.post("/api/login", json={"username": "machinist", "password": PASSWORD})
    assert http.delete(f"/api/me/keys/{made['id']}").status_code == 204
    assert by_key.get("/api/me").status_code == 401
    assert http.get("/api/me/keys").json()["data"] == []


def test_a_key_of_a_disabled_owner(api):
    """Disabled by an admin on this host: the key, which was used and so is in the caches, ends with the account at once."""
    stack = api.stack
    api.http = stack.session("admin")
    owner = api.post("/api/users", {"username": f"u{uuid.uuid4().hex[:10]}", "display_name": "Owner", "role": "clerk",
                                    "password": PASSWORD})["data"]
    http = stack.session(None)
    assert http.post("/api/login", json={"username": owner["username"], "password": PASSWORD}).status_code == 200
    made = http.post("/api/me/keys", json={"name": "scale", "role": "clerk"}).json()["data"]
    by_key = stack.session(None)
    by_key.headers["Authorization"] = f"Bearer {made['key']}"
    for _ in range(2):
        assert by_key.get("/api/me").json()["data"]["username"] == owner["username"]
    api.send("PATCH", f"/api/users/{owner['id']}", {"status": "disabled"}, 200)
    for path in ("/api/me", "/api/dashboard"):
        answer = by_key.get(path)
        assert answer.status_code == 401 and answer.json()["type"] == "urn:stevedores:problem:unauthenticated"


def test_a_key_that_has_expired(api):
    api.http = api.stack.session("admin")
    made = api.post("/api/me/keys", {"name": "for a day", "role": "viewer", "expires_at": "2030-01-01T00:00:00Z"})["data"]
    by_key = api.stack.session(None)
    by_key.headers["Authorization"] = f"Bearer {made['key']}"
    assert by_key.get("/api/me").status_code == 200
    api.stack.psql("UPDATE api_keys SET created_at = now() - interval '1 day', expires_at = now() - interval '1 second'"
                   " WHERE id = %s", (made["id"],))
    api.stack.ctl("cache", "clear")
    assert by_key.get("/api/me").status_code == 401


@pytest.mark.parametrize("ends", ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z", None])
def test_a_key_that_would_be_over_already(api, ends):
    """The last: a second ago."""
    api.http = api.stack.session("admin")
    before = api.stack.value("SELECT count(*) FROM api_keys")
    ends = ends or api.stack.value("SELECT to_char(now() - interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    api.refused("POST", "/api/me/keys", {"name": "yesterday's", "role": "viewer", "expires_at": ends}, 400, "expires_at")
    assert api.stack.value("SELECT count(*) FROM api_keys") == before


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x", "Basic YWRtaW46YWRtaW4=", "Bearer sdk_00000000_" + "1" * 43,
                                   "Bearer sdk_00000000_" + "0" * 42, "bearer\tsdk_0"])
def test_made_up_keys(stack, value):
    """A wrong key isn't made good by a cookie beside it."""
    answer = stack.session("admin").get("/api/dashboard", headers={"Authorization": value})
    assert answer.status_code == 401
