# SPDX-License-Identifier: Apache-2.0
"""stevedoresctl and the labour board: a demo that is a firm's, and rows that go out and come in again."""
import csv
import json
import os

import pytest
from cli import Cli

import labour

KINDS = ("clients", "workers", "jobs", "contracts", "payments")
SAME = {
    "clients": "id, name, contact_name, contact_email, contact_phone, payment_terms_days, status, notes, created_at, updated_at",
    "workers": "id, name, phone, email, skills, tickets, availability, notes, created_at, updated_at",
    "jobs": "id, client_id, title, place, starts_at, ends_at, places, rate_minor, currency, skills, status, filled, notes, created_at, updated_at",
    "contracts": "id, job_id, worker_id, starts_at, ends_at, rate_minor, currency, minutes_worked, earned_minor, status, completed_at, notes, created_at, updated_at",
    "payments": "id, contract_id, amount_minor, currency, due_on, reference, status, paid_at, created_at, updated_at",
}


class Rows:
    """What check_rules() asks, of a database of cli's."""

    def __init__(self, cli):
        self.psql = cli.rows

    def value(self, sql, params=None):
        return self.psql(sql, params)[0][0]


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli("migrate")
    return cli


def numbers(done):
    return json.loads(done.stdout)


def table(cli, kind):
    return cli.rows(f"SELECT {SAME[kind]} FROM {kind} ORDER BY id")


def load(cli, kind, lines, *args, status=0):
    return cli("import", kind, cli.file(f"{kind}.csv", "\n".join(lines) + "\n"), *args, status=status)


def test_demo(cli):
    said = cli("demo", "--tallies", "100").stdout
    assert "25 clients, 200 workers, 400 jobs" in said
    counts = {kind: dict(cli.rows(f"SELECT {'availability' if kind == 'workers' else 'status'}, count(*) FROM {kind} GROUP BY 1"))
              for kind in KINDS}
    assert set(counts["jobs"]) == set(labour.JOB_MOVES) and set(counts["payments"]) == set(labour.PAYMENT_MOVES)
    assert set(counts["contracts"]) == set(labour.CONTRACT_MOVES) and len(counts["workers"]) == 3
    assert sum(counts["contracts"].values()) > 1000 and sum(counts["payments"].values()) > 500
    # Now: people at work, jobs to come, payments that are late.
    for sql in ("SELECT count(*) FROM contracts WHERE status IN ('accepted', 'active') AND starts_at <= now() AND ends_at > now()",
                "SELECT count(*) FROM jobs WHERE status = 'open' AND starts_at > now()",
                "SELECT count(*) FROM payments WHERE status IN ('due', 'approved') AND due_on < current_date",
                "SELECT count(*) FROM contracts WHERE completed_at > now() - interval '1 day'"):
        assert cli.rows(sql)[0][0] > 0, sql
    for sql in ("SELECT id FROM contracts WHERE completed_at > now()", "SELECT id FROM payments WHERE paid_at > now() OR created_at > now()",
                "SELECT id FROM jobs WHERE created_at > now() OR updated_at > now()"):
        assert cli.rows(sql) == [], sql
    labour.check_rules(Rows(cli))
    # What the planner knows of a table, it was told. Of all boards.
    assert cli.rows("""SELECT relname FROM pg_class WHERE reltuples < 0 AND relkind = 'r' AND relname IN (
        'labour_sums', 'labour_pending', 'contract_totals', 'payments', 'delivery_counts', 'project_days', 'backlog_items', 'vessel_hours',
        'row_counts', 'cache_versions', 'audit')""") == []
    assert "already" in cli("demo", status=1).stderr


def test_demo_again_is_the_same(stack):
    """But for the time: what differs between seeds are the names, too."""
    made = []
    for seed in ("7", "7", "8"):
        cli = Cli(stack)
        cli("migrate")
        cli("demo", "--tallies", "100", "--seed", seed, "--factor", "2")
        assert cli.rows("SELECT (SELECT count(*) FROM clients), (SELECT count(*) FROM workers), (SELECT count(*) FROM jobs)") == [(50, 400, 800)]
        made.append((cli.rows("SELECT name, phone, skills, availability FROM workers ORDER BY id"),
                     cli.rows("SELECT client_id, title, places, rate_minor FROM jobs ORDER BY id")))
    assert made[0] == made[1] != made[2]


def test_a_demo_needs_all_boards_empty(cli):
    cli.rows("INSERT INTO clients (name) VALUES ('Somebody')")
    assert "clients already" in cli("demo", status=1).stderr
    assert cli.rows("SELECT count(*) FROM vessels") == [(0,)]
    for wrong in ("0", "many", "10001"):
        cli("demo", "--factor", wrong, status=64)


def test_round_trip(stack, cli):
    cli("demo", "--tallies", "100")
    cli.rows("UPDATE clients SET notes = '' WHERE id = 2")
    cli.rows("UPDATE jobs SET notes = %s WHERE id = 3", ("  spaces, \"quotes\"\r\nnew line\t\\N 船 ",))
    # Somebody went early, whose hours count.
    cli.rows("""UPDATE contracts SET status = 'terminated', minutes_worked = 61 WHERE id = (
        SELECT min(id) FROM contracts WHERE status = 'active')""")
    other = Cli(stack)
    other("migrate")
    for kind in KINDS:
        path = os.path.join(stack.run_dir, f"{cli.database}-{kind}.csv")
        cli("export", kind, path)
        done = numbers(other("import", kind, path, "--json"))
        assert done["refused"] == 0 and done["stored"] == len(table(cli, kind)), kind
        again = numbers(other("import", kind, path, "--json"))
        assert (again["stored"], again["already_there"], again["refused"]) == (0, done["stored"], 0)
    for kind in KINDS:
        assert table(other, kind) == table(cli, kind), kind
    totals = "SELECT * FROM contract_totals WHERE payable_minor + paid_minor > 0 ORDER BY 1"
    assert other.rows(totals) == cli.rows(totals)
    labour.check_rules(Rows(other))
    # The next one gets a number of its own.
    assert other.rows("INSERT INTO clients (name) VALUES ('New') RETURNING id > 25") == [(True,)]


def test_what_a_rule_refuses_is_reported_by_line(cli):
    load(cli, "clients", ["name,payment_terms_days", "Quay,7"])
    load(cli, "workers", ["name,skills", "Ana,\"[\"\"crane\"\"]\"", "Bo,"])
    load(cli, "jobs", ["client_id,title,starts_at,ends_at,rate_minor,currency,places,status",
                       "1,Early,2031-01-01T06:00:00Z,2031-01-01T14:00:00Z,6000,EUR,1,filled"])
    assert cli.rows("SELECT status, filled FROM jobs") == [("open", 0)], "nobody has the place yet"
    done = load(cli, "jobs", ["client_id,title,starts_at,ends_at,rate_minor,currency", "9,A,2031-01-01T06:00:00Z,2031-01-01T14:00:00Z,1,EUR",
                              "1,B,2031-01-01T06:00:00Z,2031-01-01T06:00:00Z,1,EUR", "1,C,2031-01-01T06:00:00Z,2031-01-01T14:00:00Z,1,eur",
                              "1,D,2031-01-01T06:00:00Z,,1,EUR"], "--skip-bad", "--json")
    assert numbers(done)["refused"] == 4
    for expected in ("line 2: client_id: there is no such client", "line 3: ends_at: must be after", "line 4: currency:", "line 5: ends_at: is empty"):
        assert expected in done.stderr, done.stderr
    done = load(cli, "contracts", ["job_id,worker_id,status,minutes_worked", "1,1,completed,60", "1,2,accepted,", "1,2,completed,", "7,1,,", "1,7,,",
                                   "1,2,offered,"], "--skip-bad", "--json")
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (2, 4)
    for expected in ("line 3: job_id: all places", "line 4: minutes_worked: is needed", "line 5: job_id: there is no", "line 6: worker_id: there is no"):
        assert expected in done.stderr, done.stderr
    assert cli.rows("SELECT status, filled FROM jobs") == [("filled", 1)]
    done = load(cli, "payments", ["contract_id,amount_minor,status,currency", "1,4000,paid,", "1,2001,,", "1,2000,refunded,", "1,2000,,GBP", "1,2000,failed,"],
                "--skip-bad", "--json")
    assert (numbers(done)["stored"], numbers(done)["refused"]) == (3, 2)
    for expected in ("line 3: amount_minor: would make 6001", "line 5: currency: must be the contract's"):
        assert expected in done.stderr, done.stderr
    assert cli.rows("SELECT payable_minor, paid_minor FROM contract_totals") == [(0, 4000)]
    labour.check_rules(Rows(cli))


def test_headers(cli):
    """What is only shown can't be brought."""
    for kind, column in (("jobs", "filled"), ("clients", "version"), ("contracts", "earned_minor"), ("payments", "worker_name")):
        assert f"{column}: is not a known column" in load(cli, kind, [column], status=1).stderr
    assert "client_id: this column is missing" in load(cli, "jobs", ["title"], status=1).stderr


def test_numbers_of_others(cli):
    load(cli, "clients", ["id,name", "5,Quay", "9,Shed"])
    assert "line 2: id: another client has this id" in load(cli, "clients", ["id,name", "5,Else"], status=1).stderr
    assert "line 3: id: stands in line 2" in load(cli, "clients", ["id,name", "6,A", "6,A"], status=1).stderr
    assert numbers(load(cli, "clients", ["id,name", ",New", "5,Quay"], "--json"))["stored"] == 1
    assert cli.rows("SELECT name, id > 9 FROM clients ORDER BY id") == [("Quay", False), ("Shed", False), ("New", True)]


def test_export_by_time(cli):
    cli("demo", "--tallies", "100")
    [[begins, ends, wanted]] = cli.rows("""SELECT to_char(d, 'YYYY-MM-DD"T"00:00:00"Z"'), to_char(d + interval '1 day', 'YYYY-MM-DD"T"00:00:00"Z"'),
        (SELECT count(*) FROM jobs WHERE starts_at >= d AND starts_at < d + interval '1 day') FROM date_trunc('day', now()) AS d""")
    out = cli("export", "jobs", "--from", begins, "--to", ends).stdout
    assert len(list(csv.DictReader(out.splitlines()))) == wanted > 0
    assert len(cli("export", "clients", "--to", begins).stdout.splitlines()) > 1
    cli("export", "berths", "--from", begins, status=64)
    cli("export", "jobs", "--vessel", "1", status=64)
