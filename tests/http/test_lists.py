# SPDX-License-Identifier: Apache-2.0
"""Lists: envelope, filters, sort keys, pages by number and by cursor, and what is refused. Each expectation is worked out
here from the rows that the test made."""
import itertools
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import port
import pytest

PAGINATION = {"page", "per_page", "total", "pages", "total_is", "has_next", "has_prev", "next_cursor", "prev_cursor"}
START = datetime(2033, 1, 1, tzinfo=timezone.utc)
FAR = datetime.max.replace(tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def fleet(shared_stack):
    """45 vessels with a mark in the name, by which a search finds these and no others."""
    api = port.Api(shared_stack)
    mark = f"Fleet{port.new_id()[:8]}"
    berths = [api.berth() for _ in range(3)]
    made = []
    for n in range(45):
        body = {"name": f"{mark} {chr(65 + n * 7 % 26)}{n % 4}", "vessel_type": ("roro", "container", "bulk")[n % 3],
                "berth": berths[n % 3] if n % 2 else None}
        if n % 5:
            body["eta"] = (START + timedelta(hours=n * 11 % 40)).isoformat()
            body["etd"] = (START + timedelta(days=10, hours=n * 17 % 50)).isoformat()
        vessel = api.post("/api/vessels", body)["data"]
        if n % 4 == 0:
            vessel = api.move(vessel["id"], "arrived")
        if n % 8 == 0:
            vessel = api.move(vessel["id"], "departed")
        made.append(vessel)
    return mark, berths, made


@pytest.fixture(scope="module")
def worked(shared_stack):
    """A vessel with 60 tallies, two of them at the same time."""
    api = port.Api(shared_stack)
    vessel = api.vessel("operations_active")
    for n in range(60):
        api.tally(vessel["id"], tally_type=("loaded", "discharged", "damaged")[n % 3],
                  cargo_type=("automobile", "truck")[n % 2], shift=("morning", "afternoon", "night", None)[n % 4],
                  tallied_at=(START - timedelta(days=3000, minutes=n // 2 * 2)).isoformat(), count=n + 1)
    return vessel["id"]


def ids(answer):
    return [row["id"] for row in answer["data"]]


def time_of(text):
    return datetime.fromisoformat(text) if text else FAR


def key_of(sort):
    name = sort.lstrip("-")
    if name in ("eta", "etd", "updated_at"):
        return lambda v: (time_of(v[name]), v["id"])
    if name == "name":
        return lambda v: (v["name"].encode(), v["id"])
    return lambda v: v["id"]


def walk(api, path, way="next", **params):
    """All pages from the first (or, backwards, from the cursor given) by cursors: a list of lists of rows."""
    pages = []
    while True:
        answer = api.get(path, **params)
        pages.append(answer["data"])
        cursor = answer["pagination"][f"{way}_cursor"]
        assert answer["pagination"][f"has_{way}"] == (cursor is not None)
        if cursor is None:
            return pages
        params["cursor"] = cursor


def test_envelope(api, fleet):
    mark, _, made = fleet
    answer = api.get("/api/vessels", q=mark, per_page=10, page=2)
    assert set(answer) == {"data", "pagination"}
    p = answer["pagination"]
    assert set(p) == PAGINATION
    assert {k: p[k] for k in ("page", "per_page", "total", "pages", "total_is", "has_next", "has_prev")} == {
        "page": 2, "per_page": 10, "total": 45, "pages": 5, "total_is": "exact", "has_next": True, "has_prev": True}
    assert p["next_cursor"] and p["prev_cursor"]
    assert api.get("/api/vessels")["pagination"]["total"] == api.stack.value("SELECT count(*) FROM vessels")
    row = answer["data"][0]
    assert row == [v for v in made if v["id"] == row["id"]][0], "a list's row is what GET of one gives"


def test_pages_by_number_make_the_whole(api, fleet):
    mark, _, made = fleet
    for per_page in (1, 7, 45, 46, 100):
        found, page = [], 1
        while True:
            answer = api.get("/api/vessels", q=mark, per_page=per_page, page=page, sort="id")
            found += ids(answer)
            assert answer["pagination"]["has_prev"] == (page > 1)
            if not answer["pagination"]["has_next"]:
                break
            assert len(answer["data"]) == per_page
            page += 1
        assert found == sorted(v["id"] for v in made)
        assert page == answer["pagination"]["pages"]


@pytest.mark.parametrize("page", [6, 1000, 1000000])
def test_beyond_the_end(api, fleet, page):
    answer = api.get("/api/vessels", q=fleet[0], per_page=10, page=page)
    p = answer["pagination"]
    assert answer["data"] == [] and p["total"] == 45 and p["pages"] == 5
    assert p["has_next"] is False and p["has_prev"] is True and p["next_cursor"] is None


def test_nothing_found(api):
    p = api.get("/api/vessels", q="no vessel has this name")["pagination"]
    assert p["total"] == 0 and p["pages"] == 0 and not p["has_next"] and not p["has_prev"]


@pytest.mark.parametrize("sort", ["name", "eta", "etd", "updated_at", "id"])
def test_sort_both_ways(api, fleet, sort):
    mark, _, made = fleet
    want = [v["id"] for v in sorted(made, key=key_of(sort))]
    assert ids(api.get("/api/vessels", q=mark, per_page=100, sort=sort)) == want
    assert ids(api.get("/api/vessels", q=mark, per_page=100, sort=f"-{sort}")) == want[::-1]


CHOICES = {
    "status": [None, "expected", "departed", "arrived,departed"],
    "vessel_type": [None, "roro", "bulk,container"],
    "berth": [None, 0],
    "eta_from": [None, START + timedelta(hours=8)],
    "eta_to": [None, START + timedelta(hours=30)],
}


@pytest.mark.parametrize("case", [dict(zip(CHOICES, values)) for values in itertools.product(*CHOICES.values())])
def test_filters_together(api, fleet, case):
    mark, berths, made = fleet
    case = {name: value for name, value in case.items() if value is not None}
    if "berth" in case:
        case["berth"] = berths[case["berth"]]

    def fits(v):
        return (v["status"] in case.get("status", v["status"]).split(",")
                and v["vessel_type"] in case.get("vessel_type", v["vessel_type"]).split(",")
                and case.get("berth", v["berth"]) == v["berth"]
                and time_of(v["eta"]) >= case.get("eta_from", time_of(v["eta"]))
                and ("eta_to" not in case or time_of(v["eta"]) < case["eta_to"]))

    want = sorted(v["id"] for v in made if fits(v))
    query = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in case.items()}
    answer = api.get("/api/vessels", q=mark, per_page=100, sort="id", **query)
    assert ids(answer) == want and answer["pagination"]["total"] == len(want)


def test_search_is_for_parts_whatever_the_case_and_takes_wildcards_as_they_are(api):
    vessel = api.vessel(name="MV 100%_Ægir\\x", imo=port.imo(771234))
    other = api.vessel(name="MV 100aaÆgir")
    for text in ("100%_", "%_æGI", "Ægir\\x", port.imo(771234)):
        found = ids(api.get("/api/vessels", q=text, per_page=100))
        assert vessel["id"] in found and other["id"] not in found, text


def test_cursors_give_each_row_once_while_rows_come_and_go(api, fleet):
    mark, _, made = fleet
    name = f"Walk{port.new_id()[:8]}"
    rows = [api.post("/api/vessels", {"name": f"{name} {chr(66 + n)}", "vessel_type": "roro"})["data"]["id"]
            for n in range(20)]
    seen, cursor, params = [], None, {"q": name, "sort": "name", "per_page": 3}
    while True:
        answer = api.get("/api/vessels", **params)
        seen += [i for i in ids(answer) if i in rows]
        api.post("/api/vessels", {"name": f"{name} A{len(seen)}", "vessel_type": "roro"})  # in front of all
        api.post("/api/vessels", {"name": f"{name} Z{len(seen)}", "vessel_type": "roro"})  # behind all
        if len(seen) >= 20:
            break
        cursor = answer["pagination"]["next_cursor"]
        params["cursor"] = cursor
    assert seen == rows
    # And back again from there.
    params["cursor"] = answer["pagination"]["prev_cursor"]
    back = list(reversed([i for i in ids(answer) if i in rows]))
    while params["cursor"]:
        answer = api.get("/api/vessels", **params)
        back += [i for i in reversed(ids(answer)) if i in rows]
        api.post("/api/vessels", {"name": f"{name} AA{len(back)}", "vessel_type": "roro"})
        if len(back) >= 20:
            break
        params["cursor"] = answer["pagination"]["prev_cursor"]
    assert back == rows[::-1]
    assert len(made) == 45 and mark


@pytest.mark.parametrize("sort", ["name", "-name", "eta", "-eta", "etd", "-etd", "updated_at", "-updated_at", "id", "-id"])
@pytest.mark.parametrize("per_page", [1, 4, 9])
def test_cursors_both_ways_for_every_sort(api, fleet, sort, per_page):
    mark, _, made = fleet
    want = [v["id"] for v in sorted(made, key=key_of(sort), reverse=sort.startswith("-"))]
    pages = walk(api, "/api/vessels", q=mark, sort=sort, per_page=per_page)
    assert [row["id"] for page in pages for row in page] == want
    last = api.get("/api/vessels", q=mark, sort=sort, per_page=per_page, page=len(pages))
    if len(pages) > 1:
        back = walk(api, "/api/vessels", "prev", q=mark, sort=sort, per_page=per_page,
                    cursor=last["pagination"]["prev_cursor"])
        assert [row["id"] for page in reversed(back) for row in page] + ids(last) == want
        assert sum(map(len, back)) + len(last["data"]) == 45


def test_pages_by_cursor_tell_their_number(api, fleet):
    answer = api.get("/api/vessels", q=fleet[0], per_page=10)
    for page in (2, 3, 4, 5):
        answer = api.get("/api/vessels", q=fleet[0], per_page=10, cursor=answer["pagination"]["next_cursor"])
        assert answer["pagination"]["page"] == page and answer["pagination"]["total"] == 45


def links(response):
    return {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="([a-z]+)"', response.headers.get("Link", ""))}


def test_link_header(api, fleet):
    path = f"/api/vessels?q={fleet[0]}&per_page=10&sort=name"
    first = api.http.get(path)
    assert set(links(first)) == {"next"}
    second = api.http.get(links(first)["next"])
    assert set(links(second)) == {"next", "prev", "first"}
    assert second.json()["data"] == api.get(path + "&page=2")["data"]
    assert api.http.get(links(second)["prev"]).json()["data"] == first.json()["data"]
    assert api.http.get(links(second)["first"]).json()["data"] == first.json()["data"]
    assert urlsplit(links(second)["next"]).path == "/api/vessels"


def test_count_none(api, fleet):
    counted, uncounted = (api.get("/api/vessels", q=fleet[0], count=how) for how in ("exact", "none"))
    assert uncounted["data"] == counted["data"]
    p = uncounted["pagination"]
    assert p["total"] is None and p["pages"] is None and p["total_is"] == "not_counted" and p["has_next"]


@pytest.mark.parametrize("path", ["/api/vessels", "/api/tallies", "/api/berths"])
@pytest.mark.parametrize("query, field", [
    ("page=0", "page"), ("page=-1", "page"), ("page=x", "page"), ("page=1.5", "page"), ("page=", "page"),
    ("page=1000001", "page"), ("page=99999999999999999999", "page"), ("per_page=0", "per_page"),
    ("per_page=101", "per_page"), ("per_page=all", "per_page"), ("sort=colour", "sort"), ("sort=", "sort"),
    ("sort=--id", "sort"), ("sort=-", "sort"), ("sort=tallied_at;drop", "sort"), ("count=maybe", "count"),
    ("cursor=", "cursor"), ("cursor=abc", "cursor"), ("cursor=" + "A" * 300, "cursor"), ("limit=5", "limit"),
    ("page=1&page=2", "page"), ("page=1&page=1", "page"), ("Page=1", "Page"), ("page=1&%70age=2", "page"),
    ("page=%zz", "page"), ("x=%FF", "x"), ("page=%00", "page"), ("=5", "query"),
])
def test_parameters_refused(api, path, query, field):
    response = api.http.get(f"{path}?{query}")
    assert response.status_code == 400, response.text
    assert port.problem_fields(response) == [field]


@pytest.mark.parametrize("query, field", [
    ("status=sunk", "status"), ("status=expected,", "status"), ("status=", "status"), ("vessel_type=expected", "vessel_type"),
    ("eta_from=yesterday", "eta_from"), ("eta_to=2031-01-01", "eta_to"), ("q=", "q"), ("name=x", "name"),
    ("berth=", "berth"), ("status=expected}&x=1", "status"), ("q=" + "x" * 5000, "query"),
])
def test_filters_refused(api, query, field):
    response = api.http.get(f"/api/vessels?{query}")
    assert response.status_code in (400, 414), response.text
    assert field in port.problem_fields(response)


@pytest.mark.parametrize("query, field", [
    ("vessel_id=x", "vessel_id"), ("vessel_id=-1", "vessel_id"), ("tally_type=lost&vessel_id=1", "tally_type"),
    ("shift=night", "shift"), ("cargo_type=van", "cargo_type"), ("tally_type=loaded", "tally_type"),
    ("tallied_at_from=5", "tallied_at_from"), ("sort=count", "sort"), ("vessel_id=1&shift=noon", "shift"),
])
def test_tally_filters_refused(api, query, field):
    response = api.http.get(f"/api/tallies?{query}")
    assert response.status_code == 400, response.text
    assert port.problem_fields(response) == [field]


def test_several_wrong_parameters_are_all_named(api):
    response = api.http.get("/api/vessels?page=0&sort=x&colour=red")
    assert sorted(port.problem_fields(response)) == ["colour", "page", "sort"]


def test_cursor_is_bound_to_its_list(api, fleet, worked):
    mark = fleet[0]
    cursor = api.get("/api/vessels", q=mark, per_page=5)["pagination"]["next_cursor"]
    for path in (f"/api/vessels?cursor={cursor}",                            # filter left out
                 f"/api/vessels?q={mark}x&cursor={cursor}",                  # another filter
                 f"/api/vessels?q={mark}&status=expected&cursor={cursor}",   # one more
                 f"/api/vessels?q={mark}&cursor={cursor}&page=2",
                 f"/api/vessels?q={mark}&cursor={cursor}&sort=name",
                 f"/api/tallies?cursor={cursor}",
                 f"/api/vessels/{worked}/tallies?cursor={cursor}"):
        response = api.http.get(path)
        assert response.status_code == 400 and port.problem_fields(response) == ["cursor"], path


def test_cursor_that_was_tampered_with(api, fleet):
    cursor = api.get("/api/vessels", q=fleet[0], per_page=5)["pagination"]["next_cursor"]
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor), "fits into an address as it is"
    changed = {cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1:] for i in range(len(cursor))}
    for bad in [*changed, cursor[:-1], cursor[:10], cursor + "A", cursor[::-1]]:
        response = api.http.get("/api/vessels", params={"q": fleet[0], "cursor": bad})
        assert response.status_code == 400 and port.problem_fields(response) == ["cursor"], bad


def test_tallies_of_a_vessel(api, worked):
    path = f"/api/vessels/{worked}/tallies"
    rows = [row for page in walk(api, path, per_page=7) for row in page]
    assert len(rows) == 60 and len({r["id"] for r in rows}) == 60
    assert [r["tallied_at"] for r in rows] == sorted((r["tallied_at"] for r in rows), reverse=True), "newest first"
    assert [r["id"] for r in rows] == ids(api.get(path, per_page=100)) == ids(
        api.get("/api/tallies", vessel_id=worked, per_page=100, sort="-tallied_at"))
    assert ids(api.get(path, per_page=100, sort="tallied_at")) == [r["id"] for r in rows][::-1]
    assert api.get(path)["pagination"]["total"] == 60
    port.problem_fields(api.http.get(f"{path}?vessel_id={worked}"))


def test_tally_filters(api, worked):
    path = f"/api/vessels/{worked}/tallies"
    rows = api.get(path, per_page=100)["data"]
    middle = sorted(r["tallied_at"] for r in rows)[30]
    for types, cargo, shift, since, until in itertools.product(
            (None, "loaded", "damaged,discharged"), (None, "truck"), (None, "night,morning"), (None, middle), (None, middle)):
        want = [r["id"] for r in rows
                if r["tally_type"] in (types or r["tally_type"]).split(",")
                and (cargo is None or r["cargo_type"] == cargo)
                and (shift is None or r["shift"] in shift.split(","))
                and (since is None or r["tallied_at"] >= since) and (until is None or r["tallied_at"] < until)]
        given = {"tally_type": types, "cargo_type": cargo, "shift": shift, "tallied_at_from": since,
                 "tallied_at_to": until}
        answer = api.get(path, per_page=100, **{k: v for k, v in given.items() if v is not None})
        assert ids(answer) == want and answer["pagination"]["total"] == len(want), given


def test_all_tallies_are_counted_exactly(api, worked):
    assert api.get("/api/tallies")["pagination"]["total"] == api.stack.value("SELECT count(*) FROM cargo_tallies") >= 60
    assert worked


def test_tallies_of_a_vessel_without_any(api):
    answer = api.get(f"/api/vessels/{api.vessel()['id']}/tallies")
    assert answer["data"] == [] and answer["pagination"]["total"] == 0


def test_tallies_of_no_vessel(api):
    port.problem_fields(api.send("GET", "/api/vessels/99999999/tallies", None, 404))
    assert api.get("/api/tallies", vessel_id=99999999)["data"] == []


def test_berths(api):
    want = api.stack.psql("SELECT name, length_m, position FROM berths ORDER BY position, name")
    found = [row for page in walk(api, "/api/berths", per_page=100) for row in page]
    assert sorted(((b["name"], b["length_m"], b["position"]) for b in found)) == sorted(want)
    assert [b["position"] for b in found] == sorted((b["position"] for b in found)) , "along the quay"
