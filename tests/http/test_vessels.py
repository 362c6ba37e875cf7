# SPDX-License-Identifier: Apache-2.0
"""Vessels: create, read, change, and the life cycle with every move there is and every one there isn't."""
from datetime import datetime, timedelta, timezone
from itertools import count

import port
import pytest

MEMBERS = {
    "id", "name", "imo", "vessel_type", "line", "status", "berth", "eta", "etd", "arrived_at", "berthed_at",
    "operations_started_at", "operations_completed_at", "departed_at", "cargo_capacity", "capacity_total", "gangs",
    "drivers", "vans", "wagons", "shifts", "breaks", "notes", "version", "created_at", "updated_at", "loaded", "discharged", "damaged",
    "progress_percent", "cargo"}

MOVES = {
    "expected": {"arrived"},
    "arrived": {"expected", "berthed", "departed"},
    "berthed": {"arrived", "operations_active", "departed"},
    "operations_active": {"operations_complete"},
    "operations_complete": {"operations_active", "departed"},
    "departed": set(),
}

imos = count(910000)


def when(text):
    return datetime.fromisoformat(text)


def test_create_with_everything(api):
    berth = api.berth()
    body = {"name": "MV Ærø Ōsaka 大阪", "vessel_type": "multipurpose", "imo": port.imo(next(imos)), "line": "Höegh",
            "berth": berth, "eta": "2031-03-04T05:06:07+02:00", "etd": "2031-03-05T05:06:07Z",
            "cargo_capacity": {"automobile": 900, "heavy_equipment": 12, "reefer": 0}, "gangs": 3, "drivers": 40,
            "vans": 4, "wagons": 2, "shifts": ["night", "morning"], "breaks": {"09:45": 15, "02:00": 30},
            "notes": "two\nlines"}
    response = api.send("POST", "/api/vessels", body, 201)
    vessel = response.json()["data"]
    assert set(vessel) == MEMBERS
    assert response.headers["Location"] == f"/api/vessels/{vessel['id']}"
    for name in set(body) - {"eta", "etd"}:
        assert vessel[name] == body[name], name
    assert when(vessel["eta"]) == when(body["eta"]) and when(vessel["etd"]) == datetime(2031, 3, 5, 5, 6, 7, tzinfo=timezone.utc)
    assert vessel["eta"].endswith("+00:00"), "times are UTC"
    assert vessel["status"] == "expected" and vessel["capacity_total"] == 912 and vessel["version"] == 1
    assert api.read(vessel["id"]) == vessel
    assert [c["cargo_type"] for c in vessel["cargo"]] == sorted(body["cargo_capacity"])


def test_create_with_the_least(api):
    vessel = api.post("/api/vessels", {"name": "MV Least", "vessel_type": "bulk"})["data"]
    assert vessel["capacity_total"] == 0 and vessel["progress_percent"] is None and vessel["cargo"] == []
    assert vessel["imo"] is None and vessel["berth"] is None and vessel["eta"] is None


@pytest.mark.parametrize("change, fields", [
    ({"name": None}, ["name"]), ({"name": ""}, ["name"]), ({"name": "x" * 101}, ["name"]),
    ({"vessel_type": "submarine"}, ["vessel_type"]), ({"imo": "9074728"}, ["imo"]), ({"imo": "907472"}, ["imo"]),
    ({"imo": "IMO9074729"}, ["imo"]), ({"gangs": -1}, ["gangs"]), ({"gangs": 101}, ["gangs"]),
    ({"drivers": 1001}, ["drivers"]), ({"vans": 501}, ["vans"]), ({"wagons": 501}, ["wagons"]),
    ({"shifts": ["evening"]}, ["shifts"]), ({"shifts": ["night", "night"]}, ["shifts"]), ({"shifts": None}, ["shifts"]),
    ({"breaks": {"10:10": 15}}, ["breaks"]), ({"breaks": {"24:00": 15}}, ["breaks"]), ({"breaks": {"10:00": 181}}, ["breaks"]),
    ({"breaks": [{"at": "10:00", "minutes": 15}]}, ["breaks"]),
    ({"berth": "no such berth"}, ["berth"]), ({"status": "arrived"}, ["status"]), ({"id": 7}, ["id"]),
    ({"eta": "2031-01-02T00:00:00Z", "etd": "2031-01-01T00:00:00Z"}, ["etd"]), ({"eta": "tomorrow"}, ["eta"]),
    ({"eta": "2031-02-30T00:00:00Z"}, ["eta"]), ({"cargo_capacity": {"bananas": 4}}, ["cargo_capacity"]),
    ({"cargo_capacity": {"automobile": -1}}, ["cargo_capacity"]), ({"cargo_capacity": [1]}, ["cargo_capacity"]),
    ({"cargo_capacity": {"automobile": 1000000}}, ["cargo_capacity"]), ({"notes": "x" * 2001}, ["notes"]),
    ({"cargo_capacity": {"automobile": 1.5}}, ["cargo_capacity"]), ({"version": 3}, ["version"]),
    ({"name": 4, "gangs": "many", "colour": "red"}, ["colour", "gangs", "name"]),
], ids=str)
def test_create_refused(api, change, fields):
    before = api.stored()
    api.refused("POST", "/api/vessels", {"name": "MV No", "vessel_type": "roro", **change}, 400, *fields)
    assert api.stored() == before


def test_required_members(api):
    api.refused("POST", "/api/vessels", {}, 400, "name", "vessel_type")


def test_patch_changes_what_is_given_and_nothing_else(api):
    vessel = api.vessel(line="Old Line", gangs=2, notes="keep")
    changed = api.send("PATCH", f"/api/vessels/{vessel['id']}", {"line": None, "gangs": 5, "eta": "2031-01-01T00:00:00Z"},
                       200).json()["data"]
    assert changed == {**vessel, "line": None, "gangs": 5, "eta": changed["eta"], "version": 2,
                       "updated_at": changed["updated_at"]}
    assert when(changed["updated_at"]) > when(vessel["updated_at"])
    assert api.read(vessel["id"]) == changed


@pytest.mark.parametrize("body, fields", [({}, ["body"]), ({"id": 1}, ["id"]), ({"name": None}, ["name"]),
                                          ({"loaded": 3}, ["loaded"]), ({"status": None}, ["status"]),
                                          ({"status": "sunk"}, ["status"]), ({"imo": "1234568"}, ["imo"])], ids=str)
def test_patch_refused(api, body, fields):
    vessel = api.vessel()
    api.refused("PATCH", f"/api/vessels/{vessel['id']}", body, 400, *fields)
    assert api.read(vessel["id"]) == vessel


@pytest.mark.parametrize("vessel_id", ["999999999", "0", "-1", "abc", "9" * 19, "9" * 40, "1.5", "%20"])
def test_no_such_vessel(api, vessel_id):
    for method, path, body in (("GET", f"/api/vessels/{vessel_id}", None),
                               ("PATCH", f"/api/vessels/{vessel_id}", {"gangs": 1}),
                               ("GET", f"/api/vessels/{vessel_id}/tallies", None),
                               ("GET", f"/api/vessels/{vessel_id}/cargo-tally", None)):
        port.problem_fields(api.send(method, path, body, 404))


def test_moves_are_told(api):
    assert {k: set(v) for k, v in api.get("/api/meta")["data"]["vessel_moves"].items()} == {
        k: v for k, v in MOVES.items() if v}


@pytest.mark.parametrize("to", port.WAY)
@pytest.mark.parametrize("at", port.WAY)
def test_every_move(api, at, to):
    vessel = api.vessel(at, berth=api.berth())
    path = f"/api/vessels/{vessel['id']}"
    if to in MOVES[at]:
        moved = api.send("PATCH", path, {"status": to}, 200).json()["data"]
        assert moved["status"] == to and moved["version"] == vessel["version"] + 1
    elif to == at:
        assert api.send("PATCH", path, {"status": to}, 200).json()["data"]["status"] == at
    else:
        api.refused("PATCH", path, {"status": to}, 409, "status")
        assert api.read(vessel["id"]) == vessel


def test_dates_go_with_the_moves(api):
    vessel = api.vessel(berth=api.berth())
    dates = ("arrived_at", "berthed_at", "operations_started_at", "operations_completed_at", "departed_at")
    assert all(vessel[d] is None for d in dates)
    for status, date in zip(port.WAY[1:], dates):
        vessel = api.move(vessel["id"], status)
        assert abs(datetime.now(timezone.utc) - when(vessel[date])) < timedelta(seconds=30)
        assert sum(vessel[d] is not None for d in dates) == dates.index(date) + 1


def test_dates_when_work_is_taken_up_again(api):
    done = api.vessel("operations_complete")
    again = api.move(done["id"], "operations_active")
    assert again["operations_started_at"] == done["operations_started_at"] and again["operations_completed_at"] is None


def test_dates_of_a_vessel_announced_by_mistake_and_one_shifted_off(api):
    assert api.move(api.vessel("arrived")["id"], "expected")["arrived_at"] is None
    berthed = api.vessel("berthed")
    shifted = api.move(berthed["id"], "arrived")
    assert shifted["berthed_at"] is None and shifted["arrived_at"] == berthed["arrived_at"]


def test_a_berth_takes_one_vessel(api):
    first = api.vessel("berthed")
    second = api.vessel("arrived", berth=first["berth"])  # planned for it: fine
    api.refused("PATCH", f"/api/vessels/{second['id']}", {"status": "berthed"}, 409, "berth")
    assert api.read(second["id"])["status"] == "arrived"
    api.move(first["id"], "departed")
    assert api.move(second["id"], "berthed")["status"] == "berthed"


def test_berthing_needs_a_berth(api):
    vessel = api.vessel("arrived")
    api.refused("PATCH", f"/api/vessels/{vessel['id']}", {"status": "berthed"}, 400, "berth")
    moved = api.send("PATCH", f"/api/vessels/{vessel['id']}", {"status": "berthed", "berth": api.berth()}, 200)
    assert moved.json()["data"]["status"] == "berthed"
    api.refused("PATCH", f"/api/vessels/{vessel['id']}", {"berth": None}, 400, "berth")


def test_one_call_of_a_ship_at_a_time(api):
    number = port.imo(next(imos))
    first = api.vessel("arrived", imo=number)
    api.refused("POST", "/api/vessels", {"name": "MV Again", "vessel_type": "roro", "imo": number}, 409, "imo")
    api.move(first["id"], "departed")
    assert api.vessel(imo=number)["imo"] == number


def test_check_digit_of_every_kind(api):
    """All ten last digits of one number: one is right."""
    digits = port.imo(next(imos))[:6]
    answers = []
    for last in range(10):
        body = {"name": "MV Digit", "vessel_type": "roro", "imo": f"{digits}{last}"}
        answers.append(api.http.post("/api/vessels", json=body).status_code)
    assert sorted(answers) == [201] + [400] * 9
    assert answers.index(201) == int(port.imo(int(digits))[6])
