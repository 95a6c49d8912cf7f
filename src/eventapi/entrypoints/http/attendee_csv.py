"""Attendees as a CSV file, written in batches so that a list of any length fits into memory."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from eventapi.application.views import TicketDetails

CSV = "text/csv"
HEADER = ("name", "email", "ticket_type", "code", "order", "issued_at", "checked_in_at")
BATCH_SIZE = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""The first characters of cells that spreadsheets run as a formula (OWASP, CSV injection)."""


def write_attendees(attendees: Iterable[TicketDetails]) -> Iterator[str]:
    """Write the tickets of attendees as lines of CSV."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow(HEADER)
    for number, details in enumerate(attendees, start=1):
        writer.writerow([escape_formula(cell) for cell in _cells(details)])
        if number % BATCH_SIZE == 0:
            yield lines.getvalue()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue()


def _cells(details: TicketDetails) -> tuple[str, ...]:
    ticket, attendee = details.ticket, details.ticket.attendee
    return (
        attendee.name if attendee else "",
        (attendee.email if attendee else None) or "",
        ticket.ticket_type.name if ticket.ticket_type else "",
        ticket.code,
        str(details.order.id),
        ticket.issued_at.isoformat(),
        ticket.checked_in_at.isoformat() if ticket.checked_in_at else "",
    )


def escape_formula(cell: str) -> str:
    """Return a CSV cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
