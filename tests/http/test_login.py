# SPDX-License-Identifier: Apache-2.0
"""Logging in and out: cookies, who is let in, how sessions end, and what other sites can't do."""
import base64
import hashlib
import re
import threading
import time

import fastcgi
import limits
import pytest
from port import problem_fields
from stack import PASSWORD, Stack, eventually


def login(stack, username="clerk", password=PASSWORD, **kwargs):
    http = stack.session(None)
    return http, http.post("/api/login", json={"username": username, "password": password}, **kwargs)


def set_cookies(response):
    """{name: the whole Set-Cookie}."""
    return {line.split("=", 1)[0]: line for line in response.raw.headers.getlist("Set-Cookie")}


def token_of(response):
    return re.search(r"stevedores_plain=([^;]*)", response.headers["Set-Cookie"]).group(1)


def test_in_and_out(stack):
    http, answer = login(stack)
    me = answer.json()["data"]
    assert (me["username"], me["display_name"], me["role"]) == ("clerk", "clerk", "clerk")
    assert http.get("/api/me").json()["data"] == me
    assert http.get("/api/dashboard").status_code == 200
    out = http.post("/api/logout")
    assert out.status_code == 204 and "Max-Age=0" in out.headers["Set-Cookie"]
    assert http.get("/api/me").status_code == 401
    # The token itself is worth nothing any more, whoever still has it.
    stale = stack.session(None)
    stale.cookies.set("stevedores_plain", token_of(answer))
    assert stale.get("/api/me").status_code == 401


def test_the_cookie(stack):
    _, answer = login(stack)
    cookie = set_cookies(answer)["stevedores_plain"]
    device = set_cookies(answer)["stevedores_device_plain"]
    assert re.fullmatch(r"stevedores_device_plain=[\w-]{43}; Path=/api/login; Max-Age=15552000; HttpOnly; SameSite=Lax", device)
    assert re.fullmatch(r"stevedores_plain=[\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax", cookie), cookie
    _, again = login(stack)
    assert token_of(again) != token_of(answer)


def test_the_cookie_over_tls(stack):
    """As the web server passes it on: the name that browsers guard, and Secure."""
    body = b'{"username": "clerk", "password": "%s"}' % PASSWORD.encode()
    status, headers, _ = fastcgi.ask(stack.fcgi_socket, "POST", "/api/login", body, HTTP_AUTHORIZATION="",
                                     REQUEST_SCHEME="https")
    assert status == 200
    [cookie] = [c for c in headers.get_all("Set-Cookie") if c.startswith("__Host-stevedores=")]
    assert re.fullmatch(r"__Host-stevedores=[\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure", cookie)
    name, value = cookie.split(";")[0].split("=")

    def me(scheme):
        return fastcgi.ask(stack.fcgi_socket, "GET", "/api/me", HTTP_AUTHORIZATION="", REQUEST_SCHEME=scheme,
                           HTTP_COOKIE=f"x=1; {name}={value}")[0]
    assert me("https") == 200
    assert me("http") == 401, "a session made over TLS doesn't work without"


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"PLAIN_HTTP": "off"}}], indirect=True)
def test_no_password_over_plain_http(own_stack):
    _, answer = login(own_stack)
    assert answer.status_code == 403 and "HTTPS" in answer.json()["detail"]


def test_only_a_hash_is_stored(stack):
    _, answer = login(stack)
    token = token_of(answer)
    digest = hashlib.blake2b(token.encode(), digest_size=32).digest()
    assert stack.value("SELECT count(*) FROM sessions WHERE token_hash = %s", (digest,)) == 1
    raw = base64.urlsafe_b64decode(token + "=")
    assert len(raw) == 32
    dumped = " ".join(str(row) for row in stack.psql("SELECT s.*, encode(s.token_hash, 'escape') FROM sessions s"))
    assert token not in dumped
    assert not any(token in line or PASSWORD in line for line in stack.log_lines())


@pytest.mark.parametrize("username, password", [("clerk", "wrong horse battery"), ("nobody", PASSWORD), ("clerk", "x"),
                                                ("' OR 1=1 --", PASSWORD), ("clerk ", PASSWORD), ("ünïcode", "ñ" * 20)])
def test_refused_with_the_same_words(stack, username, password):
    http, answer = login(stack, username, password)
    problem = answer.json()
    assert answer.status_code == 401 and problem["type"] == "urn:stevedores:problem:bad-login"
    assert problem["detail"] == "The name or the password is wrong." and problem["errors"] == []
    assert "Set-Cookie" not in answer.headers and http.get("/api/me").status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_names_in_any_case(stack):
    assert login(stack, "CLERK")[1].status_code == 200


@pytest.mark.parametrize("body, fields", [({}, ["username", "password"]), ({"username": "clerk"}, ["password"]),
                                          ({"username": "clerk", "password": PASSWORD, "x": 1}, ["x"]),
                                          ({"username": 1, "password": PASSWORD}, ["username"]),
                                          ({"username": "clerk", "password": "x" * 300}, ["password"]),
                                          ({"username": "c\0", "password": PASSWORD}, ["username"])])
def test_malformed(stack, body, fields):
    answer = stack.session(None).post("/api/login", json=body)
    assert answer.status_code == 400 and problem_fields(answer) == fields


def test_unknown_name_takes_as_long(stack):
    """In the responder's own time, the shortest of many by turns. A wrong password costs a hash; a name that isn't there must
    cost the same."""
    names = ("clerk", "nobody-of-that-name")
    taken = {name: [] for name in names}
    seen = len(stack.logs())
    for n in range(40):
        login(stack, names[n % 2], "wrong horse battery")

    def logged():
        lines = [line for line in stack.logs()[seen:] if line.get("path") == "/api/login"]
        return lines if len(lines) >= 40 else None

    for n, line in enumerate(eventually(logged, "all are logged")):
        taken[names[n % 2]].append(line["us"])
    shortest = [min(taken[name]) for name in names]
    print(f"shortest of 20, µs: {dict(zip(names, shortest))}")
    assert 0.7 < shortest[0] / shortest[1] < 1.4


def test_a_disabled_account(stack):
    stack.psql("INSERT INTO users (username, display_name, role, password_hash)"
               " SELECT 'leaver', 'Leaver', 'clerk', password_hash FROM users WHERE username = 'clerk'")
    http, answer = login(stack, "leaver")
    assert answer.status_code == 200
    stack.ctl("user", "disable", "leaver")
    eventually(lambda: http.get("/api/me").status_code == 401, "the session has ended", 10)
    assert login(stack, "leaver")[1].status_code == 401


def test_a_new_role_needs_a_new_session(stack):
    admin = stack.session("admin")
    user = admin.post("/api/users", json={"username": "riser", "display_name": "Riser", "role": "viewer",
                                          "password": PASSWORD}).json()["data"]
    http, _ = login(stack, "riser")
    assert http.post("/api/vessels", json={}).status_code == 403
    assert admin.patch(f"/api/users/{user['id']}", json={"role": "supervisor"}).status_code == 200
    assert http.get("/api/me").status_code == 401, "at once on this host"
    http, answer = login(stack, "riser")
    assert answer.json()["data"]["role"] == "supervisor"
    assert http.post("/api/vessels", json={}).status_code == 400


def test_sessions_of_ones_own(stack):
    stack.psql("INSERT INTO users (username, display_name, role, password_hash)"
               " SELECT 'roamer', 'Roamer', 'viewer', password_hash FROM users WHERE username = 'clerk'")
    here, _ = login(stack, "roamer")
    there, _ = login(stack, "roamer", headers={"User-Agent": "Tablet on the quay"})
    third, _ = login(stack, "roamer")
    sessions = here.get("/api/me/sessions").json()["data"]
    assert len(sessions) == 3 and sum(s["current"] for s in sessions) == 1
    tablet = next(s for s in sessions if s["user_agent"] == "Tablet on the quay")
    assert tablet["address"] == "127.0.0.1" and not tablet["current"]
    stranger = stack.session("clerk")
    assert stranger.delete(f"/api/me/sessions/{tablet['id']}").status_code == 404
    assert there.get("/api/me").status_code == 200
    assert here.delete(f"/api/me/sessions/{tablet['id']}").status_code == 204
    assert there.get("/api/me").status_code == 401, "at once"
    assert here.delete(f"/api/me/sessions/{tablet['id']}").status_code == 404
    assert here.delete("/api/me/sessions").status_code == 204
    assert third.get("/api/me").status_code == 401 and here.get("/api/me").status_code == 200
    assert [s["current"] for s in here.get("/api/me/sessions").json()["data"]] == [True]


def test_logging_in_again_ends_what_the_browser_had(stack):
    http, first = login(stack, "viewer")
    second = http.post("/api/login", json={"username": "viewer", "password": PASSWORD})
    assert token_of(second) != token_of(first)
    old = stack.session(None)
    old.cookies.set("stevedores_plain", token_of(first))
    assert old.get("/api/me").status_code == 401 and http.get("/api/me").status_code == 200


def test_change_of_password(stack):
    stack.psql("INSERT INTO users (username, display_name, role, password_hash)"
               " SELECT 'changer', 'Changer', 'viewer', password_hash FROM users WHERE username = 'clerk'")
    here, _ = login(stack, "changer")
    there, _ = login(stack, "changer")
    answer = here.post("/api/me/password", json={"current": "not the one", "password": "another horse battery"})
    assert answer.status_code == 400 and problem_fields(answer) == ["current"]
    answer = here.post("/api/me/password", json={"current": PASSWORD, "password": "short"})
    assert answer.status_code == 400 and problem_fields(answer) == ["password"]
    assert here.post("/api/me/password", json={"current": PASSWORD, "password": "another horse battery"}).status_code == 204
    assert here.get("/api/me").status_code == 200 and there.get("/api/me").status_code == 401
    assert login(stack, "changer")[1].status_code == 401
    assert login(stack, "changer", "another horse battery")[1].status_code == 200


def test_a_password_from_the_flask_application(stack):
    """werkzeug's hash is taken, and replaced by ours at the first login."""
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"aBcDeFgH12345678", 600000).hex()
    stack.psql("INSERT INTO users (username, display_name, role, password_hash) VALUES ('flask', 'Flask', 'viewer', %s)",
               (f"pbkdf2:sha256:600000$aBcDeFgH12345678${digest}",))
    assert login(stack, "flask", "wrong horse battery")[1].status_code == 401
    assert login(stack, "flask")[1].status_code == 200
    assert stack.value("SELECT password_hash FROM users WHERE username = 'flask'").startswith("$argon2id$")
    assert login(stack, "flask")[1].status_code == 200


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"SESSION_IDLE_S": "3600", "SESSION_ABSOLUTE_S": "7200"}}],
                         indirect=True)
def test_sessions_end_by_themselves(own_stack):
    idle, _ = login(own_stack)
    old, _ = login(own_stack)
    good, _ = login(own_stack)
    ids = [s.get("/api/me").json()["data"]["session_id"] for s in (idle, old, good)]
    own_stack.psql("UPDATE sessions SET last_used_at = now() - interval '61 minutes' WHERE id = %s", (ids[0],))
    own_stack.psql("UPDATE sessions SET created_at = now() - interval '121 minutes' WHERE id = %s", (ids[1],))
    own_stack.ctl("cache", "clear")
    assert [s.get("/api/me").status_code for s in (idle, old, good)] == [401, 401, 200]
    # Being used keeps it alive: noted once a minute.
    own_stack.psql("UPDATE sessions SET last_used_at = now() - interval '10 minutes' WHERE id = %s", (ids[2],))
    own_stack.ctl("cache", "clear")
    assert good.get("/api/me").status_code == 200
    assert own_stack.value("SELECT now() - last_used_at < interval '1 minute' FROM sessions WHERE id = %s", (ids[2],))
    # The agent sweeps what is over.
    own_stack.stop_agent()
    own_stack.start_agent()
    eventually(lambda: own_stack.value("SELECT count(*) FROM sessions WHERE id = ANY(%s)", (ids,)) == 1, "swept", 20)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Origin": "http://127.0.0.1:1"}])
def test_other_sites_write_nothing(api, headers):
    api.http = api.stack.session("admin")
    before = api.stored()
    body = {"name": "MV Forged", "vessel_type": "roro"}
    answer = api.http.post("/api/vessels", json=body, headers=headers)
    assert answer.status_code == 403 and "another site" in answer.json()["detail"]
    assert login(api.stack, headers=headers)[1].status_code == 403
    assert api.http.post("/api/logout", headers=headers).status_code == 403
    assert api.stored() == before and api.http.get("/api/me").status_code == 200
    # Reading is no danger: the answer stays with the browser.
    assert api.http.get("/api/dashboard", headers=headers).status_code == 200
    # A key isn't sent by browsers on their own.
    by_key = api.stack.session(None).post("/api/vessels", json=body, headers={
        **headers, "Authorization": f"Bearer {fastcgi.KEY}"})
    assert by_key.status_code == 201


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}])
def test_ones_own_site_does(api, headers):
    api.http = api.stack.session("admin")
    headers = {**headers, "Origin": f"http://127.0.0.1:{api.stack.port}"}
    assert api.http.post("/api/vessels", json={"name": "MV Own", "vessel_type": "roro"}, headers=headers).status_code == 201


@pytest.mark.parametrize("cookie", ["stevedores_plain=", "stevedores_plain=x", "stevedores_plain=" + "A" * 43,
                                    "stevedores_plain=" + "A" * 4000, "stevedores_plain=' OR 1=1", "x"])
def test_made_up_cookies(stack, cookie):
    answer = stack.session(None).get("/api/dashboard", headers={"Cookie": cookie})
    assert answer.status_code == 401 and answer.json()["type"].endswith(":unauthenticated")


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {
    "RATE_LIMIT": "on", "RATE_LIMIT_LOGIN": "6/minute", "RATE_LIMIT_READ": "1000/minute"}}], indirect=True)
def test_guessing_is_limited_and_locks_nobody_out(own_stack):
    """Per account, whatever the address; and an attacker's guesses don't keep the owner out at another address for longer
    than the window. Each attempt comes from an address of its own, as a botnet's would."""
    own_stack.restart_pool(RATE_LIMIT_ACCOUNT="6/second")

    def attempt(address, username, password):
        body = b'{"username": "%s", "password": "%s"}' % (username.encode(), password.encode())
        return fastcgi.ask(own_stack.fcgi_socket, "POST", "/api/login", body, HTTP_AUTHORIZATION="", REMOTE_ADDR=address)

    answers = [attempt(f"10.0.0.{n}", "clerk", "wrong horse battery") for n in range(40)]
    refused = [a for a in answers if a[0] == 429]
    assert refused and {a[0] for a in answers} == {401, 429}
    assert int(refused[0][1]["Retry-After"]) >= 1
    assert attempt("10.0.1.1", "viewer", PASSWORD)[0] == 200, "other accounts aren't touched"
    time.sleep(2.1)
    assert attempt("10.0.1.2", "clerk", PASSWORD)[0] == 200


@pytest.mark.parametrize("own_stack", [{"responders": 6, "env": {
    "LOGIN_CONCURRENCY": "1", "LOGIN_WAIT_MS": "50", "PASSWORD_MEMORY_KIB": "65536", "PASSWORD_PASSES": "4"}}], indirect=True)
def test_who_finds_the_gate_full_is_told(own_stack):
    """Of six who log in at once one is let in and one may wait; the hash takes longer than the wait. The others are told to
    come again, and don't take the answer of somebody else's gate for a wrong password."""
    answers = []
    together = threading.Barrier(6)

    def attempt(password):
        http = own_stack.session(None)
        together.wait()
        answers.append((password, http.post("/api/login", json={"username": "clerk", "password": password})))

    threads = [threading.Thread(target=attempt, args=(password,)) for password in (PASSWORD, "wrong horse battery") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer for _, answer in answers if answer.status_code == 503]
    checked = [(password, answer.status_code) for password, answer in answers if answer.status_code != 503]
    assert told and checked, [answer.status_code for _, answer in answers]
    assert set(checked) <= {(PASSWORD, 200), ("wrong horse battery", 401)}
    for answer in told:
        assert problem_fields(answer) == [] and answer.json()["type"] == "urn:stevedores:problem:unavailable"
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Set-Cookie" not in answer.headers
    # The gate is free again.
    assert login(own_stack)[1].status_code == 200


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"RATE_LIMIT": "on"}}], indirect=True)
def test_the_21st_attempt_from_an_address(own_stack):
    """With the default limit; each attempt names another account, so only the address can be what is counted."""
    def measure():
        http = limits.stranger(own_stack, limits.new_address())
        answers = [http.post("/api/login", json={"username": f"somebody{n}", "password": "wrong horse battery"})
                   for n in range(22)]
        return http, answers

    http, answers = limits.in_one_minute(measure)
    assert [a.status_code for a in answers] == [401] * 20 + [429] * 2
    for answer in answers[20:]:
        assert problem_fields(answer) == [] and answer.json()["type"] == "urn:stevedores:problem:limited"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert http.get("/api/meta").status_code == 401, "only logging in is refused"
    # Whoever is at another address is not meant.
    other = limits.stranger(own_stack, limits.new_address())
    assert other.post("/api/login", json={"username": "clerk", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {"CACHE_STALE_IF_ERROR": "60"}}], indirect=True)
def test_the_database_away(own_stack):
    """Who was known stays known for reading; nobody gets in."""
    http, _ = login(own_stack)
    http.get("/api/dashboard")
    own_stack.stop_postgres()
    answer = http.get("/api/dashboard")
    assert answer.status_code == 200
    eventually(lambda: http.get("/api/dashboard").headers.get("Warning", "").startswith("110"), "marked as stale", 10)
    assert own_stack.session(None).get("/api/dashboard", headers={"Cookie": "stevedores_plain=" + "B" * 43}).status_code == 503
    assert login(own_stack)[1].status_code == 503


def test_two_hosts_and_a_revoked_session():
    """Revoked on one host, it ends on the other within CACHE_MAX_STALE_MS."""
    with Stack(responders=2) as stack:
        http, _ = login(stack)
        assert http.get("/api/me").status_code == 200
        # Somebody else's write, of which this host learns by its agent.
        stack.psql("UPDATE sessions SET revoked_at = now() WHERE user_id = (SELECT id FROM users WHERE username = 'clerk')")
        revoked = time.monotonic()
        while http.get("/api/me").status_code == 200:
            assert time.monotonic() - revoked < 3
        print(f"ended after {1000 * (time.monotonic() - revoked):.0f} ms")
        assert time.monotonic() - revoked < 1.5
