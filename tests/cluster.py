#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Seven hosts on one machine, each in a network namespace of its own, for tests that cut links and kill hosts (root only).

    edge      nginx that chooses a host; a Redis Sentinel
    app1/2    pool, agent and nginx with TLS; no state of its own
    db1/2     PostgreSQL, one the primary and the other its synchronous standby, each behind a PgBouncer in transaction mode
    cache1/2  Redis, one the master and the other its replica, with a Sentinel each; memcached

A bridge joins them, in an eighth namespace; the machine's own network has no part in it. What wants in from outside takes the unix socket of
the edge's nginx, which a relay on 127.0.0.1 passes on. Nobody but fail_over() promotes a standby: it first makes sure that the old primary
is dead, which in earnest is for Patroni and its like.

`cluster.py --hold` starts one for scripts/cluster-demo, prints KEY=VALUE lines and runs until SIGTERM; `--sweep` removes what one
that was killed has left.
"""
import argparse
import contextlib
import ctypes
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys

import tls
from stack import PASSWORD, SUPERUSER, Session, Stack, eventually, postgres_bin

CLONE_NEWNET = 0x40000000
ADDRESSES = {"edge": "10.77.0.10", "app1": "10.77.0.11", "app2": "10.77.0.12", "db1": "10.77.0.21", "db2": "10.77.0.22",
             "cache1": "10.77.0.31", "cache2": "10.77.0.32"}
SWITCH = "net"
NOWHERE = "02:00:00:00:00:01"  # an address that no card has
MASTER = "port"  # what the sentinels call the Redis in charge
REDIS, SENTINEL, MEMCACHED, POSTGRES, PGBOUNCER, HTTPS = 6379, 26379, 11211, 5432, 6432, 8443
# Of each namespace: nginx has no setting for how long a host may leave packets unanswered, the kernel has (3 s).
SYSCTLS = {"net/ipv4/tcp_retries2": "3", "net/ipv4/tcp_syn_retries": "2"}

libc = ctypes.CDLL(None, use_errno=True)


def ip(*args, check=True):
    return subprocess.run(["ip", *args], capture_output=True, text=True, check=check, timeout=30).stdout


@contextlib.contextmanager
def namespace(path):
    """Its file, open."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def enter_namespace(fd):
    """This thread, from here on; what it had open stays where it was."""
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Network:
    """Namespaces called PREFIX-edge and so on, so that `ip netns exec` gets in."""

    def __init__(self, prefix):
        self.prefix = prefix

    def name(self, host):
        return f"{self.prefix}-{host}"

    def start(self):
        self.remove()
        ip("netns", "add", self.name(SWITCH))
        ip("-n", self.name(SWITCH), "link", "add", "switch", "type", "bridge")
        ip("-n", self.name(SWITCH), "link", "set", "switch", "up")
        for host, address in ADDRESSES.items():
            own, port = self.name(host), f"to-{host}"
            ip("netns", "add", own)
            ip("-n", self.name(SWITCH), "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", own)
            ip("-n", self.name(SWITCH), "link", "set", port, "master", "switch", "up")
            ip("-n", own, "link", "set", "lo", "up")
            ip("-n", own, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", own, "link", "set", "eth0", "up")
            with self.inside(host):
                for key, value in SYSCTLS.items():
                    with open(f"/proc/sys/{key}", "w", encoding="ascii") as f:
                        f.write(value)

    def remove(self):
        """Also what one that was killed has left, with whatever still runs there."""
        for line in ip("netns", "list").splitlines():
            found = line.split()[0]
            if re.fullmatch(re.escape(self.prefix) + r"-[a-z]+\d?", found):
                for pid in self.pids(found.removeprefix(f"{self.prefix}-")):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                ip("netns", "delete", found)

    def pids(self, host):
        return [int(pid) for pid in ip("netns", "pids", self.name(host)).split()]

    def enter(self, host):
        with namespace(f"/run/netns/{self.name(host)}") as there:
            enter_namespace(there)

    @contextlib.contextmanager
    def inside(self, host):
        """This thread's new sockets are the host's meanwhile."""
        with namespace("/proc/thread-self/ns/net") as home:
            self.enter(host)
            try:
                yield
            finally:
                enter_namespace(home)

    def cut(self, host):
        """Pulls its cable: it goes on by itself, and neither side hears of the other's end."""
        ip("-n", self.name(SWITCH), "link", "set", f"to-{host}", "down")

    def mend(self, host):
        ip("-n", self.name(SWITCH), "link", "set", f"to-{host}", "up")

    def cut_between(self, one, other):
        """Packets between these two go nowhere; both reach everybody else."""
        for here, there in ((one, other), (other, one)):
            ip("-n", self.name(here), "neighbour", "replace", ADDRESSES[there], "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent")

    def mend_between(self, one, other):
        for here, there in ((one, other), (other, one)):
            ip("-n", self.name(here), "neighbour", "delete", ADDRESSES[there], "dev", "eth0")


def sweep():
    """Namespaces of tests that were killed: their names begin with the number of a process that is gone."""
    for prefix in {found.group(0) for found in re.finditer(r"^sd\d+(?=-)", ip("netns", "list"), re.M)}:
        if not os.path.exists(f"/proc/{prefix[2:]}"):
            Network(prefix).remove()


class Host(Stack):
    """One machine: whatever it starts, it starts in its own namespace."""

    def __init__(self, cluster, name, env=None, **kwargs):
        self.cluster = cluster
        self.name = name
        self.network = cluster.network
        self.address = ADDRESSES[name]
        super().__init__(env=env, prefix=cluster.prefix, **kwargs)
        self.port = HTTPS

    def _child(self, death_signal):
        prepare = super()._child(death_signal)
        network, name = self.network, self.name

        def inside():
            network.enter(name)
            prepare()
        return inside

    @property
    def listen(self):
        return f"{self.address}:{self.port}"

    def web_listens(self, part, *logs):
        assert self.processes[part].poll() is None, "".join(map(self.log_text, logs))
        return self.takes(self.port)

    def takes(self, port):
        """Connections, from here."""
        with contextlib.suppress(OSError), self.network.inside(self.name), socket.create_connection((self.address, port), 1):
            return True
        return False

    def write(self, name, text):
        path = os.path.join(self.run_dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self._give_away(path)
        return path

    def kill(self):
        """All at once, as a power cut does: nobody is told."""
        self.network.cut(self.name)
        for pid in self.network.pids(self.name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for part in list(self.processes):
            self.end(part, signal.SIGKILL)
        self._forget_admin()
        self.network.mend(self.name)

    def start_part(self, part, port, argv):
        self.spawn(part, argv)
        eventually(lambda: self.takes(port), f"{part} of {self.name} takes connections")

    def start_sentinel(self):
        conf = self.write("sentinel.conf", "\n".join((
            f"bind {self.address}", f"port {SENTINEL}", "protected-mode no", f"dir {self.run_dir}",
            f"sentinel monitor {MASTER} {ADDRESSES['cache1']} {REDIS} 2", f"sentinel down-after-milliseconds {MASTER} 1000",
            f"sentinel failover-timeout {MASTER} 3000", "")))
        self.start_part("sentinel", SENTINEL, [shutil.which("redis-server"), conf, "--sentinel"])

    def stop(self):
        for part in ("sentinel", "pgbouncer"):
            self.end(part)
        super().stop()


class App(Host):
    """Pool, agent and nginx. Nothing that another can't rebuild."""

    def start_all(self):
        self.start_agent()
        self.start_pool()
        self.start_site()

    def kill(self):
        super().kill()
        os.unlink("/dev/shm" + self.shm_name)  # memory

    def start_site(self):
        def change(text):
            text = tls.with_tls(self, text, *self.cluster.certificate, self.cluster.authority.certificate)
            for line in ("set_real_ip_from 192.0.2.7;", "real_ip_header X-Forwarded-For;"):
                text = text.replace(f"    # {line}", f"    {line.replace('192.0.2.7', ADDRESSES['edge'])}")
            return text
        self.start_nginx(change=change)


class Database(Host):
    """PostgreSQL behind a PgBouncer. The unix socket, which psql() takes, lies beside the network."""

    primary = None  # whom it follows

    def postgres_settings(self):
        settings = {**super().postgres_settings(), "listen_addresses": self.address, "wal_sender_timeout": "30s",
                    "wal_receiver_timeout": "30s", "wal_retrieve_retry_interval": "500ms", "tcp_user_timeout": "10s"}
        if self.primary:
            settings["primary_conninfo"] = f"host={self.primary.address} user={SUPERUSER} application_name={self.name} connect_timeout=2"
        return settings

    def write_postgres_settings(self):
        super().write_postgres_settings()
        with open(os.path.join(self.data_dir, "pg_hba.conf"), "a", encoding="ascii") as f:
            f.writelines(f"host {database} all 10.77.0.0/24 trust\n" for database in ("all", "replication"))

    def start_pgbouncer(self):
        users = self.write("pgbouncer.users", '"stevedores" ""\n')
        conf = self.write("pgbouncer.ini", "\n".join((
            "[databases]",
            f"stevedores = host={self.run_dir} port={POSTGRES} connect_query='SET statement_timeout = 5000; SET client_min_messages = warning'",
            "[pgbouncer]", f"listen_addr = {self.address}", f"listen_port = {PGBOUNCER}", "unix_socket_dir =", "auth_type = trust",
            f"auth_file = {users}", "pool_mode = transaction", "default_pool_size = 10", "max_client_conn = 100", "server_login_retry = 1",
            "query_wait_timeout = 2", "")))
        self.start_part("pgbouncer", PGBOUNCER, [shutil.which("pgbouncer", path=self.environment()["PATH"]), conf])

    def follow(self, primary):
        """Becomes its standby, with a copy of what it has."""
        self.primary = primary
        shutil.rmtree(self.data_dir, ignore_errors=True)
        # After a cable was pulled its other end still counts as away for a moment.
        eventually(lambda: self.run(postgres_bin("pg_isready"), "-h", primary.address, check=False).returncode == 0,
                   f"{primary.name} is reached")
        self.run(postgres_bin("pg_basebackup"), "-D", self.data_dir, "-h", primary.address, "-U", SUPERUSER, "-X", "stream",
                 "--checkpoint=fast", "--no-sync")
        self.write_postgres_settings()
        self.run("touch", os.path.join(self.data_dir, "standby.signal"))
        self.start_postgres()

    def wait_for(self, standby):
        """From here on a write is acknowledged when the standby has it, too; with None, when this one has."""
        self.psql("ALTER SYSTEM SET synchronous_standby_names = %s", (standby.name if standby else "",))
        self.psql("SELECT pg_reload_conf()")
        if standby:
            eventually(lambda: self.psql("SELECT 1 FROM pg_stat_replication WHERE application_name = %s AND sync_state = 'sync'",
                                         (standby.name,)), f"{standby.name} is a synchronous standby")

    def promote(self):
        self.run(postgres_bin("pg_ctl"), "promote", "-D", self.data_dir, "-w", "-t", "30")
        self.primary = None


class Cache(Host):
    """Redis with its Sentinel, and a memcached."""

    def start_redis_server(self, master=None):
        follow = ["--replicaof", ADDRESSES[master], str(REDIS)] if master else []
        self.start_part("redis", REDIS, [shutil.which("redis-server"), "--bind", self.address, "--port", str(REDIS), "--save", "",
                                         "--appendonly", "no", "--protected-mode", "no", "--dir", self.run_dir,
                                         "--repl-diskless-sync-delay", "0", "--repl-timeout", "5", *follow])

    def start_memcached_server(self):
        self.start_part("memcached", MEMCACHED, [shutil.which("memcached"), "-l", self.address, "-p", str(MEMCACHED), "-U", "0",
                                                 "-t", "1", "-m", "64"])

    def redis(self, *args):
        return self.run(shutil.which("redis-cli"), "-h", self.address, *args, check=False).stdout.strip()

    def stop(self):
        self.end("memcached")
        super().stop()


class Edge(Host):
    """The nginx that chooses a host."""

    @property
    def socket(self):
        return os.path.join(self.run_dir, "edge.sock")

    def start_all(self):
        site = self.fill("nginx/stevedores-balancer.conf.in", "balancer-site.conf", values={
            "LISTEN": f"{self.listen};\n    listen unix:{self.socket}", "HOSTS_CA": self.cluster.authority.certificate,
            "HOSTS_NAME": "hosts", "HOSTS": "\n    ".join(f"server {app.listen} max_fails=1 fail_timeout=5s;" for app in self.cluster.apps)})
        self.start_with(site)

    def start_with(self, site):
        conf = self.fill("nginx/nginx.conf.in", "nginx.conf", values={"SERVER_CONF": site},
                         change=lambda text: text.replace("daemon on;", "daemon off;"))
        nginx = shutil.which("nginx", path=self.environment()["PATH"])
        self.spawn("nginx", [nginx, "-e", os.path.join(self.log_dir, "nginx-error.log"), "-c", conf])
        eventually(lambda: self.web_listens("nginx", "nginx.log", "nginx-error.log"), "nginx listens")


class Relay(Stack):
    """On the machine's own loopback: how a browser, and a test, gets to the edge."""

    def start_relay(self, edge):
        site = os.path.join(self.run_dir, "relay-site.conf")
        with open(site, "w", encoding="ascii") as f:
            f.write(f"upstream edge {{ server unix:{edge.socket} max_fails=0; keepalive 32; }}\n"
                    f"server {{ listen {self.listen}; location / {{ proxy_pass http://edge; proxy_http_version 1.1;"
                    " proxy_set_header Connection \"\"; proxy_set_header Host $host; proxy_next_upstream off;"
                    " proxy_read_timeout 60s; } }\n")
        conf = self.fill("nginx/nginx.conf.in", "nginx.conf", values={"SERVER_CONF": site},
                         change=lambda text: text.replace("daemon on;", "daemon off;"))
        nginx = shutil.which("nginx", path=self.environment()["PATH"])
        self.spawn("nginx", [nginx, "-e", os.path.join(self.log_dir, "nginx-error.log"), "-c", conf])
        eventually(lambda: self.web_listens("nginx", "nginx.log", "nginx-error.log"), "the relay listens")


class Cluster:
    """All of it, for a `with`. What takes a stack to ask it things takes this: session(), psql(), value()."""

    def __init__(self, prefix=None, responders=2, env=None, port=None, berths=True):
        sweep()
        self.prefix = os.environ.get("STEVEDORES_PREFIX")
        self.network = Network(prefix or f"sd{os.getpid()}")
        # No target_session_attrs: what a PgBouncer tells of its server may be from before a fail-over.
        databases = ",".join(f"{ADDRESSES[name]}:{PGBOUNCER}" for name in ("db1", "db2"))
        sentinels = ",".join(ADDRESSES[name] for name in ("cache1", "cache2", "edge"))
        settings = {
            "DATABASE_URL": f"postgresql://stevedores@{databases}/stevedores", "DATABASE_PREPARE": "off",
            "REDIS_URL": f"redis+sentinel://{sentinels}/?master={MASTER}",
            "MEMCACHED_SERVERS": ",".join(f"{ADDRESSES[name]}:{MEMCACHED}" for name in ("cache1", "cache2")),
            "SECRET_KEY": secrets.token_hex(32), "BREAKER_OPEN_MS": "2000", **(env or {}),
        }
        self.apps = [App(self, name, settings, responders=responders) for name in ("app1", "app2")]
        self.databases = [Database(self, name, berths=berths) for name in ("db1", "db2")]
        self.caches = [Cache(self, name) for name in ("cache1", "cache2")]
        self.edge = Edge(self, "edge")
        self.relay = Relay(prefix=self.prefix)
        if port:
            self.relay.port = port
        self.primary, self.standby = self.databases
        self.authority = self.certificate = None

    @property
    def hosts(self):
        return [self.edge, *self.apps, *self.databases, *self.caches]

    def host(self, name):
        return next(host for host in self.hosts if host.name == name)

    def start(self):
        try:
            self.network.start()
            self.primary.start_database()
            self.standby.follow(self.primary)
            self.primary.wait_for(self.standby)
            for database in self.databases:
                database.start_pgbouncer()
            for cache, master in zip(self.caches, (None, "cache1")):
                cache.start_redis_server(master)
                cache.start_memcached_server()
            for host in (*self.caches, self.edge):
                host.start_sentinel()
            self.authority = tls.Authority(self.relay)
            self.certificate = self.authority.sign("hosts")
            for app in self.apps:
                app.start_all()
            self.edge.start_all()
            self.relay.start_relay(self.edge)
            self.relay.wait_ready()
        except BaseException:
            for host in self.hosts:
                print(f"=== {host.name}", file=sys.stderr)
                host.report(sys.stderr)
            self.stop()
            raise
        return self

    def stop(self):
        for host in (self.relay, *self.hosts):
            host.stop()
        self.network.remove()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- what an operator does ------------------------------------------------------------------------------------

    def fail_over(self):
        """Makes the standby the primary. Whoever does this makes sure first that the old one is dead: two primaries would each
        acknowledge writes that the other doesn't have."""
        self.primary.stop_postgres(signal.SIGKILL)
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def restore_standby(self):
        """Another standby in place of the one that there was, with a copy of what the primary has."""
        self.standby.stop_postgres(signal.SIGKILL)
        self.standby.follow(self.primary)
        self.primary.wait_for(self.standby)

    def redis_master(self):
        """The host whose Redis is in charge, as a sentinel has it; None when it doesn't answer."""
        for host in (self.edge, *self.caches):
            if "sentinel" in host.processes:
                found = host.run(shutil.which("redis-cli"), "-h", host.address, "-p", str(SENTINEL), "SENTINEL",
                                 "get-master-addr-by-name", MASTER, check=False).stdout.split()
                return next((cache for cache in self.caches if found and cache.address == found[0]), None)
        return None

    # --- as a stack -----------------------------------------------------------------------------------------------

    def url(self, path="/"):
        return self.relay.url(path)

    def session(self, role="key"):
        return Session(self.relay, role)

    def psql(self, sql, params=None):
        return self.primary.psql(sql, params)

    def value(self, sql, params=None):
        return self.primary.value(sql, params)


def hold(port, prefix):
    """Until SIGTERM. SIGUSR1 has the standby take over, SIGUSR2 gives the primary one again."""
    def leave(*_):
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    with Cluster(prefix=prefix, port=port, berths=False) as cluster:
        cluster.primary.ctl("demo")

        def operate(what):
            what()
            print(f"PRIMARY={cluster.primary.name}", flush=True)

        signal.signal(signal.SIGUSR1, lambda *_: operate(cluster.fail_over))
        signal.signal(signal.SIGUSR2, lambda *_: operate(cluster.restore_standby))
        print(f"URL={cluster.url()}", f"PASSWORD={PASSWORD}", f"PRIMARY={cluster.primary.name}",
              "HOSTS=" + ", ".join(f"{host.name} {host.address}" for host in cluster.hosts),
              *(f"SHM={app.shm_name}" for app in cluster.apps), "READY=1", sep="\n", flush=True)
        while True:
            signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--hold", action="store_true", help="run until SIGTERM")
    what.add_argument("--sweep", action="store_true", help="remove what one that was killed has left")
    parser.add_argument("--port", type=int, help="of the relay, on 127.0.0.1")
    parser.add_argument("--prefix", default="stevedores", help="of the namespaces' names")
    args = parser.parse_args()
    if args.hold:
        hold(args.port, args.prefix)
    else:
        Network(args.prefix).remove()


if __name__ == "__main__":
    main()
