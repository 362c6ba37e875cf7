# SPDX-License-Identifier: Apache-2.0
"""A Stevedores Dashboard 3.0 comes over: both kinds of keys, columns that installations lack, what is refused, runs again and again,
failures that leave nothing, and that counts and sums are really compared."""
import csv
import hashlib
import json
import os
import re
import secrets
import threading

import pytest
from cli import Cli
from psycopg2.extensions import make_dsn
from test_cli_import import measured

from stack import PASSWORD, Session, eventually

HERE = os.path.dirname(os.path.abspath(__file__))
BERTHS = ("--berth-length", "240")
TABLES = ("users", "berths", "vessels", "cargo_tallies", "vessel_totals", "vessel_hours", "vessel_imports", "audit")


class Flask:
    """Their database, filled from an .sql file beside this one."""

    def __init__(self, stack, keys):
        self.stack, self.database = stack, f"flask_{secrets.token_hex(4)}"
        stack.psql(f"CREATE DATABASE {self.database} OWNER stevedores")
        self.dsn = make_dsn(stack.conninfo, dbname=self.database)
        with open(os.path.join(HERE, f"flask_{keys}.sql"), encoding="utf-8") as f:
            self(f.read())

    def __call__(self, sql, params=None):
        connection = self.stack.connect(user="stevedores", database=self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli("migrate")
    return cli


@pytest.fixture
def flask(stack):
    return Flask(stack, "integer")


def taken(cli, flask, *args, status=0):
    """Brings it over; returns what it says as JSON."""
    done = cli("import-flask", flask.dsn, "--json", *args, status=status)
    return json.loads(done.stdout) if done.stdout else done.stderr


def numbers(said):
    """Of users, vessels, tallies: new, changed, already here, left out."""
    return {row["what"]: (row["new"], row["changed"], row["already_here"], row["left_out"]) for row in said["rows"]}


def remarks(said, what, left_out):
    return {row["reason"]: row["rows"] for row in said["remarks"]
            if row["what"] == what and (row["left_out"] == "left out") is left_out}


def all_of(cli):
    return {table: cli.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text") for table in TABLES}


def is_empty(cli):
    return all(cli.rows(f"SELECT count(*) FROM {table}") == [(0,)] for table in TABLES)


# --- what comes over ----------------------------------------------------------------------------------------------------


def test_without_apply_it_only_says_what_would_come(cli, flask):
    done = cli("import-flask", flask.dsn)
    assert "Nothing of this was kept" in done.stdout and is_empty(cli)
    for pattern in (r"users +5 +3 +0 +0 +2", r"vessels +4 +3 +0 +0 +1", r"tallies +11 +4 +0 +0 +7", r"vessel type +Auto \+ Heavy +roro",
                    r"vessels +crane +1 +is not known", r"MV Alpha +\d+ +discharged +2 +2 +0 +70 +70 +0"):
        assert re.search(pattern, done.stdout), f"{pattern}\n{done.stdout}"
    assert "--apply will need --berth-length METRES: Berth 1, Berth 2" in done.stderr
    refused = cli("import-flask", flask.dsn, "--apply", status=1)
    assert "these berths are not here: Berth 1, Berth 2" in refused.stderr and is_empty(cli)


def test_people_with_integer_keys(cli, flask):
    said = taken(cli, flask, "--apply", *BERTHS, "--role", "viewer")
    assert said["kept"] and numbers(said)["users"] == (3, 0, 0, 2)
    assert cli.rows("SELECT username, display_name, role, status, left(password_hash, 7), created_at::text, last_login_at::text"
                    " FROM users ORDER BY created_at") == [
        ("ines.silva", "Ines Silva", "viewer", "active", "pbkdf2:", "2025-01-01 08:00:00+00", "2025-06-01 09:30:00+00"),
        ("bob", "bob", "viewer", "disabled", "scrypt:", "2025-01-02 08:00:00+00", None),
        ("old", "old", "viewer", "active", None, "2025-01-03 08:00:00+00", None)]
    assert remarks(said, "users", True) == {"would have the same user name here as bob": 1,
                                            "the name makes no user name here: 2 to 64 of a-z, 0-9, '.', '_' and '-'": 1}
    assert remarks(said, "users", False) == {"logs in as ines.silva here": 1,
                                             "the password's hash is of no known kind: needs a new password": 1}


def test_vessels_with_integer_keys(cli, flask):
    said = taken(cli, flask, "--apply", *BERTHS)
    assert numbers(said)["vessels"] == (3, 0, 0, 1)
    assert cli.rows("SELECT name, vessel_type, line, status, berth, eta::text, etd::text, cargo_capacity, drivers, vans, wagons,"
                    " operations_started_at::text, operations_completed_at::text FROM vessels ORDER BY created_at") == [
        ("MV Beta", "roro", "MOL", "departed", "Berth 1", "2025-05-20 06:00:00+00", None, {"automobile": 300}, 20, 5, 0,
         "2025-05-20 12:00:00+00", "2025-05-20 12:00:00+00"),
        ("MV Alpha", "roro", "Grimaldi", "operations_active", "Berth 1", "2025-06-01 06:00:00+00", "2025-06-04 00:00:00+00",
         {"automobile": 120, "heavy_equipment": 7}, 12, 3, 4, "2025-06-01 08:00:00+00", None),
        ("MV Gamma", "multipurpose", None, "expected", "Berth 2", "2030-01-01 00:00:00+00", "2030-01-02 00:00:00+00", {}, 0, 0, 0,
         None, None)]
    [(notes,)] = cli.rows("SELECT notes FROM vessels WHERE name = 'MV Alpha'")
    for line in ("Operation: Discharge Only", "Operations manager: Jonathan", "Shift from: 07:00:00", "Breaks: 2",
                 'Teams: {"auto_operations": [{"name": "Ana", "position": 1}], "high_heavy": []}'):
        assert line in notes.splitlines()
    assert cli.rows("SELECT name, length_m FROM berths ORDER BY name") == [("Berth 1", 240), ("Berth 2", 240)]
    assert remarks(said, "vessels", True) == {"the status lost is not known": 1}
    assert set(remarks(said, "vessels", False)) == {
        "ETD is not after ETA: left empty", "the vessel type Submarine is not known: multipurpose here",
        "the wizard's cargo is no JSON: in the notes only",
        "was operations_complete at a berth where another vessel lies, Berth 1: departed here"}


def test_tallies_with_integer_keys(cli, flask):
    said = taken(cli, flask, "--apply", *BERTHS)
    assert numbers(said)["tallies"] == (4, 0, 0, 7)
    assert cli.rows("SELECT v.name, tally_type, cargo_type, count, location, shift, tallied_at::text, t.recorded_at::text, tallied_by,"
                    " u.username, note FROM cargo_tallies t JOIN vessels v ON v.id = vessel_id LEFT JOIN users u ON u.id = user_id"
                    " ORDER BY tallied_at") == [
        ("MV Beta", "loaded", "automobile", 300, None, None, "2025-05-20 12:00:00+00", "2025-05-20 12:00:00+00", "Ines Silva",
         "ines.silva", None),
        ("MV Alpha", "discharged", "automobile", 40, "Deck 3", "morning", "2025-06-01 08:00:00+00", "2025-06-01 08:05:00+00",
         "Ines Silva", "ines.silva", "two scratched"),
        ("MV Alpha", "discharged", "automobile", 30, None, "afternoon", "2025-06-01 15:00:00+00", "2025-06-01 15:00:00+00", "bob", "bob",
         None),
        ("MV Alpha", "loaded", "automobile", 5, None, None, "2025-06-01 16:00:00+00", "2025-06-01 16:00:00+00", "user 77", None,
         "Shift: dog watch")]
    assert remarks(said, "tallies", True) == {
        "counts nothing": 1, "counts less than nothing: void the tally that it corrects": 1, "counts more than 10000": 1,
        "the tally type lifted is not known": 1, "is more than a day in the future": 1, "its vessel is left out": 1,
        "names a vessel that is not there": 1}
    assert {(row["vessel"], row["tally_type"]): (row["sum_there"], row["sum_here"], row["sum_left_out"]) for row in said["compared"]} == {
        ("MV Alpha", "discharged"): (70, 70, 0), ("MV Alpha", ""): (5, 5, 0), ("MV Alpha", "lifted"): (2, 0, 2),
        ("MV Alpha", "loaded"): (19999, 0, 19999), ("MV Beta", "loaded"): (300, 300, 0), ("MV Delta", "loaded"): (2, 0, 2),
        ("vessel 99", "loaded"): (2, 0, 2)}
    assert cli.rows("SELECT sum(loaded), sum(discharged), sum(tallies) FROM vessel_totals") == [(305, 70, 4)]
    cli("db-audit", "totals")


def test_uuid_keys(stack, cli):
    said = taken(cli, Flask(stack, "uuid"), "--apply")
    assert numbers(said) == {"users": (3, 0, 0, 0), "vessels": (2, 0, 0, 0), "tallies": (3, 0, 0, 1)}
    assert cli.rows("SELECT username, display_name, role FROM users ORDER BY username") == [
        ("mia", "mia", "clerk"), ("otto", "Otto", "clerk"), ("sue", "Sue Smith", "supervisor")]
    assert cli.rows("SELECT name, imo, vessel_type, status, berth, eta::text, arrived_at::text, departed_at::text, cargo_capacity, notes"
                    " FROM vessels ORDER BY name") == [
        ("MV Atlantic", "9074729", "container", "departed", None, "2025-06-01 04:00:00+00", "2025-06-01 05:00:00+00",
         "2025-06-04 05:00:00+00", {"container_20": 2000}, 'Flag: Panama\nStep 2: {"reefers": 12}'),
        ("MV Pacific", None, "bulk", "arrived", None, "2025-06-02 06:00:00+00", None, None, {}, None)]
    assert cli.rows("SELECT tally_type, cargo_type, count, tallied_at::text, tallied_by, note FROM cargo_tallies ORDER BY tallied_at") == [
        ("loaded", "container_20", 150, "2025-06-02 08:00:00+00", "Sue Smith", "Equipment: crane"),
        ("damaged", "reefer", 85, "2025-06-02 09:00:00+00", "Otto", "corner\nCondition: dented"),
        ("loaded", "general", 7, "2025-06-02 12:00:00+00", None, None)]
    assert {(row["what"], row["field"]): row["filled"] for row in said["left_behind"]}[("tallies", "latitude")] == 1
    assert remarks(said, "users", False) == {"the role harbour master is not known: clerk here": 1}


def test_columns_that_an_installation_lacks(cli, flask):
    flask("ALTER TABLE users DROP is_active, DROP created_at, DROP last_login, DROP email, DROP password_hash")
    flask("ALTER TABLE vessels DROP shipping_line, DROP vessel_type, DROP status, DROP cargo_type, DROP cargo_configuration, DROP eta,"
          " DROP etd, DROP total_drivers, DROP number_of_vans, DROP created_at, DROP updated_at, DROP berth_assignment")
    flask("ALTER TABLE cargo_tallies DROP tally_type, DROP recorded_by_id, DROP synced, DROP sync_timestamp, DROP notes, DROP location")
    said = taken(cli, flask, "--apply")
    assert numbers(said) == {"users": (3, 0, 0, 2), "vessels": (4, 0, 0, 0), "tallies": (6, 0, 0, 5)}
    assert cli.rows("SELECT DISTINCT vessel_type, status FROM vessels") == [("roro", "expected")]
    assert numbers(taken(cli, flask, "--apply"))["tallies"] == (0, 0, 6, 5)


@pytest.mark.parametrize("change, says", [
    ("ALTER TABLE cargo_tallies DROP cargo_count", 'the table "cargo_tallies" of the Flask application has no column cargo_count'),
    ("ALTER TABLE cargo_tallies ALTER cargo_count TYPE text", 'the column "cargo_tallies".cargo_count of the Flask application is of type text'),
    ("ALTER TABLE vessels RENAME TO ships", "there is no table of vessels"),
    ("ALTER TABLE cargo_tallies ENABLE ROW LEVEL SECURITY; ALTER TABLE cargo_tallies FORCE ROW LEVEL SECURITY;"
     " CREATE POLICY mine ON cargo_tallies USING (id < 3)", "row-level security"),
    ("CREATE TABLE schema_migrations (); CREATE TABLE cache_versions ()", "a database of this program"),
])
def test_what_would_lose_rows_is_refused(cli, flask, change, says):
    flask(change)
    assert says in taken(cli, flask, "--apply", *BERTHS, status=1) and is_empty(cli)


def test_times_without_a_zone(cli, flask):
    taken(cli, flask, "--apply", *BERTHS, "--timezone", "America/New_York")
    assert cli.rows("SELECT eta::text FROM vessels WHERE name = 'MV Alpha'") == [("2025-06-01 10:00:00+00",)]
    assert cli.rows("SELECT eta::text FROM vessels WHERE name = 'MV Gamma'") == [("2030-01-01 05:00:00+00",)]
    assert "--timezone: " in taken(cli, flask, "--timezone", "Mars/Olympus", status=1)
    said = taken(cli, flask)  # in UTC, now: nothing is to become anything else by that
    assert numbers(said)["vessels"] == (0, 0, 0, 4) and numbers(said)["tallies"] == (0, 0, 0, 11)


def test_somebody_logs_in_as_before(stack, flask):
    name, salt = f"werkzeug-{secrets.token_hex(4)}", "aBcDeFgH12345678"
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), 600000).hex()
    flask("DELETE FROM cargo_tallies; DELETE FROM vessels; DELETE FROM users WHERE id > 2")
    flask("UPDATE users SET username = %s || id, password_hash = %s", (name, f"pbkdf2:sha256:600000${salt}${digest}"))
    said = json.loads(stack.ctl("import-flask", flask.dsn, "--apply", "--json", "--source", name).stdout)
    assert numbers(said)["users"] == (2, 0, 0, 0)
    answers = [Session(stack, None).post("/api/login", json={"username": f"{name}{n}", "password": PASSWORD}) for n in (1, 2)]
    assert [a.status_code for a in answers] == [200, 401], "the second is disabled"


# --- again and again ----------------------------------------------------------------------------------------------------


def test_the_second_run_changes_nothing(stack, cli):
    for keys in ("integer", "uuid"):
        source = Flask(stack, keys)
        assert taken(cli, source, "--apply", "--source", keys, *BERTHS)["kept"]
        before = all_of(cli)
        said = taken(cli, source, "--apply", "--source", keys, *BERTHS)
        assert all(new == changed == 0 for new, changed, _, _ in numbers(said).values()) and all_of(cli) == before


def test_what_has_changed_there(cli, flask):
    taken(cli, flask, "--apply", *BERTHS)
    flask("UPDATE vessels SET status = 'operations_complete', name = 'MV Alpha II', updated_at = now() WHERE id = 1")
    flask("UPDATE vessels SET status = 'departed' WHERE id = 3")
    flask("INSERT INTO cargo_tallies VALUES (20, 1, 'discharged', 50, NULL, '2025-06-03 08:00', 1)")
    for count in (41, 40, 41):  # back and forth
        flask("UPDATE cargo_tallies SET cargo_count = %s WHERE id = 1", (count,))
        said = taken(cli, flask, "--apply", *BERTHS)
        assert numbers(said)["tallies"][1] == 1 and remarks(said, "tallies", False) == {
            "was changed there: voided here, and stored anew": 1}
        assert cli.rows("SELECT sum(discharged) FROM vessel_totals") == [(count + 30 + 50,)]
    assert cli.rows("SELECT name, status, berthed_at, operations_started_at::text, operations_completed_at::text FROM vessels"
                    " WHERE name <> 'MV Beta' ORDER BY name") == [
        ("MV Alpha II", "operations_complete", None, "2025-06-01 08:00:00+00", "2025-06-03 08:00:00+00"),
        ("MV Gamma", "departed", None, None, None)]
    before = all_of(cli)
    assert numbers(taken(cli, flask, "--apply", *BERTHS)) == {"users": (0, 0, 3, 2), "vessels": (0, 0, 3, 1), "tallies": (0, 0, 5, 7)}
    assert all_of(cli) == before
    cli("db-audit", "totals")


def test_what_people_have_changed_here_stays(cli, flask):
    taken(cli, flask, "--apply", *BERTHS)
    cli.rows("UPDATE vessels SET name = 'ours' WHERE name = 'MV Alpha'")
    cli.rows("UPDATE users SET role = 'admin' WHERE username = 'bob'")
    cli.rows("INSERT INTO cargo_tallies SELECT gen_random_uuid(), vessel_id, tally_type, cargo_type, -count, location, shift, tallied_at,"
             " now(), tallied_by, NULL, id FROM cargo_tallies WHERE count = 40")
    flask("UPDATE vessels SET name = 'theirs' WHERE id = 1")
    flask("UPDATE cargo_tallies SET cargo_count = 44 WHERE id = 1")
    said = taken(cli, flask, "--apply", *BERTHS)
    assert numbers(said)["vessels"] == (0, 0, 3, 1) and numbers(said)["tallies"] == (0, 0, 3, 8)
    assert cli.rows("SELECT count(*) FROM vessels WHERE name = 'ours'") == [(1,)]
    assert "differs there from what people have made of it here since: stays as it is" in remarks(said, "vessels", False)
    assert "has an account here, which stays as it is: admin, disabled; there clerk, disabled" in remarks(said, "users", False)
    assert remarks(said, "tallies", True)["was changed there, and voided here"] == 1


def test_another_installation_is_not_taken_for_the_first(stack, cli, flask):
    taken(cli, flask, "--apply", *BERTHS)
    other = Flask(stack, "integer")
    other("UPDATE vessels SET name = 'Other ' || id, created_at = created_at + interval '1 minute', current_berth = 'Pier ' || id")
    said = taken(cli, other)
    assert numbers(said)["vessels"] == (0, 0, 0, 4) and numbers(said)["tallies"] == (0, 0, 0, 11)
    said = taken(cli, other, "--apply", "--source", "other", *BERTHS)
    assert numbers(said)["vessels"] == (3, 0, 0, 1) and numbers(said)["tallies"] == (4, 0, 0, 7)
    assert cli.rows("SELECT count(*), sum(count) FROM cargo_tallies") == [(8, 750)]


def test_a_call_that_is_here_by_hand_is_not_doubled(cli, flask):
    cli.rows("INSERT INTO vessels (name, vessel_type, eta) VALUES ('MV Alpha', 'roro', '2025-06-01 06:00Z')")
    said = taken(cli, flask, "--apply", *BERTHS)
    assert numbers(said)["vessels"] == (2, 0, 0, 2) and remarks(said, "tallies", True)["its vessel is left out"] == 9


# --- all or nothing -----------------------------------------------------------------------------------------------------

SPOIL = "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NEW; END $$;" \
        "CREATE TRIGGER spoil BEFORE INSERT ON cargo_tallies FOR EACH ROW EXECUTE FUNCTION spoil()"


@pytest.mark.parametrize("spoil, says", [
    (SPOIL.format("IF NEW.count = 30 THEN RAISE EXCEPTION 'the disk is full'; END IF;"), "the disk is full"),
    (SPOIL.format("IF NEW.count = 30 THEN RETURN NULL; END IF;"), "MV Alpha, discharged: 2 rows and 70 in all there, 1 and 40 here"),
    (SPOIL.format("IF NEW.count = 30 THEN NEW.count := 31; END IF;"), "MV Alpha, discharged: 2 rows and 70 in all there, 2 and 71 here"),
    ("ALTER TABLE cargo_tallies DISABLE TRIGGER tallies_totals", "3 tallies are kept as 0, their sum 75 as 0"),
])
def test_a_failure_leaves_nothing(cli, flask, spoil, says):
    cli.rows(spoil)
    done = cli("import-flask", flask.dsn, "--apply", *BERTHS, status=1)
    assert says in done.stderr and "All of this is here now" not in done.stdout and is_empty(cli)


def test_a_killed_one_leaves_nothing(stack, cli, flask):
    cli.rows(SPOIL.format("PERFORM pg_sleep(30);"))
    runner = threading.Thread(target=cli, args=("import-flask", flask.dsn, "--apply", *BERTHS), kwargs={"status": 1})
    runner.start()
    asleep = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'"
    [(pid,)] = eventually(lambda: stack.psql(asleep, (cli.database,)), "tallies are being stored")
    assert "another import from a Flask application is running" in cli("import-flask", flask.dsn, status=1).stderr
    stack.psql("SELECT pg_terminate_backend(%s)", (pid,))
    runner.join(60)
    assert not runner.is_alive() and is_empty(cli)


# --- around it ----------------------------------------------------------------------------------------------------------


def test_the_trail_and_the_report(cli, flask):
    path = os.path.join(cli.stack.run_dir, f"{cli.database}.csv")
    taken(cli, flask, "--apply", *BERTHS, "--report", path)
    assert set(cli.rows("SELECT object_type, via FROM audit")) == {(t, "ctl") for t in ("users", "berths", "vessels", "cargo_tallies")}
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert {row["key"] for row in rows if row["what"] == "tallies" and row["left_out"] == "t"} == {str(n) for n in range(5, 12)}


def test_where_the_url_comes_from(cli, flask):
    host, port = cli.stack.run_dir, 5432
    url = f"postgresql+psycopg2://stevedores:geheim@/{flask.database}?host={host}&port={port}"
    assert "can see a password on a command line" in cli("import-flask", url).stderr
    assert cli("import-flask", "-", stdin=url + "\n").stdout.startswith("Rows")
    path = cli.file("url", url)
    os.chmod(path, 0o600)
    os.chown(path, cli.stack.user.pw_uid if cli.stack.user else -1, -1)
    for name, value in (("FLASK_DATABASE_URL", url), ("FLASK_DATABASE_URL_FILE", path)):
        cli.env = {**{k: v for k, v in cli.env.items() if not k.startswith("FLASK")}, name: value}
        done = cli("import-flask")
        assert done.stdout.startswith("Rows") and "geheim" not in done.stdout + done.stderr + cli("check-config").stdout
    assert "neither a PostgreSQL URI" in cli("import-flask", "sqlite:///port.db", status=1).stderr


def test_calls_that_are_wrong(cli, flask):
    for args in ((), ("a", "b"), (flask.dsn, "--role", "boss"), (flask.dsn, "--berth-length", "5")):
        cli("import-flask", *args, status=64)
    assert "the Flask application's database: " in cli("import-flask", make_dsn(flask.dsn, dbname="nowhere"), status=1).stderr


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="a sanitizer keeps what was freed")
def test_memory_does_not_grow_with_the_tallies(cli, flask):
    base = measured(cli, "import-flask", flask.dsn)
    flask("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_count, timestamp, recorded_by_id)"
          " SELECT 100 + n, 1, 'loaded', 1 + n % 5, timestamp '2025-06-01' + n * interval '1 second', 1 FROM generate_series(1, 30000) AS n")
    assert measured(cli, "import-flask", flask.dsn) < base + 2048
