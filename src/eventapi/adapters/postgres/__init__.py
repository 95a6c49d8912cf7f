"""Storage in PostgreSQL 15 or newer, by SQLAlchemy Core.

`tables` declares what is stored. Each aggregate has a module with its mapping to rows, its
repository and its queries: `users`, `events` (with `event_queries`, `event_search`), `orders`
(with `order_queries`) and so on. `reader` turns rows into views, `unit_of_work` commits what the
repositories staged, and `embedded` starts a server where none is configured.
"""

from eventapi.adapters.postgres.api_keys import PostgresApiKeyQueries
from eventapi.adapters.postgres.audit import PostgresAuditQueries
from eventapi.adapters.postgres.categories import PostgresCategoryQueries
from eventapi.adapters.postgres.engine import PostgresHealth, make_engine
from eventapi.adapters.postgres.event_queries import PostgresEventQueries
from eventapi.adapters.postgres.order_queries import PostgresOrderQueries
from eventapi.adapters.postgres.principals import PostgresPrincipalQueries
from eventapi.adapters.postgres.unit_of_work import PostgresUnitOfWork
from eventapi.adapters.postgres.users import PostgresUserQueries

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
