"""Reads CSV files of events and attendees.

The first line names the columns. Cells are separated by commas or semicolons,
whichever the first line has more of; the encoding is UTF-8. A time is

- RFC 3339 with an offset: ``2027-03-01T19:30:00+01:00``;
- local time in the event's time zone: ``2027-03-01 19:30``;
- or relative to today in that time zone: ``+12d 19:30``.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from eventapi.application.forms import EventForm, TicketTypeForm
from eventapi.application.importing import AttendeeRow, EventRow, RowProblem
from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import Timezone

Row = TypeVar("Row")
Value = TypeVar("Value")
Cells = Mapping[str, str]

MAX_CELL_LENGTH = 100_000  # characters

_RELATIVE = re.compile(r"\+(\d{1,4})d(?: (\d{1,2}:\d{2}))?")
_TICKET_TYPE = re.compile(
    r"(?P<name>.+?)\s+(?P<price>\d+(?:\.\d{1,2})?)(?:\s+(?P<currency>[A-Z]{3}))?"
    r"\s+x\s+(?P<quantity>\d{1,8})"
)


class CsvError(Exception):
    """Raised with a message of one line for a file that can't be read at all."""


@dataclass(frozen=True, slots=True)
class CsvRows(Generic[Row]):
    """The rows of a file that could be read, and the problems of the others."""

    rows: Sequence[Row]
    problems: Sequence[RowProblem]


@dataclass(frozen=True, slots=True)
class _Columns:
    required: tuple[str, ...]
    optional: tuple[str, ...]

    def check(self, names: Sequence[str]) -> None:
        """Raise CsvError unless these are known columns, each once, with all required ones."""
        known = self.required + self.optional
        unknown = [repr(name) for name in names if name not in known]
        if unknown or len(set(names)) < len(names) or not set(self.required) <= set(names):
            raise CsvError(
                f"the first line must name the columns: required {', '.join(self.required)}; "
                f"optional {', '.join(self.optional)}"
                + (f"; unknown: {', '.join(unknown)}" if unknown else "")
            )


_EVENT_COLUMNS = _Columns(
    required=("reference", "name", "capacity"),
    optional=(
        "description", "start_time", "end_time", "date", "timezone", "location", "category",
        "visibility", "sales_start", "sales_end", "ticket_types",
    ),
)  # fmt: skip
_ATTENDEE_COLUMNS = _Columns(required=("event", "name", "email"), optional=("ticket_type",))


def read_events(path: Path, *, now: datetime) -> CsvRows[EventRow]:
    """Return the events of a file.

    Args:
        path: the file.
        now: the present in UTC, from which relative times are counted.

    Raises:
        CsvError: the file can't be read, or is not a CSV file of events.
    """
    return _read(path, _EVENT_COLUMNS, partial(_event, now=now))


def read_attendees(path: Path) -> CsvRows[AttendeeRow]:
    """Return the attendees of a file.

    Raises:
        CsvError: the file can't be read, or is not a CSV file of attendees.
    """
    return _read(path, _ATTENDEE_COLUMNS, _attendee)


def _event(line: int, cells: Cells, *, now: datetime) -> EventRow:
    timezone = Timezone(cells.get("timezone") or "UTC")
    today = now.astimezone(timezone.zone).date()
    time = partial(_time, zone=timezone.zone, today=today)
    form = EventForm.from_fields(
        name=cells["name"],
        description=cells.get("description"),
        start_time=_parse(cells, "start_time", time),
        end_time=_parse(cells, "end_time", time),
        date=_parse(cells, "date", partial(_date, today=today)),
        timezone=timezone.name,
        location=cells.get("location"),
        capacity=_parse(cells, "capacity", _whole_number),
        visibility=cells.get("visibility") or None,
        sales_start=_parse(cells, "sales_start", time),
        sales_end=_parse(cells, "sales_end", time),
        ticket_types=_parse(cells, "ticket_types", _ticket_types),
    )
    return EventRow(
        line=line,
        reference=cells["reference"],
        category=cells.get("category") or None,
        form=form,
    )


def _attendee(line: int, cells: Cells) -> AttendeeRow:
    return AttendeeRow(
        line=line,
        event=cells["event"],
        name=cells["name"],
        email=cells["email"],
        ticket_type=cells.get("ticket_type") or None,
    )


def _read(path: Path, columns: _Columns, make_row: Callable[[int, Cells], Row]) -> CsvRows[Row]:
    rows: list[Row] = []
    problems: list[RowProblem] = []
    try:
        for line, cells in _lines(path, columns):
            empty = [name for name in columns.required if not cells[name]]
            if empty:
                problems.append(RowProblem(line, empty[0], "Must not be empty."))
                continue
            try:
                rows.append(make_row(line, cells))
            except InvalidValues as error:
                problems += [RowProblem(line, *problem) for problem in error.problems.items()]
    except UnicodeDecodeError as error:
        raise CsvError('the encoding is not UTF-8; save the file as "CSV UTF-8"') from error
    except csv.Error as error:
        raise CsvError(str(error)) from error
    except OSError as error:
        raise CsvError(error.strerror or str(error)) from error
    return CsvRows(rows, problems)


def _lines(path: Path, columns: _Columns) -> Iterator[tuple[int, Cells]]:
    """Yield the cells of each row by column, with the number of the line in which it ends."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        delimiter = ";" if head.count(";") > head.count(",") else ","
        file.seek(0)
        csv.field_size_limit(MAX_CELL_LENGTH)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        columns.check(names)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # spreadsheets leave empty lines at the end
            if len(cells) != len(names):
                raise CsvError(
                    f"line {reader.line_num} has {len(cells)} cells, the first line {len(names)}"
                )
            yield reader.line_num, dict(zip(names, map(str.strip, cells), strict=True))


def _parse(cells: Cells, name: str, parse: Callable[[str], Value]) -> Value | None:
    """Return the value of a cell, or None if it is empty or absent.

    Raises:
        InvalidValues: the cell can't be parsed; the error names its column.
    """
    try:
        return parse(cells[name]) if cells.get(name) else None
    except ValueError as error:
        raise InvalidValues({name: str(error)}) from error


def _whole_number(cell: str) -> int:
    if not re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        raise ValueError("Must be a whole number.")
    return int(cell)


def _date(cell: str, *, today: date) -> date:
    relative = _RELATIVE.fullmatch(cell)
    if relative and relative[2] is None:
        return today + timedelta(days=int(relative[1]))
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("Must be a date: 2027-03-01.") from None


def _time(cell: str, *, zone: ZoneInfo, today: date) -> datetime:
    relative = _RELATIVE.fullmatch(cell)
    try:
        if relative and relative[2]:
            clock = datetime.strptime(relative[2], "%H:%M").time()  # noqa: DTZ007 - no date
            time = datetime.combine(today + timedelta(days=int(relative[1])), clock)
        else:
            time = datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise ValueError(
            "Must be a time: 2027-03-01 19:30 in the event's time zone, "
            "or with an offset, 2027-03-01T19:30:00+01:00."
        ) from None
    return time if time.tzinfo else disambiguate_dst(time, zone)


def disambiguate_dst(time: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time in its zone.

    Raises:
        ValueError: the time occurs twice or never, because clocks change on that day.
    """
    first, second = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != time:
        raise ValueError("This local time does not exist on that day; add an offset.")
    if first.utcoffset() != second.utcoffset():
        raise ValueError("This local time occurs twice on that day; add an offset.")
    return first


def _ticket_types(cell: str) -> list[TicketTypeForm]:
    """Return ticket types such as ``Standard 25.00 EUR x 80; Children 0 x 20``."""
    types = []
    for part in filter(None, map(str.strip, cell.split(";"))):
        match = _TICKET_TYPE.fullmatch(part)
        if not match:
            raise ValueError('Must be like "Standard 25.00 EUR x 80; Children 0 x 20".')
        types.append(
            TicketTypeForm(
                name=match["name"],
                price=Decimal(match["price"]),
                currency=match["currency"],
                quantity=int(match["quantity"]),
            )
        )
    return types
