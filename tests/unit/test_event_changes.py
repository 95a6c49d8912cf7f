"""Ticket types, and changes of an event, which keep what was sold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from eventapi.domain.errors import (
    CapacityBelowSold,
    DomainError,
    EventCancelled,
    EventEnded,
    EventHasOrders,
    InvalidValues,
    SalesClosed,
    SoldOut,
    TicketTypeInUse,
    TicketTypeNotFound,
    VersionConflict,
)
from eventapi.domain.event import Event, EventStatus, OrderLine
from eventapi.domain.order import Buyer, Order
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    Money,
    SalesWindow,
    Slug,
    TicketTypeId,
    normalize,
    tokenize,
)
from tests import builders
from tests.builders import ACCOUNT, IDENTITIES, NOW, sell, ticket_type

HOUR = timedelta(hours=1)


def lines(*wanted: tuple[int, int]) -> list[OrderLine]:
    return [OrderLine(quantity, TicketTypeId(id)) for id, quantity in wanted]


def sell_lines(event: Event, *wanted: tuple[int, int], now: datetime = NOW) -> Order:
    return event.sell(lines(*wanted), buyer=ACCOUNT, order_limit=20, now=now, identities=IDENTITIES)


def test_an_order_of_several_types_adds_up_exactly() -> None:
    event = builders.event(types=[ticket_type(1, price="0.10"), ticket_type(2, price="0.20")])

    order = sell_lines(event, (1, 3), (2, 2))

    assert order.total == Money(Decimal("0.70"), "EUR")
    assert [ticket.ticket_type_id for ticket in order.tickets] == [1, 1, 1, 2, 2]
    assert [kind.tickets_sold for kind in event.ticket_types] == [3, 2]
    assert event.tickets_sold == 5


def test_a_line_that_can_not_be_sold_sells_none_of_the_others() -> None:
    event = builders.event(types=[ticket_type(1), ticket_type(2, quantity=1)])

    with pytest.raises(SoldOut) as refusal:
        sell_lines(event, (1, 2), (2, 2))

    assert (refusal.value.ticket_type, refusal.value.limited_by) == (2, "ticket_type")
    assert event.tickets_sold == 0
    assert [kind.tickets_sold for kind in event.ticket_types] == [0, 0]


def test_what_is_left_is_the_lesser_of_places_and_types() -> None:
    types = [ticket_type(1, quantity=3), ticket_type(2, quantity=4)]

    assert builders.event(capacity=5, types=types).tickets_remaining == 5
    assert builders.event(capacity=50, types=types).tickets_remaining == 7
    assert builders.event(capacity=50).tickets_remaining == 50


@pytest.mark.parametrize(
    ("window", "open_at"),
    [
        (SalesWindow(), [-2, 0, 2]),
        (SalesWindow(start=NOW), [0, 2]),
        (SalesWindow(end=NOW), [-2]),
        (SalesWindow(NOW - HOUR, NOW + HOUR), [0]),
    ],
)
def test_a_window_is_open_from_its_start_until_its_end(
    window: SalesWindow, open_at: list[int]
) -> None:
    assert [hours for hours in (-2, 0, 2) if window.is_open(NOW + hours * HOUR)] == open_at


def test_the_window_of_a_type_and_of_the_event_both_count() -> None:
    event = builders.event(
        sales=SalesWindow(end=NOW + 2 * HOUR),
        types=[ticket_type(1, sales=SalesWindow(start=NOW + HOUR))],
    )

    with pytest.raises(SalesClosed) as of_type:
        sell(event)
    sell(event, now=NOW + HOUR)
    with pytest.raises(SalesClosed) as of_event:
        sell(event, now=NOW + 2 * HOUR)

    assert (of_type.value.ticket_type, of_event.value.ticket_type) == (1, None)


def test_a_registration_is_an_order_of_one_ticket_for_one_person() -> None:
    event = builders.event(types=[ticket_type(1)])
    ada = Attendee("Ada", EmailAddress("Ada@Example.org"))

    order = event.register(ada, now=NOW, identities=IDENTITIES)

    assert (order.buyer, order.registrant) == (Buyer.guest(ada), "ada@example.org")
    assert [ticket.attendee for ticket in order.tickets] == [ada]
    assert (event.tickets_sold, event.ticket_types[0].tickets_sold) == (1, 1)
    with pytest.raises(InvalidValues, match="email"):
        event.register(Attendee("Bob"), now=NOW, identities=IDENTITIES)


def test_a_change_is_counted_and_dated() -> None:
    event = builders.event()

    event.update(builders.details(name="Rock night"), [], now=NOW + HOUR)

    assert (event.details.name, event.version, event.updated_at) == ("Rock night", 2, NOW + HOUR)
    event.check_version({2, 5})
    event.check_version(None)
    with pytest.raises(VersionConflict) as refusal:
        event.check_version({1})
    assert refusal.value.version == 2


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda e: e.update(builders.details(capacity=4), e.ticket_types, now=NOW),
         CapacityBelowSold),
        (lambda e: e.update(e.details, [], now=NOW), TicketTypeInUse),
        (lambda e: e.updated_ticket_type(TicketTypeId(1), ticket_type(1, quantity=4).details),
         CapacityBelowSold),
        (lambda e: e.updated_ticket_type(TicketTypeId(9), ticket_type(1).details), TicketTypeNotFound),
        (lambda e: e.update(e.details, [*e.ticket_types, ticket_type(1)], now=NOW), InvalidValues),
        (lambda e: e.update(e.details, [*e.ticket_types, ticket_type(2, name="TYPE 1")], now=NOW),
         InvalidValues),
        (lambda e: e.update(e.details, [ticket_type(i) for i in range(1, 52)], now=NOW),
         InvalidValues),
        (lambda e: e.update(builders.details(start=NOW), e.ticket_types, now=NOW), InvalidValues),
        (lambda e: e.delete(has_orders=False, now=NOW), EventHasOrders),
        (lambda e: e.cancel(now=e.details.period.end), EventEnded),
    ],
)  # fmt: skip
def test_what_would_lose_what_was_sold_is_refused_and_changes_nothing(
    change: Callable[[Event], object], error: type[DomainError]
) -> None:
    event = builders.event(types=[ticket_type(1)])
    sell(event, 5)
    before = (event.details, event.status, event.version, list(event.ticket_types))

    with pytest.raises(error):
        change(event)

    assert (event.details, event.status, event.version, event.ticket_types) == before
    assert event.tickets_sold == event.ticket_types[0].tickets_sold == 5


def test_a_cancelled_event_counts_nothing_as_sold_and_stays_as_it_is() -> None:
    event = builders.event(types=[ticket_type(1)])
    sell(event, 5)

    assert event.cancel(now=NOW)
    assert not event.cancel(now=NOW)

    assert (event.status, event.version) == (EventStatus.CANCELLED, 2)
    assert event.tickets_sold == event.ticket_types[0].tickets_sold == 0
    for change in (
        lambda: sell(event),
        lambda: event.update(event.details, event.ticket_types, now=NOW),
        lambda: event.set_image("x", now=NOW),
    ):
        with pytest.raises(EventCancelled):
            change()


def test_a_running_event_may_be_described_but_not_moved_into_the_past() -> None:
    event = builders.event(start=NOW)

    event.update(replace(event.details, description="Running."), [], now=NOW + HOUR)
    with pytest.raises(InvalidValues, match="start_time"):
        event.update(builders.details(start=NOW - HOUR), [], now=NOW + HOUR)


class Life(RuleBasedStateMachine):
    """The figures of an event equal those of its orders after every operation."""

    def __init__(self) -> None:
        super().__init__()
        self.event = builders.event(capacity=12, types=[ticket_type(1, quantity=6)])
        self.orders: list[Order] = []
        self.ids = 1

    @rule(
        wanted=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 7)), max_size=3),
    )
    def sell(self, wanted: list[tuple[int, int]]) -> None:
        try:
            self.orders.append(sell_lines(self.event, *wanted))
        except DomainError:
            return
        assert self.event.status is EventStatus.SCHEDULED

    @rule(quantity=st.integers(0, 4))
    def sell_of_any_type(self, quantity: int) -> None:
        try:
            self.orders.append(sell(self.event, quantity))
        except DomainError:
            return
        assert len(self.event.ticket_types) <= 1

    @rule(capacity=st.integers(1, 20))
    def resize(self, capacity: int) -> None:
        sold = self.event.tickets_sold
        try:
            self.event.update(builders.details(capacity=capacity), self.event.ticket_types, now=NOW)
        except CapacityBelowSold:
            assert capacity < sold
        except EventCancelled:
            assert self.event.status is EventStatus.CANCELLED

    @precondition(lambda self: self.ids < 4)
    @rule(quantity=st.integers(1, 9), price=st.sampled_from(["0.00", "10.00", "0.05"]))
    def add_type(self, quantity: int, price: str) -> None:
        try:
            self.event.update(
                self.event.details,
                [
                    *self.event.ticket_types,
                    ticket_type(self.ids + 1, quantity=quantity, price=price),
                ],
                now=NOW,
            )
        except EventCancelled:
            return
        self.ids += 1

    @rule(id=st.integers(1, 4), quantity=st.integers(1, 9))
    def change_type(self, id: int, quantity: int) -> None:
        try:
            details = replace(self.event.ticket_type(TicketTypeId(id)).details, quantity=quantity)
            revised = self.event.updated_ticket_type(TicketTypeId(id), details)
            types = [revised if kind.id == id else kind for kind in self.event.ticket_types]
            self.event.update(self.event.details, types, now=NOW)
        except DomainError:
            return

    @rule(id=st.integers(1, 4))
    def remove_type(self, id: int) -> None:
        types = [kind for kind in self.event.ticket_types if kind.id != id]
        sold = any(kind.tickets_sold for kind in self.event.ticket_types if kind.id == id)
        try:
            self.event.update(self.event.details, types, now=NOW)
        except TicketTypeInUse:
            assert sold
        except EventCancelled:
            return

    @precondition(lambda self: len(self.orders) > 3)
    @rule()
    def cancel(self) -> None:
        if self.event.cancel(now=NOW):
            self.orders.clear()

    @invariant()
    def figures_are_those_of_the_orders(self) -> None:
        tickets = [ticket for order in self.orders for ticket in order.tickets]
        assert self.event.tickets_sold == len(tickets) <= self.event.details.capacity
        for kind in self.event.ticket_types:
            sold = sum(ticket.ticket_type_id == kind.id for ticket in tickets)
            assert kind.tickets_sold == sold <= kind.details.quantity
        present = {kind.id for kind in self.event.ticket_types}
        assert {ticket.ticket_type_id for ticket in tickets} <= present | {None}

    @invariant()
    def totals_are_the_sum_of_the_tickets(self) -> None:
        for order in self.orders:
            assert order.total.amount == sum(ticket.price.amount for ticket in order.tickets)


TestLife = Life.TestCase


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        ("-0.01", "EUR", "price"),
        ("0.001", "EUR", "price"),
        ("NaN", "EUR", "price"),
        ("Infinity", "EUR", "price"),
        ("1", None, "currency"),
        ("1", "EURO", "currency"),
        ("1.50", "JPY", "price"),
    ],
)
def test_money_can_not_be_what_can_not_be_paid(
    amount: str, currency: str | None, field: str
) -> None:
    with pytest.raises(InvalidValues) as refusal:
        Money(Decimal(amount), currency)
    assert list(refusal.value.problems) == [field]


def test_money_has_two_places_however_it_was_written() -> None:
    assert str(Money(Decimal(5), "EUR").amount) == "5.00"
    assert str(Money(Decimal(1500), "JPY").amount) == "1500.00"
    assert Money.free().is_free


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zürich, Café", ["zurich", "cafe"]),
        ("rock'n'roll", ["rock", "n", "roll"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("a_b-c", ["a", "b", "c"]),
        ("ΝΊΚΟΣ", ["νικοσ"]),
        ("１２３ ﬁne", ["123", "fine"]),
        ("%_ '--", []),
    ],
)
def test_words_are_found_without_regard_to_case_and_accents(text: str, found: list[str]) -> None:
    assert tokenize(text) == found


def test_what_reads_the_same_is_the_same() -> None:
    assert normalize("Å") == normalize("A\u030a") == "a"


@pytest.mark.parametrize("slug", ["", "-a", "a-", "a--b", "a b", "a/b", "..", "a_b", "x" * 101])
def test_a_slug_is_words_between_hyphens(slug: str) -> None:
    with pytest.raises(InvalidValues):
        Slug(slug)


def test_the_moments_of_a_window_are_kept_in_utc() -> None:
    moment = datetime.fromisoformat("2030-01-01T12:00:00+02:00")

    window = SalesWindow(moment, moment + HOUR)

    assert window.start == moment
    assert window.start is not None
    assert window.start.tzinfo is UTC
    with pytest.raises(InvalidValues, match="offset"):
        SalesWindow(datetime(2030, 1, 1))
