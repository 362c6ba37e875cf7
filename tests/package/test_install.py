# SPDX-License-Identifier: Apache-2.0
"""make install, uninstall, and what is installed, in a staging directory."""
import os
import subprocess

import pytest


def make(build, *args):
    done = subprocess.run(["make", "-C", build, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def tree(path):
    return sorted(os.path.relpath(os.path.join(folder, name), path)
                  for folder, folders, files in os.walk(path) for name in folders + files)


def test_uninstalling_leaves_nothing(build, tmp_path):
    make(build, "install", f"DESTDIR={tmp_path}", "prefix=/usr")
    names = tree(tmp_path)
    assert {"usr/bin/stevedoresctl", "usr/bin/stevedores-backup", "usr/bin/stevedores-restore",
            "usr/sbin/stevedores-agent", "usr/sbin/stevedores-fcgi", "usr/libexec/stevedores/pool",
            "usr/share/stevedores/schema", "usr/share/stevedores/web/index.html", "usr/share/stevedores/nginx/headers.conf",
            "usr/share/stevedores/apache/headers.conf", "usr/share/stevedores/apache/site.conf",
            "usr/share/doc/stevedores/examples/apache/stevedores-fcgid.conf", "usr/share/doc/stevedores/examples/nginx/stevedores-tls.conf",
            "usr/share/man/man1/stevedoresctl.1", "usr/share/man/man1/stevedores-restore.1",
            "usr/share/man/man5/stevedores.env.5", "usr/share/man/man8/stevedores-fcgi.8",
            "usr/share/man/man8/stevedores-agent.8", "usr/share/doc/stevedores/examples/nginx/stevedores.conf",
            "usr/share/doc/stevedores/examples/stevedores.env", "usr/lib/systemd/system/stevedores-agent.service",
            "usr/lib/systemd/system/stevedores-backup.service", "usr/lib/systemd/system/stevedores-backup.timer",
            "usr/lib/systemd/system/stevedores-pool.service", "usr/lib/sysusers.d/stevedores.conf"} <= set(names)
    make(build, "uninstall", f"DESTDIR={tmp_path}", "prefix=/usr")
    assert tree(tmp_path) == []


def test_uninstalling_leaves_what_is_not_ours(build, tmp_path):
    """Among it other packages' directories, and what somebody put into ours."""
    make(build, "install", f"prefix={tmp_path}")
    kept = ["bin/other", "share/stevedores/web-notes", "share/man/man1/other.1"]
    for name in kept:
        (tmp_path / name).write_text("theirs\n", encoding="ascii")
    make(build, "uninstall", f"prefix={tmp_path}")
    assert tree(tmp_path) == sorted({*kept, "bin", "share", "share/stevedores", "share/man", "share/man/man1"})


def test_nothing_is_left_to_fill_in(build):
    """No placeholder, but for those of systemd's own in @system-service and the like."""
    seen = 0
    for folder, _, files in os.walk(os.path.join(build, "filled")):
        for name in files:
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read()
            words = [word for word in text.split("@")[1::1] if word.isupper() and word.replace("_", "").isalpha()]
            assert not words, (name, words)
            seen += 1
    assert seen >= 11


@pytest.mark.long_only
def test_distcheck(build):
    """Out of a read-only source tree, with unit tests, to a clean end. The tarball brings the browser client."""
    assert "ready for distribution" in make(build, "distcheck", "AM_MAKEFLAGS=-j2")


@pytest.mark.long_only
def test_a_build_for_another_machine_takes_what_the_release_brings(build, tmp_path):
    """Its programs can't be asked what they print. Here they could, and are not."""
    make(build, "dist")
    subprocess.run(f"tar -xf {build}/stevedores-*.tar.xz --strip-components=1", shell=True, cwd=tmp_path, check=True)
    (tmp_path / "printed-dist/settings").write_text((tmp_path / "printed-dist/settings").read_text(encoding="utf-8").replace(
        "  BOARDS\n", "  BOARDS\n      From the release.\n"), encoding="utf-8")
    subprocess.run(["./configure", "-q", "--build=aarch64-linux-gnu", "--host=x86_64-linux-gnu"],
                   cwd=tmp_path, check=True)
    make(str(tmp_path), "filled/man/stevedores.env.5", "filled/stevedores.env")
    page = (tmp_path / "filled/man/stevedores.env.5").read_text(encoding="utf-8")
    assert "From the release." in page and "/usr/local/share/stevedores/schema" in page
    assert not (tmp_path / "stevedores-fcgi").exists()
