#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that a campaign can fail: builds a copy of the program in which nobody compares an entry's versions with the current ones,
and runs a campaign against it. The exit status is 0 only when the checker caught it serving what is too old, to strangers and to
those who wrote."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
FILE = "src/cache/cache.c"
# What is there, exactly once, and what becomes of it.
CHANGES = (
    ("if (f->entry.versions[i] == v->version)\n            continue;", "if (v != NULL)\n            continue;"),
    ("if (e->versions[i] < l->seen[i])\n            return false;", "if (false)\n            return false;"),
)
MUST_SHOW = ("stale", "own-write")
LEFT_OUT = shutil.ignore_patterns(".git", "var", "node_modules", "autom4te.cache", "__pycache__")


def break_it(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for was, becomes in CHANGES:
        assert text.count(was) == 1, f"{path} has changed: {was!r} is there {text.count(was)} times"
        text = text.replace(was, becomes)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def build(directory):
    """The installation's prefix."""
    source, prefix = os.path.join(directory, "source"), os.path.join(directory, "prefix")
    shutil.copytree(SOURCE, source, ignore=LEFT_OUT, symlinks=True)
    break_it(os.path.join(source, FILE))
    log = os.path.join(directory, "build.log")
    steps = (["autoreconf", "-fi"], ["./configure", "--disable-web", f"--prefix={prefix}"],
             ["make", f"-j{len(os.sched_getaffinity(0))}", "install"])
    with open(log, "w", encoding="utf-8") as out:
        for argv in steps:
            if subprocess.run(argv, cwd=source, stdout=out, stderr=out, check=False).returncode != 0:
                with open(log, encoding="utf-8") as f:
                    sys.exit("".join(f.readlines()[-30:]))
    subprocess.run(["chmod", "-R", "a+rX", directory], check=True)
    return prefix


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", default="60", metavar="N")
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("--seed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="broken-") as directory:
        report = args.report or os.path.join(directory, "report.json")
        done = subprocess.run([sys.executable, os.path.join(HERE, "campaign.py"), "--faults", args.faults, "--report", report,
                               "--prefix", build(directory), *(["--seed", args.seed] if args.seed else [])], check=False)
        if not os.path.exists(report):
            sys.exit("the campaign came to no end")
        with open(report, encoding="utf-8") as f:
            found = json.load(f)["violations"]
    print(f"\nthe broken build was caught: {found}")
    sys.exit(0 if done.returncode == 1 and all(found.get(kind) for kind in MUST_SHOW) else 1)


if __name__ == "__main__":
    main()
