"""Events: announcing and finding them."""

import datetime as dt
from dataclasses import dataclass

from eventapi.application.ports import Clock, EventQueries, UnitOfWorkFactory
from eventapi.application.views import (
    AccountRef,
    EventPosition,
    EventView,
    Page,
    TopEventView,
)
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound
from eventapi.domain.event import Event, EventDetails, upcoming_period
from eventapi.domain.policy import Action, Actor, Scope
from eventapi.domain.values import EventId, Timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What an organizer says of a new event: a start and an end, or a date alone."""

    name: str
    capacity: int
    start_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    date: dt.date | None = None
    timezone: str = "UTC"
    description: str = ""
    location: str = ""


class CreateEvent:
    """Announce a new event."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def __call__(self, actor: Actor | None, new: NewEvent) -> EventView:
        """Make the event, which then belongs to the actor.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins create events.
            InvalidValues: something said of it can't be.
            AccountGone: the actor's account no longer exists.
        """
        organizer = policy.require(actor, Action.CREATE_EVENT)
        now = self._clock.now()
        timezone = Timezone(new.timezone)
        details = EventDetails(
            name=new.name,
            description=new.description,
            period=upcoming_period(
                start=new.start_time, end=new.end_time, day=new.date, timezone=timezone, now=now
            ),
            timezone=timezone,
            location=new.location,
            capacity=new.capacity,
        )
        with self._unit_of_work() as work:
            event = Event.schedule(
                id=work.events.next_id(), organizer_id=organizer.id, details=details, now=now
            )
            work.events.add(event)
            work.commit()
        return EventView.of(event, organizer=AccountRef(organizer.id, organizer.username))


class ShowEvent:
    """Show one event."""

    def __init__(self, events: EventQueries) -> None:
        self._events = events

    def __call__(self, event_id: EventId) -> EventView:
        """Give the event.

        Raises:
            EventNotFound: there is none.
        """
        event = self._events.get(event_id)
        if event is None:
            raise EventNotFound(event_id)
        return event


class ListEvents:
    """List the events that have not started, soonest first."""

    def __init__(self, events: EventQueries, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def __call__(
        self, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """Give one page of the list."""
        return self._events.upcoming(now=self._clock.now(), after=after, limit=limit)


class RankEvents:
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
