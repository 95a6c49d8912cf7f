"""The server: Granian, with one application in each of its worker processes."""

import logging
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
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from eventapi.entrypoints.bootstrap import StartupError
from eventapi.entrypoints.logs import configure_logs
from eventapi.entrypoints.settings import Settings

SWITCH_INTERVAL = 0.0002
"""Seconds after which a thread must hand on Python's interpreter lock when another waits for it.

A thread whose sale holds an event's row comes back from the database many times; for as long as it
then waits for the interpreter, everybody waits for the row. With Python's own 5 ms, one hot event
sold a third less.
"""
START_TIMEOUT = 60  # seconds until which a worker must answer
STOP_TIMEOUT = 5
"""Seconds in which a worker must finish what it does, or is ended.

Ending it loses nothing: what it had not committed, nobody was told of.
"""


def serve(
    settings: Settings, make_app: Callable[[Settings], Flask], *, announce: Callable[[], None]
) -> None:
    """Serve until interrupted.

    Args:
        settings: with everything settled that the application needs.
        make_app: makes the application; called in each worker process, so it
            must be a function of a module.
        announce: called once the server answers.

    Raises:
        StartupError: the address can't be listened at.
    """
    _check_address(settings.host, settings.port)
    # Workers begin with nothing of this process: no thread's locks, no connection.
    multiprocessing.set_start_method("spawn", force=True)
    logging.getLogger("_granian").addFilter(_is_news)
    server = Granian(
        "eventapi",  # not imported: the loader below makes the application
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backpressure=None,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT,
        process_name=None,
    )
    # Granian has no hook for when its workers are ready, so we ask until one answers.
    Thread(target=_when_ready, args=(settings, announce), daemon=True).start()
    server.serve(
        target_loader=partial(_load, make_app, settings),
        wrap_loader=False,
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out Granian's advice to use fewer threads: most of ours wait for their sale."""
    return "Python threads" not in record.getMessage()


def _when_ready(settings: Settings, announce: Callable[[], None]) -> None:
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    host = anywhere.get(settings.host, settings.host)
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
            announce()
            return


def _load(make_app: Callable[[Settings], Flask], settings: Settings, *_: Any) -> Flask:
    # Ctrl-C at a terminal goes to the whole process group, and Granian's main process then stops
    # its workers: told twice, a worker of Granian 2.8 waits for ever. So they leave the group.
    os.setpgrp()
    sys.setswitchinterval(SWITCH_INTERVAL)
    configure_logs(json=settings.profile == "production")
    return make_app(settings)


def _check_address(host: str, port: int) -> None:
    """Find out before anything is started whether the address is free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartupError(
            f"can't listen at {host}:{port}: {error.strerror or error}"
            " (choose another with EVENTAPI_PORT or --port)"
        ) from error
