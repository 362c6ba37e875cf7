# SPDX-License-Identifier: Apache-2.0
"""The former application's addresses: same rows, old names."""
import port
import pytest


@pytest.fixture
def vessel(api):
    return api.vessel("operations_active", cargo_capacity={"automobile": 200})


def test_summary(api, vessel):
    api.tally(vessel["id"], count=50)
    answer = api.get("/api/vessels/summary")
    assert set(answer) == {"total_vessels", "active_vessels", "vessels", "timestamp"}
    assert answer["total_vessels"] == api.stack.value("SELECT count(*) FROM vessels")
    assert answer["active_vessels"] == api.stack.value(
        "SELECT count(*) FROM vessels WHERE status IN ('arrived', 'berthed', 'operations_active')")
    there = api.stack.value("SELECT count(*) FROM vessels WHERE status <> 'departed'")
    assert len(answer["vessels"]) == min(100, there)
    assert all(v["status"] != "departed" for v in answer["vessels"])


def test_summary_of_one_vessel(own_stack):
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active", cargo_capacity={"automobile": 200}, drivers=9, vans=2, wagons=3)
    api.tally(vessel["id"], count=50)
    found = api.get("/api/vessels/summary")["vessels"]
    assert [v["id"] for v in found] == [vessel["id"]]
    assert (found[0]["current_berth"], found[0]["total_cargo_capacity"], found[0]["cargo_loaded"],
            found[0]["cargo_remaining"], found[0]["progress_percentage"], found[0]["drivers_assigned"],
            found[0]["tico_vehicles_needed"], found[0]["is_complete"]) == (vessel["berth"], 200, 50, 150, 25.0, 9, 5, False)


def test_record_and_read(api, vessel):
    path = f"/api/vessels/{vessel['id']}/cargo-tally"
    answer = api.post(path, {"tally_type": "loaded", "cargo_count": 30, "location": "Deck A", "notes": "",
                             "shift_period": "night"})
    assert set(answer) == {"success", "tally_id", "new_progress", "total_loaded"}
    assert answer["success"] is True and answer["new_progress"] == 15.0 and answer["total_loaded"] == 30
    stored = api.get(f"/api/vessels/{vessel['id']}/tallies")["data"]
    assert [(t["id"], t["cargo_type"], t["count"], t["location"], t["note"], t["shift"]) for t in stored] == [
        (answer["tally_id"], "automobile", 30, "Deck A", None, "night")]
    for _ in range(11):
        api.post(path, {"cargo_count": 1, "cargo_type": "van"})
    read = api.get(path)
    assert set(read) == {"vessel_id", "vessel_name", "recent_tallies", "total_loaded", "progress"}
    assert read["vessel_id"] == vessel["id"] and read["vessel_name"] == vessel["name"]
    assert len(read["recent_tallies"]) == 10 and read["total_loaded"] == 41 and read["progress"] == 20.5


def test_same_id_again(api, vessel):
    path = f"/api/vessels/{vessel['id']}/cargo-tally"
    body = {"id": port.new_id(), "cargo_count": 3}
    api.post(path, body, 201)
    assert api.post(path, body, 200)["tally_id"] == body["id"]
    assert api.rows(vessel["id"]) == 1
    api.refused("POST", path, {**body, "cargo_count": 4}, 409, "id")


@pytest.mark.parametrize("body, field", [({"cargo_count": 0}, "cargo_count"), ({"cargo_count": "5"}, "cargo_count"),
                                         ({"tally_type": "x"}, "tally_type"), ({"count": 5}, "count"),
                                         ({"shift_period": "noon"}, "shift_period")], ids=str)
def test_refused(api, vessel, body, field):
    api.refused("POST", f"/api/vessels/{vessel['id']}/cargo-tally", body, 400, field)
    assert api.rows(vessel["id"]) == 0


def test_refused_states(api):
    api.refused("POST", f"/api/vessels/{api.vessel()['id']}/cargo-tally", {"cargo_count": 1}, 409, "vessel_id")
    api.refused("POST", "/api/vessels/99999999/cargo-tally", {"cargo_count": 1}, 404, "vessel_id")
    port.problem_fields(api.send("GET", "/api/vessels/99999999/cargo-tally", None, 404))
