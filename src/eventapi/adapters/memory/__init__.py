"""Storage in the memory of this process, for tests of clients and for demonstrations.

It passes the same contract tests as PostgreSQL, rollback, isolation and locks
included. Read it in this order: `table`, `database`, `repositories`, `queries`,
`unit_of_work`.
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
