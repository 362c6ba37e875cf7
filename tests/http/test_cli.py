# SPDX-License-Identifier: Apache-2.0
"""stevedoresctl: migrations, accounts, demo, and what it says when something is wrong."""
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cli import Cli


@pytest.fixture
def cli(stack):
    return Cli(stack)


def test_migrate_applies_each_file_once(cli):
    first = json.loads(cli("migrate", "--json").stdout)
    assert first and all(m["applied"] and m["now"] for m in first)
    second = json.loads(cli("migrate", "--json").stdout)
    assert [m["name"] for m in second] == [m["name"] for m in first]
    assert not any(m["now"] for m in second)
    assert cli.rows("SELECT count(*), count(DISTINCT checksum) FROM schema_migrations") == [(len(first), len(first))]


def test_two_at_once_take_turns(cli):
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: json.loads(cli("migrate", "--json").stdout), range(4)))
    assert sum(any(m["now"] for m in run) for run in runs) == 1
    assert all(m["applied"] for run in runs for m in run)


def own_schema(cli):
    """A copy of the schema's files to tamper with."""
    path = os.path.join(cli.stack.run_dir, f"{cli.database}-schema")
    shutil.copytree(cli.stack.env["SCHEMA_DIR"], path)
    os.chmod(path, 0o755)
    cli.env["SCHEMA_DIR"] = path
    return path


def test_a_changed_file_is_refused_by_name(cli):
    path = own_schema(cli)
    cli("migrate")
    name = sorted(os.listdir(path))[1]
    with open(os.path.join(path, name), "a", encoding="utf-8") as f:
        f.write("-- changed\n")
    assert name[:-4] in cli("migrate", status=1).stderr


def test_a_failing_migration_leaves_nothing(cli):
    path = own_schema(cli)
    bad = f"{len(os.listdir(path)) + 1:04d}_core_bad"
    with open(os.path.join(path, f"{bad}.sql"), "w", encoding="utf-8") as f:
        f.write("CREATE TABLE half (a int);\nSELECT 1 / 0;\n")
    assert bad in cli("migrate", status=1).stderr
    assert cli.rows("SELECT to_regclass('half')") == [(None,)]
    assert "not yet" in cli("migrate", "--status").stdout


def test_a_newer_database_and_equal_numbers_are_refused(cli):
    path = own_schema(cli)
    cli("migrate")
    cli.rows("INSERT INTO schema_migrations VALUES (9000, 'from_the_future', 'x', now(), 1)")
    assert "from_the_future" in cli("migrate", status=1).stderr
    shutil.copy(os.path.join(path, "0001_core_users.sql"), os.path.join(path, "0001_core_again.sql"))
    assert "same number" in cli("migrate", status=1).stderr


def test_init_makes_the_database_or_says_who_can(stack):
    cli = Cli(stack, create=False)
    message = cli("init", status=1).stderr
    assert cli.database in message and "administrator" in message
    stack.psql("ALTER ROLE stevedores CREATEDB")
    try:
        assert "was created" in cli("init").stdout
    finally:
        stack.psql("ALTER ROLE stevedores NOCREATEDB")
    assert "is there" in cli("init").stdout


def test_accounts(cli):
    cli("migrate")
    cli("user", "add", "ines", "--role", "clerk", "--display-name", "Inés", "--password-stdin", stdin="correct horse\n")
    assert "already" in cli("user", "add", "ines", "--role", "clerk", "--password-stdin", stdin="correct horse\n",
                            status=1).stderr
    assert "role" in cli("user", "add", "otto", "--role", "king", "--password-stdin", stdin="correct horse\n",
                         status=1).stderr
    assert "10" in cli("user", "add", "otto", "--role", "clerk", "--password-stdin", stdin="short\n", status=1).stderr
    assert "user name" in cli("user", "add", "Ött o", "--role", "clerk", "--password-stdin", stdin="correct horse\n",
                              status=1).stderr
    [[first]] = cli.rows("SELECT password_hash FROM users WHERE username = 'ines'")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    cli("user", "passwd", "ines", "--password-stdin", stdin="another horse\n")
    assert cli.rows("SELECT password_hash FROM users") != [(first,)]
    cli("user", "disable", "ines")
    [listed] = json.loads(cli("user", "list", "--json").stdout)
    assert (listed["username"], listed["display_name"], listed["enabled"]) == ("ines", "Inés", "no")
    cli("user", "enable", "ines")
    assert "no user nobody" in cli("user", "disable", "nobody", status=1).stderr


def test_demo_fills_an_empty_port_only(cli):
    cli("migrate")
    assert "vessels" in cli("demo", "--tallies", "20000").stdout
    statuses = dict(cli.rows("SELECT status, count(*) FROM vessels GROUP BY status"))
    assert set(statuses) == {"expected", "arrived", "berthed", "operations_active", "operations_complete", "departed"}
    [[stored, kept]] = cli.rows("SELECT (SELECT count(*) FROM cargo_tallies), (SELECT sum(tallies) FROM vessel_totals)")
    assert stored == kept >= 20000
    assert cli.rows("SELECT count(*) FROM vessel_hours WHERE hour > now() - interval '2 hours'")[0][0] >= 3
    assert cli.rows("SELECT count(*) > 0 FROM cargo_tallies WHERE voids IS NOT NULL") == [(True,)]
    assert "already" in cli("demo", status=1).stderr


def test_routes_are_the_whole_api(cli):
    listed = json.loads(cli("routes", "--json").stdout)
    assert {"GET /api/dashboard", "PATCH /api/vessels/{id}", "POST /api/tallies/{id}/void"} <= {
        f"{r['method']} {r['path']}" for r in listed}
    assert all(r["role"] != "-" and r["summary"] for r in listed)


def test_check_config(cli):
    cli("migrate")
    shown = cli("check-config")
    assert re.search(r"^SECRET_KEY +\(set\)$", shown.stdout, re.M)
    assert cli.stack.env["SECRET_KEY"] not in shown.stdout + shown.stderr
    json.loads(cli("check-config", "--json").stdout)
    cli.env["PORT_TIMEZONE"] = "Atlantis/Capital"
    assert "Atlantis/Capital" in cli("check-config", status=78).stderr
    cli.env.update(PORT_TIMEZONE="Europe/Berlin", PER_PAGE_MAX="lots", LOG_LEVEL="loud")
    wrong = cli("check-config", status=78).stderr
    assert "PER_PAGE_MAX:" in wrong and "LOG_LEVEL:" in wrong


def test_every_program_refuses_a_bad_value_by_name(stack):
    for program in ("sbin/stevedores-fcgi", "sbin/stevedores-agent"):
        path = os.path.join(stack.prefix, program)
        env = {**stack.environment(), "PEER_TIMEOUT_MS": "never"}
        done = subprocess.run([path], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 78 and "PEER_TIMEOUT_MS:" in done.stderr
        done = subprocess.run([path, "--help"], env={}, capture_output=True, text=True, check=True)
        assert "PEER_TIMEOUT_MS" in done.stdout
        done = subprocess.run([path, "--check-config"], env=stack.environment(), capture_output=True, text=True,
                              check=True)
        assert "SECRET_KEY" in done.stdout and stack.env["SECRET_KEY"] not in done.stdout


def test_workers(cli):
    # 64 MiB for each, beside 16 of local cache and 8 for the agent.
    for limit, by_memory in (("216", 3), ("215", 2), ("10", 0)):
        cli.env["MEMORY_LIMIT_MB"] = limit
        assert json.loads(cli("workers", "--json").stdout)["by_memory"] == by_memory
        assert int(cli("workers", "--count").stdout) == 3
        assert ("more than memory has room for" in cli("workers").stdout) == (by_memory < 3)
    cli.env["MEMORY_LIMIT_MB"] = "216"
    cli.env["WEB_WORKERS"] = "7"
    assert cli("workers", "--count").stdout == "7\n"
    assert "WEB_WORKERS" in cli("workers").stdout and "more than memory has room for" in cli("workers").stdout
    cli.env["WEB_WORKERS"] = "65"
    assert "WEB_WORKERS" in cli("workers", "--count", status=78).stderr


def test_wrong_calls(cli):
    for args in (["nonsense"], ["import", "ships", "x"], ["export"], ["user"], ["demo", "--tallies", "many"], []):
        assert "Usage: stevedoresctl" in cli(*args, status=64).stderr
    assert "Usage: stevedoresctl import" in cli("import", "--help").stdout


def test_programs_of_postgresql_find_the_database(cli):
    assert cli("pg", "psql", "-XAt", "-c", "SELECT current_database() || current_user").stdout == f"{cli.database}stevedores\n"
    cli.env["DATABASE_OWNER_URL"] = cli.env["DATABASE_URL"].replace("user=stevedores", "user=stevedores_owner")
    who = ("psql", "-XAt", "-c", "SELECT current_user")
    assert (cli("pg", *who).stdout, cli("pg", "--owner", *who).stdout) == ("stevedores\n", "stevedores_owner\n")
    assert cli("--database", "postgres", "pg", "psql", "-XAt", "-c", "SELECT current_database()").stdout == "postgres\n"
    assert cli("--database=postgres", "migrate", "--status").stdout


def test_what_a_url_says_reaches_programs_as_it_is(cli):
    """Their arguments are theirs, their exit status is ours."""
    url = "postgresql://who:it%27s%20%5C%20me@/here?host=/run/x,/run/y&port=1,2&application_name=a%20b&keepalives=0"
    cli.env.update(DATABASE_URL=url, DATABASE_OWNER_URL="")
    show = ("sh", "-c", 'printf "%s|" "$PGUSER" "$PGPASSWORD" "$PGHOST" "$PGPORT" "$PGAPPNAME" "$PGDATABASE" "$@"', "sh", "--owner", "--help")
    said = "who|it's \\ me|/run/x,/run/y|1,2|a b|%s|--owner|--help|"
    done = cli("pg", *show)
    assert done.stdout == said % "here" and "keepalives can't be told to sh" in done.stderr
    assert cli("--database", "it's \\ there", "pg", *show).stdout == said % "it's \\ there"
    cli("pg", "sh", "-c", "exit 42", status=42)
    assert "no-such-program" in cli("pg", "./no-such-program", status=127).stderr
    cli("pg", "/", status=126)
    assert "Usage: stevedoresctl pg" in cli("pg", "--help").stdout
    for args in (["pg"], ["pg", "--owner"], ["pg", "--nonsense", "sh"], ["--database", "", "pg", "true"], ["--databases", "x", "pg", "true"]):
        assert "Usage: stevedoresctl" in cli(*args, status=64).stderr
