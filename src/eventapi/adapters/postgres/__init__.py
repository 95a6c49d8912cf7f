"""Storage in PostgreSQL 15 or newer, by SQLAlchemy Core.

`tables` declares what is stored. Each capability (`accounts`, `audit`, `categories`, `events`,
`orders`) has a module; `reader` turns rows into views, `unit_of_work` writes changes in a
transaction, and `embedded` starts a server where none is configured.
"""

from eventapi.adapters.postgres.accounts import (
    PostgresApiKeyQueries,
    PostgresPrincipalQueries,
    PostgresUserQueries,
)
from eventapi.adapters.postgres.audit import PostgresAuditQueries
from eventapi.adapters.postgres.categories import PostgresCategoryQueries
from eventapi.adapters.postgres.engine import PostgresHealth, make_engine
from eventapi.adapters.postgres.events import PostgresEventQueries
from eventapi.adapters.postgres.orders import PostgresOrderQueries
from eventapi.adapters.postgres.unit_of_work import PostgresUnitOfWork

__all__ = [
    "PostgresApiKeyQueries",
    "PostgresAuditQueries",
    "PostgresCategoryQueries",
    "PostgresEventQueries",
    "PostgresHealth",
    "PostgresOrderQueries",
    "PostgresPrincipalQueries",
    "PostgresUnitOfWork",
    "PostgresUserQueries",
    "make_engine",
]
