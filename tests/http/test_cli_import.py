# SPDX-License-Identifier: Apache-2.0
"""Import and export where it is easy to get wrong: what a round trip may lose, voids, a ship's several calls, numbers that
are given and made, and that neither memory nor time grows faster than the file."""
import csv
import os
import signal
import subprocess
import time
import uuid

import pytest
from cli import Cli
from test_cli_csv import HEADER, line, numbers, totals_agree

from stack import eventually


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli("migrate")
    return cli


@pytest.fixture
def vessel(cli):
    return cli.rows("INSERT INTO vessels (name, imo, vessel_type) VALUES ('Ship', '9074729', 'roro') RETURNING id")[0][0]


def taken(cli, what, name, lines, *args, status=0):
    return cli("import", what, cli.file(name, "\n".join(lines) + "\n"), *args, status=status)


def test_a_port_goes_into_an_empty_database(stack, cli):
    """Nothing but what export wrote: no berth made by hand, and nothing that CSV may lose."""
    cli("demo")
    cli.rows("UPDATE vessels SET notes = '' WHERE id = 2")
    cli.rows("UPDATE vessels SET notes = %s WHERE id = 3", ("  spaces at both ends, \"quotes\"\r\nnew line\t\\N 船 ",))
    cli.rows("INSERT INTO cargo_tallies SELECT gen_random_uuid(), id, 'damaged', 'van', 1, ' aft ', NULL, now(), now(),"
             " 'O''Neil', '\\.' FROM vessels WHERE status = 'operations_active'")
    other = Cli(stack)
    other("migrate")
    for what in ("berths", "vessels", "tallies"):
        path = os.path.join(stack.run_dir, f"{cli.database}-{what}.csv")
        cli("export", what, path)
        assert not os.path.exists(path + ".tmp")
        done = numbers(other("import", what, path, "--json"))
        assert (done["refused"], done["already_there"]) == (0, 0) and done["stored"] > 0
        again = numbers(other("import", what, path, "--json"))
        assert (again["refused"], again["stored"]) == (0, 0)
    for sql in ("SELECT name, length_m, position FROM berths ORDER BY name", "SELECT * FROM cargo_tallies ORDER BY id",
                "SELECT id, name, imo, status, berth, eta, etd, departed_at, cargo_capacity, notes FROM vessels ORDER BY id",
                "SELECT * FROM vessel_totals ORDER BY 1, 2", "SELECT * FROM vessel_hours ORDER BY 1, 2"):
        assert other.rows(sql) == cli.rows(sql)


def test_the_trail_says_who_imported(cli, vessel):
    taken(cli, "tallies", "w.csv", [HEADER, line(vessel)])
    [(actor, via)] = cli.rows("SELECT actor, via FROM audit WHERE object_type = 'cargo_tallies'")
    assert (actor, via) == (cli.stack.run("id", "-un").stdout.strip(), "ctl")


@pytest.mark.parametrize("change", [("loaded", "discharged"), ("van", "truck"), ("T00:", "T01:")])
def test_a_void_repeats_what_it_voids(cli, vessel, change):
    """Or sums over tallies would not be what the totals say."""
    voiding = (line(vessel, 2, -5) + f",{uuid.UUID(int=1)}").replace(*change)
    lines = [HEADER + ",voids", line(vessel) + ",", voiding]
    assert "line 3: voids: " in taken(cli, "tallies", "v.csv", lines, status=1).stderr
    assert cli.rows("SELECT count(*) FROM cargo_tallies") == [(0,)]


def test_a_refused_void_does_not_stand_in_the_way_of_a_good_one(cli, vessel):
    target = f",{uuid.UUID(int=1)}"
    lines = [HEADER + ",voids", line(vessel) + ",", line(vessel, 2, -4) + target, line(vessel, 3, -5) + target]
    done = numbers(taken(cli, "tallies", "v.csv", lines, "--skip-bad", "--json"))
    assert (done["stored"], done["refused"]) == (2, 1)
    assert cli.rows("SELECT sum(count) FROM cargo_tallies") == [(0,)] and totals_agree(cli)


def test_the_call_that_a_ship_was_on(cli):
    calls = dict(cli.rows(
        "INSERT INTO vessels (name, imo, vessel_type, status, eta) VALUES"
        " ('first', '9074729', 'roro', 'departed', '2026-10-01Z'), ('second', '9074729', 'roro', 'departed', '2026-11-01Z'),"
        " ('announced', '9074729', 'roro', 'expected', '2026-12-01Z') RETURNING name, id"))
    header = "vessel_imo,tally_type,cargo_type,count,tallied_at"
    for name, at in (("first", "2026-09-30"), ("first", "2026-10-20"), ("second", "2026-11-02"), ("second", "2026-11-20")):
        taken(cli, "tallies", "t.csv", [header, f"9074729,loaded,van,1,{at}T10:00:00Z"])
        assert cli.rows("SELECT vessel_id FROM cargo_tallies ORDER BY recorded_at DESC, tallied_at DESC LIMIT 1") == [
            (calls[name],)]
    wrong = [header + ",vessel_id", "9074729,loaded,van,1,2026-11-02T10:00:00Z,12345",
             "9176187,loaded,van,1,2026-11-02T10:00:00Z,", ",loaded,van,1,2026-11-02T10:00:00Z,"]
    said = taken(cli, "tallies", "t.csv", wrong, status=1).stderr
    for expected in ("line 2: vessel_id: there is no", "line 3: vessel_imo: there is no", "line 4: vessel_id: is empty"):
        assert expected in said
    other = cli.rows("INSERT INTO vessels (name, vessel_type) VALUES ('Other', 'roro') RETURNING id")[0][0]
    assert "line 2: vessel_imo: is not the number" in taken(
        cli, "tallies", "t.csv", [wrong[0], wrong[1].replace("12345", str(other))], status=1).stderr


def test_vessel_numbers_given_and_made(cli):
    lines = ["id,name,vessel_type", "1,A,roro", ",B,roro", "2,Twin,roro", "3,Twin,roro", "900,Z,roro", ",C,roro"]
    assert numbers(taken(cli, "vessels", "v.csv", lines, "--json"))["stored"] == 6
    assert [row[0] for row in cli.rows("SELECT name FROM vessels WHERE id <= 900 ORDER BY id")] == ["A", "Twin", "Twin", "Z"]
    assert cli.rows("SELECT name FROM vessels WHERE id > 900 ORDER BY id") == [("B",), ("C",)]
    again = numbers(taken(cli, "vessels", "v.csv", lines, "--json"))
    assert (again["stored"], again["already_there"]) == (0, 6)
    assert "id: another vessel" in taken(cli, "vessels", "v.csv", [lines[0], "1,Other,roro"], status=1).stderr


def test_berths(cli):
    lines = ["name,length_m,position", "North,220,1", "South,180,", "North,220,1", "Tiny,5,3"]
    done = taken(cli, "berths", "b.csv", lines, "--skip-bad", "--json")
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (2, 2)
    assert "line 4: name: stands in line 2" in done.stderr and "line 5: length_m:" in done.stderr
    assert cli.rows("SELECT name, length_m, position FROM berths ORDER BY name") == [("North", 220, 1), ("South", 180, 0)]
    assert "another length" in taken(cli, "berths", "b.csv", [lines[0], "North,300,1"], status=1).stderr


def test_a_corrected_report_can_be_imported(cli, vessel):
    lines = [HEADER + ",note", line(vessel + 77, 1) + ',"a, ""b"""', line(vessel, 2) + ",", line(vessel, 3).replace("van", "x") + ","]
    report = os.path.join(cli.stack.run_dir, f"{cli.database}-report.csv")
    taken(cli, "tallies", "t.csv", lines, "--skip-bad", "--report", report)
    with open(report, encoding="utf-8", newline="") as f:
        refused = list(csv.DictReader(f))
    assert [int(row["line"]) for row in sorted(refused, key=lambda row: int(row["line"]))] == [2, 4]
    assert {row["note"] for row in refused} == {'a, "b"', ""}
    with open(report + ".ok", "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, [*HEADER.split(","), "note"], extrasaction="ignore")
        out.writeheader()
        out.writerows({**row, "vessel_id": vessel, "cargo_type": "van"} for row in refused)
    os.chmod(report + ".ok", 0o644)
    assert numbers(cli("import", "tallies", report + ".ok", "--json"))["stored"] == 2


def test_many_refused_rows(cli, vessel):
    """More than are fetched at once, from both kinds of checks."""
    lines = [HEADER, *(line(vessel + 1 + n % 2, n) if n % 3 else line(vessel, n).replace("van", "x") for n in range(1, 5001))]
    report = os.path.join(cli.stack.run_dir, f"{cli.database}-report.csv")
    done = taken(cli, "tallies", "t.csv", lines, "--skip-bad", "--report", report, "--json")
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (0, 5000)
    assert done.stderr.count("line ") == 20 and "4980 more" in done.stderr
    with open(report, encoding="utf-8", newline="") as f:
        assert sorted(int(row["line"]) for row in csv.DictReader(f)) == list(range(2, 5002))
    done = taken(cli, "tallies", "t.csv", lines, "--json", status=1)
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (0, 5000)


def test_vessels_take_time_in_proportion(cli):
    lines = ["name,vessel_type,eta", *(f"Ship {n},roro,2026-12-01T00:00:00Z" for n in range(5000))]
    done = numbers(taken(cli, "vessels", "v.csv", lines, "--json"))
    assert done["stored"] == 5000
    assert done["seconds"] < 30, "was quadratic once"


def measured(cli, *args):
    """Peak memory in KiB."""
    program = os.path.join(cli.stack.prefix, "bin/stevedoresctl")
    process = subprocess.Popen([program, *args], env={**cli.stack.environment(), **cli.env}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="a sanitizer keeps what was freed")
def test_memory_does_not_grow_with_the_file(cli, vessel):
    few, many, bad = (cli.file(f"{name}.csv", HEADER + "\n" + "".join(line(at, n) + "\n" for n in range(1, rows + 1)))
                      for name, rows, at in (("few", 100, vessel), ("many", 60000, vessel), ("bad", 60000, vessel + 1)))
    base = measured(cli, "import", "tallies", few)
    assert measured(cli, "import", "tallies", many) < base + 2048
    assert measured(cli, "import", "tallies", bad, "--skip-bad", "--report", "/dev/null") < base + 2048


def test_from_standard_input(cli, vessel):
    text = HEADER + "\n" + line(vessel) + "\n"
    assert numbers(cli("import", "tallies", "-", "--json", stdin=text))["stored"] == 1
    assert cli("export", "tallies", "-").stdout == cli("export", "tallies").stdout


def test_an_import_that_is_ended_stores_nothing(cli, vessel):
    program = os.path.join(cli.stack.prefix, "bin/stevedoresctl")
    process = subprocess.Popen([program, "import", "tallies", "-"], env={**cli.stack.environment(), **cli.env},
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write((HEADER + "\n" + "".join(line(vessel, n) + "\n" for n in range(1, 20001))).encode())
    process.stdin.flush()
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'COPY%%'"
    eventually(lambda: cli.stack.value(count, (cli.database,)) == 1, "the COPY runs")
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == -signal.SIGTERM
    process.stdin.close()
    eventually(lambda: cli.stack.value(count, (cli.database,)) == 0, "the server noticed")
    assert cli.rows("SELECT count(*) FROM cargo_tallies") == [(0,)] and totals_agree(cli)


@pytest.mark.parametrize("args", [
    ["export", "vessels", "--typo"], ["export", "vessels", "--vessel"], ["export", "tallies", "out.csv", "--json"],
    ["import", "tallies", "in.csv", "--report"], ["import", "tallies", "in.csv", "--report", "r.csv"],
    ["import", "tallies", "in.csv", "--dry-run=yes"], ["export", "berths", "--vessel", "1"],
])
def test_a_mistyped_option_is_no_file_name(cli, args):
    cli(*args, status=64)
    assert not [name for name in os.listdir(cli.stack.dir) if name.startswith("--")]
