# SPDX-License-Identifier: Apache-2.0
"""The schema and the program say the same."""
import glob
import json
import os
import re

from stack import SOURCE


def test_program_needs_the_newest_migration(stack):
    newest = {}
    for path in sorted(glob.glob(os.path.join(SOURCE, "schema/[0-9]*.sql"))):
        number, board = os.path.basename(path).split("_")[:2]
        newest[board] = int(number)
    with open(os.path.join(SOURCE, "src/ops/health.c"), encoding="utf-8") as f:
        needed = re.search(r"needed\[\] = \{(.*)\};", f.read()).group(1)
    assert {board: int(number) for board, number in re.findall(r'\{"(\w+)", (\d+)\}', needed)} == newest
    assert max(newest.values()) == stack.value("SELECT max(version) FROM schema_migrations")


def test_numbers_of_migrations_have_no_gap():
    names = sorted(os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "schema/*.sql")))
    assert [int(re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", name).group(1)) for name in names] == list(
        range(1, len(names) + 1))


def check_values(stack, name):
    definition = stack.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", (name,))
    return re.findall(r"'([^']+)'::text", definition)


# Of resources that aren't called after their tables.
TABLES = {"tallies": "cargo_tallies", "backlog": "backlog_items"}


def settings(stack):
    return {name: value["value"] if isinstance(value, dict) else value
            for name, value in json.loads(stack.ctl("check-config", "--json").stdout).items()}


def test_choices_agree(api, stack):
    meta = api.get("/api/meta")["data"]
    assert meta["boards"] == settings(stack)["BOARDS"].split(",") and meta["timezone"] == "UTC"
    assert meta["cargo_types"] == check_values(stack, "cargo_type_known")
    assert meta["vessel_types"] == check_values(stack, "vessels_type_known")
    assert meta["vessel_statuses"] == check_values(stack, "vessels_status_known")
    assert meta["tally_types"] == check_values(stack, "tallies_type_known")
    assert meta["shifts"] == check_values(stack, "tallies_shift_known")
    body = stack.value("SELECT prosrc FROM pg_proc WHERE proname = 'cargo_plan_is_valid'")
    listed = re.search(r"key NOT IN \(([^)]*)\)", body).group(1)
    assert meta["cargo_types"] == re.findall(r"'([^']+)'", listed)
    for cargo_type in meta["cargo_types"]:
        assert stack.value("SELECT cargo_plan_is_valid(jsonb_build_object(%s::text, 1))", (cargo_type,)) is True
    moves = {}
    for table, at, to in stack.psql("SELECT table_name, from_status, to_status FROM status_moves ORDER BY 1, 2, 3"):
        moves.setdefault(table, {}).setdefault(at, []).append(to)
    assert meta["moves"] == moves and meta["vessel_moves"] == moves["vessels"]


def test_choices_of_every_resource_agree(api, stack):
    """With what the table's constraints let in, where the column has one that lists values."""
    compared = set()
    for resource, columns in api.get("/api/meta")["data"]["choices"].items():
        for column, choices in columns.items():
            assert choices and len(set(choices)) == len(choices)
            for (definition,) in stack.psql(
                    "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid"
                    "   AND c.conkey = ARRAY[a.attnum] WHERE c.contype = 'c' AND a.attname = %s"
                    "   AND c.conrelid = to_regclass(%s) AND pg_get_constraintdef(c.oid) LIKE '%%ARRAY%%'",
                    (column, TABLES.get(resource, resource))):
                assert re.findall(r"'([^']+)'::text", definition) == choices, (resource, column)
                compared.add((resource, column))
    assert {("vessels", "status"), ("vessels", "vessel_type"), ("tallies", "tally_type"), ("users", "role")} <= compared
    statuses = api.get("/api/meta")["data"]["choices"]
    for table, cycle in api.get("/api/meta")["data"]["moves"].items():
        [known] = [columns["status"] for resource, columns in statuses.items() if TABLES.get(resource, resource) == table]
        assert set(cycle) | {to for of in cycle.values() for to in of} == set(known), table


def test_program_runs_without_being_superuser(stack):
    assert stack.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'stevedores'") is False
