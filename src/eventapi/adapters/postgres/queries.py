"""Reading from PostgreSQL: one statement each, outside of any transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Engine,
    Executable,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.rows import (
    MAX_WORD_LENGTH,
    event_view_of,
    figures_of,
    location_word,
    order_view_of,
    ticket_details_of,
)
from eventapi.application.search import EventSearch
from eventapi.application.views import (
    AttendeePosition,
    CategoryView,
    CheckInCounts,
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    SalesFigures,
    TicketDetails,
    TopEventView,
)
from eventapi.domain.event import EventStatus
from eventapi.domain.order import OrderStatus
from eventapi.domain.values import EventId, OrderId, TicketCode, UserId, sort_key

TOP_EVENTS = sql_file("top_events.sql")
EVENT_FIGURES = sql_file("event_figures.sql")


class Reader:
    """Runs statements, each by itself: no BEGIN, no COMMIT, one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, query: Executable, values: Mapping[str, object] | None = None) -> Sequence[Any]:
        """Give what a query finds."""
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query, values).all()

    def run(self, statement: Executable) -> None:
        """Run a statement that changes something by itself."""
        with storage_errors(), self._engine.connect() as connection:
            connection.execute(statement)


class PostgresCategoryQueries(Reader):
    """Categories, to be read."""

    def all(self) -> list[CategoryView]:
        """List all categories by name."""
        categories = tables.categories.c
        rows = self.rows(select(categories.slug, categories.name))
        views = [CategoryView(row.slug, row.name) for row in rows]
        return sorted(views, key=lambda view: (sort_key(view.name), view.slug))

    def get(self, slug: str) -> CategoryView | None:
        """Find a category."""
        categories = tables.categories.c
        rows = self.rows(select(categories.slug, categories.name).where(categories.slug == slug))
        return CategoryView(rows[0].slug, rows[0].name) if rows else None


class PostgresEventQueries(Reader):
    """Events, to be read."""

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""
        rows = self.rows(_events_in_full(select(tables.events).where(tables.events.c.id == id)))
        return event_view_of(rows[0]) if rows else None

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that are searched for."""
        rows = self.rows(search_statement(search, after=after, limit=limit + 1))
        events = [event_view_of(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(events, None)
        last = rows[limit - 1]
        return Page(events, EventPosition(last.sort_key, last.id))

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        """Give the public events that start after a moment, soonest first."""
        events = tables.events.c
        query = (
            select(tables.events)
            .where(literal_column(tables.PUBLIC, Boolean), events.start_time > since)
            .order_by(events.start_time, events.id)
            .limit(limit)
        )
        if category is not None:
            query = query.where(events.category_id == _category_id(category))
        rows = self.rows(_events_in_full(query, "start_time", "id"))
        return [event_view_of(row) for row in rows]

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""
        (row,) = self.rows(holds_ticket_statement(user, event))
        return bool(row[0])

    def sales_figures(self, event: EventView) -> SalesFigures:
        """Count what an event sold: sql/event_figures.sql."""
        rows = self.rows(EVENT_FIGURES, {"event_id": event.id, "timezone": event.timezone})
        return figures_of(rows)

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets: sql/top_events.sql."""
        rows = self.rows(TOP_EVENTS, {"organizer_id": organizer, "limit": limit})
        return [TopEventView(rank, event_view_of(row)) for rank, row in enumerate(rows, start=1)]


class PostgresOrderQueries(Reader):
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
        return self._newest_first(tables.orders.c.buyer_id == buyer, before, limit)

    def of_event(
        self, event: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List the orders of an event, newest first."""
        return self._newest_first(tables.orders.c.event_id == event, before, limit)

    def _newest_first(
        self, condition: ColumnElement[bool], before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        id = tables.orders.c.id
        page = _orders().where(condition).order_by(id.desc()).limit(limit + 1)
        if before:
            page = page.where(id < before)
        found = self._views(page)
        orders = found[:limit]
        return Page(orders, OrderId(orders[-1].id) if len(found) > limit else None)

    def waitlist(self, event: EventId, *, after: int, limit: int) -> Page[OrderView, int]:
        """List the orders that wait for places of an event, the first one first."""
        orders = tables.orders.c
        page = (
            _orders()
            .where(orders.event_id == event, orders.status == OrderStatus.WAITLISTED.value)
            .order_by(orders.waitlist_number)
            .offset(after)
            .limit(limit + 1)
        )
        found = sorted(self._views(page), key=lambda order: order.position or 0)
        shown = found[:limit]
        return Page(shown, shown[-1].position if len(found) > limit else None)

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        """Find the ticket of a code."""
        rows = self.rows(
            _ticket_details().where(
                tables.tickets.c.code == code.value,
                tables.orders.c.status != OrderStatus.WAITLISTED.value,
            )
        )
        return ticket_details_of(rows[0]) if rows else None

    def attendees(
        self, event: EventId, *, q: str | None, after: AttendeePosition | None, limit: int
    ) -> Page[TicketDetails, AttendeePosition]:
        """List the tickets that admit somebody to an event."""
        tickets = tables.tickets.c
        query = (
            _ticket_details()
            .where(tickets.event_id == event, *_admits())
            .order_by(tickets.order_id, tickets.id)
            .limit(limit + 1)
        )
        if after:
            here = tuple_(tickets.order_id, tickets.id)
            query = query.where(here > tuple_(after.order_id, after.ticket_id))
        if q is not None:
            who = func.concat_ws("\n", tickets.attendee_name, tickets.attendee_email)
            query = query.where(func.strpos(func.lower(who), func.lower(q)) > 0)
        rows = self.rows(query)
        found = [ticket_details_of(row) for row in rows[:limit]]
        return Page(found, found[-1].position if len(rows) > limit else None)

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        """Count the tickets that admit somebody, and those that have."""
        tickets = tables.tickets.c
        (row,) = self.rows(
            select(func.count(), func.count(tickets.checked_in_at))
            .select_from(tables.tickets)
            .join(tables.orders, _of_order())
            .where(tickets.event_id == event, *_admits())
        )
        return CheckInCounts(*row)

    def _views(self, page: Select[Any]) -> list[OrderView]:
        rows = self.rows(_orders_with_tickets(page))
        return [order_view_of(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]


SCAN_LIMIT = 2_000
"""How many events of a list are looked at one by one for what is wanted: some milliseconds."""

_SORT_COLUMNS = {
    "start_time": tables.events.c.start_time,
    "created_at": tables.events.c.created_at,
    "name": tables.events.c.name_key,
}


def search_statement(
    search: EventSearch, *, after: EventPosition | None, limit: int
) -> Select[Any]:
    """Write the statement that finds events.

    A page begins where the last one ended: an index in the order of the list
    leads straight to it, so that the hundredth page costs what the first does.
    """
    key = _SORT_COLUMNS[search.sort.field]
    id = tables.events.c.id
    listed = list(_listed(search))
    if after:
        here, there = tuple_(key, id), tuple_(after.key, after.id)
        listed.append(here < there if search.sort.descending else here > there)
    in_order = (key.desc(), id.desc()) if search.sort.descending else (key, id)
    events = select(tables.events, key.label("sort_key"))
    walk = events.where(*listed).order_by(*in_order)
    wanted = list(_wanted(search))
    order = ("-sort_key", "-id") if search.sort.descending else ("sort_key", "id")
    if not wanted:
        return _events_in_full(walk.limit(limit), *order)

    # What else is wanted may be in every other event or in one of a million,
    # and it may all be at the list's far end: Christmas is, for most of the
    # year. PostgreSQL knows how often a word occurs, but not where in the
    # list, and would walk through a million events for it. So: walk for a
    # while; if that does not fill the page, find all that is wanted by its own
    # index, and sort it. The second is not even begun where the first suffices.
    nearest = walk.limit(SCAN_LIMIT).subquery("nearest")
    near = (
        select(nearest)
        .where(*_wanted(search, of=nearest.c))
        .order_by(*_columns(nearest, order))
        .limit(limit)
        .cte("near")
        .prefix_with("MATERIALIZED")
    )
    found = select(func.count()).select_from(near).scalar_subquery()
    # OFFSET keeps PostgreSQL from taking the walk here too.
    everything = events.where(*listed, *wanted, found < limit).offset(0).subquery("everything")
    far = select(everything).order_by(*_columns(everything, order)).limit(limit)
    page = union_all(select(near).where(found >= limit), select(far.subquery("far")))
    return _events_in_full(page, *order)


def holds_ticket_statement(user: UserId, event: EventId) -> Select[Any]:
    """Write the statement that tells whether an account has a confirmed order of an event."""
    orders = tables.orders.c
    confirmed = orders.status == OrderStatus.CONFIRMED.value
    return select(exists().where(orders.event_id == event, orders.buyer_id == user, confirmed))


def _listed(search: EventSearch) -> Iterator[ColumnElement[bool]]:
    """Tell which list is meant: what an index in its order holds, or nearly so."""
    events = tables.events.c
    if search.owner is not None:
        yield events.organizer_id == search.owner
    else:
        # Word for word what the partial indexes are made for.
        yield literal_column(tables.PUBLIC, Boolean)
        yield events.status == EventStatus.SCHEDULED.value
    yield events.start_time <= search.now if search.past else events.start_time > search.now
    if search.category is not None:
        yield events.category_id == _category_id(search.category)
    if search.organizer is not None:
        yield events.organizer_id == search.organizer
    if search.available:
        yield from _available(search.now)
    if search.sort.field == "start_time":
        yield from _within(search, events)


def _wanted(search: EventSearch, of: Any = tables.events.c) -> Iterator[ColumnElement[bool]]:
    """Tell what is wanted of a list that its order does not help to find."""
    words = [word[:MAX_WORD_LENGTH] for word in search.words or ()]
    words += [location_word(word) for word in search.location or ()]
    if search.words == frozenset() or search.location == frozenset():
        yield false()
    elif words:
        yield of.words.contains(words)
    if search.sort.field != "start_time":
        yield from _within(search, of)


def _within(search: EventSearch, of: Any) -> Iterator[ColumnElement[bool]]:
    if search.starts_after is not None:
        yield of.start_time > search.starts_after
    if search.starts_before is not None:
        yield of.start_time < search.starts_before


def _available(now: datetime) -> Iterator[ColumnElement[bool]]:
    """Ask for tickets that can be bought now: of the event, and of one of its types if any."""
    events, types = tables.events.c, tables.ticket_types.c
    yield not_(events.sold_out)
    yield events.status == EventStatus.SCHEDULED.value
    yield events.start_time > now
    yield _on_sale(events, now)
    on_sale = and_(types.tickets_sold < types.quantity, _on_sale(types, now))
    # NULL where the event has no types. An aggregate is looked up event by
    # event; for an EXISTS, PostgreSQL may read all ticket types at once.
    of_event = select(func.bool_or(on_sale)).where(types.event_id == events.id).scalar_subquery()
    yield of_event.is_not(False)


def _on_sale(columns: Any, now: datetime) -> ColumnElement[bool]:
    start, end = columns.sales_start, columns.sales_end
    return and_(or_(start.is_(None), start <= now), or_(end.is_(None), end > now))


def _category_id(slug: str) -> ScalarSelect[Any]:
    categories = tables.categories.c
    return select(categories.id).where(categories.slug == slug).scalar_subquery()


def _columns(table: FromClause, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Give the columns of these names, falling where a hyphen stands before the name."""
    return [
        table.c[name.removeprefix("-")].desc() if name.startswith("-") else table.c[name]
        for name in names
    ]


def _events_in_full(page: Select[Any] | CompoundSelect[Any], *order: str) -> Select[Any]:
    """Give some events beside all that is shown with them, in one statement.

    Args:
        page: which events.
        order: columns of it by which they come, a hyphen before those that fall.
    """
    found = page.subquery("page")
    users, categories, types = tables.users.c, tables.categories.c, tables.ticket_types.c
    names = (
        "id", "name", "price", "currency", "quantity", "tickets_sold", "sales_start", "sales_end",
    )  # fmt: skip
    members = [
        part
        for name in names
        for part in (
            literal(name),
            # As a JSON number a price would come back as a float.
            cast(types.price, Text) if name == "price" else types[name],
        )
    ]
    ticket_types = (
        select(
            func.json_agg(
                aggregate_order_by(func.json_build_object(*members), types.position, types.id)
            )
        )
        .where(types.event_id == found.c.id)
        .scalar_subquery()
    )
    columns = [column for column in found.c if column.name not in {"words", "name_key"}]
    return (
        select(
            *columns,
            users.username.label("organizer_username"),
            categories.slug.label("category_slug"),
            categories.name.label("category_name"),
            ticket_types.label("ticket_types"),
        )
        .join_from(found, tables.users, found.c.organizer_id == users.id)
        .outerjoin(tables.categories, found.c.category_id == categories.id)
        .order_by(*_columns(found, order))
    )


def _orders() -> Select[Any]:
    orders, events, users = tables.orders.c, tables.events.c, tables.users.c
    others = tables.orders.alias("others").c
    waiting = OrderStatus.WAITLISTED.value
    position = (
        select(func.count())
        .where(
            others.event_id == orders.event_id,
            others.status == waiting,
            others.waitlist_number <= orders.waitlist_number,
        )
        .scalar_subquery()
    )
    return (
        select(
            tables.orders,
            case((orders.status == waiting, position)).label("position"),
            events.name.label("event_name"),
            events.start_time.label("event_start_time"),
            events.organizer_id,
            users.username.label("buyer_username"),
        )
        .join_from(tables.orders, tables.events, orders.event_id == events.id)
        .outerjoin(tables.users, orders.buyer_id == users.id)
    )


def _of_order() -> ColumnElement[bool]:
    tickets, orders = tables.tickets.c, tables.orders.c
    return and_(orders.event_id == tickets.event_id, orders.id == tickets.order_id)


def _admits() -> Iterator[ColumnElement[bool]]:
    yield tables.orders.c.status == OrderStatus.CONFIRMED.value
    yield tables.tickets.c.cancelled_at.is_(None)


def _ticket_details() -> Select[Any]:
    tickets, types = tables.tickets.c, tables.ticket_types.c
    return (
        select(
            tables.tickets,
            tables.orders.c.status.label("order_status"),
            types.name.label("ticket_type_name"),
        )
        .join_from(tables.tickets, tables.orders, _of_order())
        .outerjoin(
            tables.ticket_types,
            and_(types.event_id == tickets.event_id, types.id == tickets.ticket_type_id),
        )
    )


def _orders_with_tickets(orders: Select[Any]) -> Select[Any]:
    """Give each of some orders once for each of its tickets, in one statement."""
    page, tickets, types = orders.subquery("page"), tables.tickets.c, tables.ticket_types.c
    return (
        select(
            *page.c,
            tickets.id.label("ticket_id"),
            tickets.code,
            tickets.ticket_type_id,
            types.name.label("ticket_type_name"),
            tickets.price,
            tickets.attendee_name,
            tickets.attendee_email,
            tickets.issued_at,
            tickets.checked_in_at,
            tickets.cancelled_at,
        )
        .join_from(
            page,
            tables.tickets,
            and_(tickets.event_id == page.c.event_id, tickets.order_id == page.c.id),
        )
        .outerjoin(
            tables.ticket_types,
            and_(types.event_id == tickets.event_id, types.id == tickets.ticket_type_id),
        )
        .order_by(page.c.id.desc(), tickets.id)
    )
