# SPDX-License-Identifier: Apache-2.0
"""GET /api/dashboard against sums over the raw tallies, worked out here and not by the program's own totals."""
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import port
import pytest

IN_PORT = ("arrived", "berthed", "operations_active", "operations_complete")


def when(text):
    return datetime.fromisoformat(text) if text is not None else None


def rounded(value, digits):
    return float(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def hour_of(time):
    return time.replace(minute=0, second=0, microsecond=0)


class Raw:
    """The port as its rows tell it."""

    def __init__(self, stack, now, zone):
        columns = "id name vessel_type line status berth eta etd operations_started_at capacity_total".split()
        self.now, self.zone = now, ZoneInfo(zone)
        self.vessels = [dict(zip(columns, row)) for row in
                        stack.psql(f"SELECT {', '.join(columns)} FROM vessels WHERE status <> 'departed'")]
        self.tallies = stack.psql("SELECT vessel_id, tally_type, count, tallied_at FROM cargo_tallies")
        self.berths = stack.psql("SELECT name, length_m FROM berths ORDER BY position, name")

    def total(self, kind, vessel=None, since=None, until=None):
        return sum(count for vessel_id, tally_type, count, at in self.tallies
                   if tally_type == kind and vessel in (None, vessel_id)
                   and (since is None or at >= since) and (until is None or at < until))

    def moved(self, vessel, since=None, until=None):
        return self.total("loaded", vessel, since, until) + self.total("discharged", vessel, since, until)

    def rate(self, vessel):
        hour = hour_of(self.now)
        part = Decimal((self.now - hour).seconds) / 3600
        return (self.moved(vessel, hour, hour + timedelta(hours=1))
                + self.moved(vessel, hour - timedelta(hours=1), hour) * (1 - part))

    def vessel(self, v):
        moved, rate, capacity = self.moved(v["id"]), self.rate(v["id"]), v["capacity_total"]
        ends = None
        if v["status"] == "operations_active" and rate >= Decimal("0.5") and capacity > moved:
            ends = self.now + timedelta(hours=float((capacity - moved) / rate))
        late = (ends is not None and v["etd"] is not None and ends > v["etd"]) or (
            v["etd"] is not None and v["etd"] < self.now and moved < capacity)
        return {**v, "loaded": self.total("loaded", v["id"]), "discharged": self.total("discharged", v["id"]),
                "damaged": self.total("damaged", v["id"]), "moved": moved,
                "progress_percent": rounded(Decimal(100 * moved) / capacity, 1) if capacity else None,
                "rate_per_hour": rate, "projected_completion": ends, "late": late}

    def berth(self, name):
        def found(statuses, members):
            some = [v for v in self.vessels if v["berth"] == name and v["status"] in statuses]
            far = datetime.max.replace(tzinfo=timezone.utc)
            some.sort(key=lambda v: (v["eta"] or far, v["id"]))
            return {m: some[0][m] for m in members} if some else None
        return {"vessel": found(IN_PORT[1:], ("id", "name", "status", "etd")),
                "next": found(("expected", "arrived"), ("id", "name", "eta"))}


def parsed(found, *times):
    return {**found, **{name: when(found[name]) for name in times}}


def check(stack, board, zone):
    now = when(board["generated_at"])
    raw = Raw(stack, now, zone)
    assert abs((datetime.now(timezone.utc) - now).total_seconds()) < 90
    assert board["timezone"] == zone
    assert board["counts"] == {status: sum(v["status"] == status for v in raw.vessels)
                               for status in ("expected", *IN_PORT)}

    wanted = {v["id"]: raw.vessel(v) for v in raw.vessels if v["status"] != "expected"}
    assert [v["id"] for v in board["vessels"]] == [v["id"] for v in sorted(wanted.values(), key=lambda v: (
        v["status"] != "operations_active", v["etd"] is None, v["etd"] or now, v["id"]))]
    for found in board["vessels"]:
        found = parsed(found, "eta", "etd", "operations_started_at", "projected_completion")
        want = wanted[found["id"]]
        ends, want_ends = found.pop("projected_completion"), want.pop("projected_completion")
        assert abs(found.pop("rate_per_hour") - want.pop("rate_per_hour")) <= Decimal("0.500001")  # it is rounded
        assert found == want
        assert (ends is None) == (want_ends is None)
        assert ends is None or abs((ends - want_ends).total_seconds()) < 1

    far = datetime.max.replace(tzinfo=timezone.utc)
    expected = sorted((v for v in raw.vessels if v["status"] == "expected"), key=lambda v: (v["eta"] or far, v["id"]))
    members = ("id", "name", "vessel_type", "line", "berth", "eta", "etd", "capacity_total")
    assert [parsed(v, "eta", "etd") for v in board["expected"]] == [{m: v[m] for m in members} for v in expected[:10]]

    assert [(b["name"], b["length_m"]) for b in board["berths"]] == raw.berths
    for b in board["berths"]:
        want = raw.berth(b["name"])
        assert (b["vessel"] and parsed(b["vessel"], "etd")) == want["vessel"]
        assert (b["next"] and parsed(b["next"], "eta")) == want["next"]

    assert len(board["hours"]) == 24
    for i, found in enumerate(board["hours"]):
        hour = hour_of(now) - timedelta(hours=23 - i)
        assert when(found["hour"]) == hour
        for kind in ("loaded", "discharged", "damaged"):
            assert found[kind] == raw.total(kind, since=hour, until=hour + timedelta(hours=1)), (kind, hour)

    midnight = now.astimezone(raw.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    until = hour_of(now) + timedelta(hours=1)
    assert board["today"]["date"] == midnight.date().isoformat()
    for kind in ("loaded", "discharged", "damaged"):
        assert board["today"][kind] == raw.total(kind, since=midnight, until=until), kind
    assert board["today"]["tallies"] == sum(midnight <= t[3] < until for t in raw.tallies)


def fill(api):
    """Vessels in every state, with tallies over the last 30 hours, some of them voided."""
    now = datetime.now(timezone.utc)

    def at(hours):
        return (now + timedelta(hours=hours)).isoformat()

    api.vessel("expected", eta=at(5), etd=at(30), berth=api.berth(), line="Wallenius Nord")
    api.vessel("expected", cargo_capacity={})
    for i in range(11):
        api.vessel("expected", eta=at(i * 7))
    api.vessel("arrived", eta=at(-2))
    api.vessel("berthed", eta=at(-5), etd=at(8))
    late = api.vessel("operations_active", eta=at(-30), etd=at(-1))
    worked = [api.vessel("operations_active", etd=at(40), eta=at(-3)), api.vessel("operations_active"),
              api.vessel("operations_active", cargo_capacity={}), late]
    for n, vessel in enumerate(worked):
        for back in (0, 0.4, 0.9, 1, 1.5, 2, 5, 9, 13.25, 17.5, 22.9, 23.6, 25, 30):
            for kind, count in (("loaded", 20), ("discharged", 7), ("damaged", 1)):
                tally = api.tally(vessel["id"], tally_type=kind, count=count + n, tallied_at=at(-back),
                                  cargo_type="truck" if back > 5 else "automobile")
                if back in (0.4, 17.5):
                    api.void(tally["id"])
    for minutes in range(0, 27 * 60, 13):  # whatever minute the port's day begins at, some lie on both sides
        api.tally(worked[0]["id"], tallied_at=at(-minutes / 60), cargo_type="van", count=2)
    done = api.vessel("operations_active", cargo_capacity={"automobile": 3})
    api.tally(done["id"], count=4)
    api.move(done["id"], "operations_complete")
    gone = api.vessel("operations_active")
    api.tally(gone["id"], count=9)
    api.move(gone["id"], "operations_complete")
    api.move(gone["id"], "departed")


@pytest.mark.parametrize("own_stack", [
    {"env": {"PORT_TIMEZONE": zone}} for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata")
], indirect=True)
def test_equals_sums_over_raw_tallies(own_stack):
    api = port.Api(own_stack)
    zone = own_stack.env["PORT_TIMEZONE"]
    check(own_stack, api.get("/api/dashboard"), zone)  # nothing there yet
    fill(api)
    board = api.get("/api/dashboard")
    check(own_stack, board, zone)
    assert any(v["late"] for v in board["vessels"]) and any(v["projected_completion"] for v in board["vessels"])



def test_a_tally_moves_the_vessels_numbers(api):
    vessel = api.vessel("operations_active", cargo_capacity={"automobile": 200})
    api.tally(vessel["id"], count=30)
    api.tally(vessel["id"], count=20, tally_type="discharged")
    found = [v for v in api.get("/api/dashboard")["vessels"] if v["id"] == vessel["id"]][0]
    assert (found["loaded"], found["discharged"], found["moved"], found["progress_percent"]) == (30, 20, 50, 25.0)
    read = api.read(vessel["id"])
    assert (read["loaded"], read["discharged"], read["progress_percent"]) == (30, 20, 25.0)
