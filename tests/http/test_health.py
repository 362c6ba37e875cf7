# SPDX-License-Identifier: Apache-2.0
"""GET /health and GET /health/quick: who is told what, what each check fails for, and what it makes of the whole. Outages of the
parts are in tests/fault/test_health_outages.py."""
import json
import re

import caching
import fastcgi
import pytest

from stack import PASSWORD, ROLES, Stack, eventually

CHECKS = {"database", "schema", "agent", "shared_memory", "redis", "memcached", "local_cache", "memory", "pool", "security"}
STATUSES = {"ok", "away", "too_old", "private", "short", "warning", "critical", "unknown"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def own():
    env = {**caching.UNHURRIED, "WEB_WORKERS": "2", "MEMORY_LIMIT_MB": "4096"}
    with Stack(responders=2, redis=True, memcached=1, env=env) as stack:
        eventually(lambda: ask(stack)["checks"]["memory"]["status"] == "ok", "there is a sample", 15)
        yield stack


def ask(stack, role="key", path="/health", status=200):
    answer = stack.session(role).get(path)
    assert answer.status_code == status, answer.text
    return check_form(answer.json())


def quick(stack, status=200):
    return ask(stack, None, "/health/quick", status)


def check_form(said):
    """What holds of every answer."""
    checks, summary = said["checks"], said["summary"]
    assert set(summary) == {"total_checks", "passed", "failed"}
    assert summary["passed"] + summary["failed"] == summary["total_checks"] == len(checks)
    assert {check["status"] for check in checks.values()} <= STATUSES
    assert (said["status"] == "healthy") == (summary["failed"] == 0)
    if any("passed" in check for check in checks.values()):
        assert sum(check["passed"] for check in checks.values()) == summary["passed"]
    return said


def is_for_strangers(text):
    """Words of the tables only: no number but the summary's, no name, no path."""
    said = check_form(json.loads(text))
    assert set(said) == {"status", "timestamp", "version", "checks", "summary"}
    assert all(set(check) == {"status"} for check in said["checks"].values()), text
    return True


# --- who is told what ---------------------------------------------------------------------------------------------------


def test_a_stranger_sees_how_each_part_is(own):
    text = own.session(None).get("/health").text
    assert is_for_strangers(text)
    said = json.loads(text)
    assert set(said["checks"]) == CHECKS and said["status"] == "healthy" and said["version"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["timestamp"])
    for secret in (own.run_dir, own.dir, "stevedores_owner", "127.0.0.1", str(own.redis_port), own.shm_name, "PLAIN_HTTP"):
        assert secret not in text


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_nor_is_anybody_else_told_more(own, role):
    assert is_for_strangers(own.session(role).get("/health").text)


@pytest.mark.parametrize("headers", [
    {"Authorization": "Bearer " + fastcgi.KEY[:-1] + "1"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer"}, {"Cookie": "stevedores_plain=" + "x" * 43}, {"Cookie": "stevedores_plain="},
    {"Cookie": "stevedores_plain=" + "x" * 4000},
], ids=["unknown key", "no key", "scheme", "empty", "unknown session", "empty session", "long"])
def test_who_is_not_known_is_a_stranger(own, headers):
    answer = own.session(None).get("/health", headers=headers)
    assert answer.status_code == 200 and is_for_strangers(answer.text)


def test_an_ended_session_is_a_strangers(own):
    http = own.session(None)
    assert http.post("/api/login", json={"username": "admin", "password": PASSWORD}).status_code == 200
    assert "us" in http.get("/health").json()["checks"]["database"]
    cookies = dict(http.cookies)
    assert http.post("/api/logout").status_code == 204
    assert is_for_strangers(own.session(None).get("/health", cookies=cookies).text)


@pytest.mark.parametrize("role", ["key", "admin"])
def test_an_admin_sees_why(own, role):
    said = ask(own, role)
    checks = said["checks"]
    assert set(checks) == CHECKS
    assert all(check["passed"] and check["us"] >= 0 and "error" in check for check in checks.values())
    assert {name for name, check in checks.items() if check["error"]} == {"security"}
    for name in ("database", "redis", "memcached"):
        assert checks[name]["circuit_breaker_state"] == "closed" and 0 < checks[name]["us"] < 5_000_000
    memory = checks["memory"]
    assert memory["limit_bytes"] == 4096 * MIB and 4 * MIB < memory["used_bytes"] < 256 * MIB
    assert memory["memory_usage_percent"] == memory["used_bytes"] * 100 // memory["limit_bytes"]
    assert checks["pool"]["responders"] == checks["pool"]["wanted"] == 2 and checks["pool"]["busy"] >= 1
    assert checks["schema"]["version"] >= checks["schema"]["needed"] > 0


def test_a_key_that_came_unencrypted_is_not_looked_at():
    """Nor does that make it an error; and over HTTPS security has nothing to say."""
    with Stack(responders=1, env={"PLAIN_HTTP": "off"}) as stack:
        _, _, body = fastcgi.ask(stack.fcgi_socket, "GET", "/health")
        assert is_for_strangers(body)
        status, _, body = fastcgi.ask(stack.fcgi_socket, "GET", "/health", REQUEST_SCHEME="https")
        said = check_form(json.loads(body))
        assert status == 200 and said["checks"]["security"]["status"] == "ok" and said["checks"]["security"]["error"] is None
        assert {"redis", "memcached"} & set(said["checks"]) == set(), "only what the deployment has"
        assert said["checks"]["pool"]["wanted"] is None


# --- what each check fails for ------------------------------------------------------------------------------------------


def security_says(stack, part):
    said = ask(stack)
    check = said["checks"]["security"]
    assert check["status"] == "warning" and check["passed"] and said["status"] == "healthy"
    return part in check["error"]


def test_plain_http_is_a_warning(own):
    assert security_says(own, "PLAIN_HTTP") and ask(own)["checks"]["security"]["warnings"] == 1


def test_a_superuser_is_a_warning(own):
    own.psql("ALTER ROLE stevedores SUPERUSER")
    try:
        own.drop_connections()
        eventually(lambda: security_says(own, "superuser"), "it is told", 10)
        assert ask(own)["checks"]["security"]["warnings"] == 2
    finally:
        own.psql("ALTER ROLE stevedores NOSUPERUSER")
        own.drop_connections()
    eventually(lambda: not security_says(own, "superuser"), "it isn't told any more", 10)


def test_a_role_that_may_change_the_schema_is_a_warning(own):
    own.psql("GRANT stevedores_owner TO stevedores")
    try:
        assert security_says(own, "owns the tables")
    finally:
        own.psql("REVOKE stevedores_owner FROM stevedores")
    assert not security_says(own, "owns")


def test_an_old_schema(own):
    missing = own.psql("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations) RETURNING *")
    try:
        said = ask(own, status=503)
        assert said["status"] == "unhealthy" and said["checks"]["database"]["status"] == "ok"
        schema = said["checks"]["schema"]
        assert schema["status"] == "too_old" and schema["version"] < schema["needed"] and "migrate" in schema["error"]
        eventually(lambda: own.session(None).get("/health/quick").status_code == 503, "the agent sees it", 5)
        assert quick(own, 503)["checks"]["schema"] == {"status": "too_old"}
        assert own.session(None).get("/health/quick").headers["Retry-After"].isdigit()
    finally:
        for row in missing:
            own.psql(f"INSERT INTO schema_migrations VALUES ({', '.join(['%s'] * len(row))})", row)
    assert ask(own)["status"] == "healthy"
    eventually(lambda: own.session(None).get("/health/quick").json()["status"] == "healthy", "the agent sees it", 5)


def test_memory_by_its_limit(own):
    """By the kernel's figures of the real processes, against a limit that is set next to them."""
    def used():
        return ask(own)["checks"]["memory"]["used_bytes"] / MIB

    def status_with(limit_mb):
        own.stop_agent()
        own.env["MEMORY_LIMIT_MB"] = str(limit_mb)
        own.start_agent()
        eventually(lambda: ask(own)["checks"]["memory"]["limit_bytes"] == limit_mb * MIB, "there is a sample", 20)
        return ask(own)
    try:
        status_with(4096)  # whoever made the segment has all of its pages, and the agent that did is gone now
        for _ in range(4):  # the pool may grow meanwhile
            said = status_with(round(used() / 0.8))
            if said["checks"]["memory"]["status"] == "warning":
                break
        assert said["checks"]["memory"]["status"] == "warning" and said["status"] == "healthy", said["checks"]["memory"]
        said = status_with(max(1, round(used() / 3)))
        memory = said["checks"]["memory"]
        assert memory["status"] == "critical" and not memory["passed"] and memory["memory_usage_percent"] > 100
        assert said["status"] == "degraded" and said["summary"]["failed"] == 1
        eventually(lambda: quick(own)["checks"]["memory"]["status"] == "critical", "the agent sees it", 5)
    finally:
        status_with(4096)


def test_a_pool_that_is_short(own):
    """Two run, where three are wanted."""
    def want(responders):
        own.stop_agent()
        own.restart_pool(WEB_WORKERS=str(responders))
        own.start_agent()
        return eventually(lambda: ask(own)["checks"]["pool"]["wanted"] == responders and ask(own), "they know")
    try:
        said = want(3)
        pool = said["checks"]["pool"]
        assert pool["status"] == "short" and pool["responders"] == 2 and pool["error"] == "2 responders of 3 are there"
        assert said["status"] == "degraded" and not pool["passed"]
        eventually(lambda: quick(own)["checks"].get("pool") == {"status": "short"}, "the agent sees it", 10)
    finally:
        assert want(2)["checks"]["pool"]["status"] == "ok"


# --- /health/quick ------------------------------------------------------------------------------------------------------


def test_quick_is_the_agents_last_look(own):
    said = eventually(lambda: quick(own)["status"] == "healthy" and quick(own), "the agent has looked", 10)
    assert set(said) == {"status", "timestamp", "age_ms", "checks", "summary"} and set(said["checks"]) == CHECKS
    assert 0 <= said["age_ms"] < 5000
    assert said["checks"]["agent"] == {"status": "ok"} and said["summary"]["total_checks"] == len(CHECKS)
    eventually(lambda: quick(own)["timestamp"] != said["timestamp"], "it looks again", 5)
    text = own.session("admin").get("/health/quick").text
    assert all(set(check) == {"status"} for check in json.loads(text)["checks"].values()), "an admin isn't told more"


def test_quick_asks_nobody(own):
    http = own.session(None)
    with own.counting() as statements:
        http.get("/health")
        statements()
        for _ in range(50):
            assert http.get("/health/quick").status_code == 200
        assert statements() == []
        http.get("/health")
        assert len(statements()) == 1


def test_quick_without_an_agent_ever():
    with Stack(responders=1, agent=False) as stack:
        said = quick(stack)
        assert said["status"] == "degraded" and said["checks"] == {"agent": {"status": "away"}}
        assert said["timestamp"] is None and said["age_ms"] is None
        agent = ask(stack)["checks"]["agent"]
        assert agent["status"] == "away" and agent["age_ms"] is None and not agent["passed"]
        assert ask(stack)["checks"]["memory"]["status"] == "unknown" and ask(stack)["checks"]["memory"]["passed"]
