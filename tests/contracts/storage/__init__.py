"""Tests of the storage ports, for every adapter.

A test module that defines the fixture ``storage`` imports all of them to run them.
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
