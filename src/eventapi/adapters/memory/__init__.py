"""Storage in this process's memory: for tests of clients, and to try things out.

It keeps every promise of the ports that PostgreSQL keeps, except to be there
tomorrow or in another process.
"""

from eventapi.adapters.memory.database import MemoryDatabase
from eventapi.adapters.memory.queries import (
    MemoryApiKeyQueries,
    MemoryAuditQueries,
    MemoryCategoryQueries,
    MemoryEventQueries,
    MemoryHealth,
    MemoryOrderQueries,
    MemoryPrincipalQueries,
    MemoryUserQueries,
)
from eventapi.adapters.memory.unit_of_work import MemoryUnitOfWork

__all__ = [
    "MemoryApiKeyQueries",
    "MemoryAuditQueries",
    "MemoryCategoryQueries",
    "MemoryDatabase",
    "MemoryEventQueries",
    "MemoryHealth",
    "MemoryOrderQueries",
    "MemoryPrincipalQueries",
    "MemoryUnitOfWork",
    "MemoryUserQueries",
]
