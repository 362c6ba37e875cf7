# SPDX-License-Identifier: Apache-2.0
"""Two hosts behind an nginx that chooses (stevedores-balancer.conf.in): one that is gone is passed over, a write never goes out
twice, and the client's address is the client's."""
import contextlib
import os
import signal
import threading
import time
import uuid

import limits
import pytest
import requests
import tls

from stack import Session, Stack, eventually, free_port

pytestmark = pytest.mark.nginx


class Balancer:
    """Speaks for all hosts: what takes a stack takes this."""

    def __init__(self, *hosts):
        self.hosts = hosts
        self.stack = hosts[0]
        self.port = free_port()
        self.authority = tls.Authority(self.stack)
        certificate, key = self.authority.sign("hosts")
        for host in hosts:
            self.restart(host, certificate, key)
        site = self.stack.fill("nginx/stevedores-balancer.conf.in", "balancer-site.conf", values={
            "LISTEN": f"127.0.0.1:{self.port}", "HOSTS_CA": self.authority.certificate, "HOSTS_NAME": "hosts", "HOSTS": "\n".join(
                f"server 127.0.0.1:{host.port} max_fails=1 fail_timeout=5s;" for host in hosts)})
        os.mkdir(os.path.join(self.stack.run_dir, "balancer"), 0o777)
        os.chmod(os.path.join(self.stack.run_dir, "balancer"), 0o777)
        conf = self.stack.fill("nginx/nginx.conf.in", "balancer.conf", values={
            "SERVER_CONF": site, "RUN_DIR": os.path.join(self.stack.run_dir, "balancer"), "LOG_DIR": self.stack.log_dir},
            change=lambda text: text.replace("daemon on;", "daemon off;"))
        self.stack.spawn("balancer", ["nginx", "-e", os.path.join(self.stack.log_dir, "balancer-error.log"), "-c", conf])
        eventually(self.listens, "it listens")

    def listens(self):
        with contextlib.suppress(requests.ConnectionError):
            return self.http(None).get("/health/live").status_code == 200
        return False

    def restart(self, host, certificate, key):
        def change(text):
            text = tls.with_tls(host, text, certificate, key, self.authority.certificate)
            for line in ("set_real_ip_from 192.0.2.7;", "real_ip_header X-Forwarded-For;"):
                assert f"    # {line}" in text
                text = text.replace(f"    # {line}", f"    {line}").replace("192.0.2.7", "127.0.0.1")
            return text
        host.stop_nginx()
        host.start_nginx(change=change)

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def http(self, role="key"):
        return Session(self, role)

    def asked(self, host):
        """Requests for the API that a host has answered."""
        return len([line for line in host.logs() if line["event"] == "request" and line["path"].startswith("/api/")])


WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'stevedores'"


def waiting(stack):
    """The backends of requests that wait for a lock."""
    return {pid for (pid,) in stack.psql(WAITING)}


@pytest.fixture
def balancer():
    """Each host has a single responder, and so a single backend, by which it is known."""
    with Stack(responders=1, env={"DATABASE_STATEMENT_TIMEOUT_MS": "20000"}) as one:
        first = {pid for (pid,) in one.psql("SELECT pid FROM pg_stat_activity WHERE application_name = 'stevedores-fcgi'")}
        assert len(first) == 1
        with one.second_host(responders=1) as other:
            both = Balancer(one, other)
            both.busy = lambda: one if waiting(one) == first else other
            yield both


def test_both_are_asked_and_a_dead_one_is_passed_over(balancer):
    http = balancer.http()
    one, other = balancer.hosts
    before = [balancer.asked(host) for host in balancer.hosts]
    assert {http.get("/api/vessels").status_code for _ in range(20)} == {200}
    assert all(balancer.asked(host) > seen for host, seen in zip(balancer.hosts, before))
    other.end("nginx", signal.SIGKILL)
    assert {http.get("/api/vessels").status_code for _ in range(40)} == {200}
    time.sleep(5)  # fail_timeout
    statuses = {http.post("/api/vessels", json={"name": "MV Host", "vessel_type": "bulk"}).status_code for _ in range(20)}
    assert statuses == {201}, "one that can't be connected to was sent nothing"
    one.end("nginx", signal.SIGKILL)
    away = http.get("/api/vessels")
    assert away.status_code == 503 and away.headers["Retry-After"] == "2"
    assert away.headers["Content-Type"] == "application/problem+json" and away.json()["status"] == 503


@pytest.mark.parametrize("method, status", [("GET", 200), ("POST", 503)])
def test_a_host_that_dies_with_a_request_in_hand(balancer, method, status):
    """A GET is asked of the other one. A POST is not: the client is told that it doesn't know, and sends the same again."""
    http, stack = balancer.http(), balancer.stack
    lock = stack.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE vessels IN ACCESS EXCLUSIVE MODE")
    name = f"MV {uuid.uuid4()}"
    body = {"name": name, "vessel_type": "bulk"} if method == "POST" else None
    answers = []
    asker = threading.Thread(target=lambda: answers.append(http.request(method, "/api/vessels", json=body)))
    asker.start()
    eventually(lambda: len(waiting(stack)) == 1, "the request waits for the lock", 10)
    balancer.busy().end("nginx", signal.SIGKILL)
    if method == "GET":
        eventually(lambda: len(waiting(stack)) == 2, "the other host has it as well", 10)
    else:
        asker.join(10)
        assert len(answers) == 1 and len(waiting(stack)) == 1, "nobody else has it"
    lock.rollback()
    lock.close()
    asker.join(15)
    assert [answer.status_code for answer in answers] == [status]
    eventually(lambda: not waiting(stack), "what was in hand is done", 10)
    # It no longer waits, and may not have committed yet.
    eventually(lambda: stack.value("SELECT count(*) FROM vessels WHERE name = %s", (name,)) == (method == "POST"), "it was sent once", 10)


def test_the_address_is_the_clients(balancer):
    """What the client says of itself is not believed; its own address, another one than the balancer's, gets to the log."""
    http = limits.stranger(balancer, "127.0.0.5")
    assert http.get("/api/vessels", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    lines = eventually(lambda: [line for host in balancer.hosts for line in host.logs()
                                if line["event"] == "request" and line["path"] == "/api/vessels"], "it is in the log", 10)
    assert [line["client"] for line in lines] == ["127.0.0.5"]
    assert http.get("/metrics").status_code == 404
