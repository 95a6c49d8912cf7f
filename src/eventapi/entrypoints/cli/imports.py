"""``eventapi import`` and ``eventapi load-sample-data``: CSV files."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eventapi.application.accounts import NewAccount
from eventapi.application.importing import (
    AttendeeRow,
    EventRow,
    ImportOptions,
    ImportResult,
    RowProblem,
)
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import UsernameTaken
from eventapi.domain.user import Role
from eventapi.entrypoints.cli.support import open_use_cases
from eventapi.entrypoints.csv_files import CsvRows, ReadOptions, read_attendees, read_events
from eventapi.entrypoints.csv_source import CsvError
from eventapi.entrypoints.csv_values import DayOrder

Row = TypeVar("Row")

SAMPLE_ORGANIZER = "sample-organizer"

_SHARED_OPTIONS = (
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--organizer", required=True, help="Username of the events' organizer."),
    click.option("--dry-run", is_flag=True, help="Show what would be imported; save nothing."),
    click.option("--skip-bad-rows", is_flag=True, help="Import the valid rows if others are not."),
    click.option("--encoding", help="Encoding of the file, if it is not recognized: cp1250."),
)
_dates_option = click.option(
    "--dates",
    "day_order",
    type=click.Choice([order.value for order in DayOrder]),
    help="Order of day and month in dates such as 01/06/2030.",
)


def _shared_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SHARED_OPTIONS):
        command = option(command)
    return command


@click.group("import")
def imports() -> None:
    """Import events or attendees from CSV files.

    All rows are imported or none, and all problems of each invalid row are
    reported with its line. Rows that were imported before are not added again,
    so a file can be imported repeatedly.

    Files are read as spreadsheets write them: separated by commas, semicolons
    or tabs; in UTF-8, UTF-16 or Windows-1252; with numbers such as 5.00, 5,00
    and 1.234,50. How a file was understood is printed.
    """


@imports.command()
@_shared_options
@_dates_option
@click.option("--new-categories", is_flag=True, help="Create categories that do not exist.")
def events(
    file: Path,
    organizer: str,
    *,
    dry_run: bool,
    skip_bad_rows: bool,
    encoding: str | None,
    day_order: str | None,
    new_categories: bool,
) -> None:
    """Import the events of FILE.

    Required columns: reference (your identifier of the event, which is
    recognized when the file is imported again), name, capacity.

    Optional columns: description, start_time and end_time or date, timezone,
    location, category (its name), visibility, sales_start, sales_end,
    ticket_types ("Standard 25.00 EUR x 80; Children 0 x 20").

    Times without an offset are in the event's time zone. "+12d 19:30" is 19:30
    in twelve days. In 01.06.2030 the day comes first. In 01/06/2030 it comes
    first if it does in another date of the file, such as 25/06/2030; without
    such a date, use --dates.
    """
    options = ImportOptions(dry_run=dry_run, skip_bad_rows=skip_bad_rows)
    reading = ReadOptions(
        encoding=encoding, day_order=None if day_order is None else DayOrder(day_order)
    )
    with open_use_cases() as use_cases:
        rows = _read(file, partial(read_events, options=reading, now=datetime.now(UTC)))
        _import_events(use_cases, rows, organizer, options, new_categories=new_categories)


@imports.command()
@_shared_options
@click.option("--event", help="Reference of the event, if the file has no column event.")
def attendees(
    file: Path,
    organizer: str,
    *,
    dry_run: bool,
    skip_bad_rows: bool,
    encoding: str | None,
    event: str | None,
) -> None:
    """Import the attendees of FILE; each gets a ticket.

    Required columns: event (its reference), name, email. Optional column:
    ticket_type (its name), required if the event has several.

    A list of attendees that was exported as CSV can be imported with --event.

    Attendees who are already registered for the event are not added again.
    """
    options = ImportOptions(dry_run=dry_run, skip_bad_rows=skip_bad_rows)
    reading = ReadOptions(encoding=encoding)
    with open_use_cases() as use_cases:
        rows = _read(file, partial(read_attendees, options=reading, event=event))
        _import_attendees(use_cases, rows, organizer, options)


@click.command("load-sample-data")
def load_sample_data() -> None:
    """Load thirty events of the coming year and some hundred attendees.

    They belong to the organizer sample-organizer, whose password is printed
    when the account is created. Loading them again adds nothing.
    """
    samples = files("eventapi") / "sample_data"
    with open_use_cases() as use_cases, as_file(samples) as folder:
        _create_sample_organizer(use_cases)
        common = SAMPLE_ORGANIZER, ImportOptions()
        events = read_events(folder / "events.csv", ReadOptions(), now=datetime.now(UTC))
        _import_events(use_cases, events, *common, new_categories=True)
        attendees = read_attendees(folder / "attendees.csv", ReadOptions())
        _import_attendees(use_cases, attendees, *common)


def _create_sample_organizer(use_cases: UseCases) -> None:
    password = secrets.token_urlsafe(12)
    account = NewAccount(username=SAMPLE_ORGANIZER, password=password, role=Role.ORGANIZER)
    try:
        use_cases.sign_up(None, account)
    except UsernameTaken:
        return  # loaded before; the password was printed then
    click.echo(f"The password of {SAMPLE_ORGANIZER} is {password}")


def _import_events(
    use_cases: UseCases,
    rows: CsvRows[EventRow],
    organizer: str,
    options: ImportOptions,
    *,
    new_categories: bool,
) -> None:
    store = partial(use_cases.import_events, organizer, new_categories=new_categories)
    _report(_import(rows, store, options), "events")


def _import_attendees(
    use_cases: UseCases, rows: CsvRows[AttendeeRow], organizer: str, options: ImportOptions
) -> None:
    store = partial(use_cases.import_attendees, organizer)
    _report(_import(rows, store, options), "attendees")


def _read(path: Path, read: Callable[[Path], CsvRows[Row]]) -> CsvRows[Row]:
    """Read a file, and print how it was understood.

    Raises:
        ClickException: it can't be read.
    """
    try:
        rows = read(path)
    except CsvError as error:
        raise click.ClickException(f"{path.name}: {error}") from error
    for note in rows.notes:
        click.echo(f"{path.name}: {note}")
    return rows


def _import(
    read: CsvRows[Row],
    store: Callable[[Sequence[Row], ImportOptions], ImportResult],
    options: ImportOptions,
) -> ImportResult:
    """Import rows with a progress bar; return the result with the problems of reading added."""
    # Rows that can't be read prevent the import, but the others are checked nevertheless.
    has_unreadable_rows = bool(read.problems) and not options.skip_bad_rows
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    progress = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    task = progress.add_task("Rows", total=len(read.rows))
    with ExitStack() as bar:

        def advance(rows: int) -> None:
            # Before the first row, the import may be refused as a whole.
            if not progress.live.is_started:
                bar.enter_context(progress)
            progress.advance(task, rows)

        dry_run = options.dry_run or has_unreadable_rows
        result = store(read.rows, replace(options, dry_run=dry_run, progress=advance))
    columns_in_order = {name: number for number, name in enumerate(read.columns)}

    def place(problem: RowProblem) -> tuple[int, int]:
        column = (problem.field or "").partition(".")[0]
        return problem.line, columns_in_order.get(column, len(columns_in_order))

    result.problems = sorted([*read.problems, *result.problems], key=place)
    return result


def _report(result: ImportResult, noun: str) -> None:
    """Print the result of an import.

    Raises:
        ClickException: nothing was imported because rows are invalid.
    """
    for problem in result.problems:
        click.echo(_describe(problem), err=True)
    invalid = len({problem.line for problem in result.problems})
    added = "added" if result.kept else "would be added"
    counts = f"{noun}: {result.added} {added}, {result.present} already exist"
    if result.kept:
        click.echo(f"{counts}, {invalid} invalid rows skipped." if invalid else f"{counts}.")
    elif invalid:
        raise click.ClickException(f"nothing was imported, {invalid} rows are invalid; {counts}.")
    else:
        click.echo(f"Dry run, nothing was imported; {counts}.")


def _describe(problem: RowProblem) -> str:
    column = f", {problem.field}" if problem.field else ""
    return f"line {problem.line}{column}: {problem.reason}"
