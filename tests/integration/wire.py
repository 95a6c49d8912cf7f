"""A relay between a client and PostgreSQL that records every statement on the wire."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import make_url


class Wire:
    """A record of the statements.

    Attributes:
        statements: their texts, in the order in which they were sent.
    """

    def __init__(self) -> None:
        self.statements: list[str] = []

    def note(self, kind: bytes, body: bytes) -> None:
        """Record a message of the client if it carries a statement (protocol 3.0: Query, Parse)."""
        if kind == b"Q":
            self.statements.append(body.rstrip(b"\0").decode())
        elif kind == b"P":
            self.statements.append(body.split(b"\0")[1].decode())


@contextmanager
def tapped(database_url: str) -> Iterator[tuple[str, Wire]]:
    """Yield a URL of the same database through a relay, and the relay's record."""
    wire = Wire()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, database_url, wire), daemon=True).start()
    port = listener.getsockname()[1]
    url = make_url(database_url).set(host="127.0.0.1", port=port, query={"sslmode": "disable"})
    try:
        yield url.render_as_string(hide_password=False), wire
    finally:
        listener.close()


def _accept(listener: socket.socket, database_url: str, wire: Wire) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = _connect(database_url)
        threading.Thread(target=_relay_client, args=(client, server, wire), daemon=True).start()
        threading.Thread(target=_relay_server, args=(server, client), daemon=True).start()


def _connect(database_url: str) -> socket.socket:
    parts = urlsplit(database_url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    if folder:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.connect(f"{folder}/.s.PGSQL.{parts.port or 5432}")
        return server
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432))


def _relay_client(client: socket.socket, server: socket.socket, wire: Wire) -> None:
    with suppress(OSError), client.makefile("rb") as stream:  # until one side hangs up
        length = stream.read(4)  # the startup message has no kind
        server.sendall(length + stream.read(int.from_bytes(length) - 4))
        while header := stream.read(5):
            body = stream.read(int.from_bytes(header[1:]) - 4)
            wire.note(header[:1], body)
            server.sendall(header + body)
    server.close()


def _relay_server(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):  # until one side hangs up
        while data := server.recv(65536):
            client.sendall(data)
