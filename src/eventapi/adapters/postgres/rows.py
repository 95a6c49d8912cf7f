"""From rows to aggregates and views, and back: every mapping stands here, explicitly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from eventapi.application.views import (
    AccountRef,
    AttendeeView,
    EventRef,
    EventView,
    OrderView,
    TicketView,
    UserView,
)
from eventapi.domain.event import Event, EventDetails
from eventapi.domain.order import Order
from eventapi.domain.user import Role, User
from eventapi.domain.values import (
    EmailAddress,
    EventId,
    Period,
    Timezone,
    UserId,
    Username,
)

Row = Any  # a row of SQLAlchemy: its columns are its attributes


def user_of(row: Row) -> User:
    """Make the aggregate of a row of users."""
    return User(
        id=UserId(row.id),
        username=Username(row.username),
        password_hash=row.password_hash,
        role=Role(row.role),
        email=EmailAddress(row.email) if row.email is not None else None,
        first_name=row.first_name,
        last_name=row.last_name,
        created_at=row.created_at,
    )


def user_row(user: User) -> dict[str, object]:
    """Make a row of users."""
    return {
        "id": user.id,
        "username": user.username.value,
        "username_key": user.username.key,
        "password_hash": user.password_hash,
        "role": user.role.value,
        "email": user.email.value if user.email else None,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "created_at": user.created_at,
    }


def user_view_of(row: Row) -> UserView:
    """Make the view of a row of users."""
    return UserView(
        id=row.id,
        username=row.username,
        role=row.role,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        created_at=row.created_at,
    )


def event_of(row: Row) -> Event:
    """Make the aggregate of a row of events."""
    return Event(
        id=EventId(row.id),
        organizer_id=UserId(row.organizer_id),
        details=EventDetails(
            name=row.name,
            description=row.description,
            period=Period(row.start_time, row.end_time),
            timezone=Timezone(row.timezone),
            location=row.location,
            capacity=row.capacity,
        ),
        tickets_sold=row.tickets_sold,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def event_row(event: Event) -> dict[str, object]:
    """Make a row of events; what is sold is not written, the database counts it."""
    details = event.details
    return {
        "id": event.id,
        "organizer_id": event.organizer_id,
        "name": details.name,
        "description": details.description,
        "start_time": details.period.start,
        "end_time": details.period.end,
        "timezone": details.timezone.name,
        "location": details.location,
        "capacity": details.capacity,
        "created_at": event.created_at,
        "updated_at": event.updated_at,
        "version": event.version,
    }


def event_view_of(row: Row) -> EventView:
    """Make the view of a row of events with its organizer's username."""
    return EventView(
        id=row.id,
        name=row.name,
        description=row.description,
        start_time=row.start_time,
        end_time=row.end_time,
        timezone=row.timezone,
        location=row.location,
        capacity=row.capacity,
        tickets_sold=row.tickets_sold,
        tickets_remaining=row.capacity - row.tickets_sold,
        organizer=AccountRef(row.organizer_id, row.organizer_username),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def order_columns(orders: Sequence[Order]) -> dict[str, list[object]]:
    """Make the arrays of sql/record_orders.sql of orders and their tickets."""
    tickets = [(order, ticket) for order in orders for ticket in order.tickets]
    return {
        "order_ids": [str(order.id) for order in orders],
        "order_event_ids": [order.event_id for order in orders],
        "order_buyer_ids": [order.buyer_id for order in orders],
        "order_statuses": [order.status.value for order in orders],
        "order_totals": [order.total.amount for order in orders],
        "order_currencies": [order.total.currency for order in orders],
        "order_created_ats": [order.created_at for order in orders],
        "ticket_ids": [str(ticket.id) for _, ticket in tickets],
        "ticket_event_ids": [order.event_id for order, _ in tickets],
        "ticket_order_ids": [str(order.id) for order, _ in tickets],
        "ticket_codes": [ticket.code.value for _, ticket in tickets],
        "ticket_attendee_names": [
            ticket.attendee.name if ticket.attendee else None for _, ticket in tickets
        ],
        "ticket_attendee_emails": [
            ticket.attendee.email.value if ticket.attendee and ticket.attendee.email else None
            for _, ticket in tickets
        ],
        "ticket_issued_ats": [ticket.issued_at for _, ticket in tickets],
    }


def order_view_of(rows: Sequence[Row]) -> OrderView:
    """Make the view of an order that stands, with its event and buyer, beside each ticket."""
    row = rows[0]
    return OrderView(
        id=row.id,
        event=EventRef(row.event_id, row.event_name, row.event_start_time),
        buyer=AccountRef(row.buyer_id, row.buyer_username),
        status=row.status,
        total=row.total,
        currency=row.currency,
        created_at=row.created_at,
        tickets=tuple(
            TicketView(
                id=ticket.ticket_id,
                code=ticket.code,
                attendee=None
                if ticket.attendee_name is None
                else AttendeeView(ticket.attendee_name, ticket.attendee_email),
                issued_at=ticket.issued_at,
                checked_in_at=ticket.checked_in_at,
            )
            for ticket in rows
        ),
    )


def order_view_to_json(order: OrderView) -> str:
    """Write the view of an order down, to be remembered."""
    return orjson.dumps(order, default=str).decode()


def order_view_of_json(stored: Mapping[str, Any]) -> OrderView:
    """Read the view of an order as order_view_to_json wrote it."""

    def moment(value: str | None) -> Any:
        return None if value is None else datetime.fromisoformat(value)

    event, tickets = stored["event"], stored["tickets"]
    return OrderView(
        id=UUID(stored["id"]),
        event=EventRef(event["id"], event["name"], moment(event["start_time"])),
        buyer=AccountRef(**stored["buyer"]),
        status=stored["status"],
        total=Decimal(stored["total"]),
        currency=stored["currency"],
        created_at=moment(stored["created_at"]),
        tickets=tuple(
            TicketView(
                id=UUID(ticket["id"]),
                code=ticket["code"],
                attendee=ticket["attendee"] and AttendeeView(**ticket["attendee"]),
                issued_at=moment(ticket["issued_at"]),
                checked_in_at=moment(ticket["checked_in_at"]),
            )
            for ticket in tickets
        ),
    )
