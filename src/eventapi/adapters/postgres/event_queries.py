"""Queries of events on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, bindparam, exists, literal_column, select

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.event_search import SORT_COLUMNS, id_of_category, search_statement
from eventapi.adapters.postgres.event_views import events_in_full
from eventapi.adapters.postgres.reader import Reader, to_view
from eventapi.adapters.postgres.repository import Row
from eventapi.adapters.postgres.tables import events, orders
from eventapi.application.search import EventSearch
from eventapi.application.views import (
    DaySales,
    EventPosition,
    EventView,
    Page,
    Revenue,
    SalesFigures,
    TopEventView,
)
from eventapi.domain.order import OrderStatus
from eventapi.domain.values import EventId, UserId

VIEW_BY_ID = events_in_full(select(events).where(events.c.id == bindparam("id")))
TOP_EVENTS = events_in_full(sql_file("top_events.sql").columns(*events.c), "-tickets_sold", "id")
FIGURES = sql_file("event_figures.sql")
HOLDS_TICKET = select(
    exists().where(
        orders.c.event_id == bindparam("event_id"),
        orders.c.buyer_id == bindparam("buyer_id"),
        orders.c.status == OrderStatus.CONFIRMED.value,
    )
)


class PostgresEventQueries(Reader):
    """Queries of events."""

    def get(self, id: EventId) -> EventView | None:
        return self.view(EventView, VIEW_BY_ID, {"id": id})

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        rows = self.rows(search_statement(search, after=after, limit=limit + 1))
        views = [to_view(EventView, row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(views, None)
        last = rows[limit - 1]
        key = getattr(last, SORT_COLUMNS[search.sort.field])
        return Page(views, EventPosition(key, last.id))

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        query = (
            select(events)
            .where(literal_column(tables.PUBLIC, Boolean), events.c.start_time > since)
            .order_by(events.c.start_time, events.c.id)
            .limit(limit)
        )
        if category is not None:
            query = query.where(events.c.category_id == id_of_category(category))
        return self.views(EventView, events_in_full(query, "start_time", "id"))

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        ((holds,),) = self.rows(HOLDS_TICKET, {"event_id": event, "buyer_id": user})
        return bool(holds)

    def sales_figures(self, event: EventView) -> SalesFigures:
        return _figures(self.rows(FIGURES, {"event_id": event.id, "timezone": event.timezone}))

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        views = self.views(EventView, TOP_EVENTS, {"organizer_id": organizer, "limit": limit})
        return [TopEventView(rank, view) for rank, view in enumerate(views, start=1)]


def _figures(rows: Sequence[Row]) -> SalesFigures:
    """Return the figures of the rows of sql/event_figures.sql."""
    by_type, by_currency, by_day, whole = (
        [row for row in rows if row.grouping == grouping] for grouping in (3, 5, 6, 7)
    )
    (event,) = whole
    return SalesFigures(
        by_type={row.ticket_type_id: row.tickets for row in by_type if row.tickets},
        revenue=sorted(
            (Revenue(row.currency, row.amount) for row in by_currency if row.amount),
            key=lambda revenue: revenue.currency,
        ),
        by_day=sorted(
            (DaySales(row.day, row.tickets) for row in by_day if row.tickets),
            key=lambda sales: sales.date,
        ),
        checked_in=event.checked_in,
        waitlisted=event.waitlisted,
        cancelled=event.cancelled,
    )
