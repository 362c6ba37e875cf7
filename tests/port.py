# SPDX-License-Identifier: Apache-2.0
"""Shorthand for tests of the port board: requests with their checks, vessels in a wanted state, tallies."""
import itertools
import json
import uuid

# Along the life cycle, the short way.
WAY = ["expected", "arrived", "berthed", "operations_active", "operations_complete", "departed"]

numbers = itertools.count(1)

SECURITY_HEADERS = ("Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
                    "Permissions-Policy", "Referrer-Policy", "Reporting-Endpoints", "X-Content-Type-Options",
                    "X-Frame-Options")


def new_id():
    return str(uuid.uuid4())


def imo(number):
    """A valid IMO number out of any number below a million."""
    digits = f"{number:06d}"
    return digits + str(sum(int(d) * w for d, w in zip(digits, range(7, 1, -1))) % 10)


def problem_fields(response):
    """Checks a problem document and returns the fields that it names."""
    assert response.headers["Content-Type"].split(";")[0] == "application/problem+json", response.text
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "request_id", "errors"}, problem
    assert problem["status"] == response.status_code
    assert problem["title"] and problem["detail"] and problem["request_id"]
    for error in problem["errors"]:
        assert set(error) == {"field", "detail"} and error["detail"], problem
    return [error["field"] for error in problem["errors"]]


class Api:
    def __init__(self, stack):
        self.stack = stack
        self.http = stack.session()

    def get(self, path, answer=200, **params):
        response = self.http.get(path, params=params)
        assert response.status_code == answer, f"GET {path} {params}: {response.status_code} {response.text[:600]}"
        return response.json()

    def send(self, method, path, body, status):
        response = self.http.request(method, path, json=body)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:600]}"
        return response

    def post(self, path, body, status=201):
        return self.send("POST", path, body, status).json()

    def refused(self, method, path, body, status, *fields):
        """A request that must be refused with this status and name these fields."""
        found = problem_fields(self.send(method, path, body, status))
        assert sorted(found) == sorted(fields), found

    def berth(self):
        """A berth that no other test has."""
        name = f"T{next(numbers)}-{uuid.uuid4().hex[:8]}"
        self.stack.psql("INSERT INTO berths VALUES (%s, 200, 1000)", (name,))
        return name

    def vessel(self, status="expected", **members):
        """A vessel that went all the way to a state. Its name is its own unless given."""
        body = {"name": f"MV Test {uuid.uuid4().hex[:12]}", "vessel_type": "roro",
                "cargo_capacity": {"automobile": 1000, "truck": 200}, **members}
        if status not in ("expected", "arrived"):
            body.setdefault("berth", self.berth())
        vessel = self.post("/api/vessels", body)["data"]
        for step in WAY[1:WAY.index(status) + 1]:
            vessel = self.move(vessel["id"], step)
        return vessel

    def move(self, vessel_id, status):
        return self.send("PATCH", f"/api/vessels/{vessel_id}", {"status": status}, 200).json()["data"]

    def read(self, vessel_id):
        return self.get(f"/api/vessels/{vessel_id}")["data"]

    def tally(self, vessel_id, status=201, **members):
        body = {"id": new_id(), "tally_type": "loaded", "cargo_type": "automobile", "count": 1, **members}
        return self.post(f"/api/vessels/{vessel_id}/tallies", body, status)["data"]

    def void(self, tally_id, status=201, **members):
        return self.post(f"/api/tallies/{tally_id}/void", {"id": new_id(), **members}, status)["data"]

    def rows(self, vessel_id):
        """Tallies that are stored of a vessel."""
        return self.stack.value("SELECT count(*) FROM cargo_tallies WHERE vessel_id = %s", (vessel_id,))

    def stored(self):
        """What a refused request must leave as it was."""
        return self.stack.psql("SELECT (SELECT count(*) FROM vessels), (SELECT count(*) FROM cargo_tallies),"
                               " (SELECT coalesce(sum(version), 0) FROM vessels)")[0]


def canonical(value):
    return json.dumps(value, sort_keys=True)
