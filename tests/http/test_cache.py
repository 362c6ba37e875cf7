# SPDX-License-Identifier: Apache-2.0
"""Cached answers through HTTP: what is kept and what isn't, where an answer says it comes from, what a hit costs, in every
configuration of tiers."""
import caching
import port
import pytest

from stack import Stack

TIERS = {
    "redis and memcached": ({"redis": True, "memcached": 1}, "redis"),
    "redis": ({"redis": True}, "redis"),
    "memcached": ({"memcached": 1}, "memcached"),
    "local": ({}, "lru"),
}


@pytest.fixture(scope="module", params=TIERS.values(), ids=TIERS.keys())
def configured(request):
    """(stack, name of its first tier)"""
    parts, tier = request.param
    with Stack(responders=2, env=caching.UNHURRIED, **parts) as stack:
        yield stack, tier


@pytest.fixture
def stack(configured):
    return configured[0]


@pytest.fixture
def tier(configured):
    return configured[1]


def settled(stack):
    """All versions are known as they are: a write is waited for until the host has learned of it."""
    versions = dict(stack.psql("SELECT tag, version FROM cache_versions"))
    caching.eventually(lambda: caching.stats(stack)["versions"] == versions, "the host knows the versions")


def calls(stack):
    """Commands for values that Redis and memcached have had."""
    return ((caching.redis_calls(stack) if stack.with_redis else 0)
            + sum(caching.memcached_calls(stack, n) for n in range(len(stack.memcached_ports))))


def content_queries(statements):
    return [sql for sql in statements if "cache_versions" not in sql]


PAGES = ["/api/dashboard", "/api/berths", "/api/vessels", "/api/vessels?status=expected&sort=name", "/api/vessels/summary",
         "/api/tallies", "/api/vessels/{id}", "/api/vessels/{id}/tallies", "/api/vessels/{id}/cargo-tally"]


@pytest.mark.parametrize("page", PAGES)
def test_where_an_answer_comes_from(stack, tier, api, page):
    """A miss, then this host's own entry, then the tier's; the same answer to the byte."""
    page = page.replace("{id}", str(api.vessel()["id"]))
    settled(stack)
    caching.clear(stack)
    miss = api.http.get(page)
    assert caching.source(miss) == ("miss", tier) and "Age" not in miss.headers
    own = api.http.get(page)
    assert caching.source(own) == ("near" if tier != "lru" else "hit", "lru")
    answers = [miss, own]
    if tier != "lru":
        caching.clear(stack)
        answers += [api.http.get(page), api.http.get(page)]
        assert [caching.source(answer) for answer in answers[2:]] == [("hit", tier), ("near", "lru")]
    for answer in answers:
        assert answer.status_code == 200 and answer.content == miss.content
        for header in ("ETag", "Content-Type", "Cache-Control", *port.SECURITY_HEADERS):
            assert answer.headers[header] == miss.headers[header]
    assert all(int(answer.headers["Age"]) >= 0 and "Warning" not in answer.headers for answer in answers[1:])


def test_what_a_hit_costs(stack, api):
    """Nothing is asked of PostgreSQL, Redis or memcached; neither for a 200 nor for a 304 nor for a HEAD."""
    page = f"/api/vessels/{api.vessel()['id']}"
    settled(stack)
    with stack.counting() as statements:
        for _ in range(20):  # both responders have their connections
            api.http.get("/health/ready")
        etag = api.http.get(page).headers["ETag"]
        statements()
        before = calls(stack)
        for _ in range(30):
            assert api.http.get(page).status_code == 200
            unchanged = api.http.get(page, headers={"If-None-Match": etag})
            assert unchanged.status_code == 304 and unchanged.content == b"" and unchanged.headers["ETag"] == etag
            assert caching.source(unchanged)[1] == "lru"
            head = api.http.head(page)
            assert head.status_code == 200 and head.content == b"" and head.headers["ETag"] == etag
        asked = statements()
        after = calls(stack)
    # The agent asks for versions all the time; responders only when it doesn't, which a slow machine may bring about.
    print(f"90 hits: {len(content_queries(asked))} queries, {after - before} commands to the tiers")
    assert content_queries(asked) == []
    assert after == before


def test_a_hit_in_a_tier_asks_no_query(stack, tier, api):
    page = f"/api/vessels/{api.vessel()['id']}"
    settled(stack)
    with stack.counting() as statements:
        api.http.get(page)
        statements()
        for _ in range(3):
            if tier == "lru":
                break
            caching.clear(stack)
            before = calls(stack)
            assert caching.source(api.http.get(page)) == ("hit", tier)
            assert calls(stack) == before + 2  # the page, and whose key it is
        assert content_queries(statements()) == []


def test_head_fills_the_cache(stack, api, tier):
    page = f"/api/vessels/{api.vessel()['id']}"
    settled(stack)
    head = api.http.head(page)
    assert caching.source(head) == ("miss", tier) and head.content == b""
    got = api.http.get(page)
    assert caching.source(got)[0] in ("near", "hit") and got.json()["data"]["name"]
    assert head.headers["ETag"] == got.headers["ETag"]


def test_different_queries_share_nothing(stack, api):
    """Nor do paths, and a query that is written otherwise is another one, too."""
    line = f"Line {port.new_id()}"
    ids = [api.vessel(line=line, notes=str(n))["id"] for n in range(3)]
    settled(stack)
    for _ in range(2):
        names = [[v["id"] for v in api.get("/api/vessels", q="MV Test", sort=sort, per_page=100)["data"] if v["line"] == line]
                 for sort in ("id", "-id")]
        assert names == [ids, ids[::-1]]
        assert [api.read(id_)["notes"] for id_ in ids] == ["0", "1", "2"]
    sources = [caching.source(api.http.get(f"/api/vessels?{query}"))[0]
               for query in ("per_page=7&page=1", "per_page=7&page=2", "page=1&per_page=7")]
    assert sources == ["miss"] * 3


def test_what_is_not_kept(stack, api):
    """Problem documents, what isn't there, writes, and routes without a policy."""
    api.vessel()
    settled(stack)
    before = caching.counters(stack)
    for path, status in (("/api/vessels/999999999", 404), ("/api/nothing", 404), ("/api/vessels?page=x", 400),
                         ("/api/meta", 200), ("/health/ready", 200), ("/health/live", 200)):
        for _ in range(2):
            response = api.http.get(path)
            assert response.status_code == status, path
            assert caching.source(response) is None, path
    response = api.http.post("/api/vessels", json={"name": "MV Test not kept", "vessel_type": "roro"})
    assert response.status_code == 201 and caching.source(response) is None
    after = caching.counters(stack)
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    asked = {name: changed.pop(name) for name in list(changed) if name.startswith("cache_misses_")}
    assert changed == {}
    assert set(asked.values()) == {4}, "who was asked for the vessel and the list that could not be had"


def test_not_there_and_then_there(stack, api):
    """A 404 is no answer that lasts."""
    last = stack.value("SELECT max(id) FROM vessels") or api.vessel()["id"]
    for n in range(1, 20):
        if api.http.get(f"/api/vessels/{last + n}").status_code == 404:
            break
    vessel = api.vessel()
    assert vessel["id"] > last
    assert stack.session().get(f"/api/vessels/{vessel['id']}").status_code == 200


def test_every_write_is_seen_at_once_by_who_made_it(stack, api):
    """On all pages that show it."""
    vessel = api.vessel("operations_active")
    pages = [f"/api/vessels/{vessel['id']}", f"/api/vessels/{vessel['id']}/tallies", "/api/dashboard",
             f"/api/vessels?q={vessel['name']}"]
    seen = {page: api.http.get(page).text for page in pages}
    for step in ("tally", "void", "tally", "patch"):
        if step == "tally":
            tally = api.tally(vessel["id"], count=7)
        elif step == "void":
            api.void(tally["id"])
        else:
            api.send("PATCH", f"/api/vessels/{vessel['id']}", {"line": "Another Line"}, 200)
        for page in pages:
            text = api.http.get(page).text
            if step != "patch" or not page.endswith("/tallies"):
                assert text != seen[page], (step, page)
            seen[page] = text


def test_refused_writes_change_nothing(stack, api):
    vessel = api.vessel()
    settled(stack)
    path = f"/api/vessels/{vessel['id']}"
    api.read(vessel["id"])
    response = api.http.patch(path, json={"status": "departed"})
    assert response.status_code in (400, 409) and "Set-Cookie" not in response.headers
    assert caching.source(api.http.get(path))[0] in ("near", "hit")


# --- settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": {**caching.UNHURRIED, "CACHE": "off"}}], indirect=True)
def test_switched_off(own_stack):
    api = port.Api(own_stack)
    vessel = api.vessel(notes="1")
    for page in ("/api/dashboard", f"/api/vessels/{vessel['id']}"):
        for _ in range(3):
            response = api.http.get(page)
            assert response.status_code == 200 and caching.source(response) is None
    response = api.http.patch(f"/api/vessels/{vessel['id']}", json={"notes": "2"})
    assert "Set-Cookie" not in response.headers
    own_stack.psql("UPDATE vessels SET notes = '3' WHERE id = %s", (vessel["id"],))
    assert api.read(vessel["id"])["notes"] == "3", "nobody waits for anything to become known"
    assert caching.redis_calls(own_stack) == 0
    etag = api.http.get("/api/berths").headers["ETag"]
    assert api.http.get("/api/berths", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("own_stack", [{"memcached": 1, "env": {**caching.UNHURRIED, "CACHE_MAX_VALUE_BYTES": "4096"}}], indirect=True)
def test_large_answers_are_served_and_not_kept(own_stack):
    api = port.Api(own_stack)
    small = api.vessel()
    for _ in range(10):
        api.vessel(notes="x" * 1000)
    settled(own_stack)
    for _ in range(3):
        response = api.http.get("/api/vessels?per_page=100")
        assert len(response.content) > 10000 and caching.source(response) == ("miss", "memcached")
        assert len(response.json()["data"]) == 11
    etag = response.headers["ETag"]
    assert api.http.get("/api/vessels?per_page=100", headers={"If-None-Match": etag}).status_code == 304
    api.read(small["id"])
    assert caching.source(api.http.get(f"/api/vessels/{small['id']}"))[0] == "near"


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": {**caching.UNHURRIED, "CACHE_MAX_STALE_MS": "0"}}], indirect=True)
def test_no_staleness_at_all(own_stack):
    """CACHE_MAX_STALE_MS=0: a statement for the versions each time, and whatever was committed is seen."""
    api = port.Api(own_stack)
    vessel = api.vessel(notes="0")
    for n in range(1, 20):
        own_stack.psql("UPDATE vessels SET notes = %s WHERE id = %s", (str(n), vessel["id"]))
        http = own_stack.session()
        assert caching.number(http.get(f"/api/vessels/{vessel['id']}")) == n
        assert caching.source(http.get(f"/api/vessels/{vessel['id']}"))[0] == "near"


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": {**caching.UNHURRIED, "CACHE_TTL_ROW": "1", "CACHE_MAX_STALE_MS": "100"}}],
                         indirect=True)
def test_lifetime(own_stack):
    """What nothing has changed is made anew all the same when its time is over, wherever it lies."""
    api = port.Api(own_stack)
    path = f"/api/vessels/{api.vessel()['id']}"
    settled(own_stack)
    assert caching.source(api.http.get(path))[0] == "miss"
    for _ in range(2):
        caching.eventually(lambda: caching.source(api.http.get(path))[0] == "miss", "it is made anew", 10, 0.02)
        assert int(api.http.get(path).headers.get("Age", 0)) <= 1


@pytest.mark.parametrize("own_stack", [{"redis": True, "env": caching.UNHURRIED}], indirect=True)
def test_what_is_in_redis_is_only_taken_when_it_is_ours(own_stack):
    """Somebody changes, shortens, or exchanges what lies there: it is found out, counted, and the database is asked."""
    api = port.Api(own_stack)
    paths = [f"/api/vessels/{api.vessel(notes=str(n))['id']}" for n in range(2)]
    settled(own_stack)
    own_stack.redis("FLUSHALL")
    for path in paths:
        api.http.get(path)
    keys = own_stack.redis("KEYS", "sd:*").split()
    assert len(keys) == 2

    def exchange(key):
        if key == keys[0]:
            for source, target in ((key, "aside"), (keys[1], key), ("aside", keys[1])):
                own_stack.redis("COPY", source, target, "REPLACE")

    for change in (lambda key: own_stack.redis("SETRANGE", key, "200", "?"),
                   lambda key: own_stack.redis("APPEND", key, "?"),
                   lambda key: own_stack.redis("SET", key, ""),
                   lambda key: own_stack.redis("SET", key, "{}"),
                   exchange):
        for key in keys:
            change(key)
        bad = caching.counters(own_stack)["cache_events_bad"]
        caching.clear(own_stack)
        for n, path in enumerate(paths):
            response = api.http.get(path)
            assert caching.number(response) == n and caching.source(response) == ("miss", "redis")
        assert caching.counters(own_stack)["cache_events_bad"] == bad + 2
        caching.clear(own_stack)
        assert caching.source(api.http.get(paths[0])) == ("hit", "redis"), "what is right has taken its place"
