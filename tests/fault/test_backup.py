# SPDX-License-Identifier: Apache-2.0
"""Backup and restore, as they are installed: while people work, with what goes wrong on the way, and to a port that runs on what was
restored."""
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import port
import pytest

from stack import SOURCE, Stack, eventually

PASSWORD = "7h3-0wn3r%2Fs"  # a URI's; what it stands for is of no consequence, as the cluster trusts everybody on its socket
NEWEST = max(int(os.path.basename(path)[:4]) for path in glob.glob(os.path.join(SOURCE, "schema", "0*.sql")))
NAME = re.compile(rf"stevedores-\d{{8}}T\d{{6}}Z-{NEWEST:04}\.dump")


class Backups:
    """A stack with something in all boards, and directories for its backups."""

    def __init__(self, stack):
        self.stack = stack
        self.number = 0
        stack.ctl("demo", "--tallies", "2000")
        stack.psql("ALTER ROLE stevedores_owner CREATEDB; GRANT pg_signal_backend TO stevedores_owner")
        self.dir = self.new_dir()
        self.path = self.make(self.dir)  # for those that don't mind which

    def new_dir(self):
        self.number += 1
        path = os.path.join(self.stack.dir, f"backups-{self.number}")
        os.mkdir(path, 0o755)
        if self.stack.user:
            os.chown(path, self.stack.user.pw_uid, self.stack.user.pw_gid)
        return path

    def run(self, program, *args, status=0, before=(), **env):
        settings = [f"{name}={value}" for name, value in env.items()]
        done = self.stack.run("env", *settings, *before, os.path.join(self.stack.prefix, "bin", program), *args, check=False)
        assert done.returncode == status, f"{program} {args} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def backup(self, to, *args, **kwargs):
        return self.run("stevedores-backup", "--to", to, *args, **kwargs)

    def make(self, to, *args, **kwargs):
        """The dump's path."""
        return os.path.join(to, json.loads(self.backup(to, "--json", *args, **kwargs).stdout)["file"])

    def restore(self, path, *args, **kwargs):
        return self.run("stevedores-restore", *args, path, **kwargs)

    def copy(self):
        """Of the backup that is there, in a directory of its own."""
        to = self.new_dir()
        for path in glob.glob(self.path.removesuffix("dump") + "*"):
            shutil.copy(path, to)
            if self.stack.user:
                os.chown(os.path.join(to, os.path.basename(path)), self.stack.user.pw_uid, self.stack.user.pw_gid)
        return os.path.join(to, os.path.basename(self.path))

    def rows(self, database, sql, params=None):
        connection = self.stack.connect(database=database)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = cursor.fetchall()
        connection.close()
        return found

    def databases(self):
        return {name for name, in self.stack.psql("SELECT datname FROM pg_database")}


@pytest.fixture(scope="module")
def backups():
    with Stack(responders=2, redis=True, berths=False) as stack:
        yield Backups(stack)


def files(path):
    return sorted(name for name in os.listdir(path) if name != ".lock")


class Writer(threading.Thread):
    """Tallies without pause; what was acknowledged is in `done`."""

    def __init__(self, stack, vessel):
        super().__init__()
        self.http, self.vessel = stack.session(), vessel
        self.stop = threading.Event()
        self.done, self.refused = [], []

    def run(self):
        while not self.stop.is_set():
            tally = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "truck", "count": 1}
            answer = self.http.post(f"/api/vessels/{self.vessel}/tallies", json=tally)
            if answer.status_code == 201:
                self.done.append(tally["id"])
            else:
                self.refused.append((answer.status_code, answer.text[:300]))


class Watch(threading.Thread):
    """All command lines that there are, as anybody can read them."""

    def __init__(self):
        super().__init__()
        self.stop = threading.Event()
        self.seen = set()

    def run(self):
        while not self.stop.wait(0.03):
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as f:
                        self.seen.add(f.read())
                except OSError:
                    pass


def test_under_load_and_into_a_fresh_database(backups):
    """All that was acknowledged before it began is in it; what is restored is sound, and the programs run on it. No password is seen."""
    stack = backups.stack
    vessel = port.Api(stack).vessel("operations_active")["id"]
    writers, watch = [Writer(stack, vessel) for _ in range(2)], Watch()
    for thread in (*writers, watch):
        thread.start()
    try:
        eventually(lambda: all(len(writer.done) > 10 for writer in writers), "tallies are written")
        before = [tally for writer in writers for tally in writer.done]
        url = os.path.join(stack.run_dir, "owner_url")
        with open(url, "w", encoding="ascii") as f:
            f.write(f"postgresql://stevedores_owner:{PASSWORD}@/stevedores?host={stack.run_dir}\n")
        if stack.user:
            os.chown(url, stack.user.pw_uid, stack.user.pw_gid)
        os.chmod(url, 0o600)
        by_file = {"before": ("env", "-u", "DATABASE_OWNER_URL"), "DATABASE_OWNER_URL_FILE": url}
        to = backups.new_dir()
        made = json.loads(backups.backup(to, "--json", **by_file).stdout)
        after = sum(len(writer.done) for writer in writers)
        backups.restore(os.path.join(to, made["file"]), "--to-database", "fresh", **by_file)
    finally:
        for thread in (*writers, watch):
            thread.stop.set()
            thread.join()
    assert [writer.refused for writer in writers] == [[], []] and after > len(before)
    restored = {tally for tally, in backups.rows("fresh", "SELECT id::text FROM cargo_tallies WHERE vessel_id = %s", (vessel,))}
    assert set(before) <= restored
    seen = [line for line in watch.seen if b"--snapshot=" in line or b"pg_restore" in line]
    assert len(seen) > 1 and not [line for line in watch.seen if PASSWORD.encode() in line or b"7h3-0wn3r/s" in line]
    assert NAME.fullmatch(made["file"]) and made["schema"] == NEWEST and made["removed"] == 0
    assert {os.stat(os.path.join(to, name)).st_mode & 0o777 for name in files(to)} == {0o600} and len(files(to)) == 3
    stack.ctl("--database", "fresh", "db-audit", "totals")
    with open(os.path.join(to, made["file"].replace(".dump", ".json")), encoding="utf-8") as f:
        manifest = json.load(f)
    assert manifest["tables"]["cargo_tallies"]["rows"] == backups.rows("fresh", "SELECT count(*) FROM cargo_tallies")[0][0]
    assert made["rows"] == sum(table["rows"] for table in manifest["tables"].values()) > 3000
    # With the rights that its role had.
    env = {"DATABASE_URL": stack.conninfo.replace("dbname=stevedores", "dbname=fresh"), "DATABASE_OWNER_URL": ""}
    with stack.second_host(env=env) as other:
        there = port.Api(other)
        assert there.get("/api/vessels/%d" % vessel)["data"]["id"] == vessel
        there.post(f"/api/vessels/{vessel}/tallies", {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "truck", "count": 1})


def spoil_a_byte(path):
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))


def cut(path):
    os.truncate(path, os.path.getsize(path) - 1)


def change_the_list(path):
    spoil_a_byte(path.replace(".dump", ".json"))


def lose_the_checksums(path):
    os.unlink(path.replace(".dump", ".sha256"))


def check_something_else(path):
    with open(path.replace(".dump", ".sha256"), "w", encoding="ascii") as f:
        f.write(hashlib.sha256(b"").hexdigest() + "  empty\n")


@pytest.mark.parametrize("spoil, said", [(spoil_a_byte, "not as it was written"), (cut, "not as it was written"),
                                         (change_the_list, "not as it was written"), (lose_the_checksums, "is missing"),
                                         (check_something_else, "is not about")])
def test_what_is_not_as_it_was_written_is_refused(backups, spoil, said):
    """Before anything is restored."""
    path = backups.copy()
    spoil(path)
    assert said in backups.restore(path, "--to-database", "spoiled", status=1).stderr
    assert "spoiled" not in backups.databases()


def test_a_newer_schema_is_refused(backups):
    path = backups.copy()
    base = path.removesuffix(".dump")
    with open(base + ".json", encoding="utf-8") as f:
        text = f.read().replace(f'"schema": {NEWEST}', f'"schema": {NEWEST + 1}')
    with open(base + ".json", "w", encoding="utf-8") as f:
        f.write(text)
    with open(base + ".sha256", "w", encoding="ascii") as f:
        for end in (".dump", ".json"):
            with open(base + end, "rb") as part:
                f.write(f"{hashlib.sha256(part.read()).hexdigest()}  {os.path.basename(base)}{end}\n")
    assert f"schema {NEWEST + 1}" in backups.restore(path, "--to-database", "newer", status=1).stderr
    assert "newer" not in backups.databases()


def test_an_older_schema_is_brought_up_to_date(backups):
    """From a database that the previous release has made."""
    stack = backups.stack
    schema = os.path.join(stack.dir, "older-schema")
    shutil.copytree(stack.env["SCHEMA_DIR"], schema)
    os.chmod(schema, 0o755)
    os.unlink(glob.glob(os.path.join(schema, f"{NEWEST:04}_*"))[0])
    stack.psql("CREATE DATABASE older OWNER stevedores_owner")
    stack.run("env", f"SCHEMA_DIR={schema}", os.path.join(stack.prefix, "bin/stevedoresctl"), "--database", "older", "migrate")
    to = backups.new_dir()
    path = backups.make(to, DATABASE_OWNER_URL=stack.owner_conninfo.replace("dbname=stevedores", "dbname=older"))
    assert path.endswith(f"-{NEWEST - 1:04}.dump")
    assert f"was {NEWEST - 1}, and is {NEWEST}" in backups.restore(path, "--to-database", "newer_now").stderr
    assert backups.rows("newer_now", "SELECT max(version) FROM schema_migrations") == [(NEWEST,)]


def test_a_database_that_is_not_empty_is_left_alone(backups):
    before = backups.databases()
    assert "not empty" in backups.restore(backups.path, status=1).stderr
    assert backups.databases() == before


def old_backups(path, *times, sums=True):
    made = []
    for time in times:
        base = f"stevedores-{time}-0009"
        for end in ("dump", "json") + (("sha256",) if sums else ()):
            with open(os.path.join(path, f"{base}.{end}"), "w", encoding="ascii"):
                made.append(f"{base}.{end}")
    return made


def test_retention_takes_the_oldest_of_its_own(backups):
    to = backups.new_dir()
    gone = old_backups(to, "20200101T000000Z", "20200102T000000Z")
    stays = old_backups(to, "20200103T000000Z")
    stays += old_backups(to, "20200101T000001Z", sums=False)
    for name in ("stevedores-20190101T000000Z-0009.dump.old", "stevedores-2019.dump", "20190101T000000Z-0009.dump", "notes"):
        with open(os.path.join(to, name), "w", encoding="ascii"):
            stays.append(name)
    os.mkdir(os.path.join(to, "stevedores-20190101T000000Z-0009.dump"))
    stays.append("stevedores-20190101T000000Z-0009.dump")
    path = backups.make(to, "--keep", "2")
    new = os.path.basename(path).removesuffix(".dump")
    assert set(files(to)) == {*stays, *(f"{new}.{end}" for end in ("dump", "json", "sha256"))} and not set(gone) & set(files(to))


def test_retention_by_age_spares_what_is_young_and_what_is_later(backups):
    to = backups.new_dir()
    first = os.path.basename(backups.make(to))
    old_backups(to, "20200101T000000Z")
    later = old_backups(to, "29990101T000000Z")  # by a clock that was wrong
    second = os.path.basename(backups.make(to, "--keep-days", "1"))
    assert {name for name in files(to) if name.endswith(".dump")} == {first, second, later[0]}
    third = os.path.basename(backups.make(to, "--keep", "1"))
    assert {name for name in files(to) if name.endswith(".dump")} == {third, later[0]}


def test_one_at_a_time(backups):
    to = backups.new_dir()
    with open(os.path.join(to, ".lock"), "w", encoding="ascii") as f:
        os.chmod(f.name, 0o666)
        fcntl.flock(f, fcntl.LOCK_EX)
        assert "another" in backups.backup(to, status=75).stderr
    with ThreadPoolExecutor(2) as pool:
        program = os.path.join(backups.stack.prefix, "bin/stevedores-backup")
        found = list(pool.map(lambda _: backups.stack.run(program, "--to", to, check=False).returncode, range(2)))
    assert sorted(found) in ([0, 75], [0, 0]) and len(files(to)) == 3 * found.count(0)


@pytest.mark.parametrize("blocks", [0, 8, 40])
def test_no_room(backups, blocks):
    """Nothing may be written beyond so many KiB: at the very first, and in the middle. What was there stays, with nothing beside it."""
    to = backups.new_dir()
    made = old_backups(to, "20200101T000000Z")
    limit = ("bash", "-c", f"trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"", "limited")
    assert "as it was" in backups.backup(to, "--keep", "1", status=1, before=limit).stderr
    assert files(to) == sorted(made)


def test_without_a_database(backups):
    to = backups.new_dir()
    made = backups.backup(to, status=1, DATABASE_OWNER_URL=backups.stack.owner_conninfo.replace("dbname=stevedores", "dbname=nowhere"))
    assert "nowhere" in made.stderr and files(to) == []


def test_who_may_not_read_everything_makes_no_backup(backups):
    """Half a backup would be taken for one."""
    to = backups.new_dir()
    assert "DATABASE_OWNER_URL" in backups.backup(to, status=1, DATABASE_OWNER_URL="").stderr
    assert files(to) == []


def test_in_the_place_of_the_one_in_use(backups):
    """The pool goes on by itself, and no cache has anything of the time that was taken back."""
    stack = backups.stack
    api = port.Api(stack)
    vessel = api.vessel("arrived", name="MV Before")["id"]
    assert api.get(f"/api/vessels/{vessel}")["data"]["name"] == "MV Before"
    path = backups.make(backups.new_dir())
    api.send("PATCH", f"/api/vessels/{vessel}", {"name": "MV After"}, 200)
    later = api.vessel("arrived", name="MV Later")["id"]
    names = {row["name"] for row in api.get("/api/vessels", sort="-id")["data"]}
    assert {"MV After", "MV Later"} <= names and api.get(f"/api/vessels/{vessel}")["data"]["name"] == "MV After"
    newest = stack.value("SELECT max(version) FROM cache_versions")
    stack._forget_admin()  # pylint: disable=protected-access  # its connection is ended
    said = backups.restore(path, "--replace")
    eventually(lambda: stack.session().get("/api/vessels").status_code == 200, "the pool has found the new one")
    assert stack.value("SELECT min(version) FROM cache_versions") > newest
    eventually(lambda: api.get(f"/api/vessels/{vessel}")["data"]["name"] == "MV Before", "as promised, a second later", patience=2)
    assert not {"MV After", "MV Later"} & {row["name"] for row in api.get("/api/vessels", sort="-id")["data"]}
    assert api.http.get(f"/api/vessels/{later}").status_code == 404
    # The number is given again, and is another ship's.
    assert api.vessel("arrived", name="MV Other")["id"] == later
    assert api.get(f"/api/vessels/{later}")["data"]["name"] == "MV Other"
    [old] = [name for name in backups.databases() if name.startswith("stevedores_before_")]
    assert old in said.stderr
    assert backups.rows(old, "SELECT name FROM vessels WHERE id = %s", (later,)) == [("MV Later",)]
    stack.ctl("db-audit", "totals")
