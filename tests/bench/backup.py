#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long a backup and a restore take over so many tallies, and how large the backup is. STEVEDORES_PREFIX says where the programs
are installed."""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from stack import Stack  # noqa: E402  pylint: disable=wrong-import-position


def timed(run, *args):
    began = time.monotonic()
    done = run(*args, timeout=6 * 3600)
    return time.monotonic() - began, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tallies", type=int, default=10_000_000)
    options = parser.parse_args()
    with Stack(responders=2, berths=False) as stack:
        stack.psql("ALTER ROLE stevedores_owner CREATEDB")
        making, _ = timed(stack.ctl, "demo", "--tallies", str(options.tallies))
        stack.psql("VACUUM ANALYZE")
        to = os.path.join(stack.dir, "backups")
        program = os.path.join(stack.prefix, "bin/stevedores-")
        backup, said = timed(stack.run, f"{program}backup", "--json", "--to", to)
        made = json.loads(said)
        restore, _ = timed(stack.run, f"{program}restore", "--to-database", "restored", os.path.join(to, made["file"]))
        print(f"{stack.value('SELECT count(*) FROM cargo_tallies'):,} tallies, {made['rows']:,} rows, database of"
              f" {stack.value('SELECT pg_database_size(current_database())') / 1e9:.2f} GB (made in {making:.0f} s)")
        print(f"backup   {backup:7.1f} s, {made['bytes'] / 1e6:.0f} MB; of these {made['dump_seconds']} s for dump and checksums of tables")
        print(f"restore  {restore:7.1f} s, with comparison, sums and ANALYZE")


if __name__ == "__main__":
    main()
