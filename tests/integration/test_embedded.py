"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import EmbeddedServerError, embedded_postgres
from tests.concurrency import wait_until

pytestmark = pytest.mark.slow

USE = """
import sys, time
from pathlib import Path
from eventapi.adapters.postgres.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def runs(folder: Path) -> bool:
    """Return whether PostgreSQL runs: it removes this file when it shuts down."""
    return (folder / "postgres" / "postmaster.pid").exists()


def answers(url: str) -> bool:
    """Return whether the server answers; it knows letters of all scripts in every locale."""
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        answer = connection.execute(text("SELECT lower('ÄΣЖ')")).scalar_one()
    engine.dispose()
    return bool(answer == "äσж")


@contextmanager
def another_user_of(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Use the server in another process, until it is killed or the context ends."""
    with subprocess.Popen(
        [sys.executable, "-c", USE, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process


def test_it_runs_while_somebody_needs_it_and_keeps_what_it_was_given(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as url:
        engine = make_engine(url, pool_size=1)
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 42 AS number"))
        engine.dispose()
        with embedded_postgres(tmp_path) as same_url:
            assert same_url == url
        assert runs(tmp_path)
    assert not runs(tmp_path)

    with embedded_postgres(tmp_path) as url:
        engine = make_engine(url, pool_size=1)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT number FROM kept")).scalar_one() == 42
        engine.dispose()
    assert not runs(tmp_path)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database exists, so that it starts fast."""
    folder = tmp_path_factory.mktemp("used")
    with embedded_postgres(folder):
        pass
    return folder


def test_it_ends_with_its_last_user_even_if_that_is_killed(used: Path) -> None:
    with another_user_of(used) as first, another_user_of(used) as second:
        first.kill()
        first.wait()
        with embedded_postgres(used) as url:
            assert answers(url)
        assert runs(used)
        second.kill()
        second.wait()

    wait_until(lambda: not runs(used))


def test_a_server_that_was_killed_does_not_stop_the_next(used: Path) -> None:
    with embedded_postgres(used):
        left = (used / "postgres" / "postmaster.pid").read_text()
    lines = left.splitlines()
    # The number of its process belongs to another one now, as after a restart of a container.
    lines[0] = str(os.getpid())
    (used / "postgres" / "postmaster.pid").write_text("\n".join(lines))

    with embedded_postgres(used) as url:
        assert answers(url)
    assert not runs(used)


@pytest.mark.parametrize(
    "name",
    ["with a space", 'it\'s "100%" $HOME, `id`\\ü', "long" * 50],
    ids=["space", "odd", "long"],
)
def test_its_folder_may_have_any_name_and_stays_private(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name / "var"
    folder.parent.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(prefix="t") as temporary:
        # Like the common one, but other programs of this machine do not use it.
        Path(temporary).chmod(0o1777)
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        run_in_private(folder)
        assert list(Path(temporary).iterdir()) == []


def run_in_private(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        assert answers(url)
        assert runs(folder)
        # Others may pass, if they run the server for root, and read nothing.
        assert folder.parent.stat().st_mode & 0o066 == 0
        assert (folder / "postgres").stat().st_mode & 0o077 == 0

    assert not runs(folder)


def test_it_uses_nothing_that_another_user_of_the_machine_could_hold(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(shared))
    monkeypatch.setattr(tempfile, "tempdir", None)

    with another_user_of(used) as process, embedded_postgres(used) as url:
        assert answers(url)
        assert list(shared.iterdir()) == []
        process.kill()


def test_no_program_and_no_variable_of_the_environment_matters(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # where root has no useradd
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX.nonsense")

    with embedded_postgres(used) as url:
        assert answers(url)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"PG_VERSION": "18"}, "did not start: .*/postgres/log"),
        ({"PG_VERSION": "16"}, "created by PostgreSQL 16"),
        ({"notes.txt": "mine"}, "is not empty, and has no data of PostgreSQL"),
    ],
)
def test_what_can_not_be_started_is_told(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    (tmp_path / "postgres").mkdir()
    for name, content in files.items():
        (tmp_path / "postgres" / name).write_text(content)

    with pytest.raises(EmbeddedServerError, match=reason), embedded_postgres(tmp_path):
        pass
    assert {path.name for path in (tmp_path / "postgres").iterdir()} >= files.keys()
