"""Things to test with, sensible by default."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.test import TestResponse

from eventapi.adapters.system import RandomIdentities
from eventapi.domain.event import Event, EventDetails
from eventapi.domain.order import Order
from eventapi.domain.user import Role, User
from eventapi.domain.values import EventId, Period, Timezone, UserId, Username
from eventapi.testing import Client

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
IDENTITIES = RandomIdentities()
BUYER = UserId(7)
ORGANIZER = UserId(1)

_names = count(1)


def details(
    *,
    name: str = "Jazz night",
    capacity: int = 100,
    start: datetime = NOW + timedelta(days=30),
    length: timedelta = timedelta(hours=3),
) -> EventDetails:
    return EventDetails(
        name=name,
        description="",
        period=Period(start, start + length),
        timezone=Timezone("Europe/Berlin"),
        location="",
        capacity=capacity,
    )


def event(
    *,
    id: int = 1,
    organizer_id: UserId = ORGANIZER,
    capacity: int = 100,
    sold: int = 0,
    start: datetime = NOW + timedelta(days=30),
) -> Event:
    return Event(
        id=EventId(id),
        organizer_id=organizer_id,
        details=details(capacity=capacity, start=start),
        tickets_sold=sold,
        created_at=NOW,
        updated_at=NOW,
    )


def sell(an_event: Event, quantity: int = 1, *, now: datetime = NOW, limit: int = 10) -> Order:
    return an_event.sell(
        quantity, buyer_id=BUYER, order_limit=limit, now=now, identities=IDENTITIES
    )


def user(*, id: int, username: str | None = None, role: Role = Role.USER) -> User:
    return User(
        id=UserId(id),
        username=Username(username or f"user-{next(_names)}"),
        password_hash="none",
        role=role,
        created_at=NOW,
    )


def event_body(**changes: Any) -> dict[str, Any]:
    """A valid body of POST /api/events."""
    return {
        "name": "Jazz night",
        "start_time": "2030-06-01T20:00:00+02:00",
        "end_time": "2030-06-01T23:30:00+02:00",
        "timezone": "Europe/Berlin",
        "location": "Blue Note, Berlin",
        "capacity": 100,
    } | changes


def make_event(organizer: Client, **changes: Any) -> dict[str, Any]:
    """Create an event over the API."""
    response = organizer.post("/api/events", json=event_body(**changes))
    assert response.status_code == 201, response.get_data(as_text=True)
    made: dict[str, Any] = response.get_json()
    return made


def buy(
    buyer: Client, event_id: int, quantity: object = 1, *, key: str | None = None, **more: Any
) -> TestResponse:
    """Purchase tickets over the API."""
    return buyer.post(
        f"/api/events/{event_id}/purchase",
        json={"quantity": quantity, **more},
        headers={"Idempotency-Key": key} if key else {},
    )
