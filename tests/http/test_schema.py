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
    with open(os.path.join(SOURCE, "src/ops/checks.c"), encoding="utf-8") as f:
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


# What never gets as far as the table: texts have lengths, numbers have ranges, choices and words are checked before; or no client
# can write the column at all.
IMPLIED = re.compile(r"\w+_(length|known|range)|\w+_(skills|tickets)_valid")
IMPLIED_TOO = {
    # The column's check in C says the same.
    "contracts_currency_form", "jobs_currency_form", "payments_currency_form", "projects_code_form", "users_username_format",
    "vessels_breaks_valid", "vessels_cargo_capacity_valid", "vessels_imo_valid", "vessels_shifts_valid",
    # A trigger, or the statement itself, says it first, with the same text whoever writes, or sees to it that it holds.
    "contracts_job_exists", "payments_contract_exists", "tallies_sign", "tallies_vessel_exists", "tallies_voids_exists",
    "backlog_before_not_kept", "backlog_done_has_time", "projects_closed_when_over",
    # The primary key implies it.
    "features_of_project",
    # Nobody writes these: the program makes the token, for whoever is logged in.
    "api_keys_token_unique", "api_keys_user_id_fkey", "sessions_token_unique", "sessions_user_id_fkey",
}


def in_declarations(pattern):
    """What resources' declarations say."""
    found = set()
    for path in glob.glob(os.path.join(SOURCE, "src/boards/*/*.c")) + glob.glob(os.path.join(SOURCE, "src/people/*.c")):
        with open(path, encoding="utf-8") as f:
            found |= set(re.findall(pattern, f.read()))
    return found


def test_every_rule_of_a_resource_has_a_text(stack):
    tables, mapped = in_declarations(r'\.table = "(\w+)"'), in_declarations(r'\{"(\w+)", "\w+", OUT_\w+,')
    there = {name for (name,) in stack.psql(
        "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text = ANY (%s) AND contype IN ('c', 'f', 'u', 'x')"
        " UNION SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid::regclass::text = ANY (%s)"
        "   AND indisunique AND NOT indisprimary", (list(tables), list(tables)))}
    assert {"vessels", "payments", "backlog_items", "users"} <= tables and "features_of_project" in there
    without = {name for name in there - mapped - IMPLIED_TOO if not IMPLIED.fullmatch(name)}
    assert not without, "give them a text in the resource's constraints"
    assert IMPLIED_TOO <= there - mapped, "on the list for nothing"


def test_program_runs_without_being_superuser(stack):
    assert stack.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'stevedores'") is False
