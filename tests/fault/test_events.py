# SPDX-License-Identifier: Apache-2.0
"""Live events through nginx's nchan: who may listen, what they hear and how soon, and what nobody can do to the web server.
Whatever becomes of them, asking goes on working."""
import contextlib
import glob
import os
import random
import re
import signal
import subprocess
import time

import pytest

import fastcgi
import listeners
from listeners import Closed, Listener, WebListener
from stack import NCHAN, Stack, children_of, eventually

pytestmark = pytest.mark.skipif(not glob.glob(NCHAN), reason="libnginx-mod-nchan is not installed")

KINDS = pytest.mark.parametrize("kind", [Listener, WebListener])
SEED = int(os.environ.get("STEVEDORES_TEST_SEED", "20261130"))


@pytest.fixture(scope="module", name="live")
def module_stack():
    """With two nginx workers, who have to pass on to each other what is published. No test may cost one of them its life."""
    with Stack(events=True, nginx_workers=2) as stack:
        workers = children_of(stack.processes["nginx"].pid)
        yield stack
        assert children_of(stack.processes["nginx"].pid) == workers
        assert "exited on signal" not in stack.log_text("nginx-error.log")


def bump(stack, *tags):
    """As a write to what these tags stand for does at its end. The versions, by tag."""
    return dict(stack.psql("UPDATE cache_versions SET version = version + 1 WHERE tag = ANY(%s) RETURNING tag, version", (list(tags),)))


def quiet(stack):
    """Nobody listens."""
    eventually(lambda: listeners.listening(stack) == 0, "nobody listens")


# --- who may listen -----------------------------------------------------------------------------------------------------


@KINDS
def test_only_who_is_known(live, kind):
    with kind(live) as nobody, kind(live, live.login("viewer")) as person, listeners.admin(live, kind) as machine:
        assert nobody.status == 401 and b"unauthenticated" in nobody.body()
        assert {person.status, machine.status} == {101 if kind is WebListener else 200}


@KINDS
def test_another_sites_page_may_not(live, kind):
    cookie = live.login("viewer")
    own = f"http://127.0.0.1:{live.port}"
    for headers, allowed in (({"Origin": "https://evil.example"}, False), ({"Origin": "null"}, False),
                             ({"Sec-Fetch-Site": "cross-site", "Origin": own}, False), ({"Sec-Fetch-Site": "same-site"}, False),
                             ({"Origin": own}, True), ({"Sec-Fetch-Site": "same-origin"}, True)):
        with kind(live, cookie, headers) as who:
            assert (who.status in (101, 200)) == allowed, headers
            assert allowed or (who.status == 403 and b"denied" in who.body()), headers


def test_only_by_the_front_door(live):
    """The channels have no address that can be asked for, and nobody publishes from outside."""
    http = live.session("admin")
    epoch = int(time.time()) // 150
    for path in (f"/_events/user-1/viewer-{epoch}", f"/viewer-{epoch}", "/status"):
        assert http.get(path).status_code == 404
        assert http.post(path, json={}).status_code in (404, 405)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = http.request(method, "/events", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD"
    assert http.head("/events", headers={"Accept": "text/event-stream"}).status_code == 204
    assert http.get("/events").status_code == 400  # neither EventSource nor WebSocket


def test_a_listener_who_talks_is_shown_out(live):
    with WebListener(live, live.login("viewer")) as talker, Listener(live, live.login("clerk")) as other:
        talker.send(listeners.TEXT, b'{"changed":{"berths":1}}')
        with pytest.raises(Closed):
            while True:
                assert talker.message() is not None
        assert other.news(1) is None


def test_without_events_there_are_none(stack):
    answer = stack.session("admin").get("/events", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 404 and answer.json()["type"] == "urn:stevedores:problem:not-found"
    assert "X-Changes-With" not in stack.session("viewer").get("/api/dashboard").headers


# --- what they hear -----------------------------------------------------------------------------------------------------


@KINDS
def test_they_hear_of_what_has_changed(live, kind):
    """Once, with the version that the database has; and the answer that changes says by what."""
    http, times = live.session(), []
    names = http.get("/api/berths").headers["X-Changes-With"].split(" ")
    with kind(live, live.login("viewer")) as who:
        who.message(0.5)
        for length in (301, 302, 303, 304, 305):
            began = time.monotonic()
            assert http.patch("/api/berths/B1", json={"length_m": length}).status_code == 200
            assert who.news() == {name: live.value("SELECT version FROM cache_versions WHERE tag = %s", (name,)) for name in names}
            times.append(time.monotonic() - began)
        assert who.news(0.6) is None
    print("heard after", *(f"{1000 * t:.0f} ms" for t in times))
    assert names == ["berths"] and max(times) < 1


def test_a_vessels_tallies_are_told_by_what_its_page_changes_with(live):
    http = live.session()
    vessel = http.post("/api/vessels", json={"name": "MV Heard", "vessel_type": "roro"}).json()["data"]["id"]
    [name] = http.get(f"/api/vessels/{vessel}").headers["X-Changes-With"].split(" ")
    assert http.get("/api/dashboard").headers["X-Changes-With"] == "berths tallies vessels"
    with Listener(live, live.login("viewer")) as who:
        who.message(0.5)
        assert http.patch(f"/api/vessels/{vessel}", json={"notes": "heard"}).status_code == 200
        assert set(who.news()) == {name, "vessels"}
    # It is on every answer: cached or not, with a body or without.
    answers = [http.get(f"/api/vessels/{vessel}") for _ in range(3)]
    answers.append(http.get(f"/api/vessels/{vessel}", headers={"If-None-Match": answers[0].headers["ETag"]}))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 304]
    assert {answer.headers["X-Changes-With"] for answer in answers} == {name}


def test_nobody_hears_of_what_they_may_not_read(live):
    """Payments are for managers; who may log in is nobody's answer."""
    with Listener(live, live.login("viewer")) as viewer, WebListener(live, live.login("supervisor")) as supervisor, \
            Listener(live, live.login("manager")) as manager, Listener(live, live.login("admin")) as admin:
        for who in (viewer, supervisor, manager, admin):
            who.message(0.3)
        now = bump(live, "payments", "people", "contracts")
        assert viewer.news() == supervisor.news() == {"contracts": now["contracts"]}
        assert manager.news() == admin.news() == {"contracts": now["contracts"], "payments": now["payments"]}
        bump(live, "payments")
        assert viewer.news(0.6) is None and set(manager.news()) == {"payments"}


def test_a_board_that_is_off_is_not_heard_of(live):
    with live.second_host(env={"BOARDS": "port"}, events=True) as other, Listener(other, other.login("admin")) as there, \
            Listener(live, live.login("admin")) as here:
        there.message(0.5)
        here.message(0.1)
        now = bump(live, "jobs", "projects", "berths")
        assert here.news() == now and there.news() == {"berths": now["berths"]}


def test_a_hundred_writes_are_a_few_notices(live):
    http = live.session()
    with Listener(live, live.login("viewer")) as who:
        who.message(0.5)
        began = time.monotonic()
        for length in range(100):
            assert http.patch("/api/berths/B2", json={"length_m": 200 + length}).status_code == 200
        took = time.monotonic() - began
        last = live.value("SELECT version FROM cache_versions WHERE tag = 'berths'")
        notices = [who.news()["berths"]]
        while notices[-1] != last:
            notices.append(who.news()["berths"])
        assert who.news(0.6) is None
    print(f"100 writes in {took:.2f} s, {len(notices)} notices")
    assert notices == sorted(set(notices)) and len(notices) <= took / 0.25 + 2


def test_silence_is_broken(live):
    """Who hears nothing for long knows that nobody is there any more."""
    with Listener(live, live.login("viewer")) as who:
        who.message(0.5)
        began = time.monotonic()
        assert who.message(7) == {} and who.message(7) == {}
        assert time.monotonic() - began < 11


# --- what they may not do to the web server ----------------------------------------------------------------------------

ATOMS = ["0", "1", "-1", ":", ",", "[", "]", "1796078655", "99999999999999999999", "-", "%3A", " ", "\t", "a", "]:[", "65536",
         "2147483648", "''", '"', "\xff", "\x01", "*", "W/", "Mon, 30 Nov 2026 22:46:22 GMT"]


def test_message_ids_that_are_none_never_reach_nchan(live):
    """nchan 1.3.6 aborts over some, and over some that have the right form; it takes them from three headers."""
    rng, seen = random.Random(SEED), {}
    print(f"STEVEDORES_TEST_SEED={SEED}")
    keys = listeners.add_people(live, 200)
    for turn in range(800):
        text = "".join(rng.choice(ATOMS) for _ in range(rng.randrange(1, 9))).strip()
        names = rng.sample(["Last-Event-ID", "If-None-Match", "If-Modified-Since"], rng.choice((1, 1, 2)))
        if turn % 4 == 0:
            text, names = f"{rng.choice((0, 5, rng.randrange(2 * 10 ** 9)))}:{rng.choice((0, 1, rng.randrange(10 ** 5)))}", names[:1]
        path = "/events" + rng.choice(("", "?last_event_id=", "?last_event_id=0:a"))
        kind = rng.choice((Listener, WebListener))
        with kind(live, bearer=rng.choice(keys), headers=dict.fromkeys(names, text), path=path) as who:
            seen[who.status] = seen.get(who.status, 0) + 1
            assert who.status in (101, 200, 400, 429), (names, text)
            if turn % 4 == 0 and "Last-Event-ID" in names:
                assert who.status != 400, text  # as a browser sends it that comes again
            elif text:
                assert who.status == 400, (names, text)
    print(seen)
    live.psql("DELETE FROM users WHERE username LIKE 'listener%'")


def test_whoever_comes_again_hears_nothing_old(live):
    """So there is nothing in a message id that nchan would have to look for."""
    cookie = live.login("viewer")
    with Listener(live, cookie) as who:
        who.message(0.5)
        bump(live, "berths")
        assert who.news()
    with Listener(live, cookie, {"Last-Event-ID": f"{int(time.time()) - 60}:0"}) as who:
        assert who.news(1) is None


def test_frames_that_are_none(live):
    rng = random.Random(SEED)
    cookie = live.login("viewer")
    for _ in range(300):
        with WebListener(live, cookie, {"Sec-WebSocket-Extensions": rng.choice((None, "permessage-deflate"))}) as who, \
                contextlib.suppress(Closed, OSError):
            for _ in range(rng.randrange(1, 4)):
                who.socket.sendall(rng.randbytes(rng.choice((1, 2, 6, 14, 60, 300))))
        quiet(live)


def test_five_connections_are_enough_for_one_person(live):
    cookie = live.login("viewer")
    key = live.session("viewer").post("/api/me/keys", json={"name": "sixth", "role": "viewer"}).json()["data"]["key"]
    with contextlib.ExitStack() as opened:
        quiet(live)
        five = [opened.enter_context((Listener, WebListener)[n % 2](live, cookie)) for n in range(5)]
        assert all(who.status in (101, 200) for who in five)
        for ask in ({"cookie": cookie}, {"bearer": key}):
            with Listener(live, **ask) as sixth:
                assert sixth.status == 429 and sixth.headers["retry-after"] == "60"
                assert sixth.headers["content-type"] == "application/problem+json" and b"problem:limited" in sixth.body()
        with Listener(live, live.login("clerk")) as other:
            assert other.status == 200
        five.pop().close()
        eventually(lambda: listeners.listening(live) == 4, "the fifth has gone")
        with Listener(live, cookie) as again:
            assert again.status == 200


def test_a_thousand_are_enough_for_all(live):
    """And they hear it all at once, which holds up nobody."""
    keys = listeners.add_people(live, 201)
    quiet(live)
    with listeners.crowd(live, keys) as crowd:
        for kind in (Listener, WebListener):
            with kind(live, bearer=keys[200]) as one_more:
                assert one_more.status == 503 and one_more.headers["retry-after"] == "2" and b"problem:unavailable" in one_more.body()
        began = time.monotonic()
        bump(live, "berths")
        assert live.session("viewer").get("/api/dashboard").status_code == 200
        assert all(who.news() for who in crowd)
        print(f"1000 heard it within {1000 * (time.monotonic() - began):.0f} ms")
        crowd[-1].close()
        eventually(lambda: listeners.listening(live) == 999, "one has gone")
        with Listener(live, bearer=keys[200]) as one_more:
            assert one_more.status == 200
    quiet(live)
    live.psql("DELETE FROM users WHERE username LIKE 'listener%'")


# --- what happens to a connection ---------------------------------------------------------------------------------------


def test_an_idle_one_is_pinged_and_ended():
    """In 4 s here, and in 300 where the template is filled in for people. Idle it is when the agent has gone."""
    with Stack(events=True) as stack:
        stack.stop_nginx()
        stack.events_idle_s, stack.events_ping_s = 4, 1
        stack.start_nginx()
        stack.stop_agent()
        time.sleep(0.5)
        for kind in (Listener, WebListener):
            with kind(stack, stack.login("viewer")) as who:
                assert 3 < who.ends(8) < 6 and who.pings >= 2
        with WebListener(stack, stack.login("viewer")) as dead:  # who answers no ping
            time.sleep(3)
            assert dead.ends(0.5) is not None
        eventually(lambda: listeners.listening(stack) == 0, "nobody listens")


def test_whoever_has_lost_the_session_hears_nothing_new():
    """But only after twice EVENTS_RENEW_S; who is still somebody comes again in time and misses nothing."""
    with Stack(events=True, env={"EVENTS_RENEW_S": "3"}) as stack:
        http = stack.session("viewer")
        with Listener(stack, stack.login("viewer")) as who:
            assert http.post("/api/logout").status_code == 204
            with Listener(stack, stack.login("viewer")) as refused:
                assert refused.status == 401
            stack.forget_logins()
            ended = time.monotonic()
            while (message := who.message(4)) != {"renew": 3}:
                assert message is not None
            while time.monotonic() < ended + 7:
                bump(stack, "berths")
                last = time.monotonic() if who.news(0.5) else last  # noqa: F821  pylint: disable=used-before-assignment
            print(f"heard for {last - ended:.1f} s more")
            assert 2.5 < last - ended < 6.5
        with Listener(stack, stack.login("viewer")) as who:
            bump(stack, "berths")
            assert who.news()


@KINDS
def test_a_reload_of_nginx_ends_them_and_new_ones_hear(kind):
    with Stack(events=True, nginx_workers=2) as stack, kind(stack, stack.login("viewer")) as who:
        who.message(0.5)
        before = set(children_of(stack.processes["nginx"].pid))
        stack.processes["nginx"].send_signal(signal.SIGHUP)
        assert who.ends(5) is not None
        eventually(lambda: not before & set(children_of(stack.processes["nginx"].pid)), "the old workers have ended")
        with kind(stack, stack.login("viewer")) as again:
            bump(stack, "berths")
            assert again.news()
            assert listeners.listening(stack) == 1


# --- when a part is away ----------------------------------------------------------------------------------------------


def test_without_the_agent_nothing_is_told_and_asking_works():
    with Stack(events=True) as stack, Listener(stack, stack.login("viewer")) as who:
        http, reader = stack.session(), stack.session("viewer")
        etag = reader.get("/api/berths/B1").headers["ETag"]
        stack.stop_agent()
        while who.message(0.5):
            pass
        assert http.patch("/api/berths/B1", json={"length_m": 250}).status_code == 200
        assert who.message(6) is None  # not even that all is as it was
        assert reader.get("/api/berths/B1", headers={"If-None-Match": etag}).json()["data"]["length_m"] == 250
        # Come back, it doesn't know what it missed.
        stack.start_agent()
        assert who.message(10) == {"again": True}
        now = bump(stack, "berths")
        assert who.news() == now


def test_an_nginx_that_hangs_or_is_away_delays_nothing_else():
    """The agent goes on beating, says once that it isn't heard, and tells later what it couldn't."""
    with Stack(events=True) as stack:
        def beats(seconds):
            seen, end = set(), time.monotonic() + seconds
            while time.monotonic() < end:
                seen.add(stack.value("SELECT query_start FROM pg_stat_activity WHERE application_name = 'stevedores-agent'"))
                time.sleep(0.02)
            return len(seen)

        def said(event):
            return [line for line in stack.logs("agent") if line["event"] == event]

        # The agent was there before nginx, perhaps.
        eventually(lambda: len(said("events_not_told")) == len(said("events_told_again")), "it is heard")
        failures = len(said("events_not_told"))
        for pid in [stack.processes["nginx"].pid, *children_of(stack.processes["nginx"].pid)]:
            os.kill(pid, signal.SIGSTOP)
        bump(stack, "berths")
        assert beats(3) >= 7  # of 12 without; every turn waits 100 ms at most
        assert len(said("events_not_told")) == failures + 1
        for pid in [stack.processes["nginx"].pid, *children_of(stack.processes["nginx"].pid)]:
            os.kill(pid, signal.SIGCONT)
        eventually(lambda: len(said("events_told_again")) == failures + 1, "it is heard again")
        stack.stop_nginx()
        now = bump(stack, "berths")
        eventually(lambda: len(said("events_not_told")) == failures + 2, "it says that it isn't")
        stack.start_nginx()
        with Listener(stack, stack.login("viewer")) as who:
            assert who.news() == now or said("events_told_again")[failures + 1:]


# --- several hosts ------------------------------------------------------------------------------------------------------


def test_two_hosts_tell_their_own(live):
    with live.second_host(events=True) as other, Listener(other, other.login("viewer")) as there, \
            WebListener(live, live.login("viewer")) as here:
        for who in (there, here):
            who.message(0.5)
        for stack in (live, other):
            began = time.monotonic()
            assert stack.session().patch("/api/berths/B3", json={"length_m": 300 + int(began) % 100}).status_code == 200
            assert here.news() == there.news()
            print(f"both hosts after {1000 * (time.monotonic() - began):.0f} ms")
            assert time.monotonic() - began < 1


def test_the_version_that_was_told_is_what_is_answered(live):
    """Also by a host that has not heard of it itself. Its agent asks the database once a minute here."""
    slow = {"CACHE_POLL_MS": "60000", "CACHE_MAX_STALE_MS": "60000"}
    with live.second_host(env=slow, events=True) as other, Listener(live, live.login("viewer")) as who:
        who.message(0.5)
        there = other.session("viewer")
        length = 260 + int(time.time()) % 100
        old = there.get("/api/berths/B4").json()["data"]["length_m"]
        assert live.session().patch("/api/berths/B4", json={"length_m": length}).status_code == 200
        [(tag, version)] = who.news().items()
        assert there.get("/api/berths/B4").json()["data"]["length_m"] == old
        told = there.get("/api/berths/B4", headers={"X-Seen-Versions": f"vessels.1,{tag}.{version}"})
        assert told.json()["data"]["length_m"] == length
        # What isn't of that form, or lies in the future, counts as nothing.
        for text in ("", "berths", "berths.", "berths.x", ".,.,", f"berths.{10 ** 18}", "x" * 2000):
            assert there.get("/api/berths/B4", headers={"X-Seen-Versions": text}).status_code == 200


# --- what they cost ------------------------------------------------------------------------------------------------------


def ticks(pids):
    """Processor time that they have taken."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            total += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
    return total


def cost(stack):
    """Of a cached dashboard, in ticks of nginx and the pool for 1000 of them."""
    pids = [*children_of(stack.processes["nginx"].pid), *stack.responder_pids()]
    before = ticks(pids)
    done = subprocess.run(["wrk", "-t1", "-c16", "-d2", "-H", f"Authorization: Bearer {fastcgi.KEY}", stack.url("/api/dashboard")],
                          capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout, done.stdout
    return 1000 * (ticks(pids) - before) / int(re.search(r"(\d+) requests in", done.stdout).group(1))


@pytest.fixture(name="people")
def fixture_people(live):
    """Keys of enough of them to hold a thousand connections."""
    keys = listeners.add_people(live, 200)
    quiet(live)
    yield keys
    live.psql("DELETE FROM users WHERE username LIKE 'listener%'")


@pytest.mark.alone
def test_a_thousand_listeners_cost_others_nothing(live, people):
    """Processor time, the least of several, to which whatever else the machine does can only add; and the bound has room for that. What
    is allowed is a tenth, of the throughput, which tests/bench/events.py measures: it needs the machine for itself."""
    cost(live)
    alone, held = [], []
    for _ in range(5):
        alone.append(cost(live))
        with listeners.crowd(live, people):
            held.append(cost(live))
    ratio = min(held) / min(alone)
    print(f"processor time of a dashboard with 1000 listeners: {ratio:.3f} of that without")
    assert ratio < 1.5


@pytest.mark.alone
def test_connections_leave_nothing_behind(live, people):
    """nginx's memory, after a first thousand, does not grow with those that come and go."""
    listeners.come_and_go(live, people, 1000)
    before = listeners.nginx_pss_kib(live)
    listeners.come_and_go(live, people, 3000)
    after = listeners.nginx_pss_kib(live)
    print(f"nginx after 1000: {before} KiB, after 3000 more: {after} KiB")
    assert after < 1.1 * before
