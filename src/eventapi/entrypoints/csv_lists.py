"""Lists as CSV files: their columns, and cells that no spreadsheet runs as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel reads a file as Windows-1252."""


@dataclass(frozen=True, slots=True)
class CsvForm:
    """The CSV form of a list.

    Attributes:
        name: of the list, which is the name of the file.
        columns: for each column, the path of attributes from an item to its cell, such
            as `ticket.attendee.name`. The cell is empty where a part of the path is None.
    """

    name: str
    columns: Mapping[str, str]

    def write(self, batches: Iterable[Iterable[object]]) -> Iterator[str]:
        """Return the text of the file, in pieces: the header first, then batch by batch."""
        lines = StringIO()
        writer = csv.writer(lines)
        writer.writerow(self.columns)
        yield BYTE_ORDER_MARK
        for batch in batches:
            writer.writerows(map(self._cells, batch))
            yield lines.getvalue()
            lines.seek(0)
            lines.truncate()

    def _cells(self, item: object) -> list[str]:
        return [_text_at(path, item) for path in self.columns.values()]


_BUYER = {
    "buyer_name": "buyer.name",
    "buyer_email": "buyer.email",
    "buyer_username": "buyer.username",
}
ATTENDEES = CsvForm(
    "attendees",
    {
        "name": "ticket.attendee.name",
        "email": "ticket.attendee.email",
        "ticket_type": "ticket.ticket_type.name",
        "code": "ticket.code",
        "order": "order.id",
        "issued_at": "ticket.issued_at",
        "checked_in_at": "ticket.checked_in_at",
        **_BUYER,
    },
)
_ORDER = {
    "order": "id",
    "created_at": "created_at",
    "status": "status",
    **_BUYER,
    "quantity": "quantity",
    "total": "total",
    "currency": "currency",
}
ORDERS = CsvForm("orders", _ORDER)
WAITLIST = CsvForm("waitlist", {"position": "position", **_ORDER})


def _text_at(path: str, item: object) -> str:
    value = item
    for name in path.split("."):
        value = getattr(value, name)
        if value is None:
            return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return escape_formula(value) if isinstance(value, str) else str(value)


# A spreadsheet may skip what has no width, and split a cell at a semicolon, whatever
# separates the cells of the file.
_STARTS = r"(?:^|[;|\t\n\v\f\r\x85\u2028\u2029])"
_SKIPPED = (
    r'[ "\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f'
    r"\u202a-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000e0000-\U000e0fff]*"
)
_SIGNS = r"[-=+@\u207a-\u207c\u208a-\u208c\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
"""What begins a formula (OWASP, CSV injection), and the signs that are compatible with it."""
_FORMULA = re.compile(rf"({_STARTS})(?='*{_SKIPPED}{_SIGNS})")
_ESCAPED_FORMULA = re.compile(rf"({_STARTS})'(?='*{_SKIPPED}{_SIGNS})")


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula, with an apostrophe before each one."""
    return _FORMULA.sub(r"\1'", cell)


def unescape_formula(cell: str) -> str:
    """Return the cell that was escaped by `escape_formula`."""
    return _ESCAPED_FORMULA.sub(r"\1", cell) if "'" in cell else cell
