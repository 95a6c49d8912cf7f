"""The unit of work on PostgreSQL: one connection, one transaction.

What is added is staged, and written by the commit in as few statements as it
takes. A sale so costs BEGIN, the lock, perhaps a look for the idempotency key,
one statement that writes everything, and COMMIT.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import sqlalchemy
from sqlalchemy import Connection, Engine, insert, select, tuple_
from sqlalchemy.exc import IntegrityError

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.rows import (
    event_of,
    event_row,
    order_columns,
    order_view_of_json,
    order_view_to_json,
    user_of,
    user_row,
)
from eventapi.application.ports import (
    AcceptedRequest,
    EventRepository,
    OrderRepository,
    RequestKey,
    RequestName,
    UserRepository,
)
from eventapi.application.views import OrderView
from eventapi.domain.errors import (
    AccountGone,
    DomainError,
    IdempotencyKeyReused,
    UsernameTaken,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import EventId, UserId, Username

LOCK_EVENTS = sql_file("lock_events.sql")
RECORD_ORDERS = sql_file("record_orders.sql")
USER_IDS = sqlalchemy.Sequence("users_id_seq")
EVENT_IDS = sqlalchemy.Sequence("events_id_seq")


@dataclass
class Staged:
    """What the commit has to write."""

    users: list[User] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    requests: list[tuple[RequestKey, OrderView]] = field(default_factory=list)


class PostgresUsers:
    """The accounts."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> UserId:
        """Give a new account's id."""
        with storage_errors():
            return UserId(self._connection.execute(USER_IDS.next_value().select()).scalar_one())

    def add(self, user: User) -> None:
        """Keep a new account."""
        self._staged.users.append(user)

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""
        query = select(tables.users).where(tables.users.c.username_key == username.key)
        with storage_errors():
            row = self._connection.execute(query).one_or_none()
        return user_of(row) if row else None


class PostgresEvents:
    """The events, as aggregates."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> EventId:
        """Give a new event's id."""
        with storage_errors():
            return EventId(self._connection.execute(EVENT_IDS.next_value().select()).scalar_one())

    def add(self, event: Event) -> None:
        """Keep a new event."""
        self._staged.events.append(event)

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and lock their rows."""
        with storage_errors():
            rows = self._connection.execute(LOCK_EVENTS, {"ids": list(ids)}).all()
        return {EventId(row.id): event_of(row) for row in rows}


class PostgresOrders:
    """The orders, and the requests that made them."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self._staged.orders.append(order)

    def accepted(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        """Find what was accepted under these keys."""
        known = tables.accepted_requests.c
        query = select(known.owner_id, known.key, known.fingerprint, known.answer).where(
            tuple_(known.owner_id, known.key).in_({request.name for request in requests})
        )
        with storage_errors():
            rows = self._connection.execute(query).all()
        return {
            (UserId(row.owner_id), row.key): AcceptedRequest(
                bytes(row.fingerprint), order_view_of_json(row.answer)
            )
            for row in rows
        }

    def remember(self, request: RequestKey, answer: OrderView) -> None:
        """Keep the answer to a request."""
        self._staged.requests.append((request, answer))


class PostgresUnitOfWork:
    """All or nothing, in one transaction."""

    users: UserRepository
    events: EventRepository
    orders: OrderRepository

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._staged = Staged()
        self._open = False

    def __enter__(self) -> Self:
        """Take a connection and begin a transaction."""
        with storage_errors():
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql("BEGIN")
        self._open = True
        self.users = PostgresUsers(self._connection, self._staged)
        self.events = PostgresEvents(self._connection, self._staged)
        self.orders = PostgresOrders(self._connection, self._staged)
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
            try:
                self._write()
            except IntegrityError as error:
                raise self._meaning(error) from error
            self._connection.exec_driver_sql("COMMIT")
        self._open = False

    def _write(self) -> None:
        staged = self._staged
        if staged.users:
            self._connection.execute(insert(tables.users), list(map(user_row, staged.users)))
        if staged.events:
            self._connection.execute(insert(tables.events), list(map(event_row, staged.events)))
        if staged.orders:
            self._connection.execute(
                RECORD_ORDERS, order_columns(staged.orders) | self._request_columns()
            )

    def _request_columns(self) -> dict[str, list[object]]:
        requests = self._staged.requests
        return {
            "request_owner_ids": [request.owner for request, _ in requests],
            "request_keys": [request.key for request, _ in requests],
            "request_fingerprints": [request.fingerprint.hex() for request, _ in requests],
            "request_answers": [order_view_to_json(answer) for _, answer in requests],
            "request_accepted_ats": [answer.created_at for _, answer in requests],
        }

    def _meaning(self, error: IntegrityError) -> DomainError | IntegrityError:
        """Say in the domain's words which constraint did not hold.

        Others than these can only be broken by a defect of the program.
        """
        constraint = error.orig.diag.constraint_name  # type: ignore[union-attr]
        match constraint:
            case "users_username_key_key":
                return UsernameTaken(self._staged.users[0].username.value)
            case (
                "events_organizer_id_fkey"
                | "orders_buyer_id_fkey"
                | "accepted_requests_owner_id_fkey"
            ):
                return AccountGone()
            case "accepted_requests_pkey":
                return IdempotencyKeyReused(self._staged.requests[0][0].key)
            case _:
                return error
