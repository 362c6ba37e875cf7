# SPDX-License-Identifier: Apache-2.0
"""GET /api/vessels/{id}/report against shifts that are worked out here, in a zone whose clocks are put forward and back."""
import csv
import io
import random
import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import port
import pytest

from stack import Stack

ZONE = ZoneInfo("Europe/Berlin")
STARTS = (("morning", 6), ("afternoon", 14), ("night", 22))
KINDS = ("loaded", "discharged", "damaged")


@pytest.fixture(scope="module")
def berlin():
    with Stack(env={"PORT_TIMEZONE": "Europe/Berlin"}) as stack:
        yield stack


@pytest.fixture(name="api")
def fixture_api(berlin):
    return port.Api(berlin)


@pytest.fixture(name="vessel")
def fixture_vessel(api):
    return api.vessel("operations_active")["id"]


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(timezone.utc)


def report(api, vessel):
    return api.get(f"/api/vessels/{vessel}/report")["data"]


def lines(api, vessel):
    answer = api.http.get(f"/api/vessels/{vessel}/report", headers={"Accept": "text/csv"})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def occurrences(at):
    """(day, name, began, ended) of the shifts around a moment, in their order."""
    day = at.astimezone(ZONE).date() - timedelta(days=2)
    begun = [(day + timedelta(days=d), name, datetime.combine(day + timedelta(days=d), datetime.min.time(), ZONE).replace(
        hour=hour).astimezone(timezone.utc)) for d in range(5) for name, hour in STARTS]
    return [(*one, following[2]) for one, following in zip(begun, begun[1:])]


def shift_of(at, named):
    around = occurrences(at)
    k = next(i for i, (_, _, began, ended) in enumerate(around) if began <= at < ended)
    for i in (k, k - 1, k + 1):
        if named in (None, around[i][1]):
            return around[i]
    return around[k]


def check(api, stack, vessel):
    """The whole of the report against the raw rows."""
    found = report(api, vessel)
    want = defaultdict(lambda: defaultdict(int))
    for kind, cargo, count, shift, at, voids in stack.psql(
            "SELECT tally_type, cargo_type, count, shift, tallied_at, voids FROM cargo_tallies WHERE vessel_id = %s", (vessel,)):
        cell = want[shift_of(at, shift)]
        for name in (kind, (cargo, kind)):
            cell[name] += count
        cell["gross"] += count if voids is None else 0
        cell["voided"] -= count if voids is not None else 0
        cell["tallies" if voids is None else "voids"] += 1
    assert [(s["day"], s["shift"]) for s in found["shifts"]] == [
        (day.isoformat(), name) for day, name, *_ in sorted(want, key=lambda s: s[2])]
    for shift, (key, cell) in zip(found["shifts"], sorted(want.items(), key=lambda s: s[0][2])):
        assert (datetime.fromisoformat(shift["began_at"]), datetime.fromisoformat(shift["ended_at"])) == key[2:]
        for name in (*KINDS, "gross", "voided", "tallies", "voids"):
            assert shift[name] == cell[name], (key, name)
        cargo = {c["cargo_type"]: c for c in shift["cargo"]}
        assert {(c, k): cargo[c][k] for c in cargo for k in KINDS if cargo[c][k]} == {
            name: count for name, count in cell.items() if isinstance(name, tuple) and count}
    for kind in KINDS:
        assert sum(s[kind] for s in found["shifts"]) == found["vessel"][kind] == sum(h[kind] for h in found["hours"])
    sums = defaultdict(int)
    for row in lines(api, vessel):
        sums[row["day"], row["shift"], row["cargo_type"], row["tally_type"]] += int(row["count"])
        assert int(row["gross"]) - int(row["voided"]) == int(row["count"])
    assert sums == {(s["day"], s["shift"], c["cargo_type"], k): c[k] for s in found["shifts"] for c in s["cargo"]
                    for k in KINDS if (s["day"], s["shift"], c["cargo_type"], k) in sums or c[k]}
    return found


@pytest.mark.parametrize("at, day, shift", [
    ("2026-07-01T22:00:00", "2026-07-01", "night"), ("2026-07-02T00:30:00", "2026-07-01", "night"),
    ("2026-07-02T05:59:59", "2026-07-01", "night"), ("2026-07-02T06:00:00", "2026-07-02", "morning"),
    ("2026-07-02T13:59:59", "2026-07-02", "morning"), ("2026-07-02T14:00:00", "2026-07-02", "afternoon"),
    ("2026-03-29T05:30:00", "2026-03-28", "night"), ("2026-10-25T05:30:00", "2026-10-24", "night")])
def test_a_night_belongs_to_the_day_on_which_it_began(api, vessel, at, day, shift):
    api.tally(vessel, tallied_at=local(at).isoformat())
    [found] = report(api, vessel)["shifts"]
    assert (found["day"], found["shift"]) == (day, shift)
    hours = (datetime.fromisoformat(found["ended_at"]) - datetime.fromisoformat(found["began_at"])).total_seconds() / 3600
    assert hours == {"2026-03-28": 7, "2026-10-24": 9}.get(day, 8)


@pytest.mark.parametrize("at, named, day, shift", [
    ("2026-07-02T06:10:00", "night", "2026-07-01", "night"), ("2026-07-02T05:50:00", "morning", "2026-07-02", "morning"),
    ("2026-07-02T15:00:00", "morning", "2026-07-02", "morning"), ("2026-07-02T21:55:00", "night", "2026-07-02", "night"),
    ("2026-07-02T00:10:00", "afternoon", "2026-07-01", "afternoon"), ("2026-07-02T10:00:00", "morning", "2026-07-02", "morning")])
def test_the_shift_that_the_clerk_named(api, vessel, at, named, day, shift):
    api.tally(vessel, tallied_at=local(at).isoformat(), shift=named)
    [found] = report(api, vessel)["shifts"]
    assert (found["day"], found["shift"]) == (day, shift)


def test_voids_remarks_and_who_tallied(api, berlin, vessel):
    first = api.tally(vessel, count=7, tallied_by="Ana", note="dent, left door", tally_type="damaged",
                      tallied_at=local("2026-07-01T23:10:00").isoformat())
    api.tally(vessel, count=30, tallied_by="Bo", tallied_at=local("2026-07-02T01:20:00").isoformat())
    api.tally(vessel, count=5, tallied_by="Ana", tallied_at=local("2026-07-02T02:20:00").isoformat())
    api.void(first["id"], tallied_by="Chief", note="counted twice")
    found = check(api, berlin, vessel)
    [shift] = found["shifts"]
    assert (shift["loaded"], shift["damaged"], shift["gross"], shift["voided"], shift["tallies"], shift["voids"]) == (
        35, 0, 42, 7, 3, 1)
    assert shift["tallied_by"] == [{"name": "Bo", "tallies": 1, "gross": 30}, {"name": "Ana", "tallies": 2, "gross": 12}]
    assert [datetime.fromisoformat(shift[name]) for name in ("first_tally_at", "last_tally_at")] == [
        local("2026-07-01T23:10:00"), local("2026-07-02T02:20:00")]
    assert [(r["note"], r["count"], r["voids"]) for r in found["remarks"]] == [
        ("dent, left door", 7, False), ("counted twice", -7, True)]
    assert found["timezone"] == "Europe/Berlin" and found["vessel"] == api.read(vessel)


@pytest.mark.parametrize("around", ["2026-03-29", "2026-10-25", "2026-07-02"])
def test_any_tallies(api, berlin, vessel, around):
    rng = random.Random(around)
    kept = []
    for _ in range(120):
        at = local(f"{around}T12:00:00") + timedelta(minutes=rng.randint(-3000, 3000))
        kept.append(api.tally(vessel, tallied_at=at.isoformat(), count=rng.randint(1, 40), tally_type=rng.choice(KINDS),
                              cargo_type=rng.choice(["automobile", "truck"]),
                              shift=rng.choice([None, None, "morning", "afternoon", "night"])))
    for tally in rng.sample(kept, 15):
        api.void(tally["id"])
    assert len(check(api, berlin, vessel)["shifts"]) > 8


def test_a_clock_that_was_years_off(api, berlin, vessel):
    api.tally(vessel, tallied_at="1999-12-31T23:30:00Z")
    api.tally(vessel)
    found = check(api, berlin, vessel)
    assert [s["day"] for s in found["shifts"]][0] == "1999-12-31" and len(found["shifts"]) == 2


def test_nothing_tallied_and_nobody_there(api):
    vessel = api.vessel()["id"]
    found = report(api, vessel)
    assert (found["shifts"], found["hours"], found["remarks"]) == ([], [], [])
    assert lines(api, vessel) == []
    for accept in ("application/json", "text/csv"):
        for missing in ("999999", "x"):
            answer = api.http.get(f"/api/vessels/{missing}/report", headers={"Accept": accept})
            assert answer.status_code == 404 and port.problem_fields(answer) == []


def test_a_write_is_seen_and_an_answer_kept(api, vessel):
    path = f"/api/vessels/{vessel}/report"
    tag = api.http.get(path).headers["ETag"]
    again = api.http.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 304
    csv_lines = lines(api, vessel)
    api.tally(vessel, count=3)
    assert report(api, vessel)["vessel"]["loaded"] == 3
    assert [int(row["count"]) for row in lines(api, vessel)] == [3] and csv_lines == []
    api.send("PATCH", f"/api/vessels/{vessel}", {"gangs": 9, "breaks": {"10:00": 15}}, 200)
    assert report(api, vessel)["vessel"]["gangs"] == 9 and report(api, vessel)["vessel"]["breaks"] == {"10:00": 15}


def test_who_may_see_it(berlin, api, vessel):
    assert berlin.session("viewer").get(f"/api/vessels/{vessel}/report").status_code == 200
    assert berlin.session(None).get(f"/api/vessels/{vessel}/report").status_code == 401


def test_a_hundred_thousand_tallies(berlin, api, vessel):
    """What no vessel has: it must not hold a responder for long. Prints the figure."""
    berlin.psql("""INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at, tallied_by)
                   SELECT gen_random_uuid(), %s, (ARRAY['loaded', 'discharged', 'damaged'])[1 + n %% 3],
                          (ARRAY['automobile', 'truck', 'van'])[1 + n / 7 %% 3], 1 + n %% 5,
                          timestamptz '2026-07-01 04:00Z' + n * interval '3 seconds', 'Clerk ' || n %% 8
                     FROM generate_series(1, 100000) AS n""", (vessel,))
    berlin.psql("ANALYZE cargo_tallies")
    times = []
    for n in range(4):
        api.tally(vessel)  # so that the answer isn't a kept one
        begun = time.monotonic()
        found = report(api, vessel)
        times.append((time.monotonic() - begun) * 1000)
    assert sum(s["tallies"] for s in found["shifts"]) == 100004
    print(f"# report of a vessel with 100 000 tallies: {min(times):.0f} ms")
    assert min(times) < 1000
