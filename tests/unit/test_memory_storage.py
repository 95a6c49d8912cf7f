"""The storage ports on the memory adapter."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from eventapi.adapters.memory import (
    MemoryCategoryQueries,
    MemoryDatabase,
    MemoryEventQueries,
    MemoryOrderQueries,
    MemoryUnitOfWork,
    MemoryUserQueries,
)
from eventapi.adapters.memory.database import ConstraintViolatedError
from eventapi.application.ports.storage import UnitOfWork
from eventapi.domain.errors import AccountDeleted
from eventapi.domain.event import Event
from eventapi.domain.user import User
from eventapi.domain.values import Attendee, EmailAddress
from tests.builders import NOW
from tests.contracts.storage import *  # noqa: F403 - all of them
from tests.contracts.storage.harness import Storage, sell_to


@pytest.fixture
def storage() -> Storage:
    database = MemoryDatabase()
    return Storage(
        unit_of_work=partial(MemoryUnitOfWork, database),
        users=MemoryUserQueries(database),
        categories=MemoryCategoryQueries(database),
        events=MemoryEventQueries(database),
        orders=MemoryOrderQueries(database),
    )


@pytest.fixture
def bob(storage: Storage) -> User:
    return storage.add_user("bob")


@pytest.fixture
def event(storage: Storage, bob: User) -> Event:
    return storage.add_event(bob, capacity=1)


def forget_to_count(work: UnitOfWork, event: Event, bob: User) -> None:
    loaded = work.events.get_for_update(event.id)[event.id]
    work.orders.add(sell_to(loaded, bob))
    loaded.tickets_sold = 0
    work.orders.add(sell_to(loaded, bob))


def forget_to_lock(work: UnitOfWork, event: Event, bob: User) -> None:
    work.orders.add(sell_to(event, bob))


def sell_a_code_twice(work: UnitOfWork, event: Event, bob: User) -> None:
    loaded = work.events.get_for_update(event.id)[event.id]
    order = sell_to(loaded, bob)
    order.tickets.append(order.tickets[0])
    work.orders.add(order)


def cut_the_capacity(work: UnitOfWork, event: Event, bob: User) -> None:
    loaded = work.events.get_for_update(event.id)[event.id]
    work.orders.add(sell_to(loaded, bob))
    loaded.details = replace(loaded.details, capacity=2)
    work.orders.add(sell_to(loaded, bob))


@pytest.mark.parametrize(
    "defect", [forget_to_count, forget_to_lock, sell_a_code_twice, cut_the_capacity]
)
def test_the_constraints_stop_a_defect_of_the_program(
    storage: Storage, event: Event, bob: User, defect: Callable[[UnitOfWork, Event, User], None]
) -> None:
    with pytest.raises(ConstraintViolatedError), storage.unit_of_work() as work:
        defect(work, event, bob)
        work.commit()

    assert storage.sold(event.id) == 0
    assert storage.orders.of_event(event.id, search=None, before=None, limit=9).items == []


def test_no_order_changes_unless_its_event_was_loaded_for_update(
    storage: Storage, event: Event, bob: User
) -> None:
    order = storage.sell(event.id, bob)

    with pytest.raises(ConstraintViolatedError), storage.unit_of_work() as work:
        loaded = work.orders.get(event.id, order.id)
        assert loaded is not None
        loaded.tickets[0].attendee = None
        work.orders.save(loaded)
        work.commit()

    (kept,) = storage.orders.of_event(event.id, search=None, before=None, limit=9).items
    assert kept.tickets[0].attendee is not None


@pytest.mark.parametrize("attendee", [None, Attendee("Ada", EmailAddress("ada@example.org"))])
def test_an_account_erased_during_its_purchase_gets_no_order(
    storage: Storage, event: Event, bob: User, attendee: Attendee | None
) -> None:
    with pytest.raises(AccountDeleted), storage.unit_of_work() as work:
        loaded = work.events.get_for_update(event.id)[event.id]
        order = sell_to(loaded, bob)
        order.tickets[0].attendee = attendee
        work.orders.add(order)
        with storage.unit_of_work() as other:
            erased = other.users.get_for_erasure(bob.id)
            assert erased is not None
            erased.erase(now=NOW)
            other.users.save(erased)
            other.commit()
        work.commit()

    assert storage.orders.of_event(event.id, search=None, before=None, limit=9).items == []


def test_an_erasure_forgets_what_was_bought_meanwhile(
    storage: Storage, event: Event, bob: User
) -> None:
    with storage.unit_of_work() as work:
        erased = work.users.get_for_erasure(bob.id)
        assert erased is not None
        assert work.orders.events_of(bob.id) == set()
        storage.sell(event.id, bob)
        erased.erase(now=NOW)
        work.users.save(erased)
        work.orders.forget_buyer(bob.id)
        work.commit()

    (order,) = storage.orders.of_event(event.id, search=None, before=None, limit=9).items
    assert order.tickets[0].attendee is None
    with pytest.raises(AccountDeleted):
        storage.sell(storage.add_event(storage.add_user("eve")).id, bob)
