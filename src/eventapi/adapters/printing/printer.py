"""QR codes with segno, and printable tickets with Typst."""

import json
import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

import segno
import typst

from eventapi.application.ports.media import ImageFormat
from eventapi.application.views import EventView, TicketDetails

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
CJK_FONTS = "noto_cjk_sans_otc"
"""The package that contains the Chinese, Japanese and Korean font, and nothing else."""
EN_DASH = "\u2013"
MAX_WORD_LENGTH = 30
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD_LENGTH}}}(?=\S)")


class TypstTicketPrinter:
    """Prints tickets. Typst gets the texts of users as data, never as markup."""

    def __init__(self) -> None:
        # The compiler caches what it has typeset, which makes the next ticket
        # cheap, and must be used by one thread at a time.
        self._compiler = _compiler()
        self._lock = Lock()

    def qr_code(self, code: str, format: ImageFormat) -> bytes:
        return _qr_code(code, format, border=4)

    def pdf(self, ticket: TicketDetails, event: EventView) -> bytes:
        view = ticket.ticket
        issued = view.issued_at.replace(microsecond=0)  # the precision of a PDF
        fields = {
            "event": _breakable(event.name),
            "when": format_period(event.start_time, event.end_time, event.timezone),
            "timezone": event.timezone,
            "place": _breakable(event.location),
            "organizer": _breakable(event.organizer.username),
            "attendee": _breakable(view.attendee.name) if view.attendee else None,
            "ticket_type": _breakable(view.ticket_type.name) if view.ticket_type else None,
            "code": view.code,
            "order": str(ticket.order.id),
            "issued": _time(issued.astimezone(ZoneInfo(event.timezone))),
            "valid": ticket.is_valid,
        }
        inputs = {
            "ticket": json.dumps(fields),
            "qr": _qr_code(view.code, "svg", border=0).decode(),
        }
        with self._lock:
            pdf = self._compiler.compile(
                input=_template(), format="pdf", sys_inputs=inputs, timestamp=issued
            )
        if not isinstance(pdf, bytes):
            raise TypeError(f"Typst returned {type(pdf).__name__} for one document")
        return pdf


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


def _qr_code(code: str, format: ImageFormat, *, border: int) -> bytes:
    file = BytesIO()
    segno.make(code, error="m", micro=False).save(file, kind=format, scale=10, border=border)
    return file.getvalue()


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
    return _LONG_WORD.sub(lambda word: word[0] + "\u200b", text)
