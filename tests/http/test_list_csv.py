# SPDX-License-Identifier: Apache-2.0
"""Lists as CSV: the same rows and values as the JSON, whole, in constant memory, and cut off visibly when they can't be whole."""
import csv
import io
import json

import fastcgi
import pytest
from port import Api, problem_fields
from stack import PASSWORD

pytestmark = pytest.mark.front

CSV = {"Accept": "text/csv"}


def rows_of(response):
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def cell(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("path, params", [
    ("/api/vessels", {}), ("/api/vessels", {"sort": "name", "status": "operations_active"}), ("/api/tallies", {}),
    ("/api/berths", {}), ("/api/audit", {"object_type": "vessels"}), ("/api/users", {"sort": "-created_at"})])
def test_the_same_as_the_pages(api, path, params):
    vessel = api.vessel("operations_active", name='Comma, "Quote"\r\nand line', notes=" ünï ")
    for n in range(3):
        api.tally(vessel["id"], count=n + 1)
    want, cursor = [], None
    while True:
        page = api.get(path, per_page=100, **params, **({"cursor": cursor} if cursor else {}))
        want += page["data"]
        cursor = page["pagination"]["next_cursor"]
        if not cursor:
            break
    got = rows_of(api.http.get(path, params=params, headers=CSV))
    assert [list(r) for r in got[:1]] == [list(r) for r in want[:1]]
    assert got == [{k: cell(v) for k, v in r.items()} for r in want]


@pytest.mark.parametrize("own_stack", [{"responders": 1}], indirect=True)
def test_many_rows_in_constant_memory(own_stack, long):
    api = Api(own_stack)
    vessel = api.vessel("operations_active")
    rows = 200_000 if long else 30_000

    def fill(n):
        own_stack.psql("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at)"
                       " SELECT gen_random_uuid(), %s, 'loaded', 'van', 1 + n %% 9, now() - n * interval '1 second'"
                       " FROM generate_series(1, %s) n", (vessel["id"], n))

    def read():
        lines = 0
        with api.http.get(f"/api/vessels/{vessel['id']}/tallies", headers=CSV, stream=True) as answer:
            assert answer.headers["Content-Disposition"] == 'attachment; filename="tallies.csv"'
            for chunk in answer.iter_content(65536):
                lines += chunk.count(b"\r\n")
        return lines - 1

    fill(2000)
    assert read() == 2000
    before = own_stack.pss_kib()
    fill(rows - 2000)
    own_stack.psql("ANALYZE cargo_tallies")
    assert read() == rows
    grown = own_stack.pss_kib() - before
    print(f"{rows} rows, {grown} KiB more")
    assert grown < 1024


def test_none(api):
    vessel = api.vessel()
    answer = api.http.get(f"/api/vessels/{vessel['id']}/tallies", headers=CSV)
    assert rows_of(answer) == [] and answer.text.startswith("id,vessel_id,tally_type,")
    assert api.http.get("/api/vessels/999999999/tallies", headers=CSV).status_code == 404


@pytest.mark.parametrize("name", ["page", "per_page", "cursor", "count"])
def test_pages_have_no_meaning(api, name):
    answer = api.http.get("/api/vessels", params={name: "1" if name != "count" else "none"}, headers=CSV)
    assert answer.status_code == 400 and name in problem_fields(answer)


def test_formulas_stay_texts(api):
    vessel = api.vessel(name="=1+1", notes="@SUM(A1)")
    [row] = [r for r in rows_of(api.http.get("/api/vessels", params={"q": "=1+1"}, headers=CSV)) if r["id"] == str(vessel["id"])]
    assert row["name"] == "'=1+1" and row["notes"] == "'@SUM(A1)"


def test_a_role_below_gets_none(stack):
    assert stack.session("manager").get("/api/audit", headers=CSV).status_code == 403


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"RATE_LIMIT": "on", "RATE_LIMIT_EXPORT": "2/hour",
                                                                 "RATE_LIMIT_LOGIN": "off"}}], indirect=True)
def test_limited_by_themselves(own_stack):
    http = own_stack.session(None)
    assert http.post("/api/login", json={"username": "viewer", "password": PASSWORD}).status_code == 200
    assert [http.get("/api/vessels", headers=CSV).status_code for _ in range(3)] == [200, 200, 429]
    assert http.get("/api/vessels").status_code == 200


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"PEER_TIMEOUT_MS": "60000"}}], indirect=True)
def test_cut_off_when_the_database_goes_away(own_stack):
    """What came must not look like the whole: the connection ends without FastCGI's end of a request."""
    vessel = Api(own_stack).vessel("operations_active")
    own_stack.psql("INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, tallied_at, note)"
                   " SELECT gen_random_uuid(), %s, 'loaded', 'van', 1, now() - n * interval '1 second', repeat('x', 500)"
                   " FROM generate_series(1, 20000) n", (vessel["id"],))

    def read(between):
        params = fastcgi.request_params("GET", "/api/tallies", HTTP_ACCEPT="text/csv")
        with fastcgi.connect(own_stack.fcgi_socket, 60) as s:
            s.sendall(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(params)) +
                      fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN))
            data = s.recv(100_000)
            between()
            while chunk := s.recv(1_000_000):
                data += chunk
        kinds, at = [], 0
        while len(data) - at >= 8:
            kinds.append(data[at + 1])
            at += 8 + int.from_bytes(data[at + 4:at + 6], "big") + data[at + 6]
        return kinds

    assert read(lambda: None)[-1] == fastcgi.END
    assert fastcgi.END not in read(own_stack.stop_postgres)
    assert any(line["event"] == "csv_cut" for line in own_stack.logs())
