# SPDX-License-Identifier: Apache-2.0
"""/metrics: what Prometheus reads, of the whole pool, whichever responder answers and however often they were replaced."""
import os
import random
import shutil
import signal
import string
import subprocess
import threading
import time
import uuid

import caching
import fastcgi
import limits
import metrics
import port
import pytest

from stack import Stack, eventually

RESPONDERS = 2
ENV = {**caching.UNHURRIED, "BREAKER_FAILURES": "3", "BREAKER_OPEN_MS": "500", "WEB_WORKERS": str(RESPONDERS)}
AGENTS = ("app_memory_limit_bytes", "db_connections", "app_cpu_seconds_total", "stevedores_redis_connections",
          "stevedores_sessions_active", "stevedores_agent_alert")


@pytest.fixture(scope="module")
def shared_pool():
    with Stack(responders=RESPONDERS, redis=True, memcached=1, env=ENV) as stack:
        yield stack


@pytest.fixture
def pool(shared_pool):
    """All parts run, whatever the test before has done, and the agent has told what it sees."""
    if "redis" not in shared_pool.processes:
        shared_pool.start_redis()
    if "agent" not in shared_pool.processes:
        shared_pool.start_agent()
    eventually(lambda: shared_pool.session().get("/health").json()["status"] == "healthy", "all parts are healthy")
    eventually(lambda: "db_connections" in metrics.read(shared_pool), "the agent has taken a sample")
    return shared_pool


def promtool(*args, stdin, status=0):
    """All that Debian's promtool says. It warns on standard error and ends with 0 then."""
    program = shutil.which("promtool")
    assert program, "promtool is not installed"
    done = subprocess.run([program, *args], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


# --- the page -----------------------------------------------------------------------------------------------------------


def test_the_page(pool):
    http = pool.session()
    for path in ("/api/dashboard", "/api/vessels", "/api/vessels/999999999", "/nothing", "/api/nothing"):
        http.get(path)
    cached = f"/api/vessels?q={uuid.uuid4().hex[:8]}"
    eventually(lambda: http.get(cached).ok and "cache_hit_ratio" in metrics.read(pool), "the agent has seen answers", 15)
    response = http.get("/metrics")
    assert response.status_code == 200 and response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = metrics.parse(response.text)
    assert {name for name in families if not name.startswith("stevedores_")} == {
        "app_response_time_seconds_bucket", "app_response_time_seconds_sum", "app_response_time_seconds_count",
        "db_query_duration_seconds_bucket", "db_query_duration_seconds_sum", "db_query_duration_seconds_count",
        "db_query_errors_total", "db_connections", "cache_hit_ratio", "app_memory_usage_bytes", "app_memory_limit_bytes",
        "app_cpu_seconds_total"}
    assert set(families["stevedores_cache_answers_total"]) == {
        f"from={tier}" for tier in ("near", "redis", "memcached", "lru", "recent", "stale", "miss")}
    for name in ("open", "state", "failures_total", "opened_total"):
        assert set(families[f"stevedores_breaker_{name}"]) == {"of=database", "of=redis", "of=memcached"}
    [version] = families["stevedores_build_info"]
    assert version == "version=" + http.get("/health").json()["version"]
    assert promtool("check", "metrics", stdin=response.text) == ""


def test_promtool_would_say_something(pool):
    page = pool.session().get("/metrics").text.replace("db_query_errors_total", "db_query_errors")
    assert 'counter metrics should have "_total"' in promtool("check", "metrics", stdin=page, status=3)


def test_figures_are_the_systems_own(pool):
    """In base units: what /api/operations says in its own."""
    families = metrics.read(pool)
    now = pool.session().get("/api/operations").json()["data"]["now"]
    memory = families["app_memory_usage_bytes"]
    assert set(memory) == {"process=pool", "process=agent", "process=shared"}
    pss = pool.pss_kib(with_agent=True) * 1024
    assert 0.8 * pss < memory["process=pool"] + memory["process=agent"] < 1.2 * (pss + memory["process=shared"])
    assert memory["process=shared"] == os.stat("/dev/shm" + pool.env["SHM_NAME"]).st_blocks * 512
    assert families["app_memory_limit_bytes"][""] >= 1 << 20
    assert 1 <= families["db_connections"][""] <= RESPONDERS + 1
    assert families["stevedores_sessions_active"][""] == now["sessions"]
    assert families["stevedores_responders"][""] == families["stevedores_responders_expected"][""] == RESPONDERS
    assert 1 <= families["stevedores_responders_busy"][""] <= RESPONDERS
    assert 0 <= families["stevedores_agent_age_seconds"][""] < 60
    alerts = {a["name"] for a in pool.session().get("/api/operations").json()["data"]["alerts"]}
    assert {key.removeprefix("alert=") for key in families["stevedores_agent_alert"]} == alerts


def test_it_is_for_this_host(pool):
    """nginx lets nobody else there, whatever he says of himself. This host has other addresses than 127.0.0.1."""
    stranger = limits.caller(pool, "127.0.0.5")
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        response = stranger.get("/metrics", headers=headers)
        assert response.status_code == 404 and "stevedores_" not in response.text
    assert limits.caller(pool, "127.0.0.1").get("/metrics").status_code == 200


# --- counting -----------------------------------------------------------------------------------------------------------


def grown(before, after):
    return {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}


def test_counts_are_the_requests_made(pool):
    api = port.Api(pool)
    berth = api.berth()
    http = pool.session()
    etag = http.get(f"/api/berths/{berth}").headers["ETag"]
    before = metrics.read(pool)
    began = time.monotonic()
    for method, path, times, status, more in (
            ("GET", f"/api/berths/{berth}", 7, 200, {}),
            ("HEAD", f"/api/berths/{berth}", 2, 200, {}),
            ("GET", f"/api/berths/{berth}", 5, 304, {"headers": {"If-None-Match": etag}}),
            ("GET", "/api/berths/none-such", 3, 404, {}),
            ("POST", "/api/berths", 4, 400, {"json": {"name": 5}}),
            ("PATCH", f"/api/berths/{berth}", 1, 200, {"json": {"length_m": 201}}),
            ("DELETE", f"/api/berths/{berth}", 1, 204, {}),
            ("DELETE", "/api/dashboard", 6, 405, {}),
            ("GET", "/api/none-such", 8, 404, {}),
            ("GET", "/api/me", 2, 401, {"headers": {"Authorization": "Bearer none"}})):
        for _ in range(times):
            response = http.request(method, path, **more)
            assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:300]}"
    took = time.monotonic() - began
    after = metrics.read(pool)
    counts = grown(metrics.requests(before), metrics.requests(after))
    assert counts == {
        ("/metrics", "GET", "2xx"): 1,
        ("/api/berths/{name}", "GET", "2xx"): 9, ("/api/berths/{name}", "GET", "3xx"): 5, ("/api/berths/{name}", "GET", "4xx"): 3,
        ("/api/berths", "POST", "4xx"): 4, ("/api/berths/{name}", "PATCH", "2xx"): 1, ("/api/berths/{name}", "DELETE", "2xx"): 1,
        ("other", "other", "4xx"): 14, ("/api/me", "GET", "4xx"): 2}
    kinds = grown(before["stevedores_requests_total"], after["stevedores_requests_total"])
    assert kinds == {"kind=health,status=2xx": 1, "kind=row,status=2xx": 9, "kind=row,status=3xx": 5, "kind=row,status=4xx": 5,
                     "kind=write,status=4xx": 4, "kind=write,status=2xx": 2, "kind=other,status=4xx": 14}
    sums = grown(before["app_response_time_seconds_sum"], after["app_response_time_seconds_sum"])
    assert 0 < sum(sums.values()) < took + 1
    assert len(sums) == len(counts)


@pytest.mark.parametrize("own_stack", [{"responders": 1, "agent": False}], indirect=True)
def test_times_are_those_that_passed(own_stack):
    """Behind a lock for a while: in the right bucket of the route, and of the statements."""
    own_stack.session().get("/api/vessels")
    before = metrics.read(own_stack)
    lock = caching.locked(own_stack)
    answers = []
    asker = threading.Thread(target=lambda: answers.append(own_stack.session().get("/api/vessels?q=new")))
    with lock:
        asker.start()
        time.sleep(1.3)
    asker.join()
    assert answers[0].status_code == 200
    after = metrics.read(own_stack)
    for family, labels in (("app_response_time_seconds", "route=/api/vessels,method=GET,status=2xx,"), ("db_query_duration_seconds", "")):
        buckets = grown(before[family + "_bucket"], after[family + "_bucket"])
        assert f"{labels}le=2.097152" in buckets and f"{labels}le=+Inf" in buckets
        assert buckets.get(f"{labels}le=1.048576", 0) == buckets[f"{labels}le=+Inf"] - 1
        [took] = grown(before[family + "_sum"], after[family + "_sum"]).values() if labels == "" else \
            [after[family + "_sum"][labels[:-1]] - before[family + "_sum"][labels[:-1]]]
        assert 1.2 < took < 2.1


def test_statements_are_counted(pool):
    http = pool.session()
    http.get("/api/vessels?q=warm")
    before = metrics.read(pool)
    with pool.counting() as statements:
        for _ in range(5):
            assert http.get(f"/api/vessels?q={uuid.uuid4().hex[:8]}").status_code == 200
        sent = sum(not statement.startswith("SET ") for statement in statements())  # a new connection does that
    after = metrics.read(pool)
    assert after["db_query_duration_seconds_count"][""] - before["db_query_duration_seconds_count"][""] == sent >= 5
    assert after["db_query_errors_total"] == before["db_query_errors_total"]


@pytest.mark.parametrize("own_stack", [{"responders": 2, "agent": False}], indirect=True)
def test_failures_are_counted(own_stack):
    own_stack.session().get("/api/vessels")
    before = metrics.read(own_stack)
    own_stack.stop_postgres()
    found = [own_stack.session().get(f"/api/vessels?q=none-{n}").status_code for n in range(4)]
    assert found == [503] * 4
    after = metrics.read(own_stack)
    assert grown(metrics.requests(before, "/api/vessels"), metrics.requests(after, "/api/vessels")) == {("GET", "5xx"): 4}
    assert after["db_query_errors_total"][""] > before["db_query_errors_total"][""]
    own_stack.start_postgres()


def test_they_are_the_whole_pools(pool):
    """Each of two responders counts, and whoever answers tells the sum; so does stevedoresctl."""
    path = f"/api/vessels/{port.Api(pool).vessel()['id']}"
    seen = len(pool.logs())
    before = metrics.read(pool)["stevedores_cache_answers_total"]
    flood = limits.flood(limits.over_http(pool, path=path), clients=4)

    def both_have_answered():
        flood.send(40)
        return len({line["pid"] for line in pool.logs()[seen:] if line.get("path") == path}) == 2

    eventually(both_have_answered, "both have answered")
    asked = flood.allowed()
    after = metrics.read(pool)["stevedores_cache_answers_total"]
    assert sum(after.values()) - sum(before.values()) == asked
    told = {name.removeprefix("cache_answers_"): n for name, n in caching.counters(pool).items()}
    assert all(told[name.removeprefix("from=")] == n for name, n in after.items())


def test_misses_are_counted_by_tier(pool):
    """Both tiers that were asked for something new had nothing; asked again, the first has it."""
    stack = pool

    def grown_by(asked):
        before = metrics.read(stack)["stevedores_cache_misses_total"]
        asked()
        after = metrics.read(stack)["stevedores_cache_misses_total"]
        return {tier.removeprefix("tier="): int(n - before[tier]) for tier, n in after.items() if n != before[tier]}

    http = stack.session()
    path = f"/api/vessels?q={uuid.uuid4().hex[:8]}"
    http.get("/api/vessels")
    caching.settle(stack)
    assert grown_by(lambda: http.get(path)) == {"lru": 1, "redis": 1}
    assert grown_by(lambda: http.get(path)) == {}
    caching.clear(stack)
    assert grown_by(lambda: http.get(path)) == {"lru": 1}


def test_of_breakers(pool):
    before = metrics.read(pool)
    assert before["stevedores_breaker_open"]["of=redis"] == before["stevedores_breaker_state"]["of=redis"] == 0
    pool.end("redis", signal.SIGKILL)

    def states():
        pool.session().get("/health")
        return metrics.read(pool)["stevedores_breaker_state"]

    eventually(lambda: states()["of=redis"] == 2, "the breaker is open")
    after = metrics.read(pool)
    assert after["stevedores_breaker_state"]["of=memcached"] == 0
    assert after["stevedores_breaker_failures_total"]["of=redis"] >= before["stevedores_breaker_failures_total"]["of=redis"] + 3
    assert after["stevedores_breaker_opened_total"]["of=redis"] == before["stevedores_breaker_opened_total"]["of=redis"] + 1
    eventually(lambda: metrics.read(pool)["stevedores_breaker_state"]["of=redis"] == 1, "it waits for one to try")
    assert metrics.read(pool)["stevedores_breaker_open"] == {"of=database": 0, "of=redis": 1, "of=memcached": 0}


# --- whatever happens ---------------------------------------------------------------------------------------------------


def series(families):
    """All that may only grow: counters, and of histograms all parts."""
    return {(name, key): n for name, values in families.items() for key, n in values.items()
            if name.endswith(("_total", "_bucket", "_sum", "_count"))}


def fallen(before, after):
    return {key: (n, after.get(key)) for key, n in before.items() if after.get(key, -1) < n}


def kill_one(pool, sig):
    """And waits until its successor is one of the pool: before that it is nobody whose death could be counted."""
    pid = random.choice(pool.responder_pids())
    started = metrics.read(pool)["stevedores_responder_starts_total"][""] + 1
    os.kill(pid, sig)
    eventually(lambda: metrics.read(pool)["stevedores_responder_starts_total"][""] == started, "it is replaced")
    assert pid not in pool.responder_pids() and len(pool.responder_pids()) == RESPONDERS


@pytest.mark.pool
def test_nothing_falls_when_responders_are_killed(pool):
    asked = 0
    before = first = metrics.read(pool)
    for _ in range(12):
        kill_one(pool, signal.SIGKILL)
        pool.wait_ready()
        for _ in range(5):
            asked += pool.session().get("/api/dashboard").status_code == 200
        now = metrics.read(pool)
        assert not fallen(series(before), series(now))
        before = now
    counted = grown(metrics.requests(first, "/api/dashboard"), metrics.requests(before, "/api/dashboard"))
    assert counted == {("GET", "2xx"): asked} and asked == 60
    starts = before["stevedores_responder_starts_total"][""] - first["stevedores_responder_starts_total"][""]
    deaths = before["stevedores_responder_deaths_total"][""] - first["stevedores_responder_deaths_total"][""]
    assert starts == deaths == 12


@pytest.mark.pool
def test_who_is_told_to_end_has_not_died(pool):
    first = metrics.read(pool)
    kill_one(pool, signal.SIGTERM)
    assert metrics.read(pool)["stevedores_responder_deaths_total"] == first["stevedores_responder_deaths_total"]


def test_without_the_agent_nothing_old_is_told(pool):
    """What the agent measures is left out once it is no longer of now, and its totals go on with the next agent."""
    before = metrics.read(pool)
    assert all(name in before for name in AGENTS)
    pool.stop_agent(signal.SIGKILL)
    eventually(lambda: metrics.read(pool)["stevedores_agent_age_seconds"][""] > 3, "its silence shows")
    without = eventually(lambda: next((f for f in [metrics.read(pool)] if "db_connections" not in f), None), "the sample is old", 30)
    assert not [name for name in AGENTS if name in without] and "cache_hit_ratio" not in without
    assert set(without["app_memory_usage_bytes"]) == {"process=shared"}
    assert not fallen({key: n for key, n in series(before).items() if key[0] != "app_cpu_seconds_total"}, series(without))
    pool.start_agent()
    again = eventually(lambda: next((f for f in [metrics.read(pool)] if "db_connections" in f), None), "another agent measures")
    assert not fallen(series(before), series(again))
    assert again["app_cpu_seconds_total"]["process=pool"] > 0


def sampled_at(pool):
    return pool.session().get("/api/operations").json()["data"]["now"]["at"]


@pytest.mark.pool
def test_processor_time_is_what_the_kernel_counted(pool):
    """Of responders that are new, too."""
    def used():
        ticks = 0
        for pid in pool.responder_pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                ticks += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def told():
        return metrics.read(pool)["app_cpu_seconds_total"]["process=pool"]

    old = pool.responder_pids()
    while set(old) & set(pool.responder_pids()):
        kill_one(pool, signal.SIGKILL)
    began_told = told()
    while used() < 0.5:  # most of it before the agent has ever seen them
        fastcgi.ask(pool.fcgi_socket, "GET", f"/api/vessels?q={uuid.uuid4().hex[:8]}")
    eventually(lambda: told() - began_told >= 0.4, "the agent has seen it", 20)
    sampled = sampled_at(pool)
    eventually(lambda: sampled_at(pool) != sampled, "it has looked again", 20)
    assert told() - began_told < used() + 0.2


def test_strangers_make_no_labels(pool):
    """500 random paths, methods, queries and headers: one series more for each class of status, at most."""
    chance = random.Random(int(os.environ.get("STEVEDORES_TEST_SEED", "7")))

    def word(alphabet=string.ascii_letters + string.digits + "%-_.~\"\\{}=,", most=30):
        return "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, most)))

    metrics.read(pool)
    before = metrics.read(pool)
    answers = []
    for n in range(500):
        method = word(string.ascii_uppercase, 12) if n % 2 else chance.choice(["GET", "POST", "PUT", "DELETE", "PATCH"])
        path = "/" + "/".join(word() for _ in range(chance.randrange(1, 6))) if n % 3 else f"/api/{word()}?{word()}={word()}"
        answers.append(fastcgi.ask(pool.fcgi_socket, method, path)[0])
    assert set(answers) <= {400, 404, 405, 501}, set(answers)
    page = pool.session().get("/metrics").text
    after = metrics.parse(page)
    assert grown(metrics.requests(before), metrics.requests(after)) == {
        ("other", "other", "4xx"): sum(status < 500 for status in answers), ("/metrics", "GET", "2xx"): 1,
        **({("other", "other", "5xx"): answers.count(501)} if 501 in answers else {})}
    new = {key for key in series(after) if key not in series(before)}
    assert all("route=other,method=other" in key[1] for key in new)
    assert promtool("check", "metrics", stdin=page) == ""


def test_routes_are_those_of_the_table(pool):
    table = {tuple(line.split()[:2]) for line in pool.ctl("routes").stdout.splitlines()[1:] if line.strip()}
    told = {(method, route) for route, method, _ in metrics.requests(metrics.read(pool))}
    assert len(told) > 3 and told <= table | {("other", "other")}


# --- the reader ---------------------------------------------------------------------------------------------------------

HEAD = "# HELP h H.\n# TYPE h histogram\n"
GOOD = HEAD + 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 3\nh_sum 4.5\nh_count 3\n'
BAD_PAGES = {
    "no end of line": "# HELP a_total A.\n# TYPE a_total counter\na_total 1",
    "no type": "a_total 1\n",
    "no help": "# TYPE a_total counter\na_total 1\n",
    "no sample": "# HELP a_total A.\n# TYPE a_total counter\n",
    "a counter by another name": "# HELP a A.\n# TYPE a counter\na 1\n",
    "a gauge by a counter's name": "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
    "twice": '# HELP a_total A.\n# TYPE a_total counter\na_total{b="c"} 1\na_total{b="c"} 2\n',
    "in two places": "# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\na 2\n",
    "a label without quotes": "# HELP a A.\n# TYPE a gauge\na{b=c} 1\n",
    "a unit that isn't a base unit": "# HELP a_milliseconds A.\n# TYPE a_milliseconds gauge\na_milliseconds 1\n",
    "no number": "# HELP a A.\n# TYPE a gauge\na one\n",
    "a type that there isn't": "# HELP a A.\n# TYPE a meter\na 1\n",
    "a gauge with a histogram's part": "# HELP a A.\n# TYPE a gauge\na 1\na_sum 1\n",
    "a histogram's sample without its part": GOOD + "h 1\n",
    "a histogram without its sum": GOOD.replace("h_sum 4.5\n", ""),
    "a histogram without its count": GOOD.replace("h_count 3\n", ""),
    "a histogram without buckets": HEAD + "h_sum 4.5\nh_count 3\n",
    "a bucket without a bound": GOOD.replace('h_bucket{le="1"} 2', 'h_bucket{me="1"} 2'),
    "no last bucket": GOOD.replace('h_bucket{le="+Inf"} 3\n', ""),
    "a last bucket that hasn't all": GOOD.replace("h_count 3", "h_count 4"),
    "buckets that fall": GOOD.replace('le="1"} 2', 'le="1"} 4'),
    "bounds that fall": GOOD.replace('h_bucket{le="+Inf"}', 'h_bucket{le="0.5"} 2\nh_bucket{le="+Inf"}'),
    "a sum of nothing": GOOD.replace("2\n", "0\n").replace(" 3\n", " 0\n"),
    "a sum of another series": GOOD.replace("h_sum 4.5", 'h_sum{a="b"} 4.5'),
}


@pytest.mark.parametrize("page", BAD_PAGES.values(), ids=BAD_PAGES.keys())
def test_the_reader_is_strict(page):
    with pytest.raises(AssertionError):
        metrics.parse(page)


def test_the_reader_reads_histograms():
    assert metrics.parse(GOOD) == {"h_bucket": {"le=1": 2, "le=+Inf": 3}, "h_sum": {"": 4.5}, "h_count": {"": 3}}
