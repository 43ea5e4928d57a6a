#!/usr/bin/env python3
"""A TCP proxy that is far away: every byte arrives a fixed time later, in either direction, and so does a connection.

usage: proxy.py TO_PORT EACH_WAY_SECONDS LOG    prints the port that it listens on; ends when standard input does

It looks at no byte: TLS passes through untouched. There is no limit on bandwidth and no slow start. A line of LOG for every connection
that ended: accepted at (seconds since the epoch), bytes up, bytes down.
"""
import asyncio
import collections
import socket
import sys
import time


class Way:
    """One direction: what came in at t leaves at t + delay, in order."""

    def __init__(self, delay, not_before):
        self.delay, self.not_before = delay, not_before
        self.queue = collections.deque()
        self.transport = None
        self.timer = None
        self.bytes = 0

    def put(self, data):
        """Bytes, or None for the end."""
        now = asyncio.get_running_loop().time()
        self.queue.append((max(now, self.not_before) + self.delay, data))
        self.wake()

    def connect(self, transport):
        self.transport = transport
        self.wake()

    def wake(self):
        if self.timer is None and self.queue and self.transport is not None:
            self.timer = asyncio.get_running_loop().call_at(self.queue[0][0], self.send_due)

    def send_due(self):
        self.timer = None
        now = asyncio.get_running_loop().time()
        due = []
        while self.queue and self.queue[0][0] <= now:
            due.append(self.queue.popleft()[1])
        for data in due:
            if data is None:
                if not self.transport.is_closing():
                    self.transport.close()
            elif not self.transport.is_closing():
                self.bytes += len(data)
                self.transport.write(data)
        self.wake()


class End(asyncio.Protocol):
    """The end of a connection that a way leads away from; the other way leads to it."""

    def __init__(self, away, to, over):
        self.away, self.to, self.over = away, to, over

    def connection_made(self, transport):
        self.to.connect(transport)

    def data_received(self, data):
        self.away.put(bytes(data))

    def connection_lost(self, _):
        self.away.put(None)
        self.over()


class Link:
    """A client's connection and the one to the server that stands for it."""

    def __init__(self, port, delay, log):
        self.log, self.left = log, 2
        self.accepted = time.time()
        # A client that is far away sees the connection a round trip after it asked for it; this one saw it at once, so what it sends is
        # held back that long.
        now = asyncio.get_running_loop().time()
        self.up, self.down = Way(delay, now + 2 * delay), Way(delay, now)
        self.connecting = asyncio.ensure_future(self.connect(port))

    def client(self):
        return End(self.up, self.down, self.over)

    async def connect(self, port):
        try:
            await asyncio.get_running_loop().create_connection(lambda: End(self.down, self.up, self.over), "127.0.0.1", port)
        except OSError:
            self.down.put(None)
            self.over()

    def over(self):
        self.left -= 1
        if self.left == 0:
            print(f"{self.accepted:.3f}\t{self.up.bytes}\t{self.down.bytes}", file=self.log, flush=True)


async def serve(port, delay, log):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Link(port, delay, log).client(), "127.0.0.1", 0, backlog=1024)
    for listening in server.sockets:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main():
    with open(sys.argv[3], "a") as log:
        asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), log))


if __name__ == "__main__":
    main()
