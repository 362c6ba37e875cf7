# SPDX-License-Identifier: Apache-2.0
"""Secrets: from files, changed while people work, and never in anything that is printed, logged or answered."""
import os
import secrets
import shutil
import subprocess

import caching
import pytest

from stack import Stack, eventually

PROGRAMS = ("sbin/stevedores-fcgi", "sbin/stevedores-agent")


def new_secret():
    return secrets.token_hex(20)


def run(stack, *args, status=None, **env):
    """A program with settings beside the stack's (None takes one away); all that it printed."""
    settings = {**stack.environment(), **env}
    settings = {name: value for name, value in settings.items() if value is not None}
    program = os.path.join(stack.prefix, args[0])
    done = subprocess.run([program, *args[1:]], cwd=stack.dir, env=settings, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=600, check=False, preexec_fn=stack._child(9))
    if status is not None:
        assert done.returncode == status, f"{args} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def secret_file(stack, name, content, mode=0o600):
    path = os.path.join(stack.run_dir, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(content)
    stack._give_away(path)
    os.chmod(path, mode)
    return path


# --- from files ---------------------------------------------------------------------------------------------------------


def test_each_program_takes_secrets_from_files(stack):
    key = secret_file(stack, "key", new_secret() + "\n")
    url = secret_file(stack, "url", stack.conninfo + "\n")
    files = {"SECRET_KEY": None, "SECRET_KEY_FILE": key, "DATABASE_URL": None, "DATABASE_URL_FILE": url}
    for program in PROGRAMS:
        text = run(stack, program, "--check-config", status=0, **files)
        assert "DATABASE_URL                   (set)" in text and "warning" not in text
    run(stack, "bin/stevedoresctl", "migrate", "--status", status=0, **files)  # the URL is that database's
    named = {**files, "SECRET_KEY_FILE": "key", "CREDENTIALS_DIRECTORY": stack.run_dir}
    run(stack, "bin/stevedoresctl", "check-config", status=0, **named)
    del named["CREDENTIALS_DIRECTORY"]
    assert "SECRET_KEY_FILE: must begin with a slash" in run(stack, "bin/stevedoresctl", "check-config", status=78,
                                                             **named)


def test_a_bad_secret_file_is_refused_by_name(stack):
    key = new_secret()
    path = secret_file(stack, "bad-key", key + "\n")
    for program in PROGRAMS:
        text = run(stack, program, "--check-config", status=78, SECRET_KEY_FILE=path)
        assert text.startswith("SECRET_KEY: SECRET_KEY_FILE is set as well") and key not in text
    os.chmod(path, 0)
    if stack.user or os.geteuid() != 0:
        text = run(stack, PROGRAMS[0], status=78, SECRET_KEY=None, SECRET_KEY_FILE=path)
        assert text.startswith("SECRET_KEY_FILE: can't be read: Permission denied")
    os.chmod(path, 0o644)
    text = run(stack, "bin/stevedoresctl", "check-config", status=0, SECRET_KEY=None, SECRET_KEY_FILE=path)
    assert "warning: SECRET_KEY_FILE: " in text and key not in text
    secret_file(stack, "bad-key", key * 30)
    text = run(stack, "bin/stevedoresctl", "check-config", status=78, SECRET_KEY=None, SECRET_KEY_FILE=path)
    assert text.startswith("SECRET_KEY_FILE: names a file that has more than 1024 bytes") and key not in text


# --- rotation -----------------------------------------------------------------------------------------------------------


def page(stack, cursor=None):
    return stack.session().get("/api/vessels", params={"per_page": 1, "sort": "name", **({"cursor": cursor} if cursor
                                                                                       else {})})


def test_a_cursor_outlives_a_change_of_keys_until_the_old_key_is_gone(own_stack):
    for name in ("Alma", "Berta", "Cora"):
        assert own_stack.session().post("/api/vessels", json={"name": name, "vessel_type": "bulk"}).status_code == 201
    old = page(own_stack).json()["pagination"]["next_cursor"]
    before, after = own_stack.env["SECRET_KEY"], new_secret()

    own_stack.restart_pool(SECRET_KEY=after)
    assert page(own_stack, old).status_code == 400

    own_stack.restart_pool(SECRET_KEY_PREVIOUS=before)
    answer = page(own_stack, old)
    assert answer.status_code == 200 and answer.json()["data"][0]["name"] == "Berta"
    page(own_stack, old)  # this one out of the cache
    new = answer.json()["pagination"]["next_cursor"]

    del own_stack.env["SECRET_KEY_PREVIOUS"]
    own_stack.restart_pool()
    assert page(own_stack, old).status_code == 400
    answer = page(own_stack, new)
    assert answer.status_code == 200 and answer.json()["data"][0]["name"] == "Cora"

    # The new key from a file is the same key.
    del own_stack.env["SECRET_KEY"]
    own_stack.restart_pool(SECRET_KEY_FILE=secret_file(own_stack, "key", after + "\n"))
    assert page(own_stack, new).status_code == 200


# --- nothing is told ----------------------------------------------------------------------------------------------------


class Told:
    """Texts in which none of the secrets may stand, nor half of one."""

    def __init__(self, *hidden):
        self.hidden = [part for secret in hidden for part in (secret[:len(secret) // 2], secret[len(secret) // 2:])]
        self.texts = 0

    def check(self, text):
        assert text, "nothing was said at all"
        for secret in self.hidden:
            assert secret not in text, text
        self.texts += 1


def test_bad_values_are_refused_without_showing_them(stack):
    # Two halves of a password with something special between.
    a, b = "y" + secrets.token_hex(8), "z" + secrets.token_hex(8)
    told = Told(a, b)
    urls = [f"postgresql://app:{a}{c}{b}@db.example/port" for c in ("/", "@", "%", "/1@", "@/", "/?")] + [
        f"host=/x password={a} {b}", f"host=/x password='{a}", f"host=/x password={a} {b}=1", f"{a}{b}",
        f"postgres://{a}:{b}:{a}", f"postgresql://app:{a}@[{b}", f"postgresql://{a}:{b}/x@db.example/port",
        f"postgresql://app@db.example:{a}/port", f"postgresql://app:1/{a}@{b}/port", ""]
    redis = [f"redis://:{a}{c}{b}@cache.example" for c in ("/", "%", "#", "?")] + [
        f"{a}{b}", f"redis://{a}@{b}:x", f"rediss://:{a}@{b}", f"unix://:{a}@{b}", f"redis://:{a}@c.example/{b}",
        f"redis://:{a}@{b}:123456", f"redis://c.example:{a}"]
    bad = [("DATABASE_URL", url) for url in urls] + [("REDIS_URL", url) for url in redis]
    bad += [("SECRET_KEY", a), ("SECRET_KEY", a * 100), ("SECRET_KEY_PREVIOUS", b), ("SECRET_KEY", "")]
    # What belongs in NAME was put in NAME_FILE.
    bad += [("SECRET_KEY_FILE", a + b), ("DATABASE_URL_FILE", f"postgresql://app:{a}@{b}"), ("SECRET_KEY_FILE", "/" + a)]
    for name, value in bad:
        env = {name: value}
        if name.endswith("_FILE"):
            env[name[:-5]] = None
        for program in ((*PROGRAMS, "bin/stevedoresctl") if value in (urls[0], redis[0], a) else PROGRAMS[:1]):
            action = "check-config" if program == "bin/stevedoresctl" else "--check-config"
            text = run(stack, program, action, status=78, **env)
            assert text.startswith(f"{name}: "), text
            told.check(text)
    assert told.texts > 30


def test_a_bad_owner_url_is_refused_without_showing_it(stack):
    """Only the command line connects as the owner; it names the setting that is wrong, not the one that isn't."""
    a, b = "y" + secrets.token_hex(8), "z" + secrets.token_hex(8)
    told = Told(a, b)
    urls = [f"postgresql://owner:{a}{c}{b}@db.example/port" for c in ("/", "%zz", "%", "@", "/1@", "@/", "/?")] + [
        f"host=/x password={a} {b}", f"host=/x password='{a}", f"{a}{b}", f"postgresql://owner@db.example:{a}/port"]
    for url in urls:
        path = secret_file(stack, "owner-url", url + "\n")
        for args in (["migrate", "--status"], ["migrate"], ["init"]):
            for env in ({"DATABASE_OWNER_URL": url}, {"DATABASE_OWNER_URL": None, "DATABASE_OWNER_URL_FILE": path}):
                if args != ["init"] and url not in urls[:2]:
                    continue
                text = run(stack, "bin/stevedoresctl", *args, **env)
                told.check(text)
                assert "DATABASE_OWNER_URL" in text, text
    assert told.texts == 30


def test_good_urls_of_every_form_are_taken(stack):
    """The check before libpq is no stricter than libpq, where it matters."""
    for url in ("postgresql://", "postgres://app@/port", "postgresql://app:s%40c%2Fret@db.example:5432,other:5433/port",
                "postgresql://app:se?c#ret@db.example/port?connect_timeout=10", "postgresql://[::1]:5432/port",
                "postgresql:///port?host=/run/postgresql", "host=/run/postgresql dbname=port port=5432,,5433",
                "host=/x password='a b/@'", "postgresql://%2Frun%2Fpostgresql/port", "service=port"):
        run(stack, PROGRAMS[0], "--check-config", status=0, DATABASE_URL=url)


def refusing_redis(stack, password, echoing):
    """One that wants another password; or one without AUTH, which repeats what it was sent."""
    stack.end("redis")
    stack.spawn("redis", [shutil.which("redis-server"), "--bind", "127.0.0.1", "--port", str(stack.redis_port), "--save",
                          "", "--appendonly", "no", "--dir", stack.run_dir]
                + (["--rename-command", "AUTH", ""] if echoing else ["--requirepass", password]))
    expected = "PONG" if echoing else "NOAUTH"
    eventually(lambda: stack.redis("PING").startswith(expected), "Redis answers")


@pytest.mark.parametrize("echoing", [False, True])
def test_servers_that_refuse_the_password_dont_make_it_known(echoing):
    database, redis, key = (new_secret() for _ in range(3))
    told = Told(database, redis, key)
    stack = Stack(redis=True, env={"LOG_LEVEL": "debug", "SECRET_KEY": key, "SECRET_KEY_PREVIOUS": key[::-1],
                                   "BREAKER_FAILURES": "2"})
    stack.env["REDIS_URL"] = f"redis://:{redis}@127.0.0.1:{stack.redis_port}"
    try:
        stack.start()
        # From here on the role needs a password, and it isn't the one that the pool has.
        with open(os.path.join(stack.data_dir, "pg_hba.conf"), "w", encoding="ascii") as f:
            f.write("local all postgres trust\nlocal all all scram-sha-256\n")
        stack.psql("ALTER ROLE stevedores PASSWORD 'the right one'")
        stack.psql("SELECT pg_reload_conf()")
        refusing_redis(stack, "the right one", echoing)
        stack.stop_agent()
        stack.drop_connections()
        url = f"postgresql://stevedores:{database}@/stevedores?host={stack.run_dir}"
        stack.restart_pool(DATABASE_URL=url)
        stack.start_agent()
        http = stack.session()
        for path in ("/api/vessels", "/api/dashboard", "/api/vessels?cursor=x", "/health/ready", "/health/quick",
                     "/health", "/metrics", "/nowhere"):
            for _ in range(6):
                answer = http.get(path)
                told.check(answer.text)
                told.check(str(answer.headers))
        health = http.get("/health").json()["checks"]
        assert health["database"]["status"] == "away" and health["redis"]["status"] == "away"
        # Nobody is known to be an admin any more, who would be told; the command line asks the segment.
        error = caching.stats(stack)["breakers"]["redis"]["last_error"]
        # Nobody tries again as long as it is given up, and then the one without a password has had the last word.
        assert error in ("AUTH: ERR", "AUTH: ERR" if echoing else "AUTH: WRONGPASS"), error
        eventually(lambda: any(line["event"] == "db_connect_failed" for line in stack.logs("agent")), "the agent tries")
        # The breaker is everybody's: whose failure opened it, responder's or agent's, is chance.
        eventually(lambda: caching.stats(stack)["breakers"]["redis"]["opened"] > 0
                   and any(line["event"] == "breaker_open" and line["name"] == "redis"
                           for line in stack.logs() + stack.logs("agent")), "Redis is given up, and that is logged")
        assert any("password authentication failed" in line.get("detail", "") for line in stack.logs())
        for part in ("pool", "agent", "nginx-error", "nginx-access"):
            if stack.log_text(f"{part}.log"):
                told.check(stack.log_text(f"{part}.log"))
        # The command line, as itself and as others see it.
        for args in (["check-config"], ["check-config", "--json"], ["check-config", "--sample"], ["routes"], ["workers"],
                     ["migrate"], ["init"], ["user", "list"], ["cache", "stats"]):
            told.check(run(stack, "bin/stevedoresctl", *args))
        for program in PROGRAMS:
            told.check(run(stack, program, "--check-config", status=0))
            told.check(run(stack, program, "--help", status=0))
        for pid in stack.responder_pids():
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as f:
                told.check(f.read())
        # And with the right passwords.
        stack.psql(f"ALTER ROLE stevedores PASSWORD '{database}'")
        if not echoing:
            refusing_redis(stack, redis, False)
        stack.restart_pool(BREAKER_OPEN_MS="100")
        stack.wait_ready()
        for path in ("/api/vessels", "/health", "/metrics"):
            told.check(http.get(path).text)
        told.check(stack.log_text("pool.log"))
    finally:
        stack.stop()
