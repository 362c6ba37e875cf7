# SPDX-License-Identifier: Apache-2.0
"""Tallies: stored once whatever is sent twice, never changed, and totals that equal the sum over the rows."""
import random
import threading
from datetime import datetime, timedelta, timezone

import psycopg2
import port
import pytest

MEMBERS = {"id", "vessel_id", "tally_type", "cargo_type", "count", "location", "shift", "tallied_at", "recorded_at",
           "tallied_by", "note", "voids", "voided_by"}

NOBODYS = "6ff51185-a5bc-4c45-8f39-76282f2790a6"  # a tally that there isn't


@pytest.fixture
def vessel(api):
    return api.vessel("operations_active")


def path_of(vessel):
    return f"/api/vessels/{vessel['id']}/tallies"


def full():
    return {"id": port.new_id(), "tally_type": "discharged", "cargo_type": "heavy_equipment", "count": 10000,
            "location": "Deck 4 / Ö", "shift": "night", "tallied_at": "2026-01-02T03:04:05.678+01:00",
            "tallied_by": "Ana", "note": "wet"}


def test_create(api, vessel):
    body = full()
    tally = api.post(path_of(vessel), body)["data"]
    assert set(tally) == MEMBERS
    assert {k: tally[k] for k in body if k != "tallied_at"} == {k: body[k] for k in body if k != "tallied_at"}
    assert datetime.fromisoformat(tally["tallied_at"]) == datetime.fromisoformat(body["tallied_at"])
    assert tally["vessel_id"] == vessel["id"] and tally["voids"] is None and tally["voided_by"] is None
    assert api.get(path_of(vessel))["data"] == [tally]


def test_time_is_now_unless_given(api, vessel):
    tally = api.tally(vessel["id"])
    assert abs(datetime.now(timezone.utc) - datetime.fromisoformat(tally["tallied_at"])) < timedelta(seconds=30)


@pytest.mark.parametrize("body", [full(), {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 1}],
                         ids=["full", "least"])
def test_same_id_again_stores_nothing(api, vessel, body):
    body = {**body, "id": port.new_id()}
    first = api.post(path_of(vessel), body, 201)
    assert api.post(path_of(vessel), body, 200) == first
    upper = {**body, "id": body["id"].upper()}
    assert api.post(path_of(vessel), upper, 200) == first
    assert api.rows(vessel["id"]) == 1


@pytest.mark.parametrize("change", [{"count": 9}, {"tally_type": "loaded"}, {"cargo_type": "van"}, {"shift": None},
                                    {"location": "Deck 5"}, {"note": None}, {"tallied_by": "Bo"},
                                    {"tallied_at": "2026-01-02T03:04:06Z"}], ids=str)
def test_same_id_with_other_content_is_refused(api, vessel, change):
    body = full()
    first = api.post(path_of(vessel), body)
    api.refused("POST", path_of(vessel), {**body, **change}, 409, "id")
    assert api.get(path_of(vessel))["data"] == [first["data"]]


def test_same_id_for_another_vessel_is_refused(api, vessel):
    body = full()
    api.post(path_of(vessel), body)
    other = api.vessel("operations_active")
    api.refused("POST", path_of(other), body, 409, "id")
    assert api.rows(other["id"]) == 0


def test_sent_again_after_work_was_completed(api, vessel):
    """The tablet that didn't get its answer sends again, maybe much later."""
    body = full()
    first = api.post(path_of(vessel), body)
    api.move(vessel["id"], "operations_complete")
    assert api.post(path_of(vessel), body, 200) == first


def test_two_at_once_store_one(api, vessel, long):
    for _ in range(100 if long else 20):
        body = full()
        barrier = threading.Barrier(2)
        answers = []

        def send():
            http = api.stack.session()
            barrier.wait()
            answers.append(http.post(path_of(vessel), json=body))

        threads = [threading.Thread(target=send) for _ in range(2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(a.status_code for a in answers) == [200, 201], [a.text for a in answers]
        assert answers[0].json() == answers[1].json()
    assert api.rows(vessel["id"]) == (100 if long else 20)


def test_two_voids_at_once_void_once(api, vessel):
    for _ in range(10):
        tally = api.tally(vessel["id"], count=5)
        barrier = threading.Barrier(2)
        answers = []

        def send():
            http = api.stack.session()
            barrier.wait()
            answers.append(http.post(f"/api/tallies/{tally['id']}/void", json={"id": port.new_id()}).status_code)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(answers) == [201, 409]
    assert api.read(vessel["id"])["loaded"] == 0


@pytest.mark.parametrize("status", [s for s in port.WAY if s != "operations_active"])
def test_vessel_that_is_not_worked(api, status):
    vessel = api.vessel(status)
    api.refused("POST", path_of(vessel), full(), 409, "vessel_id")
    assert api.rows(vessel["id"]) == 0


def test_unknown_vessel(api):
    before = api.stored()
    api.refused("POST", "/api/vessels/999999999/tallies", full(), 404, "vessel_id")
    for vessel_id in ("0", "-3", "x", "9" * 30):
        port.problem_fields(api.send("POST", f"/api/vessels/{vessel_id}/tallies", full(), 404))
    assert api.stored() == before


@pytest.mark.parametrize("change, fields", [
    ({"id": None}, ["id"]), ({"id": "7"}, ["id"]), ({"id": 7}, ["id"]), ({"id": "g" * 36}, ["id"]),
    ({"tally_type": "lost"}, ["tally_type"]), ({"cargo_type": "bananas"}, ["cargo_type"]), ({"count": 0}, ["count"]),
    ({"count": -1}, ["count"]), ({"count": 10001}, ["count"]), ({"count": 1.0}, ["count"]), ({"count": "1"}, ["count"]),
    ({"count": None}, ["count"]), ({"count": True}, ["count"]), ({"count": 2 ** 70}, ["count"]),
    ({"location": ""}, ["location"]), ({"location": "x" * 51}, ["location"]), ({"shift": "noon"}, ["shift"]),
    ({"tallied_at": "2026-13-01T00:00:00Z"}, ["tallied_at"]), ({"tallied_at": 5}, ["tallied_at"]),
    ({"tallied_at": "2026-01-01T00:00:00"}, ["tallied_at"]), ({"tallied_at": "infinity"}, ["tallied_at"]),
    ({"tallied_by": "x" * 101}, ["tallied_by"]), ({"note": "x" * 501}, ["note"]), ({"voids": NOBODYS}, ["voids"]),
    ({"recorded_at": "2026-01-01T00:00:00Z"}, ["recorded_at"]), ({"vessel_id": 1}, ["vessel_id"]),
    ({"tallied_at": "2099-01-01T00:00:00Z"}, ["tallied_at"]),
], ids=str)
def test_refused(api, vessel, change, fields):
    api.refused("POST", path_of(vessel), {**full(), **change}, 400, *fields)
    assert api.rows(vessel["id"]) == 0


def test_everything_missing(api, vessel):
    api.refused("POST", path_of(vessel), {}, 400, "id", "tally_type", "cargo_type", "count")


def test_void(api, vessel):
    tally = api.post(path_of(vessel), full())["data"]
    void = api.void(tally["id"], tallied_by="Chief", note="counted twice")
    assert void == {**tally, "id": void["id"], "count": -tally["count"], "voids": tally["id"], "tallied_by": "Chief",
                    "note": "counted twice", "recorded_at": void["recorded_at"]}
    rows = {t["id"]: t for t in api.get(path_of(vessel))["data"]}
    assert rows[tally["id"]]["voided_by"] == void["id"] and rows[void["id"]] == void
    read = api.read(vessel["id"])
    assert read["discharged"] == 0 and api.get(path_of(vessel))["pagination"]["total"] == 2


def test_void_sent_again(api, vessel):
    tally = api.tally(vessel["id"])
    body = {"id": port.new_id(), "note": "again"}
    path = f"/api/tallies/{tally['id']}/void"
    first = api.post(path, body, 201)
    assert api.post(path, body, 200) == first and first["data"]["voids"] == tally["id"]
    assert api.rows(vessel["id"]) == 2


def test_void_twice_under_two_ids(api, vessel):
    tally = api.tally(vessel["id"])
    api.void(tally["id"])
    api.refused("POST", f"/api/tallies/{tally['id']}/void", {"id": port.new_id()}, 409, "id")
    assert api.rows(vessel["id"]) == 2


def test_void_of_a_void(api, vessel):
    void = api.void(api.tally(vessel["id"])["id"])
    api.refused("POST", f"/api/tallies/{void['id']}/void", {"id": port.new_id()}, 409, "id")


def test_void_under_an_id_that_is_taken(api, vessel):
    tally, other = api.tally(vessel["id"]), api.tally(vessel["id"])
    api.refused("POST", f"/api/tallies/{tally['id']}/void", {"id": other["id"]}, 409, "id")
    api.refused("POST", f"/api/tallies/{tally['id']}/void", {"id": tally["id"]}, 409, "id")
    assert api.rows(vessel["id"]) == 2


@pytest.mark.parametrize("tally_id", ["x", NOBODYS, "0" * 36])
def test_void_of_nothing(api, tally_id):
    port.problem_fields(api.send("POST", f"/api/tallies/{tally_id}/void", {"id": port.new_id()}, 404))


def test_void_refused(api, vessel):
    path = f"/api/tallies/{api.tally(vessel['id'])['id']}/void"
    api.refused("POST", path, {}, 400, "id")
    api.refused("POST", path, {"id": port.new_id(), "count": 3}, 400, "count")


def test_totals_equal_the_sum_over_the_rows(api, long):
    chance = random.Random(20261120)
    vessels = [api.vessel("operations_active")["id"] for _ in range(3)]
    open_tallies = []
    for _ in range(1000 if long else 250):
        if open_tallies and chance.random() < 0.2:
            api.void(open_tallies.pop(chance.randrange(len(open_tallies))))
            continue
        at = datetime.now(timezone.utc) - timedelta(minutes=chance.randrange(60 * 50))
        open_tallies.append(api.tally(
            chance.choice(vessels), tally_type=chance.choice(("loaded", "discharged", "damaged")),
            cargo_type=chance.choice(("automobile", "van", "truck")), count=chance.randint(1, 50),
            tallied_at=at.isoformat())["id"])
    raw = """SELECT vessel_id, {}, coalesce(sum(count) FILTER (WHERE tally_type = 'loaded'), 0),
                    coalesce(sum(count) FILTER (WHERE tally_type = 'discharged'), 0),
                    coalesce(sum(count) FILTER (WHERE tally_type = 'damaged'), 0), count(*)
               FROM cargo_tallies WHERE vessel_id = ANY (%s) GROUP BY 1, 2 ORDER BY 1, 2"""
    kept = "SELECT vessel_id, {}, loaded, discharged, damaged, tallies FROM {} WHERE vessel_id = ANY (%s) ORDER BY 1, 2"
    sql = api.stack.psql
    assert sql(kept.format("cargo_type", "vessel_totals"), (vessels,)) == sql(raw.format("cargo_type::text"), (vessels,))
    assert sql(kept.format("hour", "vessel_hours"), (vessels,)) == sql(
        raw.format("date_trunc('hour', tallied_at, 'UTC')"), (vessels,))
    for vessel_id in vessels:
        read = api.read(vessel_id)
        for kind in ("loaded", "discharged", "damaged"):
            want = api.stack.value("SELECT coalesce(sum(count), 0) FROM cargo_tallies WHERE vessel_id = %s AND "
                                   "tally_type = %s", (vessel_id, kind))
            assert read[kind] == want == sum(c[kind] for c in read["cargo"])
        assert api.get(f"/api/vessels/{vessel_id}/tallies")["pagination"]["total"] == api.rows(vessel_id)


@pytest.mark.parametrize("statement", ["UPDATE cargo_tallies SET count = 2", "DELETE FROM cargo_tallies",
                                       "TRUNCATE cargo_tallies CASCADE",
                                       "UPDATE cargo_tallies SET note = 'x' WHERE false"])
def test_append_only_for_everybody(api, vessel, statement):
    api.tally(vessel["id"])
    # The program's role has no right to it; those who have every right are refused by the table.
    for user, code in (("stevedores", "42501"), ("stevedores_owner", "SD409"), ("postgres", "SD409")):
        with pytest.raises(psycopg2.Error) as refused:
            api.stack.psql(statement, user=user)
        assert refused.value.pgcode == code
    assert api.rows(vessel["id"]) == 1
