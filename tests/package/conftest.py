# SPDX-License-Identifier: Apache-2.0
"""What the tests of installation and packages share."""
import os

import pytest


@pytest.fixture(scope="session")
def build():
    """A build directory that is made, with the browser client; its installation is STEVEDORES_PREFIX."""
    path = os.environ.get("STEVEDORES_BUILD")
    assert path and os.path.exists(os.path.join(path, "web/.made")), \
        "STEVEDORES_BUILD must name a build directory, configured with the browser client and made"
    return path
