# SPDX-License-Identifier: Apache-2.0
"""The delivery board: its resources, their life cycles with every move there is and every one there isn't, its rules and who may
do what."""
import itertools
import time
import uuid

import delivery
import port
import pytest
from delivery import day

TIMES = {"version", "created_at", "updated_at"}
TOTALS = {"items_total", "items_done", "points_total", "points_done"}
MEMBERS = {
    "projects": {"id", "code", "name", "description", "status", "active", "priority", "owner", "starts_on", "due_on",
                 "closed_at"} | TOTALS | TIMES,
    "features": {"id", "project_id", "project_code", "name", "description", "status", "priority", "due_on"} | TOTALS | TIMES,
    "backlog": {"id", "project_id", "project_code", "feature_id", "feature_name", "title", "description", "kind", "status",
                "points", "priority", "rank", "resource_id", "resource_name", "done_at"} | TIMES,
    "resources": {"id", "name", "email", "role_title", "skills", "availability", "capacity_percent",
                  "allocated_until"} | TIMES,
    "allocations": {"id", "resource_id", "resource_name", "project_id", "project_code", "starts_on", "ends_on", "percent"} | TIMES,
}

MOVES = {
    "projects": {"planned": {"active", "cancelled"}, "active": {"on_hold", "completed", "cancelled"},
                 "on_hold": {"active", "cancelled"}, "completed": set(), "cancelled": set()},
    "features": {"proposed": {"in_progress", "dropped"}, "in_progress": {"done", "dropped"}, "done": {"in_progress"},
                 "dropped": set()},
    "backlog": {"todo": {"in_progress"}, "in_progress": {"todo", "review"}, "review": {"in_progress", "done"},
                "done": {"in_progress"}},
}


@pytest.fixture
def board(stack):
    return delivery.Board(stack)


def sentence(response):
    return response.json()["errors"][0]["detail"]


# --- what there is ----------------------------------------------------------------------------------------------------


def test_all_members(board):
    project = board.project("active", description="two\nlines", owner="Ana", starts_on=day(-9), due_on=day(9), priority="critical")
    feature = board.feature(project, description="x", due_on=day(3), priority="high")
    person = board.person(email=f"{uuid.uuid4().hex}@example.org", role_title="Planner", skills=["crane", "hot work"],
                          availability="on_leave", capacity_percent=80)
    item = board.item(project, feature_id=feature["id"], description="y", kind="bug", points=8, priority="low",
                      resource_id=person["id"])
    allocation = board.allocate(person, project, -3, 5, 60)
    assert item["feature_name"] == feature["name"] and item["resource_name"] == person["name"]
    assert item["project_code"] == feature["project_code"] == allocation["project_code"] == project["code"]
    for path, row in (("projects", project), ("features", feature), ("backlog", item), ("resources", person),
                      ("allocations", allocation)):
        assert set(row) == MEMBERS[path], path
        assert set(board.read(path, row)) == MEMBERS[path]
        [listed] = [r for r in board.get(f"/api/{path}", sort="-id", per_page=5)["data"] if r["id"] == row["id"]]
        assert listed == board.read(path, row)
    assert board.read("resources", person) == {**person, "allocated_until": day(5)}
    assert board.read("projects", project) == {**project, "items_total": 1, "points_total": 8}
    assert board.read("features", feature) == {**feature, "items_total": 1, "points_total": 8}


def test_defaults(board):
    project = board.project()
    assert (project["status"], project["active"], project["priority"], project["due_on"]) == ("planned", False, "medium", None)
    assert board.change("projects", project, status="active")["active"]
    item = board.item(project)
    assert (item["kind"], item["status"], item["points"], item["priority"]) == ("story", "todo", 0, "medium")
    person = board.person()
    assert (person["skills"], person["availability"], person["capacity_percent"]) == ([], "available", 100)
    assert person["allocated_until"] is None


@pytest.mark.parametrize("path, body, fields", [
    ("projects", {}, ["code", "name"]), ("projects", {"code": "a b"}, ["code"]), ("projects", {"code": "x" * 21}, ["code"]),
    ("projects", {"code": "-x"}, ["code"]), ("projects", {"status": "active"}, ["status"]),
    ("projects", {"active": True}, ["active"]),
    ("projects", {"starts_on": "2030-02-30"}, ["starts_on"]), ("projects", {"starts_on": day(2), "due_on": day(1)}, ["due_on"]),
    ("projects", {"priority": "urgent"}, ["priority"]), ("projects", {"items_total": 1}, ["items_total"]),
    ("features", {}, ["name", "project_id"]), ("features", {"project_id": 999999999}, ["project_id"]),
    ("features", {"status": "done"}, ["status"]),
    ("backlog", {}, ["project_id", "title"]), ("backlog", {"project_id": 999999999}, ["project_id"]),
    ("backlog", {"points": 101}, ["points"]), ("backlog", {"points": -1}, ["points"]), ("backlog", {"points": 1.5}, ["points"]),
    ("backlog", {"kind": "epic"}, ["kind"]), ("backlog", {"rank": 4}, ["rank"]), ("backlog", {"before_id": 4}, ["before_id"]),
    ("backlog", {"feature_id": 999999999}, ["feature_id"]), ("backlog", {"resource_id": 999999999}, ["resource_id"]),
    ("backlog", {"status": "done"}, ["status"]), ("backlog", {"title": "x" * 201}, ["title"]),
    ("resources", {}, ["name"]), ("resources", {"email": "nobody"}, ["email"]), ("resources", {"email": "a@b@c"}, ["email"]),
    ("resources", {"email": "a\u3000b@example.org"}, ["email"]),  # a space that isn't ASCII's
    ("resources", {"skills": ["Crane"]}, ["skills"]), ("resources", {"skills": "crane"}, ["skills"]),
    ("resources", {"skills": ["a", "a"]}, ["skills"]), ("resources", {"skills": [f"s{n}" for n in range(21)]}, ["skills"]),
    ("resources", {"capacity_percent": 0}, ["capacity_percent"]), ("resources", {"capacity_percent": 101}, ["capacity_percent"]),
    ("resources", {"availability": "ill"}, ["availability"]), ("resources", {"free": "{}"}, ["free"]),
    ("allocations", {}, ["ends_on", "percent", "project_id", "resource_id", "starts_on"]),
    ("allocations", {"percent": 0}, ["percent"]), ("allocations", {"percent": 101}, ["percent"]),
    ("allocations", {"ends_on": day(-1)}, ["ends_on"]), ("allocations", {"resource_id": 999999999}, ["resource_id"]),
    ("allocations", {"project_id": 999999999}, ["project_id"]),
], ids=str)
def test_create_refused(board, path, body, fields):
    whole = {"projects": {"code": uuid.uuid4().hex[:10], "name": "No"}, "resources": {"name": "No"}}
    if path in ("features", "backlog", "allocations"):
        project = board.project()
        whole = {"features": {"project_id": project["id"], "name": "No"},
                 "backlog": {"project_id": project["id"], "title": "No"},
                 "allocations": {"project_id": project["id"], "resource_id": board.person()["id"], "starts_on": day(),
                                 "ends_on": day(), "percent": 10}}
    table = {"backlog": "backlog_items"}.get(path, path)
    before = board.stack.value(f"SELECT count(*) FROM {table}")
    board.refused("POST", f"/api/{path}", {**whole[path], **body} if body else {}, 400, *fields)
    assert board.stack.value(f"SELECT count(*) FROM {table}") == before


def test_codes_and_addresses_are_taken_once(board):
    project, person = board.project(), board.person(email=f"{uuid.uuid4().hex}@example.org")
    board.refused("POST", "/api/projects", {"code": project["code"].lower(), "name": "Again"}, 409, "code")
    board.refused("POST", "/api/resources", {"email": person["email"].upper(), "name": "Again"}, 409, "email")
    assert [p["id"] for p in board.get("/api/projects", code=project["code"].lower())["data"]] == [project["id"]]


def test_a_feature_stays_in_its_project(board):
    feature = board.feature(board.project())
    board.refused("PATCH", f"/api/features/{feature['id']}", {"project_id": board.project()["id"]}, 400, "project_id")


@pytest.mark.parametrize("path", sorted(MEMBERS))
def test_no_such_row(board, path):
    for method, body in (("GET", None), ("PATCH", {"version": 1}), ("DELETE", None)):
        if method != "PATCH":
            port.problem_fields(board.send(method, f"/api/{path}/999999999", body, 404))
    for parent, child in (("projects", "features"), ("projects", "backlog"), ("projects", "allocations"),
                          ("features", "backlog"), ("resources", "allocations")):
        port.problem_fields(board.send("GET", f"/api/{parent}/999999999/{child}", None, 404))


# --- life cycles ------------------------------------------------------------------------------------------------------


def in_state(board, path, status):
    if path == "projects":
        return board.project(status)
    project = board.project("active")
    return board.feature(project, status) if path == "features" else board.item(project, status)


@pytest.mark.parametrize("path, at, to", [(path, at, to) for path, moves in MOVES.items()
                                          for at, to in itertools.product(moves, moves)])
def test_every_move(board, path, at, to):
    row = in_state(board, path, at)
    if to in MOVES[path][at]:
        moved = board.change(path, row, status=to)
        assert moved["status"] == to and moved["version"] == row["version"] + 1
    elif to == at:
        assert board.change(path, row, status=to)["status"] == at
    else:
        board.refused("PATCH", f"/api/{path}/{row['id']}", {"status": to}, 409, "status")
        assert board.read(path, row) == row


def test_times_go_with_the_moves(board):
    project = board.project("active")
    item = board.item(project, "done", points=3)
    assert item["done_at"] and board.read("projects", project)["points_done"] == 3
    item = board.change("backlog", item, status="in_progress")
    assert item["done_at"] is None and board.read("projects", project)["points_done"] == 0
    for step in ("review", "done"):
        board.change("backlog", item, status=step)
    assert project["closed_at"] is None
    assert board.change("projects", project, status="completed")["closed_at"]


# --- closing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["todo", "in_progress", "review"])
def test_open_items_keep_a_project_open(board, status):
    project = board.project("active")
    item = board.item(project, status)
    board.item(project, "done")
    answer = board.send("PATCH", f"/api/projects/{project['id']}", {"status": "completed"}, 409)
    assert port.problem_fields(answer) == ["status"] and "1 of its backlog items" in sentence(answer)
    board.send("DELETE", f"/api/backlog/{item['id']}", None, 204)
    assert board.change("projects", project, status="completed")["status"] == "completed"


def test_cancelling_leaves_items_as_they_are(board):
    project = board.project("active")
    items = [board.item(project, status, points=2) for status in delivery.ITEM_WAYS]
    assert board.change("projects", project, status="cancelled")["items_done"] == 1
    assert [board.read("backlog", item) for item in items] == items


@pytest.mark.parametrize("over", ["completed", "cancelled"])
def test_what_is_over_stays_as_it_is(board, over):
    other, project, person = board.project("active"), board.project("active"), board.person()
    feature, done = board.feature(project), board.feature(project, "done")
    item, foreign = board.item(project, "done", feature_id=feature["id"], points=3), board.item(other)
    last = board.item(project, "done")
    allocation = board.allocate(person, project, -9, 9, 20)
    project = board.change("projects", project, status=over)
    # The field that is named is the one that can't be, or the project as the reason.
    for path, row, members, field in (
            *(("backlog", item, m, "project_id") for m in (
                {"points": 5}, {"points": 3}, {"title": "x"}, {"description": "x"}, {"kind": "bug"}, {"priority": "high"},
                {"feature_id": None}, {"feature_id": done["id"]}, {"resource_id": person["id"]}, {"before_id": None},
                {"before_id": last["id"]})),
            *(("features", done, m, "project_id") for m in ({"name": "x"}, {"description": "x"}, {"priority": "low"}, {"due_on": day()})),
            ("features", done, {"status": "in_progress"}, "status"),
            *(("allocations", allocation, m, "project_id") for m in (
                {"percent": 10}, {"ends_on": day(10)}, {"ends_on": day(9)}, {"starts_on": day(-8)}, {"project_id": other["id"]},
                {"ends_on": day(2), "percent": 10}, {"resource_id": board.person()["id"]}))):
        board.refused("PATCH", f"/api/{path}/{row['id']}", members, 409, field)
        assert board.read(path, row) == row
    for path, row in (("features", done), ("allocations", allocation)):
        board.refused("DELETE", f"/api/{path}/{row['id']}", None, 409, "project_id")
    board.refused("POST", "/api/backlog", {"project_id": project["id"], "title": "Late"}, 409, "project_id")
    board.refused("POST", "/api/features", {"project_id": project["id"], "name": "Late"}, 409, "project_id")
    board.refused("PATCH", f"/api/backlog/{foreign['id']}", {"project_id": project["id"]}, 409, "project_id")
    board.refused("PATCH", f"/api/backlog/{item['id']}", {"project_id": other["id"]}, 409, "project_id")
    board.refused("PATCH", f"/api/backlog/{item['id']}", {"status": "in_progress"}, 409, "status")
    board.refused("DELETE", f"/api/backlog/{item['id']}", None, 409, "project_id")
    board.refused("POST", "/api/allocations", {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(),
                                               "ends_on": day(), "percent": 5}, 409, "project_id")
    assert board.read("projects", project) == {**project, "points_total": 3, "points_done": 3}
    assert board.order(project) == [item["id"], last["id"]]


@pytest.mark.parametrize("over", ["completed", "cancelled"])
def test_people_become_free_when_a_project_is_over(board, over):
    project, person = board.project("active"), board.person()
    past, now, today, future = (board.allocate(person, project, *days, 20) for days in ((-9, -1), (-5, 30), (0, 9), (1, 9)))
    board.change("projects", project, status=over)
    for row in (past, now, today):
        board.refused("DELETE", f"/api/allocations/{row['id']}", None, 409, "project_id")
    board.refused("PATCH", f"/api/allocations/{past['id']}", {"ends_on": day(-2)}, 409, "project_id")
    assert board.change("allocations", now, ends_on=day(-1))["ends_on"] == day(-1)
    assert board.change("allocations", today, ends_on=day())["ends_on"] == day()
    board.send("DELETE", f"/api/allocations/{future['id']}", None, 204)
    assert board.read("resources", person)["allocated_until"] == day()
    delivery.check_free(board.stack.psql)


def test_nothing_is_removed_from_under_something(board):
    project, person = board.project("active"), board.person()
    feature = board.feature(project)
    item = board.item(project, feature_id=feature["id"], resource_id=person["id"])
    allocation = board.allocate(person, project, 0, 1, 10)
    board.refused("DELETE", f"/api/projects/{project['id']}", None, 409, "id")
    board.refused("DELETE", f"/api/features/{feature['id']}", None, 409, "id")
    board.refused("DELETE", f"/api/resources/{person['id']}", None, 409, "id")
    board.send("DELETE", f"/api/allocations/{allocation['id']}", None, 204)
    board.refused("DELETE", f"/api/resources/{person['id']}", None, 409, "id")
    for path, row in (("backlog", item), ("features", feature), ("projects", project), ("resources", person)):
        board.send("DELETE", f"/api/{path}/{row['id']}", None, 204)
        board.send("GET", f"/api/{path}/{row['id']}", None, 404)


# --- items and where they are -----------------------------------------------------------------------------------------


def test_an_items_feature_is_of_its_project(board):
    project, other = board.project(), board.project()
    feature, foreign = board.feature(project), board.feature(other)
    board.refused("POST", "/api/backlog", {"project_id": project["id"], "title": "x", "feature_id": foreign["id"]}, 400,
                  "feature_id")
    item = board.item(project, feature_id=feature["id"])
    board.refused("PATCH", f"/api/backlog/{item['id']}", {"feature_id": foreign["id"]}, 400, "feature_id")
    assert board.change("backlog", item, feature_id=None)["feature_name"] is None


def test_to_another_project(board):
    project, other = board.project("active"), board.project("active")
    feature, new = board.feature(project), board.feature(other)
    there = [board.item(other) for _ in range(3)]
    items = [board.item(project, feature_id=feature["id"], points=5) for _ in range(4)]
    moved = board.change("backlog", items[0], project_id=other["id"])
    assert (moved["project_id"], moved["feature_id"]) == (other["id"], None)
    moved = board.change("backlog", items[1], project_id=other["id"], feature_id=new["id"])
    assert moved["feature_id"] == new["id"]
    board.refused("PATCH", f"/api/backlog/{items[2]['id']}", {"project_id": other["id"], "feature_id": 999999999}, 400,
                  "feature_id")
    board.refused("PATCH", f"/api/backlog/{items[2]['id']}", {"project_id": other["id"], "feature_id": feature["id"]}, 400,
                  "feature_id")  # as any other's that isn't of the new project
    moved = board.change("backlog", items[3], project_id=other["id"], before_id=there[1]["id"])
    assert board.order(other) == [there[0]["id"], items[3]["id"], there[1]["id"], there[2]["id"], items[0]["id"], items[1]["id"]]
    assert board.order(project) == [items[2]["id"]]
    assert (board.read("projects", project)["points_total"], board.read("projects", other)["points_total"]) == (5, 15)
    assert (board.read("features", feature)["items_total"], board.read("features", new)["items_total"]) == (1, 1)


def test_before_another(board):
    project, other = board.project("active"), board.project()
    a, b, c, d = items = [board.item(project) for _ in range(4)]
    for item, before, want in ((d, a, [d, a, b, c]), (b, d, [b, d, a, c]), (b, c, [d, a, b, c]), (a, None, [d, b, c, a]),
                               (d, b, [d, b, c, a]), (c, a, [d, b, c, a])):
        moved = board.change("backlog", item, before_id=before and before["id"])
        assert set(moved) == MEMBERS["backlog"]
        assert board.order(project) == [i["id"] for i in want]
    last = board.item(project)
    assert board.order(project)[-1] == last["id"]
    foreign = board.item(other)
    for wrong in (foreign["id"], 999999999, a["id"]):
        board.refused("PATCH", f"/api/backlog/{a['id']}", {"before_id": wrong}, 400, "before_id")
    assert len(board.order(project)) == len(items) + 1


def test_room_is_made_and_that_is_no_change_of_others(board):
    """Two take turns in front of each other until there is nothing between the first of them and the one in front."""
    project = board.project("active")
    items = [board.item(project) for _ in range(6)]
    moving, still = items[2:4], items[:2] + items[4:]
    audited = board.stack.value("SELECT count(*) FROM audit WHERE object_type = 'backlog_items'")
    for n in range(1, 71):
        first, second = moving[n % 2], moving[(n + 1) % 2]
        board.change("backlog", first, before_id=second["id"])
        assert board.order(project) == [i["id"] for i in (*still[:2], first, second, *still[2:])]
    ranks = board.stack.psql("SELECT DISTINCT rank FROM backlog_items WHERE project_id = %s", (project["id"],))
    assert len(ranks) == 6
    assert board.stack.value("SELECT count(*) FROM audit WHERE object_type = 'backlog_items'") == audited + 70
    for item in still:
        now = board.read("backlog", item)
        assert {**now, "rank": 0} == {**item, "rank": 0}, "its version, its time and all else are as before"
    assert any(board.read("backlog", item)["rank"] != item["rank"] for item in still), "room was made at least once"


def test_a_move_that_came_too_late(board):
    project = board.project()
    a, b = board.item(project), board.item(project)
    tag = board.http.get(f"/api/backlog/{b['id']}").headers["ETag"]
    board.change("backlog", b, before_id=a["id"])
    answer = board.http.patch(f"/api/backlog/{b['id']}", json={"before_id": None}, headers={"If-Match": tag})
    assert answer.status_code == 412 and board.order(project) == [b["id"], a["id"]]


# --- people and their time --------------------------------------------------------------------------------------------


def test_no_day_has_more_than_there_is(board):
    project, person = board.project("active"), board.person()
    board.allocate(person, project, 0, 9, 60)
    board.allocate(person, project, 20, 29, 50)
    board.allocate(person, project, 5, 24, 40)
    for begin, end, percent, fits in ((5, 9, 1, False), (9, 9, 1, False), (10, 19, 60, True), (19, 20, 20, False),
                                      (0, 4, 41, False), (0, 4, 40, True), (30, 30, 100, True), (-5, 40, 1, False),
                                      (25, 29, 50, True)):
        board.allocate(person, project, begin, end, percent, 201 if fits else 409)
    delivery.check_free(board.stack.psql)


def test_changes_are_checked_as_well(board):
    project, person, other = board.project("active"), board.person(), board.person(capacity_percent=30)
    first, second = board.allocate(person, project, 0, 9, 60), board.allocate(person, project, 10, 19, 60)
    for members, fits in (({"ends_on": day(10)}, False), ({"percent": 100}, True), ({"resource_id": other["id"]}, False),
                          ({"starts_on": day(-5), "ends_on": day(9)}, True), ({"percent": 30, "resource_id": other["id"]}, True),
                          ({"percent": 31}, False)):
        if fits:
            board.change("allocations", first, **members)
        else:
            board.refused("PATCH", f"/api/allocations/{first['id']}", members, 409, "percent")
        delivery.check_free(board.stack.psql)
    assert board.read("resources", person)["allocated_until"] == second["ends_on"]
    board.send("DELETE", f"/api/allocations/{second['id']}", None, 204)
    assert board.read("resources", person)["allocated_until"] is None


def test_capacity_counts_from_today_on(board):
    project, person = board.project("active"), board.person()
    board.allocate(person, project, -20, -1, 100)
    board.allocate(person, project, 0, 5, 70)
    board.refused("PATCH", f"/api/resources/{person['id']}", {"capacity_percent": 69}, 409, "capacity_percent")
    assert board.change("resources", person, capacity_percent=70)["capacity_percent"] == 70
    board.allocate(person, project, 5, 5, 1, 409)
    board.allocate(person, project, 6, 6, 71, 409)
    board.allocate(person, project, -20, -20, 1, 409)
    board.allocate(person, project, -25, -21, 100)  # that was before
    delivery.check_free(board.stack.psql)


def test_who_can_do_it_and_is_free(board):
    mark = f"skill {uuid.uuid4().hex[:8]}"
    project = board.project("active")
    people = [board.person(skills=[mark, *skills], availability=availability, capacity_percent=capacity)
              for skills, availability, capacity in (
                  (["crane"], "available", 100), (["crane", "hot work"], "available", 100), (["crane"], "on_leave", 100),
                  ([], "available", 40), (["hot work"], "available", 100))]
    for person, begin, end, percent in ((0, 0, 9, 100), (1, 5, 9, 50), (4, 3, 7, 60), (3, 0, 2, 40)):
        board.allocate(people[person], project, begin, end, percent)

    def found(**params):
        there = {row["id"] for row in board.get("/api/resources", **params)["data"]}
        return {n for n, person in enumerate(people) if person["id"] in there}

    assert found(skills=mark) == {0, 1, 2, 3, 4}
    assert found(skills=f"{mark},crane") == {0, 1, 2}
    assert found(skills=f"{mark},crane,hot work") == {1}
    assert found(skills=mark, free_on=day(0)) == {1, 4}
    assert found(skills=mark, free_on=day(5)) == {1, 3, 4}
    assert found(skills=mark, half_free_on=day(5)) == {1}
    assert found(skills=mark, half_free_on=day(20)) == {0, 1, 4}
    assert found(skills=f"{mark},crane", free_on=day(12)) == {0, 1}
    assert found(skills=mark, free_from=day(8)) == {3, 4}
    assert found(skills=mark, free_from=day(10)) == {0, 1, 3, 4}
    assert found(skills=mark, availability="on_leave,unavailable") == {2}
    for first, last, free, half in ((0, 0, {1, 4}, {1, 4}), (0, 2, {1, 4}, {1, 4}), (3, 4, {1, 3, 4}, {1}), (4, 10, {1, 3, 4}, {1}),
                                    (9, 10, {1, 3, 4}, {1, 4}), (10, 900, {0, 1, 3, 4}, {0, 1, 4}), (-5, 2, {1, 4}, {1, 4})):
        days = f"{day(first)}/{day(last)}"
        assert (found(skills=mark, free_range=days), found(skills=mark, half_free_range=days)) == (free, half), days


@pytest.mark.parametrize("days", ["soon", "2026-12-01", "2026-12-14/2026-12-01", "2026-02-30/2026-03-01", "0000-01-01/2026-01-01",
                                  "infinity/infinity", "2026-12-01/2026-12-14/", "(,)"])
def test_days_that_are_none(board, days):
    board.person()
    for name in ("free_range", "half_free_range"):
        assert port.problem_fields(board.send("GET", f"/api/resources?{name}={days}", None, 400)) == [name]


def test_many_allocations_of_one_person_at_once(board):
    """As many as a request can have, each checked against those before it."""
    project, person = board.project("active"), board.person()
    rows = [{"project_id": project["id"], "resource_id": person["id"], "starts_on": day(n), "ends_on": day(n + 1), "percent": 50}
            for n in range(499)]
    began = time.monotonic()
    answer = board.send("POST", "/api/allocations", rows + [{**rows[3], "percent": 1}], 207).json()
    print(f"{time.monotonic() - began:.2f} s")
    assert [r["status"] for r in answer["data"]] == [201] * 499 + [409]
    assert board.read("resources", person)["allocated_until"] == day(499)
    delivery.check_free(board.stack.psql)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_lists_of_a_parent(board):
    project, other, person = board.project("active"), board.project("active"), board.person()
    feature = board.feature(project)
    board.feature(other)
    items = [board.item(project, feature_id=feature["id"] if n % 2 else None, points=n) for n in range(4)]
    board.item(other)
    one, two = board.allocate(person, project, 0, 3, 10), board.allocate(person, other, 0, 3, 10)

    def ids(path, **params):
        answer = board.get(path, **params)
        assert answer["pagination"]["total"] == len(answer["data"])
        return {row["id"] for row in answer["data"]}

    assert ids(f"/api/projects/{project['id']}/features") == {feature["id"]}
    assert ids(f"/api/projects/{project['id']}/backlog") == {i["id"] for i in items}
    assert ids(f"/api/projects/{project['id']}/backlog", kind="story", resource_id_null="true") == {i["id"] for i in items}
    assert ids(f"/api/projects/{project['id']}/backlog", min_points=1, max_points=2) == {items[1]["id"], items[2]["id"]}
    assert ids(f"/api/features/{feature['id']}/backlog") == {items[1]["id"], items[3]["id"]}
    assert ids(f"/api/projects/{project['id']}/allocations") == {one["id"]}
    assert ids(f"/api/resources/{person['id']}/allocations") == {one["id"], two["id"]}
    assert ids("/api/allocations", resource_id=person["id"], on=day(3), min_percent=10) == {one["id"], two["id"]}
    assert ids("/api/allocations", resource_id=person["id"], on=day(4)) == set()


SORTS = {
    "projects": ["due_on", "name", "priority,due_on", "status,due_on", "updated_at", "id"],
    "features": ["due_on", "name", "priority,due_on", "status,due_on", "updated_at", "id"],
    "backlog": ["rank", "status,updated_at", "priority,updated_at", "points", "done_at", "updated_at", "id"],
    "resources": ["name", "availability,name", "allocated_until", "updated_at", "id"],
    "allocations": ["starts_on", "ends_on", "resource_id,starts_on", "id"],
}


def sort_value(row, term):
    if term == "priority":
        return ["critical", "high", "medium", "low"].index(row["priority"])
    if term == "rank":
        return (row["project_id"], row["rank"])
    if term == "due_on":
        return row[term] or "9999"
    return row[term] or "" if term in ("allocated_until", "done_at") else row[term]


@pytest.fixture(scope="module")
def crowd(shared_stack):
    """Rows of everything with a mark, and how to find them."""
    board, mark = delivery.Board(shared_stack), f"m{uuid.uuid4().hex[:8]}"
    priorities = ["low", "medium", "high", "critical"]
    projects = [board.project(list(delivery.WAYS)[n % 3], name=f"{mark} {n % 5}", priority=priorities[n % 4],
                              **({"due_on": day(n % 3), "starts_on": day(-5)} if n % 4 else {})) for n in range(14)]
    features = [board.feature(projects[0], list(delivery.FEATURE_WAYS)[n % 4], name=f"{mark} {n % 5}", priority=priorities[n % 4],
                              **({"due_on": day(n % 3)} if n % 3 else {})) for n in range(14)]
    people = [board.person(name=f"{mark} {n % 5}", availability=["available", "on_leave"][n % 2]) for n in range(14)]
    for n in range(14):
        board.item(projects[n % 3], list(delivery.ITEM_WAYS)[n % 4], title=f"{mark} {n}", points=n % 4, priority=priorities[n % 4],
                   resource_id=people[n % 3]["id"], feature_id=features[n]["id"] if n % 3 == 0 else None)
    allocations = [board.allocate(people[n % 6], projects[0], n % 4, 5 + n % 3, 10) for n in range(14)]
    of_one = {"project_id": projects[0]["id"]}
    narrow = {"projects": {"q": mark}, "features": of_one, "backlog": {"q": mark}, "resources": {"q": mark}, "allocations": of_one}
    return narrow, len(allocations)


@pytest.mark.parametrize("path", sorted(SORTS))
def test_every_order(board, crowd, path):
    narrow, n = crowd
    rows = board.get(f"/api/{path}", **narrow[path], per_page=100)["data"]
    assert len(rows) == n
    for sort in SORTS[path]:
        want = [r["id"] for r in sorted(rows, key=lambda r: [sort_value(r, t) for t in sort.split(",")] + [r["id"]])]
        for name, expected in ((sort, want), (",".join("-" + t for t in sort.split(",")), want[::-1])):
            found, cursor = [], None
            while True:
                answer = board.get(f"/api/{path}", **narrow[path], sort=name, per_page=5, **({"cursor": cursor} if cursor else {}))
                found += [r["id"] for r in answer["data"]]
                cursor = answer["pagination"]["next_cursor"]
                if cursor is None:
                    break
            assert found == expected, name
            pages = [board.get(f"/api/{path}", **narrow[path], sort=name, per_page=5, page=p)["data"] for p in (1, 2, 3)]
            assert [r["id"] for page in pages for r in page] == expected


FILTERS = {
    "projects": {"status": "active,planned", "priority": "high", "due_on_from": day(1), "due_on_to": day(1), "due_on_null": "true"},
    "features": {"status": "done,dropped", "priority": "low,critical", "due_on_from": day(1), "due_on_to": day(1),
                 "due_on_null": "false"},
    "backlog": {"status": "todo,done", "done_at_from": day() + "T00:00:00Z", "resource_id_null": "false"},
    "resources": {"availability": "on_leave", "free_on": day(2), "half_free_on": day(2), "free_from": day(6)},
    "allocations": {"on": day(1), "starts_on_from": day(2), "starts_on_to": day(2), "ends_on_from": day(6), "ends_on_to": day(6),
                    "min_percent": "11"},
}

TAKES = {
    "status": lambda r, v: r["status"] in v.split(","), "priority": lambda r, v: r["priority"] in v.split(","),
    "due_on_from": lambda r, v: (r["due_on"] or "9999") >= v, "due_on_to": lambda r, v: (r["due_on"] or "9999") <= v,
    "due_on_null": lambda r, v: (r["due_on"] is None) == (v == "true"),
    "availability": lambda r, v: r["availability"] in v.split(","),
    "done_at_from": lambda r, v: (r["done_at"] or "") >= v,
    "resource_id_null": lambda r, v: (r["resource_id"] is None) == (v == "true"),
    "on": lambda r, v: r["starts_on"] <= v <= r["ends_on"], "starts_on_from": lambda r, v: r["starts_on"] >= v,
    "starts_on_to": lambda r, v: r["starts_on"] <= v, "ends_on_from": lambda r, v: r["ends_on"] >= v,
    "ends_on_to": lambda r, v: r["ends_on"] <= v, "min_percent": lambda r, v: r["percent"] >= int(v),
    "free_from": lambda r, v: r["availability"] == "available" and (r["allocated_until"] or "") < v,
    "free_on": lambda r, v: r["availability"] == "available", "half_free_on": lambda r, v: r["availability"] == "available",
}


@pytest.mark.parametrize("path", sorted(FILTERS))
def test_filters_together(board, crowd, path):
    """Every combination that is not refused, against the rows themselves. (What is free on a day: see above.)"""
    narrow = dict(crowd[0][path])
    if path == "backlog":
        narrow["project_id"] = board.get("/api/backlog", **narrow, per_page=1)["data"][0]["project_id"]
    if path == "projects":
        narrow["status"] = "planned,active,on_hold"  # what others need
    rows = board.get(f"/api/{path}", **narrow, per_page=100)["data"]
    for n in range(len(FILTERS[path]) + 1):
        for names in itertools.combinations(FILTERS[path], n):
            given = {**narrow, **{name: FILTERS[path][name] for name in names}}
            found = {r["id"] for r in board.get(f"/api/{path}", **given, per_page=100)["data"]}
            assert found == {r["id"] for r in rows if all(TAKES[name](r, FILTERS[path][name]) for name in names)}, names


@pytest.mark.parametrize("query", ["backlog?kind=bug", "backlog?priority=high", "backlog?resource_id_null=true&resource_id=1",
                                   "backlog?done_at_to=2030-01-01T00:00:00Z",
                                   "backlog?done_at_from=2030-01-01T00:00:00Z&status=done", "features?priority=low",
                                   "features?due_on_null=true",
                                   "projects?priority=low", "allocations?min_percent=5", "allocations?starts_on_from=2030-01-01",
                                   "projects?active=true", "backlog?sort=title", "backlog?min_points=5", "backlog?max_points=5", "resources?skills=Crane!", "resources?free_on=soon"])
def test_what_no_index_serves_is_refused(board, query):
    assert len(port.problem_fields(board.send("GET", f"/api/{query}", None, 400))) == 1


# --- caches, people ---------------------------------------------------------------------------------------------------


def test_cached_answers_know_of_changes_elsewhere(board):
    """Each is asked for twice, changed in another table, and asked for again."""
    project, person = board.project("active"), board.person()
    feature = board.feature(project)
    item = board.item(project, feature_id=feature["id"], resource_id=person["id"])
    allocation = board.allocate(person, project, 0, 0, 10)

    def seen():
        return [(board.get(f"/api/{path}/{row['id']}")["data"],
                 [r for r in board.get(f"/api/{path}", sort="-id", per_page=3)["data"] if r["id"] == row["id"]])
                for path, row in (("projects", project), ("features", feature), ("backlog", item), ("resources", person),
                                  ("allocations", allocation))]

    assert seen() == seen()
    board.change("backlog", item, points=7)
    board.change("projects", project, code=f"N{uuid.uuid4().hex[:9]}")
    board.change("features", feature, name="Renamed")
    board.change("resources", person, name="Somebody else")
    board.change("allocations", allocation, percent=20)
    now = seen()
    assert all([row] == listed for row, listed in now)
    assert now[0][0]["points_total"] == now[1][0]["points_total"] == 7
    assert now[2][0]["feature_name"] == "Renamed" and now[2][0]["resource_name"] == now[4][0]["resource_name"] == "Somebody else"
    assert now[1][0]["project_code"] == now[2][0]["project_code"] == now[4][0]["project_code"] == now[0][0]["code"]


WRITERS = {"projects": ("supervisor", "manager"), "features": ("supervisor", "supervisor"), "backlog": ("clerk", "supervisor"),
           "resources": ("supervisor", "manager"), "allocations": ("supervisor", "supervisor")}
ROLES = ["viewer", "clerk", "supervisor", "manager", "admin"]


@pytest.mark.parametrize("path", sorted(WRITERS))
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(board, role, path):
    project, person = board.project("active"), board.person()
    bodies = {"projects": {"code": uuid.uuid4().hex[:12], "name": "x"}, "features": {"project_id": project["id"], "name": "x"},
              "backlog": {"project_id": project["id"], "title": "x"}, "resources": {"name": "x"},
              "allocations": {"project_id": project["id"], "resource_id": person["id"], "starts_on": day(), "ends_on": day(),
                              "percent": 1}}
    admin, http = board.http, board.stack.session(role)
    may_write, may_delete = (ROLES.index(role) >= ROLES.index(least) for least in WRITERS[path])
    assert http.get(f"/api/{path}").status_code == 200
    assert http.get("/api/delivery/dashboard").status_code == 200
    made = http.post(f"/api/{path}", json=bodies[path])
    assert made.status_code == (201 if may_write else 403)
    if not may_write:
        made = admin.post(f"/api/{path}", json=bodies[path])
    row = f"/api/{path}/{made.json()['data']['id']}"
    assert http.get(row).status_code == 200
    change = {"percent": 2} if path == "allocations" else {"title": "y"} if path == "backlog" else {"name": "y"}
    assert http.patch(row, json=change).status_code == (200 if may_write else 403)
    assert http.delete(row).status_code == (204 if may_delete else 403)


def test_nobody_sees_nothing(stack):
    http = stack.session(None)
    assert {http.get(f"/api/{path}").status_code for path in (*WRITERS, "delivery/dashboard")} == {401}


def test_who_did_it_is_in_the_trail(board):
    project = board.project("active")
    item = board.item(project, points=2)
    board.change("backlog", item, points=3)
    board.send("DELETE", f"/api/backlog/{item['id']}", None, 204)
    trail = board.stack.psql("SELECT action, actor, before ->> 'points', after ->> 'points' FROM audit"
                             " WHERE object_type = 'backlog_items' AND object_id = %s ORDER BY id", (str(item["id"]),))
    assert trail == [("create", "admin", None, "2"), ("update", "admin", "2", "3"), ("delete", "admin", "3", None)]
    person = board.person()
    board.allocate(person, project, 0, 1, 10)
    assert board.read("resources", person)["version"] == 1
    assert board.stack.value("SELECT count(*) FROM audit WHERE object_type = 'resources' AND object_id = %s",
                             (str(person["id"]),)) == 1


def test_what_is_kept_is_right(board):
    """After all that the tests above did on this stack."""
    delivery.check_kept(board.stack.psql)
