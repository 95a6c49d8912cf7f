"""The texts on a printed ticket."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pypdfium2 import PdfDocument

from eventapi.adapters.printing import TypstTicketPrinter
from eventapi.adapters.printing.printer import format_period
from eventapi.application.views import (
    AccountRef,
    AttendeeView,
    EventView,
    OrderRef,
    TicketDetails,
    TicketView,
)
from tests import builders
from tests.concurrency import run_together

ID = UUID("01932c07-209c-7f7a-8b0e-5f1e6a3c9d42")
START = datetime(2030, 6, 1, 18, 0, tzinfo=UTC)
EVENT = EventView.of(
    builders.event(start=START, location="Blue Note"),
    organizer=AccountRef(1, "olga"),
    category=None,
)
TICKET = TicketView(
    id=ID, code="7Q0ZK3M9XV2B8N5T1HCWRJ4YDE", ticket_type=None, price=Decimal(0), attendee=None,
    issued_at=START, checked_in_at=None,
)  # fmt: skip
PRINTER = TypstTicketPrinter()


def printed_for(name: str, event: EventView = EVENT) -> bytes:
    ticket = replace(TICKET, attendee=AttendeeView(name, None))
    return PRINTER.pdf(
        TicketDetails(ticket=ticket, order=OrderRef(ID), order_status="confirmed", event_id=1),
        event,
    )


def text_of(pdf: bytes) -> str:
    with PdfDocument(pdf) as pages:
        assert len(pages) == 1
        text: str = pages[0].get_textpage().get_text_range()
        return text


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Ångström", "Łukasz Nguyễn Văn Ánh", "Юрий Гагарин", "Ελένη", "محمد عبد الله",
        "דוד כהן", "राजेश कुमार", "রাজেশ", "ਪੰਜਾਬੀ", "ગુજરાતી", "தமிழ் செல்வன்", "తెలుగు", "ಕನ್ನಡ",
        "മലയാളം", "සිංහල", "สมชาย ใจดี", "ລາວ", "မြန်မာ", "ខ្មែរ", "山田太郎", "タロウ たろう", "王小明 張三丰",
        "𠮷野家", "김민준", "გიორგი", "Արմեն", "አበበ", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ދިވެހި", "ߒߞߏ", "ᏣᎳᎩ", "ᐃᓄᒃᑎᑐᑦ", "𞤀𞤣𞤤𞤢𞤥",
    ],
)  # fmt: skip
def test_a_name_shows_in_whatever_script_it_is(name: str) -> None:
    # The text of a PDF lacks characters that no font has.
    assert set(name) <= set(text_of(printed_for(name)))


@pytest.mark.parametrize(
    "name", ['#import "x"', "$ x $", "*bold* _it_ `raw`", "</svg><script>", "\\ { } [ ]", '"quoted"']
)  # fmt: skip
def test_what_somebody_wrote_is_never_markup(name: str) -> None:
    assert name in text_of(printed_for(name))


def test_the_longest_texts_stay_on_the_page() -> None:
    event = replace(EVENT, name="N" * 255, location="L" * 500)

    pdf = printed_for("A" * 255, event)

    with PdfDocument(pdf) as pages:
        (page,) = pages
        text = page.get_textpage()
        boxes = [text.get_charbox(number) for number in range(text.count_chars())]
        width, height = page.get_size()
    assert text_of(pdf).count("L") >= 500
    for left, bottom, right, top in boxes:
        assert 0 <= left <= right <= width
        assert 0 <= bottom <= top <= height


def test_the_same_ticket_gives_the_same_bytes() -> None:
    assert printed_for("Ada") == printed_for("Ada") != printed_for("Eve")


def test_many_threads_print_at_the_same_time() -> None:
    names = ["Ada", "Eve", "山田", "김민준"]

    printed = run_together([lambda name=name: printed_for(name) for name in names * 4])  # type: ignore[misc]

    assert printed == [printed_for(name) for name in names * 4]


@pytest.mark.parametrize(
    ("start", "end", "timezone", "said"),
    [
        (
            "2030-06-01T20:00+02:00", "2030-06-01T23:30+02:00", "Europe/Berlin",
            "Saturday, 1 June 2030, 20:00 – 23:30 (UTC+02:00)",
        ),
        (
            "2030-10-26T23:00+00:00", "2030-10-27T01:30+00:00", "Europe/Berlin",
            "Sunday, 27 October 2030, 01:00 – 02:30 (UTC+02:00)",
        ),
        (
            "2030-10-27T01:30+00:00", "2030-10-27T04:00+00:00", "Europe/Berlin",
            "Sunday, 27 October 2030, 02:30 – 05:00 (UTC+01:00)",
        ),
        (
            "2030-12-31T22:00-03:30", "2031-01-01T04:00-03:30", "America/St_Johns",
            "Tuesday, 31 December 2030, 22:00 – Wednesday, 1 January 2031, 04:00 (UTC-03:30)",
        ),
        (
            "2030-06-01T00:00+12:00", "2030-06-02T00:00+12:00", "Pacific/Auckland",
            "Saturday, 1 June 2030, all day",
        ),
        (
            "2030-06-01T00:00+12:00", "2030-06-04T00:00+12:00", "Pacific/Auckland",
            "Saturday, 1 June 2030 – Monday, 3 June 2030, all day",
        ),
    ],
)  # fmt: skip
def test_the_time_is_said_on_the_event_s_clocks(
    start: str, end: str, timezone: str, said: str
) -> None:
    assert ZoneInfo(timezone)
    period = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert format_period(*period, timezone) == said
