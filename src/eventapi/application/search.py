"""Searches for events, and the rules by which all searches compare texts.

The rules are applied to stored texts and to search terms alike, before a storage
sees them. So a search has the same result on every storage and in every locale.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventapi.domain.errors import InvalidValues
from eventapi.domain.user import User
from eventapi.domain.values import Attendee, TicketCode, UserId, normalize, tokenize

MAX_WORD_LENGTH = 64
"""Words are compared by this many characters: PostgreSQL limits the entries of an index."""


def search_words(*texts: str) -> frozenset[str]:
    """Return the words of texts, without case and accents, as searches compare them."""
    return frozenset(word[:MAX_WORD_LENGTH] for text in texts for word in tokenize(text))


def search_text(*texts: str | None) -> str:
    """Return texts without case and accents, one per line; a search matches any part."""
    return "\n".join(normalize(text) for text in texts if text)


def search_term(typed: str) -> str:
    """Return a text to search for as it is compared; empty if nothing is left to compare."""
    return normalize(typed).strip()


def account_text(user: User) -> str:
    """Return the text that searches for accounts match."""
    profile = user.profile
    email = profile.email.value if profile.email else None
    return search_text(user.username.value, email, profile.first_name, profile.last_name)


def person_text(person: Attendee | None) -> str | None:
    """Return the text that searches for attendees and guests match; None if nobody is named."""
    if person is None:
        return None
    return search_text(person.name, person.email.value if person.email else None)


@dataclass(frozen=True, slots=True)
class PersonSearch:
    """A search of the orders or tickets of an event by what people have in hand.

    Attributes:
        text: a part of the name, the email address or the username of a buyer, or
            of the name or email address of an attendee, as `search_term` returns it.
            An empty text finds nothing.
        code: the code of a ticket, if the text can be one.
        order: the id of an order, if the text can be one.
    """

    text: str
    code: str | None
    order: UUID | None

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Return the search for a text as it was typed; None for no search."""
        if text is None:
            return None
        typed = text.strip()
        return cls(search_term(text), _parse_code(typed), _parse_uuid(typed))


def _parse_code(text: str) -> str | None:
    try:
        return TicketCode(text.upper()).value
    except InvalidValues:
        return None


def _parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class EventSort(StrEnum):
    """The sort order of events; equal events are ordered by id. A hyphen means descending."""

    START_TIME = "start_time"
    START_TIME_DESC = "-start_time"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    NAME = "name"
    NAME_DESC = "-name"

    @property
    def field(self) -> str:
        """The field that is compared."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the greatest value comes first."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """A search for events; all conditions must hold.

    Attributes:
        now: in UTC; events that start later are upcoming.
        past: events that have started, instead of upcoming ones.
        owner: all events of this organizer, whatever their visibility and status;
            None for public events that are not cancelled.
        words: all of them occur in the name, the description or the location, as
            `search_words` returns them. None matches all events; an empty set matches none.
        location: all of these words occur in the location.
        category: the slug of the category.
        organizer: the organizer of the event.
        starts_after, starts_before: in UTC, exclusive.
        available: only events with tickets on sale now.
        sort: the order of the results.
    """

    now: datetime
    past: bool = False
    owner: UserId | None = None
    words: frozenset[str] | None = None
    location: frozenset[str] | None = None
    category: str | None = None
    organizer: UserId | None = None
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    available: bool = False
    sort: EventSort = EventSort.START_TIME
