# SPDX-License-Identifier: Apache-2.0
"""More pools beside a stack's own, each behind a server of its own in the same nginx: what is compared is then compared in one run
on one machine, by turns."""
import os
import re
import subprocess

from stack import eventually, free_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Pools:
    """add() as many as are wanted, then start(); address(name) is where each answers."""

    def __init__(self, stack):
        self.stack = stack
        self._sockets, self._ports = {}, {}

    def add(self, name, argv):
        """Responders that run argv."""
        stack = self.stack
        self._sockets[name], self._ports[name] = os.path.join(stack.run_dir, f"{name}.sock"), free_port()
        stack.spawn(name, ["spawn-fcgi", "-s", self._sockets[name], "-M", "0660", "-b", "1024", "-n", "--", "/usr/bin/multiwatch",
                           "-f", str(stack.responders), "-r", "1000000000", "--", *argv])
        eventually(lambda: os.path.exists(self._sockets[name]), f"{name} listens")

    def add_program(self, name, **settings):
        """The program with other settings, and with shared memory of its own."""
        changed = {"SHM_NAME": f"{self.stack.shm_name}-{name}", **settings}
        self.add(name, ["/usr/bin/env", *(f"{key}={value}" for key, value in changed.items()),
                        os.path.join(self.stack.prefix, "sbin/stevedores-fcgi")])

    def add_empty(self, name, answer):
        """The ceiling: sends these bytes and does nothing else (empty_responder.c)."""
        program, data = (os.path.join(self.stack.run_dir, part) for part in ("empty_responder", "answer"))
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "empty_responder.c"), "-lfcgi"], check=True)
        with open(data, "wb") as f:
            f.write(answer)
        os.chmod(data, 0o644)
        self.add(name, [program, data])

    def start(self):
        """nginx anew, with the stack's own site once more for each."""
        def more(text):
            found = re.search(r"^server \{.*^\}\n", text, re.M | re.S)
            sites = [found.group(0).replace(f"127.0.0.1:{self.stack.port}", f"127.0.0.1:{port}")
                     .replace("fastcgi_pass stevedores;", f"fastcgi_pass unix:{self._sockets[name]};")
                     for name, port in self._ports.items()]
            return text + "\n" + "\n".join(sites)
        self.stack.stop_nginx()
        self.stack.start_nginx(change=more)

    def address(self, name):
        return f"http://127.0.0.1:{self._ports[name]}"

    def end(self):
        for name in self._sockets:
            self.stack.end(name)
