"""From rows to aggregates and views, and back: every mapping stands here, explicitly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from eventapi.application.search import account_text, attendee_text, search_words
from eventapi.application.views import OrderView
from eventapi.domain.category import Category
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.order import Order, OrderStatus, Ticket
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.user import Profile, Role, User
from eventapi.domain.values import (
    AccessCode,
    Attendee,
    CategoryId,
    EmailAddress,
    EventId,
    Money,
    OrderId,
    Period,
    SalesWindow,
    Slug,
    TicketCode,
    TicketId,
    TicketTypeId,
    Timezone,
    UserId,
    Username,
    sort_key,
)

Row = Any  # a row of SQLAlchemy: its columns are its attributes


def user_of(row: Row) -> User:
    """Make the aggregate of a row of users."""
    return User(
        id=UserId(row.id),
        username=Username(row.username),
        password_hash=row.password_hash,
        role=Role(row.role),
        profile=Profile(
            email=EmailAddress(row.email) if row.email is not None else None,
            first_name=row.first_name,
            last_name=row.last_name,
        ),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        erased_at=row.erased_at,
    )


def user_row(user: User) -> dict[str, object]:
    """Make a row of users."""
    return {
        "id": user.id,
        "username": user.username.value,
        "username_key": user.username.key,
        "password_hash": user.password_hash,
        "role": user.role.value,
        "email": user.profile.email.value if user.profile.email else None,
        "first_name": user.profile.first_name,
        "last_name": user.profile.last_name,
        "search_text": account_text(user),
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
        "erased_at": user.erased_at,
    }


def category_of(row: Row) -> Category:
    """Make the aggregate of a row of categories."""
    return Category(id=CategoryId(row.id), slug=Slug(row.slug), name=row.name)


def category_row(category: Category) -> dict[str, object]:
    """Make a row of categories."""
    return {"id": category.id, "slug": category.slug.value, "name": category.name}


def event_of(row: Row, ticket_types: Sequence[Row]) -> Event:
    """Make the aggregate of a row of events and the rows of its ticket types."""
    return Event(
        id=EventId(row.id),
        organizer_id=UserId(row.organizer_id),
        reference=row.reference,
        details=EventDetails(
            name=row.name,
            description=row.description,
            period=Period(row.start_time, row.end_time),
            timezone=Timezone(row.timezone),
            location=row.location,
            capacity=row.capacity,
            category=None if row.category_id is None else CategoryId(row.category_id),
            visibility=Visibility(row.visibility),
            access_code=None if row.access_code is None else AccessCode(row.access_code),
            sales=SalesWindow(row.sales_start, row.sales_end),
            sessions=[session_of(session) for session in row.sessions],
        ),
        status=EventStatus(row.status),
        ticket_types=[ticket_type_of(kind) for kind in ticket_types],
        image=row.image,
        tickets_sold=row.tickets_sold,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def session_of(stored: Mapping[str, Any]) -> AgendaSession:
    """Read a session as event_row wrote it."""
    return AgendaSession(
        id=stored["id"],
        title=stored["title"],
        period=Period(_moment(stored["start_time"]), _moment(stored["end_time"])),
        speaker=stored["speaker"],
        room=stored["room"],
    )


def ticket_type_of(row: Row) -> TicketType:
    """Make the entity of a row of ticket types."""
    return TicketType(
        id=TicketTypeId(row.id),
        details=TicketTypeDetails(
            name=row.name,
            price=Money(row.price, row.currency),
            quantity=row.quantity,
            sales=SalesWindow(row.sales_start, row.sales_end),
        ),
        tickets_sold=row.tickets_sold,
    )


def event_row(event: Event) -> dict[str, object]:
    """Make a row of events; what is sold is not written, the database counts it."""
    details = event.details
    return {
        "id": event.id,
        "organizer_id": event.organizer_id,
        "reference": event.reference,
        "name": details.name,
        "description": details.description,
        "category_id": details.category,
        "visibility": details.visibility.value,
        "access_code": details.access_code.value if details.access_code else None,
        "status": event.status.value,
        "start_time": details.period.start,
        "end_time": details.period.end,
        "timezone": details.timezone.name,
        "location": details.location,
        "sales_start": details.sales.start,
        "sales_end": details.sales.end,
        "capacity": details.capacity,
        "sessions": [
            {
                "id": session.id,
                "title": session.title,
                "start_time": session.period.start.isoformat(),
                "end_time": session.period.end.isoformat(),
                "speaker": session.speaker,
                "room": session.room,
            }
            for session in details.sessions
        ],
        "image": event.image,
        "name_key": sort_key(details.name),
        "words": event_words(details),
        "created_at": event.created_at,
        "updated_at": event.updated_at,
        "version": event.version,
    }


def event_words(details: EventDetails) -> list[str]:
    """Return the words of an event; see the column words in tables.py."""
    words = search_words(details.name, details.description, details.location)
    return sorted(words.union(map(location_word, search_words(details.location))))


def location_word(word: str) -> str:
    """Return a word as it is stored for searches of locations alone."""
    return f"@{word}"


def ticket_type_rows(event: Event) -> list[dict[str, object]]:
    """Make the rows of an event's ticket types; the database counts what is sold."""
    return [
        {
            "id": kind.id,
            "event_id": event.id,
            "position": position,
            "name": kind.details.name,
            "price": kind.details.price.amount,
            "currency": kind.details.price.currency,
            "quantity": kind.details.quantity,
            "sales_start": kind.details.sales.start,
            "sales_end": kind.details.sales.end,
        }
        for position, kind in enumerate(event.ticket_types, start=1)
    ]


def order_columns(orders: Sequence[Order]) -> dict[str, list[object]]:
    """Make the arrays of sql/record_orders.sql of orders and their tickets."""
    tickets = [(order, ticket) for order in orders for ticket in order.tickets]
    return {
        "order_ids": [str(order.id) for order in orders],
        "order_event_ids": [order.event_id for order in orders],
        "order_buyer_ids": [order.buyer_id for order in orders],
        "order_guest_names": [order.guest.name if order.guest else None for order in orders],
        "order_guest_emails": [
            order.guest.email.value if order.guest and order.guest.email else None
            for order in orders
        ],
        "order_registrants": [order.registrant for order in orders],
        "order_statuses": [order.status.value for order in orders],
        "order_totals": [order.total.amount for order in orders],
        "order_currencies": [order.total.currency for order in orders],
        "order_created_ats": [order.created_at for order in orders],
        "ticket_ids": [str(ticket.id) for _, ticket in tickets],
        "ticket_event_ids": [order.event_id for order, _ in tickets],
        "ticket_order_ids": [str(order.id) for order, _ in tickets],
        "ticket_codes": [ticket.code.value for _, ticket in tickets],
        "ticket_type_ids": [ticket.ticket_type_id for _, ticket in tickets],
        "ticket_prices": [ticket.price.amount for _, ticket in tickets],
        "ticket_attendee_names": [
            ticket.attendee.name if ticket.attendee else None for _, ticket in tickets
        ],
        "ticket_attendee_emails": [
            ticket.attendee.email.value if ticket.attendee and ticket.attendee.email else None
            for _, ticket in tickets
        ],
        "ticket_search_texts": [attendee_text(ticket.attendee) for _, ticket in tickets],
        "ticket_issued_ats": [ticket.issued_at for _, ticket in tickets],
    }


def order_of(rows: Sequence[Row]) -> Order:
    """Make the aggregate's part of an order that stands beside each of its tickets."""
    row = rows[0]
    return Order(
        id=OrderId(row.id),
        event_id=EventId(row.event_id),
        buyer_id=None if row.buyer_id is None else UserId(row.buyer_id),
        guest=None
        if row.guest_name is None
        else Attendee(row.guest_name, EmailAddress(row.guest_email)),
        registrant=row.registrant,
        status=OrderStatus(row.status),
        total=Money(row.total, row.currency),
        tickets=[
            Ticket(
                id=TicketId(ticket.ticket_id),
                code=TicketCode(ticket.code),
                ticket_type_id=None
                if ticket.ticket_type_id is None
                else TicketTypeId(ticket.ticket_type_id),
                price=Money(ticket.price, row.currency if ticket.price else None),
                attendee=None
                if ticket.attendee_name is None
                else Attendee(
                    ticket.attendee_name,
                    None if ticket.attendee_email is None else EmailAddress(ticket.attendee_email),
                ),
                issued_at=ticket.issued_at,
                checked_in_at=ticket.checked_in_at,
                cancelled_at=ticket.cancelled_at,
            )
            for ticket in rows
        ],
        created_at=row.created_at,
    )


def ticket_changes(ticket: Ticket) -> dict[str, object]:
    """Give what may have been changed of a ticket."""
    attendee = ticket.attendee
    return {
        "attendee_name": attendee.name if attendee else None,
        "attendee_email": attendee.email.value if attendee and attendee.email else None,
        "search_text": attendee_text(attendee),
        "issued_at": ticket.issued_at,
        "checked_in_at": ticket.checked_in_at,
        "cancelled_at": ticket.cancelled_at,
    }


def ticket_row(order: Order, ticket: Ticket) -> dict[str, object]:
    """Make a row of tickets."""
    return {
        "id": ticket.id,
        "event_id": order.event_id,
        "order_id": order.id,
        "code": ticket.code.value,
        "ticket_type_id": ticket.ticket_type_id,
        "price": ticket.price.amount,
    } | ticket_changes(ticket)


def answer_to_json(answer: OrderView) -> str:
    """Return the answer to a request as JSON."""
    return msgspec.json.encode(answer).decode()


def answer_from_json(stored: Mapping[str, Any]) -> OrderView:
    """Return an answer that was stored by this or an earlier version of the program.

    Before there were ticket types, a ticket had neither a type nor a price.
    """
    tickets = [{"ticket_type": None, "price": "0.00"} | ticket for ticket in stored["tickets"]]
    answer = {"quantity": len(tickets)} | dict(stored) | {"tickets": tickets}
    return msgspec.convert(answer, OrderView)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)
