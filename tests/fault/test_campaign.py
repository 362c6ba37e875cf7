# SPDX-License-Identifier: Apache-2.0
"""A small fault campaign, with each kind of fault at most once; the large one is scripts/test --faults. STEVEDORES_TEST_SEED
repeats one."""
import json
import os
import subprocess
import sys

import pytest

CAMPAIGN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "campaign", "campaign.py")
FAULTS = 25


@pytest.mark.alone
def test_a_small_campaign(tmp_path):
    report = tmp_path / "report.json"
    seed = os.environ.get("STEVEDORES_TEST_SEED")
    done = subprocess.run([sys.executable, CAMPAIGN, "--faults", str(FAULTS), "--seconds", "90", "--report", str(report),
                           *(["--seed", seed] if seed else [])],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, check=False)
    print(done.stdout)
    assert done.returncode == 0
    found = json.loads(report.read_text(encoding="utf-8"))
    assert sum(row["times"] for row in found["faults"].values()) == FAULTS == len(found["faults"])
    assert found["figures"]["acknowledged"] > 50 and found["figures"]["reads"] > 100
