"""Serves an application with Granian, in one or more worker processes."""

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels

from eventapi.entrypoints.bootstrap import StartupError
from eventapi.entrypoints.logs import configure_logs
from eventapi.entrypoints.settings import Settings
from eventapi.entrypoints.workers import WorkerServer

SWITCH_INTERVAL = 0.0002
"""Seconds after which a thread releases Python's interpreter lock if another waits for it.

The thread whose sale holds an event's row lock waits for the interpreter after
each answer of the database, and every other buyer waits for the row meanwhile.
With Python's default of 5 ms, one hot event sold a third less.
"""
START_TIMEOUT = 60  # seconds until a worker must answer


def serve(
    settings: Settings, make_app: Callable[[Settings], Flask], *, announce: Callable[[], None]
) -> None:
    """Serve until interrupted. A worker process that dies is replaced.

    Args:
        settings: complete: with a secret key, and a database if needed.
        make_app: creates the application. It is pickled and called in each
            worker process, so it must be a function of a module.
        announce: called once, when the server answers.

    Raises:
        StartupError: the address can't be bound, or no worker process can start.
    """
    _check_address(settings.host, settings.port)
    configure_logs(json=settings.profile == "production", level=settings.log_level)
    # Spawned workers inherit no locks of threads and no connections.
    multiprocessing.set_start_method("spawn", force=True)
    server = WorkerServer(
        target="eventapi",  # not imported: target_loader below creates the application
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backpressure=None,
        # Its warnings are advice on these numbers, and that a slow client kept a worker from
        # stopping in time.
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )

    # Granian has no hook for ready workers, so poll until one answers.
    def announce_start() -> None:
        if _wait_until_ready(settings):
            server.has_answered.set()
            announce()

    Thread(target=announce_start, daemon=True).start()
    server.run(partial(_load_app, make_app, settings))
    if not server.can_start:
        raise StartupError("the worker processes end while they start: see the errors above")


def _wait_until_ready(settings: Settings) -> bool:
    """Return whether the server answers within START_TIMEOUT."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    host = loopback.get(settings.host, settings.host)
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection(host, settings.port, timeout=START_TIMEOUT)
            connection.request("GET", "/health/live")
            connection.getresponse().read()
            connection.close()
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return True
    return False


def _load_app(make_app: Callable[[Settings], Flask], settings: Settings, *_: Any) -> Flask:
    # Ctrl-C at a terminal signals the whole process group, and Granian's main process then
    # stops its workers: a worker of Granian 2.8 that gets both hangs. So leave the group.
    os.setpgrp()
    sys.setswitchinterval(SWITCH_INTERVAL)
    configure_logs(json=settings.profile == "production", level=settings.log_level)
    return make_app(settings)


def _check_address(host: str, port: int) -> None:
    """Raise an error if the address can't be bound, before anything is started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartupError(
            f"can't listen on {host}:{port}: {error.strerror or error}"
            " (choose another port with --port or EVENTAPI_PORT)"
        ) from error
