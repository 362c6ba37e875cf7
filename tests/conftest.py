# SPDX-License-Identifier: Apache-2.0
"""What all integration tests share. tests/README.md explains how to write one."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import port  # noqa: E402  pylint: disable=wrong-import-position
from stack import Stack  # noqa: E402  pylint: disable=wrong-import-position


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="more rounds where a test repeats something")


def pytest_configure(config):
    for line in ("alone: measures time, so nothing else may run beside it",
                 "long_only: builds everything again, and is left out without --long",
                 "front: one of those that scripts/test asks every front end",
                 "nginx: for nginx as the front end, and no other",
                 "pool: for a pool that is not the web server's own, as mod_fcgid's is"):
        config.addinivalue_line("markers", line)


def pytest_collection_modifyitems(config, items):
    """Leaves out what the front end in STEVEDORES_TEST_FRONT has no part in, and what takes long."""
    front = os.environ.get("STEVEDORES_TEST_FRONT", "nginx")
    others = {"nginx": (), "proxy_fcgi": ("nginx",), "fcgid": ("nginx", "pool")}[front]
    if not config.getoption("--long"):
        others += ("long_only",)
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in others)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows what the programs logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name in ("stack", "own_stack"):
            used = item.funcargs.get(name)
            if used is not None:
                tails = [f"--- {part}\n" + "\n".join(used.log_lines(part)[-12:])
                         for part in ("pool", "nginx-error", "apache-error") if used.log_lines(part)]
                report.sections.append(("logs of the stack", "\n".join(tails)))


@pytest.fixture(scope="session")
def long(request):
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def shared_stack():
    with Stack(responders=2) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack):
    """One stack for all tests that leave it as they found it: make your own vessels, count only what is theirs. No
    test may leave behind an error of the program itself, nor a dead responder."""
    pids = shared_stack.responder_pids()
    seen = len(shared_stack.logs())
    yield shared_stack
    errors = [line for line in shared_stack.logs()[seen:]
              if line.get("event") == "request" and line.get("status", 0) >= 500]
    assert errors == []
    assert shared_stack.responder_pids() == pids, "a responder ended in this test"


@pytest.fixture
def own_stack(request):
    """A stack for one test, which may break it. Parameters of Stack come by
    @pytest.mark.parametrize("own_stack", [{...}], indirect=True)."""
    with Stack(**getattr(request, "param", {})) as stack:
        yield stack


@pytest.fixture
def api(stack):
    return port.Api(stack)
