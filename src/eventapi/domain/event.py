"""The Event: the aggregate that guards its places.

However many people ask for tickets at the same instant, each of them asks one
Event, one after the other, and the Event alone decides. Every method first
makes sure that it may, and changes the event's state last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from eventapi.domain.errors import EventStarted, InvalidValues, OrderTooLarge, SoldOut
from eventapi.domain.order import Identities, Order, OrderStatus, Ticket
from eventapi.domain.values import (
    Attendee,
    EventId,
    Money,
    Period,
    Timezone,
    UserId,
    clean_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """What an organizer says of an event.

    Attributes:
        name: up to 255 characters.
        description: up to 20,000 characters, perhaps none.
        period: from the start to the end, in UTC.
        timezone: where the event's clocks stand; the period is shown in it.
        location: up to 500 characters, perhaps none.
        capacity: how many tickets there are at the most, at least 1.
    """

    name: str
    description: str
    period: Period
    timezone: Timezone
    location: str
    capacity: int

    LONGEST_NAME = 255
    LONGEST_DESCRIPTION = 20_000
    LONGEST_LOCATION = 500
    LARGEST_CAPACITY = 10_000_000

    def __post_init__(self) -> None:
        for field, longest in (
            ("name", self.LONGEST_NAME),
            ("description", self.LONGEST_DESCRIPTION),
            ("location", self.LONGEST_LOCATION),
        ):
            text = clean_text(
                field,
                getattr(self, field),
                longest=longest,
                required=field == "name",
                lines=field == "description",
            )
            object.__setattr__(self, field, text)
        if not 1 <= self.capacity <= self.LARGEST_CAPACITY:
            raise InvalidValues({"capacity": f"Must be 1 to {self.LARGEST_CAPACITY}."})


class Event:
    """An event with limited places, and what is sold of them.

    Attributes:
        tickets_sold: how many tickets its confirmed orders hold (invariant 2).
        created_at: in UTC.
        updated_at: when its organizer last changed it, in UTC.
        version: how many times its organizer changed it, from 1; a sale is no
            such change.
    """

    def __init__(
        self,
        *,
        id: EventId,
        organizer_id: UserId,
        details: EventDetails,
        tickets_sold: int = 0,
        created_at: datetime,
        updated_at: datetime,
        version: int = 1,
    ) -> None:
        self.id = id
        self.organizer_id = organizer_id
        self.details = details
        self.tickets_sold = tickets_sold
        self.created_at = created_at
        self.updated_at = updated_at
        self.version = version

    @classmethod
    def schedule(
        cls, *, id: EventId, organizer_id: UserId, details: EventDetails, now: datetime
    ) -> Self:
        """Announce a new event, with all its places free."""
        return cls(
            id=id, organizer_id=organizer_id, details=details, created_at=now, updated_at=now
        )

    @property
    def tickets_remaining(self) -> int:
        """How many places are left."""
        return self.details.capacity - self.tickets_sold

    def sell(
        self,
        quantity: int,
        *,
        buyer_id: UserId,
        attendees: Sequence[Attendee] = (),
        order_limit: int,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Sell tickets to a buyer, all that were asked for or none.

        Args:
            quantity: how many tickets.
            buyer_id: whose order it will be.
            attendees: whom the first tickets admit; the others stay unnamed.
            order_limit: how many tickets one order may hold.
            now: in UTC.
            identities: makes the ids and codes.

        Returns:
            The confirmed order with its tickets.

        Raises:
            InvalidValues: fewer than one ticket, or more attendees than tickets.
            OrderTooLarge: more tickets than the limit.
            EventStarted: the event has started (invariant 7).
            SoldOut: fewer places are left (invariant 1).
        """
        if quantity < 1:
            raise InvalidValues({"quantity": "Must be at least 1."})
        if len(attendees) > quantity:
            raise InvalidValues({"attendees": "Must not be more than the tickets."})
        if quantity > order_limit:
            raise OrderTooLarge(requested=quantity, limit=order_limit)
        if now >= self.details.period.start:
            raise EventStarted(self.details.period.start)
        if quantity > self.tickets_remaining:
            raise SoldOut(requested=quantity, remaining=self.tickets_remaining)

        unnamed = (None,) * (quantity - len(attendees))
        order = Order(
            id=identities.order_id(),
            event_id=self.id,
            buyer_id=buyer_id,
            status=OrderStatus.CONFIRMED,
            total=Money.free(),
            tickets=[
                Ticket(
                    id=identities.ticket_id(),
                    code=identities.ticket_code(),
                    attendee=attendee,
                    issued_at=now,
                )
                for attendee in (*attendees, *unnamed)
            ],
            created_at=now,
        )
        self.tickets_sold += quantity
        return order


def upcoming_period(
    *,
    start: datetime | None,
    end: datetime | None,
    day: date | None,
    timezone: Timezone,
    now: datetime,
) -> Period:
    """Read when a new event takes place: from start to end, or on one whole day.

    Args:
        start: with an offset from UTC.
        end: with an offset from UTC.
        day: instead of both, a day as the clocks of the time zone count it.
        timezone: where the event's clocks stand.
        now: in UTC.

    Raises:
        InvalidValues: neither or both were given, or only half; the end is not
            after the start; the start has passed.
    """
    if day is not None:
        if start is not None or end is not None:
            raise InvalidValues({"date": "Stands instead of start_time and end_time."})
        period = Period.all_day(day, timezone)
    elif start is not None and end is not None:
        period = Period(start, end)
    else:
        given = {"start_time": start, "end_time": end}
        raise InvalidValues(
            {field: "Is required, unless date is given." for field in given if given[field] is None}
        )
    if period.start <= now:
        raise InvalidValues({"start_time" if day is None else "date": "Must lie in the future."})
    return period
