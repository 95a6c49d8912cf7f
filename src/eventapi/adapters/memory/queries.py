"""Reading from memory."""

from datetime import datetime
from itertools import islice

from eventapi.adapters.memory.database import MemoryDatabase
from eventapi.application.views import (
    AccountRef,
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    TopEventView,
    UserView,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.values import EventId, OrderId, UserId


class MemoryUserQueries:
    """Accounts, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""
        with self._database.mutex:
            user = self._database.users.get(id)
            return UserView.of(user) if user else None


class MemoryEventQueries:
    """Events, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""
        with self._database.mutex:
            event = self._database.events.get(id)
            return self._view(event) if event else None

    def upcoming(
        self, *, now: datetime, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that have not started, soonest first."""

        def position(event: Event) -> EventPosition:
            return EventPosition(event.details.period.start, event.id)

        with self._database.mutex:
            events = sorted(self._database.events.values(), key=position)
            matching = [
                event
                for event in events
                if event.details.period.start > now and (after is None or position(event) > after)
            ]
            shown = matching[:limit]
            return Page(
                [self._view(event) for event in shown],
                position(shown[-1]) if len(matching) > limit else None,
            )

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets."""
        with self._database.mutex:
            selling = (
                event
                for event in self._database.events.values()
                if event.tickets_sold and organizer in (None, event.organizer_id)
            )
            ranking = sorted(selling, key=lambda event: (-event.tickets_sold, event.id))
            return [
                TopEventView(rank, self._view(event))
                for rank, event in enumerate(ranking[:limit], start=1)
            ]

    def _view(self, event: Event) -> EventView:
        organizer = self._database.users[event.organizer_id]
        return EventView.of(event, organizer=AccountRef(organizer.id, organizer.username.value))


class MemoryOrderQueries:
    """Orders, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def get(self, id: OrderId) -> OrderRecord | None:
        """Find an order."""
        with self._database.mutex:
            order = self._database.orders.get(id)
            if order is None:
                return None
            organizer_id = self._database.events[order.event_id].organizer_id
            return OrderRecord(order=self._view(order), organizer_id=organizer_id)

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List a buyer's orders, newest first."""
        with self._database.mutex:
            newest_first = sorted(self._database.orders.items(), reverse=True)
            matching = (
                order
                for id, order in newest_first
                if order.buyer_id == buyer and (before is None or id < before)
            )
            found = list(islice(matching, limit + 1))
            shown = found[:limit]
            return Page(
                [self._view(order) for order in shown],
                shown[-1].id if len(found) > limit else None,
            )

    def _view(self, order: Order) -> OrderView:
        buyer = self._database.users[order.buyer_id]
        return OrderView.of(
            order,
            event=self._database.events[order.event_id],
            buyer=AccountRef(buyer.id, buyer.username.value),
        )


class MemoryHealth:
    """Memory is always there."""

    def check(self) -> None:
        """Do nothing."""
