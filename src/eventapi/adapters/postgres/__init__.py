"""Storage in PostgreSQL 15 or newer, by SQLAlchemy Core.

:mod:`.tables` says what is kept, :mod:`.repositories` and :mod:`.unit_of_work`
how it is changed, :mod:`.queries` how it is read, :mod:`.access` both for who may come in,
:mod:`.embedded` where the server comes from when none is configured.
"""

from eventapi.adapters.postgres.access import (
    PostgresApiKeyQueries,
    PostgresAuditQueries,
    PostgresPrincipalQueries,
    PostgresUserQueries,
)
from eventapi.adapters.postgres.engine import PostgresHealth, make_engine
from eventapi.adapters.postgres.queries import (
    PostgresCategoryQueries,
    PostgresEventQueries,
    PostgresOrderQueries,
)
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
