# SPDX-License-Identifier: Apache-2.0
"""A machine to throw away, with a systemd of its own, to install and start things in: machine.sh says what it is."""
import os
import shutil
import subprocess
import tempfile

import pytest
from stack import children_of, eventually, program_of

HERE = os.path.dirname(os.path.abspath(__file__))
# What the package manager and making a user leave behind, whatever was installed.
BOOKKEEPING = ("/var/lib/dpkg/", "/var/cache/", "/var/log/", "/var/lib/systemd/", "/etc/.pwd.lock", "/etc/passwd-", "/etc/group-",
               "/etc/shadow-", "/etc/gshadow-")


def why_not():
    """Why there can be none here; None: there can."""
    if os.geteuid() != 0:
        return "only root can make a machine"
    if not os.path.exists("/lib/systemd/systemd"):
        return "there is no systemd"
    with open("/proc/self/mounts", encoding="ascii") as f:
        if not any(line.split()[2] == "cgroup2" for line in f):
            return "no control groups (v2) are mounted"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "sh", "-c",
                            "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && "
                            "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/r"],
                           capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"no namespaces or no overlay: {tried.stderr.strip()}"


class Machine:
    """`with Machine() as machine`; machine("command") runs it as root, by a shell, and gives what it printed."""

    def __init__(self):
        reason = why_not()
        if reason is not None:
            pytest.skip(reason)
        self.dir = tempfile.mkdtemp(prefix="machine", dir=os.environ.get("STEVEDORES_TEST_TMP"))
        self.process = None
        self.pid = None

    def __enter__(self):
        self.process = subprocess.Popen(["bash", os.path.join(HERE, "machine.sh"), self.dir])  # pylint: disable=consider-using-with
        try:
            self.pid = eventually(self._systemd, "systemd runs in the machine")
            eventually(lambda: self("systemctl is-system-running", check=False).strip() in ("running", "degraded"),
                       "the machine is up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        shutil.rmtree(self.dir)

    def _systemd(self):
        """Of the descendants of machine.sh."""
        assert self.process.poll() is None, "machine.sh ended"
        below = children_of(self.process.pid)
        while below:
            pid = below.pop()
            if program_of(pid) == "systemd":
                return pid
            below += children_of(pid)
        return None

    def __call__(self, command, check=True, stdin=None):
        done = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--root", "--wd",
             "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
             "sh", "-c", command],
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}\n{done.stdout}\n{self('journalctl --no-pager -n 40', check=False)}")
        return done.stdout

    def path(self, path):
        """Where a file of the machine is for us."""
        return f"/proc/{self.pid}/root{path}"

    def put(self, source, target):
        with open(source, "rb") as f, open(self.path(target), "wb") as out:
            shutil.copyfileobj(f, out)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as f:
            return f.read()

    def write(self, path, text):
        with open(self.path(path), "w", encoding="utf-8") as f:
            f.write(text)

    def files(self):
        """What is in the machine and not in the one below it, without what the package manager keeps."""
        found = (line.split(" ", 1) for line in self("find /run/upper -printf '%y /%P\\n'").splitlines())
        # A character device stands for something that was removed.
        return {name for kind, name in found
                if kind != "c" and not name.startswith(BOOKKEEPING) and not os.path.lexists(name)}
