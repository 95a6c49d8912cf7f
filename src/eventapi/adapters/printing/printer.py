"""Printing tickets: QR codes with segno, pages with Typst."""

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
"""The package whose only content is the font of Chinese, Japanese and Korean."""
TO = "\u2013"  # between two moments or days, as printers write it
MAX_WORD_LENGTH = 30
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD_LENGTH}}}(?=\S)")


class TypstTicketPrinter:
    """Draws tickets. What people wrote comes to Typst as data, never as its markup."""

    def __init__(self) -> None:
        # The compiler keeps what it has typeset before, which makes the next
        # ticket cheap, and lets one thread in at a time.
        self._compiler = _compiler()
        self._lock = Lock()

    def qr_code(self, code: str, kind: ImageFormat) -> bytes:
        """Draw a code: capital letters and digits, so the QR code is a small one."""
        return _qr_code(code, kind, border=4)

    def pdf(self, attendance: TicketDetails, event: EventView) -> bytes:
        """Print a ticket; the same ticket always gives the same bytes."""
        ticket = attendance.ticket
        issued = ticket.issued_at.replace(microsecond=0)  # as exact as a PDF can be
        fields = {
            "event": _breakable(event.name),
            "when": when(event.start_time, event.end_time, event.timezone),
            "timezone": event.timezone,
            "place": _breakable(event.location),
            "organizer": _breakable(event.organizer.username),
            "attendee": _breakable(ticket.attendee.name) if ticket.attendee else None,
            "ticket_type": _breakable(ticket.ticket_type.name) if ticket.ticket_type else None,
            "code": ticket.code,
            "order": str(attendance.order_id),
            "issued": _moment(issued.astimezone(ZoneInfo(event.timezone))),
            "valid": attendance.is_valid,
        }
        inputs = {
            "ticket": json.dumps(fields),
            "qr": _qr_code(ticket.code, "svg", border=0).decode(),
        }
        with self._lock:
            pdf = self._compiler.compile(
                input=_template(), format="pdf", sys_inputs=inputs, timestamp=issued
            )
        if not isinstance(pdf, bytes):
            raise TypeError(f"Typst gave {type(pdf).__name__} for one document")
        return pdf


@cache
def _template() -> bytes:
    return (HERE / "ticket.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """Make the compiler, once a process; it opens the fonts, so that no ticket waits for that."""
    fonts = typst.Fonts(
        include_system_fonts=False,  # the same ticket looks the same on every machine
        font_paths=[str(FONTS), str(files(CJK_FONTS))],
    )
    # All it may read besides is the folder of the fonts.
    return typst.Compiler(font_paths=fonts, root=str(FONTS))


def _qr_code(code: str, kind: ImageFormat, *, border: int) -> bytes:
    file = BytesIO()
    segno.make(code, error="m", micro=False).save(file, kind=kind, scale=10, border=border)
    return file.getvalue()


def when(start: datetime, end: datetime, timezone: str) -> str:
    """Say when an event is, on the clocks of its time zone.

    An event from midnight to midnight is a matter of days, without times.
    """
    zone = ZoneInfo(timezone)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    if begins.time() == ends.time() == datetime.min.time() and begins.date() < ends.date():
        last = datetime.fromordinal(ends.toordinal() - 1)
        days = _day(begins) if last.date() == begins.date() else f"{_day(begins)} {TO} {_day(last)}"
        return f"{days}, all day"
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else _moment(ends)
    # On the night when the clocks go back, only this tells one 02:30 from the other.
    shift = f"{begins:%z}"
    return f"{_moment(begins)} {TO} {until} (UTC{shift[:3]}:{shift[3:5]})"


def _day(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M}"


def _breakable(text: str) -> str:
    """Allow a line to break within a word that no line could hold."""
    return _LONG_WORD.sub(lambda word: word[0] + "\u200b", text)
