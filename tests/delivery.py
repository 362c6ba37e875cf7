# SPDX-License-Identifier: Apache-2.0
"""Shorthand for tests of the delivery board: projects in a wanted state, items that are done, people and their allocations; and
what is kept, worked out anew."""
import itertools
import uuid
from datetime import datetime, timedelta, timezone

import port

# From planned, and from todo.
WAYS = {"planned": [], "active": ["active"], "on_hold": ["active", "on_hold"], "completed": ["active", "completed"],
        "cancelled": ["cancelled"]}
ITEM_WAYS = {"todo": [], "in_progress": ["in_progress"], "review": ["in_progress", "review"],
             "done": ["in_progress", "review", "done"]}
FEATURE_WAYS = {"proposed": [], "in_progress": ["in_progress"], "done": ["in_progress", "done"], "dropped": ["dropped"]}

# Who may do what at least, by route; written down a second time on purpose, as in test_roles.py.
LEAST = {
    ("GET", "/api/delivery/dashboard"): "viewer",
    ("GET", "/api/projects"): "viewer", ("POST", "/api/projects"): "supervisor", ("GET", "/api/projects/{id}"): "viewer",
    ("PATCH", "/api/projects/{id}"): "supervisor", ("DELETE", "/api/projects/{id}"): "manager",
    ("GET", "/api/projects/{id}/features"): "viewer", ("GET", "/api/projects/{id}/backlog"): "viewer",
    ("GET", "/api/projects/{id}/allocations"): "viewer",
    ("GET", "/api/features"): "viewer", ("POST", "/api/features"): "supervisor", ("GET", "/api/features/{id}"): "viewer",
    ("PATCH", "/api/features/{id}"): "supervisor", ("DELETE", "/api/features/{id}"): "supervisor",
    ("GET", "/api/features/{id}/backlog"): "viewer",
    ("GET", "/api/backlog"): "viewer", ("POST", "/api/backlog"): "clerk", ("GET", "/api/backlog/{id}"): "viewer",
    ("PATCH", "/api/backlog/{id}"): "clerk", ("DELETE", "/api/backlog/{id}"): "supervisor",
    ("GET", "/api/resources"): "viewer", ("POST", "/api/resources"): "supervisor", ("GET", "/api/resources/{id}"): "viewer",
    ("PATCH", "/api/resources/{id}"): "supervisor", ("DELETE", "/api/resources/{id}"): "manager",
    ("GET", "/api/resources/{id}/allocations"): "viewer",
    ("GET", "/api/allocations"): "viewer", ("POST", "/api/allocations"): "supervisor", ("GET", "/api/allocations/{id}"): "viewer",
    ("PATCH", "/api/allocations/{id}"): "supervisor", ("DELETE", "/api/allocations/{id}"): "supervisor",
}

numbers = itertools.count(1)


def today():
    """The board's day: UTC's."""
    return datetime.now(timezone.utc).date()


def day(days=0):
    """So many days from today, as the API has it."""
    return (today() + timedelta(days=days)).isoformat()


class Board(port.Api):
    def change(self, path, row, **members):
        return self.send("PATCH", f"/api/{path}/{row['id']}", members, 200).json()["data"]

    def read(self, path, row):  # pylint: disable=arguments-differ
        return self.get(f"/api/{path}/{row['id']}")["data"]

    def project(self, status="planned", **members):
        body = {"code": f"T{next(numbers)}-{uuid.uuid4().hex[:8]}", "name": "Test project", **members}
        project = self.post("/api/projects", body)["data"]
        for step in WAYS[status]:
            project = self.change("projects", project, status=step)
        return project

    def feature(self, project, status="proposed", **members):
        feature = self.post("/api/features", {"project_id": project["id"], "name": "Test feature", **members})["data"]
        for step in FEATURE_WAYS[status]:
            feature = self.change("features", feature, status=step)
        return feature

    def item(self, project, status="todo", **members):
        item = self.post("/api/backlog", {"project_id": project["id"], "title": "Test item", **members})["data"]
        return self.work(item, status)

    def work(self, item, status):
        for step in ITEM_WAYS[status]:
            item = self.change("backlog", item, status=step)
        return item

    def person(self, **members):
        return self.post("/api/resources", {"name": f"Person {uuid.uuid4().hex[:10]}", **members})["data"]

    def allocate(self, person, project, begin, end, percent, status=201):
        answer = self.post("/api/allocations", {"resource_id": person["id"], "project_id": project["id"], "starts_on": day(begin),
                                                "ends_on": day(end), "percent": percent}, status)
        return answer.get("data")

    def order(self, project):
        """Ids of the backlog as the list has them."""
        found, cursor = [], None
        while True:
            answer = self.get(f"/api/projects/{project['id']}/backlog", per_page=50, **({"cursor": cursor} if cursor else {}))
            found += [row["id"] for row in answer["data"]]
            cursor = answer["pagination"]["next_cursor"]
            if cursor is None:
                return found


def drive(send):
    """Every route of the board, through `send` (test_plans.py), more often than PostgreSQL plans anew. What is asked of triggers
    when room is made is among it."""
    for n in range(8):
        def add(path, **body):
            return send("POST", f"/api/{path}", body=body, status=201)["data"]["id"]

        def change(path, row, **body):
            send("PATCH", f"/api/{path}/{{id}}", body=body, id=row)

        project, other = (add("projects", code=f"PLAN-{n}-{k}", name="Planned", starts_on=day(-30), due_on=day(30)) for k in "ab")
        feature = add("features", project_id=project, name="Planned")
        person = add("resources", name=f"Planned {n}", skills=["crane"])
        items = [add("backlog", project_id=project, title="Planned", feature_id=feature, resource_id=person, points=3)
                 for _ in range(4)]
        allocation = add("allocations", resource_id=person, project_id=project, starts_on=day(-3), ends_on=day(n), percent=40)
        change("projects", project, status="active")
        for turn in range(25 if n == 7 else 2):
            change("backlog", items[2 + turn % 2], before_id=items[3 - turn % 2])
        change("backlog", items[0], before_id=None)
        change("backlog", items[1], project_id=other, points=5)
        for step in ITEM_WAYS["done"]:
            change("backlog", items[0], status=step)
        for step in FEATURE_WAYS["done"]:
            change("features", feature, status=step)
        change("allocations", allocation, percent=50)
        change("resources", person, capacity_percent=60)
        for path, row in (("projects", project), ("features", feature), ("backlog", items[0]), ("resources", person),
                          ("allocations", allocation)):
            send("GET", f"/api/{path}")
            send("GET", f"/api/{path}/{{id}}", id=row)
        for parent, row, child in (("projects", project, "features"), ("projects", project, "backlog"),
                                   ("projects", project, "allocations"), ("features", feature, "backlog"),
                                   ("resources", person, "allocations")):
            send("GET", f"/api/{parent}/{{id}}/{child}", id=row)
        send("GET", "/api/resources", f"?skills=crane&free_range={day()}/{day(13)}")
        send("GET", "/api/delivery/dashboard")
        for row in items:
            send("DELETE", "/api/backlog/{id}", status=204, id=row)
        for path, row in (("allocations", allocation), ("features", feature)):
            send("DELETE", f"/api/{path}/{{id}}", status=204, id=row)
        change("projects", project, status="completed")
        for path, row in (("projects", other), ("projects", project), ("resources", person)):
            send("DELETE", f"/api/{path}/{{id}}", status=204, id=row)


KEPT = {
    "project_totals": ("""SELECT project_id, count(*), count(*) FILTER (WHERE status = 'done'), sum(points),
                                 coalesce(sum(points) FILTER (WHERE status = 'done'), 0) FROM backlog_items GROUP BY 1""",
                       "SELECT project_id, items, items_done, points, points_done FROM project_totals WHERE items <> 0"),
    "feature_totals": ("""SELECT feature_id, count(*), count(*) FILTER (WHERE status = 'done'), sum(points),
                                 coalesce(sum(points) FILTER (WHERE status = 'done'), 0)
                            FROM backlog_items WHERE feature_id IS NOT NULL GROUP BY 1""",
                       "SELECT feature_id, items, items_done, points, points_done FROM feature_totals WHERE items <> 0"),
    "project_days": ("""SELECT project_id, day, sum(points), sum(points_done)
                          FROM (SELECT project_id, (created_at AT TIME ZONE 'UTC')::date AS day, points, 0 AS points_done
                                  FROM backlog_items
                                 UNION ALL
                                SELECT project_id, (done_at AT TIME ZONE 'UTC')::date, 0, points FROM backlog_items
                                 WHERE status = 'done') AS d
                         GROUP BY 1, 2 HAVING sum(points) <> 0 OR sum(points_done) <> 0""",
                     "SELECT * FROM project_days WHERE points <> 0 OR points_done <> 0"),
    "delivery_counts": ("""SELECT 'projects', status || ' ' || priority, count(*) FROM projects GROUP BY 1, 2
                            UNION ALL SELECT 'resources', availability, count(*) FROM resources GROUP BY 1, 2""",
                        "SELECT * FROM delivery_counts WHERE rows <> 0"),
    "allocated_until": ("SELECT resource_id, max(ends_on) FROM allocations GROUP BY 1",
                        "SELECT id, allocated_until FROM resources WHERE allocated_until IS NOT NULL"),
    "row_counts": ("""SELECT * FROM (SELECT 'projects', count(*) AS n FROM projects
                       UNION ALL SELECT 'features', count(*) FROM features
                       UNION ALL SELECT 'backlog_items', count(*) FROM backlog_items
                       UNION ALL SELECT 'resources', count(*) FROM resources
                       UNION ALL SELECT 'allocations', count(*) FROM allocations) AS c WHERE n > 0""",
                   """SELECT table_name, sum(rows) FROM row_counts
                       WHERE table_name IN ('projects', 'features', 'backlog_items', 'resources', 'allocations')
                       GROUP BY 1 HAVING sum(rows) <> 0"""),
}


def check_kept(rows):
    """Everything that triggers keep, against the rows that it is kept from. `rows` runs a statement."""
    for name, (raw, kept) in KEPT.items():
        assert sorted(rows(raw)) == sorted(rows(kept)), name
    check_free(rows)


def check_free(rows):
    """Nobody has more to do than time, and the days on which somebody is free are those."""
    now = today()
    for person, capacity in rows("SELECT id, capacity_percent FROM resources"):
        taken = rows("SELECT starts_on, ends_on, percent FROM allocations WHERE resource_id = %s", (person,))
        edges = {now} | {d for a in taken for d in (a[0] - timedelta(1), a[0], a[1], a[1] + timedelta(1))}
        for edge in edges:
            load = sum(percent for begin, end, percent in taken if begin <= edge <= end)
            assert load <= (capacity if edge >= now else 100), (person, edge, load)
            [(free, half)] = rows("SELECT free @> %s::date, half_free @> %s::date FROM resources WHERE id = %s",
                                  (edge, edge, person))
            assert (free, half) == (capacity - load >= 1, capacity - load >= 50), (person, edge, load)
