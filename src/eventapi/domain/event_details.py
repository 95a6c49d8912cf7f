"""The properties of an event that its organizer sets: immutable values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Any, Self

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import (
    ALWAYS,
    AccessCode,
    CategoryId,
    Period,
    SalesWindow,
    Timezone,
    clean_text,
    fields_of,
    normalize,
)


class Visibility(StrEnum):
    """Where an event is listed, and to whom it is shown."""

    PUBLIC = "public"
    """Listed, and shown to everybody."""
    UNLISTED = "unlisted"
    """Not listed, but shown to everybody with the link."""
    PRIVATE = "private"
    """Shown only with its access code or a ticket."""

    @classmethod
    def parse(cls, name: str) -> "Visibility":
        """Return the visibility of this name.

        Raises:
            InvalidValues: there is no such visibility.
        """
        try:
            return cls(name)
        except ValueError:
            raise InvalidValues({"visibility": f"Must be one of {', '.join(cls)}."}) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaSession:
    """An item of the agenda of an event.

    Attributes:
        id: unique within the event.
        title: up to 255 characters.
        period: within that of the event.
        speaker, room: up to 255 characters, may be empty.
    """

    id: int
    title: str
    period: Period
    speaker: str = ""
    room: str = ""

    MAX_TEXT_LENGTH = 255

    def __post_init__(self) -> None:
        for field in ("title", "speaker", "room"):
            text = clean_text(
                field,
                getattr(self, field),
                longest=self.MAX_TEXT_LENGTH,
                required=field == "title",
            )
            object.__setattr__(self, field, text)

    @classmethod
    def from_fields(cls, *, start_time: datetime, end_time: datetime, **others: Any) -> Self:
        """Create a session from plain values by name, as forms and storage have them.

        Raises:
            InvalidValues: a value is not acceptable.
        """
        return cls(period=Period(start_time, end_time), **others)

    def to_fields(self) -> dict[str, Any]:
        """Return the session as plain values by name, the reverse of `from_fields`."""
        return fields_of(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """The properties of an event that its organizer sets.

    Attributes:
        name: up to 255 characters.
        reference: the organizer's own name for the event, unique per organizer; up
            to 100 characters.
        description: up to 20,000 characters, may be empty.
        period: from the start to the end.
        timezone: the IANA time zone in which the event's times are shown.
        location: up to 500 characters, may be empty.
        capacity: the maximum number of tickets, at least 1.
        max_per_person: the maximum number of tickets that one buyer holds or waits
            for, over all orders; None for no limit.
        access_code: opens a private event; None for all others.
        sales: the sales window; sales end at the start of the event in any case.
        sessions: the agenda, ordered by start time.
    """

    name: str
    description: str = ""
    period: Period
    timezone: Timezone
    location: str = ""
    capacity: int
    max_per_person: int | None = None
    reference: str | None = None
    category: CategoryId | None = None
    visibility: Visibility = Visibility.PUBLIC
    access_code: AccessCode | None = None
    sales: SalesWindow = ALWAYS
    sessions: Sequence[AgendaSession] = ()

    MAX_NAME_LENGTH = 255
    MAX_DESCRIPTION_LENGTH = 20_000
    MAX_LOCATION_LENGTH = 500
    MAX_CAPACITY = 10_000_000
    MAX_SESSIONS = 200
    MAX_REFERENCE_LENGTH = 100

    def __post_init__(self) -> None:
        for field, longest in (
            ("name", self.MAX_NAME_LENGTH),
            ("description", self.MAX_DESCRIPTION_LENGTH),
            ("location", self.MAX_LOCATION_LENGTH),
        ):
            text = clean_text(
                field,
                getattr(self, field),
                longest=longest,
                required=field == "name",
                lines=field == "description",
            )
            object.__setattr__(self, field, text)
        if not 1 <= self.capacity <= self.MAX_CAPACITY:
            raise InvalidValues({"capacity": f"Must be 1 to {self.MAX_CAPACITY}."})
        if self.max_per_person is not None and not 1 <= self.max_per_person <= self.MAX_CAPACITY:
            raise InvalidValues({"max_per_person": f"Must be 1 to {self.MAX_CAPACITY}."})
        if self.reference is not None:
            reference = clean_text("reference", self.reference, longest=self.MAX_REFERENCE_LENGTH)
            object.__setattr__(self, "reference", reference)
        if (self.visibility is Visibility.PRIVATE) != (self.access_code is not None):
            raise InvalidValues(
                {"access_code": "Is required for private events, and not allowed for others."}
            )
        self._check_sessions()

    def _check_sessions(self) -> None:
        if len(self.sessions) > self.MAX_SESSIONS:
            raise InvalidValues({"sessions": f"Must not be more than {self.MAX_SESSIONS}."})
        if len({session.id for session in self.sessions}) < len(self.sessions):
            raise InvalidValues({"sessions": "Must not have the same id twice."})
        for session in self.sessions:
            if not self.period.contains(session.period):
                raise InvalidValues(
                    {"sessions": f"{session.title!r} must lie within the event's own times."}
                )
        in_order = sorted(self.sessions, key=lambda session: (session.period.start, session.id))
        object.__setattr__(self, "sessions", tuple(in_order))

    def check_rooms(self) -> None:
        """Check that no two sessions of the agenda are in one room at the same time.

        Raises:
            InvalidValues: two are.
        """
        last: dict[str, AgendaSession] = {}
        for session in self.sessions:  # by start time
            room = normalize(session.room)
            before = last.get(room)
            if room and before and session.period.start < before.period.end:
                raise InvalidValues(
                    {
                        "sessions": f"{session.title!r} begins while {before.title!r} "
                        f"is in the same room, {before.room!r}."
                    }
                )
            last[room] = session

    @classmethod
    def from_fields(
        cls,
        *,
        start_time: datetime | None,
        end_time: datetime | None,
        date: date | None = None,
        timezone: str,
        visibility: str,
        access_code: str | None,
        sales_start: datetime | None,
        sales_end: datetime | None,
        **others: Any,
    ) -> Self:
        """Create the details from plain values by name, as forms and storage have them.

        Args:
            start_time: with an offset from UTC, like all times.
            end_time: exclusive.
            date: instead of both, for an event that takes a whole day, as the
                clocks of its time zone count it.
            timezone: the name of an IANA time zone.
            visibility: one of `Visibility`.
            access_code: for a private event.
            sales_start: None if tickets are on sale at once.
            sales_end: None if tickets are on sale until the event starts.
            others: the other attributes, by their own names.

        Raises:
            InvalidValues: a value is not acceptable.
        """
        zone = Timezone(timezone)
        return cls(
            period=parse_period(start=start_time, end=end_time, day=date, timezone=zone),
            timezone=zone,
            visibility=Visibility.parse(visibility),
            access_code=None if access_code is None else AccessCode(access_code),
            sales=SalesWindow(sales_start, sales_end),
            **others,
        )

    def to_fields(self) -> dict[str, Any]:
        """Return the details as plain values by name, the reverse of `from_fields`."""
        return fields_of(self) | {
            "timezone": self.timezone.name,
            "visibility": self.visibility.value,
            "access_code": self.access_code.value if self.access_code else None,
            "sessions": [session.to_fields() for session in self.sessions],
        }


def next_session_id(sessions: Sequence[AgendaSession]) -> Callable[[], int]:
    """Return a function that numbers new agenda sessions after the existing ones."""
    last = max((session.id for session in sessions), default=0)
    return count(last + 1).__next__


def parse_period(
    *, start: datetime | None, end: datetime | None, day: date | None, timezone: Timezone
) -> Period:
    """Return the period from start to end, or of one whole day.

    Raises:
        InvalidValues: neither or both are given, or only half of them.
    """
    if day is not None:
        if start is not None or end is not None:
            raise InvalidValues({"date": "Must not be combined with start_time or end_time."})
        return Period.all_day(day, timezone)
    if start is not None and end is not None:
        return Period(start, end)
    given = {"start_time": start, "end_time": end}
    raise InvalidValues(
        {field: "Is required, unless date is given." for field in given if given[field] is None}
    )
