"""The program as a process that serves on a port."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from typing import IO, Any

from eventapi.testing.api import PASSWORD

PROGRAM = [sys.executable, "-m", "eventapi"]


def free_port() -> int:
    """Return a port on which nothing listens."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a process: this one's without EventAPI's settings, plus these."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("EVENTAPI_") and name != "DATABASE_URL"
    }
    return kept | variables


@dataclass
class Served:
    """A running program.

    Attributes:
        printed: its output until it was ready.
    """

    process: subprocess.Popen[str]
    port: int
    printed: str

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, Any]:
        """Send a request on a connection of its own, and return the status and the body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if content else None

    def sign_in(self, role: str) -> str:
        """Create an account that is named after its role, and return its access token."""
        login = {"username": f"the-{role}", "password": PASSWORD}
        created, _ = self.request("POST", "/api/register", {**login, "role": role})
        assert created == 201
        token: str = self.request("POST", "/api/login", login)[1]["access"]
        return token

    def interrupt(self) -> str:
        """Stop the program as Ctrl-C does, and return the rest of its output."""
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        return rest


@contextmanager
def served(
    *arguments: str,
    folder: Path | None = None,
    program: Sequence[str] = (*PROGRAM, "serve"),
    **variables: str,
) -> Iterator[Served]:
    """Run a program for the duration of the context."""
    port = free_port()
    process = subprocess.Popen(
        [*program, "--port", str(port), *arguments],
        # Nobody reads the pipe while the program runs, so a line for each request would fill it.
        env=environment(**{"EVENTAPI_LOG_LEVEL": "warning"} | variables),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        yield Served(process, port, _wait_until_ready(process.stdout))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        process.stdout.close()


def _wait_until_ready(output: IO[str]) -> str:
    lines = []
    for line in output:
        lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line))
        if line.startswith("Stop with Ctrl-C"):
            break
    else:
        raise AssertionError(f"it did not start: {''.join(lines)}")
    return "".join(lines)
