"""The unit of work on PostgreSQL: one connection, one transaction.

A sale takes BEGIN, the authentication of the buyer, the lock of the event, its ticket types,
possibly the lookup of the idempotency key, one statement that inserts everything, and COMMIT.
"""

from types import TracebackType
from typing import Self

from sqlalchemy import Engine, insert

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.accepted_requests import PostgresAcceptedRequests
from eventapi.adapters.postgres.api_keys import PostgresApiKeys
from eventapi.adapters.postgres.audit import audit_entry_to_row
from eventapi.adapters.postgres.categories import PostgresCategories, category_to_row
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.events import PostgresEvents, event_to_row, ticket_types_to_rows
from eventapi.adapters.postgres.integrity import translate_integrity_errors
from eventapi.adapters.postgres.login_sessions import PostgresLoginSessions
from eventapi.adapters.postgres.orders import PostgresOrders, record_orders
from eventapi.adapters.postgres.principals import PostgresPrincipals
from eventapi.adapters.postgres.repository import Staged
from eventapi.adapters.postgres.users import PostgresUsers, user_to_row
from eventapi.application.audit import DomainEventCollector, Origin
from eventapi.application.ports.accounts import (
    ApiKeyRepository,
    LoginSessionRepository,
    PrincipalRepository,
    UserRepository,
)
from eventapi.application.ports.categories import CategoryRepository
from eventapi.application.ports.events import EventRepository
from eventapi.application.ports.orders import AcceptedRequestRepository, OrderRepository
from eventapi.application.ports.storage import check_commit
from eventapi.domain.policy import Actor


class PostgresUnitOfWork:
    """A transaction on a connection of the pool."""

    users: UserRepository
    login_sessions: LoginSessionRepository
    principals: PrincipalRepository
    api_keys: ApiKeyRepository
    categories: CategoryRepository
    events: EventRepository
    orders: OrderRepository
    requests: AcceptedRequestRepository

    def __init__(self, engine: Engine, actor: Actor | None = None) -> None:
        self._engine = engine
        self._staged = Staged(DomainEventCollector(actor))
        self._open = False

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        self._staged.domain_events.act_as(actor, origin)

    def __enter__(self) -> Self:
        """Take a connection and begin a transaction."""
        with storage_errors():
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql("BEGIN")
        self._open = True
        shared = (self._connection, self._staged)
        self.users = PostgresUsers(*shared)
        self.login_sessions = PostgresLoginSessions(*shared)
        self.principals = PostgresPrincipals(*shared)
        self.api_keys = PostgresApiKeys(*shared)
        self.categories = PostgresCategories(*shared)
        self.events = PostgresEvents(*shared)
        self.orders = PostgresOrders(*shared)
        self.requests = PostgresAcceptedRequests(*shared)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back unless committed, and return the connection to the pool."""
        with storage_errors(), self._connection:
            # The server rolls back the transaction of a lost connection by itself.
            if self._open and not self._connection.invalidated:
                self._connection.exec_driver_sql("ROLLBACK")

    def commit(self) -> None:
        check_commit()
        with storage_errors():
            with translate_integrity_errors(self._staged):
                self._write()
            self._connection.exec_driver_sql("COMMIT")
        self._open = False

    def _write(self) -> None:
        staged = self._staged
        staged.domain_events.collect(*staged.loaded_events)
        self._insert_new()
        for change in staged.changes:
            change()
        if staged.orders or staged.requests:
            record_orders(self._connection, staged)
        elif staged.domain_events.entries:
            rows = list(map(audit_entry_to_row, staged.domain_events.entries))
            self._connection.execute(insert(tables.audit_entries), rows)

    def _insert_new(self) -> None:
        """Insert new aggregates other than orders, in the order of the foreign keys."""
        staged = self._staged
        new = {
            tables.users: list(map(user_to_row, staged.users)),
            tables.categories: list(map(category_to_row, staged.categories)),
            tables.events: list(map(event_to_row, staged.events)),
            tables.ticket_types: [
                row for event in staged.events for row in ticket_types_to_rows(event)
            ],
        }
        for table, rows in new.items():
            if rows:
                self._connection.execute(insert(table), rows)
