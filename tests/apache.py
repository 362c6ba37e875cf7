# SPDX-License-Identifier: Apache-2.0
"""Apache as a front end of stack.py's Stack: with mod_proxy_fcgi, before the same pool as nginx, or with mod_fcgid, which
starts the responders itself. Everything comes from the templates in fcgi-conf/apache/."""
import concurrent.futures
import contextlib
import glob
import os
import re
import shutil
import signal
import time

import requests

SITES = {"proxy_fcgi": "stevedores-proxy", "fcgid": "stevedores-fcgid"}


def write_site(stack, change):
    with open(os.path.join(stack.run_dir, "headers.conf"), "w", encoding="ascii") as f:
        f.write(stack.ctl("headers", "apache").stdout)
    stack.fill("apache/site.conf.in", "site.conf")
    stack.fill(f"apache/{SITES[stack.front]}.conf.in", "stevedores.conf", change=change)
    return stack.fill("apache/apache.conf.in", "apache.conf")


def start(stack, change):
    """`change` is given the virtual host's text."""
    conf = write_site(stack, change)
    program = shutil.which("apache2", path=stack.environment()["PATH"])
    assert program, "apache2 is not installed"
    if stack.front == "fcgid":  # what responders log goes where Apache's own lines go
        with contextlib.suppress(FileExistsError):
            os.symlink("apache-error.log", os.path.join(stack.log_dir, "pool.log"))
    stack.spawn("apache", ["/usr/bin/env", f"STEVEDORES_WORKERS={stack.responders}", program, "-f", conf, "-D", "FOREGROUND", "-D", stack.front])
    while not stack.web_listens("apache", "apache.log", "apache-error.log"):
        time.sleep(0.05)


def is_own_line(line):
    return re.match(r"\[\w{3} \w{3} \d\d \d\d:\d\d:\d\d\.\d+ \d{4}\] \[", line) is not None


def stop(stack):
    """At once: a responder of mod_fcgid's has a second for what it has in hand, others as long as they like."""
    return stack.end("apache", signal.SIGTERM)


def wake_pool(stack):
    """mod_fcgid starts a responder when a request finds none free, after a second. Those that are there are stopped
    meanwhile, so that none is. True when all are there."""
    def ask():
        with contextlib.suppress(requests.RequestException):
            requests.get(stack.url("/health/live"), timeout=60)

    awake = stack.responder_pids()
    for pid in awake:
        os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(2 * stack.responders) as threads:
        for _ in range(2 * stack.responders):
            threads.submit(ask)
        end = time.monotonic() + 3
        while len(stack.responder_pids()) < stack.responders and time.monotonic() < end:
            time.sleep(0.02)
        for pid in awake:
            os.kill(pid, signal.SIGCONT)
    return len(stack.responder_pids()) == stack.responders


def own_socket(stack):
    return max(glob.glob(os.path.join(stack.run_dir, "fcgid", "*")), key=os.path.getmtime)


def also_with_tls(stack, text, port, certificate, key):
    """The text of the site with a second virtual host. With mod_fcgid that one has responders of its own."""
    [host] = re.findall("<VirtualHost .*</VirtualHost>\n", text, re.S)
    if stack.front == "fcgid":
        for_one = "FcgidMaxProcesses ${STEVEDORES_WORKERS}\n"
        assert for_one in text
        text = text.replace(for_one, f"FcgidMaxProcesses {2 * stack.responders}\n")
    tls = f"SSLEngine On\nSSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}\n"
    return f"{text}\nListen 127.0.0.1:{port}\n" + host.replace(
        f"<VirtualHost 127.0.0.1:{stack.port}>\n", f"<VirtualHost 127.0.0.1:{port}>\n{tls}")
