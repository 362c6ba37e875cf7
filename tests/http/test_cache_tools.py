# SPDX-License-Identifier: Apache-2.0
"""What shows an operator how the caches are: stevedoresctl cache, /health; and the addresses that Redis and memcached can have."""
import os
import pwd
import re
import shutil
import signal
import subprocess
import urllib.parse

import caching
import limits
import port
import pytest

from stack import Stack, eventually, free_port

ENV = {**caching.UNHURRIED, "BREAKER_FAILURES": "3", "BREAKER_OPEN_MS": "500"}


@pytest.fixture(scope="module")
def shared_pool():
    with Stack(responders=2, redis=True, memcached=1, env=ENV) as stack:
        yield stack


@pytest.fixture
def pool(shared_pool):
    """All parts run, whatever the test before has done."""
    started = [part for part in ("redis", "memcached0", "agent") if part not in shared_pool.processes]
    for part, start in (("redis", shared_pool.start_redis), ("memcached0", shared_pool.start_memcached),
                        ("agent", shared_pool.start_agent)):
        if part not in shared_pool.processes:
            start()
    eventually(lambda: health(shared_pool)[1]["status"] == "healthy" and health(shared_pool)[1]["checks"]["memory"]["status"] == "ok",
               "all parts are healthy")
    if started:
        caching.settle(shared_pool)
    return shared_pool


def health(stack):
    response = stack.session().get("/health")
    return response.status_code, response.json()


# --- /health ------------------------------------------------------------------------------------------------------------

BREAKER = {"circuit_breaker_state", "failures_in_a_row", "failures", "opened", "last_error", "last_error_age_ms"}
CHECK = {"status", "passed", "us", "error"}


def test_healthy(pool):
    status, said = health(pool)
    assert status == 200 and said["status"] == "healthy" and said["version"]
    checks = said["checks"]
    assert set(checks) == {"database", "schema", "agent", "shared_memory", "redis", "memcached", "local_cache", "memory", "pool",
                           "security"}
    assert all(CHECK <= set(check) and check["passed"] and check["us"] >= 0 for check in checks.values())
    assert checks.pop("security")["status"] == "warning", "these tests go without TLS"
    assert {check["status"] for check in checks.values()} == {"ok"}
    for name in ("database", "redis", "memcached"):
        assert set(checks[name]) == CHECK | BREAKER
        assert checks[name]["circuit_breaker_state"] == "closed" and checks[name]["us"] > 0
    assert checks["schema"]["version"] >= checks["schema"]["needed"] > 0
    assert checks["agent"]["age_ms"] >= 0
    assert checks["shared_memory"]["bytes"] > checks["local_cache"]["bytes"] > checks["local_cache"]["used_bytes"] >= 0


@pytest.mark.parametrize("part, name", [("redis", "redis"), ("memcached0", "memcached")])
def test_degraded_without_a_cache(pool, part, name):
    """The breaker says what happened: it opens, stays open until something answers, and closes by itself."""
    opened = health(pool)[1]["checks"][name]["opened"]
    pool.end(part, signal.SIGKILL)

    def breaker_while_away():
        status, said = health(pool)
        assert status == 200 and said["status"] == "degraded"
        check = said["checks"].pop(name)
        assert check["status"] == "away" and not check["passed"]
        assert all(other["passed"] for other in said["checks"].values())
        assert check["last_error"] and check["last_error_age_ms"] >= 0
        return check

    eventually(lambda: breaker_while_away()["circuit_breaker_state"] == "open", "the breaker opens")
    # Each trial fails, and is the last error then.
    failures = breaker_while_away()["failures"]
    eventually(lambda: breaker_while_away()["failures"] > failures, "it is tried again")
    assert breaker_while_away()["circuit_breaker_state"] in ("open", "half_open")
    assert breaker_while_away()["opened"] == opened + 1, "a failed trial is no other opening"
    if part == "redis":
        pool.start_redis()
    else:
        pool.start_memcached()
    eventually(lambda: health(pool)[1]["status"] == "healthy", "it closes by itself")
    breaker = health(pool)[1]["checks"][name]
    assert breaker["circuit_breaker_state"] == "closed" and breaker["failures_in_a_row"] == 0 and breaker["opened"] == opened + 1
    caching.settle(pool)


def test_degraded_without_an_agent(pool):
    pool.stop_agent(signal.SIGKILL)
    eventually(lambda: health(pool)[1]["checks"]["agent"]["status"] == "away", "its silence is noticed")
    status, said = health(pool)
    assert status == 200 and said["status"] == "degraded"


def test_unhealthy_without_a_database(pool):
    pool.stop_postgres()
    try:
        response = pool.session().get("/health")
        assert response.status_code == 503 and response.headers["Retry-After"].isdigit()
        said = response.json()
        assert said["status"] == "unhealthy" and said["checks"]["database"]["status"] == "away"
        eventually(lambda: health(pool)[1]["checks"]["database"]["circuit_breaker_state"] != "closed", "the breaker has heard of it")
        # libpq names the host, the path and the user: an admin is told, a stranger isn't.
        assert pool.run_dir in said["checks"]["database"]["error"]
        text = pool.session(None).get("/health").text
        assert pool.run_dir not in text and "PGSQL" not in text
        assert said["checks"]["schema"]["status"] == "unknown"
        assert {said["checks"][name]["status"] for name in ("redis", "memcached", "local_cache")} == {"ok"}
    finally:
        pool.start_postgres()
    eventually(lambda: health(pool)[0] == 200, "it heals")


def test_unhealthy_with_an_old_schema(pool):
    needed = health(pool)[1]["checks"]["schema"]["needed"]
    missing = pool.psql("DELETE FROM schema_migrations WHERE version >= %s RETURNING *", (needed,))
    try:
        status, said = health(pool)
        assert status == 503 and said["status"] == "unhealthy" and said["checks"]["schema"]["status"] == "too_old"
    finally:
        for row in missing:
            pool.psql(f"INSERT INTO schema_migrations VALUES ({', '.join(['%s'] * len(row))})", row)


def test_health_tells_no_secret(pool):
    for role in ("admin", None):
        text = pool.session(role).get("/health").text
        for secret in (pool.env["SECRET_KEY"], pool.conninfo, pool.env["REDIS_URL"], pool.env["MEMCACHED_SERVERS"]):
            assert secret not in text
    assert pool.run_dir not in text, "what a stranger is told"


# --- stevedoresctl cache ------------------------------------------------------------------------------------------------


def test_cache_stats(pool):
    api = port.Api(pool)
    vessel = api.vessel()
    for _ in range(3):
        api.read(vessel["id"])
    versions = dict(pool.psql("SELECT tag, version FROM cache_versions"))
    eventually(lambda: caching.stats(pool)["versions"] == versions, "the host knows the versions")
    text, told = pool.ctl("cache", "stats").stdout, caching.stats(pool)
    lines = text.splitlines()
    assert not any(line.endswith(" ") for line in lines)
    assert all(len(line) <= 120 for line in lines if "s ago)" not in line), "only an error may be long"
    assert set(told) == {"segment_bytes", "regions", "local", "counters", "breakers", "versions"}
    counts = {name: n for name, n in told["counters"].items() if name.startswith("cache_answers_")}
    hits = sum(counts.values()) - counts["cache_answers_miss"] - counts["cache_answers_stale"]
    assert re.search(rf"^hits of all +{hits} of {sum(counts.values())} +{100 * hits / sum(counts.values()):.1f} %$", text, re.M)
    for name, breaker in told["breakers"].items():
        assert re.search(rf"^{name} +{breaker['state']} +{breaker['failures']} +{breaker['opened']}( |$)", text, re.M), text
    assert re.search(rf"^vessels +{versions['vessels']} +[0-9]+ ms$", text, re.M)
    newest = max(version for tag, version in versions.items() if re.fullmatch("vessel_[0-9][0-9]", tag))
    assert re.search(rf"^vessel, 64 groups +{newest} +[0-9]+ ms$", text, re.M)
    for region, size in told["regions"].items():
        assert re.search(rf"^{region} +{-(-size // 1024)}$", text, re.M), region
    assert sum(told["regions"].values()) <= told["segment_bytes"]
    assert 0 < told["local"]["entries"] and 0 < told["local"]["used_bytes"] <= told["local"]["bytes"]


def test_cache_clear(pool):
    api = port.Api(pool)
    path = f"/api/vessels/{api.vessel()['id']}"
    api.http.get(path)
    assert caching.stats(pool)["local"]["entries"] > 0
    assert "Redis and memcached keep theirs" in pool.ctl("cache", "clear").stdout
    local = caching.stats(pool)["local"]
    assert local["entries"] == local["used_bytes"] == 0
    assert caching.source(api.http.get(path)) == ("hit", "redis")


def test_cache_refuses(pool):
    """A wrong call; no pool, or one with other settings; a segment of somebody else."""
    for args in ((), ("status",), ("stats", "now"), ("clear", "stats"), ("stats", "--all")):
        done = pool.ctl("cache", *args, check=False)
        assert done.returncode == 64 and "Usage: stevedoresctl cache stats|clear [--json]" in done.stderr, args
    program = os.path.join(pool.prefix, "bin/stevedoresctl")
    for name, value in (("SHM_NAME", "/stevedores-test-nothing"), ("CACHE_LOCAL_MB", "17")):
        done = pool.run("env", f"{name}={value}", program, "cache", "stats", check=False)
        assert done.returncode == 1 and "does the pool run, with the same settings" in done.stderr
    assert not os.path.exists("/dev/shm/stevedores-test-nothing"), "who only looks makes nothing"
    if pool.user:
        other = pwd.getpwnam("nobody" if pool.user.pw_name != "nobody" else "daemon")

        def become_other():
            os.setgroups([])
            os.setgid(other.pw_gid)
            os.setuid(other.pw_uid)

        done = subprocess.run([program, "cache", "stats"], env=pool.environment(), cwd="/", capture_output=True, text=True,
                              check=False, preexec_fn=become_other)
        assert done.returncode == 1 and "may you read what is its user's" in done.stderr, done


# --- addresses ----------------------------------------------------------------------------------------------------------

PASSWORD = "p@ss:w/örd %?#"
QUOTED = urllib.parse.quote(PASSWORD, safe="")


@pytest.fixture(scope="module")
def secured():
    """A pool, and a Redis that wants a password, on a port and on a unix socket, and has a user who may do what the program does
    and nothing else."""
    with Stack(responders=2, env={**ENV, "RATE_LIMIT": "on", "RATE_LIMIT_READ": "100/minute"}) as stack:
        stack.redis_port = free_port()
        stack.redis_socket = os.path.join(stack.run_dir, "redis.sock")
        stack.spawn("redis", [shutil.which("redis-server"), "--bind", "127.0.0.1", "--port", str(stack.redis_port),
                              "--unixsocket", stack.redis_socket, "--save", "", "--dir", stack.run_dir])
        eventually(lambda: stack.redis("PING") == "PONG", "Redis answers")
        assert stack.redis("ACL", "SETUSER", "dashboard", "on", f">{PASSWORD}2", "~sd:*", "+get", "+set", "+del", "+select",
                           "+evalsha", "+script|load") == "OK"
        assert stack.redis("CONFIG", "SET", "requirepass", PASSWORD) == "OK"
        yield stack


def redis(stack, database, *args):
    return stack.redis("-a", PASSWORD, "--no-auth-warning", "-n", str(database), *args)


@pytest.mark.parametrize("url, database", [
    ("redis://:{password}@127.0.0.1:{port}", 0),
    ("redis://:{password}@localhost:{port}/3", 3),
    ("redis://default:{password}@127.0.0.1:{port}/0", 0),
    ("redis://dashboard:{password}2@127.0.0.1:{port}/2", 2),
    ("unix://:{password}@{socket}", 0),
    ("unix://dashboard:{password}2@{socket}?db=5", 5),
], ids=["password", "database", "default user", "user", "socket", "socket, user, database"])
def test_addresses_of_redis(secured, url, database):
    """Answers are kept there and requests counted there, in that database and in no other."""
    assert redis(secured, 0, "FLUSHALL") == "OK"
    secured.restart_pool(REDIS_URL=url.format(password=QUOTED, port=secured.redis_port, socket=secured.redis_socket))
    eventually(lambda: health(secured)[1]["checks"]["redis"]["circuit_breaker_state"] == "closed", "Redis is asked")
    assert health(secured)[1]["checks"]["redis"]["status"] == "ok", health(secured)
    caller = limits.caller(secured, limits.new_address())
    caching.clear(secured)
    redis(secured, 0, "FLUSHALL")
    assert caching.source(caller.get("/api/berths")) == ("miss", "redis")
    caching.clear(secured)
    assert caching.source(caller.get("/api/berths")) == ("hit", "redis")
    keys = redis(secured, database, "KEYS", "*").split()
    assert any(key.startswith("sd:limit:") for key in keys) and any(re.fullmatch("sd:[0-9a-f]{32}", key) for key in keys), keys
    assert re.findall(r"^db([0-9]+):", redis(secured, 0, "INFO", "keyspace"), re.M) == [str(database)]


@pytest.mark.parametrize("url, error", [
    ("redis://:wrong-secret@127.0.0.1:{port}", "WRONGPASS"),
    ("redis://127.0.0.1:{port}", "NOAUTH"),
    ("redis://nobody:wrong-secret@127.0.0.1:{port}", "WRONGPASS"),
    ("redis://:{password}@127.0.0.1:{port}/9999", "DB index is out of range"),
    ("unix:///nowhere/redis.sock", "No such file"),
], ids=["wrong password", "none", "unknown user", "unknown database", "no socket"])
def test_redis_that_refuses(secured, url, error):
    """It is like one that is away: the breaker has the reason, requests are answered, and nobody is told the password."""
    seen = len(secured.log_text("pool.log"))
    secured.restart_pool(REDIS_URL=url.format(password=QUOTED, port=secured.redis_port))
    for _ in range(5):
        assert limits.caller(secured, limits.new_address()).get("/api/berths").status_code == 200
    # The segment outlives a pool, and with it what its breakers knew.
    eventually(lambda: error in (health(secured)[1]["checks"]["redis"]["last_error"] or ""), "the reason is told", 15)
    status, said = health(secured)
    assert status == 200 and said["status"] == "degraded" and said["checks"]["redis"]["status"] == "away"
    for text in (secured.log_text("pool.log")[seen:], str(said), secured.ctl("cache", "stats").stdout,
                 secured.ctl("check-config").stdout):
        assert "secret" not in text.replace("SECRET_KEY", "") and PASSWORD not in text and QUOTED not in text


@pytest.mark.parametrize("url, reason", [
    ("rediss://:top-secret@redis.example:6380/0", "asks for TLS, which the Redis client library here doesn't have"),
    ("http://:top-secret@127.0.0.1", "begins with neither redis:// nor unix://"),
    ("redis://:top-secret@127.0.0.1:70000", "has a port that is not a number from 1 to 65535"),
    ("redis://:top-secret@127.0.0.1/zero", "may only have /DATABASE, a number, behind the host"),
    ("unix://:top-secret@run/redis.sock", "has no absolute path"),
], ids=["tls", "scheme", "port", "database", "path"])
def test_addresses_that_are_refused_at_the_start(stack, url, reason):
    for program in ("sbin/stevedores-fcgi", "sbin/stevedores-agent"):
        done = stack.run("env", f"REDIS_URL={url}", os.path.join(stack.prefix, program), "--check-config", check=False)
        assert done.returncode == 78 and done.stderr.startswith("REDIS_URL: ") and reason in done.stderr, done.stderr
        assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("own_stack", [{"env": ENV}], indirect=True)
def test_memcached_on_a_unix_socket(own_stack):
    path = os.path.join(own_stack.run_dir, "memcached.sock")
    own_stack.spawn("memcached-unix", [shutil.which("memcached"), "-s", path, "-a", "0700", "-t", "1"])
    eventually(lambda: os.path.exists(path), "memcached listens")
    try:
        own_stack.restart_pool(MEMCACHED_SERVERS=path)
        eventually(lambda: health(own_stack)[1]["checks"]["memcached"]["status"] == "ok", "memcached answers")
        caching.clear(own_stack)
        http = own_stack.session()
        assert caching.source(http.get("/api/berths")) == ("miss", "memcached")
        caching.clear(own_stack)
        assert caching.source(http.get("/api/berths")) == ("hit", "memcached")
    finally:
        own_stack.end("memcached-unix")
