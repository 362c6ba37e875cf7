# SPDX-License-Identifier: Apache-2.0
"""The manual pages, as they are installed: complete, true and well formed."""
import glob
import os
import re
import subprocess

import pytest

PREFIX = os.environ.get("STEVEDORES_PREFIX", "")
PAGES = ("man1/stevedores-backup.1", "man1/stevedores-restore.1", "man1/stevedoresctl.1", "man5/stevedores.env.5", "man8/stevedores-agent.8",
         "man8/stevedores-fcgi.8")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "1000", "MANROFFOPT": "-c"})


def program(name, *args):
    done = run(os.path.join(PREFIX, name), *args)
    assert done.returncode == 0, done.stdout
    return done.stdout


def path(page):
    return os.path.join(PREFIX, "share/man", page)


def text(page):
    """As a reader sees it, without emphasis and with plain hyphens; a paragraph is a line."""
    done = run("sh", "-c", f"man --nj --nh -l {path(page)} | col -bx")
    assert done.returncode == 0, done.stdout
    return done.stdout.replace("‐", "-").replace("−", "-")


def words(string):
    return " ".join(string.split())


def sections(page):
    parts = re.split(r"^([A-Z][A-Z ]+)$", text(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def test_every_page_is_tested():
    found = glob.glob(os.path.join(PREFIX, "share/man/man*/*"))
    assert {os.path.relpath(name, os.path.join(PREFIX, "share/man")) for name in found} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_well_formed(page):
    done = run("sh", "-c", f"man --warnings -E UTF-8 -l -Tutf8 -Z {path(page)} 2>&1 >/dev/null")
    assert (done.returncode, done.stdout) == (0, "")
    # A version stands in the place of the date.
    complaints = [line for line in run("mandoc", "-Tlint", "-Wwarning", path(page)).stdout.splitlines() if "missing date" not in line]
    assert complaints == []
    assert not re.search(r"@[A-Z_]+\b", text(page))


def test_every_setting_is_there_with_its_meaning():
    listed = re.findall(r"^  ([A-Z][A-Z0-9_]+)( \*)?\n      (.*)\n      \((.*)\)$", program("sbin/stevedores-fcgi", "--help"), re.M)
    sample = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", program("bin/stevedoresctl", "check-config", "--sample"), re.M)
    names = [name for name, *_ in listed]
    assert len(names) > 50 and names == [name for name in sample if not name.endswith("_FILE")]
    settings = sections("man5/stevedores.env.5")["SETTINGS"]
    for name, secret, meaning, form in listed:
        assert re.search(rf"^ +{name}{' .secret.' if secret else ''}\s+{re.escape(meaning)}\n +\({re.escape(form)}\)$",
                         re.sub(r"(?<=\S)  +", " ", settings), re.M), name


def test_every_command_is_there_as_it_is_called():
    listed = re.findall(r"^  ([a-z][a-z-]*) ", program("bin/stevedoresctl", "--help"), re.M)
    assert {"import", "workers", "check-config"} <= set(listed)
    commands = words(sections("man1/stevedoresctl.1")["COMMANDS"])
    for name in listed:
        # In the order of --help, options and all.
        assert words(program("bin/stevedoresctl", name, "--help").removeprefix("Usage: stevedoresctl ")) in commands, name


def test_the_daemons_pages_have_every_option():
    for page, name in (("man8/stevedores-fcgi.8", "stevedores-fcgi"), ("man8/stevedores-agent.8", "stevedores-agent")):
        options = set(re.findall(r"--[a-z-]+", program(f"sbin/{name}", "--help").split("Settings,")[0]))
        assert options >= {"--env-file", "--help"}
        described = sections(page)["OPTIONS"]
        for option in options:
            assert re.search(rf"^ +{option}\b", described, re.M), (page, option)


def test_the_scripts_pages_have_every_option():
    for name in ("stevedores-backup", "stevedores-restore"):
        options = set(re.findall(r"--[a-z-]+", program(f"bin/{name}", "--help")))
        described = sections(f"man1/{name}.1")["OPTIONS"]
        assert options >= {"--env-file"}
        for option in options:
            assert re.search(rf"^ +{option}\b", described, re.M), (name, option)
