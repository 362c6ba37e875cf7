# SPDX-License-Identifier: Apache-2.0
"""Mixed requests, on and on: what memory does meanwhile, and what the pool itself counts."""
import os
import time

import metrics
from cpu import Cpu
from loads import Load, mixed, mixed_paths

PIECE_SECONDS = 5


def asset_of(stack):
    """A style sheet of the page, whose address has its hash."""
    names = os.listdir(os.path.join(stack.prefix, "share/stevedores/web/assets"))
    return "/assets/" + next(name for name in sorted(names) if name.endswith(".css"))


def mixed_load(stack, **options):
    vessel = stack.value("SELECT min(id) FROM vessels WHERE status = 'operations_active'")
    paths = os.path.join(stack.dir, "mixed-paths")
    with open(paths, "w", encoding="ascii") as f:
        f.writelines(f"{path}\n" for path in mixed_paths(stack.session(), asset_of(stack)))
    return Load("mixed", stack.url(""), "/", script=mixed(paths, vessel, **options), tail=False)


def pool_memory(stack):
    """MiB: PSS of responders and agent, with the shared memory that they have touched."""
    return stack.pss_kib(with_agent=True) / 1024


def counted(stack):
    """(answers from the cache, answers that could have been, statements, seconds in them) so far."""
    found = metrics.read(stack)
    answers = found["stevedores_cache_answers_total"]
    asked = sum(answers.values())
    statements, seconds = (found[f"db_query_duration_seconds_{part}"][""] for part in ("count", "sum"))
    return asked - answers["from=miss"] - answers["from=stale"], asked, statements, seconds


def run(stack, requests, tell):
    load = mixed_load(stack)
    found, done, begun, before = [pool_memory(stack)], 0, time.monotonic(), counted(stack)
    with Cpu(stack) as cpu:
        while done < requests:
            done += load.wrk_counted(32, PIECE_SECONDS)
            found.append(pool_memory(stack))
            tell(f"{done:,} of {requests:,} requests, {found[-1]:.1f} MiB")
    hits, asked, statements, seconds = (b - a for a, b in zip(before, counted(stack)))
    return {"requests": done, "seconds": time.monotonic() - begun, "before_mib": found[0], "middle_mib": found[len(found) // 2],
            "after_mib": found[-1], "most_mib": max(found), "hit_percent": 100 * hits / asked, "statement_ms": 1000 * seconds / statements,
            "pool_us": cpu.used["pool"] * 1e6 / done, "cpu_s": cpu.used}
