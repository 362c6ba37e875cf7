# SPDX-License-Identifier: Apache-2.0
"""stevedoresctl and the delivery board: data to look at, import and export, and a deployment without the board."""
import json
import os

import delivery
import pytest
from cli import Cli

KINDS = ("projects", "features", "resources", "backlog", "allocations")
TABLES = {"backlog": "backlog_items"}
# All columns but what counts the row's changes.
SAME = "SELECT to_jsonb(t) - 'version' FROM {} AS t ORDER BY t.id"


@pytest.fixture
def cli(stack):
    cli = Cli(stack)
    cli.env["BOARDS"] = "delivery"
    cli("migrate")
    return cli


def numbers(done):
    return json.loads(done.stdout)


def table(kind):
    return TABLES.get(kind, kind)


def copy(cli, kind):
    """The file that was exported."""
    path = os.path.join(cli.stack.run_dir, f"{cli.database}-{kind}.csv")
    cli("export", kind, path)
    return path


def test_demo(cli):
    said = cli("demo").stdout
    assert "12 projects" in said and "60 features" in said and "30 people" in said
    [[projects, items, allocations]] = cli.rows("SELECT (SELECT count(DISTINCT status) FROM projects),"
                                                " (SELECT count(*) FROM backlog_items), (SELECT count(*) FROM allocations)")
    assert projects == 5 and items == 800 and allocations > 40
    assert cli.rows("SELECT count(*) FROM backlog_items WHERE done_at > now() OR created_at > now() OR done_at < created_at") == [(0,)]
    assert cli.rows("SELECT count(*) FROM projects p JOIN backlog_items i ON i.project_id = p.id WHERE p.status = 'completed'"
                    " AND i.status <> 'done'") == [(0,)]
    delivery.check_kept(cli.rows)
    assert "already" in cli("demo", status=1).stderr
    # What is there can be worked with: the demo's exception ended with it.
    cli.rows("UPDATE backlog_items SET status = 'in_progress' WHERE id = (SELECT min(id) FROM backlog_items WHERE status = 'todo'"
             " AND project_id IN (SELECT id FROM projects WHERE status = 'active'))")


def test_the_same_seed_makes_the_same(stack, cli):
    other, third = Cli(stack), Cli(stack)
    for one in (other, third):
        one.env["BOARDS"] = "delivery"
        one("migrate")
    cli("demo", "--seed", "7")
    other("demo", "--seed", "7")
    third("demo", "--seed", "8")
    titles = "SELECT title, points, status, resource_id FROM backlog_items ORDER BY project_id, rank"
    assert cli.rows(titles) == other.rows(titles) != third.rows(titles)


def test_a_larger_demo(cli):
    cli("demo", "--factor", "4")
    [[projects, items, active]] = cli.rows("SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM backlog_items),"
                                           " (SELECT count(*) FROM projects WHERE status = 'active')")
    assert projects == 48 and items > 2500 and active == 6
    delivery.check_kept(cli.rows)


def test_round_trip(stack, cli):
    cli("demo", "--factor", "2")
    cli.rows("UPDATE projects SET description = %s WHERE id = 3", ('quotes " and, commas\r\nnew line\ttab \\ 船 \\N',))
    cli.rows("UPDATE backlog_items SET before_id = (SELECT min(id) FROM backlog_items WHERE project_id = 1) WHERE id ="
             " (SELECT max(id) FROM backlog_items WHERE project_id = 1)")
    cli.rows("UPDATE backlog_items SET description = '' WHERE id = 5")
    other = Cli(stack)
    other.env["BOARDS"] = "delivery"
    other("migrate")
    for kind in KINDS:
        done = numbers(other("import", kind, copy(cli, kind), "--json"))
        assert done["refused"] == 0 and done["stored"] == cli.rows(f"SELECT count(*) FROM {table(kind)}")[0][0], kind
        assert done["seconds"] < 10, "some hundred rows a second at the least"
    for kind in KINDS:
        assert other.rows(SAME.format(table(kind))) == cli.rows(SAME.format(table(kind))), kind
    for kept in ("project_totals", "feature_totals", "project_days", "delivery_counts"):
        assert sorted(other.rows(f"SELECT * FROM {kept}")) == sorted(cli.rows(f"SELECT * FROM {kept}")), kept
    delivery.check_kept(other.rows)
    # Again stores nothing.
    for kind in KINDS:
        done = numbers(other("import", kind, copy(cli, kind), "--json"))
        assert (done["stored"], done["refused"]) == (0, 0), kind
    # Whatever comes next has a number, and a rank, of its own.
    other.rows("INSERT INTO projects (code, name) VALUES ('NEXT', 'Next')")
    [(last,)] = other.rows("INSERT INTO backlog_items (project_id, title) SELECT project_id, 'Next' FROM backlog_items"
                           " JOIN projects p ON p.id = project_id WHERE p.status = 'active' LIMIT 1 RETURNING rank")
    assert other.rows("SELECT max(rank) FROM backlog_items") == [(last,)]


def test_rows_are_refused_one_by_one(cli):
    projects = ("code,name,status,due_on,starts_on\nA,Alpha,active,,\na,Again,,,\nB b,Bad,,,\nC,Gamma,over,,\n"
                "D,Delta,,2026-01-01,2026-02-01\n")
    done = cli("import", "projects", cli.file("p.csv", projects), "--skip-bad", "--json")
    assert (numbers(done)["stored"], numbers(done)["already_there"], numbers(done)["refused"]) == (1, 1, 3)
    for expected in ("line 4: code:", "line 5: status:", "line 6: due_on: must not be"):
        assert expected in done.stderr
    items = ("project_code,title,rank,feature_id,before_id\nA,One,5,,\nA,Two,5,,\nZ,Three,,,\n,Four,,,\nA,Five,,77,\nA,Six,,,1\nA,Seven,,,\n"
             "a,Eight,-4503599627370496,,\nA,Nine,4503599627370497,,\n")
    done = cli("import", "backlog", cli.file("b.csv", items), "--skip-bad", "--json")
    for expected in ("line 3: rank: another item", "line 4: project_code: there is no such", "line 5: project_id: is empty",
                     "line 6: feature_id:", "line 7: before_id:", "line 10: rank: must be"):
        assert expected in done.stderr, done.stderr
    assert [r[0] for r in cli.rows("SELECT title FROM backlog_items ORDER BY rank")] == ["Eight", "One", "Seven"]
    with pytest.raises(Exception, match="2\\^52"):
        cli.rows("INSERT INTO backlog_items (project_id, title, rank) SELECT project_id, 'x', 9223372036854775807 FROM backlog_items LIMIT 1")
    people = "name,capacity_percent,skills\nAda,60,\"[\"\"crane\"\"]\"\nBo,,[\"Crane\"]\n"
    done = cli("import", "resources", cli.file("r.csv", people.replace('["Crane"]', '"[""Crane""]"')), "--skip-bad", "--json")
    assert "line 3: skills:" in done.stderr
    allocations = ("resource_id,project_code,starts_on,ends_on,percent\n1,A,2100-01-01,2100-01-31,60\n1,A,2100-01-31,2100-02-01,1\n"
                   "1,A,2100-02-02,2100-02-01,1\n9,A,2100-03-01,2100-03-01,1\n")
    done = cli("import", "allocations", cli.file("a.csv", allocations), "--skip-bad", "--json")
    for expected in ("line 3: percent: on 2100-01-31", "line 4: ends_on:", "line 5: resource_id:"):
        assert expected in done.stderr, done.stderr
    delivery.check_kept(cli.rows)


def test_only_an_import_puts_things_into_what_is_over(cli):
    cli("import", "projects", cli.file("p.csv", "code,name,status,closed_at\nA,Alpha,completed,2026-01-02T00:00:00Z\n"))
    text = "project_code,title,status,done_at\nA,One,done,2026-01-01T00:00:00Z\n"
    assert numbers(cli("import", "backlog", cli.file("b.csv", text), "--json"))["stored"] == 1
    assert cli.rows("SELECT day::text, points FROM project_days") == []
    with pytest.raises(Exception, match="the project is completed"):
        cli.rows("INSERT INTO backlog_items (project_id, title) VALUES (1, 'Two')")


def test_as_the_program_s_own_role(stack):
    """Which owns nothing."""
    board = delivery.Board(stack)
    code = board.project()["code"]
    path = Cli(stack, create=False).file("b.csv", f"project_code,title\n{code},Imported\n")
    assert numbers(stack.ctl("import", "backlog", path, "--json"))["stored"] == 1


@pytest.mark.parametrize("own_stack", [{"env": {"BOARDS": "port"}}], indirect=True)
def test_without_the_board(own_stack):
    http = own_stack.session()
    for path in (*KINDS, "projects/1", "projects/1/backlog", "delivery/dashboard"):
        assert http.get(f"/api/{path}").status_code == 404, path
    assert http.post("/api/projects", json={"code": "A", "name": "A"}).status_code == 404
    assert http.get("/api/vessels").status_code == 200
    assert own_stack.value("SELECT to_regclass('projects')") is None
    for call in (("import", "projects", "/dev/null"), ("export", "backlog")):
        done = own_stack.ctl(*call, check=False)
        assert done.returncode == 1 and "the board delivery is switched off" in done.stderr
    own_stack.psql("DELETE FROM berths")
    assert "projects" not in own_stack.ctl("demo").stdout
