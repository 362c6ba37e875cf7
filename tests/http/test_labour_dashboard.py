# SPDX-License-Identifier: Apache-2.0
"""The labour board's two dashboards against the rows, worked out here and not by the program's kept numbers."""
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest

import labour
from labour import Desk, when

ZONES = ("UTC", "Pacific/Auckland", "America/St_Johns", "Asia/Kolkata")


def rounded(value):
    return float(Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def over(contract):
    """Whether it has earned: completed, or terminated when something had been worked."""
    return contract["status"] in ("completed", "terminated") and contract["minutes_worked"] is not None


def percent(part, whole):
    return rounded(Decimal(100 * part) / whole) if whole else None


def table(stack, name, columns):
    return [dict(zip(columns.split(), row)) for row in stack.psql(f"SELECT {', '.join(columns.split())} FROM {name} ORDER BY id")]


class Raw:
    def __init__(self, stack, now, zone):
        self.now, self.zone = now, ZoneInfo(zone)
        local = now.astimezone(self.zone)
        self.today = local.date()
        self.week = self.midnight(self.today - timedelta(days=self.today.weekday()))
        self.next_week = self.midnight(self.today - timedelta(days=self.today.weekday()) + timedelta(days=7))
        self.clients = {row["id"]: row["name"] for row in table(stack, "clients", "id name")}
        self.workers = table(stack, "workers", "id name availability")
        self.jobs = table(stack, "jobs", "id client_id title place starts_at ends_at places status skills")
        self.contracts = table(stack, "contracts", "id job_id worker_id starts_at ends_at currency minutes_worked rate_minor status completed_at")
        self.payments = table(stack, "payments", "id contract_id amount_minor currency due_on reference status paid_at")
        for job in self.jobs:
            job["filled"] = sum(c["job_id"] == job["id"] and c["status"] in labour.TAKES_A_PLACE for c in self.contracts)

    def midnight(self, day):
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def day_of(self, time):
        return time.astimezone(self.zone).date()

    def this_week(self, time):
        return time is not None and self.week <= time < self.next_week

    def rate(self, jobs):
        places, filled = sum(j["places"] for j in jobs), sum(j["filled"] for j in jobs)
        return {"places": places, "filled": filled, "percent": percent(filled, places)}


def check_dashboard(stack, board, zone):
    now = when(board["generated_at"])
    raw = Raw(stack, now, zone)
    assert abs((datetime.now(timezone.utc) - now).total_seconds()) < 90
    assert board["timezone"] == zone
    assert set(board) == {"generated_at", "timezone", "jobs", "days", "fortnight", "fill_rate", "hours", "workers", "next_jobs"}

    assert board["jobs"] == {s: sum(j["status"] == s for j in raw.jobs) for s in ("draft", "open", "filled", "done", "cancelled")}
    opened = [j for j in raw.jobs if j["status"] == "open"]
    wanted = []

    def between(first, last):
        """Of the jobs that go on at some time of these days."""
        them = [j for j in opened if j["ends_at"] > raw.midnight(first) and j["starts_at"] < raw.midnight(last + timedelta(days=1))]
        return {"open_jobs": len(them), "places": sum(j["places"] for j in them), "unfilled": sum(j["places"] - j["filled"] for j in them)}

    for n in range(14):
        day = raw.today + timedelta(days=n)
        wanted.append({"date": day.isoformat(), **between(day, day)})
    assert board["days"] == wanted
    assert board["fortnight"] == between(raw.today, raw.today + timedelta(days=13))
    assert board["fill_rate"] == {
        "current": raw.rate([j for j in raw.jobs if j["status"] in ("open", "filled")]),
        "last_30_days": raw.rate([j for j in raw.jobs if j["status"] in ("open", "filled", "done")
                                  and raw.midnight(raw.today - timedelta(days=30)) <= j["starts_at"] < raw.midnight(raw.today)])}

    worked = sum(c["minutes_worked"] for c in raw.contracts if over(c) and raw.this_week(c["completed_at"]))
    planned = sum(((min(c["ends_at"], raw.next_week) - max(c["starts_at"], raw.week)).total_seconds() for c in raw.contracts
                   if c["status"] in labour.TAKES_A_PLACE and c["starts_at"] < raw.next_week and c["ends_at"] > raw.week), 0)
    assert board["hours"] == {"week_begins": raw.day_of(raw.week).isoformat(), "worked": rounded(Decimal(worked) / 60),
                              "planned": rounded(Decimal(planned) / 3600)}

    booked = {c["worker_id"] for c in raw.contracts if c["status"] in ("accepted", "active") and c["starts_at"] <= now < c["ends_at"]}
    counts = {kind: sum(w["availability"] == kind and w["id"] not in booked for w in raw.workers)
              for kind in ("available", "on_leave", "unavailable")}
    assert board["workers"] == {**counts, "booked": len(booked)}

    coming = sorted((j for j in opened if j["starts_at"] > now), key=lambda j: (j["starts_at"], j["id"]))[:10]
    assert [{**j, "starts_at": when(j["starts_at"])} for j in board["next_jobs"]] == [
        {"client_name": raw.clients[j["client_id"]], **{k: j[k] for k in ("id", "title", "place", "starts_at", "places", "filled", "skills")}}
        for j in coming]
    assert "minor" not in str(board) and "currency" not in str(board)


def check_money(stack, board, zone):
    raw = Raw(stack, when(board["generated_at"]), zone)
    assert set(board) == {"generated_at", "timezone", "utc_today", "week_begins", "currencies", "overdue"}
    today = raw.now.astimezone(timezone.utc).date()
    assert board["utc_today"] == today.isoformat()
    assert board["week_begins"] == raw.day_of(raw.week).isoformat()

    def total(rows, of="amount_minor"):
        return {"count": len(rows), "minor": sum(r[of] for r in rows)}

    for contract in raw.contracts:
        contract["earned"] = int((Decimal((contract["minutes_worked"] or 0) * contract["rate_minor"]) / 60).quantize(Decimal(1), ROUND_HALF_UP))
    owed = [p for p in raw.payments if p["status"] in ("due", "approved")]
    late = sorted((p for p in owed if p["due_on"] < today), key=lambda p: (p["due_on"], p["id"]))
    found = {}
    for currency in {c["currency"] for c in raw.contracts}:
        own = [p for p in raw.payments if p["currency"] == currency]
        found[currency] = {
            "currency": currency,
            "cost_this_week": total([c for c in raw.contracts if c["currency"] == currency and over(c)
                                     and raw.this_week(c["completed_at"])], "earned"),
            "due": total([p for p in own if p["status"] == "due"]),
            "approved": total([p for p in own if p["status"] == "approved"]),
            "overdue": total([p for p in late if p["currency"] == currency]),
            "paid_this_week": total([p for p in own if p["status"] == "paid" and raw.this_week(p["paid_at"])])}
    wanted = [f for _, f in sorted(found.items()) if any(part["count"] for part in f.values() if isinstance(part, dict))]
    assert board["currencies"] == wanted

    workers = {w["id"]: w["name"] for w in raw.workers}
    contracts = {c["id"]: c for c in raw.contracts}
    jobs = {j["id"]: j for j in raw.jobs}
    assert board["overdue"] == [
        {"worker_name": workers[contracts[p["contract_id"]]["worker_id"]],
         "client_name": raw.clients[jobs[contracts[p["contract_id"]]["job_id"]]["client_id"]],
         "due_on": p["due_on"].isoformat(), **{k: p[k] for k in ("id", "contract_id", "amount_minor", "currency", "reference", "status")}}
        for p in late[:10]]


def fill(desk):
    """Something on both sides of each border: of days, of weeks, of what runs now, of the fortnight and of the month."""
    now = datetime.now(timezone.utc)

    def times(hours, length=8):
        return {"starts_at": (now + timedelta(hours=hours)).isoformat(), "ends_at": (now + timedelta(hours=hours + length)).isoformat()}

    client = desk.client()["id"]
    for availability in ("available", "available", "on_leave", "unavailable"):
        desk.worker(availability=availability)
    for hours in (-2, 0.1, 1, 5, 11, 13, 23, 25, 47, 49, 24 * 7, 24 * 13 - 3, 24 * 14 - 1, 24 * 14 + 1, 24 * 15):
        job = desk.job(client=client, places=3, skills=["lashing"], place="Quay 1", **times(hours))
        desk.contract("accepted", job=job["id"], worker=desk.worker(availability="on_leave" if hours == -2 else "available")["id"])
        desk.contract("offered", job=job["id"])
    for status in ("draft", "cancelled"):
        desk.job(status, **times(30))
    # For days: over the beginning of this day, of next week, of the end of the fortnight, and over all of it.
    for hours, length in ((-30, 24 * 4), (24 * 3, 24 * 7 + 1.3), (24 * 12, 24 * 5), (-24 * 20, 24 * 60), (24 * 40, 24 * 9)):
        job = desk.job(client=client, places=2, **times(hours, length))
        desk.contract("active" if hours < 0 else "accepted", job=job["id"])
    # Terminated when something had been worked.
    contract = desk.contract("active", job=desk.job(places=1, **times(-3))["id"])
    desk.patch(f"/api/contracts/{contract['id']}", status="terminated", minutes_worked=137)
    # At work now; done already; to come; and whose time was over an hour ago, but who isn't through.
    desk.contract("active", job=desk.job(places=1, **times(-1))["id"])
    desk.contract("active", job=desk.job(places=1, **times(-9))["id"])
    # The past, by its completion: days back and minutes.
    for days, minutes, currency in ((0, 61, "EUR"), (0, 480, "GBP"), (1, 333, "EUR"), (2, 77, "EUR"), (3, 90, "EUR"), (4, 15, "GBP"),
                                    (5, 45, "EUR"), (6, 47, "EUR"), (7, 300, "EUR"), (8, 20, "NOK"), (29.9, 60, "EUR"), (30.1, 60, "EUR")):
        job = desk.job(currency=currency, rate_minor=2477, places=2, **times(-24 * days - 10))
        contract = desk.contract("completed", job=job["id"], minutes=minutes)
        desk.stack.psql("UPDATE contracts SET completed_at = now() - %s * interval '1 day' WHERE id = %s", (days, contract["id"]))
        desk.patch(f"/api/jobs/{job['id']}", status="done")
        today = now.date()
        for n, status in enumerate(("due", "approved", "paid", "failed", "refunded")):
            payment = desk.payment(status, contract=contract["id"], amount_minor=100 + n,
                                   due_on=(today + timedelta(days=int(2 - days + n))).isoformat())
            if status in ("paid", "refunded"):
                desk.stack.psql("UPDATE payments SET paid_at = now() - %s * interval '1 day' WHERE id = %s", (days, payment["id"]))


@pytest.mark.parametrize("own_stack", [{"env": {"PORT_TIMEZONE": zone}} for zone in ZONES], indirect=True)
def test_equals_the_rows(own_stack):
    desk = Desk(own_stack)
    zone = own_stack.env["PORT_TIMEZONE"]
    for _ in range(2):  # nothing there yet; then everything
        check_dashboard(own_stack, desk.get("/api/labour/dashboard"), zone)
        check_money(own_stack, desk.get("/api/labour/money"), zone)
        if not desk.get("/api/jobs")["data"]:
            fill(desk)
    board, money = desk.get("/api/labour/dashboard"), desk.get("/api/labour/money")
    assert len(board["next_jobs"]) == 10 and len(money["overdue"]) == 10 and len(money["currencies"]) == 3
    assert all(board["jobs"].values()) and all(board["workers"].values()) and board["hours"]["worked"] and board["hours"]["planned"]
    labour.check_rules(own_stack)


@pytest.mark.parametrize("own_stack", [{"env": {"PORT_TIMEZONE": "Europe/Berlin"}}], indirect=True)
def test_of_the_demo(own_stack):
    """As much as a firm has."""
    own_stack.psql("DELETE FROM berths")
    own_stack.ctl("demo", "--tallies", "100", "--factor", "3", "--seed", "x")
    desk = Desk(own_stack)
    check_dashboard(own_stack, desk.get("/api/labour/dashboard"), "Europe/Berlin")
    check_money(own_stack, desk.get("/api/labour/money"), "Europe/Berlin")
    labour.check_rules(own_stack)


# Where it is another day than in UTC, whenever this runs.
ELSEWHERE = "Pacific/Kiritimati" if datetime.now(timezone.utc).hour >= 10 else "Pacific/Pago_Pago"


@pytest.mark.parametrize("own_stack", [{"env": {"PORT_TIMEZONE": ELSEWHERE}}], indirect=True)
def test_payments_have_one_today(own_stack):
    """What is due by the client's terms, and what is overdue, by the same day: UTC's."""
    desk = Desk(own_stack)
    client = desk.client(payment_terms_days=0)
    contract = desk.contract("completed", job=desk.job(client=client["id"])["id"])["id"]
    now = desk.payment(contract=contract)
    late = desk.payment(contract=contract, due_on=(datetime.fromisoformat(now["due_on"]) - timedelta(days=1)).date().isoformat())
    board = desk.get("/api/labour/money")
    assert now["due_on"] == board["utc_today"] != datetime.now(ZoneInfo(ELSEWHERE)).date().isoformat()
    assert [p["id"] for p in board["overdue"]] == [late["id"]] and board["currencies"][0]["overdue"]["count"] == 1
    check_money(own_stack, board, ELSEWHERE)


def test_one_statement_and_the_same_to_the_byte(stack):
    desk = Desk(stack)
    desk.payment("paid")
    desk.job()
    stack.ctl("cache", "clear")
    for path in ("/api/labour/dashboard", "/api/labour/money"):
        for _ in range(3):  # a new minute may begin in between
            first, tag = desk.http.get(path), None
            tag = first.headers["ETag"]
            stack.ctl("cache", "clear")
            again = desk.http.get(path, headers={"If-None-Match": tag})
            if again.status_code == 304:
                break
        assert again.status_code == 304, path
    with stack.counting() as statements:
        for path in ("/api/labour/dashboard", "/api/labour/money"):
            stack.ctl("cache", "clear")
            statements()
            desk.get(path)
            asked = [s for s in statements() if "labour_sums" in s or "payments" in s or "jobs" in s]
            assert len(asked) == 1, asked


def test_writes_are_seen(stack):
    """Whoever writes sees it on the dashboards at once, cached as they are."""
    desk = Desk(stack)
    before, money = desk.get("/api/labour/dashboard"), desk.get("/api/labour/money")
    contract = desk.contract("completed", job=desk.job(currency="CHF")["id"])
    assert desk.get("/api/labour/dashboard")["jobs"]["open"] == before["jobs"]["open"] + 1
    desk.payment(contract=contract["id"])

    def due(board):
        return sum(c["due"]["count"] for c in board["currencies"] if c["currency"] == "CHF")

    assert due(desk.get("/api/labour/money")) == due(money) + 1
