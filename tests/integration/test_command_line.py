"""The command ``eventapi``: serving, stopping, wrong settings, administration."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from pathlib import Path
from socket import create_server
from typing import Any

import click
import psutil
import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import URL, Engine, make_url, text

from eventapi.entrypoints import settings
from eventapi.entrypoints.cli import main, support
from tests.concurrency import wait_until
from tests.documents import ROOT, WALKTHROUGH, blocks, read
from tests.integration.databases import server_connection
from tests.integration.served import PROGRAM, environment, served
from tests.integration.test_postgres_api import postgres_api

pytestmark = pytest.mark.slow

ELLIPSIS = "…"


def run(*arguments: str, input: str | None = None, **variables: str) -> Result:
    """Run a command in this process, which takes a tenth of the time of a process of its own.

    An exception that the command does not catch fails the test.
    """
    unset = dict.fromkeys(os.environ.keys() - environment().keys())
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return CliRunner(catch_exceptions=False).invoke(
            main, arguments, env=unset | variables, input=input
        )
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


def start(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def processes_below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def server_runs(data: Path) -> bool:
    """Return whether PostgreSQL runs: it removes this file when it shuts down."""
    return (data / "postgres" / "postmaster.pid").exists()


class TestServing:
    def test_a_first_start_the_readme_a_backup_a_stop_and_a_start_with_the_backup(
        self, tmp_path: Path
    ) -> None:
        data = tmp_path / "var"
        with served(EVENTAPI_DATA_DIR=str(data)) as program:
            assert f"{program.base}/api" in program.printed
            assert f"{program.base}/docs" in program.printed
            assert str(data) in program.printed
            assert "anyone can sign up as an admin" in program.printed
            assert "WARNING" not in program.printed
            walk_through_the_readme(program.port, tmp_path)
            workers = [
                process
                for process in processes_below(program.process.pid)
                if any("spawn_main" in word for word in process.cmdline())
            ]
            assert workers
            # Ctrl-C signals only the main process, which stops the workers.
            assert {os.getpgid(worker.pid) for worker in workers} == {
                worker.pid for worker in workers
            }
            assert server_runs(data)
            backup = tmp_path / "backup.tar"
            assert start("backup", str(backup), EVENTAPI_DATA_DIR=str(data)).returncode == 0
            rest = program.interrupt()
            assert rest == "EventAPI has stopped.\n"
            assert program.process.returncode == 0
            _, alive = psutil.wait_procs(workers, timeout=10)
            assert alive == []
            assert not server_runs(data)
        shutil.rmtree(data)
        restored = start("restore", str(backup), EVENTAPI_DATA_DIR=str(data))
        assert restored.returncode == 0, restored.stderr
        assert not server_runs(data)

        with served(EVENTAPI_DATA_DIR=str(data)) as program:
            events = program.request("GET", "/api/events")[1]["items"]
            assert [(event["name"], event["tickets_sold"]) for event in events] == [
                ("Jazz night", 3)
            ]

    def test_a_program_that_is_killed_leaves_no_process_and_nothing_that_stops_the_next(
        self, tmp_path: Path
    ) -> None:
        data = str(tmp_path / "var")
        with served(EVENTAPI_DATA_DIR=data) as program:
            family = processes_below(program.process.pid)
            program.process.kill()
            program.process.wait()
            _, alive = psutil.wait_procs(family, timeout=30)
            assert alive == []
            wait_until(lambda: not server_runs(tmp_path / "var"))
            create_server(("127.0.0.1", program.port)).close()

        with served(EVENTAPI_DATA_DIR=data) as program:
            assert program.request("GET", "/health/ready")[1] == {"status": "ok"}
            program.interrupt()
        assert not server_runs(tmp_path / "var")

    def test_in_memory_nothing_is_written(self, tmp_path: Path) -> None:
        with served("--memory", folder=tmp_path) as program:
            assert program.request("GET", "/api/events")[1] == {"items": [], "next": None}
            assert "in memory" in program.printed
            assert live_the_life_of_a_shop(program.base) == THE_LIFE_OF_A_SHOP
            program.interrupt()

        assert list(tmp_path.iterdir()) == []

    def test_two_programs_share_a_data_folder_and_the_last_turns_off_the_light(
        self, tmp_path: Path
    ) -> None:
        data = str(tmp_path / "var")
        with served(EVENTAPI_DATA_DIR=data) as first, served(EVENTAPI_DATA_DIR=data) as second:
            first.interrupt()
            assert second.request("GET", "/health/ready")[1] == {"status": "ok"}
            assert server_runs(tmp_path / "var")
            second.interrupt()
            assert not server_runs(tmp_path / "var")


THE_LIFE_OF_A_SHOP = """\
An event with 100 places: Summer festival
Sold 3 tickets for 60.00 EUR
The buyer's tickets: valid, transferred, cancelled, valid; 50.00 EUR in all
A document to print: yes
Found by ada@example.org: Ada Lovelace
Exported 2 attendees
Refused at the door: ticket_cancelled
Checked in 2 of 2
"""


def live_the_life_of_a_shop(url: str) -> str:
    """Run the example of a shop's back end, and return what it prints."""
    script = [sys.executable, str(ROOT / "examples" / "shop.py"), url]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def walk_through_the_readme(port: int, folder: Path) -> None:
    """Run the commands of the README as printed, and compare the answers."""
    (walkthrough,) = WALKTHROUGH.findall(read("README.md"))
    steps: list[tuple[str, str | None]] = []
    for block in blocks(walkthrough):
        if block.language == "sh":
            steps.append((block.text, None))
        else:
            steps[-1] = (steps[-1][0], block.text)
    script = "\necho; echo ---\n".join(commands for commands, _ in steps)
    printed = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8000", f"127.0.0.1:{port}")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PATH": os.environ["PATH"]},
        cwd=folder,
    ).stdout
    assert (folder / "tickets.pdf").read_bytes().startswith(b"%PDF-")
    for answer, (commands, shown) in zip(printed.split("\n---\n"), steps, strict=True):
        if shown is None:
            assert answer.strip() == "", commands
        else:
            assert_like(json.loads(answer), json.loads(shown))


def assert_like(answer: Any, shown: Any) -> None:
    """Compare, with the order of the members.

    An ellipsis stands for text that differs each time, and for members that are left out.
    """
    if shown == ELLIPSIS:
        assert isinstance(answer, str)
        assert answer
    elif isinstance(shown, dict):
        named = [name for name in shown if name != ELLIPSIS]
        assert named == [name for name in answer if name in named]
        assert (len(named) < len(answer)) == (ELLIPSIS in shown)
        for name in named:
            assert_like(answer[name], shown[name])
    elif isinstance(shown, list):
        for one, other in zip(answer, shown, strict=True):
            assert_like(one, other)
    else:
        assert (type(answer), answer) == (type(shown), shown)


def fails(result: Result, *words: str) -> None:
    """Check that a command failed with one line that has these words."""
    assert result.exit_code in {1, 2}
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


class TestMistakes:
    """Each prints one clear line and no traceback, and exits with an error code."""

    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("nonsense", "DATABASE_URL"),
            ("mysql://root@localhost/x", "postgresql://"),
            ("postgresql://u:secret@127.0.0.1:1/x", "127.0.0.1"),
            ("postgresql://u:secret@nowhere.invalid/x", "nowhere.invalid"),
            ("postgresql://u:secret@127.0.0.1:port/x", "DATABASE_URL"),
        ],
    )
    @pytest.mark.parametrize("command", [["serve"], ["db", "upgrade"]])
    def test_a_wrong_database_url(self, command: list[str], url: str, word: str) -> None:
        result = run(*command, DATABASE_URL=url, EVENTAPI_SECRET_KEY="s" * 64)

        fails(result, word)
        assert "secret" not in result.stderr

    def test_a_port_that_is_in_use(self, tmp_path: Path) -> None:
        with create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            for extra in ([], ["--memory"]):
                result = run("serve", "--port", port, *extra, EVENTAPI_DATA_DIR=str(tmp_path / "v"))
                fails(result, port, "in use")

    @pytest.mark.parametrize("command", [["serve"], ["serve", "--memory"], ["db", "upgrade"]])
    def test_libraries_that_settings_need(
        self, command: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "find_spec", lambda _name: None)

        result = run(*command, EVENTAPI_REDIS_URL="redis://x", EVENTAPI_IMAGE_BUCKET="x")

        assert result.exit_code == 2
        assert sorted(result.stderr.splitlines()) == [
            documented("the extra redis")
            .replace("REDIS_URL", "IMAGE_BUCKET")
            .replace("redis", "s3"),
            documented("the extra redis"),
        ]

    def test_the_example_of_a_shop_without_a_server(self) -> None:
        script = ROOT / "examples" / "shop.py"

        result = subprocess.run(
            [sys.executable, script, "http://127.0.0.1:1"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

        assert (result.returncode, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith("nothing answers at http://127.0.0.1:1: ")

    def test_an_address_that_is_not_ours(self) -> None:
        fails(run("serve", "--memory", "--host", "192.0.2.1"), "192.0.2.1")

    def test_a_data_folder_that_can_not_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        result = run("serve", EVENTAPI_DATA_DIR=str(tmp_path / "file" / "var"))

        fails(result, str(tmp_path), "can't be written")

    def test_all_mistakes_of_the_settings_at_once(self) -> None:
        result = start(
            "serve", EVENTAPI_PROFILE="production", EVENTAPI_PORT="eighty", EVENTAPI_PROT="8001"
        )

        assert (result.returncode, result.stdout) == (2, "")
        told = result.stderr.splitlines()
        assert len(told) == 4
        for name in ("EVENTAPI_SECRET_KEY", "DATABASE_URL", "EVENTAPI_PORT", "EVENTAPI_PROT"):
            assert any(line.startswith(f"eventapi: {name}: ") for line in told), told


def documented(word: str) -> str:
    """Return the one message in the page on troubleshooting that has a word."""
    texts = [block.text for block in blocks(read("docs/troubleshooting.md"))]
    (line,) = [line for text in texts for line in text.splitlines() if word in line]
    return line


def leaf_commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaf_commands(command, *path, name)
        else:
            yield (*path, name)


IMPORT = (__file__, "--organizer", "olga")
ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("backup",): ("-",),
    ("restore",): (__file__,),
    ("db", "downgrade"): ("base", "--yes"),
    ("users", "create-admin"): ("root",),
    ("data", "generate"): ("--yes",),
    ("import", "events"): IMPORT,
    ("import", "attendees"): IMPORT,
}
WITH_A_DATABASE = [
    pytest.param([*name, *ARGUMENTS.get(name, ())], id=" ".join(name))
    for name in leaf_commands(main)
    if name != ("openapi",)
]


@pytest.mark.parametrize("command", WITH_A_DATABASE)
class TestUnavailableDatabase:
    """Every command prints the same line."""

    def test_a_server_that_does_not_run(self, command: list[str]) -> None:
        result = run(*command, DATABASE_URL="postgresql://u:p@127.0.0.1:1/x", **PRODUCTION, **ADMIN)

        shown = documented("Connection refused").replace("port 5432", "port 1")
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{shown}\n")

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (methodcaller("set", database="nowhere"), 'FATAL: database "nowhere" does not exist'),
            (methodcaller("set", username="nobody"), 'FATAL: role "nobody" does not exist'),
        ],
        ids=["database", "login"],
    )
    def test_a_server_that_refuses(
        self, server_url: str, command: list[str], change: Callable[[URL], URL], reason: str
    ) -> None:
        url = change(make_url(server_url)).render_as_string(hide_password=False)

        result = run(*command, DATABASE_URL=url, **PRODUCTION, **ADMIN)

        assert (result.exit_code, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith("eventapi: the database is not available: connection to server ")
        if os.environ.get("EVENTAPI_TEST_DATABASE_URL") is None:  # it may want a password
            assert line.endswith(f" failed: {reason}")


PRODUCTION = {"EVENTAPI_PROFILE": "production", "EVENTAPI_SECRET_KEY": "0123456789abcdef" * 4}
ADMIN = {"EVENTAPI_ADMIN_PASSWORD": "long enough"}
NEED_A_SCHEMA = [
    ["serve"],
    ["users", "create-admin", "root"],
    ["data", "generate", "--events", "1", "--yes"],
    ["load-sample-data"],
]


class TestSchemas:
    """What commands answer if the database has another schema, or refuses theirs."""

    @pytest.fixture
    def empty(self, new_database: str) -> str:
        assert run("db", "downgrade", "base", "--yes", DATABASE_URL=new_database).exit_code == 0
        return new_database

    @pytest.mark.parametrize("command", NEED_A_SCHEMA, ids=" ".join)
    def test_production_wants_the_schema_to_be_there(self, empty: str, command: list[str]) -> None:
        result = run(*command, DATABASE_URL=empty, **PRODUCTION, **ADMIN)

        fails(result, "revision none", "run `eventapi db upgrade`")

    def test_in_development_the_schema_comes_by_itself(self, empty: str) -> None:
        made = run("users", "create-admin", "root", DATABASE_URL=empty, **ADMIN)

        assert made.stdout == "Created the admin root with id 1.\n"

    @pytest.mark.parametrize("profile", [{}, PRODUCTION], ids=["development", "production"])
    @pytest.mark.parametrize(
        "command", [*NEED_A_SCHEMA, ["db", "upgrade"], ["db", "downgrade", "base", "--yes"]],
        ids=" ".join,
    )  # fmt: skip
    def test_a_newer_schema_is_left_alone(
        self, empty: str, command: list[str], profile: dict[str, str]
    ) -> None:
        with newer_schema(empty):
            result = run(*command, DATABASE_URL=empty, **profile, **ADMIN)

        fails(result, "revision 9999", "does not know")

    def test_a_revision_that_does_not_exist(self, empty: str) -> None:
        fails(run("db", "upgrade", "9999", DATABASE_URL=empty), "9999")

    def test_a_database_of_another_program(self, empty: str) -> None:
        with server_connection(empty) as connection:
            connection.execute(text("CREATE TABLE users (name text)"))
            try:
                result = run("db", "upgrade", DATABASE_URL=empty)
            finally:
                connection.execute(text("DROP TABLE users"))

        fails(result, "can't be migrated", '"users" already exists')


@contextmanager
def newer_schema(url: str) -> Iterator[None]:
    """Make a database look as if a later version of the program had migrated it."""
    with server_connection(url) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
        try:
            yield
        finally:
            connection.execute(text("DELETE FROM alembic_version"))


class TestConfirmation:
    """What can't be undone is asked for, in every profile."""

    COMMANDS = (
        ["db", "downgrade", "base"],
        ["data", "generate", "--events", "2", "--tickets", "5"],
    )

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    @pytest.mark.parametrize("profile", [{}, PRODUCTION], ids=["development", "production"])
    def test_without_a_terminal_it_is_refused(
        self, database_url: str, engine: Engine, command: list[str], profile: dict[str, str]
    ) -> None:
        result = run(*command, DATABASE_URL=database_url, **profile)

        name = engine.url.database or ""
        fails(result, "Confirm with --yes.", name)
        assert count_events(engine) == 0

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    @pytest.mark.parametrize(("answer", "exit_code"), [("n", 1), ("", 1), ("y", 0)])
    def test_at_a_terminal_it_is_asked(
        self,
        new_database: str,
        monkeypatch: pytest.MonkeyPatch,
        command: list[str],
        answer: str,
        exit_code: int,
    ) -> None:
        run("db", "upgrade", DATABASE_URL=new_database)
        monkeypatch.setattr(support, "_is_terminal", lambda: True)

        result = run(*command, DATABASE_URL=new_database, input=f"{answer}\n")

        assert result.exit_code == exit_code
        assert "Continue? [y/N]:" in result.output
        done = re.search("at revision base|Created 2 events", result.output)
        assert (done is not None) is (answer == "y")


def count_events(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM events")).scalar_one()
    return count


class TestLookingAfter:
    def test_the_schema_goes_up_and_down_by_command(self, new_database: str) -> None:
        run("db", "upgrade", DATABASE_URL=new_database)
        current = run("db", "current", DATABASE_URL=new_database).stdout.splitlines()
        assert current[0].startswith("This program requires revision 0")
        assert current[1].startswith("The database is at revision 0")
        down = run("db", "downgrade", "base", "--yes", DATABASE_URL=new_database)
        assert down.stdout == "The database is at revision base.\n"

    def test_the_first_admin_is_made_by_command(self, database_url: str) -> None:
        variables = {"DATABASE_URL": database_url, **PRODUCTION, **ADMIN}

        made = run("users", "create-admin", "root", "--email", "root@example.org", **variables)
        again = run("users", "create-admin", "ROOT", **variables)
        short = run(
            "users", "create-admin", "other", DATABASE_URL=database_url,
            EVENTAPI_ADMIN_PASSWORD="short",
        )  # fmt: skip

        assert (made.exit_code, made.stdout) == (0, "Created the admin root with id 1.\n")
        fails(again, "ROOT", "taken")
        fails(short, "password")

    def test_data_to_measure_on_is_made_by_command(self, database_url: str) -> None:
        made = run("data", "generate", "--events", "50", "--tickets", "700", "--yes",
                   DATABASE_URL=database_url)  # fmt: skip

        assert made.exit_code == 0, made.stderr
        assert re.search(r"Created 50 events and sold 6\d\d tickets", made.stdout)

    def test_help_helps(self) -> None:
        shown = run("--help").stdout
        for word in (
            "serve",
            "db",
            "users",
            "DATABASE_URL",
            "EVENTAPI_SECRET_KEY",
            "3000 per minute",
        ):
            assert word in shown
        serve = run("serve", "--help").stdout
        assert "--memory" in serve
        assert "EVENTAPI_LOG_LEVEL" in serve


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    left = [process for process in processes_below(os.getpid()) if "serve" in process.cmdline()]
    assert left == []


class TestImporting:
    def test_sample_data_comes_once_and_can_be_found(
        self, database_url: str, engine: Engine
    ) -> None:
        first = run("load-sample-data", DATABASE_URL=database_url)
        again = run("load-sample-data", DATABASE_URL=database_url)

        assert first.exit_code == again.exit_code == 0, first.stderr
        assert "events: 30 added" in first.stdout
        attendees = int(re.findall(r"attendees: (\d+) added", first.stdout)[0])
        assert attendees > 300
        assert "events: 0 added, 30 already exist" in again.stdout
        assert f"attendees: 0 added, {attendees} already exist" in again.stdout
        password = first.stdout.splitlines()[0].rpartition(" ")[2]
        assert password not in again.stdout
        api = postgres_api(database_url)
        login = {"username": "sample-organizer", "password": password}
        assert api.guest().post("/api/login", json=login).status_code == 200
        listed = api.guest().get("/api/events?limit=100").get_json()["items"]
        assert len(listed) == 29  # one is unlisted
        now = datetime.now(UTC)  # the program uses the system clock
        starts = [datetime.fromisoformat(event["start_time"]) for event in listed]
        assert now < min(starts) < now + timedelta(days=14)
        assert now + timedelta(days=300) < max(starts) < now + timedelta(days=366)
        assert len(api.guest().get("/api/categories").get_json()["items"]) >= 5
        with engine.connect() as connection:
            sold = connection.execute(text("SELECT sum(tickets_sold) FROM events")).scalar_one()
        assert sold == attendees

    def test_a_user_s_own_files_come_in(self, database_url: str, tmp_path: Path) -> None:
        api = postgres_api(database_url)
        olga = api.sign_in("organizer", username="olga")
        events, attendees = tmp_path / "events.csv", tmp_path / "attendees.csv"
        events.write_text("reference,name,capacity,date\njazz,Jazz night,5,+30d\n")
        attendees.write_text("event,name,email\njazz,Ada,ada@example.org\njazz,Bob,b@c.org\n")

        understood = "events.csv: UTF-8, cells separated by commas\n"
        understood += "events.csv: columns: reference, name, capacity, date\n"
        dry = self.import_file("events", events, database_url, "--dry-run")
        assert dry.stdout == (
            f"{understood}Dry run, nothing was imported; "
            "events: 1 would be added, 0 already exist.\n"
        )
        assert olga.get("/api/events").get_json()["items"] == []
        assert self.import_file("events", events, database_url).stdout == (
            f"{understood}events: 1 added, 0 already exist.\n"
        )
        imported = self.import_file("attendees", attendees, database_url).stdout
        assert imported.endswith("\nattendees: 2 added, 0 already exist.\n")
        (event,) = olga.get("/api/events?mine=true").get_json()["items"]
        assert (event["name"], event["tickets_sold"]) == ("Jazz night", 2)

        path = f"/api/events/{event['id']}/attendees"
        attendees.write_bytes(olga.get(path, headers={"Accept": "text/csv"}).data)
        again = self.import_file("attendees", attendees, database_url, "--event", "jazz").stdout
        assert "attendees.csv: UTF-8 with byte-order mark, cells separated by commas" in again
        assert again.endswith("\nattendees: 0 added, 2 already exist.\n")

    def test_files_of_a_german_spreadsheet_come_in(self, database_url: str, tmp_path: Path) -> None:
        olga = postgres_api(database_url).sign_in("organizer", username="olga")
        file = tmp_path / "Termine.csv"
        file.write_bytes(
            "Reference;Name;Capacity;Start time;End time;Timezone;Ticket types\r\n"
            "a;Frühling;1.200;01.06.2030 18:00;01.06.2030 22:30;Europe/Berlin;"
            '"Sitzplatz 5,00 EUR x 80"\r\n'
            "b;Herbst;80;02/11/2030 18:00;02/11/2030 22:30;Europe/Berlin;\r\n".encode("cp1252")
        )

        refused = self.import_file("events", file, database_url)
        imported = self.import_file("events", file, database_url, "--dates", "day-first")

        reason = (
            "Day and month of 02/11/2030 are not clear: "
            "write 2030-02-11 or 2030-11-02, or use --dates."
        )
        assert refused.stderr.splitlines()[-3:-1] == [
            f"line 3, start_time: {reason}",
            f"line 3, end_time: {reason}",
        ]
        columns = "reference, name, capacity, start_time, end_time, timezone, ticket_types"
        assert imported.stdout.splitlines() == [
            "Termine.csv: Windows-1252, as it is not UTF-8, cells separated by semicolons",
            f"Termine.csv: columns: {columns}",
            "Termine.csv: dates as day.month.year",
            "Termine.csv: thousands separated by points",
            "Termine.csv: decimal commas",
            "events: 2 added, 0 already exist.",
        ]
        spring, autumn = olga.get("/api/events").get_json()["items"]
        assert (spring["name"], spring["capacity"]) == ("Frühling", 1200)
        assert spring["start_time"] == "2030-06-01T16:00:00Z"
        assert spring["ticket_types"][0]["price"] == "5.00"
        assert autumn["start_time"] == "2030-11-02T17:00:00Z"

    def test_every_bad_row_is_told_and_nothing_is_kept(
        self, database_url: str, tmp_path: Path
    ) -> None:
        api = postgres_api(database_url)
        api.sign_in("organizer", username="olga")
        file = tmp_path / "events.csv"
        file.write_text(
            "reference,name,capacity,date\na,A,5,+30d\nb,,5,+30d\nc,,many,2020-01-01\n"
            "d,D,5,2020-01-01\na,E,5,+30d\n"
        )

        refused = self.import_file("events", file, database_url)

        assert refused.exit_code == 1
        told = [line for line in refused.stderr.splitlines() if line.startswith(("line", "Error"))]
        assert told == [
            "line 3, name: Must not be empty.",
            "line 4, name: Must not be empty.",
            "line 4, capacity: Must be a whole number.",
            "line 4, date: Must be in the future.",
            "line 5, date: Must be in the future.",
            "line 6, reference: Already occurs in line 2.",
            "Error: nothing was imported, 4 rows are invalid; events: 1 would be added, 0 already exist.",
        ]
        assert api.guest().get("/api/events").get_json()["items"] == []
        skipped = self.import_file("events", file, database_url, "--skip-bad-rows")
        assert skipped.stdout.endswith(
            "\nevents: 1 added, 0 already exist, 4 invalid rows skipped.\n"
        )
        assert len(api.guest().get("/api/events").get_json()["items"]) == 1

    @pytest.mark.parametrize(
        ("content", "reason"), [("", "first line"), ("a,b\n", "unknown: 'a', 'b'")]
    )
    def test_a_file_of_another_kind_is_told_in_one_line(
        self, database_url: str, tmp_path: Path, content: str, reason: str
    ) -> None:
        file = tmp_path / "events.csv"
        file.write_text(content)

        refused = self.import_file("events", file, database_url)

        assert refused.exit_code == 1
        assert reason in refused.stderr

    def test_somebody_who_is_no_organizer_is_told(self, database_url: str, tmp_path: Path) -> None:
        file = tmp_path / "events.csv"
        file.write_text("reference,name,capacity,date\na,A,5,+30d\n")

        refused = self.import_file("events", file, database_url)

        assert refused.exit_code == 1
        assert refused.stderr.splitlines() == ["eventapi: organizer: There is no account 'olga'."]

    def import_file(self, what: str, file: Path, database_url: str, *options: str) -> Result:
        return run(
            "import", what, str(file), "--organizer", "olga", *options, DATABASE_URL=database_url
        )
