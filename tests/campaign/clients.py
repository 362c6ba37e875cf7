# SPDX-License-Identifier: Apache-2.0
"""The people and machines of a campaign: each a thread with a session and a random sequence of its own. They write what can be
told apart afterwards, send again what was not answered, and write down what they saw."""
import threading
import time

import port
import requests

TIMEOUT_S = 10
GIVE_UP_S = 40  # until a write without an answer is left: nobody knows then
PAUSE_S = 0.02
PAGE = "sort=id&per_page=100"


def loaded_and_notes(row):
    found = {("loaded", row["id"]): row["loaded"]}
    if "notes" in row:
        found["notes", row["id"]] = int(row["notes"])
    return found


def of_list(data, vessels):
    found = {}
    for row in data:
        if row["id"] in vessels:
            found.update(loaded_and_notes(row))
    return found


class Client(threading.Thread):
    def __init__(self, name, campaign, rng):
        super().__init__(name=name, daemon=True)
        self.stack, self.history, self.vessels = campaign.stack, campaign.history, campaign.vessels
        self.over, self.random = campaign.over, rng
        self.failure = None
        self.http = self.stack.session()

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
                self.over.wait(self.random.uniform(0, 2 * PAUSE_S))
        except Exception as e:  # pylint: disable=broad-except
            self.failure = e

    def step(self):
        raise NotImplementedError

    def ask(self, kind, method, path, **kwargs):
        """The answer, or None when there was none."""
        began, answer = time.monotonic(), None
        try:
            answer = self.http.request(method, path, timeout=TIMEOUT_S, **kwargs)
            status = answer.status_code
        except requests.Timeout:
            status = "timeout"
        except requests.RequestException:
            status = "cut"
        self.history.tried(began, time.monotonic(), kind, status)
        return answer

    def read(self):
        path = self.random.choice([f"/api/vessels?{PAGE}", "/api/dashboard",
                                   *(f"/api/vessels/{vessel}" for vessel in self.vessels)])
        began = time.monotonic()
        answer = self.ask("read", "GET", path)
        if answer is None or answer.status_code >= 500:
            return
        if answer.status_code != 200:
            self.history.surprise(f"{path}: {answer.status_code} {answer.text[:200]}")
            return
        data = answer.json()
        rows = data["vessels"] if "dashboard" in path else data["data"]
        values = of_list(rows if isinstance(rows, list) else [rows], self.vessels)
        self.history.read(self.name, began, time.monotonic(), values, "Warning" in answer.headers, path)


class Reader(Client):
    """Somebody else each time."""

    def step(self):
        self.http.cookies.clear()
        self.read()


class Writer(Client):
    """Has a vessel of its own, whose notes count its changes; tallies any vessel, and announces new ones."""

    def __init__(self, name, campaign, rng, vessel):
        super().__init__(name, campaign, rng)
        self.vessel = vessel
        self.number, self.tag = 0, None
        self.announced = 0

    def step(self):
        self.random.choices([self.read, self.tally, self.change, self.announce], (45, 30, 24, 1))[0]()

    def send(self, method, path, body, headers):
        """Until it is answered. (When it was first sent, its answer or None, how often it was sent)."""
        began, answer, attempts = time.monotonic(), None, 0
        while time.monotonic() < began + GIVE_UP_S:
            attempts += 1
            answer = self.ask("write", method, path, json=body, headers=headers)
            if answer is not None and answer.status_code < 500 and answer.status_code != 409:
                break
            answer = None
            time.sleep(self.random.uniform(0.02, 0.1))
        if answer is not None and answer.status_code not in (200, 201):
            self.history.surprise(f"{method} {path} {headers}, sent {attempts} times: {answer.status_code} {answer.text[:300]}")
        return began, answer, attempts

    def note(self, register, amount, key, sent):
        began, answer, attempts = sent
        acked = time.monotonic() if answer is not None and answer.status_code in (200, 201) else None
        self.history.wrote(self.name, register, amount, key, began, acked, attempts)
        return acked is not None

    def tally(self):
        vessel, count, key = self.random.choice(self.vessels), self.random.randint(1, 9), port.new_id()
        sent = self.send("POST", f"/api/vessels/{vessel}/tallies",
                         {"id": key, "tally_type": "loaded", "cargo_type": "van", "count": count}, {})
        self.note(("loaded", vessel), count, key, sent)

    def change(self):
        """The next number, every second time only if the row is as this writer left it, which it must be."""
        self.number += 1
        headers = {"Idempotency-Key": port.new_id()}
        if self.tag is not None and self.number % 2:
            headers["If-Match"] = self.tag
        sent = self.send("PATCH", f"/api/vessels/{self.vessel}", {"notes": str(self.number)}, headers)
        self.tag = sent[1].headers.get("ETag") if self.note(("notes", self.vessel), self.number, None, sent) else None

    def announce(self):
        self.announced += 1
        name = f"MV {self.name} {self.announced}"
        sent = self.send("POST", "/api/vessels", {"name": name, "vessel_type": "roro", "cargo_capacity": {"van": 1}},
                         {"Idempotency-Key": port.new_id()})
        self.note(None, 0, name, sent)
