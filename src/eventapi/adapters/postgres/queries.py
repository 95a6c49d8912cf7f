"""Reading from PostgreSQL: one statement each, outside of any transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Executable, Select, select, tuple_

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.rows import event_view_of, order_view_of, user_view_of
from eventapi.application.views import (
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    TopEventView,
    UserView,
)
from eventapi.domain.values import EventId, OrderId, UserId

TOP_EVENTS = sql_file("top_events.sql")


class _Reader:
    """Runs statements, each by itself: no BEGIN, no COMMIT, one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, query: Executable, values: Mapping[str, object] | None = None) -> Sequence[Any]:
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query, values).all()


class PostgresUserQueries(_Reader):
    """Accounts, to be read."""

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""
        rows = self.rows(select(tables.users).where(tables.users.c.id == id))
        return user_view_of(rows[0]) if rows else None


class PostgresEventQueries(_Reader):
    """Events, to be read."""

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""
        rows = self.rows(_events().where(tables.events.c.id == id))
        return event_view_of(rows[0]) if rows else None

    def upcoming(
        self, *, now: datetime, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that have not started, soonest first."""
        start_time, id = tables.events.c.start_time, tables.events.c.id
        query = _events().where(start_time > now).order_by(start_time, id).limit(limit + 1)
        if after:
            # A page begins where the last one ended: the index leads straight
            # to it, so that the hundredth page costs what the first does.
            query = query.where(tuple_(start_time, id) > tuple_(after.start_time, after.id))
        rows = self.rows(query)
        events = [event_view_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Page(events, EventPosition(events[-1].start_time, events[-1].id) if more else None)

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets: sql/top_events.sql."""
        rows = self.rows(TOP_EVENTS, {"organizer_id": organizer, "limit": limit})
        return [TopEventView(rank, event_view_of(row)) for rank, row in enumerate(rows, start=1)]


class PostgresOrderQueries(_Reader):
    """Orders, to be read."""

    def get(self, id: OrderId) -> OrderRecord | None:
        """Find an order."""
        rows = self.rows(_orders_with_tickets(_orders().where(tables.orders.c.id == id)))
        if not rows:
            return None
        return OrderRecord(order=order_view_of(rows), organizer_id=rows[0].organizer_id)

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List a buyer's orders, newest first."""
        id = tables.orders.c.id
        page = _orders().where(tables.orders.c.buyer_id == buyer)
        if before:
            page = page.where(id < before)
        page = page.order_by(id.desc()).limit(limit + 1)
        rows = self.rows(_orders_with_tickets(page))
        found = [order_view_of(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]
        orders = found[:limit]
        return Page(orders, OrderId(orders[-1].id) if len(found) > limit else None)


def _events() -> Select[Any]:
    return select(tables.events, tables.users.c.username.label("organizer_username")).join_from(
        tables.events, tables.users, tables.events.c.organizer_id == tables.users.c.id
    )


def _orders() -> Select[Any]:
    orders, events, users = tables.orders.c, tables.events.c, tables.users.c
    return (
        select(
            tables.orders,
            events.name.label("event_name"),
            events.start_time.label("event_start_time"),
            events.organizer_id,
            users.username.label("buyer_username"),
        )
        .join_from(tables.orders, tables.events, orders.event_id == events.id)
        .join(tables.users, orders.buyer_id == users.id)
    )


def _orders_with_tickets(orders: Select[Any]) -> Select[Any]:
    """Give each of some orders once for each of its tickets, in one statement."""
    page, tickets = orders.subquery("page"), tables.tickets.c
    return (
        select(
            *page.c,
            tickets.id.label("ticket_id"),
            tickets.code,
            tickets.attendee_name,
            tickets.attendee_email,
            tickets.issued_at,
            tickets.checked_in_at,
        )
        .join_from(page, tables.tickets, tickets.order_id == page.c.id)
        .order_by(page.c.id.desc(), tickets.id)
    )
