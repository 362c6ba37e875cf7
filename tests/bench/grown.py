# SPDX-License-Identifier: Apache-2.0
"""Whether a dashboard gets slower with the years: without a cache, over ten thousand tallies and over all the bench's, by turns."""
import statistics

from loads import Load
from stack import Stack

FEW = 10_000


def run(stack, uncached, rounds, tell):
    """`uncached`: address of a pool of the stack's that has no cache."""
    with Stack(responders=1, berths=False, agent=False, env={"CACHE": "off", "LOG_REQUESTS": "none"}) as small:
        tell(f"the dashboard over {FEW:,} tallies, and over all")
        small.ctl("demo", "--tallies", str(FEW))
        small.psql("VACUUM ANALYZE")
        loads = Load("few", small.url(""), "/api/dashboard"), Load("many", uncached, "/api/dashboard")
        found = [[1000 / load.wrk(1, 2)[0] for load in loads] for _ in range(rounds + 1)][1:]
        few = small.value("SELECT count(*) FROM cargo_tallies")
        with small.counting() as statements:
            assert small.session().get("/api/dashboard").status_code == 200
            asked = [sql for sql in statements() if "last_used_at" not in sql]     # who asks, which isn't the dashboard's
    few_ms, many_ms = (statistics.median(column) for column in zip(*found))
    return {"few": few, "few_ms": few_ms, "many": stack.value("SELECT count(*) FROM cargo_tallies"), "many_ms": many_ms,
            "ratio": statistics.median(b / a for a, b in found), "statements": len(asked)}
