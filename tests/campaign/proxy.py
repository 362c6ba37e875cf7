#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between a program and its servers, and does to their bytes what a bad network does. A process of its own, so that
whoever drives it slows nothing down.

`proxy.py CONTROL NAME=FROM=TO...`: FROM and TO are a port on 127.0.0.1 or a path. A line "NAME MODE [MS]" on the socket CONTROL
sets a link's mode, and is answered by "ok":

    pass        bytes go through
    delay MS    each piece, either way, comes so much later
    drop        bytes vanish and connections stay open, as behind a cable that is out; they are cut when the mode ends
    mute        what is asked goes through, what is answered vanishes and its connection is cut then: a commit whose reply is lost
    cut         every connection is cut now, and each new one at once
"""
import asyncio
import contextlib
import os
import socket
import struct
import sys

PIECE = 65536


class Link:
    """One place where connections come in, and the server that they are meant for."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.mode, self.delay = "pass", 0.0
        self.tainted = set()  # writers of connections that have lost something
        self.writers = {}     # of each connection that is open, and of its other side

    async def listen(self):
        if self.source.isdigit():
            await asyncio.start_server(self.serve, "127.0.0.1", int(self.source))
        else:
            await asyncio.start_unix_server(self.serve, self.source)
            os.chmod(self.source, 0o777)

    async def serve(self, reader, writer):
        if self.mode == "cut":
            reset(writer)
            return
        try:
            if self.target.isdigit():
                other_reader, other = await asyncio.open_connection("127.0.0.1", int(self.target))
            else:
                other_reader, other = await asyncio.open_unix_connection(self.target)
        except OSError:  # the server is away: so it looks to who connected
            reset(writer)
            return
        self.writers[writer] = other
        try:
            await asyncio.gather(self.pump(reader, other, writer, False), self.pump(other_reader, writer, writer, True))
        finally:
            del self.writers[writer]
            self.tainted.discard(writer)
            reset(writer)
            reset(other)

    async def pump(self, reader, to, connection, is_answer):
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE):
                if self.mode == "delay":
                    await asyncio.sleep(self.delay)
                if self.mode == "drop" or (connection in self.tainted):
                    self.tainted.add(connection)
                elif self.mode == "mute" and is_answer:
                    break
                else:
                    to.write(data)
                    await to.drain()
        # Either side's end is the other's: none of the protocols goes on after half of it.
        self.cut(connection)

    def cut(self, connection):
        other = self.writers.get(connection)
        reset(connection)
        if other is not None:
            reset(other)

    def set(self, mode, ms):
        self.mode, self.delay = mode, ms / 1000
        if mode != "drop":
            for connection in list(self.writers if mode == "cut" else self.tainted):
                self.cut(connection)


def reset(writer):
    """Closes it without a goodbye."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_INET and not writer.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def main():
    control, *specs = sys.argv[1:]
    links = {}
    for spec in specs:
        name, source, target = spec.split("=")
        links[name] = Link(source, target)
        await links[name].listen()

    async def obey(reader, writer):
        while line := await reader.readline():
            name, mode, *ms = line.decode().split()
            links[name].set(mode, float(ms[0]) if ms else 0.0)
            writer.write(b"ok\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(obey, control)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
