# SPDX-License-Identifier: Apache-2.0
"""What responder and agent have given up, as the kernel tells it."""
import os
import re
import subprocess

import pytest

from stack import children_of, program_of


def ours(stack):
    agents = [pid for pid in children_of(stack.processes["agent"].pid) if program_of(pid) == "stevedores-agen"]
    assert len(agents) == 1 and len(stack.responder_pids()) == stack.responders
    return agents + stack.responder_pids()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(re.findall(r"^(\w+):\s+(.*)$", f.read(), re.M))


def built_with(stack, what):
    with open(os.path.join(stack.prefix, "sbin/stevedores-fcgi"), "rb") as f:
        return what in f.read()


def test_no_rights_to_gain(stack):
    sanitized = built_with(stack, b"__asan_init")
    for pid in ours(stack):
        status = status_of(pid)
        assert status["NoNewPrivs"] == "1"
        assert sanitized or status["Seccomp"] == "2"
        assert "0" not in status["Uid"].split()
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[name], 16) == 0, name


def test_no_core(stack):
    for pid in ours(stack):
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            assert re.search(r"^Max core file size +0 +0 ", f.read(), re.M)


def test_whoever_runs_the_pool_can_still_look_at_it(stack):
    """Memory and program of a process, by its own user; scripts/quickstart and monitoring do."""
    for pid in ours(stack):
        assert "Pss:" in stack.run("cat", f"/proc/{pid}/smaps_rollup").stdout
        assert stack.run("readlink", f"/proc/{pid}/exe").stdout.strip().startswith(stack.prefix)
        assert os.stat(f"/proc/{pid}").st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try to start them as root")
@pytest.mark.parametrize("program", ["stevedores-fcgi", "stevedores-agent"])
def test_root_is_refused(stack, program):
    path = os.path.join(stack.prefix, "sbin", program)
    done = subprocess.run([path], env=stack.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == os.EX_NOPERM
    assert "root" in done.stderr and '"refused_root"' in done.stderr
    assert subprocess.run([path, "--help"], env=stack.environment(), capture_output=True, timeout=60,
                          check=False).returncode == 0
