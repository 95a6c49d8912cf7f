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
    CategoryView,
    DaySales,
    EventRef,
    EventView,
    OrderView,
    Revenue,
    SalesFigures,
    SessionView,
    TicketDetails,
    TicketTypeRef,
    TicketTypeView,
    TicketView,
    UserView,
)
from eventapi.domain.category import Category
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.order import Order, OrderStatus, Ticket
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.user import Role, User
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
    tokenize,
)

MAX_WORD_LENGTH = 64
"""How much of a word is searched by: an index takes no entry of any length."""

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
        "email": user.email.value if user.email else None,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
        "erased_at": user.erased_at,
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
        is_disabled=row.disabled_at is not None,
    )


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
        "words": search_words(details),
        "created_at": event.created_at,
        "updated_at": event.updated_at,
        "version": event.version,
    }


def search_words(details: EventDetails) -> list[str]:
    """Give the words that an event is found by: see the column words in tables.py."""
    of_location = tokenize(details.location)
    words = {*tokenize(details.name), *tokenize(details.description), *of_location}
    return sorted(
        {word[:MAX_WORD_LENGTH] for word in words} | {location_word(word) for word in of_location}
    )


def location_word(word: str) -> str:
    """Give a word as it stands among the words for a location alone."""
    return f"@{word[:MAX_WORD_LENGTH]}"


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


def event_view_of(row: Row) -> EventView:
    """Make the view of a row of events beside its organizer, category and ticket types."""
    return EventView(
        id=row.id,
        name=row.name,
        description=row.description,
        start_time=row.start_time,
        end_time=row.end_time,
        timezone=row.timezone,
        location=row.location,
        category=None
        if row.category_slug is None
        else CategoryView(row.category_slug, row.category_name),
        visibility=row.visibility,
        access_code=row.access_code,
        status=row.status,
        image=row.image,
        organizer=AccountRef(row.organizer_id, row.organizer_username),
        capacity=row.capacity,
        tickets_sold=row.tickets_sold,
        sales_start=row.sales_start,
        sales_end=row.sales_end,
        ticket_types=tuple(
            TicketTypeView(
                id=kind["id"],
                name=kind["name"],
                price=Decimal(kind["price"]),
                currency=kind["currency"],
                quantity=kind["quantity"],
                tickets_sold=kind["tickets_sold"],
                sales_start=_moment(kind["sales_start"]),
                sales_end=_moment(kind["sales_end"]),
            )
            for kind in row.ticket_types or ()
        ),
        sessions=tuple(SessionView.of(session_of(session)) for session in row.sessions),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def figures_of(rows: Sequence[Row]) -> SalesFigures:
    """Make the figures of the rows of sql/event_figures.sql."""
    by_type, by_currency, by_day, whole = (
        [row for row in rows if row.kind == kind] for kind in (3, 5, 6, 7)
    )
    (all_of_it,) = whole
    return SalesFigures(
        by_type={row.ticket_type_id: row.tickets for row in by_type if row.tickets},
        revenue=sorted(
            (Revenue(row.currency, row.amount) for row in by_currency if row.amount),
            key=lambda revenue: revenue.currency,
        ),
        by_day=sorted(
            (DaySales(row.day, row.tickets) for row in by_day if row.tickets),
            key=lambda sales: sales.date,
        ),
        checked_in=all_of_it.checked_in,
        waitlisted=all_of_it.waitlisted,
        cancelled=all_of_it.cancelled,
    )


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


def ticket_details_of(row: Row) -> TicketDetails:
    """Make the view of a ticket beside its type and what tells its event and order."""
    return TicketDetails(
        ticket=TicketView(
            id=row.id,
            code=row.code,
            ticket_type=None
            if row.ticket_type_id is None
            else TicketTypeRef(row.ticket_type_id, row.ticket_type_name),
            price=row.price,
            attendee=None
            if row.attendee_name is None
            else AttendeeView(row.attendee_name, row.attendee_email),
            issued_at=row.issued_at,
            checked_in_at=row.checked_in_at,
            cancelled_at=row.cancelled_at,
        ),
        order_id=row.order_id,
        order_status=row.order_status,
        event_id=row.event_id,
    )


def order_view_of(rows: Sequence[Row]) -> OrderView:
    """Make the view of an order that stands, with its event and buyer, beside each ticket."""
    row = rows[0]
    return OrderView(
        id=row.id,
        event=EventRef(row.event_id, row.event_name, row.event_start_time),
        buyer=None if row.buyer_id is None else AccountRef(row.buyer_id, row.buyer_username),
        status=row.status,
        total=row.total,
        currency=row.currency,
        created_at=row.created_at,
        quantity=sum(ticket.cancelled_at is None for ticket in rows),
        position=row.position,
        tickets=()
        if row.status == OrderStatus.WAITLISTED
        else tuple(
            TicketView(
                id=ticket.ticket_id,
                code=ticket.code,
                ticket_type=None
                if ticket.ticket_type_id is None
                else TicketTypeRef(ticket.ticket_type_id, ticket.ticket_type_name),
                price=ticket.price,
                attendee=None
                if ticket.attendee_name is None
                else AttendeeView(ticket.attendee_name, ticket.attendee_email),
                issued_at=ticket.issued_at,
                checked_in_at=ticket.checked_in_at,
                cancelled_at=ticket.cancelled_at,
            )
            for ticket in rows
        ),
    )


def order_view_to_json(order: OrderView) -> str:
    """Write the view of an order down, to be remembered."""
    return orjson.dumps(order, default=str).decode()


def order_view_of_json(stored: Mapping[str, Any]) -> OrderView:
    """Read the view of an order as order_view_to_json wrote it, or wrote it once.

    Before there were ticket types, a ticket had neither type nor price.
    """
    event, tickets = stored["event"], stored["tickets"]
    return OrderView(
        id=UUID(stored["id"]),
        event=EventRef(event["id"], event["name"], _moment(event["start_time"])),
        buyer=stored["buyer"] and AccountRef(**stored["buyer"]),
        status=stored["status"],
        total=Decimal(stored["total"]),
        currency=stored["currency"],
        created_at=_moment(stored["created_at"]),
        quantity=stored.get("quantity", len(tickets)),
        position=stored.get("position"),
        tickets=tuple(
            TicketView(
                id=UUID(ticket["id"]),
                code=ticket["code"],
                ticket_type=ticket.get("ticket_type") and TicketTypeRef(**ticket["ticket_type"]),
                price=Decimal(ticket.get("price", "0.00")),
                attendee=ticket["attendee"] and AttendeeView(**ticket["attendee"]),
                issued_at=_moment(ticket["issued_at"]),
                checked_in_at=_moment(ticket["checked_in_at"]),
                cancelled_at=_moment(ticket.get("cancelled_at")),
            )
            for ticket in tickets
        ),
    )


def _moment(value: str | None) -> Any:
    """Read a moment that was written as JSON."""
    return None if value is None else datetime.fromisoformat(value)
