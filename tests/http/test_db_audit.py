# SPDX-License-Identifier: Apache-2.0
"""What `stevedoresctl db-audit` says of sums that are kept, of indexes, tables and statements. Its plans have a file of their own,
test_list_plans.py."""
import contextlib
import json

import pytest

from stack import Stack, eventually

KEPT = {"row_counts", "vessel_totals", "vessel_hours", "labour_sums", "labour_pending", "contract_totals", "delivery_counts",
        "delivery_pending", "project_totals", "feature_totals", "project_days", "resources, days"}


@pytest.fixture(scope="module")
def demo():
    with Stack(responders=1, berths=False, env={"CACHE": "off"}) as stack:
        stack.ctl("demo")
        yield stack


def audit(stack, part, *args):
    done = stack.ctl("db-audit", part, "--json", *args, check=False)
    return done.returncode, json.loads(done.stdout)


def test_what_is_kept_is_what_it_is_kept_from(demo):
    status, kept = audit(demo, "totals")
    assert {one["kept"] for one in kept} == KEPT
    assert status == 0 and all(one["wrong"] == 0 for one in kept), [one for one in kept if one["wrong"]]
    # It looked at something: all of what the demo made.
    by_name = {one["kept"]: one["rows"] for one in kept}
    assert all(rows >= 1 for rows in by_name.values()), by_name
    assert by_name["vessel_hours"] == demo.value("SELECT count(*) FROM vessel_hours")
    assert by_name["resources, days"] == demo.value("SELECT count(*) FROM resources")


@pytest.mark.parametrize("kept, sql", [
    ("row_counts", "UPDATE row_counts SET rows = rows + 1 WHERE table_name = 'jobs' AND slot = (SELECT min(slot) FROM row_counts WHERE table_name = 'jobs')"),
    ("vessel_totals", "UPDATE vessel_totals SET loaded = loaded + 1 WHERE (vessel_id, cargo_type) = (SELECT vessel_id, cargo_type FROM vessel_totals LIMIT 1)"),
    ("vessel_hours", "DELETE FROM vessel_hours WHERE (vessel_id, hour) = (SELECT vessel_id, hour FROM vessel_hours LIMIT 1)"),
    ("labour_sums", "UPDATE labour_sums SET amount = amount + 1 WHERE counted = 'paid' AND quarter = (SELECT min(quarter) FROM labour_sums WHERE counted = 'paid')"),
    ("labour_pending", "INSERT INTO labour_pending (counted, quarter, kind, rows, amount, part) VALUES ('jobs', '-infinity', 'open', 1, 1, 0)"),
    ("contract_totals", "UPDATE contract_totals SET paid_minor = paid_minor + 1 WHERE contract_id = (SELECT min(contract_id) FROM contract_totals)"),
    ("delivery_counts", "UPDATE delivery_counts SET rows = rows + 1 WHERE table_name = 'resources' AND value = 'available'"),
    ("delivery_pending", "INSERT INTO delivery_pending (resource_id) VALUES (1)"),
    ("project_totals", "UPDATE project_totals SET points = points + 1 WHERE project_id = (SELECT min(project_id) FROM project_totals)"),
    ("feature_totals", "UPDATE feature_totals SET items_done = items_done + 1 WHERE feature_id = (SELECT min(feature_id) FROM feature_totals)"),
    ("project_days", "INSERT INTO project_days SELECT min(id), '1999-12-31', 5, 0 FROM projects"),
    ("resources, days", "UPDATE resources SET half_free = '{}' WHERE id = (SELECT min(id) FROM resources WHERE half_free <> '{}')"),
])
def test_a_sum_that_is_wrong_is_found(demo, kept, sql):
    """As after a trigger that was switched off: each of the sums is seen to differ, and none of the others."""
    name = kept.split(",")[0]
    # The triggers that keep the other sums stay silent meanwhile; the table's rows are put back as they were.
    before = "SET session_replication_role = replica; CREATE TABLE was AS TABLE %s;" % name
    demo.psql(before + sql)
    try:
        status, found = audit(demo, "totals")
    finally:
        generated = {"resources": "UPDATE resources AS r SET half_free = w.half_free FROM was AS w WHERE w.id = r.id"}
        demo.psql("SET session_replication_role = replica;"
                  + generated.get(name, f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM was") + "; DROP TABLE was")
    wrong = [one for one in found if one["wrong"]]
    assert status == 1
    assert [one["kept"] for one in wrong] == [kept]
    assert wrong[0]["wrong"] == 1 and wrong[0]["is"] != wrong[0]["should_be"] and wrong[0]["first"]
    assert audit(demo, "totals")[0] == 0


def test_indexes(demo):
    status, indexes = audit(demo, "indexes")
    assert status == 0
    remarks = {one["name"]: one["remark"] for one in indexes}
    assert remarks["vessels_by_eta"] == "" and remarks["tallies_voided_once"] == ""
    definition = demo.value("SELECT pg_get_indexdef('vessels_by_eta'::regclass)")
    demo.psql("DROP INDEX vessels_by_eta")
    demo.psql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vessels_by_etd'::regclass")
    try:
        status, indexes = audit(demo, "indexes")
    finally:
        demo.psql(definition)
        demo.psql("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'vessels_by_etd'::regclass")
    assert status == 1
    assert {one["name"]: one["remark"] for one in indexes[:2]} == {"vessels_by_eta": "missing", "vessels_by_etd": "not valid"}
    # A big one that nobody asked for anything so far.
    demo.psql("CREATE INDEX nobodys ON cargo_tallies (id) WITH (fillfactor = 10)")
    try:
        status, indexes = audit(demo, "indexes")
    finally:
        demo.psql("DROP INDEX nobodys")
    assert status == 0 and "unused since" in {one["name"]: one["remark"] for one in indexes}["nobodys"]


def test_tables(demo):
    demo.psql("ALTER TABLE vessel_hours SET (autovacuum_enabled = off)")
    with contextlib.closing(demo.connect()) as reader, reader.cursor() as cursor:
        # As long as it looks, nothing of what is dead is taken out of the pages by who comes past.
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM vessel_hours")
        for _ in range(12):
            demo.psql("UPDATE vessel_hours SET tallies = tallies; UPDATE vessel_hours SET tallies = tallies")
        demo.psql("SELECT pg_stat_force_next_flush()")
        status, tables = audit(demo, "tables")
    assert status == 0
    remarks = {one["name"]: one["remark"] for one in tables}
    assert "vacuum" in remarks["vessel_hours"] and remarks["berths"] == ""
    demo.psql("VACUUM ANALYZE vessel_hours, cargo_tallies")
    spare = {one["name"]: one["spare"] for one in audit(demo, "tables")[1]}
    assert int(spare["vessel_hours"]) > 60 and int(spare["cargo_tallies"]) < 30, spare
    demo.psql("VACUUM (FULL, ANALYZE) vessel_hours")
    assert int({one["name"]: one["spare"] for one in audit(demo, "tables")[1]}["vessel_hours"] or 0) < 30


def test_statements_are_there_where_postgresql_counts_them(demo):
    done = demo.ctl("db-audit", "statements", "--json")
    assert json.loads(done.stdout) == [] and "shared_preload_libraries" in done.stderr
    with Stack(responders=1, agent=False) as stack:
        stack.psql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        stack.restart_postgres()
        stack.psql("CREATE EXTENSION pg_stat_statements")
        for _ in range(3):
            assert eventually(lambda: stack.session().get("/api/berths").status_code == 200, "the pool is back")
        stack.psql("SELECT pg_sleep(0.06) AS something_slow", user="stevedores")
        found = json.loads(stack.ctl("db-audit", "statements", "--json").stdout)
    assert "something_slow" in found[0]["statement"] and found[0]["remark"] == "slow"
    assert any("berths" in one["statement"] and one["remark"] == "" for one in found)


def test_what_is_said_to_people(demo):
    lines = demo.ctl("db-audit", "totals").stdout.splitlines()
    assert lines[0].split() == ["kept", "sums", "wrong", "first", "is", "should", "be"]
    assert any(line.split()[:1] == ["vessel_totals"] and line.split()[2] == "0" for line in lines)
    assert demo.ctl("db-audit", "indexes").stdout.splitlines()[0].split() == ["index", "table", "scans", "KiB", "remark"]
    assert demo.ctl("db-audit", "tables").stdout.splitlines()[0].split()[:2] == ["table", "rows"]
    for wrong in (["nothing"], ["totals", "more"], ["indexes", "more"], ["tables", "more"], ["statements", "more"], []):
        assert demo.ctl("db-audit", *wrong, check=False).returncode == 64
