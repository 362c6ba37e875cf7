# SPDX-License-Identifier: Apache-2.0
"""Processor time of a stack's parts, from what the kernel keeps of each process (proc_pid_stat)."""
import os

TICK = os.sysconf("SC_CLK_TCK")


def times():
    """{pid: (parent, seconds)} of everything that runs, with the time of children that have ended."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue    # it has ended meanwhile
        found[int(pid)] = int(fields[1]), sum(map(int, fields[11:15])) / TICK
    return found


def of_parts(stack):
    """{part: seconds so far}, each with all its descendants."""
    known, found = times(), {}
    parts = {process.pid: part for part, process in stack.processes.items()}
    for pid, (_, seconds) in known.items():
        up = pid
        while up in known and up not in parts:
            up = known[up][0]
        if up in parts:
            found[parts[up]] = found.get(parts[up], 0) + seconds
    return found


class Cpu:
    """`with Cpu(stack) as cpu:`, then cpu.used is {part: seconds}."""

    def __init__(self, stack):
        self._stack = stack
        self.used = {}

    def __enter__(self):
        self._before = of_parts(self._stack)
        return self

    def __exit__(self, *_):
        self.used = {part: seconds - self._before.get(part, 0) for part, seconds in of_parts(self._stack).items()}
