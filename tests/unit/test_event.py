"""Selling the places of an event, and never one too many."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eventapi.domain.errors import DomainError, EventStarted, InvalidValues, OrderTooLarge, SoldOut
from eventapi.domain.event import Event, OrderLine
from eventapi.domain.event_details import parse_period
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.values import Attendee, EmailAddress, EventId, Timezone
from tests import builders
from tests.builders import ACCOUNT, BUYER, IDENTITIES, NOW, ORGANIZER, sell


def test_a_sale_gives_a_confirmed_order_with_its_tickets() -> None:
    event = builders.event(capacity=10)

    order = sell(event, 3)

    assert order.status is OrderStatus.CONFIRMED
    assert order.quantity == len({ticket.code for ticket in order.tickets}) == 3
    assert (order.event_id, order.buyer.account_id, order.created_at) == (event.id, BUYER, NOW)
    assert (event.tickets_sold, event.tickets_remaining) == (3, 7)


def test_the_last_places_can_be_sold() -> None:
    event = builders.event(capacity=10, sold=8)

    sell(event, 2)

    assert event.tickets_remaining == 0


def test_more_than_remains_is_refused_whole_and_says_what_remains() -> None:
    event = builders.event(capacity=10, sold=8)

    with pytest.raises(SoldOut) as refusal:
        sell(event, 3)

    assert (refusal.value.requested, refusal.value.remaining) == (3, 2)
    assert event.tickets_sold == 8


def test_nothing_is_sold_from_the_start_on() -> None:
    start = NOW + timedelta(hours=1)
    event = builders.event(start=start)

    sell(event, now=start - timedelta(microseconds=1))
    with pytest.raises(EventStarted) as refusal:
        sell(event, now=start)

    assert refusal.value.start_time == start
    assert event.tickets_sold == 1


def test_an_order_may_hold_the_limit_and_no_more() -> None:
    event = builders.event()

    sell(event, 4, limit=4)
    with pytest.raises(OrderTooLarge) as refusal:
        sell(event, 5, limit=4)

    assert (refusal.value.requested, refusal.value.limit) == (5, 4)
    assert event.tickets_sold == 4


@pytest.mark.parametrize("quantity", [0, -1, -(10**9)])
def test_fewer_than_one_ticket_is_no_order(quantity: int) -> None:
    event = builders.event()

    with pytest.raises(InvalidValues, match="quantity"):
        sell(event, quantity)

    assert event.tickets_sold == 0


def test_the_first_tickets_admit_who_was_named() -> None:
    ada = Attendee("Ada", EmailAddress("ada@example.org"))

    order = builders.event().sell(
        [OrderLine(2)],
        buyer=ACCOUNT,
        attendees=[ada],
        order_limit=10,
        now=NOW,
        identities=IDENTITIES,
    )

    assert [ticket.attendee for ticket in order.tickets] == [ada, None]


def test_more_attendees_than_tickets_are_refused() -> None:
    event = builders.event()

    with pytest.raises(InvalidValues, match="attendees"):
        event.sell(
            [OrderLine(1)],
            buyer=ACCOUNT,
            attendees=[Attendee("Ada"), Attendee("Grace")],
            order_limit=10,
            now=NOW,
            identities=IDENTITIES,
        )

    assert event.tickets_sold == 0


@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_half_a_period_is_refused_by_the_missing_half(field: str) -> None:
    given_times = {
        "start_time": NOW + timedelta(days=1),
        "end_time": NOW + timedelta(days=2),
        field: None,
    }

    with pytest.raises(InvalidValues) as refusal:
        parse_period(
            start=given_times["start_time"],
            end=given_times["end_time"],
            day=None,
            timezone=Timezone("UTC"),
        )

    assert list(refusal.value.problems) == [field]


def test_a_day_and_times_at_once_are_refused() -> None:
    with pytest.raises(InvalidValues, match="date"):
        parse_period(
            start=NOW + timedelta(days=1),
            end=None,
            day=date(2027, 1, 1),
            timezone=Timezone("UTC"),
        )


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", date(2027, 1, 1), datetime(2027, 1, 1, tzinfo=UTC), 24),
        ("Pacific/Auckland", date(2027, 1, 1), datetime(2026, 12, 31, 11, tzinfo=UTC), 24),
        ("Pacific/Auckland", date(2027, 9, 26), datetime(2027, 9, 25, 12, tzinfo=UTC), 23),
        ("Europe/Berlin", date(2027, 3, 28), datetime(2027, 3, 27, 23, tzinfo=UTC), 23),
        ("Europe/Berlin", date(2027, 10, 31), datetime(2027, 10, 30, 22, tzinfo=UTC), 25),
    ],
)
def test_an_all_day_event_lasts_from_midnight_to_midnight_where_it_is(
    zone: str, day: date, start: datetime, hours: int
) -> None:
    period = parse_period(start=None, end=None, day=day, timezone=Timezone(zone))

    assert (period.start, period.end - period.start) == (start, timedelta(hours=hours))


def test_an_event_that_would_have_started_is_not_announced() -> None:
    with pytest.raises(InvalidValues, match="start_time"):
        Event.schedule(
            id=EventId(1), organizer_id=ORGANIZER, details=builders.details(start=NOW), now=NOW
        )


class Selling(RuleBasedStateMachine):
    """The invariants of an event hold after every operation."""

    def __init__(self) -> None:
        super().__init__()
        self.event = builders.event(capacity=12)
        self.orders: list[Order] = []

    @rule(
        quantity=st.integers(-2, 15),
        minutes=st.integers(-5, 5),
        attendees=st.integers(0, 3),
    )
    def sell(self, quantity: int, minutes: int, attendees: int) -> None:
        before = self.event.tickets_sold
        now = self.event.details.period.start + timedelta(minutes=minutes)
        try:
            order = self.event.sell(
                [OrderLine(quantity)],
                buyer=ACCOUNT,
                attendees=[Attendee("Ada")] * attendees,
                order_limit=10,
                now=now,
                identities=IDENTITIES,
            )
        except DomainError:
            assert self.event.tickets_sold == before
        else:
            assert minutes < 0
            self.orders.append(order)

    @invariant()
    def sold_within_capacity(self) -> None:
        assert 0 <= self.event.tickets_sold <= self.event.details.capacity

    @invariant()
    def sold_is_what_the_orders_hold(self) -> None:
        assert self.event.tickets_sold == sum(order.quantity for order in self.orders)

    @invariant()
    def codes_are_unique(self) -> None:
        codes = [ticket.code for order in self.orders for ticket in order.tickets]
        assert len(set(codes)) == len(codes)


TestSelling = Selling.TestCase


@given(st.lists(st.integers(1, 10), max_size=60))
def test_whoever_fits_gets_in_and_nobody_else(quantities: list[int]) -> None:
    event = builders.event(capacity=50)
    remaining = 50

    for quantity in quantities:
        if quantity <= remaining:
            sell(event, quantity)
            remaining -= quantity
        else:
            with pytest.raises(SoldOut):
                sell(event, quantity)
        assert event.tickets_remaining == remaining
