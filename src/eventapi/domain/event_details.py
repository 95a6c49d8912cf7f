"""The properties of an event that its organizer sets: immutable values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Any, Self

from eventapi.domain.errors import InvalidValues
from eventapi.domain.faults import Faults
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
        faults = Faults()
        for field in ("title", "speaker", "room"):
            text = faults.check(
                clean_text,
                field,
                getattr(self, field),
                longest=self.MAX_TEXT_LENGTH,
                required=field == "title",
            )
            object.__setattr__(self, field, text)
        faults.note(self.id, self.period)
        faults.raise_any()

    @classmethod
    def from_fields(cls, *, start_time: datetime, end_time: datetime, **others: Any) -> Self:
        """Create a session from plain values by name, as forms and storage have them.

        Raises:
            InvalidValues: values are not acceptable; it has the faults of all.
        """
        faults = Faults()
        period = faults.build(Period, start_time, end_time)
        session = faults.build(cls, period=period, **others)
        faults.raise_any()
        return session

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
        faults = Faults()
        for field, longest in (
            ("name", self.MAX_NAME_LENGTH),
            ("description", self.MAX_DESCRIPTION_LENGTH),
            ("location", self.MAX_LOCATION_LENGTH),
        ):
            text = faults.check(
                clean_text,
                field,
                getattr(self, field),
                longest=longest,
                required=field == "name",
                lines=field == "description",
            )
            object.__setattr__(self, field, text)
        faults.check(_check_capacity, "capacity", self.capacity)
        if self.max_per_person is not None:
            faults.check(_check_capacity, "max_per_person", self.max_per_person)
        if self.reference is not None:
            reference = faults.check(
                clean_text, "reference", self.reference, longest=self.MAX_REFERENCE_LENGTH
            )
            object.__setattr__(self, "reference", reference)
        faults.check(_check_access_code, self.visibility, self.access_code)
        sessions = faults.check(_in_order, self.sessions)
        faults.check(_check_within, sessions, self.period)
        faults.note(self.timezone, self.category, self.sales)
        faults.raise_any()
        object.__setattr__(self, "sessions", sessions)

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
            InvalidValues: values are not acceptable; it has the faults of all.
        """
        faults = Faults()
        zone = faults.check(Timezone, timezone)
        details = faults.build(
            cls,
            period=faults.build(
                parse_period, start=start_time, end=end_time, day=date, timezone=zone
            ),
            timezone=zone,
            visibility=faults.check(Visibility.parse, visibility),
            access_code=None if access_code is None else faults.check(AccessCode, access_code),
            sales=faults.build(SalesWindow, sales_start, sales_end),
            **others,
        )
        faults.raise_any()
        return details

    def to_fields(self) -> dict[str, Any]:
        """Return the details as plain values by name, the reverse of `from_fields`."""
        return fields_of(self) | {
            "timezone": self.timezone.name,
            "visibility": self.visibility.value,
            "access_code": self.access_code.value if self.access_code else None,
            "sessions": [session.to_fields() for session in self.sessions],
        }


def _check_capacity(field: str, number: int) -> None:
    if not 1 <= number <= EventDetails.MAX_CAPACITY:
        raise InvalidValues({field: f"Must be 1 to {EventDetails.MAX_CAPACITY}."})


def _check_access_code(visibility: Visibility, access_code: AccessCode | None) -> None:
    if (visibility is Visibility.PRIVATE) != (access_code is not None):
        raise InvalidValues(
            {"access_code": "Is required for private events, and not allowed for others."}
        )


def _in_order(sessions: Sequence[AgendaSession]) -> tuple[AgendaSession, ...]:
    """Return sessions ordered by start time.

    Raises:
        InvalidValues: there are too many, or two of the same id.
    """
    if len(sessions) > EventDetails.MAX_SESSIONS:
        raise InvalidValues({"sessions": f"Must not be more than {EventDetails.MAX_SESSIONS}."})
    if len({session.id for session in sessions}) < len(sessions):
        raise InvalidValues({"sessions": "Must not have the same id twice."})
    return tuple(sorted(sessions, key=lambda session: (session.period.start, session.id)))


def _check_within(sessions: Sequence[AgendaSession], period: Period) -> None:
    outside = [repr(one.title) for one in sessions if not period.contains(one.period)]
    if outside:
        raise InvalidValues(
            {"sessions": f"{', '.join(outside)} must lie within the event's own times."}
        )


def check_within(session: Period, event: Period) -> None:
    """Check that a session lies within the period of its event.

    Raises:
        InvalidValues: it does not.
    """
    problems = {}
    if session.start < event.start:
        problems["start_time"] = "Must not be before the start of the event."
    if session.end > event.end:
        problems["end_time"] = "Must not be after the end of the event."
    if problems:
        raise InvalidValues(problems)


def check_rooms(sessions: Sequence[AgendaSession]) -> None:
    """Check that no two sessions are in one room at the same time.

    Raises:
        InvalidValues: two are.
    """
    last: dict[str, AgendaSession] = {}
    for session in sorted(sessions, key=lambda session: session.period.start):
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
        faults = Faults()
        period = faults.check(Period.all_day, day, timezone)
        faults.raise_any()
        return period
    if start is not None and end is not None:
        return Period(start, end)
    given = {"start_time": start, "end_time": end}
    raise InvalidValues(
        {field: "Is required, unless date is given." for field in given if given[field] is None}
    )
