"""Orders and tickets on PostgreSQL."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    Connection,
    String,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from eventapi.adapters.postgres.accepted_requests import request_to_row
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.audit import audit_entry_to_row
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.event_queries import HOLDS_TICKET
from eventapi.adapters.postgres.integrity import translate_integrity_errors
from eventapi.adapters.postgres.repository import (
    Repository,
    Row,
    Staged,
    attributes,
    names_of,
    shared_names,
)
from eventapi.adapters.postgres.tables import accepted_requests, audit_entries, orders, tickets
from eventapi.application.idempotency import account_owner
from eventapi.application.ports.orders import BuyerOfEvent
from eventapi.application.search import person_text
from eventapi.domain.order import Buyer, Order, OrderStatus, Ticket
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    EventId,
    Money,
    OrderId,
    TicketCode,
    UserId,
)

MAX_STAGED_ORDERS = 1_000
"""This many new orders are inserted before the commit, to limit the memory of an import."""

TICKET_PREFIX = "ticket_"  # of the columns of a ticket that is loaded with its order
ORDERS_TO_CHANGE = sql_file(
    "orders_to_change.sql",
    order_columns=[f"o.{name}" for name in names_of(orders)],
    ticket_columns=[f"t.{name} AS {TICKET_PREFIX}{name}" for name in names_of(tickets)],
)
TICKETS_HELD = sql_file("tickets_held.sql")
CANCEL_EVENT_ORDERS = sql_file("cancel_event_orders.sql")
RECORD_ORDERS = sql_file(
    "record_orders.sql",
    order_columns=names_of(orders, without=["waitlist_number"]),
    ticket_columns=names_of(tickets),
    request_columns=names_of(accepted_requests),
    audit_columns=names_of(audit_entries, without=["id"]),
)
EVENT_OF = select(orders.c.event_id).where(orders.c.id == bindparam("id"))
EVENTS_OF = select(orders.c.event_id).where(orders.c.buyer_id == bindparam("buyer_id")).distinct()
OF_EVENT = orders.c.event_id == bindparam("event_id")
IS_LIVE_REGISTRATION = [
    OF_EVENT,
    orders.c.registrant.is_not(None),
    orders.c.status != OrderStatus.CANCELLED.value,
]
ORDERS_OF_CODES = select(tickets.c.code, tickets.c.event_id, tickets.c.order_id).where(
    tickets.c.code == any_(bindparam("codes", type_=ARRAY(String)))
)

ORDER_NAMES = shared_names(Order, orders, converted=["status", "total"])
TICKET_NAMES = shared_names(Ticket, tickets, converted=["code", "price"])


def order_from_rows(rows: Sequence[Row]) -> Order:
    """Return the order of rows of sql/orders_to_change.sql, one for each of its tickets."""
    order = rows[0]
    return Order(
        **attributes(order, ORDER_NAMES),
        buyer=Buyer(order.buyer_id, _attendee(order.guest_name, order.guest_email)),
        status=OrderStatus(order.status),
        total=Money(order.total, order.currency),
        tickets=list(map(_ticket_from_row, rows)),
    )


def _ticket_from_row(row: Row) -> Ticket:
    return Ticket(
        **{name: getattr(row, TICKET_PREFIX + name) for name in TICKET_NAMES},
        code=TicketCode(row.ticket_code),
        price=Money(row.ticket_price, row.currency if row.ticket_price else None),
        attendee=_attendee(row.ticket_attendee_name, row.ticket_attendee_email),
    )


def _attendee(name: str | None, email: str | None) -> Attendee | None:
    if name is None:
        return None
    return Attendee(name, None if email is None else EmailAddress(email))


def order_to_row(order: Order) -> dict[str, object]:
    """Return the row of an order."""
    contact = order.buyer.contact
    name, email = _name_and_email(contact)
    return {
        **attributes(order, ORDER_NAMES),
        "buyer_id": order.buyer.account_id,
        "guest_name": name,
        "guest_email": email,
        "search_text": person_text(contact),
        "status": order.status.value,
        "total": order.total.amount,
        "currency": order.total.currency,
    }


def tickets_to_rows(order: Order) -> list[dict[str, object]]:
    """Return the rows of an order's tickets."""
    return [_ticket_to_row(order, ticket) for ticket in order.tickets]


def _ticket_to_row(order: Order, ticket: Ticket) -> dict[str, object]:
    name, email = _name_and_email(ticket.attendee)
    return {
        **attributes(ticket, TICKET_NAMES),
        "event_id": order.event_id,
        "order_id": order.id,
        "code": ticket.code.value,
        "price": ticket.price.amount,
        "attendee_name": name,
        "attendee_email": email,
        "search_text": person_text(ticket.attendee),
    }


def _name_and_email(person: Attendee | None) -> tuple[str | None, str | None]:
    if person is None:
        return None, None
    return person.name, person.email.value if person.email else None


def record_orders(connection: Connection, staged: Staged) -> None:
    """Insert the staged orders, accepted requests and audit entries: sql/record_orders.sql."""
    rows = {
        "orders": list(map(order_to_row, staged.orders)),
        "tickets": [row for order in staged.orders for row in tickets_to_rows(order)],
        "requests": [request_to_row(*request) for request in staged.requests],
        "audit_entries": list(map(audit_entry_to_row, staged.domain_events.entries)),
    }
    values = {name: msgspec.json.encode(value).decode() for name, value in rows.items()}
    connection.execute(RECORD_ORDERS, values)


class PostgresOrders(Repository):
    """Orders, as aggregates."""

    def add(self, order: Order) -> None:
        self._collect(order)
        self._staged.orders.append(order)
        if len(self._staged.orders) >= MAX_STAGED_ORDERS:
            with storage_errors(), translate_integrity_errors(self._staged):
                record_orders(self._connection, self._staged)
            self._staged.orders.clear()
            self._staged.requests.clear()
            self._staged.domain_events.entries.clear()

    def event_of(self, id: OrderId) -> EventId | None:
        event: EventId | None = self._value(EVENT_OF, {"id": id})
        return event

    def get(self, event: EventId, id: OrderId) -> Order | None:
        return next(iter(self._load(event, [id])), None)

    def waiting(self, event: EventId) -> list[Order]:
        return self._load(event, None)

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        rows = self._rows(ORDERS_OF_CODES, {"codes": [code.value for code in codes]})
        loaded = {
            order.id: order
            for event in sorted({row.event_id for row in rows})
            for order in self._load(event, [row.order_id for row in rows if row.event_id == event])
        }
        return {TicketCode(row.code): loaded[row.order_id] for row in rows}

    def _load(self, event: EventId, ids: Sequence[OrderId] | None) -> list[Order]:
        values = {"event_id": event, "order_ids": None if ids is None else list(map(str, ids))}
        rows = self._rows(ORDERS_TO_CHANGE, values)
        return [order_from_rows(list(group)) for _, group in groupby(rows, lambda row: row.id)]

    def count_waiting(self, event: EventId) -> int:
        waiting = orders.c.status == OrderStatus.WAITLISTED.value
        query = select(func.count()).select_from(orders).where(OF_EVENT, waiting)
        return int(self._value(query, {"event_id": event}))

    def save(self, order: Order) -> None:
        self._collect(order)
        self._stage(self._save, order)

    def _save(self, order: Order) -> None:
        # Triggers update tickets_sold.
        self._upsert(tickets, tickets_to_rows(order))
        self._update(orders, order_to_row(order))

    def cancel_all(self, event: EventId) -> None:
        self._stage(self._connection.execute, CANCEL_EVENT_ORDERS, {"event_id": event})

    def has_any(self, event: EventId) -> bool:
        return bool(self._value(select(exists().where(OF_EVENT)), {"event_id": event}))

    def events_of(self, buyer: UserId) -> set[EventId]:
        return {row.event_id for row in self._rows(EVENTS_OF, {"buyer_id": buyer})}

    def forget_buyer(self, buyer: UserId) -> None:
        # A registration still counts as one: its key, made from the email address,
        # becomes one that no person has.
        of_buyer = orders.c.buyer_id == buyer
        self._stage_statement(
            update(tickets)
            .where(
                tickets.c.event_id == orders.c.event_id, tickets.c.order_id == orders.c.id, of_buyer
            )
            .values(attendee_name=None, attendee_email=None, search_text=None)
        )
        self._stage_statement(
            update(orders)
            .where(of_buyer, orders.c.registrant.is_not(None))
            .values(registrant=func.concat("erased-", cast(orders.c.id, String)))
        )
        self._stage_statement(
            delete(accepted_requests).where(accepted_requests.c.owner == account_owner(buyer))
        )

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        return bool(self._value(HOLDS_TICKET, {"event_id": event, "buyer_id": user}))

    def tickets_held(self, buyers: Collection[BuyerOfEvent]) -> dict[BuyerOfEvent, int]:
        numbered = list(buyers)
        wanted = [
            {
                "number": number,
                "event_id": buyer.event,
                "account_id": buyer.account,
                "person": buyer.person,
            }
            for number, buyer in enumerate(numbered)
        ]
        rows = self._rows(TICKETS_HELD, {"buyers": msgspec.json.encode(wanted).decode()})
        return {numbered[row.number]: row.held for row in rows}

    def registrants(self, event: EventId) -> set[str]:
        query = select(orders.c.registrant).where(*IS_LIVE_REGISTRATION)
        return {row.registrant for row in self._rows(query, {"event_id": event})}

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        person: Any = orders.c.registrant == registrant
        if user is not None:
            person = or_(person, orders.c.buyer_id == user)
        query = select(exists().where(*IS_LIVE_REGISTRATION, person))
        return bool(self._value(query, {"event_id": event}))
