# SPDX-License-Identifier: Apache-2.0
"""Import and export: what goes out comes in again, what is wrong is reported by line, and it is fast."""
import csv
import io
import json
import os
import uuid

import pytest
from cli import Cli

HEADER = "id,vessel_id,tally_type,cargo_type,count,tallied_at"
COLUMNS = ("id, vessel_id, tally_type, cargo_type, count, location, shift, tallied_at, recorded_at, tallied_by, note,"
           " voids")


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli("migrate")
    cli.rows("INSERT INTO berths VALUES ('B1', 200, 1), ('B2', 200, 2)")
    return cli


@pytest.fixture
def vessel(cli):
    return cli.rows("INSERT INTO vessels (name, imo, vessel_type) VALUES ('Ship', '9074729', 'roro') RETURNING id")[0][0]


def numbers(done):
    return json.loads(done.stdout)


def line(vessel, n=1, count=5):
    return f"{uuid.UUID(int=n)},{vessel},loaded,van,{count},2026-11-01T00:00:00Z"


def totals_agree(cli):
    [[kept, raw]] = cli.rows("SELECT (SELECT sum(loaded + discharged + damaged) FROM vessel_totals),"
                             " (SELECT sum(count) FROM cargo_tallies)")
    return kept == raw


def test_round_trip(stack, cli):
    cli.rows("DELETE FROM berths")
    cli("demo")
    cli.rows("UPDATE vessels SET notes = %s WHERE id = 3", ('quotes " and, commas\r\nnew line\ttab \\ 船 \\N',))
    other = Cli(stack)
    other("migrate")
    for berth in cli.rows("SELECT name, length_m, position FROM berths"):
        other.rows("INSERT INTO berths VALUES (%s, %s, %s)", berth)
    for what in ("vessels", "tallies"):
        path = os.path.join(stack.run_dir, f"{cli.database}-{what}.csv")
        cli("export", what, path)
        assert numbers(other("import", what, path, "--json"))["refused"] == 0
    for sql in (f"SELECT {COLUMNS} FROM cargo_tallies ORDER BY id",
                "SELECT id, name, imo, vessel_type, line, status, berth, eta, etd, arrived_at, berthed_at,"
                " operations_started_at, operations_completed_at, departed_at, cargo_capacity, gangs, drivers, vans,"
                " wagons, shifts, breaks, notes FROM vessels ORDER BY id",
                "SELECT * FROM vessel_totals ORDER BY 1, 2", "SELECT * FROM vessel_hours ORDER BY 1, 2"):
        assert other.rows(sql) == cli.rows(sql)
    # The next vessel gets a number of its own.
    assert other.rows("INSERT INTO vessels (name, vessel_type) VALUES ('New', 'roro') RETURNING id > 53") == [(True,)]


def test_twice_is_stored_once(cli, vessel):
    path = cli.file("t.csv", HEADER + "\n" + "\n".join(line(vessel, n) for n in range(1, 101)) + "\n")
    assert numbers(cli("import", "tallies", path, "--json"))["stored"] == 100
    again = numbers(cli("import", "tallies", path, "--json"))
    assert (again["stored"], again["already_there"], again["refused"]) == (0, 100, 0)
    assert totals_agree(cli)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_order_byte_order_mark_line_ends(cli, vessel, end):
    text = "\ufeff" + end.join([
        "note,tallied_at,count,cargo_type,vessel_imo,tally_type",
        '"two' + end + 'lines, ""quoted""",2026-11-01T10:00:00+02:00,3,van,9074729,damaged', ""])
    assert numbers(cli("import", "tallies", cli.file("t.csv", text), "--json"))["stored"] == 1
    assert cli.rows("SELECT note, vessel_id, count FROM cargo_tallies") == [(f'two{end}lines, "quoted"', vessel, 3)]


def bad_rows(vessel):
    good = line(vessel)
    return {
        "vessel_id": line(vessel + 1000, 2), "tally_type": line(vessel, 3).replace("loaded", "stolen"),
        "cargo_type": line(vessel, 4).replace("van", "gold"), "count": line(vessel, 5, count=10001),
        "tallied_at": line(vessel, 6).replace("2026-11-01", "2026-02-30"), "row": "1,2,3",
        "id": good.replace(good.split(",", maxsplit=1)[0], "not-a-uuid"),
    }


def test_nothing_is_stored_when_a_row_is_bad(cli, vessel):
    for field, bad in bad_rows(vessel).items():
        path = cli.file("bad.csv", "\n".join([HEADER, line(vessel), bad, line(vessel, 99)]) + "\n")
        message = cli("import", "tallies", path, status=1).stderr
        assert f"line 3: {field}:" in message, message
    assert cli.rows("SELECT count(*) FROM cargo_tallies") == [(0,)]


def test_bad_rows_are_skipped_and_reported(cli, vessel):
    bad = bad_rows(vessel)
    path = cli.file("bad.csv", "\n".join([HEADER, line(vessel), *bad.values(), line(vessel, 99), line(vessel, 99)]) + "\n")
    report = os.path.join(cli.stack.run_dir, f"{cli.database}-report.csv")
    done = numbers(cli("import", "tallies", path, "--skip-bad", "--report", report, "--json"))
    assert (done["stored"], done["refused"]) == (2, len(bad) + 1)
    with open(report, encoding="utf-8", newline="") as f:
        refused = list(csv.reader(f))
    assert refused[0] == ["line", "field", "reason", *HEADER.split(",")]
    assert {(int(r[0]), r[1]) for r in refused[1:]} == {(i + 3, f) for i, f in enumerate(bad)} | {(len(bad) + 4, "id")}
    assert totals_agree(cli)


def test_voids_must_fit(cli, vessel):
    header = HEADER + ",voids"
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    good = [f"{line(vessel)},", f"{line(vessel, 2, -5)},{one}"]
    assert numbers(cli("import", "tallies", cli.file("t.csv", "\n".join([header, *good])), "--json"))["stored"] == 2
    for bad in (f"{line(vessel, 3, -5)},{uuid.UUID(int=77)}", f"{line(vessel, 3, -4)},{one}",
                f"{line(vessel, 3, -5)},{one}", f"{line(vessel, 3, 5)},{one}", f"{line(vessel, 3, -5)},",
                f"{line(vessel, 3, 5)},{two}"):
        cli("import", "tallies", cli.file("bad.csv", "\n".join([header, bad])), status=1)
    assert totals_agree(cli)


@pytest.mark.parametrize("text, reason", [
    ("", "empty"), ("id,vessel_id\n", "missing"), (HEADER + ",colour\n", "colour"), (HEADER + ",id\n", "twice"),
    (HEADER + '\n"unended', "quoted"), (HEADER + '\na"b,c', "quotes"),
])
def test_a_file_that_is_none_is_refused(cli, text, reason):
    assert reason in cli("import", "tallies", cli.file("bad.csv", text), status=1).stderr


def test_bytes_that_are_not_utf8(cli, vessel):
    path = cli.file("latin.csv", HEADER + ",note\n" + line(vessel) + ",Größe\n", encoding="latin-1")
    assert "line 2: note: is not UTF-8" in cli("import", "tallies", path, status=1).stderr


def test_vessels_are_refused_one_by_one(cli):
    text = "\n".join(["name,vessel_type,status,berth,imo,cargo_capacity", "A,roro,berthed,B1,,", "B,roro,berthed,B1,,",
                      "C,roro,expected,B9,,", "D,roro,,,9074729,", "E,roro,,,9074729,", "F,submarine,,,,",
                      'G,roro,,,,"{""van"": 7}"', "H,roro,berthed,,,"]) + "\n"
    done = cli("import", "vessels", cli.file("v.csv", text), "--skip-bad", "--json")
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (3, 5)
    for expected in ("line 3: berth: another", "line 4: berth: there is no", "line 6: imo:", "line 7: vessel_type:",
                     "line 9: berth: is needed"):
        assert expected in done.stderr
    assert cli.rows("SELECT name, capacity_total FROM vessels ORDER BY name") == [("A", 0), ("D", 0), ("G", 7)]
    again = numbers(cli("import", "vessels", cli.file("v.csv", text), "--skip-bad", "--json"))
    assert (again["stored"], again["already_there"]) == (0, 3)


def test_dry_run_stores_nothing(cli, vessel):
    path = cli.file("t.csv", HEADER + "\n" + line(vessel) + "\n")
    assert numbers(cli("import", "tallies", path, "--dry-run", "--json"))["stored"] == 1
    assert cli.rows("SELECT count(*) FROM cargo_tallies") == [(0,)]


def test_export_can_be_narrowed(cli, vessel):
    text = HEADER + "\n" + "\n".join(line(vessel, n).replace("11-01", f"11-{n:02d}") for n in range(1, 11)) + "\n"
    cli("import", "tallies", cli.file("t.csv", text))
    done = cli("export", "tallies", "--vessel", str(vessel), "--from", "2026-11-03T00:00:00Z", "--to",
               "2026-11-05T00:00:00Z")
    assert [row["tallied_at"][:10] for row in csv.DictReader(io.StringIO(done.stdout))] == ["2026-11-03", "2026-11-04"]
    cli("export", "tallies", "--from", "yesterday' OR true", status=64)


def test_many_rows_in_constant_memory(cli, vessel, long):
    rows = 1000000 if long else 100000
    text = HEADER + "\n" + "\n".join(line(vessel, n, 1 + n % 9) for n in range(1, rows + 1)) + "\n"
    path = cli.file("many.csv", text)
    done = cli("import", "tallies", path, "--json")
    assert numbers(done)["stored"] == rows
    print(f"{rows} rows: {numbers(done)['rows_per_second']} rows/s")
    assert totals_agree(cli)
