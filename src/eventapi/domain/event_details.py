"""What an organizer says of an event: values, replaced and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import (
    ALWAYS,
    AccessCode,
    CategoryId,
    Period,
    SalesWindow,
    Timezone,
    clean_text,
)


class Visibility(StrEnum):
    """Who finds an event, and who may see it."""

    PUBLIC = "public"
    """Everybody: it stands in lists."""
    UNLISTED = "unlisted"
    """Whoever knows its link."""
    PRIVATE = "private"
    """Whoever holds its access code, or a ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaSession:
    """An item of an event's agenda.

    Attributes:
        id: unique within the event.
        title: up to 255 characters.
        period: from its start to its end, in UTC; within the event's.
        speaker: up to 255 characters, perhaps none.
        room: up to 255 characters, perhaps none.
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
                field, getattr(self, field), longest=self.MAX_TEXT_LENGTH, required=field == "title"
            )
            object.__setattr__(self, field, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """What an organizer says of an event.

    Attributes:
        name: up to 255 characters.
        description: up to 20,000 characters, perhaps none.
        period: from the start to the end, in UTC.
        timezone: where the event's clocks stand; the period is shown in it.
        location: up to 500 characters, perhaps none.
        capacity: how many tickets there are at the most, at least 1.
        category: to which it belongs, if to any.
        visibility: who finds and sees it.
        access_code: opens a private event; None for any other.
        sales: when tickets are sold, at the latest until the start.
        sessions: the agenda, in the order of time.
    """

    name: str
    description: str = ""
    period: Period
    timezone: Timezone
    location: str = ""
    capacity: int
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
        if (self.visibility is Visibility.PRIVATE) != (self.access_code is not None):
            raise InvalidValues({"access_code": "Is for private events, and only for them."})
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


def period_of(
    *, start: datetime | None, end: datetime | None, day: date | None, timezone: Timezone
) -> Period:
    """Read when an event takes place: from start to end, or on one whole day.

    Args:
        start: with an offset from UTC.
        end: with an offset from UTC.
        day: instead of both, a day as the clocks of the time zone count it.
        timezone: where the event's clocks stand.

    Raises:
        InvalidValues: neither or both were given, or only half; the end is not
            after the start.
    """
    if day is not None:
        if start is not None or end is not None:
            raise InvalidValues({"date": "Stands instead of start_time and end_time."})
        return Period.all_day(day, timezone)
    if start is not None and end is not None:
        return Period(start, end)
    given = {"start_time": start, "end_time": end}
    raise InvalidValues(
        {field: "Is required, unless date is given." for field in given if given[field] is None}
    )
