"""Aggregates record what happens to them, and the audit trail reads it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from eventapi.application.audit import DomainEventCollector, Origin, current_origin
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.category import Category
from eventapi.domain.domain_event import Aggregate, DomainEventType
from eventapi.domain.errors import EventStarted, SoldOut
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.login_session import LoginSession
from eventapi.domain.order import Order
from eventapi.domain.policy import Actor
from eventapi.domain.user import Profile, Role
from eventapi.domain.values import (
    ApiKeyId,
    Attendee,
    CategoryId,
    EmailAddress,
    EventId,
    UserId,
)
from tests import builders
from tests.builders import BUYER, IDENTITIES, NOW, ORGANIZER, details, sell

ADA = Attendee("Ada", EmailAddress("ada@example.org"))
BOB = Actor(BUYER, "bob", Role.USER)


def recorded(aggregate: Aggregate) -> list[str]:
    return [event.type.value for event in aggregate.release_events()]


def register(event: Event, *, waitlist: bool = False) -> Order:
    return event.register(ADA, waitlist=waitlist, now=NOW, identities=IDENTITIES)


def a_sold_order() -> Order:
    order = sell(builders.event(), 2)
    order.release_events()
    return order


def test_events_are_released_once_and_in_their_order() -> None:
    order = sell(builders.event(), 2)

    released = order.release_events()

    assert [event.type for event in released] == [
        DomainEventType.ORDER_PLACED,
        DomainEventType.ORDER_CONFIRMED,
    ]
    assert {event.order_id for event in released} == {order.id}
    assert {event.event_id for event in released} == {EventId(1)}
    assert {event.occurred_at for event in released} == {NOW}
    assert recorded(order) == []


def test_an_event_records_its_life() -> None:
    event = Event.schedule(id=EventId(1), organizer_id=ORGANIZER, details=details(), now=NOW)
    event.update(details(name="Later"), (), now=NOW)
    event.set_image("a.png", now=NOW)
    assert event.cancel(now=NOW)
    assert not event.cancel(now=NOW)

    assert recorded(event) == [
        "event.created", "event.changed", "event.changed", "event.cancelled",
    ]  # fmt: skip
    never_sold = builders.event()
    never_sold.delete(has_orders=False, now=NOW)
    assert recorded(never_sold) == ["event.deleted"]


def test_a_refusal_records_nothing() -> None:
    full = builders.event(capacity=1, sold=1)
    with pytest.raises(SoldOut):
        sell(full)
    assert recorded(full) == []

    order = a_sold_order()
    with pytest.raises(EventStarted):
        order.name_attendee(order.tickets[0].id, ADA, starts_at=NOW, now=NOW)
    assert recorded(order) == []


def test_an_order_on_the_waitlist_records_when_it_is_confirmed() -> None:
    event = builders.event(capacity=1)
    taken = register(event)
    waiting = event.register(
        Attendee("Eve", EmailAddress("eve@example.org")),
        waitlist=True,
        now=NOW,
        identities=IDENTITIES,
    )
    event.cancel_order(taken, by_organizer=False, now=NOW)
    event.promote([waiting], now=NOW + timedelta(hours=1))

    assert recorded(taken) == ["order.placed", "order.confirmed", "order.cancelled"]
    assert recorded(waiting) == ["order.placed", "order.waitlisted", "order.confirmed"]


def test_an_import_is_one_domain_event_of_the_event() -> None:
    event = builders.event()
    order = event.import_registration(
        ADA, ticket_type_id=None, held=0, now=NOW, identities=IDENTITIES
    )
    event.record_import(NOW)

    assert recorded(order) == []
    assert recorded(event) == ["order.imported"]


START = NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda o: o.name_attendee(o.tickets[0].id, ADA, starts_at=START, now=NOW),
            ["ticket.named"],
        ),
        (
            lambda o: o.transfer(
                o.tickets[0].id, ADA, starts_at=START, now=NOW, identities=IDENTITIES
            ),
            ["ticket.transferred"],
        ),
        (
            lambda o: o.check_in(o.tickets[0].code, event_id=o.event_id, scanned_at=NOW, now=NOW),
            ["ticket.checked_in"],
        ),
        (lambda o: o.undo_check_in(o.tickets[0].code, event_id=o.event_id, now=NOW), []),
    ],
)
def test_a_ticket_records_what_is_done_with_it(
    change: Callable[[Order], object], expected: list[str]
) -> None:
    order = a_sold_order()
    ticket = order.tickets[0]

    change(order)

    released = order.release_events()
    assert [event.type for event in released] == expected
    assert {event.ticket_id for event in released} <= {ticket.id}


def test_an_account_records_only_what_changes() -> None:
    user = builders.user(id=3)
    user.update_profile(Profile(first_name="Bo"), now=NOW)
    user.change_password("hash", now=NOW)
    assert not user.change_role(user.role, now=NOW)
    assert user.change_role(Role.ORGANIZER, now=NOW)
    assert not user.enable(NOW)
    assert user.disable(NOW)
    assert not user.disable(NOW)
    assert user.enable(NOW)
    user.erase(NOW)

    released = user.release_events()

    assert [event.type.value for event in released] == [
        "account.changed", "account.password_changed", "account.role_changed",
        "account.disabled", "account.enabled", "account.erased",
    ]  # fmt: skip
    assert {event.account_id for event in released} == {user.id}
    assert [event.detail for event in released if event.detail] == ["organizer"]


def test_keys_categories_and_sessions_record_their_lives() -> None:
    key = ApiKey.create(
        id=ApiKeyId(5),
        owner_id=ORGANIZER,
        name="door",
        scopes=frozenset({KeyScope.CHECK_IN}),
        digest=b"x" * 32,
        hint="1234",
        now=NOW,
        expires_at=None,
    )
    key.revoke(NOW)
    category = Category.create("Jazz", id=CategoryId(1), now=NOW)
    category.rename("Jazz & Blues", now=NOW)
    category.delete(now=NOW)
    session = LoginSession.start(
        id=builders.session_id(), user_id=BUYER, now=NOW, expires_at=NOW + timedelta(days=1)
    )
    session.end(NOW)
    session.revoke(NOW)

    assert {event.detail for event in [*key._recorded]} == {"key 5"}
    assert recorded(key) == ["api_key.created", "api_key.revoked"]
    assert {event.detail for event in [*category._recorded]} == {"jazz"}
    assert recorded(category) == ["category.created", "category.changed", "category.deleted"]
    assert recorded(session) == ["session.started", "session.ended", "session.revoked"]


def test_the_audit_trail_attributes_each_event_to_the_actor_of_that_moment() -> None:
    event = builders.event()
    here, there = Origin("192.0.2.1", "a"), Origin("192.0.2.2", "b")
    collector = DomainEventCollector(None)
    token = current_origin.set(here)
    try:
        collector.collect(sell(event))
        collector.act_as(BOB, there)
        collector.collect(sell(event), sell(event))
        collector.act_as(Actor(UserId(8), "eve", Role.USER, ApiKeyId(2)))
        collector.collect(sell(event))
    finally:
        current_origin.reset(token)

    entries = [(entry.actor_id, entry.key_id, entry.origin) for entry in collector.entries]
    assert entries == [
        (None, None, here), (BUYER, None, there), (BUYER, None, there), (8, 2, here),
    ]  # fmt: skip


def test_the_audit_trail_leaves_out_what_follows_from_another_entry() -> None:
    event = builders.event(capacity=1)
    collector = DomainEventCollector(BOB)

    collector.collect(sell(event), event)

    assert [entry.action for entry in collector.entries] == [DomainEventType.ORDER_PLACED]
    assert event.status is EventStatus.SCHEDULED
