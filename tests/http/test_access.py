# SPDX-License-Identifier: Apache-2.0
"""Sessions and API keys of everybody, for admins: listed without what would open anything, and really ended."""
import uuid

import pytest
from port import Api
from stack import PASSWORD, ROLES

pytestmark = pytest.mark.front


@pytest.fixture
def api(stack):
    api = Api(stack)
    api.http = stack.session("admin")
    return api


def somebody(api, role="clerk"):
    """A new person, who is logged in."""
    username = "u" + uuid.uuid4().hex[:10]
    api.post("/api/users", {"username": username, "display_name": "Somebody", "role": role, "password": PASSWORD})
    http = api.stack.session(None)
    assert http.post("/api/login", json={"username": username, "password": PASSWORD},
                     headers={"User-Agent": "tests of access"}).status_code == 200
    return username, http


def trail(api, kind, number):
    return [(e["action"], e["actor"]) for e in api.get("/api/audit", object_type=kind, object_id=str(number))["data"]]


def test_a_session_is_listed_and_ended(api):
    username, http = somebody(api)
    [session] = api.get("/api/sessions", username=username)["data"]
    assert set(session) == {"id", "username", "created_at", "last_used_at", "address", "user_agent", "revoked_at", "state"}
    assert session["username"] == username and session["state"] == "open" and session["revoked_at"] is None
    assert session["address"] == "127.0.0.1" and session["user_agent"] == "tests of access"
    assert http.get("/api/me").status_code == 200
    assert api.http.delete(f"/api/sessions/{session['id']}").status_code == 204
    assert http.get("/api/me").status_code == 401, "at once, whatever caches know"
    assert api.http.delete(f"/api/sessions/{session['id']}").status_code == 404
    [ended] = api.get("/api/sessions", username=username)["data"]
    assert ended["state"] == "ended" and ended["revoked_at"]
    assert api.get("/api/sessions", username=username, state="open")["data"] == []
    assert trail(api, "sessions", session["id"])[0] == ("end", "admin")


def test_a_key_is_listed_and_revoked(api):
    username, http = somebody(api)
    made = http.post("/api/me/keys", json={"name": "crane 4", "role": "viewer"}).json()["data"]
    machine = api.stack.session(None)
    machine.headers["Authorization"] = f"Bearer {made['key']}"
    assert machine.get("/api/me").status_code == 200
    [key] = api.get("/api/keys", username=username)["data"]
    assert set(key) == {"id", "username", "name", "prefix", "role", "created_at", "last_used_at", "expires_at", "revoked_at", "state"}
    assert (key["id"], key["name"], key["prefix"], key["role"], key["state"]) == (made["id"], "crane 4", made["prefix"], "viewer", "valid")
    assert api.http.delete(f"/api/keys/{key['id']}").status_code == 204
    assert machine.get("/api/me").status_code == 401
    assert api.http.delete(f"/api/keys/{key['id']}").status_code == 404
    assert api.get("/api/keys", username=username, state="revoked")["data"][0]["id"] == key["id"]
    assert trail(api, "api_keys", key["id"])[0] == ("revoke", "admin")


def test_nothing_that_opens_anything_is_told(api):
    username, http = somebody(api)
    made = http.post("/api/me/keys", json={"name": "secret", "role": "viewer"}).json()["data"]
    [(_, token)] = [(c.name, c.value) for c in http.cookies if c.name == "stevedores_plain"]
    hashes = api.stack.psql("SELECT encode(token_hash, 'hex') FROM sessions UNION ALL SELECT encode(token_hash, 'hex') FROM api_keys")
    text = api.http.get("/api/sessions", params={"username": username}).text + api.http.get("/api/keys?per_page=100").text
    assert username in text and made["prefix"] in text
    assert made["key"] not in text and token not in text and "hash" not in text and not any(h in text for h, in hashes)


@pytest.mark.parametrize("path, orders", [("/api/sessions", ("last_used_at", "created_at")), ("/api/keys", ("created_at", "name"))])
def test_orders_filters_pages(api, path, orders):
    username, http = somebody(api)
    for i in range(5):
        assert http.post("/api/me/keys", json={"name": f"{i}", "role": "viewer"}).status_code == 201
        assert api.stack.session(None).post("/api/login", json={"username": username, "password": PASSWORD}).status_code == 200
    for order in orders:
        rows = api.get(path, username=username, sort=order)["data"]
        assert len(rows) >= 5 and [r[order] for r in rows] == sorted(r[order] for r in rows)
        seen, cursor = [], None
        while cursor is not None or not seen:
            page = api.get(path, username=username, sort=f"-{order}", per_page=2, **({"cursor": cursor} if cursor else {}))
            seen += [r["id"] for r in page["data"]]
            cursor = page["pagination"]["next_cursor"]
        assert seen == [r["id"] for r in reversed(rows)]
    assert {r["username"] for r in api.get(path, q=username[2:9])["data"]} == {username}
    assert api.http.get(path, params={"sort": "token_hash"}).status_code == 400


@pytest.mark.parametrize("role", ROLES[:-1])
def test_for_admins_only(api, role):
    http = api.stack.session(role)
    for path in ("/api/sessions", "/api/keys"):
        assert http.get(path).status_code == 403 and http.delete(f"{path}/1").status_code == 403
