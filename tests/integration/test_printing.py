"""The texts on a printed ticket."""

from ctypes import c_int, create_string_buffer
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pypdfium2 import PdfDocument, raw
from zxingcpp import read_barcodes

from eventapi.adapters.images import MemoryImageStore
from eventapi.adapters.printing import TypstTicketPrinter
from eventapi.adapters.printing.printer import _breakable, format_period, format_price
from eventapi.application.ports.media import TicketDocument
from eventapi.application.views import (
    AccountRef,
    AttendeeView,
    BuyerView,
    EventView,
    OrderRef,
    TicketDetails,
    TicketTypeRef,
    TicketView,
)
from tests import builders
from tests.api import picture
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
    issued_at=START, checked_in_at=None, status="valid",
)  # fmt: skip
BUYER = BuyerView(7, "bob", None, None)
IMAGES = MemoryImageStore()
IMAGES.put("photo", picture("JPEG", size=(640, 360)), "image/jpeg")
PRINTER = TypstTicketPrinter(IMAGES)


def details(ticket: TicketView, currency: str | None = None) -> TicketDetails:
    return TicketDetails(
        ticket=ticket, order=OrderRef(ID), currency=currency, event_id=1, buyer=BUYER
    )


def printed(*tickets: TicketDetails, event: EventView = EVENT, organizer: str = "Olga") -> bytes:
    return PRINTER.pdf(TicketDocument(event=event, organizer=organizer, tickets=tickets))


def printed_for(name: str, event: EventView = EVENT) -> bytes:
    return printed(details(replace(TICKET, attendee=AttendeeView(name, None))), event=event)


def fonts_of_attendee(pdf: bytes) -> set[str]:
    """Return the names of the fonts in which the name of the attendee is drawn."""
    with PdfDocument(pdf) as pages:
        text = pages[0].get_textpage()
        content = "".join(
            chr(raw.FPDFText_GetUnicode(text, number)) for number in range(text.count_chars())
        )
        fonts = set()
        for number in range(content.index("ADMITS") + len("ADMITS"), content.index("PRICE")):
            if not content[number].isspace():
                name = create_string_buffer(100)
                raw.FPDFText_GetFontInfo(text, number, name, 100, c_int())
                fonts.add(name.value.decode().partition("+")[2])
        return fonts


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


@pytest.mark.parametrize(
    "emoji",
    ["🎉", "🎷🎺", "❤️", "👍🏽", "👨‍👩‍👧", "🧑‍🚀", "🇩🇪", "1️⃣", "✨", "🫨", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
)
def test_emoji_are_drawn(emoji: str) -> None:
    # A character that no font has is drawn as an empty box of the first font.
    assert fonts_of_attendee(printed_for(emoji)) == {"NotoEmoji-Regular"}


@pytest.mark.parametrize("letter", ["N", "W", "王", "🎉", "ﷺ", "ม", "N "])
def test_the_longest_texts_stay_on_the_page(letter: str) -> None:
    def long(length: int) -> str:
        return (letter * length)[:length].strip()

    event = replace(EVENT, name=long(255), location=long(500), image="photo")
    ticket = replace(
        TICKET, attendee=AttendeeView(long(255), None), ticket_type=TicketTypeRef(1, long(100))
    )

    pdf = printed(details(ticket), event=event, organizer=long(301))

    with PdfDocument(pdf) as pages:
        (page,) = pages
        text = page.get_textpage()
        boxes = [text.get_charbox(number) for number in range(text.count_chars())]
        width, height = page.get_size()
        (barcode,) = read_barcodes(page.render(scale=2, grayscale=True).to_pil())
    assert barcode.text == TICKET.code
    # Some signs are spelled out in the text of a PDF.
    assert letter == "ﷺ" or text_of(pdf).count(letter[0]) >= (500 + 255 + 255 + 100) / len(letter)
    for left, bottom, right, top in boxes:
        assert 0 <= left <= right <= width
        assert 0 <= bottom <= top <= height


def test_a_ticket_has_what_the_door_asks_for() -> None:
    ticket = replace(
        TICKET,
        attendee=AttendeeView("Grace", None),
        ticket_type=TicketTypeRef(1, "Balcony"),
        price=Decimal("25.00"),
    )

    text = " ".join(text_of(printed(details(ticket, "EUR"), organizer="Olga Meyer")).split())

    for part in (
        "ADMITS Grace", "TICKET Balcony", "PRICE 25.00 EUR", "WHERE Blue Note",
        "Organizer: Olga Meyer", TICKET.code, str(ID),
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [
        ("25.00", "EUR", "25.00 EUR"),
        ("1234.50", "USD", "1234.50 USD"),
        ("3000.00", "JPY", "3000 JPY"),
        ("0.00", "EUR", "Free"),
        ("0.00", None, "Free"),
    ],
)
def test_a_price_has_its_currency(price: str, currency: str | None, expected: str) -> None:
    assert format_price(Decimal(price), currency) == expected


@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_a_code_is_read_from_a_small_screen_and_from_paper(scale: float) -> None:
    # At half scale, the page is as wide as the narrowest phones: 298 pixels.
    with PdfDocument(printed_for("Ada")) as pages:
        (barcode,) = read_barcodes(pages[0].render(scale=scale, grayscale=True).to_pil())

    assert barcode.text == TICKET.code


def test_long_words_are_broken_between_letters_only() -> None:
    assert _breakable("N" * 30) == "N" * 30
    assert _breakable("N" * 31) == "\u200b".join(["N" * 10] * 3 + ["N"])
    assert "\u200b\u0301" not in _breakable("e\u0301" * 40)
    assert "\u200b" not in _breakable("👍🏽" * 40)  # breaks by itself


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
