# SPDX-License-Identifier: Apache-2.0
"""Accounts, for admins, and the audit trail of everything."""
import contextlib
import uuid

import psycopg2
import pytest
from port import Api, new_id, problem_fields
from stack import PASSWORD, eventually


@pytest.fixture
def api(stack):
    """An admin who is logged in, not a machine."""
    api = Api(stack)
    api.http = stack.session("admin")
    return api


def name():
    return "u" + uuid.uuid4().hex[:10]


def add(api, **members):
    return api.post("/api/users", {"username": name(), "display_name": "Somebody", "role": "clerk", "password": PASSWORD,
                                   **members})["data"]


def trail(api, **filters):
    return api.get("/api/audit", **{"per_page": 100, **filters})["data"]


def test_add_list_change(api):
    user = add(api, display_name="Ana Pérez")
    assert set(user) == {"id", "username", "display_name", "role", "status", "version", "created_at",
                         "last_login_at"}
    assert user["status"] == "active" and user["last_login_at"] is None
    http = api.stack.session(None)
    assert http.post("/api/login", json={"username": user["username"], "password": PASSWORD}).status_code == 200
    [found] = api.get("/api/users", q=user["username"][1:8])["data"]
    assert found["id"] == user["id"] and found["last_login_at"]
    assert api.get(f"/api/users/{user['id']}")["data"] == found
    changed = api.send("PATCH", f"/api/users/{user['id']}", {"display_name": "Ana P.", "status": "disabled"}, 200)
    assert changed.json()["data"]["status"] == "disabled"
    assert http.get("/api/me").status_code == 401
    assert user["id"] in [u["id"] for u in api.get("/api/users", status="disabled", per_page=100)["data"]]
    assert "password" not in api.http.get("/api/users?per_page=100").text


@pytest.mark.parametrize("members, status, field", [
    ({"username": "Upper"}, 400, "username"), ({"username": "x"}, 400, "username"), ({"username": ".dot"}, 400, "username"),
    ({"role": "boss"}, 400, "role"), ({"password": "short"}, 400, "password"), ({"display_name": ""}, 400, "display_name"),
    ({"username": "admin"}, 409, "username"), ({"status": "disabled"}, 400, "status"), ({"id": 7}, 400, "id")])
def test_refused(api, members, status, field):
    body = {"username": name(), "display_name": "X", "role": "clerk", "password": PASSWORD, **members}
    api.refused("POST", "/api/users", body, status, field)


def test_a_new_password_by_an_admin(api):
    user = add(api)
    http = api.stack.session(None)
    login = {"username": user["username"], "password": PASSWORD}
    assert http.post("/api/login", json=login).status_code == 200
    assert api.http.post(f"/api/users/{user['id']}/password", json={"password": "quite another one"}).status_code == 204
    assert http.get("/api/me").status_code == 401 and http.post("/api/login", json=login).status_code == 401
    assert http.post("/api/login", json={**login, "password": "quite another one"}).status_code == 200
    assert api.http.post("/api/users/999999999/password", json={"password": "quite another one"}).status_code == 404


def test_a_new_password_by_an_admin_ends_keys_as_well(api):
    """Whoever had the old password may have made keys with it."""
    user = add(api)
    http, machine, other = (api.stack.session(None) for _ in range(3))
    assert http.post("/api/login", json={"username": user["username"], "password": PASSWORD}).status_code == 200
    made = http.post("/api/me/keys", json={"name": "left behind", "role": "clerk"}).json()["data"]
    machine.headers["Authorization"] = f"Bearer {made['key']}"
    for asker in (http, machine):
        assert asker.get("/api/me").json()["data"]["id"] == user["id"]
    another = api.post("/api/me/keys", {"name": "the admin's", "role": "viewer"})["data"]
    other.headers["Authorization"] = f"Bearer {another['key']}"
    assert other.get("/api/me").status_code == 200
    assert api.http.post(f"/api/users/{user['id']}/password", json={"password": "quite another one"}).status_code == 204
    assert [asker.get("/api/me").status_code for asker in (http, machine)] == [401, 401]
    assert [asker.get("/api/dashboard").status_code for asker in (http, machine)] == [401, 401]
    assert other.get("/api/me").status_code == 200 and api.http.get("/api/me").status_code == 200, "nobody else's"
    [row] = trail(api, object_type="api_keys", object_id=str(made["id"]), action="revoke")
    assert row["actor"] == "admin"
    assert http.post("/api/login", json={"username": user["username"], "password": "quite another one"}).status_code == 200
    assert http.get("/api/me/keys").json()["data"] == []


@pytest.mark.parametrize("own_stack", [{"responders": 1}], indirect=True)
def test_the_last_admin_stays(own_stack):
    api = Api(own_stack)
    api.http = own_stack.session("admin")
    me = api.get("/api/me")["data"]["id"]
    for change, field in (({"role": "manager"}, "role"), ({"status": "disabled"}, "status")):
        api.refused("PATCH", f"/api/users/{me}", change, 409, field)
    refused = own_stack.ctl("user", "disable", "admin", check=False)
    assert refused.returncode == 1 and "last active admin" in refused.stderr
    second = add(api, role="admin")
    assert api.send("PATCH", f"/api/users/{second['id']}", {"role": "viewer"}, 200)
    with pytest.raises(psycopg2.Error):
        own_stack.psql("DELETE FROM users WHERE id = %s", (me,))


def test_every_write_leaves_a_row(api):
    vessel = api.vessel("operations_active")
    api.send("PATCH", f"/api/vessels/{vessel['id']}", {"gangs": 3}, 200)
    tally = api.tally(vessel["id"])
    void = api.void(tally["id"])
    rows = trail(api, object_type="vessels", object_id=str(vessel["id"]))
    assert [r["action"] for r in rows] == ["update"] * 4 + ["create"]
    newest, oldest = rows[0], rows[-1]
    assert newest["before"] == {"gangs": 0} and newest["after"] == {"gangs": 3}
    assert oldest["before"] is None and oldest["after"]["name"] == vessel["name"]
    me = api.get("/api/me")["data"]
    for row in rows:
        assert (row["actor"], row["actor_id"], row["via"], row["address"]) == ("admin", me["id"], "session", "127.0.0.1")
        assert len(row["request_id"]) >= 20  # Apache's have 27 letters, others 32
    [row] = trail(api, object_type="cargo_tallies", object_id=tally["id"])
    assert row["action"] == "create" and row["after"]["count"] == 1 and row["after"]["user_id"] == me["id"]
    [row] = trail(api, object_type="cargo_tallies", object_id=void["id"])
    assert row["action"] == "void" and row["after"]["voids"] == tally["id"]


def test_what_failed_leaves_none(api):
    before = api.stack.value("SELECT count(*) FROM audit")
    api.refused("POST", "/api/vessels", {"name": "x" * 101, "vessel_type": "roro"}, 400, "name")
    api.refused("POST", "/api/vessels", {"name": "MV X", "vessel_type": "roro", "berth": "nowhere"}, 400, "berth")
    vessel = api.vessel("expected")
    made = api.stack.value("SELECT count(*) FROM audit")
    assert made == before + 1
    api.refused("PATCH", f"/api/vessels/{vessel['id']}", {"status": "departed"}, 409, "status")
    assert api.stack.value("SELECT count(*) FROM audit") == made


def test_sent_twice_is_noted_once(api):
    vessel = api.vessel("operations_active")
    body = {"id": new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 2}
    for status in (201, 200, 200):
        api.send("POST", f"/api/vessels/{vessel['id']}/tallies", body, status)
    assert len(trail(api, object_type="cargo_tallies", object_id=body["id"])) == 1


def test_logging_in_is_noted(api):
    user = add(api)
    http = api.stack.session(None)
    typed = "my secret typed as a name"
    assert http.post("/api/login", json={"username": typed, "password": PASSWORD}).status_code == 401
    assert http.post("/api/login", json={"username": user["username"], "password": "wrong horse battery"}).status_code == 401
    assert http.post("/api/login", json={"username": user["username"], "password": PASSWORD}).status_code == 200
    assert http.post("/api/logout").status_code == 204
    rows = trail(api, actor=user["username"])
    assert [(r["action"], r["via"]) for r in rows] == [("end", "session"), ("login", "session"), ("login_failed", "login")]
    assert all(r["address"] == "127.0.0.1" for r in rows)
    [failed] = trail(api, object_type="users", object_id=str(user["id"]), action="login_failed")
    assert failed["id"] == rows[2]["id"]
    text = api.http.get("/api/audit?per_page=100").text
    assert typed not in text and "hash" not in text and "(unknown)" in text


def test_a_new_password_is_noted(api):
    """Each way to change one: by whom, from where, and nothing of the password or of its hash, old or new."""
    user = add(api)
    hashes, passwords = [], [PASSWORD, "quite another one", "and yet another one", "the command line's one"]

    def stored():
        hashes.append(api.stack.value("SELECT password_hash FROM users WHERE id = %s", (user["id"],)))
        assert hashes[-1] not in hashes[:-1]
        return hashes[-1]

    stored()
    http = api.stack.session(None)
    assert http.post("/api/login", json={"username": user["username"], "password": passwords[0]}).status_code == 200
    answer = http.post("/api/me/password", json={"current": passwords[0], "password": passwords[1]})
    assert answer.status_code == 204
    stored()
    assert api.http.post(f"/api/users/{user['id']}/password", json={"password": passwords[2]}).status_code == 204
    stored()
    api.stack.ctl("user", "passwd", user["username"], "--password-stdin", stdin=passwords[3] + "\n")
    stored()
    rows = trail(api, object_type="users", object_id=str(user["id"]), action="password")
    admin = api.get("/api/me")["data"]
    assert [(r["actor_id"], r["via"], r["address"]) for r in rows] == [
        (None, "ctl", None), (admin["id"], "session", "127.0.0.1"), (user["id"], "session", "127.0.0.1")]
    assert [r["actor"] for r in rows[1:]] == ["admin", user["username"]] and rows[0]["actor"]
    assert rows[2]["request_id"] == answer.headers["X-Request-Id"]
    text = str(api.stack.psql("SELECT a.*, a.before::text, a.after::text FROM audit a"))
    for secret in (*hashes, *(h.rsplit("$", 1)[1] for h in hashes), *passwords[1:], "$argon2"):
        assert secret not in text


def test_what_others_do_is_noted(api):
    """psql and the command line go the same way."""
    berth = api.berth()  # by psql, as the superuser
    [row] = trail(api, object_type="berths", object_id=berth)
    assert (row["actor"], row["via"], row["actor_id"], row["address"]) == ("postgres", "sql", None, None)
    who = name()
    api.stack.ctl("user", "add", who, "--role", "viewer", "--password-stdin", stdin=PASSWORD + "\n")
    rows = [r for r in trail(api, object_type="users", action="create") if r["after"]["username"] == who]
    assert len(rows) == 1 and rows[0]["via"] == "ctl" and "password_hash" not in rows[0]["after"]


def test_many_tallies_at_once_are_one_row(api):
    vessel = api.vessel("operations_active")
    api.stack.psql("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at)"
                   " SELECT gen_random_uuid(), %s, 'loaded', 'van', 1, now() FROM generate_series(1, 500)", (vessel["id"],))
    [row] = trail(api, object_type="cargo_tallies", object_id="many")
    assert row["after"]["rows"] == 500


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit",
                                       "ALTER TABLE audit ADD COLUMN x int", "DROP TABLE audit", "CREATE TABLE x (y int)",
                                       "ALTER TABLE users DISABLE TRIGGER audit", "DELETE FROM schema_migrations",
                                       "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                                       "INSERT INTO audit (actor, via, action, object_type, object_id)"
                                       " VALUES ('admin', 'session', 'update', 'users', '1')",
                                       "DELETE FROM users WHERE false", "DELETE FROM api_keys WHERE false",
                                       "SET session_replication_role = 'replica'",
                                       "UPDATE audit_retention SET days = 30", "DELETE FROM audit_retention",
                                       "DROP FUNCTION audit_sweep(integer)"])
def test_the_programs_role_cant(stack, statement):
    with pytest.raises(psycopg2.Error):
        stack.psql(statement, user="stevedores")


def test_retention(stack):
    """The program's role may ask for a sweep, and has no say in how old is old: AUDIT_RETENTION_DAYS, 730 unless set."""
    stack.psql("INSERT INTO audit (at, actor, via, action, object_type, object_id)"
               " SELECT now() - days * interval '1 day', 'old', 'sql', 'x', 'x', days::text"
               "   FROM unnest(ARRAY[1, 29, 31, 729, 731, 4000]) AS days")
    connection = stack.connect("stevedores")
    with connection.cursor() as cursor:
        # Nor by what its own session may set and hide.
        for setting in ("TimeZone TO 'Etc/GMT+12'", "search_path TO pg_temp, public", "stevedores.actor TO '{\"days\": 0}'",
                        "stevedores.audit_retention_days TO '0'"):
            cursor.execute(f"SET {setting}")
        cursor.execute("SELECT public.audit_sweep(100)")
        assert cursor.fetchone()[0] <= 2  # fewer when the agent was at it at the same moment
    connection.close()
    assert stack.psql("SELECT object_id FROM audit WHERE actor = 'old' ORDER BY at DESC") == [
        ("1",), ("29",), ("31",), ("729",)]


def test_the_trail_cant_be_led_elsewhere(api):
    """A table of the session's own under the trail's name; where the role may not make one, so much the better."""
    stack, user, key = api.stack, add(api, display_name="0"), uuid.uuid4().hex
    stack.psql("INSERT INTO api_keys (user_id, name, prefix, role, token_hash)"
               " SELECT id, %s, 'sdk_test', 'clerk', sha256(%s) FROM users WHERE id = %s", (key, key.encode(), user["id"]))

    def as_program(*statements):
        """The last one's rows; what comes before it may be refused."""
        connection = stack.connect("stevedores")
        with connection.cursor() as cursor:
            for statement in statements[:-1]:
                with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
            cursor.execute(statements[-1])
            rows = cursor.fetchall()
        connection.close()
        return rows

    users = "CREATE TEMP TABLE users (LIKE users INCLUDING ALL)"
    for n, like in enumerate(("LIKE audit", "LIKE audit INCLUDING ALL", "whatever int")):
        for m, path in enumerate(("public", "pg_temp, public")):
            assert as_program(f"CREATE TEMP TABLE audit ({like})", users, f"SET search_path TO {path}",
                              f"UPDATE public.users SET display_name = '{2 * n + m + 1}' WHERE id = {user['id']}"
                              " RETURNING display_name") == [(str(2 * n + m + 1),)]
    rows = trail(api, object_type="users", object_id=str(user["id"]), action="update")
    assert [r["after"]["display_name"] for r in rows] == list("654321")
    assert {(r["actor"], r["via"]) for r in rows} == {("stevedores", "sql")}
    [(key_id,)] = as_program("CREATE TEMP TABLE audit (LIKE audit INCLUDING ALL)",
                             f"UPDATE public.api_keys SET role = 'viewer' WHERE name = '{key}' RETURNING id")
    [row] = trail(api, object_type="api_keys", object_id=str(key_id), action="update")
    assert (row["before"], row["after"]) == ({"role": "clerk"}, {"role": "viewer"})


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"AUDIT_RETENTION_DAYS": "40"}}], indirect=True)
def test_the_agent_sweeps(own_stack):
    """The agent, as soon as it runs, with the configured retention: more than one piece of what is old, and nothing
    else."""
    own_stack.stop_agent()
    for role in ("clerk", "viewer", "supervisor"):
        own_stack.session(role)
    own_stack.psql("INSERT INTO audit (at, actor, via, action, object_type, object_id)"
                   " SELECT now() - interval '40 days 1 minute', 'old', 'sql', 'x', 'x', n::text"
                   "   FROM generate_series(1, 10001) AS n", user="stevedores_owner")
    own_stack.psql("INSERT INTO audit (at, actor, via, action, object_type, object_id)"
                   " VALUES (now() - interval '39 days', 'young', 'sql', 'x', 'x', '1')", user="stevedores_owner")

    def of(role):
        return f"WHERE user_id = (SELECT id FROM users WHERE username = '{role}')"

    own_stack.psql(f"UPDATE sessions SET last_used_at = now() - interval '5 hours' {of('clerk')}", user="stevedores_owner")
    own_stack.psql(f"UPDATE sessions SET created_at = now() - interval '8 days' {of('viewer')}", user="stevedores_owner")

    def left():
        return own_stack.psql("SELECT (SELECT count(*) FROM audit WHERE actor = 'old'), (SELECT count(*) FROM sessions)")[0]

    assert left() == (10001, 3)
    own_stack.start_agent()
    eventually(lambda: left() == (0, 1), "the agent has swept")
    assert own_stack.value(f"SELECT count(*) FROM sessions {of('supervisor')}") == 1
    assert own_stack.value("SELECT count(*) FROM audit WHERE actor = 'young'") == 1
    assert own_stack.value("SELECT count(*) FROM audit WHERE action = 'login'") >= 3
    swept = [line["rows"] for line in own_stack.logs("agent") if line["event"] == "swept"]
    assert len(swept) >= 2 and max(swept) == 10000


def test_pages_of_the_trail(api):
    for _ in range(5):
        api.berth()
    first = api.get("/api/audit", per_page=2, object_type="berths")
    second = api.get("/api/audit", per_page=2, object_type="berths", cursor=first["pagination"]["next_cursor"])
    ids = [r["id"] for r in first["data"] + second["data"]]
    assert len(set(ids)) == 4 and ids == sorted(ids, reverse=True)
    answer = api.http.get("/api/audit", params={"object_id": "1"})
    assert answer.status_code == 400 and problem_fields(answer) == ["object_id"]
