# SPDX-License-Identifier: Apache-2.0
"""The delivery board's rules while several people write at once: by sessions that wait for each other at a chosen place, and by
many who don't care."""
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import delivery
import psycopg2
import pytest
from delivery import day

from stack import eventually

WORKERS = 8


@pytest.fixture
def board(stack):
    return delivery.Board(stack)


class Session:
    """A transaction of the application's role that is held open."""

    def __init__(self, stack):
        self.connection = stack.connect(user="stevedores")
        self.connection.autocommit = False
        self.cursor = self.connection.cursor()
        self.cursor.execute("SET lock_timeout = '20s'")

    def __call__(self, sql, params=None):
        self.cursor.execute(sql, params)
        return self.cursor.fetchall() if self.cursor.description else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def waiting(stack):
    return stack.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0


def meanwhile(board, held, request, end="commit"):
    """Sends the request, waits until it waits for the session, ends the session's transaction, and returns the answer."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(request)
        eventually(lambda: waiting(board.stack), "the request waits")
        getattr(held.connection, end)()
        return answer.result()


def all_at_once(board, requests):
    """Each in a thread with a connection of its own; (method, path, body). Statuses in their order."""
    barrier, clients = threading.Barrier(len(requests)), [board.stack.session() for _ in requests]

    def send(client, method, path, body):
        barrier.wait()
        return client.request(method, path, json=body).status_code

    with ThreadPoolExecutor(len(requests)) as pool:
        return [f.result() for f in [pool.submit(send, client, *r) for client, r in zip(clients, requests)]]


# --- closing a project ------------------------------------------------------------------------------------------------


def close(board, project):
    return lambda: board.http.patch(f"/api/projects/{project['id']}", json={"status": "completed"})


ADDED = "INSERT INTO backlog_items (project_id, title) VALUES (%(project)s, 'x')"
REOPENED = "UPDATE backlog_items SET status = 'in_progress' WHERE id = %(item)s"
MOVED_IN = "UPDATE backlog_items SET project_id = %(project)s WHERE id = %(foreign)s"


@pytest.mark.parametrize("sql", [ADDED, REOPENED, MOVED_IN])
@pytest.mark.parametrize("end, status", [("commit", 409), ("rollback", 200)])
def test_closing_waits_for_whoever_opens_an_item(board, sql, end, status):
    project, other = board.project("active"), board.project("active")
    item, foreign = board.item(project, "done"), board.item(other)
    with Session(board.stack) as held:
        held(sql, {"project": project["id"], "item": item["id"], "foreign": foreign["id"]})
        answer = meanwhile(board, held, close(board, project), end)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("end, status", [("commit", 409), ("rollback", 0)])
@pytest.mark.parametrize("what", ["add", "reopen", "change", "move in", "allocate", "feature"])
def test_whoever_opens_an_item_waits_for_closing(board, what, end, status):
    project, other, person = board.project("active"), board.project("active"), board.person()
    item, foreign = board.item(project, "done"), board.item(other)
    method, path, body = {
        "add": ("POST", "/api/backlog", {"project_id": project["id"], "title": "x"}),
        "reopen": ("PATCH", f"/api/backlog/{item['id']}", {"status": "in_progress"}),
        "change": ("PATCH", f"/api/backlog/{item['id']}", {"points": 9}),
        "move in": ("PATCH", f"/api/backlog/{foreign['id']}", {"project_id": project["id"]}),
        "allocate": ("POST", "/api/allocations", {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(),
                                                  "ends_on": day(), "percent": 1}),
        "feature": ("POST", "/api/features", {"project_id": project["id"], "name": "x"})}[what]
    with Session(board.stack) as held:
        held("UPDATE projects SET status = 'completed' WHERE id = %s", (project["id"],))
        answer = meanwhile(board, held, lambda: board.http.request(method, path, json=body), end)
    assert answer.status_code == (status or {"POST": 201, "PATCH": 200}[method]), answer.text
    open_items = board.stack.value("SELECT count(*) FROM backlog_items WHERE project_id = %s AND status <> 'done'",
                                   (project["id"],))
    assert open_items == (0 if end == "commit" or what in ("allocate", "feature", "change") else 1)


def test_closing_while_many_add(board, long):
    for _ in range(30 if long else 8):
        project = board.project("active")
        add = ("POST", "/api/backlog", {"project_id": project["id"], "title": "x"})
        statuses = all_at_once(board, [add, add, add, ("PATCH", f"/api/projects/{project['id']}", {"status": "completed"}), add, add])
        closed = statuses.pop(3)
        assert closed in (200, 409) and set(statuses) <= {201, 409}
        [(status, open_items)] = board.stack.psql(
            "SELECT status, (SELECT count(*) FROM backlog_items WHERE project_id = p.id AND status <> 'done') FROM projects AS p"
            " WHERE id = %s", (project["id"],))
        assert open_items == statuses.count(201)
        assert (status, open_items == 0) == (("completed", True) if closed == 200 else ("active", False))


# --- the order --------------------------------------------------------------------------------------------------------


def test_many_move_to_the_same_place(board, long):
    project = board.project("active")
    items = [board.item(project) for _ in range(WORKERS + 4)]
    target, still, moving = items[-2], [*items[:2], *items[-2:]], items[2:-2]
    for n in range(40 if long else 12):  # past the point where there is nothing between two ranks
        statuses = all_at_once(board, [("PATCH", f"/api/backlog/{i['id']}", {"before_id": target["id"]}) for i in moving])
        assert statuses == [200] * len(moving)
        order = board.order(project)
        assert sorted(order) == sorted(i["id"] for i in items) and len(set(order)) == len(items)
        assert order[:2] + order[-2:] == [i["id"] for i in still], n
    delivery.check_kept(board.stack.psql)


def test_two_move_the_same_item(board):
    project = board.project("active")
    items = [board.item(project) for _ in range(6)]
    for _ in range(10):
        requests = [("PATCH", f"/api/backlog/{items[0]['id']}", {"before_id": i["id"]}) for i in items[2:]]
        assert all_at_once(board, requests) == [200] * 4
        order = board.order(project)
        assert [i for i in order if i != items[0]["id"]] == [i["id"] for i in items[1:]]
        assert order.index(items[0]["id"]) in (1, 2, 3, 4)


def test_one_of_two_who_have_seen_the_same_moves_it(board):
    project = board.project("active")
    items = [board.item(project) for _ in range(3)]
    tag = board.http.get(f"/api/backlog/{items[2]['id']}").headers["ETag"]

    def move(before):
        return board.stack.session().patch(f"/api/backlog/{items[2]['id']}", json={"before_id": before["id"]},
                                           headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, items[:2])) == [200, 412]


def test_room_is_made_while_others_work(board):
    """Whoever makes room moves items that somebody else holds, and who may want the project, too."""
    project = board.project("active")
    items = [board.item(project) for _ in range(6)]
    board.stack.psql("UPDATE backlog_items SET rank = %s WHERE id = %s", (items[4]["rank"] - 1, items[3]["id"]))
    with Session(board.stack) as held:
        held("UPDATE backlog_items SET title = 'held' WHERE id = %s", (items[3]["id"],))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(board.http.patch, f"/api/backlog/{items[0]['id']}", json={"before_id": items[4]["id"]})
            eventually(lambda: waiting(board.stack), "making room waits")
            held("UPDATE backlog_items SET status = 'in_progress' WHERE id = %s", (items[3]["id"],))
            held.connection.commit()
            assert answer.result().status_code == 200
    assert board.order(project) == [items[n]["id"] for n in (1, 2, 3, 0, 4, 5)]
    assert board.read("backlog", items[3])["title"] == "held"


def test_whoever_adds_waits_for_nobody(board):
    project = board.project("active")
    first = board.item(project)
    with Session(board.stack) as held:
        held(ADDED, {"project": project["id"]})
        held("UPDATE backlog_items SET before_id = NULL WHERE id = %s", (first["id"],))
        second = board.item(project)
        held.connection.commit()
    assert board.order(project)[-1] == second["id"] and len(board.order(project)) == 3


RANKED = "INSERT INTO backlog_items (project_id, title, rank) VALUES (%s, 'x', %s)"
REACH = "SELECT backlog_ranks_reach(%s * 1048576::bigint)"


def test_ranks_that_are_brought_hold_up_nobody(board):
    """Not even others who bring some, for as long as the import takes."""
    project, other = board.project(), board.project()
    far = board.stack.value("SELECT last_value + 1000 FROM backlog_ranks") * 1048576
    with Session(board.stack) as one, Session(board.stack) as two:
        two("SET lock_timeout = '2s'")
        one(RANKED, (project["id"], far))
        two(RANKED, (other["id"], far + 5 * 1048576))
        two.connection.commit()
        board.item(other)
        one.connection.commit()
    assert board.stack.value("SELECT count(*) FROM backlog_items WHERE project_id = %s", (other["id"],)) == 2


def test_ranks_never_go_back(board):
    """While some take the next one, others say how far they have to be: no two get the same. The moment between an import's look at
    the sequence and its setting it is short, so whoever takes a rank is shown to wait for it."""
    project = board.project()
    with Session(board.stack) as held:
        held("SELECT pg_advisory_xact_lock(7239468122573565)")
        answer = meanwhile(board, held, lambda: board.http.post("/api/backlog", json={"project_id": project["id"], "title": "x"}))
    assert answer.status_code == 201
    taken, stop = [], time.monotonic() + 3

    def take():
        with Session(board.stack) as session:
            session.connection.commit()
            session.connection.autocommit = True
            while time.monotonic() < stop:
                taken.append(session("SELECT backlog_last_rank() / 1048576")[0][0])

    def reach():
        with Session(board.stack) as session:
            session.connection.commit()
            session.connection.autocommit = True
            while time.monotonic() < stop:
                session(REACH, (max(taken[-9:], default=0) + 2,))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(f) for f in (take, take, reach, reach)]:
            done.result()
    assert len(taken) > 100 and len(set(taken)) == len(taken)


def test_only_the_program_gets_ranks(board):
    for function in ("backlog_last_rank()", "backlog_ranks_reach(bigint)"):
        assert board.stack.value("SELECT has_function_privilege('stevedores', %s, 'EXECUTE')", (function,))
        assert not board.stack.value("SELECT has_function_privilege('pg_monitor', %s, 'EXECUTE')", (function,))
    assert board.stack.value("SELECT has_function_privilege('stevedores', 'audit_sweep(integer)', 'EXECUTE')")


# --- allocations ------------------------------------------------------------------------------------------------------


def test_many_want_the_same_days(board, long):
    for _ in range(20 if long else 6):
        project, person = board.project("active"), board.person()
        want = [("POST", "/api/allocations", {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(n),
                                              "ends_on": day(n + 10), "percent": 30}) for n in range(WORKERS)]
        statuses = all_at_once(board, want)
        assert statuses.count(201) == 3 and statuses.count(409) == WORKERS - 3  # all have a day in common
        delivery.check_free(board.stack.psql)


@pytest.mark.parametrize("end, status", [("commit", 409), ("rollback", 201)])
def test_whoever_allocates_waits_for_whoever_did(board, end, status):
    project, person = board.project("active"), board.person()
    with Session(board.stack) as held:
        held("INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent) VALUES (%s, %s, %s, %s, 60)",
             (person["id"], project["id"], day(0), day(9)))
        body = {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(9), "ends_on": day(12), "percent": 50}
        answer = meanwhile(board, held, lambda: board.http.post("/api/allocations", json=body), end)
    assert answer.status_code == status, answer.text


def test_free_days_are_worked_out_once_at_the_commit(board):
    project, person = board.project("active"), board.person()
    row = "SELECT ctid, allocated_until FROM resources WHERE id = %s"
    with Session(board.stack) as held:
        before = held(row, (person["id"],))
        for n in range(3):
            held("INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent) VALUES (%s, %s, %s, %s, 60)",
                 (person["id"], project["id"], day(n), day(n)))
        assert held(row, (person["id"],)) == before
        held.connection.commit()
        assert held(row, (person["id"],))[0][1].isoformat() == day(2)
    delivery.check_free(board.stack.psql)


def test_capacity_is_lowered_while_somebody_allocates(board):
    project, person = board.project("active"), board.person()
    with Session(board.stack) as held:
        held("INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent) VALUES (%s, %s, %s, %s, 60)",
             (person["id"], project["id"], day(0), day(9)))
        answer = meanwhile(board, held, lambda: board.http.patch(f"/api/resources/{person['id']}", json={"capacity_percent": 50}))
        assert answer.status_code == 409
    with Session(board.stack) as held:
        held("UPDATE resources SET capacity_percent = 60 WHERE id = %s", (person["id"],))
        body = {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(9), "ends_on": day(12), "percent": 10}
        answer = meanwhile(board, held, lambda: board.http.post("/api/allocations", json=body))
        assert answer.status_code == 409
    delivery.check_free(board.stack.psql)


def test_people_in_opposite_orders(board):
    """Two requests with several people each don't wait for each other in a circle."""
    project, people = board.project("active"), [board.person() for _ in range(6)]
    for n in range(4):
        rows = [{"project_id": project["id"], "resource_id": p["id"], "starts_on": day(n * 3), "ends_on": day(n * 3 + 1), "percent": 10}
                for p in people]
        statuses = all_at_once(board, [("POST", "/api/allocations", rows if i % 2 else rows[::-1]) for i in range(4)])
        assert statuses == [207] * 4
    assert board.stack.value("SELECT count(*) FROM allocations WHERE project_id = %s", (project["id"],)) == 4 * 4 * 6


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_projects_in_opposite_orders(board):
    """The same of requests with items of several projects, and with projects of several statuses."""
    projects = [board.project("active") for _ in range(6)]
    features = [board.feature(p) for p in projects]
    for _ in range(4):
        rows = [{"project_id": p["id"], "feature_id": f["id"], "title": "x", "points": 3} for p, f in zip(projects, features)]
        assert all_at_once(board, [("POST", "/api/backlog", rows if i % 2 else rows[::-1]) for i in range(6)]) == [207] * 6
        rows = [[{"code": f"{i}-{random.getrandbits(40):x}-{p}", "name": "x", "priority": p}
                 for p in ("low", "medium", "high", "critical")] for i in range(6)]
        assert all_at_once(board, [("POST", "/api/projects", r if i % 2 else r[::-1]) for i, r in enumerate(rows)]) == [207] * 6
    assert [board.read("projects", p)["items_total"] for p in projects] == [24] * 6
    delivery.check_kept(board.stack.psql)


def test_totals_are_taken_at_the_commit_however_many_there_are(board):
    """So in one order, whatever order the rows come in."""
    project, other = board.project("active"), board.project("active")
    with Session(board.stack) as held:
        held("INSERT INTO backlog_items (project_id, title, points, created_at)"
             " SELECT %s, 'x', 1, now() - n * interval '1 day' FROM generate_series(1, 3000) AS n", (other["id"],))
        assert held("SELECT count(*) FROM project_totals WHERE project_id = %s", (other["id"],)) == [(0,)]
        held(ADDED, {"project": project["id"]})
        held.connection.commit()
    assert board.read("projects", other)["points_total"] == 3000 and board.read("projects", project)["items_total"] == 1
    assert board.stack.value("SELECT count(*) FROM delivery_pending") == 0
    delivery.check_kept(board.stack.psql)


def test_whatever_people_do_at_once(board, long):
    """Eight people at random, for some seconds; no answer is an error of the program, and every rule and total holds after it."""
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    projects = [board.project("active") for _ in range(3)]
    features = [board.feature(p) for p in projects for _ in range(2)]
    people = [board.person() for _ in range(3)]
    items = [board.item(random.choice(projects), points=n) for n in range(12)]
    statuses, stop = set(), time.monotonic() + (30 if long else 6)

    def one_of_them(number):
        rng, http = random.Random(seed + number), board.stack.session()

        def request():
            project, person, item, feature = (rng.choice(some)["id"] for some in (projects, people, items, features))
            begin = rng.randrange(-5, 20)
            return rng.choice([
                lambda: http.post("/api/backlog", json={"project_id": project, "title": "x", "points": rng.randrange(9)}),
                lambda: http.post("/api/backlog", json=[{"project_id": rng.choice(projects)["id"], "title": "x", "points": 1}
                                                        for _ in range(4)]),
                lambda: http.patch(f"/api/backlog/{item}", json={"status": rng.choice(list(delivery.ITEM_WAYS))}),
                lambda: http.patch(f"/api/backlog/{item}", json={"points": rng.randrange(20), "resource_id": person}),
                lambda: http.patch(f"/api/backlog/{item}", json={"before_id": rng.choice([None, rng.choice(items)["id"]])}),
                lambda: http.patch(f"/api/backlog/{item}", json={"project_id": project}),
                lambda: http.patch(f"/api/backlog/{item}", json={"feature_id": feature, "status": "in_progress"}),
                lambda: http.delete(f"/api/backlog/{rng.choice(items)['id']}") if rng.random() < 0.05 else
                        http.get(f"/api/projects/{project}"),
                lambda: http.post("/api/allocations", json={
                    "project_id": project, "resource_id": person, "starts_on": day(begin), "ends_on": day(begin + rng.randrange(9)),
                    "percent": rng.randrange(5, 60)}),
                lambda: http.patch(f"/api/resources/{person}", json={"capacity_percent": rng.choice([40, 80, 100])}),
                lambda: http.patch(f"/api/projects/{project}", json={"priority": rng.choice(["low", "high"])}),
                lambda: http.patch(f"/api/projects/{project}", json={"status": rng.choice(["on_hold", "active"])}),
                lambda: http.get("/api/delivery/dashboard"),
            ])().status_code

        while time.monotonic() < stop:
            statuses.add(request())

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(one_of_them, n) for n in range(WORKERS)]:
            done.result()
    assert statuses <= {200, 201, 204, 207, 400, 404, 409}, seed
    delivery.check_kept(board.stack.psql)
    time.sleep(1.1)  # whoever didn't write sees it so much later at most
    for project in projects:
        order = board.order(project)
        assert len(order) == len(set(order)) == board.read("projects", project)["items_total"]


def test_the_program_s_role_can_do_no_more(stack):
    """Not even the program itself gets past a rule."""
    board = delivery.Board(stack)
    project, person = board.project("active"), board.person()
    item = board.item(project)
    board.allocate(person, project, 0, 1, 100)
    for sql, why in ((f"UPDATE projects SET status = 'completed' WHERE id = {project['id']}", "SD409"),
                     (f"UPDATE backlog_items SET status = 'done' WHERE id = {item['id']}", "SD409"),
                     (f"UPDATE allocations SET ends_on = starts_on + 3, percent = 100 WHERE resource_id = {person['id']};"
                      "INSERT INTO allocations (resource_id, project_id, starts_on, ends_on, percent)"
                      f" VALUES ({person['id']}, {project['id']}, '{day(1)}', '{day(1)}', 1)",
                      "SD409"),
                     (f"INSERT INTO backlog_items (project_id, title, before_id) VALUES ({project['id']}, 'x', {item['id']})", "23514")):
        with pytest.raises(psycopg2.Error) as refused:
            stack.psql(sql, user="stevedores")
        assert refused.value.pgcode == why, sql
