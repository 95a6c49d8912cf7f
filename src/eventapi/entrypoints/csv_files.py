"""Reads CSV files of events and attendees.

The first line names the columns. Encoding, separators, numbers and dates are those of the
program that wrote the file (`csv_source`, `csv_values`). A time is

- RFC 3339 with an offset: ``2027-03-01T19:30:00+01:00``;
- local time in the event's time zone: ``2027-03-01 19:30`` or ``01.03.2027 19:30``;
- or relative to today in that time zone: ``+12d 19:30``.

All problems of a row are found. The value of a cell that can't be read is FAULTY, so that
the import can check the others.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from eventapi.application.forms import EventForm, TicketTypeForm
from eventapi.application.importing import AttendeeRow, EventRow, RowProblem
from eventapi.domain.errors import InvalidValues
from eventapi.domain.event_details import EventDetails
from eventapi.domain.faults import FAULTY
from eventapi.domain.values import Timezone
from eventapi.entrypoints import csv_lists
from eventapi.entrypoints.csv_source import Column, Record, Table, read_table
from eventapi.entrypoints.csv_values import DayOrder, Notation

Row = TypeVar("Row")
Value = TypeVar("Value")

_TIMES = ("start_time", "end_time", "date", "sales_start", "sales_end")
_EVENT_COLUMNS = (
    Column("reference", required=True),
    Column("name", required=True),
    Column("capacity", required=True),
    Column("description", max_length=EventDetails.MAX_DESCRIPTION_LENGTH),
    *map(Column, _TIMES),
    Column("timezone"),
    Column("location"),
    Column("category"),
    Column("visibility"),
    Column("ticket_types", max_length=20_000),
)
_ATTENDEE_COLUMNS = (
    Column("event", required=True),
    Column("name", required=True),
    Column("email", required=True),
    Column("ticket_type"),
)
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP"}
_MIN_WORDS = 4
_TICKET_TYPE_FORM = 'Must be like "Standard 25.00 EUR x 80; Children 0 x 20".'


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a file where it can't tell by itself.

    Attributes:
        encoding: the name of its encoding; None to find it out.
        day_order: of dates such as 01/06/2030; None to find it out.
    """

    encoding: str | None = None
    day_order: DayOrder | None = None


@dataclass(frozen=True, slots=True)
class CsvRows(Generic[Row]):
    """The rows of a file.

    Attributes:
        rows: with the problems of their values.
        problems: of rows that are no rows of this file.
        notes: how the file was understood, for people.
        columns: the names of the columns in their order in the file.
    """

    rows: Sequence[Row]
    problems: Sequence[RowProblem]
    notes: Sequence[str]
    columns: Sequence[str]


def read_events(path: Path, options: ReadOptions, *, now: datetime) -> CsvRows[EventRow]:
    """Return the events of a file.

    Args:
        path: the file.
        options: how to read it.
        now: the present in UTC, from which relative times are counted.

    Raises:
        CsvError: the file can't be read, or is not a CSV file of events.
    """
    table = read_table(path, _EVENT_COLUMNS, encoding=options.encoding)
    notation = Notation(options.day_order)
    notation.learn_order(
        (record.line, record.cells[name])
        for record in table.records
        for name in _TIMES
        if name in record.cells
    )
    return _rows(table, _EVENT_COLUMNS, partial(_event, notation=notation, now=now), notation)


def read_attendees(
    path: Path, options: ReadOptions, *, event: str | None = None
) -> CsvRows[AttendeeRow]:
    """Return the attendees of a file, which may be an exported list of attendees.

    Args:
        path: the file.
        options: how to read it.
        event: the reference of their event, where the file does not name it.

    Raises:
        CsvError: the file can't be read, or is not a CSV file of attendees.
    """
    columns = [
        Column("event") if event and column.name == "event" else column
        for column in _ATTENDEE_COLUMNS
    ]
    table = read_table(
        path, columns, ignored=tuple(csv_lists.ATTENDEES.columns), encoding=options.encoding
    )
    return _rows(table, columns, partial(_attendee, event=event), Notation())


def _rows(
    table: Table,
    columns: Sequence[Column],
    make_row: Callable[["_Cells"], Row],
    notation: Notation,
) -> CsvRows[Row]:
    rows = [make_row(_Cells(record, columns)) for record in table.records]
    notes = [*table.notes, *notation.notes]
    return CsvRows(rows, table.problems, notes, table.columns)


class _Cells:
    """The cells of a row, and the problems that were found in them.

    Attributes:
        problems: by the names of the columns.
    """

    def __init__(self, record: Record, columns: Sequence[Column]) -> None:
        self.line = record.line
        self.problems: dict[str, str] = {}
        self._cells = {name: cell for name, cell in record.cells.items() if cell}
        for column in columns:
            length = len(self._cells.get(column.name, ""))
            if column.required and not length:
                self.problems[column.name] = "Must not be empty."
            elif length > column.max_length:
                self.problems[column.name] = (
                    f"Must not be longer than {column.max_length} characters."
                )

    def text(self, name: str) -> Any:
        """Return the text of a cell, None if it is empty or absent, or FAULTY."""
        return self.parse(name, str)

    def parse(self, name: str, parse: Callable[[str], Value]) -> Any:
        """Return the value of a cell, None if it is empty or absent, or FAULTY."""
        if name in self.problems:
            return FAULTY
        if name not in self._cells:
            return None
        try:
            return parse(self._cells[name])
        except InvalidValues as error:
            self.problems[name] = " ".join(error.problems.values())
        except ValueError as error:
            self.problems[name] = str(error)
        return FAULTY


def _event(cells: _Cells, *, notation: Notation, now: datetime) -> EventRow:
    timezone = cells.parse("timezone", Timezone) or Timezone("UTC")
    if timezone is FAULTY:
        # The times are read all the same, to find their problems.
        zone, today = Timezone("UTC").zone, now.date()
    else:
        zone, today = timezone.zone, now.astimezone(timezone.zone).date()
    time = partial(notation.parse_time, zone=zone, today=today)
    form = EventForm.from_fields(
        {
            "name": cells.text("name"),
            "description": cells.text("description"),
            "start_time": cells.parse("start_time", time),
            "end_time": cells.parse("end_time", time),
            "date": cells.parse("date", partial(notation.parse_date, today=today)),
            "timezone": FAULTY if timezone is FAULTY else timezone.name,
            "location": cells.text("location"),
            "capacity": cells.parse("capacity", notation.parse_whole_number),
            "category": FAULTY if cells.text("category") is FAULTY else None,
            "visibility": cells.text("visibility"),
            "sales_start": cells.parse("sales_start", time),
            "sales_end": cells.parse("sales_end", time),
            "ticket_types": cells.parse("ticket_types", partial(_ticket_types, notation=notation)),
        }
    )
    return EventRow(
        line=cells.line,
        reference=cells.text("reference"),
        category=cells.text("category"),
        form=form,
        problems=cells.problems,
    )


def _attendee(cells: _Cells, *, event: str | None) -> AttendeeRow:
    return AttendeeRow(
        line=cells.line,
        event=cells.text("event") or event or "",
        name=cells.text("name"),
        email=cells.text("email"),
        ticket_type=cells.text("ticket_type"),
        problems=cells.problems,
    )


def _ticket_types(cell: str, *, notation: Notation) -> list[TicketTypeForm]:
    """Return ticket types such as ``Standard 25.00 EUR x 80; Children 0 x 20``."""
    parts = filter(None, map(str.strip, re.split(r"[;\n]", cell)))
    return [_ticket_type(part, notation) for part in parts]


def _ticket_type(text: str, notation: Notation) -> TicketTypeForm:
    # Only spaces and tabs divide words: white space that does not break is part of numbers.
    words = re.findall(r"[^ \t]+", re.sub(r"[\u00a0\u202f]?([€£])", r" \1 ", text))
    if len(words) < _MIN_WORDS or words[-2] not in {"x", "X", "\u00d7"}:
        raise ValueError(_TICKET_TYPE_FORM)
    *words, _, quantity = words
    currency = _currency(words[-1])
    if currency:
        words.pop()
    *name, price = words
    if not name:
        raise ValueError(_TICKET_TYPE_FORM)
    if name[-1].isdigit() and re.match(r"\d{3}(?!\d)", price):
        raise ValueError(f"{name[-1]} {price} has two meanings: write the price without a space.")
    return TicketTypeForm(
        name=" ".join(name),
        price=notation.parse_price(price),
        currency=currency,
        quantity=notation.parse_whole_number(quantity),
    )


def _currency(word: str) -> str | None:
    if word in _CURRENCY_SIGNS:
        return _CURRENCY_SIGNS[word]
    return word if re.fullmatch(r"[A-Z]{3}", word) else None
