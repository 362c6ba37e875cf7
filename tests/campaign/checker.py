# SPDX-License-Identifier: Apache-2.0
"""Whether a history keeps the promises: pure functions, which tests/fault/test_campaign_checker.py shows broken histories to.

Nothing acknowledged is lost or doubled; who reads sees all that was acknowledged CACHE_MAX_STALE_MS before the read began; who
wrote sees the own writes at once; an answer marked as stale has all that is older than CACHE_STALE_IF_ERROR; and nobody sees what
nobody wrote."""
import bisect
import collections
import itertools

Violation = collections.namedtuple("Violation", "kind text")


class Steps:
    """How far a register was at a time: of (time, amount) pairs, those up to then added up, or the greatest."""

    def __init__(self, pairs, is_sum):
        pairs = sorted(pairs)
        self.times = [time for time, _ in pairs]
        self.values = list(itertools.accumulate((amount for _, amount in pairs), None if is_sum else max))

    def at(self, time):
        n = bisect.bisect_right(self.times, time)
        return self.values[n - 1] if n else 0


class Register:
    """All writes to one register."""

    def __init__(self, name, writes, base):
        self.base = base
        self.is_sum = name[0] == "loaded"
        self.begun = Steps([(w.began, w.amount) for w in writes], self.is_sum)
        self.acked = {client: Steps([(w.acked, w.amount) for w in writes if w.client == client and w.acked is not None], self.is_sum)
                      for client in {w.client for w in writes}}

    def most(self, time):
        """What may be seen at a time, if all that was sent by then is in it."""
        return self._with_base([self.begun.at(time)])

    def least(self, time, bound, own=None):
        """What must be seen by who asks at a time: all that was acknowledged `bound` seconds before, and what is the own."""
        return self._with_base([steps.at(time if client == own else time - bound) for client, steps in self.acked.items()])

    def _with_base(self, values):
        return self.base + sum(values) if self.is_sum else max([self.base, *values])


def registers(history, bases):
    """bases: {register: value at the beginning}."""
    writes = collections.defaultdict(list)
    for write in history.writes:
        writes[write.register].append(write)
    return {name: Register(name, writes[name], base) for name, base in bases.items()}


def check_reads(history, bases, max_stale, stale_if_error):
    """Kinds: stale, own-write, marked-too-old, from-nowhere."""
    known = registers(history, bases)
    found = []
    for read in history.reads:
        for name, value in read.values.items():
            kind = judge(known[name], value, read, max_stale, stale_if_error)
            if kind is not None:
                register = known[name]
                found.append(Violation(kind, f"{read.client} read {read.path} at {read.began:.3f}: {name} was {value}, between "
                                             f"{register.least(read.began, max_stale, read.client)} and {register.most(read.ended)}"
                                             f" was to be seen{', marked' if read.marked else ''}"))
    return found


def judge(register, value, read, max_stale, stale_if_error):
    if value > register.most(read.ended):
        return "from-nowhere"
    if read.marked:
        return "marked-too-old" if value < register.least(read.began, stale_if_error) else None
    if value < register.least(read.began, max_stale):
        return "stale"
    return "own-write" if value < register.least(read.began, max_stale, read.client) else None


def check_stored(history, stored):
    """stored: {key: how often the database has it} of writes that have a key of their own. Kinds: lost, doubled."""
    found = []
    for write in history.writes:
        if write.key is None:
            continue
        times = stored.get(write.key, 0)
        if times > 1:
            found.append(Violation("doubled", f"{write.key} is there {times} times"))
        elif times == 0 and write.acked is not None:
            found.append(Violation("lost", f"{write.key} of {write.client}, acknowledged at {write.acked:.3f}"))
    return found


def check_last(history, bases, last):
    """last: {register: value in the database at the end}. Kinds: lost, doubled."""
    found = []
    for name, register in registers(history, bases).items():
        end = float("inf")
        least, most = register.least(end, 0), register.most(end)
        if last[name] < least:
            found.append(Violation("lost", f"{name} ended as {last[name]}, at least {least} was acknowledged"))
        elif last[name] > most:
            found.append(Violation("doubled", f"{name} ended as {last[name]}, at most {most} was asked for"))
    return found


def check_changes(history, changes):
    """changes: {vessel: how often the database says that its row was changed}. Each number is written once, however often it
    was sent. Kinds: lost, doubled."""
    found = []
    for vessel, times in changes.items():
        writes = [w for w in history.writes if w.register == ("notes", vessel)]
        acked = sum(w.acked is not None for w in writes)
        if times < acked:
            found.append(Violation("lost", f"row {vessel} was changed {times} times, {acked} were acknowledged"))
        elif times > len(writes):
            found.append(Violation("doubled", f"row {vessel} was changed {times} times, {len(writes)} were asked for"))
    return found
