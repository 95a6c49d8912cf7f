"""Finding and reading events: single ones, lists, the calendar, rankings and statistics."""

import datetime as dt
from dataclasses import dataclass

from eventapi.application.access import can_see, require_organizer
from eventapi.application.event_parts import session_of, ticket_type_of
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.system import Clock
from eventapi.application.search import EventSearch, EventSort, search_words
from eventapi.application.views import (
    EventPosition,
    EventStatistics,
    EventView,
    Page,
    SessionView,
    TicketTypeView,
    TopEventView,
)
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound, ImageNotFound
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.values import AccessCode, EventId, TicketTypeId, UserId

CALENDAR_HISTORY = dt.timedelta(days=90)
"""How long past events stay in the calendar feed, so that subscribers keep their history."""
MAX_CALENDAR_EVENTS = 2_000


@dataclass(frozen=True, slots=True)
class GetEvent:
    """Return an event, or a part of it, to actors who may see it."""

    events: EventQueries
    images: ImageStore

    def __call__(
        self, actor: Actor | None, event_id: EventId, *, access_code: str | None = None
    ) -> EventView:
        """Return the event.

        Args:
            actor: None for a guest.
            event_id: the event.
            access_code: opens a private event to a user.

        Raises:
            EventNotFound: there is none that the actor may see.
        """
        event = self.events.get(event_id)
        if event is None:
            raise EventNotFound(event_id)
        organizer = UserId(event.organizer.id)
        if policy.may(actor, Action.CHANGE_EVENT, owners=(organizer,)):
            return event
        if not can_see(
            actor,
            organizer=organizer,
            visibility=event.visibility,
            access_code=AccessCode(event.access_code) if event.access_code else None,
            given=access_code,
            holds_ticket=lambda user: self.events.holds_ticket(user, event_id),
        ):
            raise EventNotFound(event_id)
        return event.for_others()

    def ticket_type(
        self, actor: Actor | None, event_id: EventId, id: TicketTypeId, *, access_code: str | None
    ) -> tuple[EventView, TicketTypeView]:
        """Return one of its ticket types.

        Raises:
            EventNotFound, TicketTypeNotFound: there is none that the actor may see.
        """
        event = self(actor, event_id, access_code=access_code)
        return event, ticket_type_of(event, id)

    def session(
        self, actor: Actor | None, event_id: EventId, id: int, *, access_code: str | None
    ) -> tuple[EventView, SessionView]:
        """Return one of its agenda sessions.

        Raises:
            EventNotFound, SessionNotFound: there is none that the actor may see.
        """
        event = self(actor, event_id, access_code=access_code)
        return event, session_of(event, id)

    def image(
        self, actor: Actor | None, event_id: EventId, *, access_code: str | None
    ) -> tuple[EventView, bytes]:
        """Return its image.

        Raises:
            EventNotFound, ImageNotFound: there is none that the actor may see.
            StorageUnavailable: the image store can't be reached.
        """
        event = self(actor, event_id, access_code=access_code)
        content = self.images.get(event.image) if event.image else None
        if content is None:
            raise ImageNotFound(event_id)
        return event, content


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """A filter of events; all conditions must hold.

    Attributes:
        q: words that all occur in the name, description or location.
        location: words that all occur in the location.
        category: the slug of a category.
        organizer: the id of an account.
        starts_after, starts_before: with an offset from UTC, exclusive.
        available: only events with tickets on sale now.
        past: events that have started, instead of upcoming ones.
        mine: the actor's own events, including those that are not public.
        sort: None for the nearest first: upcoming events ascending, past ones
            descending.
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
        """The sort order."""
        if self.sort is not None:
            return self.sort
        return EventSort.START_TIME_DESC if self.past else EventSort.START_TIME


@dataclass(frozen=True, slots=True)
class ListEvents:
    """List the public upcoming events, or those that match a filter."""

    events: EventQueries
    clock: Clock

    def __call__(
        self, actor: Actor | None, wanted: EventFilter, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """Return a page of events.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have events of their own.
        """
        owner = policy.require(actor, Action.CREATE_EVENT).id if wanted.mine else None
        search = EventSearch(
            now=self.clock.now(),
            past=wanted.past,
            owner=owner,
            words=None if wanted.q is None else search_words(wanted.q),
            location=None if wanted.location is None else search_words(wanted.location),
            category=wanted.category,
            organizer=None if wanted.organizer is None else UserId(wanted.organizer),
            starts_after=wanted.starts_after,
            starts_before=wanted.starts_before,
            available=wanted.available,
            sort=wanted.order,
        )
        page = self.events.search(search, after=after, limit=limit)
        return page if wanted.mine else Page([e.for_others() for e in page.items], page.next)


@dataclass(frozen=True, slots=True)
class GetCalendar:
    """Return the public events for a calendar subscription."""

    events: EventQueries
    clock: Clock

    def __call__(self, *, category: str | None) -> list[EventView]:
        """Return the public events of one category or of all, soonest first.

        Events of the last 90 days and cancelled ones are included, because a
        subscriber only learns from the feed what became of an event.
        """
        return self.events.calendar(
            category=category,
            since=self.clock.now() - CALENDAR_HISTORY,
            limit=MAX_CALENDAR_EVENTS,
        )


@dataclass(frozen=True, slots=True)
class ListTopEvents:
    """Rank the events by tickets sold."""

    events: EventQueries

    def __call__(self, actor: Actor | None, *, limit: int) -> list[TopEventView]:
        """Return the ranking: of all events for an admin, of their own for an organizer.

        Raises:
            NotSignedIn, NotAllowed: other roles see no sales reports.
        """
        reader = policy.require(actor, Action.SEE_SALES_REPORTS)
        everything = policy.scope_of(reader, Action.SEE_SALES_REPORTS) is PermissionScope.ALL
        return self.events.top_by_tickets_sold(
            organizer=None if everything else reader.id, limit=limit
        )


@dataclass(frozen=True, slots=True)
class GetStatistics:
    """Return the sales figures of an event."""

    events: EventQueries

    def __call__(self, actor: Actor | None, event_id: EventId) -> EventStatistics:
        """Return the figures to the event's organizer or an admin.

        Raises:
            NotSignedIn, NotAllowed: the actor is neither.
            EventNotFound: there is none that the actor may see.
        """
        event = require_organizer(actor, event_id, self.events, Action.SEE_EVENT_FIGURES)
        return EventStatistics.of(event, self.events.sales_figures(event))
