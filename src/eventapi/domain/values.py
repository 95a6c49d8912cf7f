"""Value objects: small, immutable, and valid from construction on."""

import hmac
import re
import unicodedata
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NewType, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from eventapi.domain.errors import InvalidValues
from eventapi.domain.faults import Faults

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

UserId = NewType("UserId", int)
EventId = NewType("EventId", int)
OrderId = NewType("OrderId", UUID)
TicketId = NewType("TicketId", UUID)
TicketTypeId = NewType("TicketTypeId", int)
CategoryId = NewType("CategoryId", int)
LoginSessionId = NewType("LoginSessionId", UUID)
ApiKeyId = NewType("ApiKeyId", int)

MAX_YEAR = 9998
"""The last year of any time, so that converting between time zones never overflows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_text(
    field: str, value: str, *, longest: int, required: bool = True, lines: bool = False
) -> str:
    """Return a text without surrounding white space, checked for storage and display.

    Args:
        field: the name of the field, for the error.
        value: the text as received.
        longest: the maximum number of characters after trimming.
        required: whether an empty text is an error.
        lines: whether line breaks and tabs are allowed.

    Raises:
        InvalidValues: the text is empty although required, too long, or contains
            control characters or unpaired surrogates.
    """
    text = value.strip()
    if required and not text:
        raise InvalidValues({field: "Must not be empty."})
    if len(text) > longest:
        raise InvalidValues({field: f"Must not be longer than {longest} characters."})
    if (_CONTROL_BUT_LINES if lines else _CONTROL).search(text):
        what = "control characters" if lines else "control characters or line breaks"
        raise InvalidValues({field: f"Must not contain {what}."})
    return text


@dataclass(frozen=True, slots=True)
class Username:
    """The name of an account; unique, ignoring case.

    Normalised to NFKC, so that a name has one spelling only.
    """

    value: str

    MAX_LENGTH = 64
    _ALLOWED = re.compile(r"[\w.@+-]{3,64}")

    def __post_init__(self) -> None:
        name = unicodedata.normalize("NFKC", self.value.strip())
        if not self._ALLOWED.fullmatch(name):
            raise InvalidValues(
                {
                    "username": "Must be 3 to 64 characters long: "
                    "letters, digits and the characters . @ + - _ only."
                }
            )
        object.__setattr__(self, "value", name)

    ERASED = "erased-"

    @classmethod
    def of_erased(cls, id: UserId) -> Self:
        """Return the name that replaces that of an erased account."""
        return cls(f"{cls.ERASED}{id}")

    @property
    def is_reserved(self) -> bool:
        """Whether it is reserved for erased accounts."""
        return self.key.startswith(self.ERASED)

    @property
    def key(self) -> str:
        """The form in which usernames are compared."""
        return unicodedata.normalize("NFKC", self.value.casefold())

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An email address as its owner wrote it, trimmed.

    Only the basic shape is checked; whether mail arrives is known by sending some.
    """

    value: str

    MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
    _SHAPE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

    def __post_init__(self) -> None:
        address = clean_text("email", self.value, longest=self.MAX_LENGTH)
        if not self._SHAPE.fullmatch(address):
            raise InvalidValues({"email": "Must be an email address."})
        object.__setattr__(self, "value", address)

    @property
    def key(self) -> str:
        """The form in which addresses are compared: Bob@Example.org equals bob@example.org.

        It is as long as an address may be: some characters become up to 18 others.
        """
        return unicodedata.normalize("NFKC", self.value.casefold())[: self.MAX_LENGTH]

    def __str__(self) -> str:
        return self.value


# ISO 4217: the active codes of legal tender, as of 2026.
_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_UNDIVIDED_CODES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
CURRENCIES = frozenset(_CODES.split())
UNDIVIDED_CURRENCIES = frozenset(_UNDIVIDED_CODES.split())
"""Currencies without a minor unit: only whole amounts are valid."""

MAX_AMOUNT = Decimal("9999999.99")
"""The maximum price of one ticket; the total of an order may be a thousand times as much."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency.

    Attributes:
        amount: in units of the currency, with two decimal places.
        currency: an ISO 4217 code; None only for an amount of zero.
    """

    amount: Decimal
    currency: str | None

    def __post_init__(self) -> None:
        faults = Faults()
        amount = faults.check(_parse_amount, self.amount)
        currency = faults.check(_check_currency, self.currency)
        faults.check(_check_price, amount, currency)
        faults.raise_any()
        object.__setattr__(self, "amount", amount)

    @classmethod
    def free(cls) -> Self:
        """Return an amount of zero without a currency."""
        return cls(Decimal("0.00"), None)

    @property
    def is_free(self) -> bool:
        """Whether the amount is zero."""
        return not self.amount


def _parse_amount(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT * 1000:
        raise InvalidValues({"price": f"Must be an amount from 0 to {MAX_AMOUNT}."})
    cents = amount.quantize(Decimal("0.01"))
    if amount != cents:
        raise InvalidValues({"price": "Must have no more than two decimal places."})
    return cents


def _check_currency(currency: str | None) -> str | None:
    if currency is not None and currency not in CURRENCIES:
        raise InvalidValues({"currency": "Must be an ISO 4217 code, such as EUR."})
    return currency


def _check_price(amount: Decimal, currency: str | None) -> None:
    if currency is None and amount:
        raise InvalidValues({"currency": "A price needs its currency."})
    if currency in UNDIVIDED_CURRENCIES and amount % 1:
        raise InvalidValues({"price": f"Must be a whole amount: {currency} has no cents."})


@dataclass(frozen=True, slots=True)
class Slug:
    """A name for use in paths: lower-case words joined by single hyphens."""

    value: str

    MAX_LENGTH = 100
    _SHAPE = re.compile(r"[^\W_]+(?:-[^\W_]+)*")

    def __post_init__(self) -> None:
        if len(self.value) > self.MAX_LENGTH or not self._SHAPE.fullmatch(self.value):
            raise InvalidValues({"slug": "Must be words of letters and digits between hyphens."})

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the slug of a name: `Théâtre & Opéra` becomes `theatre-opera`.

        Letters of other scripts are kept, so a name in any script has a slug.

        Raises:
            InvalidValues: the name has no letter or digit.
        """
        words = "-".join(tokenize(name))[: cls.MAX_LENGTH].strip("-")
        if not words:
            raise InvalidValues({"name": "Must have a letter or a digit."})
        return cls(words)

    def __str__(self) -> str:
        return self.value


_WORD = re.compile(r"[^\W_]+")


def normalize(text: str) -> str:
    """Return a text in the form in which names are searched and sorted.

    Case, accents and Unicode encoding make no difference: `ZÜRICH` and `Zurich`
    both become `zurich`.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def sort_key(name: str) -> str:
    """Return the sort key of a name: the first 255 characters of its normalised form."""
    return normalize(name)[:255]


def tokenize(text: str) -> list[str]:
    """Return the normalised words of a text, in their order."""
    return _WORD.findall(normalize(text))


@dataclass(frozen=True, slots=True)
class AccessCode:
    """The code that opens a private event; its organizer hands it out."""

    value: str

    MIN_LENGTH, MAX_LENGTH = 8, 64
    _SHAPE = re.compile(r"[\x21-\x7e]{8,64}")

    def __post_init__(self) -> None:
        if not self._SHAPE.fullmatch(self.value):
            raise InvalidValues(
                {"access_code": "Must be 8 to 64 visible ASCII characters without spaces."}
            )

    def opens_for(self, code: str | None) -> bool:
        """Return whether a given code is this one, compared in constant time."""
        return code is not None and hmac.compare_digest(self.value.encode(), code.encode())


@dataclass(frozen=True, slots=True)
class TicketCode:
    """The secret that admits its holder; no two tickets ever have the same.

    26 characters of Crockford's base 32 hold 130 random bits. The alphabet omits
    letters that are easily misread (I, L, O, U) and fits the compact alphanumeric
    mode of QR codes.
    """

    value: str

    ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    LENGTH = 26

    def __post_init__(self) -> None:
        if len(self.value) != self.LENGTH or not set(self.value) <= set(self.ALPHABET):
            raise InvalidValues({"code": "Is not a ticket code."})

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Attendee:
    """The person whom a ticket admits; needs no account."""

    name: str
    email: EmailAddress | None = None

    MAX_NAME_LENGTH = 255

    def __post_init__(self) -> None:
        name = clean_text("name", self.name, longest=self.MAX_NAME_LENGTH)
        object.__setattr__(self, "name", name)


@cache
def timezone_names() -> frozenset[str]:
    """Return the names of all time zones of the IANA database."""
    return frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class Timezone:
    """A time zone of the IANA database."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in timezone_names():
            raise InvalidValues(
                {"timezone": "Must be the name of an IANA time zone, such as Europe/Berlin."}
            )

    @property
    def zone(self) -> ZoneInfo:
        """The zone with its offset rules."""
        return ZoneInfo(self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SalesWindow:
    """When tickets are on sale: from start until end, each optional; stored in UTC."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        for field, moment in (("sales_start", self.start), ("sales_end", self.end)):
            if moment is not None:
                parsed = faults.check(parse_moment, field, moment)
                object.__setattr__(self, field.removeprefix("sales_"), parsed)
        if self.start and self.end:
            faults.check(_check_order, self.start, self.end, "sales_end", "sales_start")
        faults.raise_any()

    def is_open(self, now: datetime) -> bool:
        """Return whether tickets are on sale at this moment."""
        return (self.start is None or now >= self.start) and (self.end is None or now < self.end)


ALWAYS = SalesWindow()
"""Tickets are on sale at any time."""


def parse_moment(field: str, moment: datetime) -> datetime:
    """Return a moment in UTC, after checking that it can be compared, converted and stored.

    Raises:
        InvalidValues: it has no offset from UTC, or is outside the years 2 to 9998.
    """
    if moment.tzinfo is None:
        raise InvalidValues({field: "Must have an offset from UTC."})
    if not 1 < moment.year <= MAX_YEAR:
        raise InvalidValues({field: f"Must be in the years 2 to {MAX_YEAR}."})
    return moment.astimezone(UTC)


def _check_order(start: datetime, end: datetime, end_field: str, start_field: str) -> None:
    if end <= start:
        raise InvalidValues({end_field: f"Must be after {start_field}."})


@dataclass(frozen=True, slots=True)
class Period:
    """A period with a start and a later end, both stored in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        faults = Faults()
        object.__setattr__(self, "start", faults.check(parse_moment, "start_time", self.start))
        object.__setattr__(self, "end", faults.check(parse_moment, "end_time", self.end))
        faults.check(_check_order, self.start, self.end, "end_time", "start_time")
        faults.raise_any()

    @classmethod
    def all_day(cls, day: date, timezone: Timezone) -> Self:
        """Return one whole day as the clocks of a time zone count it: 23 to 25 hours.

        Raises:
            InvalidValues: the day is after the last supported year.
        """
        if day.year > MAX_YEAR:
            raise InvalidValues({"date": f"Must be in the years 2 to {MAX_YEAR}."})
        midnight = datetime.combine(day, wall_time.min, timezone.zone)
        next_midnight = datetime.combine(day + timedelta(days=1), wall_time.min, timezone.zone)
        return cls(midnight, next_midnight)

    def contains(self, other: "Period") -> bool:
        """Return whether another period starts and ends within this one."""
        return self.start <= other.start and other.end <= self.end


def fields_of(value: "DataclassInstance") -> dict[str, Any]:
    """Return the fields of a value object by name, with periods and windows as plain times.

    A `Period` becomes `start_time` and `end_time`, a `SalesWindow` becomes
    `sales_start` and `sales_end`, the names that forms, views and storage use.
    """
    plain: dict[str, Any] = {}
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Period):
            plain |= {"start_time": part.start, "end_time": part.end}
        elif isinstance(part, SalesWindow):
            plain |= {"sales_start": part.start, "sales_end": part.end}
        else:
            plain[field.name] = part
    return plain
