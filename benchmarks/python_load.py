"""A load generator of the standard library: dearer than wrk, but always there.

Run as ``python -m benchmarks.python_load ADDRESS STAGE SECONDS CONNECTIONS
FIRST``. It speaks HTTP on bare sockets, since http.client takes longer for a
request than the program that is measured has for it.
"""

import json
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

CREATED = "201"
NOT_ANSWERED = "not answered"
HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) .*\r\ncontent-length: (\d+)\r\n", re.IGNORECASE | re.DOTALL)
END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Connection:
    """A connection that sends one purchase after the other."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        """Send a request, which is small enough to be taken at once."""
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> str | None:
        """Take what has come; gives the status once the answer is complete.

        Raises:
            OSError: the connection was closed.
        """
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionResetError
        self.received += chunk
        head, end, body = self.received.partition(END_OF_HEAD)
        if not end:
            return None
        match = HEAD.match(head + b"\r\n")
        if match is None:
            raise ConnectionError(f"not an answer of known length: {head.decode('latin-1')}")
        return match[1].decode() if len(body) >= int(match[2]) else None


@dataclass
class Tally:
    """What came of the purchases of this process."""

    accepted: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)

    def count(self, status: str, seconds: float) -> None:
        """Count an answer and how long it took."""
        self.latencies[round(seconds * 1_000_000)] += 1
        if status == CREATED:
            self.accepted += 1
        else:
            self.failures[status] += 1


def requests(address: str, stage: Path, first: int) -> Iterator[bytes]:
    """Give one purchase after the other, beginning with this turn."""
    events, tokens = (line.split() for line in stage.read_text("ascii").splitlines())
    body = '{"quantity": 1}'
    for turn in count(first):
        yield (
            f"POST /api/events/{events[turn % len(events)]}/purchase HTTP/1.1\r\n"
            f"Host: {address}\r\n"
            f"Authorization: Bearer {tokens[turn % len(tokens)]}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def buy(address: str, wanted: Iterator[bytes], *, seconds: float, connections: int) -> Tally:
    """Send purchases for this long, each connection its next once the one before is answered."""
    tally = Tally()
    host, port = address.split(":")
    end = time.perf_counter() + seconds
    with DefaultSelector() as selector:
        for _ in range(connections):
            connection = Connection(socket.create_connection((host, int(port))))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, EVENT_READ, connection)
            connection.send(next(wanted))
        while selector.get_map() and (left := end - time.perf_counter()) > 0:
            for key, _ in selector.select(left):
                connection = key.data
                try:
                    status = connection.receive()
                    if status is not None:
                        tally.count(status, time.perf_counter() - connection.sent_at)
                        connection.send(next(wanted))
                except OSError:
                    # It is not opened again: a run with failures means nothing anyway.
                    tally.failures[NOT_ANSWERED] += 1
                    selector.unregister(connection.socket)
                    connection.socket.close()
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return tally


def main(address: str, stage: str, seconds: str, connections: str, first: str) -> None:
    """Buy, and print what came of it as JSON."""
    began = time.perf_counter()
    tally = buy(
        address,
        requests(address, Path(stage), int(first)),
        seconds=float(seconds),
        connections=int(connections),
    )
    result = vars(tally) | {
        "seconds": time.perf_counter() - began,
        "latencies": sorted(tally.latencies.items()),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
