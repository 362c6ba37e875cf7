# SPDX-License-Identifier: Apache-2.0
"""stevedoresctl migrate and init: every way in which files and database may not fit together has its own message."""
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from cli import Cli


@pytest.fixture
def cli(stack):
    """A migrated database, and files of its own."""
    cli = Cli(stack)
    cli.schema = os.path.join(stack.run_dir, f"{cli.database}-files")
    shutil.copytree(stack.env["SCHEMA_DIR"], cli.schema)
    os.chmod(cli.schema, 0o755)
    cli.env["SCHEMA_DIR"] = cli.schema
    cli("migrate")
    return cli


def add(cli, name, sql="SELECT 1;\n"):
    with open(os.path.join(cli.schema, name), "w", encoding="utf-8") as f:
        f.write(sql)


def next_number(cli):
    return len([name for name in os.listdir(cli.schema) if name.endswith(".sql")]) + 1


def path_of(cli, number):
    [name] = [name for name in os.listdir(cli.schema) if name.startswith(number)]
    return os.path.join(cli.schema, name)


@pytest.mark.parametrize("name", ["12_core_x.sql", "0012-core-x.sql", "0012_.sql", "0000_core_x.sql", "notes.sql"])
def test_a_name_that_is_not_understood(cli, name):
    add(cli, name)
    assert name in cli("migrate", status=1).stderr


def test_what_is_no_sql_file_may_lie_there(cli):
    add(cli, "README.md")
    add(cli, ".0002_port_vessels.sql")
    add(cli, "0002_port_vessels.sql~")
    cli("migrate")


def test_a_file_that_is_missing(cli):
    missing = path_of(cli, "0002")
    os.remove(missing)
    message = cli("migrate", status=1).stderr
    assert os.path.basename(missing)[:-4] in message and "missing" in message


def test_a_gap(cli):
    """Nothing has applied the missing file yet, so only its number can be told."""
    number = next_number(cli)
    add(cli, f"{number + 1:04d}_core_later.sql", "CREATE TABLE later (a int);\n")
    for call in (["migrate", "--status"], ["migrate"]):
        message = cli(*call, status=1).stderr
        assert f"{number + 1:04d}_core_later" in message and f"{number:04d} is not" in message
    assert cli.rows("SELECT to_regclass('later')") == [(None,)]
    add(cli, f"{number:04d}_otherboard_x.sql")
    cli("migrate")
    assert cli.rows("SELECT to_regclass('later')") == [("later",)]


def test_a_file_that_was_renamed(cli):
    old = path_of(cli, "0002")
    os.rename(old, os.path.join(cli.schema, "0002_port_ships.sql"))
    message = cli("migrate", status=1).stderr
    assert os.path.basename(old)[:-4] in message and "0002_port_ships" in message


def test_a_file_that_is_no_text(cli):
    name = f"{next_number(cli):04d}_core_binary.sql"
    add(cli, name, "SELECT 1;\0 DROP TABLE users;\n")
    assert name in cli("migrate", status=1).stderr


def test_a_board_that_is_off(cli):
    number = next_number(cli)
    name = f"{number:04d}_someboard_things"
    add(cli, f"{name}.sql", "CREATE TABLE things (a int);\n")
    told = {m["name"]: m for m in json.loads(cli("migrate", "--json").stdout)}
    assert told[name]["wanted"] is False
    assert told[name]["applied"] is False
    assert cli.rows("SELECT to_regclass('things')") == [(None,)]
    # It was on once, and its tables are there: that is no newer database.
    checksum = told[name]["checksum"]
    cli.rows("CREATE TABLE things (a int)")
    cli("migrate", "--status")
    cli.rows("INSERT INTO schema_migrations VALUES (%s, %s, %s, now(), 1)", (number, name, checksum))
    cli("migrate")


def test_status_changes_nothing(stack):
    cli = Cli(stack)
    assert "not yet" in cli("migrate", "--status").stdout
    assert cli.rows("SELECT to_regclass('schema_migrations')") == [(None,)]


def test_two_inits_at_once(stack):
    cli = Cli(stack, create=False)
    stack.psql("ALTER ROLE stevedores CREATEDB")
    try:
        with ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(lambda _: cli("init").stdout, range(4)))
    finally:
        stack.psql("ALTER ROLE stevedores NOCREATEDB")
    assert sum("was created" in run for run in runs) == 1


def test_no_tables_and_no_database_are_told_apart(stack):
    empty = Cli(stack)
    for call in (["user", "list"], ["demo"]):
        assert "stevedoresctl migrate" in empty(*call, status=1).stderr
    assert "stevedoresctl init" in Cli(stack, create=False)("user", "list", status=1).stderr


def test_calls_that_were_planned_before_shifts_were_asked(stack):
    """A port that is at 0011 goes on with what it has: round the clock, without breaks."""
    cli = Cli(stack)
    cli.schema = os.path.join(stack.run_dir, f"{cli.database}-files")
    os.makedirs(cli.schema)
    os.chmod(cli.schema, 0o755)
    cli.env["SCHEMA_DIR"] = cli.schema
    files = sorted(name for name in os.listdir(stack.env["SCHEMA_DIR"]) if name.endswith(".sql"))
    for name in [name for name in files if name < "0012"]:
        shutil.copy(os.path.join(stack.env["SCHEMA_DIR"], name), cli.schema)
    cli("migrate")
    cli.rows("INSERT INTO vessels (name, vessel_type, cargo_capacity) SELECT 'MV ' || n, 'roro', '{\"van\": 3}'"
             " FROM generate_series(1, 500) AS n")
    before = cli.rows("SELECT id, version, updated_at, capacity_total FROM vessels ORDER BY id")
    for name in [name for name in files if name >= "0012"]:
        shutil.copy(os.path.join(stack.env["SCHEMA_DIR"], name), cli.schema)
    cli("migrate")
    assert cli.rows("SELECT DISTINCT shifts, breaks FROM vessels") == [(["morning", "afternoon", "night"], {})]
    assert cli.rows("SELECT id, version, updated_at, capacity_total FROM vessels ORDER BY id") == before
    for column, value in (("shifts", '["morning", "morning"]'), ("shifts", '["dawn"]'), ("shifts", '{}'), ("breaks", '{"10:10": 5}'),
                          ("breaks", '{"24:00": 5}'), ("breaks", '{"10:00": 181}'), ("breaks", '{"10:00": "5"}'), ("breaks", '[]')):
        assert cli.rows("SELECT " + ("shifts" if column == "shifts" else "breaks") + "_are_valid(%s::jsonb)", (value,)) == [(False,)]
