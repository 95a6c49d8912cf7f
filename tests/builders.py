"""Aggregates and forms for tests, with defaults."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from eventapi.adapters.system import RandomIdentities
from eventapi.domain.event import Event, OrderLine
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.order import Buyer, Order
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.user import Role, User
from eventapi.domain.values import (
    ALWAYS,
    AccessCode,
    CategoryId,
    EventId,
    LoginSessionId,
    Money,
    Period,
    SalesWindow,
    TicketTypeId,
    Timezone,
    UserId,
    Username,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
IDENTITIES = RandomIdentities()
BUYER = UserId(7)
ACCOUNT = Buyer.account(BUYER)
ORGANIZER = UserId(1)

_names = count(1)


def details(
    *,
    name: str = "Jazz night",
    description: str = "",
    location: str = "",
    capacity: int = 100,
    start: datetime = NOW + timedelta(days=30),
    length: timedelta = timedelta(hours=3),
    category: CategoryId | None = None,
    visibility: Visibility = Visibility.PUBLIC,
    sales: SalesWindow = ALWAYS,
    sessions: Sequence[AgendaSession] = (),
    reference: str | None = None,
    max_per_person: int | None = None,
) -> EventDetails:
    return EventDetails(
        name=name,
        description=description,
        period=Period(start, start + length),
        timezone=Timezone("Europe/Berlin"),
        location=location,
        capacity=capacity,
        category=category,
        visibility=visibility,
        access_code=AccessCode("open-sesame") if visibility is Visibility.PRIVATE else None,
        sales=sales,
        sessions=sessions,
        reference=reference,
        max_per_person=max_per_person,
    )


def ticket_type(
    id: int = 1,
    *,
    name: str | None = None,
    price: str = "50.00",
    currency: str | None = "EUR",
    quantity: int = 50,
    sold: int = 0,
    sales: SalesWindow = ALWAYS,
) -> TicketType:
    return TicketType(
        id=TicketTypeId(id),
        details=TicketTypeDetails(
            name=name or f"Type {id}",
            price=Money(Decimal(price), currency),
            quantity=quantity,
            sales=sales,
        ),
        tickets_sold=sold,
    )


def event(
    *,
    id: int = 1,
    organizer_id: UserId = ORGANIZER,
    sold: int = 0,
    types: Sequence[TicketType] = (),
    **said: Any,
) -> Event:
    return Event(
        id=EventId(id),
        organizer_id=organizer_id,
        details=details(**said),
        ticket_types=types,
        tickets_sold=sold,
        created_at=NOW,
        updated_at=NOW,
    )


def sell(
    an_event: Event,
    quantity: int = 1,
    *,
    of: int | None = None,
    now: datetime = NOW,
    limit: int = 10,
) -> Order:
    line = OrderLine(quantity, None if of is None else TicketTypeId(of))
    return an_event.sell([line], buyer=ACCOUNT, order_limit=limit, now=now, identities=IDENTITIES)


def session_id() -> LoginSessionId:
    return LoginSessionId(uuid4())


def user(*, id: int, username: str | None = None, role: Role = Role.USER) -> User:
    return User(
        id=UserId(id),
        username=Username(username or f"user-{next(_names)}"),
        password_hash="none",
        role=role,
        created_at=NOW,
    )
