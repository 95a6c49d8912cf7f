"""Lists as CSV: cells that no spreadsheet runs as a formula."""

import csv
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapi.entrypoints.csv_lists import CsvForm, escape_formula, unescape_formula

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\u3000=1",
    "\u200b=1", "\ufeff=1", "\u2060\u200d=1", "\u00ad=1", "＝1", "＋1", "－1", "＠x", "﹦1", "⁼1",
    "Bob;=cmd|'/c calc'!A1", "Bob; =1", "Bob;\u200b＝1", 'Bob;"=1', "a\n=1", "a\t+1", "a|@x",
    '"=1', "a;b;-1", "'=1", "a;'=1", "'' =1",
]  # fmt: skip
HARMLESS = [
    "", "Bob", "Anne-Marie", "a@example.org", "1 + 1 = 2", "O'Neill", "'quoted'", "Bob; Ada",
    "Zoë 太郎 🎉", "2030-06-01", ";", "Smith, -John",
]  # fmt: skip


@dataclass
class Part:
    name: str | None


@dataclass
class Item:
    part: Part | None
    at: datetime | None = None
    amount: Decimal = Decimal(0)


FORM = CsvForm("items", {"name": "part.name", "at": "at", "amount": "amount"})


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_preceded_by_an_apostrophe(cell: str) -> None:
    escaped = escape_formula(cell)

    assert len(escaped) == len(cell) + 1
    assert escaped.count("'") == cell.count("'") + 1
    assert unescape_formula(escaped) == cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert escape_formula(cell) == unescape_formula(cell) == cell


@given(st.text(alphabet="=+'\"; \u200b\ta＝", max_size=12))
def test_every_cell_can_be_read_back(cell: str) -> None:
    assert unescape_formula(escape_formula(cell)) == cell


@pytest.mark.parametrize("cell", FORMULAS)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_formula_is_read_whatever_separates_the_cells(
    cell: str, place: int, delimiter: str
) -> None:
    form = CsvForm("items", dict.fromkeys(("a", "b", "c"), "part.name"))
    names = ["Ada", "Ada", "Ada"]
    names[place] = cell
    file = "".join(form.write([[Item(Part(name)) for name in names]]))

    # A spreadsheet that expects other separators reads quotes in the middle of a cell as text.
    for row in csv.reader(StringIO(file.lstrip("\ufeff"), newline=""), delimiter=delimiter):
        for read in row:
            visible = read.lstrip(' "\t\r\n\u00a0\u3000\u200b\ufeff\u2060\u200d\u00ad')
            assert not visible.startswith(tuple("=+-@＝＋－＠﹦⁼"))


@pytest.mark.parametrize("part", [" ", ";", "'", "\t", "; ", '"', "\u200b", ";'"])
def test_long_cells_are_escaped_in_no_time(part: str) -> None:
    cell = part * 200_000
    start = time.process_time()

    assert unescape_formula(escape_formula(cell)) == cell

    assert time.process_time() - start < 2


def test_a_file_has_a_byte_order_mark_a_header_and_a_line_for_each_item() -> None:
    at = datetime(2030, 6, 1, 18, tzinfo=UTC)
    items = [
        [Item(Part("Zoë, the =1"), at, Decimal("-5.00")), Item(Part(None))],
        [Item(None, amount=Decimal("12.50"))],
    ]

    assert "".join(FORM.write(items)) == (
        "\ufeffname,at,amount\r\n"
        '"Zoë, the =1",2030-06-01T18:00:00+00:00,-5.00\r\n'
        ",,0\r\n"
        ",,12.50\r\n"
    )
    assert "".join(FORM.write([[]])) == "\ufeffname,at,amount\r\n"


def test_times_are_written_in_whole_seconds() -> None:
    order = SimpleNamespace(at=datetime(2026, 11, 21, 22, 18, 45, 776694, tzinfo=UTC))

    text = "".join(CsvForm("orders", {"at": "at"}).write([[order]]))

    assert text.splitlines() == ["\ufeffat", "2026-11-21T22:18:45+00:00"]
