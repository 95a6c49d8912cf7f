"""Worker processes: replaced when they die, and never left alone.

Granian ends the whole server if a worker dies twice within seconds, leaves its workers
behind if its main process is killed, misses signals, and lets the interpreter of
a worker end while its own threads still use it, which panic then. So its loop and the main
function of its workers are replaced here.
"""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from threading import Event, Thread, main_thread
from typing import Any

import structlog
from granian.server.mp import MPServer

STOP_TIMEOUT = 5
"""Seconds that a worker has to finish its requests before it ends without them.

That loses nothing: only committed work has been acknowledged to a client.
"""
KILL_TIMEOUT = STOP_TIMEOUT + 2  # seconds until a worker that does not end is killed
TICK = 0.2  # seconds until the main process notices a signal, at the latest
STARTED_SECONDS = 10  # a worker that is killed earlier may have been about to start
START_FAILED = 1  # exit code of a worker whose application raised an exception
MAX_DELAY = 30  # seconds until a worker that ends at each start is started again
MAX_FAILED_STARTS = 3  # as long as the server has never answered

log = structlog.get_logger(__name__)


@dataclass
class Respawns:
    """When to replace the workers that died.

    The first time at once; while a worker dies at its start again and again, after
    delays that double.
    """

    _failures: dict[int, int] = field(default_factory=dict)
    _due: dict[int, float] = field(default_factory=dict)

    def died(self, worker: int, *, at_start: bool, now: float) -> int:
        """Note that a worker died, and return how many times on end it died at its start."""
        failures = self._failures.get(worker, 0) + 1 if at_start else 0
        self._failures[worker] = failures
        self._due[worker] = now + (min(2 ** (failures - 2), MAX_DELAY) if failures > 1 else 0)
        return failures

    def take_due(self, now: float) -> list[int]:
        """Return the workers to replace now; each is returned once."""
        due = [worker for worker, at in self._due.items() if at <= now]
        for worker in due:
            del self._due[worker]
        return due

    def next_in(self, now: float) -> float | None:
        """Return the seconds until the next worker is due; None if all are running."""
        return max(0.0, min(self._due.values()) - now) if self._due else None


class WorkerServer(MPServer):
    """Granian's server in several processes, with another loop.

    Attributes:
        has_answered: set by whoever sees that a worker answers.
        can_start: False if the server has ended because its workers never started.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, workers_kill_timeout=KILL_TIMEOUT)
        self.has_answered = Event()
        self.can_start = True
        self._respawns = Respawns()
        is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as nohup does
        # Granian would replace all workers when the terminal is closed.
        self.on_startup(
            lambda: signal.signal(
                signal.SIGHUP, signal.SIG_IGN if is_ignored else self.signal_handler_interrupt
            )
        )

    def run(self, load_app: Callable[..., Any]) -> None:
        """Serve until a signal stops the server, or its workers can't start.

        Args:
            load_app: returns the application, in each worker process.
        """
        self.serve(spawn_target=run_worker, target_loader=load_app, wrap_loader=False)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        while not self.interrupt_signal:
            # With a timeout, since a signal for another thread does not end it.
            due_in = self._respawns.next_in(time.monotonic())
            self.main_loop_interrupt.wait(TICK if due_in is None else min(due_in, TICK))
            self.main_loop_interrupt.clear()
            self._note_deaths()
            if self.interrupt_signal or not self.can_start:
                return
            due = self._respawns.take_due(time.monotonic())
            self._respawn_workers(due, spawn_target, target_loader)

    def _note_deaths(self) -> None:
        while self.interrupt_children:
            worker = self.interrupt_children.pop()
            process, now = self.wrks[worker], time.monotonic()
            exit_code = process.inner.exitcode
            # On a busy machine it can take long until a start fails.
            at_start = exit_code == START_FAILED or now - process.birth < STARTED_SECONDS
            failures = self._respawns.died(worker, at_start=at_start, now=now)
            if failures >= MAX_FAILED_STARTS and not self.has_answered.is_set():
                self.can_start = False
            log.error(
                "a worker has ended unexpectedly",
                worker=worker + 1,
                exit_code=exit_code,
                replaced_in_seconds=round(self._respawns.next_in(now) or 0),
            )


def run_worker(*arguments: Any) -> None:
    """Run a worker of Granian in this process, until it or its parent is stopped."""
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    signal.signal(signal.SIGURG, _ignore_further_stops)
    Thread(target=_stop, args=(signals,), daemon=True).start()
    MPServer._spawn_wsgi_worker(*arguments)  # noqa: SLF001 - the default of `serve`
    # All requests are answered. To end the interpreter as usual would kill Granian's threads
    # while they wait for it.
    _end()


def _stop(signals: int) -> None:
    """Stop this worker after a signal, or when its parent has died, however it died.

    A signal that the system delivers to another thread than the main one does not wake
    that, which waits in Granian for its signal handler to be called: SIGURG does.
    """
    parent = multiprocessing.parent_process()
    if signals not in wait([signals, *([parent.sentinel] if parent else [])]):
        os.kill(os.getpid(), signal.SIGTERM)
        wait([signals], STOP_TIMEOUT)
    signal.pthread_kill(main_thread().ident or 0, signal.SIGURG)
    time.sleep(STOP_TIMEOUT)
    _end()


def _ignore_further_stops(*_: Any) -> None:
    """Ignore what would stop a worker that stops already: Granian 2.8 hangs then."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _end() -> None:
    logging.shutdown()
    os._exit(0)
