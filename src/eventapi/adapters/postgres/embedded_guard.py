"""Stops an embedded PostgreSQL server when nobody uses it any more.

Run as a script, without the rest of the program: it stays in memory for as long as
the process that uses the server, and waits for the lock that all users share. The
system releases the lock of a process that is killed, so the server ends with its
last user, however that ends.
"""

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

STOP_SECONDS = 60

Account = tuple[int, int]
"""The ids of a user and of its group."""


def run_as(account: Account | None) -> dict[str, Any]:
    """Return the arguments of subprocess for another account; None is this process's."""
    return {"user": account[0], "group": account[1], "extra_groups": []} if account else {}


def stop_server(data: Path, pg_ctl: Path, account: Account | None) -> None:
    """Stop the server, and remove the folder of its socket. Does nothing if it does not run.

    Args:
        data: the folder of its data.
        pg_ctl: the program.
        account: runs the server; None for this process's.
    """
    try:
        socket_folder = Path((data / "postmaster.pid").read_text("utf-8").splitlines()[4])
    except (OSError, IndexError):
        return
    arguments = "--mode=fast", "--wait", f"--timeout={STOP_SECONDS}"
    subprocess.run(  # noqa: S603 - the command is ours
        [pg_ctl, "stop", *arguments],
        cwd=data,
        env=os.environ | {"PGDATA": str(data)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **run_as(account),
    )
    if socket_folder != data:
        with suppress(OSError):  # it is not empty: the server still runs
            socket_folder.rmdir()


def _main() -> None:
    lock, data, pg_ctl, *account = sys.argv[1:]
    # A signal to a whole group of processes must not end the guard before its owner.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with Path(lock).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        user_and_group = (int(account[0]), int(account[1])) if account else None
        stop_server(Path(data), Path(pg_ctl), user_and_group)


if __name__ == "__main__":
    _main()
