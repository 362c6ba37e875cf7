# SPDX-License-Identifier: Apache-2.0
"""fcgi-conf/container/entry as the first process of a container: container.sh makes one without an engine. PostgreSQL is outside."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import fastcgi
import port
import pytest

from stack import SOURCE, Stack, children_of, eventually, program_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a container")


class Container(Stack):
    """A stack of which only PostgreSQL runs on this machine, and the rest in the container."""

    def __init__(self):
        super().__init__(env={"WEB_WORKERS": "4"})
        self.place = tempfile.mkdtemp(prefix="container", dir=os.environ.get("STEVEDORES_TEST_TMP"))
        self.image = os.path.join(self.dir, "image")
        self.container = None

    def put(self, template, path, **values):
        """A template filled in, in the image."""
        values = {"SBIN_DIR": f"{self.prefix}/sbin", "BIN_DIR": f"{self.prefix}/bin", "LIBEXEC_DIR": "/libexec", "USER": self.user.pw_name,
                  "ENV_FILE": "/etc/stevedores.env", "FCGI_SOCKET": "/run/stevedores/fcgi.sock", "GROUP": "www-data", **values}
        with open(os.path.join(SOURCE, "fcgi-conf", template), encoding="utf-8") as f:
            text = f.read()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        self.write(path, text)

    def web(self):
        """The built client, or a page that stands for it where there is none."""
        built = f"{self.prefix}/share/stevedores/web"
        if os.path.isdir(built):
            return built
        self.write("web/index.html", "<!DOCTYPE html><title>Stevedores</title>")
        return "/web"

    def write(self, path, text):
        path = os.path.join(self.image, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o755)

    def build(self):
        count = f"$({self.prefix}/bin/stevedoresctl --env-file /etc/stevedores.env workers --count)"
        self.put("container/entry.in", "entry")
        self.put("spawn-fcgi/agent.in", "libexec/agent")
        self.put("spawn-fcgi/pool.in", "libexec/pool", RESPONDERS=count)
        # Not the installed site: its paths are those that configure was told, and tests install elsewhere.
        headers = f"{self.prefix}/share/stevedores/nginx"
        self.put("nginx/stevedores.conf.in", "etc/nginx/sites-enabled/default", LISTEN=f"127.0.0.1:{self.port}", WEB_ROOT=self.web(),
                 HEADERS_CONF=f"{headers}/headers.conf", HEADERS_HTTP_CONF=f"{headers}/headers-http.conf",
                 EVENTS_CONF="/etc/nginx/snippets/no[-]events.conf", EVENTS_HTTP_CONF="/etc/nginx/snippets/no[-]events.conf")
        self.write("etc/stevedores.env", "")
        for log, target in (("access", "/dev/null"), ("error", "/dev/stderr")):
            os.makedirs(f"{self.image}/var/log/nginx", exist_ok=True)
            os.symlink(target, f"{self.image}/var/log/nginx/{log}.log")

    def boot(self, **env):
        self.throw_away()
        bind = f"{self.run_dir} {self.prefix}"
        with open(os.path.join(self.log_dir, "container.log"), "wb") as log:
            self.container = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL",
                 os.path.join(SOURCE, "tests/fault/container.sh"), self.place, self.image, "/entry"],
                env={**self.environment(), **env, "BIND": bind}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def entry(self):
        """The first process, as this machine sees it."""
        return children_of(self.container.pid)[0]

    def below(self, name, pid=None):
        """All processes of that name in the container."""
        found = []
        for child in children_of(pid or self.entry()):
            found += [child] * (program_of(child) == name) + self.below(name, child)
        return found

    def start(self, postgres=True):  # pylint: disable=unused-argument
        self.build()
        self.start_database()
        return self

    def up(self, **env):
        self.boot(**env)
        self.wait_ready(30)
        eventually(lambda: len(self.below("stevedores-fcgi")) == 4, "the pool is whole", 10)

    def down(self, sig=signal.SIGTERM):
        """Its status, and seconds until its end."""
        began = time.monotonic()
        os.kill(self.entry(), sig)
        return self.container.wait(30), time.monotonic() - began

    def said(self):
        return self.log_text("container.log")

    def throw_away(self):
        if self.container is not None and self.container.poll() is None:
            self.container.kill()
            self.container.wait()

    def stop(self):
        self.throw_away()
        super().stop()
        shutil.rmtree(self.place, ignore_errors=True)


@pytest.fixture(name="box", scope="module")
def fixture_box():
    with Container() as container:
        yield container


def test_page_login_and_a_write(box):
    box.up()
    assert "<title>" in box.session(None).get("/").text
    vessel = port.Api(box).vessel("operations_active")["id"]
    clerk = box.session("clerk")
    answer = clerk.post(f"/api/vessels/{vessel}/tallies", headers={"Origin": f"http://127.0.0.1:{box.port}"},
                        json={"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 3})
    assert answer.status_code == 201, answer.text
    for name in ("stevedores-fcgi", "stevedores-agen", "multiwatch"):
        for pid in box.below(name):
            assert os.stat(f"/proc/{pid}").st_uid == box.user.pw_uid
    status, took = box.down()
    print(f"an idle one ends in {took:.1f} s")
    assert status == 0 and took < 5, box.said()


def replaceable(box, name):
    """The agent's multiwatch is not: the entry started it itself."""
    return [pid for pid in box.below(name) if pid not in children_of(box.entry())]


def replaced(box, name, old, number):
    def new():
        return replaceable(box, name)
    eventually(lambda: len(new()) == number and not set(old) & set(new()), f"{name} comes back", 10)


def test_who_is_killed_comes_back(box):
    box.up()
    for name, number in (("stevedores-agen", 1), ("stevedores-fcgi", 4), ("multiwatch", 1)):
        old = replaceable(box, name)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        replaced(box, name, old, number)
    box.wait_ready(10)
    eventually(lambda: all(program_of(pid) != "stevedores-fcgi" for pid in children_of(box.entry())), "orphans are buried", 10)
    old = box.below("stevedores-fcgi")
    os.kill(box.entry(), signal.SIGHUP)
    replaced(box, "stevedores-fcgi", old, 4)
    assert box.session().get("/api/dashboard").status_code == 200
    os.kill(box.below("nginx")[0], signal.SIGKILL)
    assert box.container.wait(15) == 137
    assert "ended with 137" in box.said()


class Writer(threading.Thread):
    """Tallies on a connection each, until nobody takes one any more."""

    def __init__(self, box, vessel):
        super().__init__()
        self.box, self.path = box, f"/api/vessels/{vessel}/tallies"
        self.written, self.failed = [], []

    def run(self):
        while True:
            tally, answer = port.new_id(), None
            client = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=30)
            try:
                client.request("POST", self.path, json.dumps(
                    {"id": tally, "tally_type": "loaded", "cargo_type": "automobile", "count": 1}),
                    {"Authorization": f"Bearer {fastcgi.KEY}", "Content-Type": "application/json", "Connection": "close"})
                answer = client.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                if answer is not None:
                    self.failed.append(repr(error))  # the answer was cut
                return  # nginx has gone, or had not taken the connection yet
            finally:
                client.close()
            if answer.status != 201:
                self.failed.append(answer.status)
                return
            self.written.append(tally)


def test_it_ends_under_load_and_drops_nothing(box):
    """Whatever nginx had taken is answered: none is refused or cut, and nothing is written that nobody was told of."""
    box.up()
    vessel = port.Api(box).vessel("operations_active")["id"]
    writers = [Writer(box, vessel) for _ in range(50)]
    for writer in writers:
        writer.start()
    time.sleep(2)
    status, took = box.down()
    for writer in writers:
        writer.join()
    written = [tally for writer in writers for tally in writer.written]
    rows = [str(row[0]) for row in box.psql("SELECT id FROM cargo_tallies WHERE vessel_id = %s", (vessel,))]
    print(f"{len(written)} tallies, then it ended in {took:.1f} s")
    assert [failure for writer in writers for failure in writer.failed] == []
    assert sorted(rows) == sorted(written) and len(rows) > 100
    assert status == 0 and took < 10, box.said()


def test_unsound_settings_end_it_at_once(box):
    began = time.monotonic()
    box.boot(CACHE_LOCAL_MB="many")
    assert box.container.wait(10) == 78 and time.monotonic() - began < 5
    assert "CACHE_LOCAL_MB" in box.said() and "settings are not sound" in box.said()


def test_it_migrates_when_told_to(box):
    box.up(STEVEDORES_MIGRATE="yes")
    assert box.down()[0] == 0
    box.boot(STEVEDORES_MIGRATE="yes", DATABASE_OWNER_URL="host=/nowhere dbname=stevedores user=stevedores_owner")
    assert box.container.wait(20) not in (0, 78)
    assert "could not be brought up to date" in box.said()
