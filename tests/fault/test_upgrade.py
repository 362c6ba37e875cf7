# SPDX-License-Identifier: Apache-2.0
"""The schema is brought up to date while people work: nothing that was acknowledged is lost, nobody waits long, and who reads a table
for hours holds up the migration alone."""
import glob
import os
import re
import shutil
import threading
import time

import port
import pytest

from stack import SOURCE, Stack, eventually

OLD = 12        # from here on each migration can be undone without a backup
LAST = max(int(os.path.basename(path)[:4]) for path in glob.glob(os.path.join(SOURCE, "schema", "0*.sql")))
PATHS = ("/api/dashboard", "/api/vessels", "/api/me/sessions", "/api/labour/dashboard", "/api/delivery/dashboard", "/health/live")


class OldSchema(Stack):
    """Begins with the migrations of some time ago, under today's programs."""

    def __init__(self):
        # A setting that keeps the database from being copied from another test's.
        super().__init__(responders=4, berths=False, env={"AUDIT_RETENTION_DAYS": "731"})
        self.whole = self.env["SCHEMA_DIR"]
        self.env["SCHEMA_DIR"] = os.path.join(self.dir, "schema")
        shutil.copytree(self.whole, self.env["SCHEMA_DIR"])
        os.chmod(self.env["SCHEMA_DIR"], 0o755)
        for number in range(OLD + 1, LAST + 1):
            os.unlink(glob.glob(os.path.join(self.env["SCHEMA_DIR"], f"{number:04}_*"))[0])

    def ready(self):
        return self.session(None).get("/health/ready").status_code

    def wait_ready(self, patience=60):
        eventually(lambda: self.ready() == 503, "it says that the schema is too old", patience)

    def upgrade(self):
        self.run("env", f"SCHEMA_DIR={self.whole}", os.path.join(self.prefix, "bin/stevedoresctl"), "migrate")

    def newest(self):
        return self.value("SELECT max(version) FROM schema_migrations")


@pytest.fixture(name="old")
def fixture_old():
    with OldSchema() as stack:
        stack.ctl("demo", "--tallies", "2000")
        yield stack


class Worker(threading.Thread):
    """Reads and writes without pause, as somebody who is logged in, so that each request reads the table of sessions."""

    def __init__(self, stack, vessel):
        super().__init__()
        self.http, self.vessel = stack.session("clerk"), vessel
        self.http.headers["Origin"] = stack.url("").rstrip("/")
        self.stop = threading.Event()
        self.asked, self.written, self.failed, self.slowest = 0, [], [], 0.0

    def ask(self, method, path, status, **body):
        began = time.monotonic()
        answer = self.http.request(method, path, **body)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.asked += 1
        if answer.status_code != status:
            self.failed.append((method, path, answer.status_code, answer.text[:300]))
        return answer.status_code == status

    def run(self):
        while not self.stop.is_set():
            for path in PATHS:
                self.ask("GET", path, 200)
            tally = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "truck", "count": 1}
            if self.ask("POST", f"/api/vessels/{self.vessel}/tallies", 201, json=tally):
                self.written.append(tally["id"])


def working(stack, meanwhile):
    """Lets four people work while that is done, and for a moment before and after."""
    vessel = port.Api(stack).vessel("operations_active")["id"]
    workers = [Worker(stack, vessel) for _ in range(4)]
    for worker in workers:
        worker.start()
    try:
        eventually(lambda: all(len(worker.written) > 3 for worker in workers), "all work")
        meanwhile()
        so_far = [len(worker.written) for worker in workers]
        eventually(lambda: all(len(worker.written) > n + 3 for worker, n in zip(workers, so_far)), "all go on")
    finally:
        for worker in workers:
            worker.stop.set()
        for worker in workers:
            worker.join()
    assert [worker.failed for worker in workers] == [[]] * 4
    written = {tally for worker in workers for tally in worker.written}
    stored = {tally for tally, in stack.psql("SELECT id::text FROM cargo_tallies WHERE vessel_id = %s", (vessel,))}
    assert written == stored
    stack.ctl("db-audit", "totals")
    return workers


def stepped_back(stack):
    return stack.log_text("server.json").count("lock timeout")


def test_forward_back_and_forward_again(old):
    """First while somebody reads for long, as a backup does: the migration steps back, and people wait behind it for no more than its
    second. Then the way back that the README has, and once more with nobody in the way."""
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('sessions', 'api_keys') ORDER BY 1"
    before = old.psql(indexes)
    reader = old.connect()
    reader.autocommit = False
    reader.cursor().execute("SELECT count(*) FROM sessions")

    def in_the_way():
        upgrading = threading.Thread(target=old.upgrade)
        upgrading.start()
        eventually(lambda: stepped_back(old) > 1, "it stepped back twice")
        assert old.newest() == OLD
        reader.rollback()
        upgrading.join()
    workers = working(old, in_the_way)
    reader.close()
    eventually(lambda: old.ready() == 200, "it is ready")
    assert old.newest() == LAST and max(worker.slowest for worker in workers) < 5
    after = old.psql(indexes)
    assert after != before

    with open(os.path.join(SOURCE, "schema/README.md"), encoding="utf-8") as f:
        ways = re.findall(r"^\| `(\d{4})` \|.*as the owner `(DROP [^`]*)`", f.read(), re.M)
    assert [int(number) for number, _ in ways] == list(range(LAST, OLD, -1))
    for _, back in ways:
        old.psql(back, user="stevedores_owner")
    assert old.psql(indexes) == before and old.newest() == OLD

    workers = working(old, old.upgrade)
    assert old.psql(indexes) == after
    assert max(worker.slowest for worker in workers) < 5
