# SPDX-License-Identifier: Apache-2.0
"""`stevedoresctl validate`: a deployment that is as it should be passes, and each thing that isn't fails its own check and no
other, with what to do next."""
import contextlib
import gzip
import json
import os
import re
import signal

import pytest

from stack import SUPERUSER, Stack, eventually, free_port

pytestmark = pytest.mark.nginx  # whose site is changed line by line; test_fronts.py has a deployment as it should be

SCRIPT = b"console.log('a script that is long enough to be worth compressing');\n" * 40
TOPICS = {"configuration", "secrets", "database", "schema", "caches", "shared memory", "agent", "pool", "memory", "site", "health",
          "headers", "static files"}
HTTP = {"site", "health", "headers", "static files"}


class Site:
    """A stack with a page of its own, and TLS on a second port."""

    def __init__(self, stack):
        self.stack = stack
        self.tls_port = free_port()
        self.root = os.path.join(stack.run_dir, "page")
        os.makedirs(os.path.join(self.root, "assets"))
        self.write("index.html", b'<!doctype html><title>x</title><script src="/assets/a-1.js"></script>')
        self.write("assets/a-1.js", SCRIPT)
        self.write("assets/a-1.js.gz", gzip.compress(SCRIPT))
        self.key, self.certificate = (os.path.join(stack.run_dir, name) for name in ("key.pem", "certificate.pem"))
        stack.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                  "30", "-subj", "/CN=localhost", "-keyout", self.key, "-out", self.certificate)
        self.restart()
        eventually(lambda: self.validate()[1]["memory", "in use"]["result"] == "ok", "the agent has taken a sample", 20)

    def write(self, name, content):
        with open(os.path.join(self.root, name), "wb") as f:
            f.write(content)

    def restart(self, change=lambda text: text):
        def ours(text):
            plain = f"listen 127.0.0.1:{self.stack.port};"
            assert plain in text and "    root " in text
            text = text.replace(plain, f"""{plain} listen 127.0.0.1:{self.tls_port} ssl;
                ssl_certificate {self.certificate}; ssl_certificate_key {self.key};""")
            return change(text.replace("    root ", f"    root {self.root}; # ", 1))
        self.stack.stop_nginx()
        self.stack.start_nginx(change=ours)

    @contextlib.contextmanager
    def changed(self, old, new):
        """The web server with another line in its configuration."""
        def change(text):
            assert old in text
            return text.replace(old, new)
        self.restart(change)
        try:
            yield
        finally:
            self.restart()

    def validate(self, *args, url=None, **env):
        """Exit status, and the rows by topic and check."""
        env_file = os.path.join(self.stack.run_dir, "stevedores.env")
        program = os.path.join(self.stack.prefix, "bin/stevedoresctl")
        done = self.stack.run("env", *(f"{k}={v}" for k, v in env.items()), program, "--env-file", env_file, "validate", "--json",
                              "--url", url or self.stack.url(""), *args, check=False)
        answer = json.loads(done.stdout)
        rows = {(row["topic"], row["check"]): row for row in answer["checks"]}
        assert len(rows) == len(answer["checks"])
        for result, number in (("ok", "passed"), ("warning", "warnings"), ("failed", "failed"), ("skipped", "skipped")):
            assert sum(row["result"] == result for row in rows.values()) == answer[number]
        assert answer["ok"] == (done.returncode == 0) == (answer["failed"] == 0), done.stderr
        # Tests beside this one may take the machine; that slowness is seen has a test of its own.
        slow = [name for name, row in rows.items() if name[0] == "health" and "took longer than" in row["found"]]
        for name in slow:
            rows[name]["result"] = "warning"
        return int(answer["failed"] > len(slow)), rows

    def failing(self, *args, **kwargs):
        """The checks that fail, with their rows."""
        _, rows = self.validate(*args, **kwargs)
        found = {name: row for name, row in rows.items() if row["result"] == "failed"}
        assert all(row["found"] for row in found.values())
        return found


@pytest.fixture(scope="module")
def site():
    env = {"RATE_LIMIT": "on", "WEB_WORKERS": "2", "BREAKER_OPEN_MS": "200"}
    with Stack(responders=2, redis=True, memcached=1, env=env) as stack:
        yield Site(stack)


def only(found, *names):
    assert set(found) == set(names), found
    return found[names[0]]["found"] + " " + (found[names[0]]["to_do"] or "")


def test_a_deployment_as_it_should_be(site):
    status, rows = site.validate()
    assert status == 0, [row for row in rows.values() if row["result"] == "failed"]
    assert {topic for topic, _ in rows} == TOPICS
    # What the stack is by intention: plain HTTP, and PostgreSQL without its account of statements.
    assert {name for name, row in rows.items() if row["result"] == "warning"} <= {
        ("configuration", "plain HTTP"), ("site", "protocol"), ("database", "statements"),
        ("health", "live"), ("health", "ready"), ("health", "quick"), ("health", "all")}
    assert {name for name, row in rows.items() if row["result"] == "skipped"} == {
        ("schema", "kept sums"), ("site", "certificate"), ("static files", "brotli")}
    assert all(row["us"] >= 0 for row in rows.values())
    assert rows["static files", "gzip"]["found"] == f"/assets/a-1.js: {len(gzip.compress(SCRIPT))} bytes of {len(SCRIPT)}"
    assert rows["pool", "responders"]["found"] == "2 responders, as computed"


def test_the_table_says_the_same(site):
    env_file = os.path.join(site.stack.run_dir, "stevedores.env")
    done = site.stack.ctl("--env-file", env_file, "validate", "--url", site.stack.url(""), check=False)
    _, rows = site.validate()
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["topic", "check", "result", "ms", "found"] and len(lines) == len(rows) + 3
    results = [re.match(r"[a-z ]+?  +\S.*?  +(ok|warning|FAILED|skipped)  ", line).group(1) for line in lines[1:-2]]
    assert lines[-1].startswith(f"{results.count('ok')} ok, {results.count('warning')} warnings, {results.count('FAILED')} failed, "
                                f"{results.count('skipped')} skipped")
    assert [(line[:13].strip(), line[15:].split("  ")[0]) for line in lines[1:-2]] == list(rows) and done.stderr == ""


def test_nothing_secret_is_said(site):
    env_file = os.path.join(site.stack.run_dir, "stevedores.env")
    done = site.stack.ctl("--env-file", env_file, "validate", "--url", site.stack.url(""), check=False)
    assert site.stack.env["SECRET_KEY"] not in done.stdout + done.stderr


def test_without_an_address_nothing_is_asked_over_http(site):
    done = site.stack.ctl("validate", "--json", check=False)
    rows = json.loads(done.stdout)["checks"]
    assert done.returncode == 0, "nothing that fails is over HTTP"
    assert {row["topic"] for row in rows if row["result"] == "skipped"} >= HTTP
    assert all(row["result"] == "skipped" for row in rows if row["topic"] in HTTP)


def test_calls_that_are_wrong(site):
    for wrong in (["more"], ["--url", "dashboard.example"], ["--url", "ftp://a"], ["--url"], ["--deep"]):
        assert site.stack.ctl("validate", *wrong, check=False).returncode == 64, wrong
    program = os.path.join(site.stack.prefix, "bin/stevedoresctl")
    assert site.stack.run("env", "PER_PAGE_MAX=0", program, "validate", check=False).returncode == 78
    assert "what was found and what to do" in site.stack.ctl("validate", "--help").stdout


# --- secrets and settings -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("key", ["x" * 40, "0123" * 10, "changeme-changeme-changeme-change", "secret4f1d8a6c0b2e9375fa118dcc02"])
def test_a_key_that_others_guess(site, key):
    # It also shapes what is cached, and with it nothing that the pool shares.
    text = only(site.failing(SECRET_KEY=key), ("secrets", "SECRET_KEY"))
    assert "openssl rand" in text and key not in text


def test_a_settings_file_that_everybody_may_read(site):
    path = os.path.join(site.stack.run_dir, "stevedores.env")
    os.chmod(path, 0o644)
    try:
        assert "chmod" in only(site.failing(), ("secrets", "env file"))
    finally:
        os.chmod(path, 0o600)


def test_a_secret_file_that_everybody_may_read(site):
    path = os.path.join(site.stack.run_dir, "previous.key")
    with open(path, "w", encoding="ascii") as f:
        f.write("5c1f9ad3" * 8)
    os.chmod(path, 0o644)
    assert "SECRET_KEY_PREVIOUS_FILE" in only(site.failing(SECRET_KEY_PREVIOUS_FILE=path), ("secrets", "secret files"))
    os.chmod(path, 0o600)
    site.stack.run("true")
    os.chown(path, site.stack.user.pw_uid if site.stack.user else -1, -1)
    assert site.failing(SECRET_KEY_PREVIOUS_FILE=path) == {}


@pytest.mark.parametrize("env, name", [
    ({"LOG_LEVEL": "debug"}, ("configuration", "log")), ({"RATE_LIMIT": "off"}, ("configuration", "rate limits")),
    ({"CACHE": "off"}, ("configuration", "cache")), ({"CACHE_WAIT_MS": "60000"}, ("configuration", "timeouts")),
    ({"DATABASE_STATEMENT_TIMEOUT_MS": "40000"}, ("configuration", "timeouts")),
    ({"ALERT_DATABASE_CONNECTIONS": "2"}, ("database", "connections")),
])
def test_what_could_be_better_is_a_warning(site, env, name):
    status, rows = site.validate(**env)
    assert status == 0 and rows[name]["result"] == "warning" and rows[name]["to_do"], rows[name]


def test_a_zone_that_is_none(site):
    assert "Mars/Olympus" in only(site.failing(PORT_TIMEZONE="Mars/Olympus"), ("database", "time zone"))


# --- database -----------------------------------------------------------------------------------------------------------

def test_a_superuser(site):
    conninfo = site.stack.conninfo.replace("user=stevedores", f"user={SUPERUSER}")
    assert "DATABASE_OWNER_URL" in only(site.failing(DATABASE_URL=conninfo), ("secrets", "database role"))


def test_the_owner(site):
    status, rows = site.validate(DATABASE_URL=site.stack.owner_conninfo)
    assert status == 0 and rows["secrets", "database role"]["result"] == "warning"


def test_an_index_that_is_missing_or_not_valid(site):
    definition = site.stack.value("SELECT pg_get_indexdef('vessels_by_eta'::regclass)")
    site.stack.psql("DROP INDEX vessels_by_eta")
    site.stack.psql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vessels_by_etd'::regclass")
    try:
        text = only(site.failing(), ("schema", "indexes"))
    finally:
        site.stack.psql(definition)
        site.stack.psql("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'vessels_by_etd'::regclass")
    assert "vessels_by_eta is missing" in text and "vessels_by_etd is not valid" in text


def test_an_older_and_a_newer_schema(site):
    stack = site.stack
    stack.psql("CREATE TABLE kept AS TABLE schema_migrations")
    stack.psql("GRANT SELECT ON kept TO stevedores")
    try:
        stack.psql("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
        found = site.failing()
        assert "stevedoresctl migrate" in found["schema", "migrations"]["to_do"] and "1 of " in found["schema", "migrations"]["found"]
        assert {name for name in found if name[0] != "health"} == {("schema", "migrations")}
        assert ("health", "ready") in found, "the program itself refuses to work on it"
        stack.psql("INSERT INTO schema_migrations SELECT * FROM kept ON CONFLICT DO NOTHING")
        stack.psql("INSERT INTO schema_migrations VALUES (9000, '9000_core_later', 'x', now(), 1)")
        assert "newer than this program" in only(site.failing(), ("schema", "migrations"))
    finally:
        stack.psql("DELETE FROM schema_migrations WHERE version = 9000")
        stack.psql("INSERT INTO schema_migrations SELECT * FROM kept ON CONFLICT DO NOTHING")
        stack.psql("DROP TABLE kept")


def test_a_right_that_is_missing(site):
    site.stack.psql("REVOKE ALL ON berths FROM stevedores")
    try:
        assert "berths" in only(site.failing(), ("schema", "rights"))
    finally:
        site.stack.psql("GRANT SELECT, INSERT, UPDATE, DELETE ON berths TO stevedores")


def test_a_database_that_takes_no_writes(site):
    site.stack.psql("ALTER ROLE stevedores SET default_transaction_read_only = on")
    try:
        assert "default_transaction_read_only" in only(site.failing(), ("database", "writes"))
    finally:
        site.stack.psql("ALTER ROLE stevedores RESET default_transaction_read_only")


def test_more_responders_than_connections(site):
    found = site.failing(WEB_WORKERS="64", MEMORY_LIMIT_MB="65536")
    text = only(found, ("database", "connections"), ("pool", "responders"))
    assert "needs 65 connections" in text and "2 responders of 64" in found["pool", "responders"]["found"]


def test_no_database(site):
    status, rows = site.validate(DATABASE_URL=f"host={site.stack.run_dir} port=5999 dbname=stevedores user=stevedores")
    failed = {name for name, row in rows.items() if row["result"] == "failed"}
    # The pool has its own way there, which is as good as ever.
    assert status == 1 and failed == {("database", "connection")}
    assert all(row["result"] == "skipped" for name, row in rows.items()
               if name[0] in ("database", "schema") and name != ("database", "connection"))


# --- host ---------------------------------------------------------------------------------------------------------------

def test_redis_is_away(site):
    site.stack.end("redis", signal.SIGKILL)
    try:
        found = site.failing()
    finally:
        site.stack.start_redis()
    assert ("caches", "Redis") in found and "REDIS_URL" in found["caches", "Redis"]["to_do"]
    assert set(found) <= {("caches", "Redis"), ("caches", "circuit breakers")}
    eventually(lambda: site.stack.session().get(f"/api/vessels?q={os.urandom(6).hex()}").ok and site.failing() == {}, "all is well again", 20)


def test_memcached_is_away(site):
    site.stack.end("memcached0", signal.SIGKILL)
    try:
        found = site.failing()
    finally:
        site.stack.start_memcached()
    assert ("caches", "memcached") in found and set(found) <= {("caches", "memcached"), ("caches", "circuit breakers")}
    eventually(lambda: site.failing() == {}, "all is well again", 20)


def test_caches_that_the_deployment_has_not(site):
    _, rows = site.validate(REDIS_URL="", MEMCACHED_SERVERS="")
    assert rows["caches", "Redis"]["result"] == rows["caches", "memcached"]["result"] == "skipped"


def test_no_probe_is_left_behind(site):
    before = site.stack.redis("DBSIZE")
    site.validate()
    assert site.stack.redis("DBSIZE") == before


def test_the_agent_is_away(site):
    site.stack.stop_agent(signal.SIGKILL)
    try:
        found = eventually(lambda: ("agent", "sign of life") in site.failing() and site.failing(), "it is missed", 20)
    finally:
        site.stack.start_agent()
    assert "stevedores-agent" in only({name: row for name, row in found.items() if name[0] != "health"}, ("agent", "sign of life"))
    eventually(lambda: site.failing() == {}, "all is well again", 20)


def test_another_segment(site):
    assert "there is no segment" in site.failing(SHM_NAME="/stevedores-nobodys")["shared memory", "segment"]["found"]
    assert "other settings" in site.failing(CACHE_LOCAL_MB="3")["shared memory", "segment"]["found"]


def test_no_room_for_the_segment(site):
    found = site.failing(SHM_NAME="/stevedores-nobodys", CACHE_LOCAL_MB="4096", MEMORY_LIMIT_MB="65536")
    free = os.statvfs("/dev/shm")
    if free.f_bavail * free.f_frsize > 4100 << 20:
        assert ("shared memory", "room") not in found
    else:
        assert "CACHE_LOCAL_MB" in found["shared memory", "room"]["to_do"]


def test_no_pool(site):
    site.stack.stop_pool()
    try:
        found = site.failing()
    finally:
        site.stack.start_pool()
    assert "no responder is running" in found["pool", "responders"]["found"]
    assert {("health", "live"), ("headers", "API")} <= set(found)
    assert {topic for topic, _ in found} == {"pool", "health", "headers"}
    site.stack.wait_ready()


def test_memory_over_the_limit(site):
    assert "RESPONDER_MEMORY_MB" in only(site.failing(MEMORY_LIMIT_MB="100"), ("memory", "at most"))
    site.stack.stop_agent()
    site.stack.env["MEMORY_LIMIT_MB"] = "4"
    site.stack.start_agent()
    try:
        found = eventually(lambda: ("memory", "in use") in site.failing() and site.failing(), "a sample says so", 20)
    finally:
        site.stack.stop_agent()
        del site.stack.env["MEMORY_LIMIT_MB"]
        site.stack.start_agent()
    assert "% of the limit" in found["memory", "in use"]["found"]
    eventually(lambda: site.failing() == {}, "all is well again", 20)


# --- site ---------------------------------------------------------------------------------------------------------------

def test_nobody_is_there(site):
    status, rows = site.validate(url=f"http://127.0.0.1:{free_port()}")
    assert status == 1 and rows["site", "page"]["result"] == "failed" and "onnect" in rows["site", "page"]["found"]
    assert all(row["result"] == "skipped" for name, row in rows.items() if name[0] in HTTP and name != ("site", "page"))


def test_headers_that_are_missing(site):
    with site.changed("include " + os.path.join(site.stack.run_dir, "headers.conf") + ";", ""):
        text = only(site.failing(), ("headers", "page"))
    assert "Content-Security-Policy is missing" in text and "stevedoresctl headers nginx" in text


def test_headers_that_come_twice(site):
    with site.changed('add_header X-None "";\n        gzip on;', 'add_header X-Frame-Options SAMEORIGIN always;\n        gzip on;'):
        assert "X-Frame-Options is sent twice" in only(site.failing(), ("headers", "API"))


def test_answers_that_others_may_keep(site):
    with site.changed('add_header X-None "";\n        gzip on;',
                      'fastcgi_hide_header Cache-Control; add_header Cache-Control "public, max-age=60" always;\n        gzip on;'):
        assert "public, max-age=60" in only(site.failing(), ("headers", "API is private"))


def test_static_files_that_are_not_compressed(site):
    with site.changed("gzip_static on;", ""):
        assert "gzip_static on" in only(site.failing(), ("static files", "gzip"))


def test_static_files_that_are_compressed_twice(site):
    site.write("assets/a-1.js.gz", gzip.compress(gzip.compress(SCRIPT)))
    try:
        assert "compressed twice" in only(site.failing(), ("static files", "gzip"))
    finally:
        site.write("assets/a-1.js.gz", gzip.compress(SCRIPT))


def test_static_files_that_browsers_ask_for_again(site):
    with site.changed('"public, max-age=31536000, immutable"', '"no-cache"'):
        assert "stevedores_cache_control" in only(site.failing(), ("static files", "kept by browsers"))


def test_a_page_that_browsers_keep(site):
    with site.changed('default      "no-cache";', 'default      "max-age=3600";'):
        assert "max-age=3600" in only(site.failing(), ("headers", "page is asked anew"))


def test_no_page(site):
    with site.changed("try_files /index.html =404;", "try_files /nothing.html =404;"):
        found = site.failing()
    assert found["site", "page"]["found"].endswith("status 404")


def test_a_server_that_tells_its_version(site):
    with site.changed("charset utf-8;", "charset utf-8; server_tokens on;"):
        status, rows = site.validate()
    assert status == 0 and rows["site", "server"]["result"] == "warning"


def test_health_addresses_that_are_not_passed_on(site):
    with site.changed("location ~ ^/(api|events|health)(/|$) {", "location ~ ^/(api|events)(/|$) {"):
        found = site.failing()
    assert set(found) == {("health", name) for name in ("live", "ready", "quick", "all")}


def test_health_that_takes_long(site):
    """nginx lets no more than 15 a second through, and the others wait."""
    def slow(text):
        for old, new in (("map $uri $stevedores_cache_control {", "limit_req_zone $host zone=slow:32k rate=15r/s;\n{}"),
                         ("location ~ ^/(api|events|health)(/|$) {", "{} limit_req zone=slow burst=100;")):
            assert old in text
            text = text.replace(old, new.replace("{}", old))
        return text
    site.restart(slow)
    try:
        _, rows = site.validate()
    finally:
        site.restart()
    assert rows["health", "all"]["found"].startswith("/health: half of 20 took longer than 50.0 ms")
    assert rows["health", "quick"]["found"].startswith("/health/quick: half of 20 took longer than 5.0 ms")
    assert rows["health", "all"]["us"] > 50000 and rows["health", "all"]["to_do"]


def test_a_certificate_that_nobody_knows(site):
    """All else is looked at nonetheless: HSTS, which comes over TLS only, and HTTP/1.1, which could be 2."""
    url = f"https://127.0.0.1:{site.tls_port}"
    text = only(site.failing(url=url), ("site", "certificate"))
    assert "certificate" in text and "it ends in 29 days" in text
    _, rows = site.validate(url=url)
    assert rows["headers", "page"]["found"].endswith("with HSTS") and rows["headers", "API"]["found"].endswith("with HSTS")
    assert rows["site", "protocol"]["result"] == "warning"
    with site.changed(f"listen 127.0.0.1:{site.tls_port} ssl;", f"listen 127.0.0.1:{site.tls_port} ssl http2;"):
        assert site.validate(url=url)[1]["site", "protocol"]["found"] == "HTTPS, HTTP/2"
    with site.changed("include " + os.path.join(site.stack.run_dir, "headers.conf") + ";",
                      "include " + os.path.join(site.stack.run_dir, "headers.conf") + "; add_header Strict-Transport-Security max-age=1;"):
        assert "Strict-Transport-Security is sent twice" in site.failing(url=url)["headers", "page"]["found"]
