"""The unit of work on PostgreSQL: one connection, one transaction.

What is added is staged, and written by the commit in as few statements as it
takes. A sale so costs BEGIN, a look at who buys, the lock, the ticket types,
perhaps a look for the idempotency key, one statement that writes everything,
and COMMIT.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import (
    Engine,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.access import (
    PostgresApiKeys,
    PostgresLoginSessions,
    PostgresPrincipals,
    PostgresUsers,
    audit_columns,
    audit_row,
)
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.repositories import (
    PostgresAcceptedRequests,
    PostgresCategories,
    PostgresEvents,
    PostgresOrders,
)
from eventapi.adapters.postgres.rows import (
    answer_to_json,
    category_row,
    event_row,
    order_columns,
    ticket_type_rows,
    user_row,
)
from eventapi.adapters.postgres.staging import Staged
from eventapi.application.audit import EventCollector, Origin
from eventapi.application.ports.accounts import (
    ApiKeyRepository,
    LoginSessionRepository,
    PrincipalRepository,
    UserRepository,
)
from eventapi.application.ports.categories import CategoryRepository
from eventapi.application.ports.events import EventRepository
from eventapi.application.ports.orders import AcceptedRequestRepository, OrderRepository
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    CategoryInUse,
    CategoryTaken,
    DomainError,
    EventHasOrders,
    IdempotencyKeyReused,
    InvalidValues,
    ReferenceTaken,
    TicketTypeInUse,
    UsernameTaken,
)
from eventapi.domain.policy import Actor

RECORD_ORDERS = sql_file("record_orders.sql")


class PostgresUnitOfWork:
    """All or nothing, in one transaction."""

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
        self._staged = Staged(EventCollector(actor))
        self._open = False

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        self._staged.domain_events.act_as(actor, origin)

    def __enter__(self) -> Self:
        """Take a connection and begin a transaction."""
        with storage_errors():
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql("BEGIN")
        self._open = True
        self.users = PostgresUsers(self._connection, self._staged)
        self.login_sessions = PostgresLoginSessions(self._connection, self._staged)
        self.principals = PostgresPrincipals(self._connection)
        self.api_keys = PostgresApiKeys(self._connection, self._staged)
        self.categories = PostgresCategories(self._connection, self._staged)
        self.events = PostgresEvents(self._connection, self._staged)
        self.orders = PostgresOrders(self._connection, self._staged, self._write_orders)
        self.requests = PostgresAcceptedRequests(self._connection, self._staged)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed, and give the connection back."""
        with storage_errors(), self._connection:
            # A connection that was lost is rolled back by the server.
            if self._open and not self._connection.invalidated:
                self._connection.exec_driver_sql("ROLLBACK")

    def commit(self) -> None:
        """Write what was staged, and commit."""
        with storage_errors():
            with self.translate_integrity_errors():
                self._write()
            self._connection.exec_driver_sql("COMMIT")
        self._open = False

    def _write(self) -> None:
        staged = self._staged
        staged.domain_events.collect(*staged.loaded_events)
        entries = staged.domain_events.entries
        if staged.users:
            self._connection.execute(insert(tables.users), list(map(user_row, staged.users)))
        if staged.categories:
            self._connection.execute(
                insert(tables.categories), list(map(category_row, staged.categories))
            )
        if staged.events:
            self._connection.execute(insert(tables.events), list(map(event_row, staged.events)))
            types = [row for event in staged.events for row in ticket_type_rows(event)]
            if types:
                self._connection.execute(insert(tables.ticket_types), types)
        for change in staged.changes:
            change(self._connection)
        if staged.orders:
            self._insert_orders()
        elif entries:
            self._connection.execute(insert(tables.audit_entries), list(map(audit_row, entries)))

    def _write_orders(self) -> None:
        """Write the orders that were staged so far, and forget them."""
        with storage_errors(), self.translate_integrity_errors():
            self._insert_orders()
        self._staged.orders.clear()
        self._staged.requests.clear()
        self._staged.domain_events.entries.clear()

    def _insert_orders(self) -> None:
        self._connection.execute(
            RECORD_ORDERS,
            order_columns(self._staged.orders)
            | self._request_columns()
            | audit_columns(self._staged.domain_events.entries),
        )

    @contextmanager
    def translate_integrity_errors(self) -> Iterator[None]:
        """Say in the domain's words which constraint did not hold."""
        try:
            yield
        except IntegrityError as error:
            raise self._meaning(error) from error

    def _request_columns(self) -> dict[str, list[object]]:
        requests = self._staged.requests
        return {
            "request_owners": [request.owner for request, _ in requests],
            "request_keys": [request.key for request, _ in requests],
            "request_fingerprints": [request.fingerprint.hex() for request, _ in requests],
            "request_answers": [answer_to_json(answer) for _, answer in requests],
            "request_accepted_ats": [answer.created_at for _, answer in requests],
        }

    def _meaning(self, error: IntegrityError) -> DomainError | IntegrityError:
        """Say in the domain's words which constraint did not hold.

        Others than these can only be broken by a defect of the program.
        """
        staged = self._staged
        meanings: dict[str, Callable[[], DomainError]] = {
            "users_username_key_key": lambda: UsernameTaken(staged.users[0].username.value),
            "events_organizer_id_fkey": AccountDeleted,
            "orders_buyer_id_fkey": AccountDeleted,
            "accepted_requests_pkey": lambda: IdempotencyKeyReused(staged.requests[0][0].key),
            "orders_registrant_key": lambda: AlreadyRegistered(_first_number(error)),
            "orders_registered_account_key": lambda: AlreadyRegistered(_first_number(error)),
            "categories_slug_key": lambda: CategoryTaken(staged.categories[0].slug.value),
            "events_reference_key": lambda: ReferenceTaken(staged.events[0].reference or ""),
            "tickets_ticket_type_id_fkey": lambda: TicketTypeInUse(_first_number(error)),
            "events_category_id_fkey": lambda: (
                CategoryInUse(staged.removed_category.slug.value)
                if staged.removed_category
                else InvalidValues({"category": "There is no such category."})
            ),
        }
        if staged.removed_event is not None:
            removed = staged.removed_event
            meanings["orders_event_id_fkey"] = lambda: EventHasOrders(removed)
        constraint: str | None = error.orig.diag.constraint_name  # type: ignore[union-attr]
        meaning = meanings.get(constraint or "")
        return error if meaning is None else meaning()


def _first_number(error: IntegrityError) -> int:
    """Give the first number that PostgreSQL tells of an error: "Key (event_id, …)=(7, …)"."""
    detail: str = error.orig.diag.message_detail or ""  # type: ignore[union-attr]
    found = re.search(r"\d+", detail)
    return int(found.group()) if found else 0
