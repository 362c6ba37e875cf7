# SPDX-License-Identifier: Apache-2.0
"""Every combination of filters, order and direction that any list allows, through EXPLAIN, over tables with years of history:
`stevedoresctl db-audit plans`. By default with 50 000 rows in each table and, of the sets of more than two filters, a fifth, another one
each day; with --long with a million rows and all sets."""
import datetime
import json

import many
import pytest

from stack import Stack

PARTS = 5


@pytest.fixture(scope="module")
def full(request):
    with Stack(responders=1, env={"CACHE": "off"}) as stack:
        many.fill(stack, 1_000_000 if request.config.getoption("--long") else 50_000)
        yield stack


def walk(stack, *args):
    done = stack.ctl("db-audit", "plans", "--json", *args, check=False)
    return done.returncode, json.loads(done.stdout)


def test_every_combination_runs_on_an_index(full, long):
    part = f"{datetime.date.today().toordinal() % PARTS + 1}/{PARTS}"
    status, lists = walk(full, *([] if long else ["--part", part]))
    print("all" if long else part)
    assert status == 0 and all(one["bad"] == 0 for one in lists), [one for one in lists if one["bad"]]
    assert {"vessels", "tallies", "audit"} <= {one["list"] for one in lists}
    for one in lists:
        # Two to the power of filters, less what is refused, in every order and both ways.
        assert not long or one["combinations"] == (2 ** one["filters"] - one["refused"]) * one["orders"] * 2, one
        assert one["rows"] >= 50_000 or one["list"] in ("users", "berths", "sessions", "keys"), one
    print(sum(one["combinations"] for one in lists), "combinations,", sum(one["statements"] for one in lists), "statements")


def test_the_parts_are_the_whole(full):
    def few(part):
        return walk(full, "--list", "workers", "--part", part)[1][0]
    whole, parts = few("1/1"), [few(f"{k}/3") for k in (1, 2, 3)]
    small = [sum(1 for n in range(2 ** whole["filters"]) if n.bit_count() <= 2), whole["orders"] * 2]
    assert whole["combinations"] == (2 ** whole["filters"] - whole["refused"]) * whole["orders"] * 2
    assert sum(part["combinations"] + part["refused"] * small[1] for part in parts) == 2 ** whole["filters"] * small[1] + 2 * small[0] * small[1]
    for wrong in ("0/3", "4/3", "2", "a/b"):
        assert full.ctl("db-audit", "plans", "--part", wrong, check=False).returncode == 64


@pytest.mark.parametrize("index, name", [("vessels_by_status", "vessels"), ("tallies_by_vessel", "tallies"), ("jobs_by_client", "jobs")])
def test_a_missing_index_is_found(full, index, name):
    """The walk can fail."""
    definition = full.value("SELECT pg_get_indexdef(%s::regclass)", (index,))
    full.psql(f"DROP INDEX {index}")
    try:
        status, [one] = walk(full, "--list", name, "--part", f"1/{PARTS}")
    finally:
        full.psql(definition)
    assert status == 1 and one["bad"] > 0 and one["why"] and one["query"]


def test_what_is_said_to_people(full):
    table = full.ctl("db-audit", "plans", "--list", "users").stdout.splitlines()
    assert table[0].split() == ["list", "rows", "filters", "orders", "combinations", "refused", "statements", "worst", "bad"]
    assert table[-1].split()[0] == "users"
    assert full.ctl("db-audit", "plans", "--list", "nothing", check=False).returncode == 64
    assert full.ctl("db-audit", check=False).returncode == 64
