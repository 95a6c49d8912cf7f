"""Reading from memory."""

from collections import Counter, defaultdict
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

from eventapi.adapters.memory.database import MemoryDatabase
from eventapi.application.search import (
    EventSearch,
    EventSort,
    attendee_text,
    search_text,
    search_words,
)
from eventapi.application.views import (
    AccountRef,
    AttendeePosition,
    CategoryView,
    CheckInCounts,
    DaySales,
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    Revenue,
    SalesFigures,
    TicketDetails,
    TicketView,
    TopEventView,
)
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import Visibility
from eventapi.domain.order import Order, OrderStatus, Ticket
from eventapi.domain.values import (
    Attendee,
    EventId,
    OrderId,
    TicketCode,
    UserId,
    sort_key,
)


class MemoryCategoryQueries:
    """Categories, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def all(self) -> list[CategoryView]:
        """List all categories by name."""
        with self._database.mutex:
            views = [CategoryView.of(category) for category in self._database.categories.values()]
        return sorted(views, key=lambda view: (sort_key(view.name), view.slug))

    def get(self, slug: str) -> CategoryView | None:
        """Find a category."""
        return next((view for view in self.all() if view.slug == slug), None)


class MemoryEventQueries:
    """Events, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""
        with self._database.mutex:
            event = self._database.events.get(id)
            return self._view(event) if event else None

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that are searched for."""

        def position(event: Event) -> EventPosition:
            return EventPosition(_sort_key(event, search.sort), event.id)

        def is_next(event: Event) -> bool:
            if after is None:
                return True
            here = position(event)
            return here < after if search.sort.descending else here > after

        with self._database.mutex:
            found = sorted(
                filter(partial(self._matches, search), self._database.events.values()),
                key=position,
                reverse=search.sort.descending,
            )
            page = list(islice(filter(is_next, found), limit + 1))
            shown = page[:limit]
            return Page(
                [self._view(event) for event in shown],
                position(shown[-1]) if len(page) > limit else None,
            )

    def _matches(self, search: EventSearch, event: Event) -> bool:
        details = event.details
        start = details.period.start
        location = search_words(details.location)
        words = search_words(details.name, details.description) | location
        category = self._category(event)
        return (
            (event.organizer_id == search.owner if search.owner is not None else _is_listed(event))
            and (start <= search.now if search.past else start > search.now)
            and (search.starts_after is None or start > search.starts_after)
            and (search.starts_before is None or start < search.starts_before)
            and (search.category is None or (category and category.slug) == search.category)
            and search.organizer in (None, event.organizer_id)
            and (not search.available or _is_available(event, search.now))
            and _has_words(words, search.words)
            and _has_words(location, search.location)
        )

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        """Give the public events that start after a moment, soonest first."""
        with self._database.mutex:
            events = [
                self._view(event)
                for event in self._database.events.values()
                if event.details.visibility is Visibility.PUBLIC
                and event.details.period.start > since
            ]
        found = [
            event
            for event in events
            if category is None or (event.category and event.category.slug == category)
        ]
        return sorted(found, key=lambda event: (event.start_time, event.id))[:limit]

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""
        with self._database.mutex:
            return self._database.holds_ticket(user, event)

    def sales_figures(self, event: EventView) -> SalesFigures:
        """Count what an event sold."""
        zone = ZoneInfo(event.timezone)
        with self._database.mutex:
            orders = deepcopy(list(self._database.orders_of(EventId(event.id))))
        sold = [order for order in orders if order.status is OrderStatus.CONFIRMED]
        tickets = [ticket for order in sold for ticket in order.live_tickets]
        revenue: defaultdict[str, Decimal] = defaultdict(Decimal)
        for order in sold:
            if order.total.currency is not None:
                revenue[order.total.currency] += order.total.amount
        by_day = Counter(ticket.issued_at.astimezone(zone).date() for ticket in tickets)
        return SalesFigures(
            by_type=Counter(ticket.ticket_type_id for ticket in tickets),
            revenue=[Revenue(currency, revenue[currency]) for currency in sorted(revenue)],
            by_day=[DaySales(day, by_day[day]) for day in sorted(by_day)],
            checked_in=sum(ticket.checked_in_at is not None for ticket in tickets),
            waitlisted=sum(order.status is OrderStatus.WAITLISTED for order in orders),
            cancelled=sum(
                order.status is OrderStatus.CANCELLED or not ticket.is_live
                for order in orders
                for ticket in order.tickets
            ),
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

    def _category(self, event: Event) -> CategoryView | None:
        id = event.details.category
        return None if id is None else CategoryView.of(self._database.categories[id])

    def _view(self, event: Event) -> EventView:
        organizer = self._database.users[event.organizer_id]
        return EventView.of(
            event,
            organizer=AccountRef(organizer.id, organizer.username.value),
            category=self._category(event),
        )


def _is_called(attendee: Attendee | None, q: str | None) -> bool:
    if q is None:
        return True
    text = attendee_text(attendee)
    return text is not None and search_text(q) in text


def _sort_key(event: Event, sort: EventSort) -> datetime | str:
    match sort.field:
        case "start_time":
            return event.details.period.start
        case "created_at":
            return event.created_at
        case _:
            return sort_key(event.details.name)


def _is_listed(event: Event) -> bool:
    return event.details.visibility is Visibility.PUBLIC and event.status is EventStatus.SCHEDULED


def _is_available(event: Event, now: datetime) -> bool:
    return (
        event.tickets_sold < event.details.capacity
        and event.status is EventStatus.SCHEDULED
        and event.details.period.start > now
        and event.details.sales.is_open(now)
        and (
            not event.ticket_types
            or any(
                kind.tickets_remaining and kind.details.sales.is_open(now)
                for kind in event.ticket_types
            )
        )
    )


def _has_words(words: AbstractSet[str], wanted: AbstractSet[str] | None) -> bool:
    return wanted is None or (bool(wanted) and wanted <= words)


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
        return self._newest_first(lambda order: order.buyer_id == buyer, before, limit)

    def of_event(
        self, event: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List the orders of an event, newest first."""
        return self._newest_first(lambda order: order.event_id == event, before, limit)

    def _newest_first(
        self, is_meant: Callable[[Order], bool], before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        with self._database.mutex:
            newest_first = sorted(self._database.orders.items(), reverse=True)
            matching = (
                order
                for id, order in newest_first
                if is_meant(order) and (before is None or id < before)
            )
            found = list(islice(matching, limit + 1))
            shown = found[:limit]
            return Page(
                [self._view(order) for order in shown],
                shown[-1].id if len(found) > limit else None,
            )

    def waitlist(self, event: EventId, *, after: int, limit: int) -> Page[OrderView, int]:
        """List the orders that wait for places of an event, the first one first."""
        with self._database.mutex:
            waiting = self._database.waiting(event)
            shown = [self._view(order) for order in waiting[after : after + limit]]
            return Page(shown, after + limit if len(waiting) > after + limit else None)

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        """Find the ticket of a code."""
        with self._database.mutex:
            for order in self._database.orders.values():
                if order.status is not OrderStatus.WAITLISTED:
                    for ticket in order.tickets:
                        if ticket.code == code:
                            return self._attendance(order, ticket)
        return None

    def attendees(
        self, event: EventId, *, q: str | None, after: AttendeePosition | None, limit: int
    ) -> Page[TicketDetails, AttendeePosition]:
        """List the tickets that admit somebody to an event."""
        with self._database.mutex:
            matching = [
                self._attendance(order, ticket)
                for order in self._database.orders_of(event)
                if order.status is OrderStatus.CONFIRMED
                for ticket in order.live_tickets
                if _is_called(ticket.attendee, q)
            ]
        found = sorted(
            (one for one in matching if after is None or one.position > after),
            key=lambda one: one.position,
        )
        shown = found[:limit]
        return Page(shown, shown[-1].position if len(found) > limit else None)

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        """Count the tickets that admit somebody, and those that have."""
        with self._database.mutex:
            tickets = [
                ticket
                for order in self._database.orders_of(event)
                if order.status is OrderStatus.CONFIRMED
                for ticket in order.live_tickets
            ]
        used = sum(ticket.checked_in_at is not None for ticket in tickets)
        return CheckInCounts(len(tickets), used)

    def _attendance(self, order: Order, ticket: Ticket) -> TicketDetails:
        event = self._database.events[order.event_id]
        return TicketDetails(
            ticket=TicketView.of(ticket, event=event),
            order_id=order.id,
            order_status=order.status.value,
            event_id=event.id,
        )

    def _view(self, order: Order) -> OrderView:
        buyer = None if order.buyer_id is None else self._database.users[order.buyer_id]
        waiting = [other.id for other in self._database.waiting(order.event_id)]
        return OrderView.of(
            order,
            position=waiting.index(order.id) + 1 if order.id in waiting else None,
            event=self._database.events[order.event_id],
            buyer=None if buyer is None else AccountRef(buyer.id, buyer.username.value),
        )


class MemoryHealth:
    """Memory is always there."""

    def check(self) -> None:
        """Do nothing."""
