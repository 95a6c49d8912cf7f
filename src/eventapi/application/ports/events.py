"""Ports for events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from eventapi.application.search import EventSearch
from eventapi.application.views import EventPosition, EventView, Page, SalesFigures, TopEventView
from eventapi.domain.event import Event
from eventapi.domain.values import EventId, TicketTypeId, UserId


class EventRepository(Protocol):
    """The events, as aggregates."""

    def next_id(self) -> EventId:
        """Give a new event's id."""

    def next_ticket_type_id(self) -> TicketTypeId:
        """Give a new ticket type's id; no two events have the same one."""

    def add(self, event: Event) -> None:
        """Keep a new event.

        The commit raises AccountDeleted if its organizer is gone, InvalidValues if
        its category is, and ReferenceTaken if the organizer has another of
        that reference.
        """

    def save(self, event: Event) -> None:
        """Keep what was changed of an event that was loaded for update.

        What is sold of it is kept without this, by the orders that are added.
        The commit raises InvalidValues if its category is gone, and
        TicketTypeInUse if there are tickets of a type that it no longer has.
        """

    def remove(self, event: Event) -> None:
        """Forget an event that was loaded for update.

        The commit raises EventHasOrders if it has orders.
        """

    def references(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        """Find the events that an organizer calls so."""

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and keep all others from loading them so until this unit of work ends.

        Called once in a unit of work. The events are locked in the order of
        their ids, whatever the order they are named in, so that two units of
        work never wait for each other. One that is not there is left out.
        """


class EventQueries(Protocol):
    """Events, to be read."""

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that are searched for, in the order that was asked for.

        However far a page is from the first, and whatever is searched for, it
        costs about the same.
        """

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        """Give the public events that start after a moment, cancelled ones too, soonest first.

        Args:
            category: the slug of the one whose events are given; None for all.
            since: in UTC.
            limit: how many at the most.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""

    def sales_figures(self, event: EventView) -> SalesFigures:
        """Count what an event sold."""

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets, of one organizer or of all.

        Events with equally many stand in the order of their ids; one that sold
        nothing does not stand in the ranking.
        """
