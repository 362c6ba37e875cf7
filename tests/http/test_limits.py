# SPDX-License-Identifier: Apache-2.0
"""Rate limits as a client sees them: who is counted as whom, what the headers say, and that waiting as long as they say helps."""
import time

import fastcgi
import limits
import metrics
import port
import pytest

from stack import Stack

ON = {"RATE_LIMIT": "on", "LOG_REQUESTS": "none"}
SOME = {**ON, "RATE_LIMIT_READ": "100/hour;20/minute", "RATE_LIMIT_WRITE": "7/minute", "RATE_LIMIT_REPORT": "20/minute"}
REPORT = b'{"csp-report": {"document-uri": "https://a.example/", "violated-directive": "img-src"}}'


@pytest.fixture(scope="module")
def pool():
    with Stack(responders=4, env=SOME) as stack:
        yield stack


def statuses(ask, n):
    return [ask().status_code for _ in range(n)]


def refused(response):
    """Checks a 429 and returns how long it asks to wait."""
    assert response.status_code == 429, response.text
    assert port.problem_fields(response) == []
    assert response.json()["type"] == "urn:stevedores:problem:limited"
    assert response.headers["Cache-Control"] == "no-store"
    for name in port.SECURITY_HEADERS:
        assert name in response.headers, name
    wait = response.headers["Retry-After"]
    assert wait.isdigit() and int(wait) >= 1
    assert response.json()["detail"] == f"Wait {wait} s."
    return int(wait)


def test_headers(pool):
    """draft-ietf-httpapi-ratelimit-headers-10: policies by name with quota and window, and of each what remains and for how
    long the window still runs."""
    def one():
        http = limits.caller(pool, limits.new_address())
        for n in range(1, 21):
            response = http.get("/api/berths")
            assert response.status_code == 200
            assert limits.parse(response.headers["RateLimit-Policy"]) == {"hour": {"q": 100, "w": 3600},
                                                                          "minute": {"q": 20, "w": 60}}
            said = limits.parse(response.headers["RateLimit"])
            assert said["minute"]["r"] == 20 - n and said["hour"]["r"] == 100 - n
            now = time.time()
            assert abs(said["minute"]["t"] - (60 - now % 60)) < 3 and abs(said["hour"]["t"] - (3600 - now % 3600)) < 3
        return http.get("/api/berths")

    response = limits.in_one_minute(one)
    wait, said = refused(response), limits.parse(response.headers["RateLimit"])["minute"]
    assert said["r"] == 0
    assert 0 <= wait - said["t"] <= 1, "all went in this window, so the first may follow when it ends"
    assert limits.parse(response.headers["RateLimit"])["hour"]["r"] == 80, "who was refused isn't counted"


def test_headers_of_cached_answers_are_the_callers_own(pool):
    """An answer out of the cache was made for somebody else."""
    first, second = (limits.caller(pool, limits.new_address()) for _ in range(2))
    statuses(lambda: first.get("/api/dashboard"), 5)
    answer = second.get("/api/dashboard")
    assert answer.headers["X-Cache"].startswith("hit")
    assert limits.parse(answer.headers["RateLimit"])["minute"]["r"] == 19
    etag = answer.headers["ETag"]
    answer = second.get("/api/dashboard", headers={"If-None-Match": etag})
    assert answer.status_code == 304 and limits.parse(answer.headers["RateLimit"])["minute"]["r"] == 18


def test_classes_are_counted_apart(pool):
    def one():
        http = limits.caller(pool, limits.new_address())
        assert statuses(lambda: http.get("/api/vessels"), 21) == [200] * 20 + [429]
        # A body that is refused is a write all the same.
        assert statuses(lambda: http.post("/api/vessels", json={}), 8) == [400] * 7 + [429]
        response = http.post("/api/vessels", json={})
        assert limits.parse(response.headers["RateLimit-Policy"]) == {"minute": {"q": 7, "w": 60}}
        # HEAD is a read like GET, and so is a path of the class that finds nothing.
        assert http.head("/api/vessels").status_code == 429
        assert http.get("/api/vessels/1").status_code == 429

    limits.in_one_minute(one)


def test_health_and_metrics_are_exempt(pool):
    http = limits.caller(pool, "127.0.0.1")  # nginx lets nobody else at /metrics
    for path in ("/health", "/health/quick", "/health/live", "/health/ready", "/metrics"):
        answers = [http.get(path) for _ in range(30)]
        assert {a.status_code for a in answers} == {200}, path
        assert not any(name.startswith("RateLimit") for a in answers for name in a.headers)


PRETENDED = [
    {"X-Forwarded-For": "10.{n}.0.1"}, {"X-Forwarded-For": "10.0.0.{n}, 10.1.1.1"}, {"Forwarded": 'for="10.0.0.{n}"'},
    {"X-Real-IP": "10.0.{n}.1"}, {"Client-IP": "10.0.{n}.1"}, {"True-Client-IP": "10.0.{n}.2"}, {"CF-Connecting-IP": "10.{n}.1.1"},
    {"Remote-Addr": "10.0.{n}.3"}, {"Via": "1.1 proxy{n}"},
]


@pytest.mark.parametrize("headers", PRETENDED, ids=lambda headers: next(iter(headers)))
def test_no_header_makes_another_caller(pool, headers):
    """Who says who he is, is counted as that; of whom nothing else is known, by the address that the web server saw."""
    def count(http, method, path, body=None, content_type=None):
        return statuses(lambda n=iter(range(100)): http.request(
            method, path, data=body, headers={"Content-Type": content_type} | {
                name: value.replace("{n}", str(next(n))) for name, value in headers.items()}), 25)

    def one():
        return (count(limits.caller(pool, limits.new_address()), "GET", "/api/berths"),
                count(limits.stranger(pool, limits.new_address()), "POST", "/api/csp-reports", REPORT, "application/csp-report"))

    assert limits.in_one_minute(one) == ([200] * 20 + [429] * 5, [204] * 20 + [429] * 5)


def test_neither_do_cookies_and_query(pool):
    def one():
        http = limits.caller(pool, limits.new_address())
        found = [http.get("/api/berths", params={"page": n + 1}, cookies={"session": f"s{n}"},
                          headers={"User-Agent": f"agent {n}"}).status_code for n in range(25)]
        return found.count(429)

    assert limits.in_one_minute(one) == 5


def report_from(pool, address):
    """What nobody needs to log in for."""
    return fastcgi.ask(pool.fcgi_socket, "POST", "/api/csp-reports", REPORT, CONTENT_TYPE="application/csp-report",
                       HTTP_AUTHORIZATION="", REMOTE_ADDR=address)[0]


def test_addresses(pool):
    """Who isn't known is counted by address. An IPv6 caller has a /64 to choose addresses from; so does an IPv4 address written
    as an IPv6 one have one number only."""
    def ask(address):
        return report_from(pool, address)

    def one():
        net = f"2001:db8:{int(time.time()) % 0xffff:x}"  # another one when it is measured again
        assert [ask(f"{net}:1::{n:x}") for n in range(1, 22)] == [204] * 20 + [429]
        assert ask(f"{net}:1:ffff:ffff:ffff:ffff") == 429 and ask(f"{net.upper()}:0001::5") == 429
        assert ask(f"{net}:2::1") == 204, "the next network is another caller"
        four = limits.new_address()
        assert [ask(four) for _ in range(20)] == [204] * 20
        assert ask(f"::ffff:{four}") == 429

    limits.in_one_minute(one)


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {**ON, "RATE_LIMIT_READ": "5/second", "RATE_LIMIT_WRITE": "3/second"}},
                                       {"responders": 2, "redis": True, "env": {**ON, "RATE_LIMIT_READ": "5/second",
                                                                               "RATE_LIMIT_WRITE": "3/second"}}],
                         indirect=True, ids=["shared memory", "redis"])
def test_waiting_helps(own_stack):
    """Whoever waits as long as Retry-After says is let through, and nobody is let through more often than the limit says."""
    http = limits.caller(own_stack, limits.new_address())
    went, began = 0, time.time()
    for _ in range(6):
        for _ in range(40):
            response = http.get("/api/berths")
            if response.status_code == 429:
                break
            went += 1
        wait = refused(response)
        assert wait <= 2
        time.sleep(wait)
        response = http.get("/api/berths")
        assert response.status_code == 200, f"after {wait} s: {response.headers}"
        went += 1
    took = time.time() - began
    print(f"{went} in {took:.1f} s at 5/second")
    # In any stretch of time the sliding window lets through no more than the limit and one window's worth besides.
    assert went <= 5 * (took + 2)


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {**ON, "RATE_LIMIT_ADDRESS": "10/minute", "RATE_LIMIT_READ":
                                                                 "100/minute", "RATE_LIMIT_WRITE": "100/minute"}}], indirect=True)
def test_a_flood_ends_first(own_stack):
    """All kinds together, before the class is looked at, so that nothing of that is said."""
    def one():
        http = limits.caller(own_stack, limits.new_address())
        found = statuses(lambda: http.get("/api/berths"), 6) + statuses(lambda: http.post("/api/vessels", json={}), 4)
        assert found == [200] * 6 + [400] * 4
        response = http.get("/api/berths")
        refused(response)
        assert "RateLimit" not in response.headers
        assert http.post("/api/vessels", json={}).status_code == 429
        assert http.get("/health/live").status_code == 200
        # Nothing is counted for what isn't there: routes come first.
        assert http.get("/api/nothing").status_code == 404
        assert limits.caller(own_stack, limits.new_address()).get("/api/berths").status_code == 200

    limits.in_one_minute(one)
    limited = metrics.read(own_stack)["stevedores_limited_total"]
    assert limited["class=address"] >= 2 and limited["class=read"] == limited["class=write"] == 0


def test_off(stack):
    http = stack.session()
    answers = [http.get("/api/berths") for _ in range(50)]
    assert {a.status_code for a in answers} == {200}
    assert not any(name.startswith("RateLimit") for a in answers for name in a.headers)


@pytest.mark.parametrize("own_stack", [{"responders": 2, "env": {**ON, "RATE_LIMIT_READ": "off", "RATE_LIMIT_WRITE": "3/minute",
                                                                 "RATE_LIMIT_ADDRESS": "off"}}], indirect=True)
def test_one_class_off(own_stack):
    def one():
        http = limits.caller(own_stack, limits.new_address())
        assert statuses(lambda: http.get("/api/berths"), 40) == [200] * 40
        assert statuses(lambda: http.post("/api/vessels", json={}), 4) == [400] * 3 + [429]

    limits.in_one_minute(one)


def test_counted_in_metrics(pool):
    def limited():
        return metrics.read(pool)["stevedores_limited_total"]

    def one():
        before = limited()
        http = limits.caller(pool, limits.new_address())
        statuses(lambda: http.get("/api/berths"), 25)
        statuses(lambda: http.post("/api/vessels", json={}), 9)
        after = limited()
        return {name: after[name] - before[name] for name in after}

    assert limits.in_one_minute(one) == {"class=address": 0, "class=read": 5, "class=write": 2,
                                          "class=login": 0, "class=account": 0, "class=export": 0, "class=report": 0}


def test_many_callers(pool):
    """More callers than there are places for: those that were silent for longest make room, and everybody is still answered."""
    found = set()
    for n in range(4500):
        found.add(report_from(pool, f"10.{n // 65536}.{n // 256 % 256}.{n % 256}"))
    assert found == {204}
