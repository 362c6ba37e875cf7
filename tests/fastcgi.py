# SPDX-License-Identifier: Apache-2.0
"""A FastCGI peer made by hand, for what a web server never sends: wrong, half and missing records."""
import socket
import struct

# The API key that stack.py gives to an admin in each of its databases.
KEY = "sdk_00000000_" + "0" * 43

BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7


def record(kind, content=b"", request=1, version=1):
    return struct.pack(">BBHHBx", version, kind, request, len(content), 0) + content


def begin(role=1, flags=0):
    return record(BEGIN, struct.pack(">HB5x", role, flags))


def pairs(params):
    def length(n):
        return struct.pack(">B", n) if n < 128 else struct.pack(">I", n | 0x80000000)

    out = b""
    for name, value in params.items():
        name, value = name.encode(), value if isinstance(value, bytes) else str(value).encode()
        out += length(len(name)) + length(len(value)) + name + value
    return out


def request_params(method, uri, body=None, **more):
    params = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "REMOTE_ADDR": "127.0.0.1",
              "HTTP_AUTHORIZATION": f"Bearer {KEY}",
              "CONTENT_TYPE": "application/json" if body is not None else "",
              "CONTENT_LENGTH": str(len(body)) if body is not None else ""}
    params.update(more)
    return params


def connect(path, timeout=15):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout)
    s.connect(path)
    return s


class Headers(dict):
    """The last of each name; get_all() has all of them, in their order."""

    def __init__(self, lines):
        self.lines = lines
        super().__init__(lines)

    def get_all(self, name):
        return [value for n, value in self.lines if n == name]


def read_answer(s):
    """(status, headers, body) of what comes until the end, or None when the connection ends without an answer."""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    out, at = b"", 0
    while len(data) - at >= 8:
        _, kind, _, length, padding = struct.unpack(">BBHHB", data[at:at + 7])
        if kind == STDOUT:
            out += data[at + 8:at + 8 + length]
        at += 8 + length + padding
    if b"\r\n\r\n" not in out:
        return None
    head, body = out.split(b"\r\n\r\n", 1)
    headers = Headers([tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")])
    return int(headers["Status"].split()[0]), headers, body


def ask(path, method, uri, body=None, **more):
    """One whole request. `body` is what is sent; CONTENT_LENGTH may claim something else."""
    with connect(path) as s:
        s.sendall(begin() + record(PARAMS, pairs(request_params(method, uri, body, **more))) + record(PARAMS))
        for i in range(0, len(body or b""), 65000):
            s.sendall(record(STDIN, body[i:i + 65000]))
        s.sendall(record(STDIN))
        return read_answer(s)
