"""Finding events, and what may be known of them."""

import datetime as dt
from dataclasses import dataclass

from eventapi.application.access import is_invited, require_organizer
from eventapi.application.event_parts import session_of, type_of
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.system import Clock
from eventapi.application.search import EventSearch, EventSort
from eventapi.application.views import (
    EventPosition,
    EventStatistics,
    EventView,
    Page,
    SessionView,
    TicketTypeFigures,
    TicketTypeRef,
    TicketTypeView,
    TopEventView,
)
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound, ImageNotFound
from eventapi.domain.event_details import Visibility
from eventapi.domain.policy import Action, Actor, Scope
from eventapi.domain.values import AccessCode, EventId, TicketTypeId, UserId, tokenize

CALENDAR_HISTORY = dt.timedelta(days=90)
"""How long an event stays in the feed after its start, so that subscribers learn its end."""
MAX_CALENDAR_EVENTS = 2_000


class GetEvent:
    """Show an event to those who may see it, as a whole or in part."""

    def __init__(self, events: EventQueries, images: ImageStore) -> None:
        self._events = events
        self._images = images

    def __call__(
        self, actor: Actor | None, event_id: EventId, *, access_code: str | None = None
    ) -> EventView:
        """Give the event.

        Args:
            actor: who wants to see it.
            event_id: which one.
            access_code: opens a private event to a user who has it.

        Raises:
            EventNotFound: there is none that the actor may know of.
        """
        event = self._events.get(event_id)
        if event is None:
            raise EventNotFound(event_id)
        may_change = policy.may(actor, Action.CHANGE_EVENT, owners=(UserId(event.organizer.id),))
        if may_change:
            return event
        if event.visibility == Visibility.PRIVATE and not self._is_invited(
            actor, event, access_code
        ):
            raise EventNotFound(event_id)
        return event.for_others()

    def _is_invited(self, actor: Actor | None, event: EventView, access_code: str | None) -> bool:
        if policy.may(actor, Action.SEE_PRIVATE_EVENT, owners=(UserId(event.organizer.id),)):
            return True
        return is_invited(
            actor,
            AccessCode(event.access_code) if event.access_code else None,
            access_code,
            holds_ticket=lambda user: self._events.holds_ticket(user, EventId(event.id)),
        )

    def ticket_type(
        self, actor: Actor | None, event_id: EventId, id: TicketTypeId, *, access_code: str | None
    ) -> tuple[EventView, TicketTypeView]:
        """Give one of its ticket types.

        Raises:
            EventNotFound, TicketTypeNotFound: there is none that the actor may know of.
        """
        event = self(actor, event_id, access_code=access_code)
        return event, type_of(event, id)

    def session(
        self, actor: Actor | None, event_id: EventId, id: int, *, access_code: str | None
    ) -> tuple[EventView, SessionView]:
        """Give one of its sessions.

        Raises:
            EventNotFound, SessionNotFound: there is none that the actor may know of.
        """
        event = self(actor, event_id, access_code=access_code)
        return event, session_of(event, id)

    def image(
        self, actor: Actor | None, event_id: EventId, *, access_code: str | None
    ) -> tuple[EventView, bytes]:
        """Give its picture.

        Raises:
            EventNotFound, ImageNotFound: there is none that the actor may see.
            StorageUnavailable: it can't be fetched.
        """
        event = self(actor, event_id, access_code=access_code)
        content = self._images.get(event.image) if event.image else None
        if content is None:
            raise ImageNotFound(event_id)
        return event, content


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events somebody looks for, in their words.

    Attributes:
        q: words that all stand in the name, description or location.
        location: words that all stand in the location.
        category: its slug.
        organizer: the id of the account whose events are meant.
        starts_after, starts_before: with an offset from UTC.
        available: only those of which tickets can be bought now.
        past: those that have started, instead of those that have not.
        mine: the actor's own, whoever else may see them.
        sort: None for the order of time: the next one first, or of what is
            past the last one.
    """

    q: str | None = None
    location: str | None = None
    category: str | None = None
    organizer: int | None = None
    starts_after: dt.datetime | None = None
    starts_before: dt.datetime | None = None
    available: bool = False
    past: bool = False
    mine: bool = False
    sort: EventSort | None = None

    @property
    def order(self) -> EventSort:
        """In which order the events come."""
        if self.sort is not None:
            return self.sort
        return EventSort.START_TIME_DOWN if self.past else EventSort.START_TIME


class ListEvents:
    """List events: the upcoming ones that are public, or those that are looked for."""

    def __init__(self, events: EventQueries, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def __call__(
        self, actor: Actor | None, wanted: EventFilter, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """Give one page of the list.

        Raises:
            NotSignedIn, NotAllowed: only who may have events can ask for their own.
        """
        owner = policy.require(actor, Action.CREATE_EVENT).id if wanted.mine else None
        search = EventSearch(
            now=self._clock.now(),
            past=wanted.past,
            owner=owner,
            words=None if wanted.q is None else frozenset(tokenize(wanted.q)),
            location=None if wanted.location is None else frozenset(tokenize(wanted.location)),
            category=wanted.category,
            organizer=None if wanted.organizer is None else UserId(wanted.organizer),
            starts_after=wanted.starts_after,
            starts_before=wanted.starts_before,
            available=wanted.available,
            sort=wanted.order,
        )
        page = self._events.search(search, after=after, limit=limit)
        return page if wanted.mine else Page([e.for_others() for e in page.items], page.next)


class GetCalendar:
    """Show the public events as a calendar that people subscribe to."""

    def __init__(self, events: EventQueries, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def __call__(self, *, category: str | None) -> list[EventView]:
        """Give the public events, of one category or of all, the soonest first.

        Those of the last 90 days stay in it, and cancelled ones too: a
        calendar learns what became of an event by what the feed says of it.
        """
        return self._events.calendar(
            category=category,
            since=self._clock.now() - CALENDAR_HISTORY,
            limit=MAX_CALENDAR_EVENTS,
        )


class ListTopEvents:
    """Tell which events sold the most tickets."""

    def __init__(self, events: EventQueries) -> None:
        self._events = events

    def __call__(self, actor: Actor | None, *, limit: int) -> list[TopEventView]:
        """Give the ranking: over all events to an admin, over their own to an organizer.

        Raises:
            NotSignedIn, NotAllowed: sales are no one else's business.
        """
        reader = policy.require(actor, Action.SEE_SALES_REPORTS)
        everything = policy.scope_of(reader, Action.SEE_SALES_REPORTS) is Scope.ALL
        return self._events.top_by_tickets_sold(
            organizer=None if everything else reader.id, limit=limit
        )


class GetStatistics:
    """Tell how an event sells."""

    def __init__(self, events: EventQueries) -> None:
        self._events = events

    def __call__(self, actor: Actor | None, event_id: EventId) -> EventStatistics:
        """Give the figures to the event's organizer or an admin.

        Raises:
            NotSignedIn, NotAllowed: sales are no one else's business.
            EventNotFound: there is none that the actor may know of.
        """
        reader = policy.require(actor, Action.SEE_EVENT_FIGURES)
        event = self._events.get(event_id)
        event = require_organizer(reader, event, event_id, Action.SEE_EVENT_FIGURES)
        figures = self._events.sales_figures(event)
        types = [
            TicketTypeFigures(
                ticket_type=TicketTypeRef(kind.id, kind.name),
                quantity=kind.quantity,
                tickets_sold=figures.by_type.get(kind.id, 0),
                tickets_remaining=kind.quantity - figures.by_type.get(kind.id, 0),
            )
            for kind in event.ticket_types
        ]
        # Sold before the event had ticket types: they count, but for no type.
        if untyped := figures.by_type.get(None, 0) if event.ticket_types else 0:
            types.append(
                TicketTypeFigures(
                    ticket_type=None, quantity=untyped, tickets_sold=untyped, tickets_remaining=0
                )
            )
        return EventStatistics(event=event, by_type=types, figures=figures)
