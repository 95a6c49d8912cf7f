"""The measured programs, which run in their own processes, and their test data."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from socket import create_server
from typing import Any

from flask import Flask

from eventapi.entrypoints.server import serve
from eventapi.entrypoints.settings import Settings

EVENTS = 1000
BUYERS = 32
PASSWORD = "correct horse battery"
SECRET = "benchmark" * 8


@contextmanager
def program(module: str, *arguments: str, **settings: str) -> Iterator[str]:
    """Run a module that serves; yield its host and port."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("EVENTAPI_")
    }
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", module, *(port if word == "PORT" else word for word in arguments)],
        env=environment
        | {"EVENTAPI_SECRET_KEY": SECRET, "EVENTAPI_ACCESS_TOKEN_LIFETIME": "86400"}
        # Rate limits would be measured instead of the program.
        | dict.fromkeys(("EVENTAPI_RATE_LIMIT", "EVENTAPI_ADDRESS_LIMIT"), "")
        | {"EVENTAPI_LOG_LEVEL": "warning"}  # otherwise each request writes to the terminal
        | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if line.startswith("Stop with"):
                break
        else:
            raise RuntimeError(f"{module} failed to start")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def serve_at_port(make_app: Callable[[Settings], Flask]) -> None:
    """Serve an application at the port that is the argument of the command."""
    serve(
        replace(Settings.from_environment(), port=int(sys.argv[1])),
        make_app,
        announce=lambda: print("Stop with Ctrl-C.", flush=True),
    )


@dataclass
class Fixture:
    """One hot event, many cold ones, and the access tokens of buyers."""

    hot: int
    cold: list[int]
    tokens: list[str]


def create_fixture(address: str) -> Fixture:
    """Create events and buyers over the API."""
    olga = _sign_in(address, "olga", "organizer")
    event = {"name": "Jazz night", "date": "2090-01-01", "capacity": 10_000_000}
    with ThreadPoolExecutor(4) as pool:
        tokens = list(
            pool.map(lambda number: _sign_in(address, f"buyer-{number}", "user"), range(BUYERS))
        )
        ids = list(
            pool.map(
                lambda _: int(_post(address, "/api/events", event, olga)["id"]), range(EVENTS + 1)
            )
        )
    return Fixture(ids[0], ids[1:], tokens)


def _sign_in(address: str, username: str, role: str) -> str:
    account = {"username": username, "password": PASSWORD}
    _post(address, "/api/register", {**account, "role": role})
    return str(_post(address, "/api/login", account)["access"])


def _post(address: str, path: str, body: object, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        f"http://{address}{path}", json.dumps(body).encode(), headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)
