"""The queries on memory: views of committed rows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial, wraps
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from eventapi.adapters.memory.database import ConstraintViolatedError, MemoryDatabase
from eventapi.adapters.memory.table import page_of
from eventapi.application.audit import AuditEntry
from eventapi.application.ports.accounts import KeyHolder, UserSearch
from eventapi.application.ports.audit import AuditSearch
from eventapi.application.search import (
    EventSearch,
    EventSort,
    PersonSearch,
    account_text,
    person_text,
    search_term,
    search_words,
)
from eventapi.application.views import (
    AccountRef,
    ApiKeyView,
    AttendeePosition,
    AuditEntryView,
    BuyerView,
    CategoryView,
    CheckInCounts,
    DaySales,
    EventPosition,
    EventView,
    OrderRecord,
    OrderRef,
    OrderView,
    Page,
    Ref,
    Revenue,
    SalesFigures,
    TicketDetails,
    TicketView,
    TopEventView,
    UserView,
)
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import Visibility
from eventapi.domain.order import Order, OrderStatus, Ticket, TicketStatus
from eventapi.domain.policy import Actor
from eventapi.domain.ticket_type import TicketType
from eventapi.domain.user import User
from eventapi.domain.values import (
    ApiKeyId,
    EventId,
    LoginSessionId,
    OrderId,
    TicketCode,
    UserId,
    sort_key,
)


class MemoryQueries:
    """Base class of queries. No commit comes between the reads of one query."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def __init_subclass__(cls) -> None:
        for name in [name for name in vars(cls) if not name.startswith("_")]:
            setattr(cls, name, _locked(vars(cls)[name]))

    def _account(self, id: UserId | None) -> AccountRef | None:
        user = None if id is None else self._database.users.get(id)
        return None if user is None else AccountRef(user.id, user.username.value)


def _locked(query: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(query)
    def run(self: MemoryQueries, *args: Any, **kwargs: Any) -> Any:
        with self._database.mutex:
            return query(self, *args, **kwargs)

    return run


class MemoryUserQueries(MemoryQueries):
    """UserQueries on memory."""

    def get(self, id: UserId) -> UserView | None:
        user = self._database.users.get(id)
        return UserView.of(user) if user else None

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        users = [user for user in self._database.users.all() if _matches(search, user)]
        return page_of(users, UserView.of, after, limit)


def _has_text(text: str, part: str) -> bool:
    return bool(part) and part in text


def _matches(search: UserSearch, user: User) -> bool:
    return (
        (search.q is None or _has_text(account_text(user), search_term(search.q)))
        and search.role in {None, user.role}
        and search.is_disabled in {None, not user.is_active}
    )


class MemoryPrincipalQueries(MemoryQueries):
    """PrincipalQueries on memory; within a unit of work, the PrincipalRepository."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        found = filter(None, map(self._database.login_sessions.get, sessions))
        owners = {session.id: self._database.users[session.user_id] for session in found}
        return {id: Actor.of(user) for id, user in owners.items() if user.is_active}

    def lock_active(self, id: UserId) -> bool:
        # Without a lock: the commit checks once more that the account was not erased.
        user = self._database.users.get(id)
        return user is not None and user.is_active

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        key = self._database.api_keys_by_digest.get(digest)
        if key is None or (key.expires_at and key.expires_at <= now):
            return None
        owner = self._database.users[key.owner_id]
        holder = KeyHolder(key.id, Actor.of(owner, key_id=key.id), key.scopes, key.last_used_at)
        return holder if owner.is_active else None

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        row = self._database.api_keys.load(key)
        if row is not None:
            row.last_used_at = now
            self._database.commit([lambda: self._database.api_keys.put(row)])


class MemoryApiKeyQueries(MemoryQueries):
    """ApiKeyQueries on memory."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        keys = self._database.api_keys_by_owner.all(owner)
        return [ApiKeyView.of(key) for key in sorted(keys, key=lambda key: -key.id)]

    def get(self, owner: UserId, id: ApiKeyId) -> ApiKeyView | None:
        key = self._database.api_keys.load(id)
        return ApiKeyView.of(key) if key is not None and key.owner_id == owner else None


class MemoryAuditQueries(MemoryQueries):
    """AuditQueries on memory."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        entries = [
            (id, entry)
            for id, entry in self._database.audit_entries.all()
            if search.event in {None, entry.event_id}
            and search.order in {None, entry.order_id}
            and search.account in {None, entry.account_id}
            and search.actor in {None, entry.actor_id}
            and search.action in {None, entry.action}
        ]
        return page_of(entries, self._view, before, limit, key=itemgetter(0), descending=True)

    def _view(self, row: tuple[int, AuditEntry]) -> AuditEntryView:
        id, entry = row
        return AuditEntryView(
            id=id,
            at=entry.at,
            action=entry.action.value,
            actor=self._account(entry.actor_id),
            api_key=Ref.of(entry.key_id),
            event=Ref.of(entry.event_id),
            order=None if entry.order_id is None else OrderRef(entry.order_id),
            account=Ref.of(entry.account_id),
            detail=entry.detail,
            address=entry.origin.address,
            request_id=entry.origin.request_id,
        )


class MemoryCategoryQueries(MemoryQueries):
    """CategoryQueries on memory."""

    def all(self) -> list[CategoryView]:
        views = map(CategoryView.of, self._database.categories.all())
        return sorted(views, key=lambda view: (sort_key(view.name), view.slug))

    def get(self, slug: str) -> CategoryView | None:
        category = self._database.categories_by_slug.get(slug)
        return CategoryView.of(category) if category else None


class MemoryEventQueries(MemoryQueries):
    """EventQueries on memory."""

    def get(self, id: EventId) -> EventView | None:
        event = self._database.events.get(id)
        return self._view(event) if event else None

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        found = [event for event in self._database.events.all() if self._is_found(event, search)]
        key, descending = partial(_position, search.sort), search.sort.descending
        return page_of(found, self._view, after, limit, key=key, descending=descending)

    def _is_found(self, event: Event, search: EventSearch) -> bool:
        details, start = event.details, event.details.period.start
        return (
            (search.owner == event.organizer_id if search.owner else _is_listed(event))
            and (start <= search.now if search.past else start > search.now)
            and (search.starts_after is None or start > search.starts_after)
            and (search.starts_before is None or start < search.starts_before)
            and self._is_of_category(event, search.category)
            and search.organizer in {None, event.organizer_id}
            and (not search.available or _is_available(event, search.now))
            and _has_words(search.words, details.name, details.description, details.location)
            and _has_words(search.location, details.location)
        )

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        found = [
            event
            for event in self._database.events.all()
            if event.details.visibility is Visibility.PUBLIC
            and event.details.period.start > since
            and self._is_of_category(event, category)
        ]
        found.sort(key=partial(_position, EventSort.START_TIME))
        return list(map(self._view, found[:limit]))

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        return self._database.holds_ticket(user, event)

    def sales_figures(self, event: EventView) -> SalesFigures:
        orders = self._database.orders_by_event.all(event.id)
        sold = [order for order in orders if order.status is OrderStatus.CONFIRMED]
        tickets = [ticket for order in sold for ticket in order.live_tickets]
        zone = ZoneInfo(event.timezone)
        days = Counter(ticket.issued_at.astimezone(zone).date() for ticket in tickets)
        revenue: defaultdict[str, Decimal] = defaultdict(Decimal)
        for order in sold:
            if order.total.currency is not None:
                revenue[order.total.currency] += order.total.amount
        return SalesFigures(
            by_type=Counter(ticket.ticket_type_id for ticket in tickets),
            revenue=[Revenue(*item) for item in sorted(revenue.items())],
            by_day=[DaySales(*item) for item in sorted(days.items())],
            checked_in=sum(bool(ticket.checked_in_at) for ticket in tickets),
            waitlisted=sum(order.status is OrderStatus.WAITLISTED for order in orders),
            cancelled=sum(
                order.status_of(ticket) is TicketStatus.CANCELLED
                for order in orders
                for ticket in order.tickets
            ),
        )

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        events = self._database.events.all()
        found = [event for event in events if organizer in {None, event.organizer_id}]
        found.sort(key=lambda event: (-event.tickets_sold, event.id))
        selling = [self._view(event) for event in found[:limit] if event.tickets_sold]
        return [TopEventView(rank, view) for rank, view in enumerate(selling, start=1)]

    def _is_of_category(self, event: Event, slug: str | None) -> bool:
        category = self._category(event)
        return slug is None or (category is not None and category.slug == slug)

    def _category(self, event: Event) -> CategoryView | None:
        id = event.details.category
        return CategoryView.of(self._database.categories[id]) if id else None

    def _view(self, event: Event) -> EventView:
        user = self._database.users[event.organizer_id]
        organizer = AccountRef(user.id, user.username.value)
        return EventView.of(event, organizer=organizer, category=self._category(event))


def _position(sort: EventSort, event: Event) -> EventPosition:
    times = {"start_time": event.details.period.start, "created_at": event.created_at}
    return EventPosition(times.get(sort.field) or sort_key(event.details.name), event.id)


def _is_listed(event: Event) -> bool:
    return event.details.visibility is Visibility.PUBLIC and event.status is EventStatus.SCHEDULED


def _is_available(event: Event, now: datetime) -> bool:
    details = event.details
    return (
        event.status is EventStatus.SCHEDULED
        and event.tickets_sold < details.capacity
        and details.period.start > now
        and details.sales.is_open(now)
        and (not event.ticket_types or any(_is_on_sale(one, now) for one in event.ticket_types))
    )


def _is_on_sale(ticket_type: TicketType, now: datetime) -> bool:
    return bool(ticket_type.tickets_remaining) and ticket_type.details.sales.is_open(now)


def _has_words(words: AbstractSet[str] | None, *texts: str) -> bool:
    """Return whether the texts contain all words; an empty set of words matches none."""
    return words is None or (bool(words) and words <= _words(*texts))


_words = lru_cache(maxsize=10_000)(search_words)


class MemoryOrderQueries(MemoryQueries):
    """OrderQueries on memory."""

    def get(self, id: OrderId) -> OrderRecord | None:
        order = self._database.orders.get(id)
        if order is None:
            return None
        organizer_id = self._database.events[order.event_id].organizer_id
        return OrderRecord(order=self._view(order), organizer_id=organizer_id)

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        orders = self._database.orders_by_buyer.all(buyer)
        return page_of(orders, self._view, before, limit, descending=True)

    def of_event(
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        before: OrderId | None,
        limit: int,
    ) -> Page[OrderView, OrderId]:
        orders = self._database.orders_by_event.all(event)
        found = [order for order in orders if self._is_found(search, order, order.tickets)]
        return page_of(found, self._view, before, limit, descending=True)

    def waitlist(
        self, event: EventId, *, search: PersonSearch | None, after: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        orders = self._database.orders_by_event.all(event)  # in the order of arrival
        start = [order.id for order in orders].index(after) + 1 if after else 0
        found = [
            order
            for order in orders[start:]
            if order.status is OrderStatus.WAITLISTED
            and self._is_found(search, order, order.tickets)
        ]
        items = list(map(self._view, found[:limit]))
        return Page(items, found[limit - 1].id if len(found) > limit else None)

    def _is_found(
        self, search: PersonSearch | None, order: Order, tickets: Sequence[Ticket]
    ) -> bool:
        if search is None or search.order == order.id:
            return True
        if any(ticket.code.value == search.code for ticket in tickets):
            return True
        account = self._account_of(order)
        texts = [account_text(account) if account else person_text(order.buyer.contact)]
        texts += [person_text(ticket.attendee) for ticket in tickets]
        return any(_has_text(text, search.text) for text in texts if text is not None)

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        order = self._database.orders_by_code.get(code)
        if order is None or order.status is OrderStatus.WAITLISTED:
            return None
        (ticket,) = (ticket for ticket in order.tickets if ticket.code == code)
        return self._details((order, ticket))

    def attendees(
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        after: AttendeePosition | None,
        limit: int,
    ) -> Page[TicketDetails, AttendeePosition]:
        found = [
            (order, ticket)
            for order, ticket in self._valid(event)
            if self._is_found(search, order, [ticket])
        ]
        return page_of(found, self._details, after, limit, key=_attendee_position)

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        tickets = [ticket for _, ticket in self._valid(event)]
        return CheckInCounts(len(tickets), sum(bool(ticket.checked_in_at) for ticket in tickets))

    def _valid(self, event: EventId) -> list[tuple[Order, Ticket]]:
        orders = self._database.orders_with(event, OrderStatus.CONFIRMED)
        return [(order, ticket) for order in orders for ticket in order.live_tickets]

    def _details(self, row: tuple[Order, Ticket]) -> TicketDetails:
        order, ticket = row
        return TicketDetails(
            ticket=TicketView.of(ticket, order=order, event=self._database.events[order.event_id]),
            order=OrderRef(order.id),
            currency=order.total.currency,
            event_id=order.event_id,
            buyer=self._buyer(order),
        )

    def _view(self, order: Order) -> OrderView:
        position = None
        if order.status is OrderStatus.WAITLISTED:
            waiting = self._database.orders_with(order.event_id, OrderStatus.WAITLISTED)
            position = waiting.index(order) + 1
        return OrderView.of(
            order,
            position=position,
            event=self._database.events[order.event_id],
            buyer=self._buyer(order),
        )

    def _buyer(self, order: Order) -> BuyerView:
        account, contact = self._account_of(order), order.buyer.contact
        if account is not None:
            return BuyerView.of_account(account)
        if contact is None:
            raise ConstraintViolatedError("an order has no buyer")
        return BuyerView.of_guest(contact)

    def _account_of(self, order: Order) -> User | None:
        id = order.buyer.account_id
        return None if id is None else self._database.users[id]


def _attendee_position(row: tuple[Order, Ticket]) -> AttendeePosition:
    return AttendeePosition(row[0].id, row[1].id)


class MemoryHealth:
    """StorageHealth on memory, which is always there."""

    def check(self) -> None:
        pass
