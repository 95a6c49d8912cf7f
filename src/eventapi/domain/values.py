"""Value objects: small, immutable, and unable to exist in a wrong state."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from decimal import Decimal
from functools import cache
from typing import NewType, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from eventapi.domain.errors import InvalidValues

UserId = NewType("UserId", int)
EventId = NewType("EventId", int)
OrderId = NewType("OrderId", UUID)
TicketId = NewType("TicketId", UUID)

LAST_YEAR = 9998
"""No time lies after this year, so that no conversion between time zones overflows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_text(
    field: str, value: str, *, longest: int, required: bool = True, lines: bool = False
) -> str:
    """Trim a text and make sure that it can be stored, shown and sent on.

    Args:
        field: its name, for the error.
        value: the text as it came.
        longest: how many characters it may have after trimming.
        required: whether it must have at least one.
        lines: whether it may have several lines, and tabs.

    Raises:
        InvalidValues: it is empty where it must not be, too long, or holds
            control characters or halves of a surrogate pair.
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
    """What an account is called; unique without regard to case.

    Normalised to NFKC, so that one name can't be written in two ways.
    """

    value: str

    LONGEST = 64
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

    @property
    def key(self) -> str:
        """The form by which two usernames are compared."""
        return unicodedata.normalize("NFKC", self.value.casefold())

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as its owner wrote it, trimmed.

    Checked only for what every address has: one that can be written to is
    known by writing to it.
    """

    value: str

    LONGEST = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
    _SHAPE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

    def __post_init__(self) -> None:
        address = clean_text("email", self.value, longest=self.LONGEST)
        if not self._SHAPE.fullmatch(address):
            raise InvalidValues({"email": "Must be an email address."})
        object.__setattr__(self, "value", address)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency.

    Attributes:
        amount: in units of the currency, with two decimal places.
        currency: an ISO 4217 code; None only where nothing is charged.
    """

    amount: Decimal
    currency: str | None

    def __post_init__(self) -> None:
        if self.amount < 0 or self.amount != self.amount.quantize(Decimal("0.01")):
            raise InvalidValues({"amount": "Must not be negative and have two decimal places."})
        if self.currency is None and self.amount:
            raise InvalidValues({"currency": "An amount needs its currency."})

    @classmethod
    def free(cls) -> Self:
        """Nothing to pay."""
        return cls(Decimal("0.00"), None)


@dataclass(frozen=True, slots=True)
class TicketCode:
    """The secret that admits its holder; unique for ever (invariant 3).

    26 letters of Crockford's base 32 hold 130 random bits. The alphabet leaves
    out what is mistaken for something else on paper (I, L, O, U) and fits the
    compact alphanumeric mode of a QR code.
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
    """The person a ticket admits; needs no account."""

    name: str
    email: EmailAddress | None = None

    LONGEST_NAME = 255

    def __post_init__(self) -> None:
        name = clean_text("name", self.name, longest=self.LONGEST_NAME)
        object.__setattr__(self, "name", name)


@cache
def timezone_names() -> frozenset[str]:
    """The names of all time zones of the IANA database."""
    return frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class Timezone:
    """Where on the clock an event takes place: a zone of the IANA database."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in timezone_names():
            raise InvalidValues(
                {"timezone": "Must be the name of an IANA time zone, such as Europe/Berlin."}
            )

    @property
    def zone(self) -> ZoneInfo:
        """The rules of the zone."""
        return ZoneInfo(self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time with a start and a later end, both kept in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for field, moment in (("start_time", self.start), ("end_time", self.end)):
            if moment.tzinfo is None:
                raise InvalidValues({field: "Must have an offset from UTC."})
            if moment.year > LAST_YEAR:
                raise InvalidValues({field: f"Must not lie after the year {LAST_YEAR}."})
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise InvalidValues({"end_time": "Must be after the start."})

    @classmethod
    def all_day(cls, day: date, timezone: Timezone) -> Self:
        """One whole day as the clocks of a time zone count it: 23 to 25 hours.

        Raises:
            InvalidValues: the day lies after the last year the system knows.
        """
        if day.year > LAST_YEAR:
            raise InvalidValues({"date": f"Must not lie after the year {LAST_YEAR}."})
        midnight = datetime.combine(day, wall_time.min, timezone.zone)
        next_midnight = datetime.combine(day + timedelta(days=1), wall_time.min, timezone.zone)
        return cls(midnight, next_midnight)
