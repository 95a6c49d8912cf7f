"""What every storage must keep: rollback, isolation, locking, uniqueness, and the same answers.

A test module that brings the fixture ``storage`` imports all of them, and so runs them on its adapter.
"""

from tests.contracts.storage.clashes import TestClashes
from tests.contracts.storage.events_and_orders import TestEventsAndOrders
from tests.contracts.storage.idempotency import TestIdempotency
from tests.contracts.storage.importing import TestImports
from tests.contracts.storage.queries import TestQueries
from tests.contracts.storage.selling import TestSales
from tests.contracts.storage.units_of_work import TestUnitsOfWork
from tests.contracts.storage.users import TestUsers

__all__ = [
    "TestClashes",
    "TestEventsAndOrders",
    "TestIdempotency",
    "TestImports",
    "TestQueries",
    "TestSales",
    "TestUnitsOfWork",
    "TestUsers",
]
