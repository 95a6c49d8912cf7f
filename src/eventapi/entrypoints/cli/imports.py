"""``eventapi import`` and ``eventapi load-sample-data``: bringing in CSV files."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eventapi.application.accounts import NewAccount
from eventapi.application.importing import ImportOptions, ImportResult, RowProblem
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import UsernameTaken
from eventapi.domain.user import Role
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import ready_settings
from eventapi.entrypoints.csv_files import CsvError, CsvRows, read_attendees, read_events

Row = TypeVar("Row")

SAMPLE_ORGANIZER = "sample-organizer"

_SHARED_OPTIONS = (
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--organizer", required=True, help="The username of whose events they are."),
    click.option("--dry-run", is_flag=True, help="Find out what would come of it; keep nothing."),
    click.option("--skip-bad-rows", is_flag=True, help="Keep the good rows where others are bad."),
)


def _shared_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SHARED_OPTIONS):
        command = option(command)
    return command


@click.group("import")
def imports() -> None:
    """Bring in events or attendees from CSV files.

    All rows are kept or none, and every bad one is told with its line. What was
    brought in before is not added again, so the same file may come twice.
    """


@imports.command()
@_shared_options
@click.option("--new-categories", is_flag=True, help="Make the categories that are not there.")
def events(
    file: Path, organizer: str, *, dry_run: bool, skip_bad_rows: bool, new_categories: bool
) -> None:
    """Bring in the events of FILE.

    Columns: reference (what you call the event; it is known again by it), name,
    capacity; and, as you like: description, start_time and end_time or date,
    timezone, location, category (its name), visibility, sales_start, sales_end,
    ticket_types ("Standard 25.00 EUR x 80; Children 0 x 20"). Times without an
    offset are those of the event's time zone; +12d 19:30 counts from today.
    """
    with _ready_use_cases() as use_cases:
        read = _read(file, lambda path: read_events(path, now=datetime.now(UTC)))
        imported = _run(
            read,
            ImportOptions(dry_run=dry_run, skip_bad_rows=skip_bad_rows),
            lambda rows, options: use_cases.import_events(
                organizer, rows, options, new_categories=new_categories
            ),
        )
        _report(imported, "events")


@imports.command()
@_shared_options
def attendees(file: Path, organizer: str, *, dry_run: bool, skip_bad_rows: bool) -> None:
    """Bring in the people who attend events: each gets a ticket.

    Columns: event (its reference), name, email; and ticket_type, by its name,
    where the event has several. Whoever is registered for an event already is
    not registered again.
    """
    with _ready_use_cases() as use_cases:
        read = _read(file, read_attendees)
        imported = _run(
            read,
            ImportOptions(dry_run=dry_run, skip_bad_rows=skip_bad_rows),
            lambda rows, options: use_cases.import_attendees(organizer, rows, options),
        )
        _report(imported, "attendees")


@click.command("load-sample-data")
def load_sample_data() -> None:
    """Load thirty events of the coming year, and some hundred attendees.

    They belong to the organizer sample-organizer, whose password is printed
    when the account is made. Loading them again adds nothing.
    """
    with _ready_use_cases() as use_cases:
        _make_sample_organizer(use_cases)
        with as_file(files("eventapi") / "sample_data") as folder:
            loaded = _run(
                _read(folder / "events.csv", lambda path: read_events(path, now=datetime.now(UTC))),
                ImportOptions(),
                lambda rows, options: use_cases.import_events(
                    SAMPLE_ORGANIZER, rows, options, new_categories=True
                ),
            )
            _report(loaded, "events")
            registered = _run(
                _read(folder / "attendees.csv", read_attendees),
                ImportOptions(),
                lambda rows, options: use_cases.import_attendees(SAMPLE_ORGANIZER, rows, options),
            )
            _report(registered, "attendees")


@contextmanager
def _ready_use_cases() -> Iterator[UseCases]:
    with ready_settings() as settings:
        bootstrap.prepare_schema(settings)
        yield bootstrap.postgres_use_cases(settings)


def _make_sample_organizer(use_cases: UseCases) -> None:
    password = secrets.token_urlsafe(12)
    account = NewAccount(username=SAMPLE_ORGANIZER, password=password, role=Role.ORGANIZER)
    try:
        use_cases.sign_up(None, account)
    except UsernameTaken:
        return  # from the time before; the password was printed then
    click.echo(f"The organizer {SAMPLE_ORGANIZER} has the password {password}")


def _read(path: Path, read: Callable[[Path], CsvRows[Row]]) -> CsvRows[Row]:
    try:
        return read(path)
    except CsvError as error:
        raise click.ClickException(f"{path.name}: {error}") from error


def _run(
    read: CsvRows[Row],
    options: ImportOptions,
    run: Callable[[Sequence[Row], ImportOptions], ImportResult],
) -> ImportResult:
    """Import what was read, beneath a progress bar; rows that could not be read count as bad."""
    # Nothing is kept where a row could not even be read, but the others are looked at too.
    has_unreadable_rows = bool(read.problems) and not options.skip_bad_rows
    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Rows", total=len(read.rows))
        imported = run(
            read.rows,
            replace(
                options,
                dry_run=options.dry_run or has_unreadable_rows,
                progress=lambda rows: progress.advance(task, rows),
            ),
        )
    imported.problems = sorted(
        [*read.problems, *imported.problems], key=lambda problem: problem.line
    )
    return imported


def _report(imported: ImportResult, what: str) -> None:
    """Tell what came of an import.

    Raises:
        ClickException: nothing was kept since rows were bad.
    """
    for problem in imported.problems:
        click.echo(_sentence(problem), err=True)
    bad = len({problem.line for problem in imported.problems})
    would = "" if imported.kept else "would be "
    counts = f"{what}: {imported.added} {would}added, {imported.present} were there already"
    if imported.kept:
        click.echo(f"{counts}, bad rows left out: {bad}." if bad else f"{counts}.")
    elif bad:
        raise click.ClickException(f"nothing was kept, bad rows: {bad}; {counts}.")
    else:
        click.echo(f"Nothing was kept, as asked; {counts}.")


def _sentence(problem: RowProblem) -> str:
    where = f"line {problem.line}"
    return (
        f"{where}: {problem.reason}"
        if problem.field is None
        else (f"{where}, {problem.field}: {problem.reason}")
    )
