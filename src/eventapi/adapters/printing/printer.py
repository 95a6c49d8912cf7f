"""QR codes with segno, and printable tickets with Typst."""

import json
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from string import punctuation
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import segno
import typst

from eventapi.adapters.printing.pictures import TicketPictures
from eventapi.application.ports.media import ImageFormat, ImageStore, TicketDocument
from eventapi.application.views import TicketDetails
from eventapi.domain.values import UNDIVIDED_CURRENCIES

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
CJK_FONTS = "noto_cjk_sans_otc"
"""The package that contains the Chinese, Japanese and Korean font, and nothing else."""
EN_DASH = "\u2013"
_LONG_WORD = re.compile(r"\S{31,}")
_LETTER, _MARK = rf"[\w{re.escape(punctuation)}]", rf"[^\w\s{re.escape(punctuation)}]"
_TEN_LETTERS = re.compile(rf"(?:{_LETTER}{_MARK}*){{10}}(?={_LETTER})")
"""With their combining marks, from which they must not be separated."""


class TypstTicketPrinter:
    """Prints tickets. Typst gets the texts of users as data, never as markup."""

    def __init__(self, images: ImageStore) -> None:
        self._pictures = TicketPictures(images)
        # The compiler caches what it has typeset, which makes the next ticket
        # cheap, and must be used by one thread at a time.
        self._compiler = _compiler()
        self._lock = Lock()

    def qr_code(self, code: str, format: ImageFormat) -> bytes:
        return _qr_code(code, format)

    def pdf(self, document: TicketDocument) -> bytes:
        event, tickets = document.event, document.tickets
        picture = self._pictures.svg(event.image)
        fields = {
            "event": _breakable(event.name),
            "when": format_period(event.start_time, event.end_time, event.timezone),
            "timezone": event.timezone,
            "place": _breakable(event.location),
            "organizer": _breakable(document.organizer),
            "picture": picture is not None,
            "tickets": [
                _ticket_fields(ticket, event.timezone) | {"number": number}
                for number, ticket in enumerate(tickets, start=1)
            ],
        }
        inputs = {"document": json.dumps(fields), "picture": picture or ""}
        issued = max(ticket.ticket.issued_at for ticket in tickets)
        with self._lock:
            pdf = self._compiler.compile(
                input=_template(),
                format="pdf",
                sys_inputs=inputs,
                timestamp=issued.replace(microsecond=0),  # the precision of a PDF
            )
        if not isinstance(pdf, bytes):
            raise TypeError(f"Typst returned {type(pdf).__name__} for one document")
        return pdf


def _ticket_fields(ticket: TicketDetails, timezone: str) -> dict[str, Any]:
    view = ticket.ticket
    return {
        "attendee": _breakable(view.attendee.name) if view.attendee else None,
        "ticket_type": _breakable(view.ticket_type.name) if view.ticket_type else None,
        "price": format_price(view.price, ticket.currency),
        "code": view.code,
        "qr": _qr_code(view.code, "svg").decode(),
        "order": str(ticket.order.id),
        "issued": _time(view.issued_at.astimezone(ZoneInfo(timezone))),
        "valid": ticket.is_valid,
    }


@cache
def _template() -> bytes:
    return (HERE / "ticket.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """Return the compiler, one per process, with its fonts loaded."""
    fonts = typst.Fonts(
        include_system_fonts=False,  # a ticket looks the same on every machine
        font_paths=[str(FONTS), str(files(CJK_FONTS))],
    )
    # The root is the only directory that a document may read.
    return typst.Compiler(font_paths=fonts, root=str(FONTS))


def _qr_code(code: str, format: ImageFormat) -> bytes:
    file = BytesIO()
    segno.make(code, error="m", micro=False).save(file, kind=format, scale=10, border=4)
    return file.getvalue()


def format_price(price: Decimal, currency: str | None) -> str:
    """Return a price as text, such as `25.00 EUR`, `3000 JPY` or `Free`."""
    if not price or currency is None:
        return "Free"
    return f"{price:.0f} {currency}" if currency in UNDIVIDED_CURRENCIES else f"{price} {currency}"


def format_period(start: datetime, end: datetime, timezone: str) -> str:
    """Return the start and end of an event as text, in local time of an IANA time zone.

    An event from midnight to midnight is shown as days, without times.
    """
    zone = ZoneInfo(timezone)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    if begins.time() == ends.time() == datetime.min.time() and begins.date() < ends.date():
        last = datetime.fromordinal(ends.toordinal() - 1)
        days = (
            _day(begins)
            if last.date() == begins.date()
            else f"{_day(begins)} {EN_DASH} {_day(last)}"
        )
        return f"{days}, all day"
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else _time(ends)
    # The offset tells apart the two times that are called 02:30 when clocks go back.
    shift = f"{begins:%z}"
    return f"{_time(begins)} {EN_DASH} {until} (UTC{shift[:3]}:{shift[3:5]})"


def _day(time: datetime) -> str:
    return f"{time:%A}, {time.day} {time:%B %Y}"


def _time(time: datetime) -> str:
    return f"{_day(time)}, {time:%H:%M}"


def _breakable(text: str) -> str:
    """Insert break opportunities into words that are longer than a line."""
    return _LONG_WORD.sub(lambda word: _TEN_LETTERS.sub("\\g<0>\u200b", word[0]), text)
