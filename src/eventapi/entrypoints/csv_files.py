"""CSV files of events and attendees: from cells to what the imports take.

The first line names the columns. Commas or semicolons part the cells, as the
head shows; the text is UTF-8. Times are given

- with an offset, RFC 3339: ``2027-03-01T19:30:00+01:00``;
- as the clocks of the event's time zone show them: ``2027-03-01 19:30``;
- or as days from today: ``+12d 19:30``.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from eventapi.application.forms import EventForm, TicketTypeForm
from eventapi.application.importing import AttendeeRow, EventRow, RowProblem
from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import Timezone

Row = TypeVar("Row")

EVENT_COLUMNS = (
    "reference", "name", "description", "start_time", "end_time", "date", "timezone", "location",
    "capacity", "category", "visibility", "sales_start", "sales_end", "ticket_types",
)  # fmt: skip
EVENT_COLUMNS_NEEDED = ("reference", "name", "capacity")
ATTENDEE_COLUMNS = ("event", "name", "email", "ticket_type")
ATTENDEE_COLUMNS_NEEDED = ("event", "name", "email")

MAX_CELL_LENGTH = 100_000  # characters

_RELATIVE = re.compile(r"\+(\d{1,4})d(?: (\d{1,2}:\d{2}))?")
_TICKET_TYPE = re.compile(
    r"(?P<name>.+?)\s+(?P<price>\d+(?:\.\d{1,2})?)(?:\s+(?P<currency>[A-Z]{3}))?"
    r"\s+x\s+(?P<quantity>\d{1,8})"
)


class CsvError(Exception):
    """The file can't be read as what it should be; the text says why."""


@dataclass(frozen=True, slots=True)
class CsvRows(Generic[Row]):
    """What a file holds: the rows that could be read, and what was wrong with the others."""

    rows: Sequence[Row]
    problems: Sequence[RowProblem]


def read_events(path: Path, *, now: datetime) -> CsvRows[EventRow]:
    """Read events.

    Args:
        path: of the file.
        now: in UTC; days are counted from it.

    Raises:
        CsvError: the file is no CSV file of events.
    """

    def read(line: int, cells: Mapping[str, str]) -> EventRow:
        timezone = Timezone(cells.get("timezone") or "UTC")

        def moment(name: str) -> datetime | None:
            with _naming(name):
                return _moment(cells.get(name), timezone, now)

        with _naming("date"):
            day = _day(cells.get("date"), timezone, now)
        with _naming("ticket_types"):
            types = _ticket_types(cells.get("ticket_types"))
        with _naming("capacity"):
            capacity = _whole_number(cells["capacity"])
        form = EventForm.from_fields(
            name=cells["name"],
            description=cells.get("description"),
            start_time=moment("start_time"),
            end_time=moment("end_time"),
            date=day,
            timezone=timezone.name,
            location=cells.get("location"),
            capacity=capacity,
            visibility=cells.get("visibility") or None,
            sales_start=moment("sales_start"),
            sales_end=moment("sales_end"),
            ticket_types=types,
        )
        return EventRow(
            line=line,
            reference=cells["reference"],
            category=cells.get("category") or None,
            form=form,
        )

    return _read(path, EVENT_COLUMNS, EVENT_COLUMNS_NEEDED, read)


def read_attendees(path: Path) -> CsvRows[AttendeeRow]:
    """Read attendees.

    Raises:
        CsvError: the file is no CSV file of attendees.
    """

    def read(line: int, cells: Mapping[str, str]) -> AttendeeRow:
        return AttendeeRow(
            line=line,
            event=cells["event"],
            name=cells["name"],
            email=cells["email"],
            ticket_type=cells.get("ticket_type") or None,
        )

    return _read(path, ATTENDEE_COLUMNS, ATTENDEE_COLUMNS_NEEDED, read)


def _read(
    path: Path,
    columns: Sequence[str],
    needed: Sequence[str],
    read: Callable[[int, Mapping[str, str]], Row],
) -> CsvRows[Row]:
    rows: list[Row] = []
    problems: list[RowProblem] = []
    try:
        for line, cells in _lines(path, columns, needed):
            try:
                for name in needed:
                    if not cells[name]:
                        raise InvalidValues({name: "Must not be empty."})  # noqa: TRY301
                rows.append(read(line, cells))
            except InvalidValues as error:
                problems += [RowProblem(line, *problem) for problem in error.problems.items()]
    except UnicodeDecodeError as error:
        raise CsvError('it is not in UTF-8; save it as "CSV UTF-8"') from error
    except csv.Error as error:
        raise CsvError(str(error)) from error
    except OSError as error:
        raise CsvError(error.strerror or str(error)) from error
    return CsvRows(rows, problems)


def _lines(
    path: Path, columns: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Give each row with the number of the line in which it ends."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        delimiter = ";" if head.count(";") > head.count(",") else ","
        file.seek(0)
        csv.field_size_limit(MAX_CELL_LENGTH)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        _check_head(names, columns, needed)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # the empty lines that spreadsheets leave at the end
            if len(cells) != len(names):
                raise CsvError(
                    f"line {reader.line_num} has {len(cells)} cells, the head {len(names)}"
                )
            yield reader.line_num, dict(zip(names, map(str.strip, cells), strict=True))


def _check_head(names: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> None:
    unknown = [name for name in names if name not in columns]
    missing = [name for name in needed if name not in names]
    if missing or unknown or len(set(names)) < len(names):
        raise CsvError(
            "its first line must name the columns: "
            f"{', '.join(columns)}; needed are {', '.join(needed)}"
            + (f"; unknown: {', '.join(map(repr, unknown))}" if unknown else "")
        )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say in which column what is wrong stands."""
    try:
        yield
    except InvalidValues as error:
        raise InvalidValues({name: " ".join(error.problems.values())}) from error
    except ValueError as error:
        raise InvalidValues({name: str(error)}) from error


def _whole_number(cell: str) -> int:
    if not re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        raise ValueError("Must be a whole number.")
    return int(cell)


def _day(cell: str | None, timezone: Timezone, now: datetime) -> date | None:
    if not cell:
        return None
    relative = _RELATIVE.fullmatch(cell)
    if relative and relative[2] is None:
        return now.astimezone(timezone.zone).date() + timedelta(days=int(relative[1]))
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("Must be a date: 2027-03-01.") from None


def _moment(cell: str | None, timezone: Timezone, now: datetime) -> datetime | None:
    if not cell:
        return None
    relative = _RELATIVE.fullmatch(cell)
    try:
        if relative and relative[2]:
            today = now.astimezone(timezone.zone).date()
            clock = datetime.strptime(relative[2], "%H:%M").time()  # noqa: DTZ007 - no date
            moment = datetime.combine(today + timedelta(days=int(relative[1])), clock)
        else:
            moment = datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise ValueError(
            "Must be a time: 2027-03-01 19:30 in the event's time zone, "
            "or with an offset, 2027-03-01T19:30:00+01:00."
        ) from None
    return moment if moment.tzinfo else disambiguate_dst(moment, timezone.zone)


def disambiguate_dst(moment: datetime, zone: ZoneInfo) -> datetime:
    """Read a time as the clocks of a place show it, if they show it once on that day."""
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("The clocks skip this time on that day; give it with an offset.")
    if first.utcoffset() != second.utcoffset():
        raise ValueError("The clocks show this time twice on that day; give it with an offset.")
    return first


def _ticket_types(cell: str | None) -> list[TicketTypeForm]:
    """Read ticket types such as ``Standard 25.00 EUR x 80; Children 0 x 20``."""
    types = []
    for part in filter(None, map(str.strip, (cell or "").split(";"))):
        found = _TICKET_TYPE.fullmatch(part)
        if not found:
            raise ValueError('Must be like "Standard 25.00 EUR x 80; Children 0 x 20".')
        types.append(
            TicketTypeForm(
                name=found["name"],
                price=Decimal(found["price"]),
                currency=found["currency"],
                quantity=int(found["quantity"]),
            )
        )
    return types
