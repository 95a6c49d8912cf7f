"""A program with an application of a few lines, which is served as EventAPI is.

Run as ``python -m tests.integration.tiny_program --port PORT FOLDER``.
"""

import atexit
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask

from eventapi.entrypoints.cli.support import one_line_errors
from eventapi.entrypoints.server import serve
from eventapi.entrypoints.settings import Settings

FOLDER = Path(sys.argv[3]) if len(sys.argv) > 3 else Path()


def make_app(settings: Settings) -> Flask:
    del settings
    if (FOLDER / "is-broken").exists():
        raise RuntimeError("a defect")
    atexit.register(click.echo, "The interpreter of a worker has ended.")
    app = Flask("tiny")
    app.get("/health/live")(lambda: {"pid": os.getpid()})
    app.get("/slow")(_answer_slowly)
    return app


def _answer_slowly() -> dict[str, str]:
    (FOLDER / "has-begun").touch()
    while not (FOLDER / "may-end").exists():
        time.sleep(0.005)
    return {"answer": "complete"}


if __name__ == "__main__":
    with one_line_errors():
        settings = replace(Settings.from_environment(), port=int(sys.argv[2]))
        serve(settings, make_app, announce=lambda: click.echo("Stop with Ctrl-C"))
        click.echo("It has stopped.")
