# SPDX-License-Identifier: Apache-2.0
"""All responders replaced under load by the pool's own script: no request fails, no write is lost or done twice, and nobody is left
over; whether the programs are new, the settings (and with them the layout of the shared memory) or the size of the pool."""
import contextlib
import http.client
import json
import os
import re
import signal
import threading
import time

import fastcgi
import port
import pytest

from stack import Stack, children_of, eventually, program_of

CLIENTS = 100
PATHS = ("/api/dashboard", "/api/vessels", "/health/ready")


class CountedStack(Stack):
    """Its pool has the size that `stevedoresctl workers` says, as an installed one. Settings that are to change while it runs are
    in the file alone: the environment would win."""

    def __init__(self):
        super().__init__(responders=4)
        self.file = {"WEB_WORKERS": "4"}

    def write_env_file(self):
        super().write_env_file()
        with open(os.path.join(self.run_dir, "stevedores.env"), "a", encoding="utf-8") as f:
            f.writelines(f"{name}={value}\n" for name, value in self.file.items())

    def fill(self, template, target, mode=0o644, change=lambda text: text):
        def count(text):
            command = f"{self.prefix}/bin/stevedoresctl --env-file {self.run_dir}/stevedores.env workers --count"
            return change(text.replace("count=4 &&", f"count=$({command}) &&"))
        return super().fill(template, target, mode, count)

    def roll(self, check=True, **changes):
        """With these settings; seconds that it took."""
        self.file.update(changes)
        self.write_env_file()
        began = time.monotonic()
        done = self.run(os.path.join(self.run_dir, "pool.sh"), "--restart", str(self.processes["pool"].pid), check=check)
        return time.monotonic() - began if check else done

    def below(self, part="pool"):
        """The multiwatches of a part."""
        return [pid for pid in children_of(self.processes[part].pid) if program_of(pid) == "multiwatch"]


@pytest.fixture(name="counted")
def fixture_counted():
    with CountedStack() as stack:
        yield stack


class Client(threading.Thread):
    """One connection, one request after the other, nothing asked twice; every fourth is a tally with an id of its own."""

    def __init__(self, stack, number, vessel):
        super().__init__()
        self.http = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
        self.number, self.vessel = number, vessel
        self.stop = threading.Event()
        self.reads, self.written, self.failed, self.slowest = 0, [], [], 0.0

    def ask(self, method, path, status, body=None):
        headers = {"Authorization": f"Bearer {fastcgi.KEY}", "Content-Type": "application/json"}
        began = time.monotonic()
        try:
            self.http.request(method, path, json.dumps(body) if body else None, headers)
            answer = self.http.getresponse()
            text = answer.read()
            if answer.status != status:
                self.failed.append((method, path, answer.status, text[:200]))
        except (OSError, http.client.HTTPException) as error:
            self.failed.append((method, path, repr(error), b""))
            self.http.close()
            return False
        self.slowest = max(self.slowest, time.monotonic() - began)
        return answer.status == status

    def run(self):
        turn = self.number
        while not self.stop.is_set():
            turn += 1
            if turn % 4:
                self.reads += self.ask("GET", PATHS[turn % len(PATHS)], 200)
                continue
            tally = port.new_id()
            if self.ask("POST", f"/api/vessels/{self.vessel}/tallies", 201,
                        {"id": tally, "tally_type": "loaded", "cargo_type": "automobile", "count": 1}):
                self.written.append(tally)


def places(stack):
    """Who is in the pool, as the program itself has it."""
    text = stack.session().get("/metrics").text
    return int(re.search(r"^stevedores_responders(?:\{[^}]*\})? (\d+)", text, re.M).group(1))


def segment(stack):
    return os.stat("/dev/shm" + stack.shm_name).st_ino


def alive(pids):
    """Those of them who are no corpses: whose parent died waits for a stranger to bury it."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as f:
            if f.read().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(pid)
    return found


def only_new_ones(stack, old, number):
    """The old ones are gone, and there are so many new ones."""
    assert not alive(old)
    eventually(lambda: len(stack.responder_pids()) == number, f"{number} responders", 10)
    assert len(stack.below()) == 1
    return stack.responder_pids()


@pytest.mark.alone
def test_three_restarts_under_load(counted):
    vessel = port.Api(counted).vessel("operations_active")["id"]
    errors_before = counted.log_text("nginx-error.log")
    clients = [Client(counted, n, vessel) for n in range(CLIENTS)]
    pids, took = counted.responder_pids(), []
    agent, shm = children_of(counted.processes["agent"].pid), segment(counted)
    for client in clients:
        client.start()
    try:
        time.sleep(2)
        took.append(counted.roll())  # as after new programs
        pids = only_new_ones(counted, pids, 4)
        assert segment(counted) == shm
        time.sleep(1)
        took.append(counted.roll(WEB_WORKERS="6"))
        pids = only_new_ones(counted, pids, 6)
        assert children_of(counted.processes["agent"].pid) == agent and segment(counted) == shm
        time.sleep(1)
        took.append(counted.roll(WEB_WORKERS="3", CACHE_LOCAL_MB="24"))
        pids = only_new_ones(counted, pids, 3)
        assert segment(counted) != shm, "another layout"
        eventually(lambda: children_of(counted.processes["agent"].pid) != agent, "the agent is another one", 10)
        time.sleep(2)
    finally:
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()
    failed = [f for client in clients for f in client.failed]
    written = [tally for client in clients for tally in client.written]
    rows = [str(row[0]) for row in counted.psql("SELECT id FROM cargo_tallies WHERE vessel_id = %s", (vessel,))]
    print(f"{sum(c.reads for c in clients)} reads and {len(written)} tallies of {CLIENTS} clients, {len(failed)} failed; three"
          f" restarts in {', '.join(f'{t:.1f}' for t in took)} s; slowest answer {max(c.slowest for c in clients):.2f} s")
    assert not failed, failed[:5]
    assert sorted(rows) == sorted(written)
    assert counted.log_text("nginx-error.log") == errors_before, "nginx asked none twice"
    eventually(lambda: places(counted) == 3, "the places are those of the living", 10)
    assert counted.value("SELECT sum(count) FROM cargo_tallies WHERE vessel_id = %s", (vessel,)) == len(written)


def test_unsound_settings_leave_all_as_it_was(counted):
    pids = counted.responder_pids()
    done = counted.roll(check=False, CACHE_LOCAL_MB="many")
    assert done.returncode == 78 and "CACHE_LOCAL_MB" in done.stderr and "as it was" in done.stderr
    os.kill(counted.processes["pool"].pid, signal.SIGHUP)  # the pool looks by itself, too
    eventually(lambda: "CACHE_LOCAL_MB" in counted.log_text("pool.log"), "it was said", 10)
    time.sleep(1.5)
    assert counted.responder_pids() == pids
    assert counted.session().get("/api/dashboard").status_code == 200
    counted.roll(CACHE_LOCAL_MB="16")
    only_new_ones(counted, pids, 4)


def test_only_a_pool_is_restarted(counted):
    done = counted.run(os.path.join(counted.run_dir, "pool.sh"), "--restart", str(counted.processes["agent"].pid), check=False)
    assert done.returncode == 64 and "is not this pool" in done.stderr
    assert counted.processes["agent"].poll() is None


def test_a_request_in_hand_is_finished_first(counted):
    """However long it takes; the new ones answer meanwhile."""
    vessel = port.Api(counted).vessel("operations_active")["id"]
    lock = counted.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE cargo_tallies IN ACCESS EXCLUSIVE MODE")
    pids, answers = counted.responder_pids(), []
    body = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 3}
    sender = threading.Thread(target=lambda: answers.append(
        counted.session().post(f"/api/vessels/{vessel}/tallies", json=body).status_code))
    sender.start()
    eventually(lambda: counted.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 1,
               "the request waits for the lock", 10)
    roll = threading.Thread(target=counted.roll)
    roll.start()
    eventually(lambda: len(alive(pids)) == 1, "the idle ones are gone", 10)
    assert counted.session().get("/api/vessels").status_code == 200 and not answers
    lock.rollback()
    lock.close()
    sender.join(15)
    roll.join(15)
    assert answers == [201]
    only_new_ones(counted, pids, 4)


def test_no_process_is_lost_with_the_one_above_it(counted):
    """multiwatch is started again on the same socket; with the pool's first process all end."""
    pids = counted.responder_pids()
    os.kill(counted.below()[0], signal.SIGKILL)
    eventually(lambda: len(counted.responder_pids()) == 4 and not set(pids) & set(counted.responder_pids()), "four new ones", 10)
    eventually(lambda: not alive(pids), "the old ones have ended", 10)
    only_new_ones(counted, pids, 4)
    assert counted.session().get("/api/dashboard").status_code == 200
    pids, below = counted.responder_pids(), counted.below()
    counted.processes["pool"].kill()
    counted.processes["pool"].wait()
    eventually(lambda: not alive(pids + below), "all are gone", 10)


def test_a_pool_with_unsound_settings_does_not_start(counted):
    counted.stop_pool()
    counted.file["CACHE_LOCAL_MB"] = "many"
    counted.write_env_file()
    with pytest.raises(AssertionError, match="ended with 78:\n.*CACHE_LOCAL_MB"):
        counted.run(os.path.join(counted.run_dir, "pool.sh"))
