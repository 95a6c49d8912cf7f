"""Worker processes: replaced when they die, stopped without a sound, ended with their parent."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.concurrency import wait_until
from tests.integration.served import Served, environment, free_port, served

TINY = [sys.executable, "-m", "tests.integration.tiny_program"]

pytestmark = pytest.mark.slow


def ask(program: Served, path: str) -> dict[str, Any]:
    """Return an answer; an empty one while no worker answers."""
    with suppress(OSError, HTTPException):
        answer: dict[str, Any] = program.request("GET", path)[1]
        return answer
    return {}


def test_a_worker_that_is_killed_is_replaced_and_a_hangup_stops_all(tmp_path: Path) -> None:
    with served(str(tmp_path), program=TINY, EVENTAPI_WORKERS="1") as program:
        seen = {ask(program, "/health/live")["pid"]}
        for _ in range(2):
            seen = kill_and_wait(program, seen)
        assert len(seen) == 3

        program.process.send_signal(signal.SIGHUP)
        rest, _ = program.process.communicate(timeout=60)

    assert program.process.returncode == 0
    assert rest.count("a worker has ended unexpectedly") == 2
    assert "exit_code=-9" in rest
    assert rest.endswith("It has stopped.\n")


def kill_and_wait(program: Served, seen: set[int]) -> set[int]:
    """Kill the worker, and return the ids of all so far when the next one answers."""
    psutil.Process(ask(program, "/health/live")["pid"]).kill()
    wait_until(lambda: ask(program, "/health/live").get("pid", min(seen)) not in seen)
    return seen | {ask(program, "/health/live")["pid"]}


def test_a_stop_answers_what_has_begun_and_is_silent(tmp_path: Path) -> None:
    with (
        served(str(tmp_path), program=TINY, EVENTAPI_WORKERS="2") as program,
        ThreadPoolExecutor() as pool,
    ):
        slow = [pool.submit(ask, program, "/slow") for _ in range(8)]
        wait_until((tmp_path / "has-begun").exists)
        parent = psutil.Process(program.process.pid)
        for process in (parent, *parent.children()):  # all of them, as some supervisors do
            process.send_signal(signal.SIGTERM)
        wait_until(lambda: ask(program, "/health/live") == {})  # accepts nothing new
        (tmp_path / "may-end").touch()
        rest, _ = program.process.communicate(timeout=60)
        answers = [answer.result() for answer in slow]

    assert {"answer": "complete"} in answers
    # To end the interpreter while threads of Granian wait for it makes them panic.
    assert rest == "It has stopped.\n"
    assert program.process.returncode == 0


def test_workers_that_can_not_start_end_the_program_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "is-broken").touch()

    ended = subprocess.run(
        [*TINY, "--port", str(free_port()), tmp_path],
        env=environment(EVENTAPI_WORKERS="1"),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert ended.returncode == 1
    assert "RuntimeError: a defect" in ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last == "eventapi: the worker processes end while they start: see the errors above"
