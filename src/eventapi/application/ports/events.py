"""Ports for events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from eventapi.application.search import EventSearch
from eventapi.application.views import (
    EventPosition,
    EventView,
    Page,
    SalesFigures,
    TopEventView,
)
from eventapi.domain.event import Event
from eventapi.domain.values import EventId, TicketTypeId, UserId


class EventRepository(Protocol):
    """Events, as aggregates."""

    def next_id(self) -> EventId:
        """Return an id for a new event."""

    def next_ticket_type_id(self) -> TicketTypeId:
        """Return an id for a new ticket type, unique among all events."""

    def add(self, event: Event) -> None:
        """Store a new event.

        The commit raises AccountDeleted if its organizer no longer exists,
        InvalidValues if its category does not, and ReferenceTaken if the organizer
        has another event of the same reference.
        """

    def save(self, event: Event) -> None:
        """Store the changes of an event that was loaded for update.

        What is sold is not stored by this, but by the orders that are added or
        saved. The commit raises InvalidValues if its category no longer exists, and
        TicketTypeInUse if tickets of a removed type exist.
        """

    def remove(self, event: Event) -> None:
        """Delete an event that was loaded for update.

        The commit raises EventHasOrders if it has orders.
        """

    def ids_by_reference(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        """Return the ids of an organizer's events by these references."""

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Return events, locked against other units of work that load them for update.

        Called once in a unit of work. The rows are locked in the order of their
        ids, so two units of work never deadlock. Missing events are left out.
        """


class EventQueries(Protocol):
    """Reads of events."""

    def get(self, id: EventId) -> EventView | None:
        """Return an event."""

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """Return a page of the events that match a search, in its sort order.

        A page costs about the same however far it is from the first.
        """

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        """Return public events, cancelled ones included, soonest first.

        Args:
            category: the slug of a category; None for all.
            since: in UTC; only events that start later are returned.
            limit: the maximum number of events.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Return whether an account has a confirmed order of an event."""

    def sales_figures(self, event: EventView) -> SalesFigures:
        """Return the sales figures of an event."""

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Return the events that sold most tickets, of one organizer or of all.

        Equal events are ordered by id; events that sold nothing are left out.
        """
