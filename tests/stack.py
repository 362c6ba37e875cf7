#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real stack for tests: PostgreSQL, responder pool, agent and nginx, all private to one temporary directory.

Nothing here stands in for a part: the pool is started by the template that an operator uses, nginx by its template, the
schema by `stevedoresctl migrate`. STEVEDORES_PREFIX says where the programs are installed.

`stack.py --hold [--demo]` starts one for tests in another language, prints KEY=VALUE lines (BASE_URL first) and runs
until SIGTERM or the end of its standard input.
"""
import argparse
import atexit
import contextlib
import ctypes
import glob
import hashlib
import json
import os
import pwd
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import psycopg2
import requests

import apache
import fastcgi

TESTS = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(TESTS)
PATIENCE = 60  # seconds until a part that doesn't come up fails the test; generous for sanitizer builds
SUPERUSER = "postgres"
PASSWORD = "correct horse battery"  # of everybody here
FRONTS = ("nginx", "fcgid", "proxy_fcgi")  # apache.py has the other two
NCHAN = "/etc/nginx/modules-enabled/*-mod-nchan.conf"  # Debian's libnginx-mod-nchan
ROLES = ("viewer", "clerk", "supervisor", "manager", "admin")  # each is somebody's name as well

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def eventually(ask, what, patience=PATIENCE, pause=0.05):
    """Asks until the answer is true, which is returned."""
    end = time.monotonic() + patience
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {patience} s: {what}")
        time.sleep(pause)


def unprivileged_user():
    """Whom everything runs as when the tests run as root; PostgreSQL refuses root. None: as we are."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam(os.environ.get("STEVEDORES_TEST_USER", "nobody"))


def postgres_bin(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    path = found[-1] if found else shutil.which(name)
    assert path, f"{name} is not installed"
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []


def program_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            return f.read().strip()
    except OSError:
        return ""


def open_sockets(pid):
    """Inodes of the sockets that a process has open."""
    found = set()
    for fd in glob.glob(f"/proc/{pid}/fd/*"):
        with contextlib.suppress(OSError):
            target = os.readlink(fd)
            if target.startswith("socket:"):
                found.add(target)
    return found


class BlackHole:
    """An address that drops what is sent to it: a listener that never accepts, its queue full. The kernel answers no further
    SYN then."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(0)
        self.port = port
        self.fill = []
        while self.takes():
            assert len(self.fill) < 64, "the queue has no end"

    def takes(self):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", self.port))
        taken = bool(select.select([], [s], [], 0.2)[1])
        if taken:
            self.fill.append(s)
        else:
            s.close()
        return taken

    def close(self):
        for s in [*self.fill, self.listener]:
            s.close()


class Session(requests.Session):
    """Requests that take paths, never hang, and never follow or retry on their own. As an admin's machine, with its API key; as
    somebody of a role who is logged in; or, with None, as nobody."""

    def __init__(self, stack, role="key"):
        super().__init__()
        self.stack = stack
        self.trust_env = False
        if role == "key":
            self.headers["Authorization"] = f"Bearer {fastcgi.KEY}"
        elif role:
            self.cookies.set(*stack.login(role))

    def request(self, method, url, *args, **kwargs):  # pylint: disable=arguments-differ
        kwargs.setdefault("timeout", 60)
        kwargs.setdefault("allow_redirects", False)
        if url.startswith("/"):
            url = self.stack.url(url)
        return super().request(method, url, *args, **kwargs)


class Stack:
    """start() to stop(), or `with Stack() as stack`. Each part can be stopped, killed, hung and started by itself."""

    templates = {}  # of databases: directory by what is in them

    def __init__(self, responders=2, env=None, agent=True, berths=True, prefix=None, redis=False, memcached=0,
                 events=False, nginx_workers=1, front=None):
        self.front = front or os.environ.get("STEVEDORES_TEST_FRONT", "nginx")
        assert self.front in FRONTS, self.front
        self.prefix = prefix or os.environ.get("STEVEDORES_PREFIX")
        assert self.prefix, "STEVEDORES_PREFIX must say where the programs are installed"
        self.responders = responders
        self.with_agent = agent
        self.with_berths = berths
        self.with_redis = redis
        self.with_events = events
        self.nginx_workers = nginx_workers
        self.events_idle_s, self.events_ping_s = 300, 30
        self.redis_port = free_port()
        self.memcached_ports = [free_port() for _ in range(memcached)]
        self.user = unprivileged_user()
        self.dir = tempfile.mkdtemp(prefix="s", dir=os.environ.get("STEVEDORES_TEST_TMP"))
        os.chmod(self.dir, 0o755)
        self.run_dir = self._make_dir("run")
        self.log_dir = self._make_dir("log")
        self.data_dir = os.path.join(self.dir, "pg")
        self.pool_socket = os.path.join(self.run_dir, "fcgi.sock")
        self.web_root = os.path.join(self.prefix, "share/stevedores/web")
        self.port = free_port()
        self.shm_name = f"/stevedores-test-{secrets.token_hex(6)}"
        self.conninfo = f"host={self.run_dir} port=5432 dbname=stevedores user=stevedores"
        self.owner_conninfo = self.conninfo.replace("user=stevedores", "user=stevedores_owner")
        self.env = {
            "DATABASE_URL": self.conninfo,
            "DATABASE_OWNER_URL": self.owner_conninfo,
            "PLAIN_HTTP": "on",
            "SECRET_KEY": secrets.token_hex(32),
            "SHM_NAME": self.shm_name,
            "RATE_LIMIT": "off",  # tests ask faster than people; those of limits switch it on
            "SCHEMA_DIR": os.path.join(self.prefix, "share/stevedores/schema"),
        }
        if redis:
            self.env["REDIS_URL"] = f"redis://127.0.0.1:{self.redis_port}"
        if memcached:
            self.env["MEMCACHED_SERVERS"] = ",".join(f"127.0.0.1:{port}" for port in self.memcached_ports)
        if events:
            self.env["EVENTS_SOCKET"] = os.path.join(self.run_dir, "events.sock")
        self.env.update(env or {})
        self.processes = {}  # part: Popen
        self._admin = None
        self._logins = {}  # role: the session's cookie
        self._give_away(self.dir)

    # --- parts -------------------------------------------------------------------------------------------------

    def _make_dir(self, name):
        path = os.path.join(self.dir, name)
        os.mkdir(path, 0o755)
        self._give_away(path)
        return path

    def _give_away(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _child(self, death_signal):
        """Runs in the child before exec: another user, a group of its own, and an end together with the tests."""
        def prepare():
            os.setpgid(0, 0)
            if self.user:
                os.setgroups([])
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)
            libc.prctl(PR_SET_PDEATHSIG, death_signal)  # after setuid, which takes it back
        return prepare

    def environment(self):
        env = {name: os.environ[name] for name in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
               if name in os.environ}
        env["PATH"] = env.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        env.update(HOME=self.dir, TMPDIR=self.dir, **self.env)
        return env

    def spawn(self, part, argv, death_signal=signal.SIGTERM):
        with open(os.path.join(self.log_dir, f"{part}.log"), "ab") as log:
            process = subprocess.Popen(argv, cwd=self.dir, env=self.environment(), stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, preexec_fn=self._child(death_signal))
        self.processes[part] = process
        return process

    def run(self, *argv, check=True, stdin=None, timeout=600):
        """A program to its end, as the user that the stack runs as."""
        done = subprocess.run(argv, cwd=self.dir, env=self.environment(), input=stdin, capture_output=True, text=True,
                              timeout=timeout, check=False, preexec_fn=self._child(signal.SIGKILL))
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def ctl(self, *args, **kwargs):
        return self.run(os.path.join(self.prefix, "bin/stevedoresctl"), *args, **kwargs)

    def end(self, part, sig=signal.SIGTERM, patience=30):
        """Ends a part and everything that it started. Returns its exit status."""
        process = self.processes.pop(part, None)
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sig)
            process.send_signal(signal.SIGCONT)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # only what outlived its parent is still there
        return process.wait()

    # --- PostgreSQL --------------------------------------------------------------------------------------------

    def init_postgres(self):
        self.run(postgres_bin("initdb"), "-D", self.data_dir, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
                 "--locale=C.UTF-8", "--no-sync")
        self.write_postgres_settings()

    def postgres_settings(self):
        return {
            "listen_addresses": "", "unix_socket_directories": self.run_dir, "port": 5432, "max_connections": 60,
            "shared_buffers": "64MB", "fsync": "off", "full_page_writes": "off", "autovacuum": "off",
            "logging_collector": "on", "log_destination": "jsonlog", "log_directory": self.log_dir,
            "log_filename": "server.log", "log_rotation_age": 0, "log_rotation_size": 0, "timezone": "UTC",
        }

    def write_postgres_settings(self):
        with open(os.path.join(self.data_dir, "postgresql.auto.conf"), "w", encoding="ascii") as f:
            f.writelines(f"{name} = '{value}'\n" for name, value in self.postgres_settings().items())

    def start_postgres(self):
        # SIGINT is its fast shutdown.
        self.spawn("postgres", [postgres_bin("postgres"), "-D", self.data_dir], death_signal=signal.SIGINT)
        eventually(self._postgres_answers, "PostgreSQL takes connections")

    def _postgres_answers(self):
        with contextlib.suppress(psycopg2.OperationalError):
            self.connect(SUPERUSER, "postgres").close()
            return True
        assert self.processes["postgres"].poll() is None, self.log_text("postgres.log") + self.log_text("server.log")
        return False

    def stop_postgres(self, sig=signal.SIGINT):
        self._forget_admin()
        return self.end("postgres", sig)

    def restart_postgres(self):
        self.stop_postgres()
        self.start_postgres()

    def hang_postgres(self):
        self._signal_postgres(signal.SIGSTOP)

    def wake_postgres(self):
        self._signal_postgres(signal.SIGCONT)

    def _signal_postgres(self, sig):
        postmaster = self.processes["postgres"].pid
        os.kill(postmaster, sig)  # first, so that it starts nobody meanwhile
        for pid in children_of(postmaster):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)

    def connect(self, user=SUPERUSER, database="stevedores"):
        connection = psycopg2.connect(host=self.run_dir, port=5432, user=user, dbname=database, connect_timeout=5,
                                      application_name="test")
        connection.autocommit = True
        return connection

    def _forget_admin(self):
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def psql(self, sql, params=None, user=SUPERUSER):
        """All rows of a statement, as the superuser unless told otherwise; [] when it gives none."""
        own = None if user == SUPERUSER else self.connect(user)
        if own is None and (self._admin is None or self._admin.closed):
            self._admin = self.connect()
        try:
            with (own or self._admin).cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.OperationalError:
            self._forget_admin()
            raise
        finally:
            if own is not None:
                own.close()

    def value(self, sql, params=None):
        return self.psql(sql, params)[0][0]

    def migrate(self):
        self.psql_create()
        self.ctl("migrate")
        self.add_people()
        if self.with_berths:
            self.psql("INSERT INTO berths VALUES ('B1', 220, 1), ('B2', 250, 2), ('B3', 300, 3), ('B4', 330, 4)")

    def psql_create(self):
        with self.connect(database="postgres") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE ROLE stevedores LOGIN")
            cursor.execute("CREATE ROLE stevedores_owner LOGIN")
        connection.close()
        connection = self.connect(database="postgres")
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE stevedores OWNER stevedores_owner")
        connection.close()

    # --- people ------------------------------------------------------------------------------------------------

    def add_people(self):
        """Somebody of each role, who is called after it, and an API key of the admin's."""
        self.ctl("user", "add", "admin", "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")
        for role in ROLES[:-1]:
            self.psql("INSERT INTO users (username, display_name, role, password_hash)"
                      " SELECT %s, %s, %s, password_hash FROM users WHERE username = 'admin'", (role, role, role))
        self.psql("INSERT INTO api_keys (user_id, name, prefix, role, token_hash)"
                  " SELECT id, 'tests', %s, 'admin', %s FROM users WHERE username = 'admin'",
                  (fastcgi.KEY[:12], hashlib.blake2b(fastcgi.KEY.encode(), digest_size=32).digest()))

    def login(self, role):
        """Name and value of the cookie of somebody's session; logs in the first time."""
        if role not in self._logins:
            http = Session(self, None)
            answer = http.post("/api/login", json={"username": role, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            [cookie] = [c for c in http.cookies if c.name == "stevedores_plain"]
            self._logins[role] = (cookie.name, cookie.value)
        return self._logins[role]

    def forget_logins(self):
        """After a test that ended sessions of others."""
        self._logins.clear()

    # --- Redis and memcached -----------------------------------------------------------------------------------

    def start_redis(self):
        """Keeps nothing on disk by itself: one that is to come back with its memory is stopped with SIGSTOP, or told to
        SAVE before it is killed."""
        self.spawn("redis", [shutil.which("redis-server"), "--bind", "127.0.0.1", "--port", str(self.redis_port),
                             "--save", "", "--appendonly", "no", "--dir", self.run_dir])
        eventually(lambda: self.redis("PING") == "PONG", "Redis answers")

    def redis(self, *args):
        """What redis-cli prints, "" when it can't connect."""
        return self.run(shutil.which("redis-cli"), "-h", "127.0.0.1", "-p", str(self.redis_port), *args,
                        check=False).stdout.strip()

    def start_memcached(self, n=0):
        """The n-th, process "memcached0" and so on."""
        server = self.memcached_ports[n]
        self.spawn(f"memcached{n}", [shutil.which("memcached"), "-l", "127.0.0.1", "-p", str(server), "-U", "0",
                                     "-t", "1", "-m", "64"])
        eventually(lambda: self.memcached("version", n).startswith("VERSION"), "memcached answers")

    def memcached(self, command, n=0):
        """The first lines of its answer, "" when it can't connect."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.memcached_ports[n]), 2) as s:
            s.sendall(f"{command}\r\n".encode())
            return s.recv(65536).decode()
        return ""

    def pause(self, part):
        """Stops a part as a debugger would: its connections stay, and nothing is answered."""
        os.kill(self.processes[part].pid, signal.SIGSTOP)

    def resume(self, part):
        os.kill(self.processes[part].pid, signal.SIGCONT)

    # --- what PostgreSQL was asked -----------------------------------------------------------------------------

    def postgres_log(self):
        """The server's log, parsed, up to now: a mark is written and waited for."""
        mark = f"mark {uuid.uuid4()}"
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE LOG %s; END $$" % f"'{mark}'")
        connection.close()
        path = os.path.join(self.log_dir, "server.json")

        def read():
            with open(path, encoding="utf-8") as f:
                text = f.read()
            return text if mark in text else None

        text = eventually(read, "the mark is in PostgreSQL's log", 10)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]

    @contextlib.contextmanager
    def settings(self, **settings):
        """Server settings for the program's role while inside; its connections are made anew."""
        for name, value in settings.items():
            self.psql(f"ALTER ROLE stevedores SET {name.replace('__', '.')} = %s", (value,))
        self.drop_connections()
        try:
            yield
        finally:
            for name in settings:
                self.psql(f"ALTER ROLE stevedores RESET {name.replace('__', '.')}")
            self.drop_connections()

    def drop_connections(self):
        self.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stevedores'")
        # The agent is back within CACHE_POLL_MS.
        eventually(lambda: self.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores'"
                                      " AND application_name <> 'stevedores-agent'") == 0,
                   "the program's connections are gone")

    @contextlib.contextmanager
    def explaining(self, **more):
        """Yields a function that gives the plans of all statements, nested ones too, since it was last asked: pairs of
        query and plan (as EXPLAIN's JSON has it)."""
        with self.settings(session_preload_libraries="auto_explain", auto_explain__log_min_duration="0",
                           auto_explain__log_nested_statements="on", auto_explain__log_format="json", **more):
            seen = [len(self.postgres_log())]

            def plans():
                log = self.postgres_log()
                fresh, seen[0] = log[seen[0]:], len(log)
                found = []
                for line in fresh:
                    text = line.get("message", "")
                    if line.get("user") == "stevedores" and "plan:\n" in text:
                        plan = json.loads(text.split("plan:\n", 1)[1])
                        found.append((plan["Query Text"], plan["Plan"]))
                return found

            yield plans

    @contextlib.contextmanager
    def counting(self):
        """Yields a function that gives the statements that the responders sent since it was last asked."""
        with self.settings(log_statement="all"):
            seen = [len(self.postgres_log())]

            def statements():
                log = self.postgres_log()
                fresh, seen[0] = log[seen[0]:], len(log)
                found = []
                for line in fresh:
                    match = re.match(r"(?:statement|execute [^:]*): (.*)", line.get("message", ""), re.S)
                    if line.get("user") == "stevedores" and match and line.get("application_name") != "stevedores-agent":
                        found.append(match.group(1))
                return found

            yield statements

    @property
    def fcgi_socket(self):
        """Where a responder can be asked past the web server. With mod_fcgid, where each has a socket of its own, it is one of
        theirs: right as long as nobody else asks."""
        return apache.own_socket(self) if self.front == "fcgid" else self.pool_socket

    # --- pool, agent, web server -------------------------------------------------------------------------------

    @property
    def listen(self):
        """Where the site listens."""
        return f"127.0.0.1:{self.port}"

    def fill(self, template, target, mode=0o644, change=lambda text: text, values=None):
        """`values` are more of them, or others."""
        known = {
            "RUN_DIR": self.run_dir, "LOG_DIR": self.log_dir, "LISTEN": self.listen,
            "FCGI_SOCKET": self.pool_socket, "WEB_ROOT": self.web_root if os.path.isdir(self.web_root) else self.run_dir,
            "SERVER_CONF": os.path.join(self.run_dir, "stevedores.conf"), "WORKERS": str(self.nginx_workers),
            "RESPONDERS": str(self.responders), "SBIN_DIR": os.path.join(self.prefix, "sbin"),
            "ENV_FILE": os.path.join(self.run_dir, "stevedores.env"),
            "HEADERS_CONF": os.path.join(self.run_dir, "headers.conf"),
            "HEADERS_HTTP_CONF": os.path.join(self.run_dir, "headers-http.conf"),
            "APACHE_HEADERS_CONF": os.path.join(self.run_dir, "headers.conf"),
            "SITE_CONF": os.path.join(self.run_dir, "site.conf"),
            # Patterns, so that files that aren't there are left out.
            "EVENTS_CONF": os.path.join(self.run_dir, "events[.]conf"),
            "EVENTS_HTTP_CONF": os.path.join(self.run_dir, "events-http[.]conf"),
            "MODULES_CONF": NCHAN if self.with_events else os.path.join(self.run_dir, "modules[.]conf"),
            "EVENTS_SOCKET": self.env.get("EVENTS_SOCKET", ""),
            "EVENTS_IDLE_S": str(self.events_idle_s), "EVENTS_PING_S": str(self.events_ping_s),
            **(values or {}),
        }
        with open(os.path.join(SOURCE, "fcgi-conf", template), encoding="utf-8") as f:
            text = re.sub(r"@([A-Z_]+)@", lambda match: known.get(match.group(1), match.group(0)), f.read())
        path = os.path.join(self.run_dir, target)
        with open(path, "w", encoding="utf-8") as f:
            f.write(change(text))
        os.chmod(path, mode)
        self._give_away(path)
        return path

    def write_env_file(self):
        path = os.path.join(self.run_dir, "stevedores.env")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(f"{name}={value}\n" for name, value in self.env.items())
        os.chmod(path, 0o600)
        self._give_away(path)

    def start_pool(self):
        """With mod_fcgid it is Apache that starts it, and so the web server is started."""
        self.write_env_file()
        if self.front == "fcgid":
            self.start_web()
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.pool_socket)
        self.spawn("pool", ["/bin/sh", self.fill("spawn-fcgi/pool.in", "pool.sh", 0o755)])
        eventually(lambda: len(self.responder_pids()) == self.responders and self._responders_listen(),
                   "all responders run")

    def _responders_listen(self):
        """A responder is up when it has written its first log line."""
        started = {line["pid"] for line in self.logs() if line["event"] == "started"}
        return set(self.responder_pids()) <= started

    def stop_pool(self, sig=signal.SIGTERM):
        return self.end("apache" if self.front == "fcgid" else "pool", sig)

    def restart_pool(self, **env):
        self.stop_pool()
        self.env.update(env)
        self.start_pool()

    def responder_pids(self):
        """In the order in which they were started; while they are replaced, old and new ones. Those that are about to exec are
        left out."""
        pool = self.processes.get("apache" if self.front == "fcgid" else "pool")
        parents = children_of(pool.pid) if pool else []  # Apache's process manager, or multiwatch
        return [pid for parent in parents for pid in children_of(parent) if program_of(pid) == "stevedores-fcgi"]

    def start_agent(self):
        self.write_env_file()
        self.spawn("agent", ["/bin/sh", self.fill("spawn-fcgi/agent.in", "agent.sh", 0o755)])

    def stop_agent(self, sig=signal.SIGTERM):
        return self.end("agent", sig)

    def start_web(self, change=lambda text: text):
        """`change` is given the text of the site, in the words of whichever server it is."""
        if self.front == "nginx":
            self.start_nginx(change)
        elif "apache" not in self.processes:
            apache.start(self, change)
        if self.front == "fcgid":
            eventually(lambda: apache.wake_pool(self), "all responders run")

    def stop_web(self):
        return self.stop_nginx() if self.front == "nginx" else apache.stop(self)

    def web_listens(self, part, *logs):
        """To be waited for."""
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        assert self.processes[part].poll() is None, "".join(map(self.log_text, logs))
        return False

    def write_headers(self):
        for form, name in (("nginx", "headers.conf"), ("nginx-http", "headers-http.conf")):
            with open(os.path.join(self.run_dir, name), "w", encoding="ascii") as f:
                f.write(self.ctl("headers", form).stdout)

    def start_nginx(self, change=lambda text: text, main=""):
        """`change` is given the site's text; `main` goes in front of nginx.conf's."""
        self.write_headers()
        self.fill("nginx/stevedores.conf.in", "stevedores.conf", change=change)
        if self.with_events:
            # nchan has nginx make the directory that it was built with, whatever client_body_temp_path says.
            if os.geteuid() == 0:
                os.makedirs("/var/lib/nginx/body", mode=0o700, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.env["EVENTS_SOCKET"])  # of one that was killed; nginx itself wouldn't start over it
            self.fill("nginx/stevedores-events.conf.in", "events.conf")
            self.fill("nginx/stevedores-events-http.conf.in", "events-http.conf")
        # In the foreground, so that it ends with us.
        conf = self.fill("nginx/nginx.conf.in", "nginx.conf",
                         change=lambda text: main + text.replace("daemon on;", "daemon off;"))
        nginx = shutil.which("nginx", path=self.environment()["PATH"])
        assert nginx, "nginx is not installed"
        self.spawn("nginx", [nginx, "-e", os.path.join(self.log_dir, "nginx-error.log"), "-c", conf])
        eventually(lambda: self.web_listens("nginx", "nginx.log", "nginx-error.log"), "nginx listens")

    def stop_nginx(self):
        return self.end("nginx", signal.SIGQUIT)

    def pss_kib(self, with_agent=False):
        """Proportional memory of the pool: each shared page counts once, spread over those who share it."""
        total = 0
        agents = children_of(self.processes["agent"].pid) if with_agent else []  # multiwatch is its parent
        for pid in self.responder_pids() + agents:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                total += int(re.search(r"^Pss:\s+(\d+) kB", f.read(), re.M).group(1))
        return total

    # --- from outside ------------------------------------------------------------------------------------------

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def session(self, role="key"):
        return Session(self, role)

    def log_text(self, name):
        try:
            with open(os.path.join(self.log_dir, name), encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def log_lines(self, part="pool"):
        """With mod_fcgid those of the responders are among Apache's own, which are left out."""
        lines = self.log_text(f"{part}.log").splitlines()
        return [line for line in lines if not apache.is_own_line(line)] if self.front == "fcgid" else lines

    def logs(self, part="pool"):
        """The program's log lines, parsed. What multiwatch and sanitizers write isn't JSON and is left out."""
        found = []
        for line in self.log_lines(part):
            with contextlib.suppress(ValueError):
                if line.startswith("{"):
                    found.append(json.loads(line))
        return found

    def wait_ready(self, patience=PATIENCE):
        def ready():
            with contextlib.suppress(requests.RequestException):
                return self.session(None).get("/health/ready", timeout=10).status_code == 200
            return False
        eventually(ready, "/health/ready is 200", patience)

    def start_database(self):
        """With schema and people. What that comes to is the same for nearly all stacks, and copied after the first time."""
        alike = not {"AUDIT_RETENTION_DAYS", "BOARDS", "PASSWORD_MEMORY_KIB", "PASSWORD_PASSES"} & set(self.env)
        kind = (self.prefix, self.with_berths)
        if alike and kind in Stack.templates:
            subprocess.run(["cp", "-a", "--reflink=auto", f"{Stack.templates[kind]}/.", self.data_dir], check=True)
            self.write_postgres_settings()
            self.start_postgres()
            return
        self.init_postgres()
        self.start_postgres()
        self.migrate()
        if alike:
            self.stop_postgres()
            template = tempfile.mkdtemp(prefix="template-", dir=os.environ.get("STEVEDORES_TEST_TMP"))
            atexit.register(shutil.rmtree, template, ignore_errors=True)
            subprocess.run(["cp", "-a", f"{self.data_dir}/.", template], check=True)
            Stack.templates[kind] = template
            self.start_postgres()

    def start(self, postgres=True):
        try:
            if postgres:
                self.start_database()
            else:
                self.init_postgres()
            if self.with_redis:
                self.start_redis()
            for n in range(len(self.memcached_ports)):
                self.start_memcached(n)
            if self.with_agent:
                self.start_agent()
            self.start_pool()
            self.start_web()
            if postgres:
                self.wait_ready()
        except BaseException:
            self.report(sys.stderr)
            self.stop()
            raise
        return self

    def report(self, out):
        """The logs' ends, for a failure."""
        for path in sorted(glob.glob(os.path.join(self.log_dir, "*"))):
            text = self.log_text(os.path.basename(path))
            print(f"--- {os.path.basename(path)}", *text.splitlines()[-15:], sep="\n", file=out)

    def stop(self):
        self._forget_admin()
        if "postgres" in self.processes:
            with contextlib.suppress(ProcessLookupError):
                self.wake_postgres()
        for part in ("nginx", "apache", "pool", "agent", "redis", *(f"memcached{n}" for n in range(len(self.memcached_ports)))):
            self.end(part)
        self.end("postgres", signal.SIGINT)
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/shm" + self.shm_name)
        keep = os.environ.get("STEVEDORES_TEST_LOGS")
        if keep:
            target = os.path.join(keep, os.path.basename(self.dir))
            shutil.copytree(self.log_dir, target, dirs_exist_ok=True)
        shutil.rmtree(self.dir, ignore_errors=True)

    def second_host(self, responders=2, env=None, events=False):
        """Another host for a `with`; it must be ended before this one."""
        return SecondHost(self, responders, env, events)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class SecondHost(Stack):
    """A pool, an agent and a web server on the database, Redis and memcached of another stack, with which it shares
    nothing that processes of one host share: another segment, another socket, another port. Its parts are stopped and
    started like those of the first; psql() asks the same database."""

    def __init__(self, first, responders, env, events):
        settings = {name: value for name, value in first.env.items() if name not in ("SHM_NAME", "EVENTS_SOCKET")}
        super().__init__(responders, {**settings, **(env or {})}, prefix=first.prefix, events=events)
        self.first = first

    def start(self, postgres=True):
        try:
            self.start_agent()
            self.start_pool()
            self.start_web()
            if postgres:
                self.wait_ready()
        except BaseException:
            self.report(sys.stderr)
            self.stop()
            raise
        return self

    def connect(self, user=SUPERUSER, database="stevedores"):
        return self.first.connect(user, database)


def hold(demo, responders, events):
    def leave(*_):
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    # Whoever looks at what a page has stored keeps no cookies, and would be given an answer of a moment ago.
    with Stack(responders=responders, berths=not demo, env={"CACHE_MAX_STALE_MS": "0"}, events=events) as stack:
        if demo:
            stack.ctl("demo")
        facts = {
            "BASE_URL": f"http://127.0.0.1:{stack.port}",
            "STATE_DIR": stack.dir, "LOG_DIR": stack.log_dir, "DATABASE_URL": stack.conninfo,
            "POOL_PID": stack.processes["pool"].pid, "POSTGRES_PID": stack.processes["postgres"].pid,
            "NGINX_PID": stack.processes["nginx"].pid,
            "AGENT_PID": children_of(stack.processes["agent"].pid)[0],
            "EVENTS_SOCKET": stack.env.get("EVENTS_SOCKET", ""),
            "RESPONDER_PIDS": ",".join(map(str, stack.responder_pids())),
            "READY": 1,
        }
        print(*(f"{name}={value}" for name, value in facts.items()), sep="\n", flush=True)
        while sys.stdin.buffer.raw.read(4096):
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hold", action="store_true", required=True, help="run until SIGTERM or the end of stdin")
    parser.add_argument("--demo", action="store_true", help="with the demo data")
    parser.add_argument("--events", action="store_true", help="with live events")
    parser.add_argument("--responders", type=int, default=4)
    args = parser.parse_args()
    hold(args.demo, args.responders, args.events)


if __name__ == "__main__":
    main()
