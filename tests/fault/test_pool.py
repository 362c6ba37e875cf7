# SPDX-License-Identifier: Apache-2.0
"""The pool under what happens to processes: killed, stopped in the middle of a request, left by its clients, and spoken to
by peers that don't speak FastCGI."""
import http.client
import os
import signal
import socket
import threading
import time

import fastcgi
import port
import pytest

from stack import eventually


def works(stack):
    return fastcgi.ask(stack.fcgi_socket, "GET", "/api/dashboard")[0] == 200


@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_killed_responders_are_replaced_for_ever(own_stack, long):
    answers, stop = [], threading.Event()
    own_stack.login("admin")  # nobody dies in the middle of that

    def ask():
        http = own_stack.session()
        while not stop.is_set():
            answers.append(http.get("/api/dashboard").status_code)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for t in askers:
        t.start()
    seen = set(own_stack.responder_pids())
    try:
        for n in range(500 if long else 60):
            pid = own_stack.responder_pids()[n % len(own_stack.responder_pids())]
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: pid not in own_stack.responder_pids() and len(own_stack.responder_pids()) == 4,
                       "the killed one is replaced", 2, 0.005)
            seen.update(own_stack.responder_pids())
            time.sleep(0.03)
    finally:
        stop.set()
        for t in askers:
            t.join()
    assert len(seen) >= (504 if long else 64)
    assert len(answers) > 50
    # A GET whose responder died is given to another one; only both dying in a row shows.
    assert answers.count(200) / len(answers) > 0.98, {s: answers.count(s) for s in set(answers)}
    assert set(answers) <= {200, 503}
    assert works(own_stack)


@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_all_killed_at_once_again_and_again(own_stack):
    for _ in range(5):
        for pid in own_stack.responder_pids():
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(own_stack.responder_pids()) == 4, "four again", 3, 0.01)
        assert own_stack.session().get("/api/dashboard").status_code == 200


@pytest.mark.parametrize("own_stack", [{"responders": 1, "env": {"DATABASE_STATEMENT_TIMEOUT_MS": "20000"}}], indirect=True)
@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_stopped_in_the_middle_of_a_request(own_stack, sig):
    """The request is finished, whole, and the responder ends with 0."""
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")
    body = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 3}
    lock = own_stack.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE cargo_tallies IN ACCESS EXCLUSIVE MODE")
    answers = []
    sender = threading.Thread(target=lambda: answers.append(
        own_stack.session().post(f"/api/vessels/{vessel['id']}/tallies", json=body)))
    sender.start()
    eventually(lambda: own_stack.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 1,
               "the request waits for the lock", 10)
    pid = own_stack.responder_pids()[0]
    os.kill(pid, sig)
    time.sleep(0.5)
    assert os.path.exists(f"/proc/{pid}") and not answers, "it still has the request in hand"
    lock.rollback()
    lock.close()
    sender.join(15)
    assert [a.status_code for a in answers] == [201]
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), "the responder ended", 5)
    assert api.rows(vessel["id"]) == 1
    said = [line["event"] for line in own_stack.logs() if line["pid"] == pid]
    assert said[-2:] == ["request", "stopped"], said[-4:]
    assert f"child[{pid}]" not in own_stack.log_text("pool.log"), "multiwatch would tell of an exit that isn't 0"
    assert works(own_stack)


def start_alone(stack):
    """A responder whose exit status can be seen, on a socket of its own."""
    path = os.path.join(stack.run_dir, "alone.sock")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(16)
    if stack.user:
        os.chown(path, stack.user.pw_uid, stack.user.pw_gid)
    import subprocess  # pylint: disable=import-outside-toplevel
    with open(os.path.join(stack.log_dir, "alone.log"), "ab") as log:
        process = subprocess.Popen([os.path.join(stack.prefix, "sbin/stevedores-fcgi")], stdin=listening, stdout=log,
                                   stderr=log, env=stack.environment(), cwd=stack.dir,
                                   preexec_fn=stack._child(signal.SIGKILL))  # pylint: disable=protected-access
    listening.close()
    stack.processes["alone"] = process
    return path, process


def test_exit_status_is_0_when_idle_and_when_busy(own_stack):
    path, process = start_alone(own_stack)
    assert fastcgi.ask(path, "GET", "/api/dashboard")[0] == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    os.unlink(path)
    path, process = start_alone(own_stack)
    lock = own_stack.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE vessels IN ACCESS EXCLUSIVE MODE")
    answers = []
    asker = threading.Thread(target=lambda: answers.append(fastcgi.ask(path, "GET", "/api/vessels")))
    asker.start()
    eventually(lambda: own_stack.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 1,
               "the request waits for the lock", 10)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None
    lock.rollback()
    lock.close()
    asker.join(10)
    assert answers[0][0] == 200
    assert process.wait(5) == 0


class HalfAnswer(threading.Thread):
    """Stands in for a responder that is killed while it sends its answer."""

    def __init__(self, stack, body):
        super().__init__(daemon=True)
        self.answer = b"".join(fastcgi.record(fastcgi.STDOUT, part) for part in (
            b"Status: 200\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body), body[:len(body) // 2]))
        os.unlink(stack.fcgi_socket)
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(stack.fcgi_socket)
        os.chmod(stack.fcgi_socket, 0o666)
        self.listening.listen()
        self.start()

    def run(self):
        while True:
            with self.listening.accept()[0] as s:
                s.recv(65536)
                s.sendall(self.answer)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_half_an_answer_is_not_taken_for_a_whole_one(own_stack, coding):
    own_stack.stop_pool()
    HalfAnswer(own_stack, b"[" + b'"text",' * 8000 + b"0]")
    client = http.client.HTTPConnection("127.0.0.1", own_stack.port, timeout=15)
    client.request("GET", "/api/dashboard", headers={"Accept-Encoding": coding})
    response = client.getresponse()
    assert response.status == 200 and response.headers.get("Content-Encoding", "identity") == coding
    with pytest.raises(http.client.IncompleteRead):
        response.read()


WHOLE = fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(fastcgi.request_params("GET", "/api/dashboard")))
POST = (fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(fastcgi.request_params(
    "POST", "/api/vessels", b"x" * 1000))) + fastcgi.record(fastcgi.PARAMS))

PEERS = {
    "silent": b"",
    "one byte": b"\x01",
    "half a header": fastcgi.begin()[:5],
    "begin, then silence": fastcgi.begin(),
    "half the parameters": WHOLE[:60],
    "parameters that never end": WHOLE,
    "garbage": bytes(range(256)) * 40,
    "half a body": POST + fastcgi.record(fastcgi.STDIN, b"x" * 500),
    "no body": POST,
    "another version": fastcgi.record(fastcgi.BEGIN, b"\0\1\0\0\0\0\0\0", version=9),
    "another role": fastcgi.begin(role=2) + WHOLE[16:],
    "keeps the connection": fastcgi.begin(flags=1) + WHOLE[16:] + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN),
    "parameters of a huge length": fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xffAB"),
    "unknown records": fastcgi.begin() + fastcgi.record(42, b"?" * 100) * 50,
    "body without parameters": fastcgi.begin() + fastcgi.record(fastcgi.STDIN, b"x" * 10),
}


@pytest.mark.alone
@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_bad_peers(own_stack):
    """Eight at once for four responders, kind after kind: a good request is answered within about two timeouts, and every
    responder lives."""
    pids = own_stack.responder_pids()
    worst = 0
    for name, data in PEERS.items():
        peers = []
        for _ in range(8):
            s = fastcgi.connect(own_stack.fcgi_socket)
            try:
                s.sendall(data)
            except BrokenPipeError:
                pass  # refused already
            peers.append(s)
        began = time.monotonic()
        assert works(own_stack), name
        took = time.monotonic() - began
        worst = max(worst, took)
        assert took < 6, (name, took)
        for s in peers:
            s.close()
        assert own_stack.responder_pids() == pids, name
    assert worst > 1, "the peers hold a responder as long as its timeout, or this test doesn't test"


@pytest.mark.alone
@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_bad_peers_of_every_kind_at_once(own_stack):
    pids = own_stack.responder_pids()
    peers = []
    for name in ("silent", "one byte", "half the parameters", "begin, then silence", "garbage", "half a body", "silent",
                 "keeps the connection"):
        s = fastcgi.connect(own_stack.fcgi_socket)
        s.sendall(PEERS[name])
        peers.append(s)
    began = time.monotonic()
    response = own_stack.session().get("/api/dashboard")
    assert response.status_code == 200 and time.monotonic() - began < 5.5
    assert own_stack.responder_pids() == pids
    for s in peers:
        s.close()


@pytest.mark.parametrize("own_stack", [{"responders": 1}], indirect=True)
def test_clients_that_hang_up(own_stack):
    api = port.Api(own_stack)
    for n in range(60):
        api.vessel(notes=f"{n} " + "x" * 1900)
    pid = own_stack.responder_pids()
    ask = (fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, fastcgi.pairs(fastcgi.request_params("GET", "/api/vessels?per_page=100")))
           + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN))
    for read in (0, 1, 1000, 70000):
        for _ in range(5):
            s = fastcgi.connect(own_stack.fcgi_socket)
            s.sendall(ask)
            if read:
                s.recv(read)
            s.close()
    for cut in range(0, len(ask), 7):
        with fastcgi.connect(own_stack.fcgi_socket) as s:
            s.sendall(ask[:cut])
    for _ in range(10):  # through the web server
        with socket.create_connection(("127.0.0.1", own_stack.port)) as s:
            s.sendall(b"GET /api/vessels?per_page=100 HTTP/1.1\r\nHost: x\r\n\r\n")
    # One that doesn't read its answer: the send timeout frees the responder.
    s = fastcgi.connect(own_stack.fcgi_socket)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.sendall(ask)
    assert works(own_stack)
    s.close()
    assert own_stack.responder_pids() == pid


def test_pool_ends_whole(own_stack):
    pids = own_stack.responder_pids()
    agent = own_stack.processes["agent"].pid
    assert own_stack.stop_pool() is not None
    assert own_stack.stop_agent() is not None
    assert not any(os.path.exists(f"/proc/{pid}") for pid in [*pids, agent])


@pytest.mark.parametrize("own_stack", [{"responders": 4}], indirect=True)
def test_memory_stays(own_stack, long):
    """What a responder has after many requests it had after some."""
    api = port.Api(own_stack)
    vessel = api.vessel("operations_active")

    def use(rounds):
        for _ in range(rounds):
            api.get("/api/dashboard")
            api.get("/api/vessels", per_page=100)
            api.tally(vessel["id"])
            api.refused("POST", "/api/vessels", {"name": 3}, 400, "name", "vessel_type")
    use(200)
    before = own_stack.pss_kib()
    use(2000 if long else 400)
    after = own_stack.pss_kib()
    print(f"PSS of 4 responders: {before} KiB, then {after} KiB")
    assert after < before * 1.1 + 1024
