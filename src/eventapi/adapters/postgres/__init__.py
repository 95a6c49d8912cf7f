"""Storage in PostgreSQL 15 or newer, by SQLAlchemy Core.

:mod:`.tables` says what is kept, :mod:`.repositories` and :mod:`.unit_of_work`
how it is changed, :mod:`.queries` how it is read, :mod:`.embedded` where the server comes from
when none is configured.
"""

from eventapi.adapters.postgres.engine import PostgresHealth, make_engine
from eventapi.adapters.postgres.queries import (
    PostgresCategoryQueries,
    PostgresEventQueries,
    PostgresOrderQueries,
    PostgresUserQueries,
)
from eventapi.adapters.postgres.unit_of_work import PostgresUnitOfWork

__all__ = [
    "PostgresCategoryQueries",
    "PostgresEventQueries",
    "PostgresHealth",
    "PostgresOrderQueries",
    "PostgresUnitOfWork",
    "PostgresUserQueries",
    "make_engine",
]
