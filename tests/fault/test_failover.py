# SPDX-License-Identifier: Apache-2.0
"""Several hosts in DATABASE_URL, and sentinels in REDIS_URL: one that is silent costs its share of the time and no more, and who is in charge
is found again when that changes. What becomes of it under load, over a network: test_cluster.py."""
import contextlib
import os
import shutil
import signal

import caching
import port
import pytest

from stack import SUPERUSER, BlackHole, Stack, eventually, free_port, postgres_bin


def passed_over(stack):
    return [(line["host"], line["detail"]) for line in stack.logs() if line["event"] == "db_host_passed_over"]


def connected(stack):
    """To which host, each time, of the responders."""
    return [line["host"] for line in stack.logs() if line["event"] == "db_connected"]


def test_a_silent_host_leaves_time_for_the_next():
    hole = BlackHole(free_port())
    stack = Stack(responders=1, agent=False, env={"DATABASE_CONNECT_TIMEOUT_MS": "2000", "CACHE": "off"})
    stack.env["DATABASE_URL"] = f"host=127.0.0.1,{stack.run_dir} port={hole.port},5432 dbname=stevedores user=stevedores"
    with contextlib.closing(hole), stack:
        assert stack.session().get("/api/vessels").status_code == 200
        assert (1, "timed out") in passed_over(stack) and set(connected(stack)) == {2}
        seen, before = len(passed_over(stack)), len(connected(stack))
        stack.drop_connections()
        assert stack.session().get("/api/vessels").status_code == 200
        eventually(lambda: len(connected(stack)) > before, "it has connected anew", 10)
        assert len(passed_over(stack)) == seen, "the one that answered last is asked first"


class Standby(Stack):
    """A server that follows the one of another stack; of a stack it has nothing else."""

    def __init__(self, primary):
        super().__init__(prefix=primary.prefix)
        self.primary = primary

    def postgres_settings(self):
        return {**super().postgres_settings(), "log_statement": "all",
                "primary_conninfo": f"host={self.primary.run_dir} port=5432 user={SUPERUSER}"}

    def start(self, postgres=True):
        self.run(postgres_bin("pg_basebackup"), "-D", self.data_dir, "-h", self.primary.run_dir, "-U", SUPERUSER, "-X", "stream",
                 "--checkpoint=fast", "--no-sync")
        self.write_postgres_settings()
        self.run("touch", os.path.join(self.data_dir, "standby.signal"))
        self.start_postgres()
        return self

    def has(self, sql):
        eventually(lambda: self.psql(sql), sql, 20)

    def promote(self):
        self.run(postgres_bin("pg_ctl"), "promote", "-D", self.data_dir, "-w")

    def lists(self):
        """Statements for rows of vessels that it has been sent by the program."""
        return sum(line.get("user") == "stevedores" and "FROM vessels" in line["message"] for line in self.postgres_log())


@pytest.fixture
def pair():
    """A stack whose database has a standby, which is named first."""
    with Stack(responders=2, env={"CACHE": "off", "DATABASE_CONNECT_TIMEOUT_MS": "10000"}) as stack, Standby(stack) as standby:
        stack.restart_pool(DATABASE_URL=f"host={standby.run_dir},{stack.run_dir} port=5432 dbname=stevedores user=stevedores")
        yield stack, standby


def test_writes_go_to_the_primary_wherever_that_is(pair):
    stack, standby = pair
    api = port.Api(stack)
    vessel = api.vessel("operations_active")
    assert set(passed_over(stack)) == {(1, "takes no writes")}
    tally = api.tally(vessel["id"])
    standby.has(f"SELECT 1 FROM cargo_tallies WHERE id = '{tally['id']}'")
    stack.stop_postgres(signal.SIGKILL)
    body = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "automobile", "count": 1}
    path = f"/api/vessels/{vessel['id']}/tallies"
    refused = api.http.post(path, json=body)
    assert refused.status_code == 503 and refused.headers["Retry-After"], "a standby is not written to"
    assert standby.psql("SELECT pg_is_in_recovery()") == [(True,)]
    standby.promote()
    eventually(lambda: api.http.post(path, json=body).status_code in (200, 201), "it is stored", 15)
    assert api.read(vessel["id"])["loaded"] == 2
    assert standby.psql("SELECT count(*) FROM cargo_tallies WHERE vessel_id = %s", (vessel["id"],)) == [(2,)]


def test_a_primary_that_takes_no_writes_any_more_is_left(pair):
    """Its connections stay, as behind a PgBouncer; the write that is refused goes to the new one in the same request."""
    stack, standby = pair
    api = port.Api(stack)
    vessel = api.vessel("operations_active")
    standby.has(f"SELECT 1 FROM vessels WHERE id = {vessel['id']} AND status = 'operations_active'")
    stack.psql("ALTER SYSTEM SET default_transaction_read_only = on")
    stack.psql("SELECT pg_reload_conf()")
    eventually(lambda: stack.value("SHOW default_transaction_read_only") == "on", "it takes no writes", 10)
    standby.promote()
    for _ in range(4):  # both responders
        api.tally(vessel["id"])
    assert standby.psql("SELECT count(*) FROM cargo_tallies WHERE vessel_id = %s", (vessel["id"],)) == [(4,)]
    assert connected(stack)[-1] == 1


def exported(http):
    """Names of all vessels, as CSV has them."""
    answer = http.get("/api/vessels?fields=name", headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return set(answer.text.split("\r\n")[1:-1])


def test_exports_come_from_a_replica_while_it_has_everything():
    """Whoever wrote finds what was written in the next export, wherever that is read; everybody else after CACHE_MAX_STALE_MS."""
    with Stack(responders=1) as stack, Standby(stack) as standby:
        stack.restart_pool(DATABASE_REPLICA_URL=f"host={standby.run_dir} port=5432 dbname=stevedores user=stevedores")
        api = port.Api(stack)
        names = {api.vessel()["name"] for _ in range(3)}
        standby.has(f"SELECT 1 FROM vessels HAVING count(*) = {len(names)}")
        asked = standby.lists()
        assert exported(api.http) == names and standby.lists() > asked, "the replica is read"
        standby.psql("SELECT pg_wal_replay_pause()")
        eventually(lambda: standby.value("SELECT pg_get_wal_replay_pause_state()") == "paused", "it replays nothing", 10)
        names.add(api.vessel()["name"])
        asked = standby.lists()
        assert exported(api.http) == names and standby.lists() == asked, "it has not all, and is not read"
        assert exported(stack.session()) == names
        standby.psql("SELECT pg_wal_replay_resume()")
        standby.has(f"SELECT 1 FROM vessels HAVING count(*) = {len(names)}")
        assert exported(api.http) == names and standby.lists() > asked, "it has all again"
        standby.stop_postgres(signal.SIGKILL)
        assert exported(api.http) == names, "the primary has them, too"


# --- Sentinel -----------------------------------------------------------------------------------------------------------


def start_replica(stack, server):
    stack.spawn("replica", [shutil.which("redis-server"), "--bind", "127.0.0.1", "--port", str(server), "--save", "", "--appendonly", "no",
                            "--replicaof", "127.0.0.1", str(stack.redis_port), "--repl-diskless-sync-delay", "0"])


def start_sentinel(stack, server):
    path = os.path.join(stack.run_dir, "sentinel.conf")
    stack.run("tee", path, stdin=f"bind 127.0.0.1\nport {server}\ndir {stack.run_dir}\nsentinel monitor port 127.0.0.1 {stack.redis_port} 1\n"
                                 "sentinel down-after-milliseconds port 500\nsentinel failover-timeout port 2000\n")
    stack.spawn("sentinel", [shutil.which("redis-server"), path, "--sentinel"])


def redis(stack, server, *args):
    return stack.run("redis-cli", "-h", "127.0.0.1", "-p", str(server), *args, check=False).stdout


def is_used(stack, server):
    """A value that is put in by one host's miss is there."""
    caching.clear(stack)
    stack.session().get("/api/vessels")
    return int(redis(stack, server, "DBSIZE") or 0) > 0


def test_sentinels_say_who_is_the_master():
    hole, sentinel, replica = BlackHole(free_port()), free_port(), free_port()
    env = {"BREAKER_OPEN_MS": "300", "CACHE_CONNECT_TIMEOUT_MS": "500", "CACHE_COMMAND_TIMEOUT_MS": "500"}
    stack = Stack(responders=2, redis=True, env=env)
    stack.env["REDIS_URL"] = f"redis+sentinel://127.0.0.1:{hole.port},127.0.0.1:{sentinel}/?master=port"
    with contextlib.closing(hole), stack:
        try:
            start_replica(stack, replica)
            start_sentinel(stack, sentinel)
            eventually(lambda: is_used(stack, stack.redis_port), "the master is used", 20)
            eventually(lambda: "slave0:" in redis(stack, stack.redis_port, "INFO", "replication"), "it has a replica", 20)
            eventually(lambda: "num-slaves\n1\n" in redis(stack, sentinel, "SENTINEL", "master", "port"), "the sentinel knows it", 20)
            stack.end("redis", signal.SIGKILL)
            assert stack.session().get("/api/vessels").status_code == 200
            eventually(lambda: redis(stack, sentinel, "SENTINEL", "get-master-addr-by-name", "port").endswith(f"{replica}\n"),
                       "the replica is the master", 20)
            assert redis(stack, replica, "FLUSHALL").startswith("OK")
            eventually(lambda: is_used(stack, replica), "it is used", 20)
            masters = [line["port"] for line in stack.logs() if line["event"] == "redis_master"]
            assert set(masters) == {stack.redis_port, replica} and masters[0] == stack.redis_port, masters
        finally:
            for part in ("sentinel", "replica"):
                stack.end(part)
