# SPDX-License-Identifier: Apache-2.0
"""The README's "Sizing": what it says is what the bench measured and sizing.py makes of it, and that behaves as sizes do."""
import dataclasses
import json
import os
import sys

import pytest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "bench"))

import sizing  # noqa: E402  pylint: disable=wrong-import-position


@pytest.fixture(name="figures", scope="module")
def fixture_figures():
    with open(os.path.join(TESTS, "bench/figures.json"), encoding="utf-8") as f:
        return json.load(f)


def test_the_readme_says_what_was_measured(figures):
    with open(os.path.join(os.path.dirname(TESTS), "README.md"), encoding="utf-8") as f:
        assert "\n".join(sizing.lines(figures)) in f.read(), "run tests/bench/sizing.py tests/bench/figures.json again"


def test_twice_the_people_ask_twice(figures):
    place = sizing.Place(1, 1, 50, 1000)
    once, twice = (sizing.load_of(figures, dataclasses.replace(place, people=n)) for n in (1000, 2000))
    assert twice.questions == pytest.approx(2 * once.questions)
    assert (twice.writes, twice.postgres_s) == (once.writes, once.postgres_s), "who only looks is the caches' business"
    assert once.app_s < twice.app_s < 2 * once.app_s


def test_what_is_made_anew_has_a_bound(figures):
    """However many tallies a port has, its dashboard isn't made anew more often than its age allows."""
    many = sizing.load_of(figures, sizing.Place(1, 1, 100_000, 100))
    assert many.writes > 900 and many.remade == pytest.approx(sizing.ANSWERS / sizing.REMADE_S)


def test_two_ports_are_twice_one(figures):
    one, two = (sizing.load_of(figures, sizing.Place(1, n, 50 * n, 500 * n)) for n in (1, 2))
    for field in dataclasses.fields(one):
        assert getattr(two, field.name) == pytest.approx(2 * getattr(one, field.name)), field.name


def test_a_host_is_as_full_as_said(figures):
    people = sizing.people_of_one_host(figures)
    share = sizing.load_of(figures, sizing.Place(1, 1, 50, people)).app_s / sizing.PROCESSORS
    assert share == pytest.approx(sizing.FULL, rel=0.01)
