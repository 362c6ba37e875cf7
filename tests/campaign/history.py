# SPDX-License-Identifier: Apache-2.0
"""What the clients of a campaign did and saw, kept by themselves: the program under test has no part in it. All times are of one
monotonic clock.

A register is something whose value only grows, so that a value says which writes it has in it: ("notes", vessel) is set to
1, 2, 3 … by its one writer, ("loaded", vessel) is added to by everybody's tallies, each with an id of its own."""
import collections
import threading

# acked: when the answer was there; None: it never came, and nobody knows. attempts: how often it was sent.
Write = collections.namedtuple("Write", "client register amount key began acked attempts")
# values: {register: value}; marked: the answer said that it may be stale.
Read = collections.namedtuple("Read", "client began ended values marked path")
Attempt = collections.namedtuple("Attempt", "began ended kind status")


class History:
    def __init__(self):
        self.lock = threading.Lock()
        self.writes, self.reads, self.attempts = [], [], []
        self.surprises = []  # answers that no fault explains, in words

    def wrote(self, *args):
        with self.lock:
            self.writes.append(Write(*args))

    def read(self, *args):
        with self.lock:
            self.reads.append(Read(*args))

    def tried(self, *args):
        with self.lock:
            self.attempts.append(Attempt(*args))

    def surprise(self, text):
        with self.lock:
            self.surprises.append(text)
