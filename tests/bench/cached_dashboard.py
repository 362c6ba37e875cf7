#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The cached dashboard against the ceiling: an empty libfcgi responder that sends the same bytes through the same nginx, by
turns, in one run. Prints a table; the ratio counts, the rest belongs to the machine.

STEVEDORES_PREFIX says where the programs are installed."""
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import fastcgi  # noqa: E402  pylint: disable=wrong-import-position
from stack import Stack  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS, SECONDS, CONNECTIONS = 5, 4, 32


def wrk(url):
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-H",
                          f"Authorization: Bearer {fastcgi.KEY}", url], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out, out
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            float(p99.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[p99.group(2)])


def ceiling(stack, answer):
    """A second pool in the place of the real one, through the same templates; returns how to end it."""
    program = os.path.join(stack.run_dir, "empty_responder")
    subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "empty_responder.c"), "-lfcgi"], check=True)
    data = os.path.join(stack.run_dir, "answer")
    with open(data, "wb") as f:
        f.write(answer)
    os.chmod(data, 0o644)
    socket_path = os.path.join(stack.run_dir, "empty.sock")
    stack.spawn("empty", ["spawn-fcgi", "-s", socket_path, "-M", "0660", "-b", "1024", "-n", "--", "/usr/bin/multiwatch", "-f",
                          str(stack.responders), "--", program, data])
    stack.stop_nginx()
    stack.start_nginx(change=lambda text: text.replace(
        "    location ~ ^/(api|health)(/|$) {", "    location = /empty { fastcgi_pass unix:" + socket_path +
        "; fastcgi_param REQUEST_METHOD $request_method; fastcgi_keep_conn on; fastcgi_buffers 16 16k; fastcgi_buffer_size 16k;"
        " gzip off; }\n    location ~ ^/(api|health)(/|$) {", 1))


def main():
    with tempfile.TemporaryDirectory(), Stack(responders=4, berths=False, env={"LOG_REQUESTS": "slow"}) as stack:
        stack.ctl("demo")
        http = stack.session()
        body = http.get("/api/dashboard").text
        status, headers, raw = fastcgi.ask(stack.fcgi_socket, "GET", "/api/dashboard")
        assert status == 200
        answer = "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + raw
        ceiling(stack, answer)
        assert stack.session().get("/empty").text == raw.decode()
        rows = {"/empty": [], "/api/dashboard": []}
        for path in rows:
            wrk(stack.url(path))  # warm
        for _ in range(ROUNDS):
            for path, found in rows.items():
                found.append(wrk(stack.url(path)))
        stack.end("empty")
    print(f"{len(body)} bytes, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s by turns; medians")
    print(f"{'':26}{'requests/s':>12}{'p99 ms':>9}")
    for path, name in (("/empty", "empty libfcgi responder"), ("/api/dashboard", "cached dashboard")):
        print(f"{name:26}{statistics.median(r for r, _ in rows[path]):12.0f}{statistics.median(p for _, p in rows[path]):9.2f}")
    ratios = [b[0] / a[0] for a, b in zip(rows["/empty"], rows["/api/dashboard"])]
    print(f"ratio, pair by pair: {min(ratios):.2f} {statistics.median(ratios):.2f} {max(ratios):.2f} (min, median, max)")


if __name__ == "__main__":
    main()
