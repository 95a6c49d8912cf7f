"""The memory adapter keeps the contract of storage."""

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


def test_the_constraints_stop_a_defect_of_the_aggregate(storage: Storage) -> None:
    bob = storage.add_user("bob")
    event = storage.add_event(bob, capacity=1)

    with pytest.raises(ConstraintViolatedError), storage.unit_of_work() as work:
        loaded = work.events.get_for_update(event.id)[event.id]
        work.orders.add(sell_to(loaded, bob))
        loaded.tickets_sold = 0
        work.orders.add(sell_to(loaded, bob))
        work.commit()

    assert storage.sold(event.id) == 0
