# SPDX-License-Identifier: Apache-2.0
"""GET /api/delivery/dashboard against the rows themselves, worked out here and not by the program's own totals."""
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import delivery
import pytest
from delivery import day

FAR = date.max
PRIORITIES = ["critical", "high", "medium", "low"]


def rounded(value, digits=1):
    return float(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def rows(stack, table):
    connection = stack.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            names = [c.name for c in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]
    finally:
        connection.close()


def utc_day(time):
    return time.astimezone(timezone.utc).date()


class Raw:
    """The board as its rows tell it."""

    def __init__(self, stack, today):
        self.today = today
        self.projects, self.features, self.items = (rows(stack, t) for t in ("projects", "features", "backlog_items"))
        self.people, self.allocations = rows(stack, "resources"), rows(stack, "allocations")
        self.active = sorted((p for p in self.projects if p["status"] == "active"),
                             key=lambda p: (p["due_on"] or FAR, PRIORITIES.index(p["priority"]), p["id"]))

    def project(self, p):
        items = [i for i in self.items if i["project_id"] == p["id"]]
        done = [i for i in items if i["status"] == "done"]
        features = [f for f in self.features if f["project_id"] == p["id"] and f["status"] != "dropped"]
        points, points_done = sum(i["points"] for i in items), sum(i["points"] for i in done)
        lately = sum(i["points"] for i in done if utc_day(i["done_at"]) > self.today - timedelta(14))
        share = (points_done, points) if points else (len(done), max(1, len(items)))
        progress = Decimal(100) * share[0] / share[1]
        begin, due, elapsed = p["starts_on"], p["due_on"], None
        if begin and due and due > begin:
            elapsed = min(100, max(0, rounded(Decimal(100 * (self.today - begin).days) / (due - begin).days)))
        late = due is not None and due < self.today
        behind = elapsed is not None and Decimal(str(elapsed)) - Decimal(str(rounded(progress))) > 15
        slow = (begin is not None and begin <= self.today - timedelta(14) and due is not None and not late
                and points - points_done > Decimal(lately) / 14 * ((due - self.today).days + 1))
        return {"id": p["id"], "code": p["code"], "name": p["name"], "priority": p["priority"], "owner": p["owner"],
                "starts_on": begin and begin.isoformat(), "due_on": due and due.isoformat(),
                "features_total": len(features), "features_done": sum(f["status"] == "done" for f in features),
                "items_total": len(items), "items_done": len(done), "points_total": points, "points_done": points_done,
                "points_done_14_days": lately, "progress_percent": rounded(progress), "elapsed_percent": elapsed, "late": late,
                "behind": behind, "too_slow": slow, "at_risk": (behind or slow) and not late}

    def burn_up(self):
        items = [i for i in self.items if i["project_id"] in {p["id"] for p in self.active}]
        for back in range(89, -1, -1):
            that = self.today - timedelta(back)
            there = [i for i in items if utc_day(i["created_at"]) <= that or back == 0]
            done = [i for i in items if i["status"] == "done" and (utc_day(i["done_at"]) <= that or back == 0)]
            yield {"day": that.isoformat(), "points": sum(i["points"] for i in there), "points_done": sum(i["points"] for i in done)}

    def load(self):
        """(person, mean, peak) of this week's five days, of whom has any."""
        monday = self.today - timedelta(self.today.weekday())
        for person in self.people:
            mine = [a for a in self.allocations if a["resource_id"] == person["id"]]
            days = [sum(a["percent"] for a in mine if a["starts_on"] <= monday + timedelta(n) <= a["ends_on"]) for n in range(5)]
            if any(days):
                yield person, Decimal(sum(days)) / 5, max(days)


def check(stack, board, zone="UTC"):
    now = datetime.fromisoformat(board["generated_at"])
    today = now.astimezone(ZoneInfo(zone)).date()
    assert abs((datetime.now(timezone.utc) - now).total_seconds()) < 90
    assert (board["timezone"], board["today"]) == (zone, today.isoformat())
    raw = Raw(stack, today)
    assert board["projects"] == {s: sum(p["status"] == s for p in raw.projects) for s in delivery.WAYS}
    assert board["open_by_priority"] == {
        x: sum(p["priority"] == x and p["status"] not in ("completed", "cancelled") for p in raw.projects) for x in PRIORITIES}
    want = [raw.project(p) for p in raw.active]
    assert board["active"] == want[:50]  # the most urgent; figures are of all
    assert (board["late"], board["at_risk"]) == (sum(p["late"] for p in want), sum(p["at_risk"] for p in want))
    assert board["burn_up"] == list(raw.burn_up())
    monday = today - timedelta(today.weekday())
    assert board["week"] == {"from": monday.isoformat(), "to": (monday + timedelta(4)).isoformat()}
    load = sorted(raw.load(), key=lambda x: (-x[1] / x[0]["capacity_percent"], x[0]["name"], x[0]["id"]))
    assert board["load"] == [{"id": p["id"], "name": p["name"], "role_title": p["role_title"], "availability": p["availability"],
                              "capacity_percent": p["capacity_percent"], "allocated_percent": rounded(mean), "peak_percent": peak}
                             for p, mean, peak in load[:20]]
    busy = [(p, mean) for p, mean, _ in load if p["availability"] == "available"]
    available = sum(p["availability"] == "available" for p in raw.people)
    assert board["resources"] == {
        **{a: sum(p["availability"] == a for p in raw.people) for a in ("available", "on_leave", "unavailable")},
        "free": available - len(busy), "partly_free": sum(mean < p["capacity_percent"] for p, mean in busy),
        "full": sum(mean >= p["capacity_percent"] for p, mean in busy)}
    return want


def old(api, item, added, done=None):
    """As if it had been added, and done, so many days ago."""
    api.stack.psql("UPDATE backlog_items SET created_at = now() - %s * interval '1 day', done_at = CASE WHEN status = 'done' THEN"
                   " now() - %s * interval '1 day' END WHERE id = %s", (added, done or 0, item["id"]))


def fill(api):
    """A project for each of the judgements, and people with all kinds of weeks."""
    def project(begin, due, todo, done, **members):
        """todo: points of open items; done: (points, days ago)."""
        dates = {"starts_on": day(begin)} if begin is not None else {}
        dates |= {"due_on": day(due)} if due is not None else {}
        made = api.project("active", **dates, **members)
        for points in todo:
            old(api, api.item(made, points=points), 30)
        for points, ago in done:
            old(api, api.item(made, "done", points=points), 40, ago)
        return made

    project(-30, -1, [5], [(20, 3)], priority="critical", owner="Late")
    project(-50, 50, [10, 10], [(10, 20), (10, 5)], name="just in time")
    project(-50, 50, [60], [(39, 2)], name="neither")
    project(-50, 50, [66], [(34, 20)], name="behind by sixteen")
    project(-50, 50, [65], [(35, 20), (0, 1)], name="behind by fifteen is not behind, but slow")
    project(-20, 13, [14], [(14, 13)], name="pace of fourteen days is just enough")
    project(-20, 12, [14], [(14, 13)], name="and here it isn't")
    project(-13, 60, [100], [], name="too young to be slow")
    project(-14, 60, [100], [], name="old enough")
    project(None, 10, [3], [], name="no beginning")
    project(-10, None, [3], [(4, 95)], name="no end")
    project(-10, 0, [0, 0], [(0, 1)], name="no points: by items")
    project(3, 30, [5], [], name="not yet begun")
    project(0, 0, [], [], name="a day")
    features = api.project("active", name="features")
    for status in delivery.FEATURE_WAYS:
        api.feature(features, status)
    for status in ("planned", "on_hold", "cancelled", "completed"):
        api.item(api.project(status, priority="high"), points=50) if status in ("planned", "on_hold") else api.project(status)
    gone = api.project("active", name="was active")
    old(api, api.item(gone, "done", points=70), 20, 10)
    api.change("projects", gone, status="completed")
    moved = api.item(gone := api.project("active", name="had an item"), points=9)
    api.change("backlog", moved, project_id=features["id"])
    monday = -delivery.today().weekday()
    for number, (capacity, availability, taken) in enumerate([
            (100, "available", [(monday, monday + 4, 100)]), (100, "available", [(monday, monday, 50)]),
            (50, "available", [(monday - 3, monday + 20, 50)]), (100, "available", [(monday + 5, monday + 9, 80)]),
            (100, "available", [(monday - 9, monday - 1, 80)]),
            (100, "on_leave", [(monday, monday + 1, 30), (monday + 1, monday + 2, 60)]),
            (100, "unavailable", []), (80, "available", [(monday + 2, monday + 2, 80), (monday + 4, monday + 6, 33)])]):
        person = api.person(name=f"Worker {number}", capacity_percent=capacity, availability=availability, role_title="Planner")
        for begin, end, percent in taken:
            api.allocate(person, features, begin, end, percent)


@pytest.mark.parametrize("own_stack", [
    {"env": {"PORT_TIMEZONE": zone}} for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles")], indirect=True)
def test_equals_the_rows(own_stack):
    api, zone = delivery.Board(own_stack), own_stack.env["PORT_TIMEZONE"]
    check(own_stack, api.get("/api/delivery/dashboard"), zone)  # nothing there yet
    fill(api)
    judged = {p["name"]: p for p in check(own_stack, api.get("/api/delivery/dashboard"), zone)}
    if zone == "UTC":
        assert [name for name, p in judged.items() if p["late"]] == ["Test project"]
        assert {name for name, p in judged.items() if p["behind"]} >= {"behind by sixteen"}
        assert not judged["behind by fifteen is not behind, but slow"]["behind"]
        slow = {name for name, p in judged.items() if p["too_slow"]}
        assert {"and here it isn't", "old enough"} <= slow
        assert not {"pace of fourteen days is just enough", "too young to be slow"} & slow
        assert judged["no points: by items"]["progress_percent"] == 33.3 and judged["features"]["features_total"] == 3
    delivery.check_kept(own_stack.psql)


def test_the_demo_and_more_than_fifty(own_stack):
    own_stack.ctl("demo")
    api = delivery.Board(own_stack)
    judged = check(own_stack, api.get("/api/delivery/dashboard"))
    assert len(judged) == 6 and any(p["late"] for p in judged) and any(p["at_risk"] for p in judged)
    assert any(not p["late"] and not p["at_risk"] for p in judged)
    for n in range(60):  # nearly all are late; the last ones, of no urgency, are at risk
        project = api.project("active", due_on=day(-n if n < 56 else 100), starts_on=day(-300), priority=PRIORITIES[n % 4])
        old(api, api.item(project, "done", points=1 + n % 3), 70, n)
        api.item(project, points=5)
    shown = api.get("/api/delivery/dashboard")
    assert len(check(own_stack, shown)) == shown["projects"]["active"] == 66 and len(shown["active"]) == 50
    assert shown["at_risk"] > sum(p["at_risk"] for p in shown["active"])
    assert shown["late"] > sum(p["late"] for p in shown["active"]) > 49
    delivery.check_kept(own_stack.psql)


def test_nothing_happened_nothing_changes(stack):
    """To the byte, within a minute; and a write shows at once to whoever wrote."""
    board = delivery.Board(stack)
    project = board.project("active", starts_on=day(-40), due_on=day(-39))
    first = board.http.get("/api/delivery/dashboard")
    again = board.http.get("/api/delivery/dashboard", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 or again.json()["generated_at"] != first.json()["generated_at"]
    for change in (lambda: board.item(project, points=5), lambda: board.feature(project), lambda: board.person(),
                   lambda: board.allocate(board.person(), project, -7, 7, 50), lambda: board.project()):
        before = board.get("/api/delivery/dashboard")
        change()
        after = board.get("/api/delivery/dashboard")
        assert {**before, "generated_at": 0} != {**after, "generated_at": 0}


def test_one_statement(own_stack):
    with own_stack.counting() as statements:
        api = delivery.Board(own_stack)
        api.get("/health/ready")
        statements()
        api.get("/api/delivery/dashboard")
        asked = [s for s in statements() if "json_build_object" in s]
        assert len(asked) == 1
