# SPDX-License-Identifier: Apache-2.0
"""Lists: orders of several terms, members that are wanted, null tests, how a list is counted, and walks through a list that
changes meanwhile."""
import itertools
import random
import threading
from datetime import datetime, timedelta, timezone

import port
import pytest

START = datetime(2034, 1, 1, tzinfo=timezone.utc)
FAR = datetime.max.replace(tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def fleet(shared_stack):
    """30 vessels with a mark in their names; many share status and ETA, some have none."""
    api = port.Api(shared_stack)
    mark = f"Options{port.new_id()[:8]}"
    rows = [{"name": f"{mark} {n}", "vessel_type": ("roro", "bulk")[n % 2],
             **({"eta": (START + timedelta(hours=n % 4)).isoformat()} if n % 5 else {})} for n in range(30)]
    made = [r["data"] for r in api.post("/api/vessels", rows, 207)["data"]]
    for vessel in made[::3]:
        api.move(vessel["id"], "arrived")
    return mark, api.get("/api/vessels", q=mark, per_page=100, sort="id")["data"]


def eta(vessel):
    return datetime.fromisoformat(vessel["eta"]) if vessel["eta"] else FAR


def ids(answer):
    return [row["id"] for row in answer["data"]]


def walk(api, path, direction="next", cursor=None, **params):
    """Ids of all pages by cursor."""
    found = []
    while True:
        answer = api.get(path, **params, **({"cursor": cursor} if cursor else {}))
        found.append(ids(answer))
        cursor = answer["pagination"][f"{direction}_cursor"]
        if cursor is None:
            return found, answer


# --- orders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_page", [1, 4, 30])
def test_two_terms(api, fleet, per_page):
    mark, rows = fleet
    want = [v["id"] for v in sorted(rows, key=lambda v: (v["status"], eta(v), v["id"]))]
    for sort, expected in (("status,eta", want), ("-status,-eta", want[::-1])):
        pages, _ = walk(api, "/api/vessels", q=mark, sort=sort, per_page=per_page)
        assert list(itertools.chain(*pages)) == expected
        last = api.get("/api/vessels", q=mark, sort=sort, per_page=per_page, page=len(pages))
        back, _ = walk(api, "/api/vessels", "prev", q=mark, sort=sort, per_page=per_page,
                       cursor=last["pagination"]["prev_cursor"]) if len(pages) > 1 else ([], None)
        assert list(itertools.chain(*back[::-1], ids(last))) == expected


@pytest.mark.parametrize("sort", ["-status,eta", "status,-eta", "status", "eta,status", "status,eta,", ",", "--status,-eta",
                                  "-", "status,eta,id", "name;eta"])
def test_orders_that_are_none(api, sort):
    answer = api.http.get("/api/vessels", params={"sort": sort})
    assert answer.status_code == 400 and port.problem_fields(answer) == ["sort"]
    assert "status,eta" in answer.json()["detail"], "what there is"


def test_a_cursor_keeps_its_order(api, fleet):
    cursor = api.get("/api/vessels", q=fleet[0], sort="-status,-eta", per_page=3)["pagination"]["next_cursor"]
    assert ids(api.get("/api/vessels", q=fleet[0], cursor=cursor, per_page=3)) == ids(
        api.get("/api/vessels", q=fleet[0], sort="-status,-eta", page=2, per_page=3))
    answer = api.http.get("/api/vessels", params={"q": fleet[0], "cursor": cursor, "sort": "status,eta"})
    assert answer.status_code == 400 and port.problem_fields(answer) == ["cursor"]


# --- null tests and members ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["true", "false"])
def test_without_an_eta(api, fleet, value):
    want = [v["id"] for v in fleet[1] if (v["eta"] is None) == (value == "true")]
    assert ids(api.get("/api/vessels", q=fleet[0], eta_null=value, sort="id", per_page=100)) == want


@pytest.mark.parametrize("value", ["", "1", "TRUE", "null"])
def test_null_tests_refused(api, value):
    answer = api.http.get("/api/vessels", params={"eta_null": value})
    assert answer.status_code == 400 and port.problem_fields(answer) == ["eta_null"]


def test_fields(api, fleet):
    mark, rows = fleet
    for names in (["id"], ["name", "id"], ["cargo", "eta", "progress_percent"], list(rows[0])):
        answer = api.get("/api/vessels", q=mark, sort="id", per_page=100, fields=",".join(names))
        assert [list(row) for row in answer["data"]] == [names] * 30
        assert answer["data"] == [{name: row[name] for name in names} for row in rows]
        assert answer["pagination"]["total"] == 30
        one = api.get(f"/api/vessels/{rows[0]['id']}", fields=",".join(names))["data"]
        assert one == {name: rows[0][name] for name in names}


@pytest.mark.parametrize("fields", ["", "id,", "id,id", "nothing", "v.id", "password", "id name"])
def test_fields_refused(api, fleet, fields):
    for path in ("/api/vessels", f"/api/vessels/{fleet[1][0]['id']}", "/api/users"):
        answer = api.http.get(path, params={"fields": fields})
        assert answer.status_code == 400 and port.problem_fields(answer) == ["fields"], path


def test_fields_of_a_csv(api, fleet):
    def lines(**params):
        return api.http.get("/api/vessels", params={"fields": "name,status", **params}, headers={"Accept": "text/csv"}).text.split("\r\n")
    found = lines(q=fleet[0], sort="id")
    assert found[0] == "name,status" and found[1:-1] == [f"{v['name']},{v['status']}" for v in fleet[1]]
    assert lines(q="no such name") == ["name,status", ""]


def test_one_row_takes_no_other_parameters(api, fleet):
    answer = api.http.get(f"/api/vessels/{fleet[1][0]['id']}?sort=id&page=1")
    assert answer.status_code == 400 and sorted(port.problem_fields(answer)) == ["page", "sort"]


def test_columns_are_declared_as_they_are(api):
    """A list's CSV says the columns by the declaration when there are no rows, and by the rows when there are."""
    api.tally(api.vessel("operations_active")["id"])
    for path, nothing in (("/api/vessels", "q=no such name"), ("/api/tallies", "vessel_id=999999"), ("/api/users", "q=nobody at all"),
                          ("/api/audit", "actor=nobody at all")):
        heads = [api.http.get(f"{path}?{query}", headers={"Accept": "text/csv"}).text.split("\r\n")[0] for query in ("", nothing)]
        assert heads[0] == heads[1] and len(heads[0].split(",")) > 5, path


# --- how many -----------------------------------------------------------------------------------------------------------


def test_count_says_what_it_is(api, fleet):
    for how, total, called in (("exact", 30, "exact"), ("none", None, "not_counted")):
        p = api.get("/api/vessels", q=fleet[0], per_page=7, count=how)["pagination"]
        assert (p["total"], p["total_is"]) == (total, called)
    p = api.get("/api/vessels", q=fleet[0], per_page=7, count="estimated")["pagination"]
    assert p["total_is"] == "estimated" and p["total"] >= 8, "more than was seen already"
    p = api.get("/api/vessels", q=fleet[0], per_page=7, page=5, count="estimated")["pagination"]
    assert (p["total"], p["total_is"]) == (30, "exact"), "the last page knows"
    p = api.get("/api/vessels", per_page=1, count="estimated")["pagination"]
    assert (p["total"], p["total_is"]) == (api.stack.value("SELECT count(*) FROM vessels"), "exact"), "it is kept"
    p = api.get("/api/vessels", q=fleet[0], page=1000, count="estimated")["pagination"]
    assert (p["total"], p["total_is"]) == (30, "exact"), "beyond the end"


def test_an_estimate_is_near(api):
    """With statistics that know the column."""
    api.post("/api/vessels", [{"name": "Estimate", "vessel_type": "general"}] * 400, 207)
    api.stack.psql("ANALYZE vessels")
    p = api.get("/api/vessels", vessel_type="general", count="estimated")["pagination"]
    real = api.stack.value("SELECT count(*) FROM vessels WHERE vessel_type = 'general'")
    assert p["total_is"] == "estimated" and abs(p["total"] - real) < real * 0.2


def test_beyond_the_end(api, fleet):
    answer = api.get("/api/vessels", q=fleet[0], page=99)
    assert answer["data"] == [] and answer["pagination"]["total"] == 30
    assert not answer["pagination"]["has_next"] and answer["pagination"]["has_prev"]


# --- a list that changes while somebody walks ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_repeats_nothing_and_skips_nothing_that_stayed(api, seed):
    """Rows come and go, in front of, behind and at the cursor, between any two pages and during them."""
    rnd = random.Random(seed)
    mark = f"Walk{port.new_id()[:8]}"
    stack = api.stack
    def names(n):
        return [f"{mark} {rnd.randrange(10 ** 6):06d}" for _ in range(n)]
    def add(some):
        return [r["data"]["id"] for r in api.post("/api/vessels", [{"name": n, "vessel_type": "roro"} for n in some], 207)["data"]]
    stay, leave = add(names(200)), add(names(200))
    stop = threading.Event()

    def disturb():
        http = stack.session()
        mine = list(leave)
        own = random.Random(seed + 100)
        while not stop.is_set() and mine:
            with stack.connect() as connection, connection.cursor() as cursor:
                cursor.execute("DELETE FROM vessels WHERE id = %s", (mine.pop(own.randrange(len(mine))),))
            connection.close()
            http.post("/api/vessels", json={"name": f"{mark} {own.randrange(10 ** 6):06d}", "vessel_type": "roro"})

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for sort in ("name", "-name"):
            seen, last = [], None
            cursor = None
            while True:
                answer = api.get("/api/vessels", q=mark, sort=sort, per_page=rnd.randrange(3, 20), count="none",
                                 **({"cursor": cursor} if cursor else {}))
                for row in answer["data"]:
                    key = (row["name"], row["id"])
                    assert last is None or (key > last if sort == "name" else key < last), "in order, so never twice"
                    last = key
                seen += ids(answer)
                cursor = answer["pagination"]["next_cursor"]
                if not cursor:
                    break
            assert len(seen) == len(set(seen)) and set(stay) <= set(seen)
    finally:
        stop.set()
        thread.join()
    assert stack.value("SELECT count(*) FROM vessels WHERE name LIKE %s", (mark + "%",)) == 400, "as many came as went"
