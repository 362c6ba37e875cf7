# SPDX-License-Identifier: Apache-2.0
"""`stevedoresctl load`: it asks as often as it says, sees what is slow or fails, leaves no key behind, and refuses what the rate
limits would."""
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from stack import Stack, eventually

KINDS = ["dashboards", "API", "health", "static files"]
USERS, SECONDS = 5, 4


@pytest.fixture(scope="module")
def own():
    # One responder, so that it can be stopped; the limits are wide, and each test that looks at them sets its own.
    with Stack(responders=1, berths=False, env={"RATE_LIMIT": "on", "RATE_LIMIT_READ": "100000/minute",
                                                "RATE_LIMIT_ADDRESS": "100000/minute"}) as stack:
        stack.ctl("demo")
        page = os.path.join(stack.run_dir, "page")
        os.makedirs(os.path.join(page, "assets"))
        for name, text in (("index.html", '<!doctype html><title>x</title><script src="/assets/a-1.js"></script>'),
                           ("assets/a-1.js", "1"), ("sw.js", "2"), ("manifest.webmanifest", "{}")):
            with open(os.path.join(page, name), "w", encoding="ascii") as f:
                f.write(text)
        stack.stop_nginx()
        stack.start_nginx(change=lambda text: text.replace("    root ", f"    root {page}; # ", 1))
        yield stack


def program(stack, *args, **env):
    return ["env", *(f"{k}={v}" for k, v in env.items()), os.path.join(stack.prefix, "bin/stevedoresctl"), "load", *args]


def load(stack, *args, users=USERS, seconds=SECONDS, **env):
    """Exit status, kinds and figures by name."""
    done = stack.run(*program(stack, str(users), "--time", str(seconds), "--url", stack.url(""), "--json", *args, **env), check=False)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    kinds = {kind["kind"]: kind for kind in answer["kinds"]}
    figures = {figure["figure"]: figure for figure in answer["figures"]}
    assert list(kinds) == KINDS
    assert answer["ok"] == (done.returncode == 0)
    missed = [one for one in [*answer["kinds"], *answer["figures"]] if one["ok"] is False]
    assert answer["ok"] == (not missed)
    # What has a target and no figure doesn't count as met in silence.
    assert answer["not_judged"] == sum(one["ok"] is None and one.get("target", 0) is not None for one in [*answer["kinds"], *answer["figures"]])
    return done.returncode, kinds, figures


def keys(stack, where="true"):
    return stack.value(f"SELECT count(*) FROM api_keys WHERE name = 'stevedoresctl load' AND {where}")


def test_a_run(own):
    before = own.session().get("/api/operations").json()["data"]["requests"]
    written = own.psql("SELECT tag, version FROM cache_versions WHERE tag <> 'people' ORDER BY tag")
    _, kinds, figures = load(own)
    after = own.session().get("/api/operations").json()["data"]["requests"]
    # So many users of each kind, each once a second.
    assert {name: kind["requests"] for name, kind in kinds.items()} == {
        "dashboards": 1 * SECONDS, "API": 2 * SECONDS, "health": SECONDS, "static files": SECONDS}
    assert all(kind["errors"] == 0 and kind["limited"] == 0 for kind in kinds.values()), kinds
    assert all(0 < kind["p50_us"] <= kind["p95_us"] <= kind["p99_us"] <= kind["longest_us"] for kind in kinds.values())
    # The pool has counted the same.
    grew = {now["group"]: now["requests"] - was["requests"] for was, now in zip(before, after)}
    assert grew["dashboard"] == SECONDS and grew["health"] == SECONDS
    assert sum(grew[name] for name in ("list", "row", "other")) == 2 * SECONDS + 1, "and our own"
    assert figures["errors"]["value"] == 0 and figures["errors"]["ok"] is True
    assert figures["requests"]["target"] is None, "300 a minute were asked for"
    assert 100 < figures["requests"]["value"] < 500
    assert 0 <= figures["cache hits"]["value"] <= 100 and figures["database query, mean"]["value"] > 0
    assert 4 < figures["memory of pool and agent"]["value"] < 64 and figures["CPU of the pool"]["value"] >= 0
    # It left nothing but keys, which are revoked and would have ended by themselves.
    assert own.psql("SELECT tag, version FROM cache_versions WHERE tag <> 'people' ORDER BY tag") == written
    assert keys(own) == 2 and keys(own, "revoked_at IS NULL") == 0
    assert own.value("SELECT max(extract(epoch FROM expires_at - created_at)) FROM api_keys"
                     " WHERE name = 'stevedoresctl load'") == SECONDS + 60
    assert own.psql("SELECT DISTINCT role FROM api_keys WHERE name = 'stevedoresctl load'") == [("viewer",)]
    assert not [name for name in os.listdir("/tmp") if name.startswith("stevedores-load-")]


def test_the_table(own):
    done = own.run(*program(own, "4", "--time", "1", "--url", own.url("")), check=False)
    lines = done.stdout.splitlines()
    assert lines[0].split()[:5] == ["kind", "users", "requests", "errors", "429"]
    assert [line.split("  ")[0] for line in lines[1:5]] == KINDS
    assert re.search(r"^dashboards +1 +1 +0 +0 .* p95 < 200 ms +(ok|FAILED)$", done.stdout, re.M)
    assert re.search(r"^health .* p99 < 50 ms ", done.stdout, re.M) and re.search(r"^static files .* p95 < 20 ms ", done.stdout, re.M)
    assert re.search(r"^errors +0\.0 +% +< 0\.1 +ok$", done.stdout, re.M)
    assert lines[-1] in ("Every target was met.", "1 target was missed.") or "targets were missed" in lines[-1]


def test_every_address_of_the_mix_answers(own):
    """So fast that each is asked."""
    _, kinds, figures = load(own, "--rate", "1200", users=4, seconds=4)
    assert kinds["API"]["requests"] == 80 and kinds["API"]["errors"] == 0, kinds
    assert figures["requests"]["target"] == 1000 and figures["errors"]["value"] == 0
    own.session()
    asked = {line["path"] for line in own.logs() if line["event"] == "request" and line["path"].startswith("/api/")}
    assert {"/api/dashboard", "/api/labour/dashboard", "/api/delivery/dashboard", "/api/tallies", "/api/jobs", "/api/backlog", "/api/meta",
            "/api/allocations"} <= asked
    assert {re.sub(r"\d+", "7", path) for path in asked} >= {"/api/vessels/7", "/api/vessels/7/tallies", "/api/jobs/7", "/api/projects/7/backlog",
                                                             "/api/clients/7/jobs", "/api/workers/7"}


def test_only_boards_that_are_on(own):
    seen = len(own.logs())
    load(own, BOARDS="port", seconds=2)
    asked = {line["path"] for line in own.logs()[seen:] if line["event"] == "request"}
    assert "/api/dashboard" in asked and not [path for path in asked if "labour" in path or "delivery" in path or "jobs" in path]


def test_slow_answers_miss_their_targets(own):
    """A responder that stands still for a while: also what would have been asked meanwhile counts."""
    [pid] = own.responder_pids()

    def stand_still():
        time.sleep(1.5)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(pid, signal.SIGCONT)
    thread = threading.Thread(target=stand_still)
    thread.start()
    status, kinds, _ = load(own, "--rate", "300", seconds=5)
    thread.join()
    assert status == 1
    for name in ("dashboards", "API", "health"):
        assert kinds[name]["ok"] is False and kinds[name]["longest_us"] > 1_500_000 and kinds[name]["errors"] == 0, kinds[name]
        assert kinds[name]["p95_us"] > 1_000_000, "of 25 requests one was slow, and those behind it would have been"
    assert kinds["static files"]["longest_us"] < 1_500_000


@pytest.mark.pool
def test_errors_miss_their_target(own):
    own.stop_pool()
    try:
        status, kinds, figures = load(own, seconds=2)
    finally:
        own.start_pool()
        own.wait_ready()
    assert status == 1 and kinds["API"]["errors"] == kinds["API"]["requests"] == 4 and kinds["static files"]["errors"] == 0
    assert figures["errors"]["ok"] is False and figures["errors"]["value"] == pytest.approx(80)


def test_a_pool_elsewhere_is_not_known(own):
    _, _, figures = load(own, seconds=1, SHM_NAME="/stevedores-nobodys")
    for name in ("cache hits", "database query, mean", "memory of pool and agent", "CPU of the pool"):
        assert figures[name]["value"] is None and figures[name]["ok"] is None


@pytest.mark.parametrize("env, rate, says", [
    ({"RATE_LIMIT_ADDRESS": "30/minute"}, "600", "RATE_LIMIT_ADDRESS (30/minute) allows one address no more than 0 users"),
    ({"RATE_LIMIT_ADDRESS": "100000/minute;50/second"}, "1200", "no more than 2 users"),
    ({"RATE_LIMIT_READ": "5/minute"}, "600", "RATE_LIMIT_READ (5/minute) lets nobody ask 600 times"),
])
def test_more_than_the_limits_allow_is_not_begun(own, env, rate, says):
    before = keys(own)
    done = own.run(*program(own, "5", "--time", "4", "--rate", rate, "--url", own.url(""), **env), check=False)
    assert done.returncode == 1 and says in done.stderr and "--rate" in done.stderr and done.stdout == ""
    assert keys(own) == before


def test_a_key_for_as_many_as_the_limit_allows(own):
    """60 requests each: of 200 a minute 180 are used, by three users."""
    before = keys(own)
    load(own, "--rate", "1200", seconds=3, users=20, RATE_LIMIT_READ="200/minute")
    assert keys(own) - before == 2 * 3, "8 users of each of the two kinds that need one, by threes"


def test_what_was_limited_is_said(own):
    """The pool has other limits than this command was told."""
    own.restart_pool(RATE_LIMIT_READ="3/minute")
    try:
        status, kinds, _ = load(own, seconds=4, RATE_LIMIT="off")
        done = own.run(*program(own, "5", "--time", "4", "--url", own.url("")), check=False)
    finally:
        own.restart_pool(RATE_LIMIT_READ="100000/minute")
        own.wait_ready()
    assert status == 1 and kinds["API"]["limited"] == kinds["API"]["errors"] > 0 and kinds["health"]["limited"] == 0
    # With the pool's own settings it isn't begun.
    assert done.returncode == 1 and "RATE_LIMIT_READ (3/minute)" in done.stderr


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_keys(own, sig):
    before = keys(own)
    with subprocess.Popen([os.path.join(own.prefix, "bin/stevedoresctl"), "load", "5", "--time", "60", "--url", own.url("")],
                          env=own.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=own._child(signal.SIGKILL)) as process:  # pylint: disable=protected-access
        eventually(lambda: keys(own, "revoked_at IS NULL AND last_used_at IS NOT NULL") > 0, "it asks", 20)
        process.send_signal(sig)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "stopped" in err and out == ""
    assert keys(own) == before + 2 and keys(own, "revoked_at IS NULL") == 0
    assert subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, check=False).stdout == b"", "no h2load is left"


def test_whose_keys(own):
    load(own, "--user", "clerk", seconds=1)
    assert own.value("SELECT username FROM users WHERE id = (SELECT user_id FROM api_keys ORDER BY id DESC LIMIT 1)") == "clerk"
    done = own.run(*program(own, "5", "--user", "nobody", "--url", own.url("")), check=False)
    assert done.returncode == 1 and "no such user" in done.stderr
    # Who made and revoked it stands in the trail.
    assert own.value("SELECT count(*) FROM audit WHERE object_type = 'api_keys' AND via = 'ctl'") > 0


def test_what_is_missing_is_named(own):
    done = own.run(*program(own, "5", "--url", own.url(""), PATH="/nowhere"), check=False)
    assert done.returncode == 1 and "nghttp2-client" in done.stderr
    done = own.run(*program(own, "5", "--url", "http://127.0.0.1:9"), check=False)
    assert done.returncode == 1 and "Is it running" in done.stderr
    done = own.run(*program(own, "5", "--url", own.url(""), PLAIN_HTTP="off"), check=False)
    assert done.returncode == 1 and "https://" in done.stderr


def test_calls_that_are_wrong(own):
    for wrong in ([], ["3"], ["1001"], ["x"], ["5", "6"], ["5", "--time", "0"], ["5", "--rate", "0"], ["5", "--url", "a"], ["5", "--fast"]):
        assert own.ctl("load", *wrong, check=False).returncode == 64, wrong
    assert "h2load" in own.ctl("load", "--help").stdout
