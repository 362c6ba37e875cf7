# SPDX-License-Identifier: Apache-2.0
"""Who is told of alerts, and how: ALERT_COMMAND and ALERT_WEBHOOK_URL."""
import contextlib
import glob
import http.server
import json
import os
import secrets
import signal
import socket
import threading
import time

from stack import Stack, children_of, eventually, program_of
from test_operations import alert, alert_lines, operations
from test_sandbox import built_with, status_of

MEMBERS = {"alert", "level", "state", "value", "warning", "critical", "detail", "since", "at", "host", "version"}
VARIABLES = {"PATH", "ALERT_NAME", "ALERT_LEVEL", "ALERT_STATE", "ALERT_VALUE", "ALERT_DETAIL", "ALERT_SINCE", "ALERT_HOST"}


class Receiver:
    """A web server that keeps what is posted to it, and answers with `status`. While a post is in hand it looks whether somebody
    who lists processes could read the secret."""

    def __init__(self):
        self.secret = secrets.token_hex(16)
        self.status = 204
        self.posts = []
        self.seen = []  # secrets in command lines or environments
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.look_at_processes()
                receiver.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.path = f"/hooks/{self.secret}?source=stevedores"
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.path}"

    def look_at_processes(self):
        for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            with contextlib.suppress(OSError), open(path, "rb") as f:
                if self.secret.encode() in f.read() and program_of(path.split("/")[2]) == "curl":
                    self.seen.append(path)

    def of(self, name):
        return [body for _, _, body in self.posts if body["alert"] == name]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def script(stack, name, text):
    path = os.path.join(stack.run_dir, name)
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def told(stack):
    """What the command was given: pairs of environment and JSON."""
    found = []
    for path in sorted(glob.glob(os.path.join(stack.log_dir, "told.*"))):
        with open(path, encoding="utf-8") as f:
            env, body = f.read().split("---\n")
        found.append((dict(line.split("=", 1) for line in env.splitlines()), json.loads(body)))
    return found


def notices(stack, event):
    return [(line["alert"], line["state"], line["way"], line.get("detail")) for line in stack.logs("agent") if line["event"] == event]


def notifier_of(stack):
    """The agent, and its child that tells."""
    [agent] = children_of(stack.processes["agent"].pid)
    return agent, children_of(agent)


def test_people_are_told():
    """Of responders that are missing, for there are two where three should be; again after a minute; and that they are there."""
    with Receiver() as receiver:
        stack = Stack(responders=2, env={"WEB_WORKERS": "3", "ALERT_REPEAT_MINUTES": "1", "ALERT_WEBHOOK_URL": receiver.url})
        # PWD is the shell's own.
        stack.env["ALERT_COMMAND"] = script(stack, "tell", f"exec >{stack.log_dir}/told.$(date +%s%N)\nenv | grep -v ^PWD=\necho ---\ncat\n")
        with stack:
            eventually(lambda: receiver.of("responders") and told(stack), "it is told", 40)
            began = time.monotonic()
            env, body = told(stack)[0]
            assert receiver.posts == [(receiver.path, "application/json", body)]
            assert set(body) == MEMBERS and set(env) == VARIABLES
            assert (body["alert"], body["level"], body["state"]) == ("responders", "warning", "raised")
            assert (body["value"], body["warning"], body["critical"]) == (1, 1, None)
            assert body["host"] == socket.gethostname() and body["since"] == body["at"] and body["at"].endswith("Z")
            assert body["version"] == operations(stack)["version"] and body["detail"] == env["ALERT_DETAIL"]
            assert (env["ALERT_NAME"], env["ALERT_LEVEL"], env["ALERT_STATE"], env["ALERT_VALUE"]) == ("responders", "warning", "raised", "1")
            assert alert(operations(stack), "responders")["since"] == body["since"] == env["ALERT_SINCE"]
            eventually(lambda: len(notices(stack, "alert_notice_sent")) == 2, "both are logged", 5)
            assert {way for _, _, way, _ in notices(stack, "alert_notice_sent")} == {"command", "webhook"}
            agent, [notifier] = notifier_of(stack)
            status = status_of(notifier)
            assert status["NoNewPrivs"] == "1" and (built_with(stack, b"__asan_init") or status["Seccomp"] == "2")
            with open(f"/proc/{notifier}/maps", encoding="utf-8", errors="replace") as f:
                assert "/dev/shm" not in f.read()
            # The next agent knows that it was told.
            os.kill(agent, signal.SIGKILL)
            eventually(lambda: [a for a in children_of(stack.processes["agent"].pid) if a != agent], "another agent", 10)
            eventually(lambda: program_of(notifier) == "", "its notifier is gone", 10)
            again = eventually(lambda: receiver.of("responders")[1:], "it is told again", 90)
            assert time.monotonic() - began > 50
            assert [b["state"] for b in again] == ["repeated"] and again[0]["since"] == body["since"] < again[0]["at"]
            # One that is gone is replaced with its agent, when both lived for a while.
            agent, [notifier] = notifier_of(stack)
            os.kill(notifier, signal.SIGKILL)
            eventually(lambda: notifier_of(stack)[0] != agent and notifier_of(stack)[1], "another agent with another notifier", 30)
            assert [line["status"] for line in stack.logs("agent") if line["event"] == "alert_notifier_ended"] == [137]
            stack.responders = 3
            stack.restart_pool()
            eventually(lambda: receiver.of("responders")[-1]["state"] == "cleared", "that it is over is told", 40)
            assert alert_lines(stack, "responders") == ["WARNING", "cleared"]
            states = eventually(lambda: (t := [body["state"] for _, body in told(stack)])[-1] == "cleared" and t, "by the command, too", 10)
            assert states[0] == "raised" and set(states[1:-1]) == {"repeated"}
            assert receiver.seen == []
            assert receiver.secret not in stack.log_text("agent.log") + stack.ctl("check-config").stdout
        assert notices(stack, "alert_notice_failed") == []


def is_told_to_end(stack, way):
    return [notice for notice in notices(stack, "alert_notice_failed") if notice[2] == way]


def test_who_does_not_listen_holds_up_nothing():
    """A command that hangs with a child of its own, and a web server that refuses."""
    with Receiver() as receiver:
        receiver.status = 500
        stack = Stack(responders=2, env={"WEB_WORKERS": "3", "ALERT_WEBHOOK_URL": receiver.url})
        stack.env["ALERT_COMMAND"] = script(stack, "hang", f"echo $$ >{stack.log_dir}/hangs\nsleep 600 & wait\n")
        with stack:
            shell = int(eventually(lambda: stack.log_text("hangs"), "the command runs", 40))
            group = [shell] + eventually(lambda: children_of(shell), "and has a child", 5)
            samples = {operations(stack)["now"]["at"]}
            while not is_told_to_end(stack, "command"):
                data = operations(stack)
                assert data["agent"]["ok"]
                samples.add(data["now"]["at"])
                time.sleep(0.3)
                assert len(samples) < 10
            assert len(samples) >= 3, "samples were taken meanwhile"
            assert is_told_to_end(stack, "command") == [("responders", "raised", "command", "no end within 15 s")]
            eventually(lambda: not any(program_of(pid) for pid in group), "nothing of it is left", 5)
            eventually(lambda: is_told_to_end(stack, "webhook"), "the refusal is logged", 30)
            assert is_told_to_end(stack, "webhook") == [("responders", "raised", "webhook", "exit status 22")]
            assert len(receiver.of("responders")) == 3, "it was tried again"
            assert notices(stack, "alert_notice_sent") == []


def test_without_anybody_to_tell_there_is_no_child(stack):
    assert notifier_of(stack)[1] == []


def test_what_cannot_be_run_is_said():
    with Stack(responders=1, env={"WEB_WORKERS": "2", "ALERT_COMMAND": "/no/such/program"}) as stack:
        eventually(lambda: notices(stack, "alert_notice_failed"), "it failed", 40)
        assert notices(stack, "alert_notice_failed") == [("responders", "raised", "command", "exit status 127")]
