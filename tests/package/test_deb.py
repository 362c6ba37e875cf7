# SPDX-License-Identifier: Apache-2.0
"""The release tarball and the Debian package that is made of it: from the clone to a machine that runs it, by the words of
README.Debian, through an upgrade, to a machine that has nothing of it left. The tests of the machine are one story, in order."""
import json
import os
import re
import subprocess
import tarfile
import time

import pytest
from machine import Machine
from stack import SOURCE, eventually

ENV_FILE = "/etc/stevedores/stevedores.env"
UNITS = ("stevedores-agent", "stevedores-pool")


@pytest.fixture(scope="module")
def made(build, tmp_path_factory):
    """(tarball, package, directory): made where node and npm are traps."""
    traps = tmp_path_factory.mktemp("traps")
    out = tmp_path_factory.mktemp("out")
    for name in ("node", "npm"):
        trap = traps / name
        trap.write_text(f"#!/bin/sh\ntouch {out}/called-{name}\nexit 1\n", encoding="ascii")
        trap.chmod(0o755)
    env = {**os.environ, "PATH": f"{traps}:{os.environ['PATH']}", "NPM": "no", "DEB_BUILD_OPTIONS": "nocheck"}
    done = subprocess.run(["bash", os.path.join(SOURCE, "scripts/package"), "--build", build, "--out", str(out)],
                          env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    tarball, package = done.stdout.splitlines()[-2:]
    return tarball, package, str(out)


def test_a_release_needs_no_npm(made):
    tarball, package, out = made
    assert not [name for name in os.listdir(out) if name.startswith("called-")]
    with tarfile.open(tarball) as tar:
        root = os.path.commonprefix(tar.getnames())
        names = {name[len(root) + 1:] for name in tar.getnames()}
        page = tar.extractfile(f"{root}/web-dist/index.html").read()
    assert {"configure", "Makefile.in", "printed-dist/settings", "printed-dist/nginx/headers.conf", "web-dist/sw.js.gz",
            "web-dist/licences.txt", "scripts/debian/control", "LICENSE"} <= names
    assert not [name for name in names if re.search(r"(^|/)(node_modules|var|\.git|__pycache__)(/|$)", name)]
    packed = subprocess.run(f"dpkg-deb --fsys-tarfile {package} | tar -xO ./usr/share/stevedores/web/index.html", shell=True,
                            stdout=subprocess.PIPE, check=True).stdout
    assert packed == page != b""


def test_lintian_has_nothing_to_say(made):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", made[1]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


# --- the machine --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(made):
    with Machine() as m:
        m("! id -u stevedores || userdel stevedores; ! getent group stevedores || groupdel stevedores; rm -rf /etc/stevedores")
        # The first is in containers, whose packages may start nothing; the second makes the manual's index at each installation.
        m("rm -f /usr/sbin/policy-rc.d /var/lib/man-db/auto-update")
        # Debian's own cluster as after `apt install postgresql`; another name, for there may be one.
        m('pg_createcluster --port 5432 --start "$(ls /usr/lib/postgresql | sort -V | tail -n 1)" stevedores')
        # nginx as well: without the sites of whoever else uses this machine.
        m("rm -f /etc/nginx/sites-enabled/* && systemctl start nginx")
        m.before = m.files()
        m.put(made[1], "/tmp/stevedores.deb")
        m.installing = m("dpkg -i /tmp/stevedores.deb")
        yield m


@pytest.fixture(scope="module")
def say(machine):
    """Runs what README.Debian says, and only that; what is put for its placeholders is given."""
    text = machine.read("/usr/share/doc/stevedores/README.Debian")

    def run(command, **given):
        assert f"\n    {command}\n" in text, f"README.Debian doesn't say: {command}"
        return machine(command, **given)

    return run


def ask(machine, path, *options):
    """(status, body) through the web server."""
    answer = machine(f"curl -s -m 10 -w '\\n%{{http_code}}' {' '.join(options)} http://127.0.0.1:8080{path}", check=False)
    body, _, status = answer.rpartition("\n")
    return int(status), body


def test_installing_makes_a_key_and_starts_nothing(machine):
    settings = machine.read(ENV_FILE)
    assert re.search(r"^SECRET_KEY=[0-9a-f]{64}$", settings, re.M)
    assert re.search(r"^#DATABASE_URL=host=", settings, re.M) and not re.search(r"^DATABASE_URL=", settings, re.M)
    assert machine(f"stat -c '%U %a' {ENV_FILE} /etc/stevedores").split() == ["stevedores", "600", "root", "755"]
    assert "warning" not in machine.installing.lower() and "SECRET" not in machine.installing
    for unit in UNITS:
        state = machine(f"systemctl is-enabled {unit}; systemctl is-active {unit}", check=False).split()
        assert state == ["disabled", "inactive"]
    assert "nologin" in machine("getent passwd stevedores")


def test_without_a_database_it_says_what_is_missing(machine):
    said = machine(f"runuser -u stevedores -- /usr/sbin/stevedores-agent --env-file {ENV_FILE}; echo status $?")
    assert "DATABASE_URL: must be set" in said and "status 78" in said


def test_systemd_takes_the_units(machine):
    names = [*(f"{unit}.service" for unit in UNITS), "stevedores-backup.service", "stevedores-backup.timer"]
    paths = " ".join(f"/lib/systemd/system/{name}" for name in names)
    assert machine(f"systemd-analyze verify {paths}") == ""
    for unit in UNITS:
        machine(f"man {unit.replace('pool', 'fcgi')} && man stevedores.env && man stevedoresctl")


def test_it_runs_as_the_readme_says(machine, say):
    say("runuser -u postgres -- createuser stevedores")
    say("runuser -u postgres -- createdb --owner=stevedores stevedores")
    machine(f"sed -i 's/^#DATABASE_URL=/DATABASE_URL=/' {ENV_FILE}")
    assert "Next:" in say(f"runuser -u stevedores -- stevedoresctl --env-file {ENV_FILE} init")
    # Without a terminal, as scripts do it.
    command = f"runuser -u stevedores -- stevedoresctl --env-file {ENV_FILE} user add admin --role admin"
    assert command in machine.read("/usr/share/doc/stevedores/README.Debian")
    machine(f"{command} --password-stdin", stdin="correct horse battery\n")
    say("systemctl enable --now stevedores-agent stevedores-pool")
    say("cp /usr/share/doc/stevedores/examples/nginx/stevedores.conf /etc/nginx/sites-available/stevedores")
    say("ln -s ../sites-available/stevedores /etc/nginx/sites-enabled/stevedores")
    say("nginx -t && systemctl reload nginx")
    eventually(lambda: ask(machine, "/health/ready")[0] == 200, "the pool is ready")
    assert json.loads(ask(machine, "/health/ready")[1])["status"] == "ready"
    status, page = ask(machine, "/")
    assert status == 200 and "<title>" in page
    assert "content-security-policy" in ask(machine, "/", "-i")[1].lower()


def whole_pool(machine):
    """Waits until all responders run."""
    wanted = int(machine(f"stevedoresctl --env-file {ENV_FILE} workers --count"))
    eventually(lambda: len(machine("pgrep -x stevedores-fcgi", check=False).split()) == wanted, "all responders run")


def test_the_pool_is_as_large_as_workers_says(machine):
    """What the unit's sandbox shows of the machine is enough to count with."""
    whole_pool(machine)
    assert machine("stat -c '%U %G %a' /run/stevedores/fcgi.sock").split() == ["stevedores", "www-data", "660"]
    for unit in UNITS:
        assert machine(f"systemctl show -p NRestarts --value {unit}").strip() == "0"


def test_validate_finds_no_fault(say):
    """In the settings, the rights and what the units started; 0 is for no failed check, whatever is advised."""
    said = say(f"runuser -u stevedores -- stevedoresctl --env-file {ENV_FILE} validate")
    assert "FAILED" not in said and "ok" in said


def test_a_reload_replaces_the_responders(machine):
    """With the settings of now, in the same service; and with unsound ones not at all."""
    def running():
        return set(machine("pgrep -x stevedores-fcgi").split())
    before, old, service = machine.read(ENV_FILE), running(), machine("systemctl show -p MainPID --value stevedores-pool")
    machine.write(ENV_FILE, before + "WEB_WORKERS=5\n")
    machine("systemctl reload stevedores-pool")
    eventually(lambda: len(running()) == 5, "five responders")
    assert not running() & old
    machine.write(ENV_FILE, before + "WEB_WORKERS=many\n")
    five = running()
    assert "WEB_WORKERS" in machine("systemctl reload stevedores-pool || journalctl --no-pager -n 20 -u stevedores-pool", check=False)
    assert running() == five
    machine.write(ENV_FILE, before)
    machine("systemctl reload stevedores-pool")
    assert not running() & five
    assert machine("systemctl show -p MainPID --value stevedores-pool") == service
    assert ask(machine, "/health/ready")[0] == 200


def test_systemd_can_hold_the_socket(machine):
    """What comes while the service is started anew waits, and is answered."""
    values = {"@FCGI_SOCKET@": "/run/stevedores/fcgi.sock", "@LIBEXEC_DIR@": "/usr/libexec/stevedores", "@USER@": "stevedores",
              "@GROUP@": "www-data"}
    units = "/etc/systemd/system"
    machine(f"systemctl stop stevedores-pool && mkdir {units}/stevedores-pool.service.d")
    for name, place in (("stevedores-pool.socket", units), ("socket.conf", f"{units}/stevedores-pool.service.d")):
        with open(os.path.join(SOURCE, "fcgi-conf/systemd", f"{name}.in"), encoding="utf-8") as f:
            text = f.read()
        for old, new in values.items():
            text = text.replace(old, new)
        machine.write(f"{place}/{name}", text)
    machine("systemctl daemon-reload && systemctl start stevedores-pool.socket stevedores-pool")
    assert machine("stat -c '%U %G %a' /run/stevedores/fcgi.sock").split() == ["stevedores", "www-data", "660"]
    for verb in ("restart", "reload", "restart"):
        machine(f"systemctl {verb} stevedores-pool > /tmp/said 2>&1 & "
                "for i in $(seq 40); do curl -s -m 10 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:8080/health/live; done > /tmp/seen; wait")
        assert set(machine("cat /tmp/seen").split()) == {"200"}, verb
        assert machine("cat /tmp/said") == ""
    machine(f"systemctl stop stevedores-pool.socket stevedores-pool && rm -r {units}/stevedores-pool.s* /tmp/said /tmp/seen"
            " && systemctl daemon-reload && systemctl start stevedores-pool")
    eventually(lambda: ask(machine, "/health/ready")[0] == 200, "the pool is ready")


def test_the_pool_stops_at_once(machine):
    """And not when systemd loses patience."""
    for _ in range(6):
        before = time.monotonic()
        machine("systemctl stop stevedores-pool")
        assert time.monotonic() - before < 10
        machine("systemctl start stevedores-pool")
        whole_pool(machine)
    assert "SIGKILL" not in machine("journalctl --no-pager -u stevedores-pool")


def test_people_can_log_in(machine):
    """A write goes through everything: web server, sandbox, peer authentication at PostgreSQL. The site is told that TLS was there,
    as a proxy in front of it would say by its own configuration."""
    machine("sed -i 's/REQUEST_SCHEME  *[$]scheme/REQUEST_SCHEME https/' /etc/nginx/sites-available/stevedores && nginx -s reload")
    body = json.dumps({"username": "admin", "password": "correct horse battery"})
    login = ["-X POST", "-H 'Content-Type: application/json'", f"-d '{body}'"]
    eventually(lambda: ask(machine, "/api/login", *login)[0] == 200, "logged in")


def test_a_backup_and_the_way_back(machine, say):
    """In the unit's sandbox, and by the words of README.Debian."""
    say("systemctl enable --now stevedores-backup.timer")
    assert machine("systemctl show -p NextElapseUSecRealtime --value stevedores-backup.timer").strip()
    say("systemctl start stevedores-backup")
    folder = "/var/lib/stevedores-backup"
    assert machine(f"stat -c '%U %a' {folder}").split() == ["stevedores", "700"]
    names = machine(f"ls {folder}").split()
    assert [name.rpartition(".")[2] for name in names] == ["dump", "json", "sha256"]
    command = ("runuser -u stevedores -- stevedores-restore --env-file /etc/stevedores/stevedores.env --to-database stevedores_restored ")
    assert f"\n    {command}FILE.dump\n" in machine.read("/usr/share/doc/stevedores/README.Debian")
    say("runuser -u postgres -- createdb --owner=stevedores stevedores_restored")
    said = machine(f"{command}{folder}/{names[0]}")
    assert re.search(r"^users +1 +1$", said, re.M) and "DIFFERENT" not in said
    machine(f"systemctl disable --now stevedores-backup.timer && runuser -u postgres -- dropdb stevedores_restored && rm -r {folder}")


def test_an_upgrade_keeps_what_the_operator_wrote(machine):
    before = machine.read(ENV_FILE) + "PORT_TIMEZONE=Europe/Hamburg\n"
    machine.write(ENV_FILE, before)
    whole_pool(machine)
    old = machine("systemctl show -p MainPID --value stevedores-pool").strip()
    machine("cd /tmp && dpkg-deb -R stevedores.deb new && sed -i 's/^Version: .*/&.1/' new/DEBIAN/control && dpkg-deb -Znone -b new new.deb"
            " && dpkg -i new.deb")
    assert machine("dpkg-query -W -f '${Version}' stevedores").endswith(".1")
    assert machine.read(ENV_FILE) == before
    assert machine(f"stat -c '%U %a' {ENV_FILE}").split() == ["stevedores", "600"]
    # What ran is started anew, with the new programs.
    assert machine("systemctl show -p MainPID --value stevedores-pool").strip() not in (old, "0")
    eventually(lambda: ask(machine, "/health/ready")[0] == 200, "the pool is ready again")


def test_purging_leaves_nothing(machine):
    machine("rm /etc/nginx/sites-enabled/stevedores /etc/nginx/sites-available/stevedores && nginx -s reload")
    machine("dpkg -r stevedores")
    assert machine("pgrep ^stevedores-", check=False) == ""
    assert "SECRET_KEY" in machine.read(ENV_FILE), "removing is not purging"
    machine("dpkg -P stevedores")
    # The database is not ours, nor where nginx keeps requests for a while.
    left = {name for name in machine.files() - machine.before if not name.startswith(("/var/lib/postgresql/", "/var/lib/nginx/"))}
    assert left == set()
    assert machine("find /run/stevedores /dev/shm -mindepth 1 -name '*stevedores*' 2>/dev/null", check=False) == ""
