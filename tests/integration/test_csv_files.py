"""CSV files: accepted formats, and problems reported by line and column."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from eventapi.application.forms import TicketTypeForm
from eventapi.entrypoints.csv_files import CsvError, read_attendees, read_events

NOW = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
HEAD = "reference,name,capacity,timezone,start_time,end_time,date,ticket_types"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_event_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "reference,name,description,capacity,timezone,start_time,end_time,category,ticket_types\n"
        'a,"Jazz, late","Three bands.\nOne night.",90,Europe/Berlin,2027-03-01 20:00,'
        '2027-03-01T23:00:00Z,Concerts,"Seat 25.00 EUR x 80; Child 0 x 10"\n\n ,,,,,,,,\n',
    )

    read = read_events(path, now=NOW)

    assert read.problems == []
    (row,) = read.rows
    assert (row.line, row.reference, row.category) == (3, "a", "Concerts")
    assert (row.form.name, row.form.description) == ("Jazz, late", "Three bands.\nOne night.")
    assert row.form.start_time == datetime(2027, 3, 1, 19, 0, tzinfo=UTC)
    assert row.form.end_time == datetime(2027, 3, 1, 23, 0, tzinfo=UTC)
    assert row.form.ticket_types == [
        TicketTypeForm(name="Seat", price=Decimal("25.00"), currency="EUR", quantity=80),
        TicketTypeForm(name="Child", quantity=10),
    ]


@pytest.mark.parametrize("byte_order_mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, byte_order_mark: str, end: str) -> None:
    text = end.join(
        [f"{byte_order_mark}Event;Name;EMAIL", 'a;"Doe; Ada";ada@example.org', ";;", ""]
    )

    read = read_attendees(write(tmp_path, text))

    assert [(row.line, row.event, row.name) for row in read.rows] == [(2, "a", "Doe; Ada")]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("+0d 19:30", datetime(2026, 6, 2, 17, 30, tzinfo=UTC)),  # past midnight in that time zone
        ("+300d 19:30", datetime(2027, 3, 29, 17, 30, tzinfo=UTC)),
        ("2027-03-28 01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28 03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T02:30:00+01:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ],
)
def test_times_are_those_of_the_event_s_place(tmp_path: Path, cell: str, moment: datetime) -> None:
    path = write(tmp_path, f"{HEAD}\na,A,1,Europe/Berlin,{cell},2030-01-01 10:00,,\n")

    (row,) = read_events(path, now=NOW).rows

    assert row.form.start_time == moment


@pytest.mark.parametrize(
    ("cell", "day"), [("2027-03-01", date(2027, 3, 1)), ("+3d", date(2026, 6, 5))]
)
def test_days_are_those_of_the_event_s_place(tmp_path: Path, cell: str, day: date) -> None:
    path = write(tmp_path, f"{HEAD}\na,A,1,Pacific/Auckland,,,{cell},\n")

    (row,) = read_events(path, now=NOW).rows

    assert row.form.date == day


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",A,1,,,,+1d,", "reference"),
        ("a,,1,,,,+1d,", "name"),
        ("a,A,,,,,+1d,", "capacity"),
        ("a,A,many,,,,+1d,", "capacity"),
        ("a,A,-1,,,,+1d,", "capacity"),
        ("a,A,1.5,,,,+1d,", "capacity"),
        ("a,A,١,,,,+1d,", "capacity"),
        ("a,A,1,Mars/Olympus,,,+1d,", "timezone"),
        ("a,A,1,,tomorrow,2027-01-01 10:00,,", "start_time"),
        ("a,A,1,,+1d,2027-01-01 10:00,,", "start_time"),
        ("a,A,1,,+1d 25:00,2027-01-01 10:00,,", "start_time"),
        ("a,A,1,Europe/Berlin,2027-03-28 02:30,2027-03-28 10:00,,", "start_time"),
        ("a,A,1,Europe/Berlin,2027-10-31 02:30,2027-10-31 10:00,,", "start_time"),
        ("a,A,1,,2027-01-01 10:00,+9999d 10:0,,", "end_time"),
        ("a,A,1,,,,soon,", "date"),
        ("a,A,1,,,,2027-02-30,", "date"),
        ("a,A,1,,,,+1d,Standard", "ticket_types"),
        ("a,A,1,,,,+1d,Standard 5 EUR", "ticket_types"),
        ("a,A,1,,,,+1d,Standard 5.123 EUR x 5", "ticket_types"),
    ],
)
def test_a_bad_row_is_told_by_line_and_column_and_the_others_are_read(
    tmp_path: Path, row: str, field: str
) -> None:
    path = write(tmp_path, f"{HEAD}\ngood,A,1,,,,+1d,\n{row}\nfine,A,1,,,,+1d,\n")

    read = read_events(path, now=NOW)

    assert [(problem.line, problem.field) for problem in read.problems] == [(3, field)]
    assert [row.reference for row in read.rows] == ["good", "fine"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "first line"),
        (b"event,name\na,b\n", "first line"),
        (b"event,name,email,colour\n", "colour"),
        (b"event,name,email,email\n", "first line"),
        (b"event,name,email\na,b\n", "line 2 has 2 cells"),
        (b'event,name,email\na,"b,c\n', "unexpected end"),
        ("event,name,email\na,Jürgen,a@b.org\n".encode("latin-1"), "UTF-8"),
        (b"event,name,email\na," + b"x" * 200_000 + b",c\n", "field larger"),
    ],
)
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(CsvError, match=reason):
        read_attendees(write(tmp_path, content))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CsvError):
        read_attendees(tmp_path)
