"""CSV files: accepted formats, and problems reported by line and column."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapi.application.forms import TicketTypeForm
from eventapi.application.importing import AttendeeRow, EventRow
from eventapi.entrypoints import csv_files, csv_source
from eventapi.entrypoints.csv_files import CsvRows, ReadOptions
from eventapi.entrypoints.csv_lists import ATTENDEES
from eventapi.entrypoints.csv_source import CsvError
from eventapi.entrypoints.csv_values import DayOrder

NOW = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
HEAD = "reference,name,capacity,timezone,start_time,end_time,date,ticket_types"


def read_events(path: Path, order: DayOrder | None = None) -> CsvRows[EventRow]:
    return csv_files.read_events(path, ReadOptions(day_order=order), now=NOW)


def read_attendees(
    path: Path, *, encoding: str | None = None, event: str | None = None
) -> CsvRows[AttendeeRow]:
    return csv_files.read_attendees(path, ReadOptions(encoding=encoding), event=event)


def problems(rows: Sequence[EventRow | AttendeeRow]) -> dict[int, list[str]]:
    """Return the columns with problems by line."""
    return {row.line: list(row.problems) for row in rows if row.problems}


def read_event(folder: Path, **cells: str) -> EventRow:
    """Return the event of a file with these cells."""
    row = {"reference": "a", "name": "A", "capacity": "1", "date": "+1d"} | cells
    lines = ["\t".join(row), "\t".join(f'"{cell}"' for cell in row.values())]
    (event,) = read_events(write(folder, "\n".join(lines))).rows
    return event


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

    read = read_events(path)

    assert read.problems == []
    (row,) = read.rows
    assert (row.line, row.reference, row.category) == (2, "a", "Concerts")
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

    (row,) = read_events(path).rows

    assert row.form.start_time == moment


@pytest.mark.parametrize(
    ("cell", "day"), [("2027-03-01", date(2027, 3, 1)), ("+3d", date(2026, 6, 5))]
)
def test_days_are_those_of_the_event_s_place(tmp_path: Path, cell: str, day: date) -> None:
    path = write(tmp_path, f"{HEAD}\na,A,1,Pacific/Auckland,,,{cell},\n")

    (row,) = read_events(path).rows

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

    rows = read_events(path).rows

    assert problems(rows) == {3: [field]}
    assert [row.reference for row in rows if not row.problems] == ["good", "fine"]


def test_all_problems_of_a_row_are_found(tmp_path: Path) -> None:
    row = read_event(
        tmp_path,
        name="",
        capacity="many",
        date="soon",
        timezone="Mars/Olympus",
        sales_start="31.02.2030",
        ticket_types="Standard",
        category="c" * 1_001,
    )

    assert set(row.problems) == {
        "name", "capacity", "date", "timezone", "sales_start", "ticket_types", "category",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b"", ["missing: event, name, email"]),
        (b"event,name\na,b\n", ["missing: email", "optional: ticket_type"]),
        (b"event,name,email,colour\n", ["unknown: 'colour'"]),
        (b"event,name,email,Email,name\n", ["more than once: name, email"]),
        (b"event,nmae,email,emial,emial\n", ["missing: name", "'nmae' (perhaps name)", "emial"]),
        (b"event,name,,email\n", ["a column without a name"]),
        (b'event,name,email\na,b,c\n\na,"b,c\nd,e,f\n', ["line 4", "never closed"]),
        (b'event,name,email\na,"b" x,c\n', ["line 2", 'write "" for one']),
        (b'event,name,email\na,"b\nd",c\ne,"f"g,h\n', ["line 4", "quotation mark"]),
        (b'"event,name,email\na,b,c\n', ["line 1", "never closed"]),
        (b"event,name,email\na," + b"x" * 200_000 + b",c\n", ["line 2", "100000 characters"]),
        (b"event,name,email\na,\xc3\xbc,c\na,\xfc,c\n", ["line 3", "not UTF-8"]),
        (b"event,name,email\na,\x81,c\n", ["Windows-1252", "--encoding"]),
        (b"\xff\xfee\x00v\x00\x00", ["not utf-16-le"]),
        (b"\xef\xbb\xbf\xff", ["utf-8"]),
    ],
)
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes, reasons: list[str]) -> None:
    with pytest.raises(CsvError) as error:
        read_attendees(write(tmp_path, content))

    for reason in reasons:
        assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_row_has_a_cell_for_each_column(tmp_path: Path) -> None:
    read = read_attendees(
        write(tmp_path, 'event,name,email,,\na,b\na,b,c,,\na,b,c,,d\na,"b,c\nx,y",c,d\n')
    )

    assert [(problem.line, problem.reason) for problem in read.problems] == [
        (2, "Has 2 cells, the first line has 3."),
        (4, "Has 5 cells, the first line has 3. Put cells that contain commas in quotation marks."),
        (5, "Has 4 cells, the first line has 3. It ends in line 6: is a quotation mark missing?"),
    ]
    assert [row.line for row in read.rows] == [3]


GERMAN = "Event;Name;EMAIL\r\na;Jürgen Groß;j@example.org\r\n"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (GERMAN.encode(), "UTF-8, cells separated by semicolons"),
        (GERMAN.encode("utf-8-sig"), "UTF-8 with byte-order mark, cells separated by semicolons"),
        (GERMAN.encode("utf-16"), "UTF-16 with byte-order mark, cells"),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), "UTF-16 with byte-order mark, cells"),
        (GERMAN.encode("utf-16-le"), "UTF-16, cells"),
        (GERMAN.encode("utf-16-be"), "UTF-16, cells"),
        (GERMAN.encode("windows-1252"), "Windows-1252, as it is not UTF-8, cells"),
        (GERMAN.replace(";", "\t").encode("utf-16"), "separated by tabs"),
        (GERMAN.replace(";", ",").encode(), "separated by commas"),
        (GERMAN.replace(";", "|").encode(), "separated by vertical bars"),
        (b"sep=;\r\n" + GERMAN.encode(), "separated by semicolons"),
        (GERMAN.replace("\r\n", "\r").encode(), "UTF-8, cells separated by semicolons"),
    ],
)
def test_files_of_all_spreadsheets_are_read(tmp_path: Path, content: bytes, note: str) -> None:
    read = read_attendees(write(tmp_path, content))

    (row,) = read.rows
    assert (row.event, row.name, row.email) == ("a", "Jürgen Groß", "j@example.org")
    assert row.line == 2 + content.startswith(b"sep")
    assert note in read.notes[0]
    assert read.notes[1:] == ["columns: event, name, email"]


def test_the_encoding_can_be_named(tmp_path: Path) -> None:
    content = "event,name,email\na,Łukasz Żak,l@example.org\n".encode("windows-1250")

    (row,) = read_attendees(write(tmp_path, content), encoding="windows-1250").rows

    assert row.name == "Łukasz Żak"
    for unknown in ("cp99999", "hex", "utf-8"):
        with pytest.raises(CsvError, match=unknown):
            read_attendees(write(tmp_path, content), encoding=unknown)


def test_commas_in_cells_do_not_separate_cells(tmp_path: Path) -> None:
    text = "reference;name;capacity;ticket_types\na;One, two, three, four, five;5;\n"

    (row,) = read_events(write(tmp_path, text)).rows

    assert row.form.name == "One, two, three, four, five"


def test_an_exported_list_of_attendees_is_read(tmp_path: Path) -> None:
    header = ",".join(ATTENDEES.columns)
    lines = f"\ufeff{header}\r\n" + ",".join(
        ["'=Ada", "ada@example.org", *["x"] * 50][: len(ATTENDEES.columns)]
    )

    read = read_attendees(write(tmp_path, lines), event="jazz")

    (row,) = read.rows
    assert (row.event, row.name, row.email) == ("jazz", "=Ada", "ada@example.org")
    assert read.notes[1] == "columns: name, email, ticket_type"
    assert "not imported: code, order" in read.notes[2]


def test_the_event_of_a_row_comes_before_that_of_the_command(tmp_path: Path) -> None:
    text = "event,name,email\na,Ada,a@example.org\n,Bea,b@example.org\n"

    rows = read_attendees(write(tmp_path, text), event="b").rows

    assert [row.event for row in rows] == ["a", "b"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("80", 80), ("80,00", 80), ("80.0", 80), ("1.234", 1234), ("1,234", 1234), ("1 234", 1234),
        ("1\u202f234", 1234), ("1\u00a0234,00", 1234), ("1.234.567", 1_234_567), ("1'234", 1234),
        ("1.234,00", 1234), ("1,234.00", 1234),
    ],
)  # fmt: skip
def test_whole_numbers_of_several_countries(tmp_path: Path, cell: str, number: int) -> None:
    assert read_event(tmp_path, capacity=cell).form.capacity == number


@pytest.mark.parametrize(
    "cell",
    ["1,5", "80,01", "1.23.456", "1.234.00", "12 34", "1,234 567", "--1", "1e3", "0x10", "٣", "9" * 10,
     " ".join(["1"] * 50), "1" + " " * 90_000 + "1"],
)  # fmt: skip
def test_what_is_no_whole_number(tmp_path: Path, cell: str) -> None:
    assert list(read_event(tmp_path, capacity=cell).problems) == ["capacity"]


@pytest.mark.parametrize(
    ("cell", "name", "price", "currency"),
    [
        ("Seat 25,00 EUR x 80", "Seat", "25.00", "EUR"),
        ("Seat 25 x 80", "Seat", "25", None),
        ("Row 5 1.234,50 EUR x 80", "Row 5", "1234.50", "EUR"),
        ("VIP 1\u202f234,50 € x 80", "VIP", "1234.50", "EUR"),
        ("VIP 1\u00a0234,50\u00a0€ x 80", "VIP", "1234.50", "EUR"),
        ("Seat 25,00€ × 80", "Seat", "25.00", "EUR"),
        ("Seat 1,234.50 USD X 80", "Seat", "1234.50", "USD"),
        ("Seat 1'234.50 CHF x 80", "Seat", "1234.50", "CHF"),
        ("Seat 1.234.567 JPY x 80", "Seat", "1234567", "JPY"),
        ("Ein Platz, 5,5 EUR x 80,00", "Ein Platz,", "5.5", "EUR"),
    ],
)
def test_prices_of_several_countries(
    tmp_path: Path, cell: str, name: str, price: str, currency: str | None
) -> None:
    (ticket_type,) = read_event(tmp_path, ticket_types=cell).form.ticket_types

    assert (ticket_type.name, ticket_type.price, ticket_type.currency, ticket_type.quantity) == (
        name, Decimal(price), currency, 80,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("Seat 1.234 EUR x 80", "two meanings"),
        ("Seat 1,234 EUR x 80", "two meanings"),
        ("Adult 1 234,50 EUR x 80", "two meanings"),
        ("Seat 5,123,4 EUR x 80", "not a price"),
        ("Seat 25,00 EUR", "Must be like"),
        ("25,00 EUR x 80", "Must be like"),
        ("x 80", "Must be like"),
        ("Seat free x 80", "not a price"),
        ("Seat 25,00 EUR x many", "whole number"),
        ("Seat" + " " * 19_000 + "x", "Must be like"),
        ("1 " * 9_000 + "x", "Must be like"),
        ("y" * 20_001, "20000 characters"),
    ],
)
def test_what_is_no_ticket_type(tmp_path: Path, cell: str, reason: str) -> None:
    start = time.process_time()

    row = read_event(tmp_path, ticket_types=cell)

    assert reason in row.problems["ticket_types"]
    assert len(row.problems["ticket_types"]) < 200
    assert time.process_time() - start < 1


@pytest.mark.parametrize("column", ["reference", "name", "capacity", "date", "start_time", "timezone",
                                    "location", "category", "visibility", "ticket_types", "description"])  # fmt: skip
@pytest.mark.parametrize("cell", ["a" + " " * 90_000 + "b", "1" * 90_000, "1 " * 45_000])
def test_a_long_cell_costs_no_time(tmp_path: Path, column: str, cell: str) -> None:
    start = time.process_time()

    row = read_event(tmp_path, **{column: cell})

    assert list(row.problems) == [column]
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("01.06.2030", (6, 1)), ("1.6.2030", (6, 1)), ("25/06/2030", (6, 25)), ("06/25/2030", (6, 25)),
        ("25-06-2030", (6, 25)), ("06/06/2030", (6, 6)), ("2030-06-01", (6, 1)),
    ],
)  # fmt: skip
def test_dates_of_several_countries(tmp_path: Path, cell: str, day: tuple[int, int]) -> None:
    assert read_event(tmp_path, date=cell).form.date == date(2030, *day)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("01/06/2030", "write 2030-01-06 or 2030-06-01"),
        ("01-06-2030", "write 2030-01-06 or 2030-06-01"),
        ("01.06.30", "four digits"),
        ("31.02.2030", "no such day"),
        ("13.13.2030", "no such day"),
        ("32/01/2030", "no such day"),
        ("01.06/2030", "Must be a date"),
        ("01.06.2030 18:00", "Must be a date"),
    ],
)
def test_what_is_no_date(tmp_path: Path, cell: str, reason: str) -> None:
    assert reason in read_event(tmp_path, date=cell).problems["date"]


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("01.06.2030 18:00", 18, 0), ("1.6.2030, 9:05", 9, 5), ("01.06.2030 18:00:00", 18, 0),
        ("01.06.2030", 0, 0), ("2030-06-01", 0, 0), ("2030-06-01 18:00:00", 18, 0),
        ("01.06.2030 6:30 PM", 18, 30), ("01.06.2030 12:00 am", 0, 0),
    ],
)  # fmt: skip
def test_times_of_several_countries(tmp_path: Path, cell: str, hour: int, minute: int) -> None:
    row = read_event(tmp_path, start_time=cell, timezone="UTC", date="")

    assert row.problems == {}
    assert row.form.start_time == datetime(2030, 6, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    ["01.06.2030 25:00", "01.06.2030 13:00 PM", "18:00", "01.06.2030 18", "01/06/2030 18:00"],
)
def test_what_is_no_time(tmp_path: Path, cell: str) -> None:
    assert list(read_event(tmp_path, start_time=cell).problems) == ["start_time"]


def dated(folder: Path, *days: str) -> Path:
    lines = [f"{number};A;1;{day}" for number, day in enumerate(days)]
    return write(folder, "\n".join(["reference;name;capacity;date", *lines]))


def test_the_order_of_day_and_month_follows_from_the_other_dates(tmp_path: Path) -> None:
    french = read_events(dated(tmp_path, "01/06/2030", "25/06/2030"))
    american = read_events(dated(tmp_path, "06/01/2030", "06/25/2030"))
    both = read_events(dated(tmp_path, "01/06/2030", "25/06/2030", "06/25/2030"))

    assert [row.form.date for row in french.rows] == [date(2030, 6, 1), date(2030, 6, 25)]
    assert [row.form.date for row in american.rows] == [date(2030, 6, 1), date(2030, 6, 25)]
    assert "dates day-first, because of 25/06/2030 in line 3" in french.notes
    assert "dates month-first, because of 06/25/2030 in line 3" in american.notes
    assert problems(both.rows) == {2: ["date"], 3: ["date"], 4: ["date"]}
    assert both.rows[1].problems["date"] == (
        "Day and month of 25/06/2030 are not clear: write 2030-06-25, or use --dates."
    )


def test_the_order_of_day_and_month_can_be_named(tmp_path: Path) -> None:
    path = dated(tmp_path, "01/06/2030", "02.06.2030")

    for order, first in ((DayOrder.DAY_FIRST, (6, 1)), (DayOrder.MONTH_FIRST, (1, 6))):
        rows = read_events(path, order).rows
        assert [row.form.date for row in rows] == [date(2030, *first), date(2030, 6, 2)]


def test_how_a_file_was_understood_is_told(tmp_path: Path) -> None:
    text = (
        'Reference;Name;Capacity;Date;Ticket types\na;Jazz;1.200;01.06.2030;"Seat 25,00 EUR x 80"\n'
    )

    read = read_events(write(tmp_path, text.encode("windows-1252")))

    assert read.notes == [
        "UTF-8, cells separated by semicolons",
        "columns: reference, name, capacity, date, ticket_types",
        "dates as day.month.year",
        "thousands separated by points",
        "decimal commas",
    ]


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "MAX_FILE_SIZE", 1_000)

    with pytest.raises(CsvError, match="divide it"):
        read_attendees(write(tmp_path, "x" * 1_001))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CsvError):
        read_attendees(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='ab,;\t"\n\r=\x00é\u202f1/.:+d€x', max_size=60))
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    rest = content if isinstance(content, bytes) else content.encode()
    header = b"reference;name;capacity;date;start_time;ticket_types\n"
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for file in (rest, header + rest, header + b"a;b;1;" + rest, header + b"a;b;" + rest + b";;;"):
        path.write_bytes(file)
        for read in (read_events, read_attendees):
            try:
                read(path)
            except CsvError as error:
                assert "\n" not in str(error)  # noqa: PT017 - not every file is refused
