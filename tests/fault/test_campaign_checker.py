# SPDX-License-Identifier: Apache-2.0
"""The campaign's checker, shown histories that were made up: each that breaks a promise is found, by its kind, and none that keeps
them."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "campaign"))

import checker  # noqa: E402  pylint: disable=wrong-import-position
from history import History  # noqa: E402  pylint: disable=wrong-import-position

NOTES, LOADED = ("notes", 1), ("loaded", 1)
BASES = {NOTES: 0, LOADED: 0}
STALE, IF_ERROR = 0.5, 20.0
NEVER = None


def history(writes=(), reads=()):
    """Writes: (client, register, amount, key, began, acked). Reads: (client, began, register, value, marked)."""
    made = History()
    for client, register, amount, key, began, acked in writes:
        made.wrote(client, register, amount, key, began, acked, 1)
    for client, began, register, value, marked in reads:
        made.read(client, began, began + 0.1, {register: value}, marked, "/")
    return made


def kinds(found):
    return [violation.kind for violation in found]


# a sets notes to 1 (acknowledged at 1.1) and 2 (at 2.1), sends 3 at 3 and is never answered.
CHANGES = [("a", NOTES, 1, None, 1.0, 1.1), ("a", NOTES, 2, None, 2.0, 2.1), ("a", NOTES, 3, None, 3.0, NEVER)]
# a loads 5 (at 1.1), b loads 7 (at 2.1), b sends 2 more and is never answered.
TALLIES = [("a", LOADED, 5, "t1", 1.0, 1.1), ("b", LOADED, 7, "t2", 2.0, 2.1), ("b", LOADED, 2, "t3", 3.0, NEVER)]


@pytest.mark.parametrize("read, expected", [
    (("x", 0.5, NOTES, 0, False), []),
    (("x", 0.5, NOTES, 1, False), ["from-nowhere"]),     # ended at 0.6, and 1 was sent at 1.0
    (("x", 0.95, NOTES, 1, False), []),                  # it was sent while this was read
    (("x", 1.5, NOTES, 0, False), []),                   # for 0.4 s not the current one
    (("x", 1.7, NOTES, 0, False), ["stale"]),
    (("a", 1.2, NOTES, 0, False), ["own-write"]),
    (("a", 2.05, NOTES, 1, False), []),                  # not acknowledged yet
    (("a", 2.2, NOTES, 1, False), ["own-write"]),
    (("a", 2.2, NOTES, 1, True), []),                    # says itself that it may be old
    (("x", 9.0, NOTES, 1, True), []),
    (("x", 22.2, NOTES, 1, True), ["marked-too-old"]),
    (("x", 22.0, NOTES, 1, True), []),
    (("x", 9.0, NOTES, 2, False), []),                   # whether 3 is there nobody knows
    (("x", 9.0, NOTES, 3, False), []),
    (("x", 9.0, NOTES, 4, False), ["from-nowhere"]),
])
def test_what_was_set(read, expected):
    assert kinds(checker.check_reads(history(CHANGES, [read]), BASES, STALE, IF_ERROR)) == expected


@pytest.mark.parametrize("read, expected", [
    (("x", 1.7, LOADED, 0, False), ["stale"]),
    (("x", 1.7, LOADED, 5, False), []),
    (("x", 2.3, LOADED, 5, False), []),
    (("b", 2.3, LOADED, 5, False), ["own-write"]),       # its own 7 are missing
    (("b", 2.3, LOADED, 7, False), ["own-write"]),       # the other's 5 must be there, too; which are missing can't be told
    (("b", 2.3, LOADED, 12, False), []),
    (("x", 2.7, LOADED, 11, False), ["stale"]),
    (("x", 9.0, LOADED, 12, False), []),
    (("x", 9.0, LOADED, 14, False), []),
    (("x", 9.0, LOADED, 15, True), ["from-nowhere"]),
])
def test_what_was_added_up(read, expected):
    assert kinds(checker.check_reads(history(TALLIES, [read]), BASES, STALE, IF_ERROR)) == expected


def test_a_base_counts():
    assert kinds(checker.check_reads(history(TALLIES, [("x", 9.0, LOADED, 112, False)]), {LOADED: 100}, STALE, IF_ERROR)) == []
    assert kinds(checker.check_reads(history(TALLIES, [("x", 9.0, LOADED, 99, False)]), {LOADED: 100}, STALE, IF_ERROR)) == ["stale"]


@pytest.mark.parametrize("stored, expected", [
    ({"t1": 1, "t2": 1}, []),
    ({"t1": 1, "t2": 1, "t3": 1}, []),
    ({"t1": 1}, ["lost"]),
    ({"t1": 1, "t2": 2}, ["doubled"]),
    ({"t1": 1, "t2": 1, "t3": 2}, ["doubled"]),
])
def test_what_is_stored(stored, expected):
    assert kinds(checker.check_stored(history(TALLIES), stored)) == expected


@pytest.mark.parametrize("notes, loaded, expected", [
    (2, 12, []), (3, 14, []), (1, 12, ["lost"]), (2, 11, ["lost"]), (4, 12, ["doubled"]), (3, 15, ["doubled"]),
])
def test_what_is_left_at_the_end(notes, loaded, expected):
    assert kinds(checker.check_last(history(CHANGES + TALLIES), BASES, {NOTES: notes, LOADED: loaded})) == expected


@pytest.mark.parametrize("times, expected", [(1, ["lost"]), (2, []), (3, []), (4, ["doubled"])])
def test_how_often_a_row_was_changed(times, expected):
    assert kinds(checker.check_changes(history(CHANGES), {1: times})) == expected
