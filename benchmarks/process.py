"""Other programs: what is measured, and what measures. None of them outlives this one."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server
from types import FrameType

import psutil

SECRET = "benchmark" * 8
START_TIMEOUT, STOP_TIMEOUT = 60, 20  # seconds
KEPT_SETTINGS = {"EVENTAPI_WORKERS", "EVENTAPI_THREADS", "EVENTAPI_CONNECTIONS"}


class BenchmarkError(Exception):
    """Nothing can be measured; the text says why."""


def environment(**settings: str) -> dict[str, str]:
    """Give the environment of a measured program: these settings, and how many at once serve."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT_SETTINGS or not name.startswith(("EVENTAPI_", "DATABASE_URL"))
    }
    # The tokens must be good for as long as it takes.
    ours = {"EVENTAPI_SECRET_KEY": SECRET, "EVENTAPI_ACCESS_TOKEN_LIFETIME": "86400"}
    return kept | ours | settings


@contextmanager
def served(*module: str, folder: Path, **settings: str) -> Iterator[str]:
    """Run a module that serves, and give its host:port.

    Args:
        module: its name and arguments; it listens where EVENTAPI_PORT says.
        folder: where its output goes.
        settings: those that matter.

    Raises:
        BenchmarkError: it did not start.
    """
    with create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = folder / f"{module[0]}.log"
    with log.open("wb") as output:
        # In a session of its own: a Ctrl-C at the terminal is for us, and we stop it once.
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment(EVENTAPI_PORT=address.split(":")[1], **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if not _answers(address, process):
            raise BenchmarkError(f"{module[0]} did not start:\n{log.read_text('utf-8', 'replace')}")
        yield address
    finally:
        _stop(process)


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(f"http://{address}/health/live", timeout=5).close()
            return True
        time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and end what is left of it after a while."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT)
        for left in psutil.wait_procs(children, timeout=1)[1]:
            with suppress(psutil.NoSuchProcess):
                left.kill()
    process.kill()
    process.wait()


def run_tool(command: Sequence[str], *, seconds: float) -> str:
    """Run a program to its end, which must come within this time, and give what it printed.

    Raises:
        BenchmarkError: it failed or took too long.
    """
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds
        ).stdout.strip()
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{command[0]} did not end") from error
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"{command[0]} failed:\n{error.stderr}{error.stdout}") from error


def stop_on_signals() -> None:
    """Let the first SIGINT or SIGTERM unwind everything, and let no second one disturb that."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
