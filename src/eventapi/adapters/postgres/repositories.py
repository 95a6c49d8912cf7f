"""The repositories on PostgreSQL: they load at once, and stage what the commit has to write."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from operator import methodcaller
from typing import Any

import sqlalchemy
from sqlalchemy import (
    Connection,
    String,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.events import HOLDS_TICKET
from eventapi.adapters.postgres.rows import (
    answer_from_json,
    category_of,
    category_row,
    event_of,
    event_row,
    order_of,
    ticket_changes,
    ticket_row,
    ticket_type_rows,
)
from eventapi.adapters.postgres.staging import Staged
from eventapi.application.idempotency import (
    AcceptedRequest,
    RequestKey,
    RequestName,
    account_owner,
)
from eventapi.application.views import OrderView
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.values import (
    CategoryId,
    EventId,
    OrderId,
    Slug,
    TicketCode,
    TicketTypeId,
    UserId,
)

LOCK_EVENTS = sql_file("lock_events.sql", columns=", ".join(tables.LOADED_EVENT_COLUMNS))
TICKET_TYPES = sql_file("ticket_types.sql")
ORDERS_TO_CHANGE = sql_file("orders_to_change.sql")
CANCEL_EVENT_ORDERS = sql_file("cancel_event_orders.sql")
CATEGORY_IDS = sqlalchemy.Sequence("categories_id_seq")
EVENT_IDS = sqlalchemy.Sequence("events_id_seq")
TICKET_TYPE_IDS = sqlalchemy.Sequence("ticket_types_id_seq")

MAX_STAGED_ORDERS = 1_000
"""How many new orders wait to be written; then they are, without being committed."""


class PostgresCategories:
    """The categories."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> CategoryId:
        """Give a new category's id."""
        with storage_errors():
            return CategoryId(
                self._connection.execute(CATEGORY_IDS.next_value().select()).scalar_one()
            )

    def add(self, category: Category) -> None:
        """Keep a new category."""
        self._staged.domain_events.collect(category)
        self._staged.categories.append(category)

    def by_slug(self, slug: Slug) -> Category | None:
        """Find a category."""
        query = select(tables.categories).where(tables.categories.c.slug == slug.value)
        with storage_errors():
            row = self._connection.execute(query).one_or_none()
        return category_of(row) if row else None

    def save(self, category: Category) -> None:
        """Keep what was changed of a category."""
        self._staged.domain_events.collect(category)
        statement = (
            update(tables.categories)
            .where(tables.categories.c.id == category.id)
            .values(category_row(category))
        )
        self._staged.changes.append(lambda connection: connection.execute(statement))

    def remove(self, category: Category) -> None:
        """Forget a category."""
        self._staged.domain_events.collect(category)
        self._staged.removed_category = category
        statement = delete(tables.categories).where(tables.categories.c.id == category.id)
        self._staged.changes.append(lambda connection: connection.execute(statement))


class PostgresEvents:
    """The events, as aggregates."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> EventId:
        """Give a new event's id."""
        with storage_errors():
            return EventId(self._connection.execute(EVENT_IDS.next_value().select()).scalar_one())

    def next_ticket_type_id(self) -> TicketTypeId:
        """Give a new ticket type's id."""
        with storage_errors():
            return TicketTypeId(
                self._connection.execute(TICKET_TYPE_IDS.next_value().select()).scalar_one()
            )

    def add(self, event: Event) -> None:
        """Keep a new event."""
        self._staged.domain_events.collect(event)
        self._staged.events.append(event)

    def save(self, event: Event) -> None:
        """Keep what was changed of an event."""
        self._staged.domain_events.collect(event)
        self._staged.changes.append(partial(_update_event, event))

    def remove(self, event: Event) -> None:
        """Forget an event; its ticket types go with it."""
        self._staged.domain_events.collect(event)
        self._staged.removed_event = event.id
        statement = delete(tables.events).where(tables.events.c.id == event.id)
        self._staged.changes.append(lambda connection: connection.execute(statement))

    def references(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        """Find the events that an organizer calls so."""
        events = tables.events.c
        query = select(events.reference, events.id).where(
            events.organizer_id == organizer,
            events.reference == func.any(cast(list(references), ARRAY(String))),
        )
        with storage_errors():
            rows = self._connection.execute(query).all()
        return {row.reference: EventId(row.id) for row in rows}

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and lock their rows."""
        with storage_errors():
            rows = self._connection.execute(LOCK_EVENTS, {"ids": list(ids)}).all()
            if not rows:
                return {}
            found = [row.id for row in rows]
            types = self._connection.execute(TICKET_TYPES, {"event_ids": found}).all()
        by_event: dict[int, list[Any]] = {}
        for kind in types:
            by_event.setdefault(kind.event_id, []).append(kind)
        events = {EventId(row.id): event_of(row, by_event.get(row.id, ())) for row in rows}
        self._staged.loaded_events += events.values()
        return events


def _update_order(order: Order, connection: Connection) -> None:
    """Write a changed order and its tickets; the triggers count what that changes."""
    orders, tickets = tables.orders, tables.tickets
    for ticket in order.tickets:
        known = connection.execute(
            update(tickets)
            .where(tickets.c.id == ticket.id, tickets.c.event_id == order.event_id)
            .values(ticket_changes(ticket))
        ).rowcount
        if not known:
            connection.execute(insert(tickets).values(ticket_row(order, ticket)))
    connection.execute(
        update(orders)
        .where(orders.c.id == order.id, orders.c.event_id == order.event_id)
        .values(
            status=order.status.value,
            registrant=order.registrant,
            total=order.total.amount,
            currency=order.total.currency,
        )
    )


def _update_event(event: Event, connection: Connection) -> None:
    """Write a changed event and its ticket types; what is sold is never written."""
    types = tables.ticket_types
    connection.execute(
        update(tables.events).where(tables.events.c.id == event.id).values(event_row(event))
    )
    kept = [kind.id for kind in event.ticket_types]
    connection.execute(delete(types).where(types.c.event_id == event.id, types.c.id.not_in(kept)))
    if event.ticket_types:
        write = insert(types)
        connection.execute(
            write.on_conflict_do_update(
                index_elements=[types.c.id, types.c.event_id],
                set_={
                    name: write.excluded[name]
                    for name in ticket_type_rows(event)[0]
                    if name not in {"id", "event_id"}
                },
            ),
            ticket_type_rows(event),
        )


class PostgresOrders:
    """The orders, and the requests that made them."""

    def __init__(
        self, connection: Connection, staged: Staged, write_orders: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._staged = staged
        self._write_orders = write_orders

    def add(self, order: Order) -> None:
        """Keep a new order.

        When many have come together they are written at once, so that an
        import of any length needs no more memory than that.
        """
        self._staged.domain_events.collect(order)
        self._staged.orders.append(order)
        if len(self._staged.orders) >= MAX_STAGED_ORDERS:
            self._write_orders()

    def event_of(self, id: OrderId) -> EventId | None:
        """Tell which event an order is for."""
        query = select(tables.orders.c.event_id).where(tables.orders.c.id == id)
        with storage_errors():
            event: int | None = self._connection.execute(query).scalar_one_or_none()
        return None if event is None else EventId(event)

    def get(self, event: EventId, id: OrderId) -> Order | None:
        """Load an order."""
        return next(iter(self._load(event, [id])), None)

    def waiting(self, event: EventId) -> list[Order]:
        """Load the orders that wait, the first one first."""
        return self._load(event, None)

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        """Load the orders to which tickets belong, two statements for any number of one event."""
        tickets = tables.tickets.c
        query = select(tickets.code, tickets.event_id, tickets.order_id).where(
            tickets.code == func.any(cast([code.value for code in codes], ARRAY(String)))
        )
        with storage_errors():
            rows = self._connection.execute(query).all()
        orders = {
            order.id: order
            for event in sorted({row.event_id for row in rows})
            for order in self._load(
                EventId(event), [row.order_id for row in rows if row.event_id == event]
            )
        }
        return {TicketCode(row.code): orders[OrderId(row.order_id)] for row in rows}

    def _load(self, event: EventId, ids: Sequence[OrderId] | None) -> list[Order]:
        values = {"event_id": event, "order_ids": None if ids is None else list(map(str, ids))}
        with storage_errors():
            rows = self._connection.execute(ORDERS_TO_CHANGE, values).all()
        return [order_of(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]

    def waiting_before(self, event: EventId) -> int:
        """Count those that wait."""
        orders = tables.orders.c
        query = (
            select(func.count())
            .select_from(tables.orders)
            .where(orders.event_id == event, orders.status == OrderStatus.WAITLISTED.value)
        )
        with storage_errors():
            return int(self._connection.execute(query).scalar_one())

    def save(self, order: Order) -> None:
        """Keep what was changed of an order."""
        self._staged.domain_events.collect(order)
        self._staged.changes.append(partial(_update_order, order))

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        """Tell whether a person holds a live registration of an event."""
        orders = tables.orders.c
        query = select(
            exists().where(
                orders.event_id == event,
                orders.registrant.is_not(None),
                orders.status != OrderStatus.CANCELLED.value,
                or_(orders.registrant == registrant, orders.buyer_id == user)
                if user is not None
                else orders.registrant == registrant,
            )
        )
        with storage_errors():
            return bool(self._connection.execute(query).scalar_one())

    def cancel_all(self, event: EventId) -> None:
        """Cancel every order of an event: sql/cancel_event_orders.sql."""
        self._staged.changes.append(
            lambda connection: connection.execute(CANCEL_EVENT_ORDERS, {"event_id": event})
        )

    def has_any(self, event: EventId) -> bool:
        """Tell whether an event has orders."""
        query = select(exists().where(tables.orders.c.event_id == event))
        with storage_errors():
            return bool(self._connection.execute(query).scalar_one())

    def events_of(self, buyer: UserId) -> set[EventId]:
        """Tell for which events an account has orders."""
        orders = tables.orders.c
        query = select(orders.event_id).where(orders.buyer_id == buyer).distinct()
        with storage_errors():
            return set(map(EventId, self._connection.execute(query).scalars()))

    def forget_buyer(self, buyer: UserId) -> None:
        """Forget whom the tickets of an account's orders admit, and its accepted requests.

        A registration goes on to count as one: its key, made of the email
        address, becomes one that nobody else has.
        """
        orders, tickets, requests = tables.orders, tables.tickets, tables.accepted_requests
        statements = (
            update(tickets)
            .where(
                tickets.c.event_id == orders.c.event_id,
                tickets.c.order_id == orders.c.id,
                orders.c.buyer_id == buyer,
            )
            .values(attendee_name=None, attendee_email=None, search_text=None),
            update(orders)
            .where(orders.c.buyer_id == buyer, orders.c.registrant.is_not(None))
            .values(registrant=func.concat("erased-", cast(orders.c.id, String))),
            delete(requests).where(requests.c.owner == account_owner(buyer)),
        )
        self._staged.changes.extend(methodcaller("execute", statement) for statement in statements)

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""
        with storage_errors():
            return bool(
                self._connection.execute(
                    HOLDS_TICKET, {"event_id": event, "buyer_id": user}
                ).scalar_one()
            )

    def registrants(self, event: EventId) -> set[str]:
        """Give the keys of all who hold a live registration of an event."""
        orders = tables.orders.c
        query = select(orders.registrant).where(
            orders.event_id == event,
            orders.registrant.is_not(None),
            orders.status != OrderStatus.CANCELLED.value,
        )
        with storage_errors():
            return set(self._connection.execute(query).scalars())


class PostgresAcceptedRequests:
    """Requests that were accepted under an idempotency key."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def find(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        known = tables.accepted_requests.c
        query = select(known.owner, known.key, known.fingerprint, known.answer).where(
            tuple_(known.owner, known.key).in_({request.name for request in requests})
        )
        with storage_errors():
            rows = self._connection.execute(query).all()
        return {
            (row.owner, row.key): AcceptedRequest(
                bytes(row.fingerprint), answer_from_json(row.answer)
            )
            for row in rows
        }

    def add(self, request: RequestKey, answer: OrderView) -> None:
        self._staged.requests.append((request, answer))
