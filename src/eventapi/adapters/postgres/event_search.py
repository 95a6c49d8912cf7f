"""The search for events: which list they are in, and what filters it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.event_views import events_in_full
from eventapi.adapters.postgres.view_columns import order_of
from eventapi.application.search import EventSearch, search_words
from eventapi.application.views import EventPosition
from eventapi.domain.event import EventStatus
from eventapi.domain.event_details import EventDetails

SCAN_LIMIT = 2_000
"""How many events of a list are filtered one by one, which takes some milliseconds."""

SORT_COLUMNS = {"start_time": "start_time", "created_at": "created_at", "name": "name_key"}


def search_statement(
    search: EventSearch, *, after: EventPosition | None, limit: int
) -> Select[Any]:
    """Return the statement that searches for events.

    A page begins where the last one ended: an index in the order of the list
    leads straight to it, so the hundredth page costs as much as the first.
    """
    name = SORT_COLUMNS[search.sort.field]
    order = (f"-{name}", "-id") if search.sort.descending else (name, "id")
    listed = list(_list_conditions(search))
    if after:
        here = tuple_(tables.events.c[name], tables.events.c.id)
        there = tuple_(after.key, after.id)
        listed.append(here < there if search.sort.descending else here > there)
    events = select(tables.events)
    walk = events.where(*listed).order_by(*order_of(tables.events, order))
    filters = list(_filter_conditions(search))
    if not filters:
        return events_in_full(walk.limit(limit), *order)

    # The filters may match every other event or one in a million, and all the
    # matches may be at the far end of the list: those of "christmas" are, for
    # most of the year. PostgreSQL knows how frequent a word is, but not where in
    # the list, and would walk through a million events. So the statement first
    # filters the nearest events. Only if they do not fill the page, it finds all
    # matches by the index of the filter, and sorts them.
    nearest = walk.limit(SCAN_LIMIT).subquery("nearest")
    near = (
        select(nearest)
        .where(*_filter_conditions(search, events=nearest.c))
        .order_by(*order_of(nearest, order))
        .limit(limit)
        .cte("near")
        .prefix_with("MATERIALIZED")
    )
    found = select(func.count()).select_from(near).scalar_subquery()
    # OFFSET 0 keeps PostgreSQL from walking along the list here too.
    everything = events.where(*listed, *filters, found < limit).offset(0).subquery("everything")
    far = select(everything).order_by(*order_of(everything, order)).limit(limit)
    page = union_all(select(near).where(found >= limit), select(far.subquery("far")))
    return events_in_full(page, *order)


def event_words(details: EventDetails) -> list[str]:
    """Return the words of an event, for the column `words` of its row."""
    words = search_words(details.name, details.description, details.location)
    return sorted(words.union(map(_location_word, search_words(details.location))))


def _location_word(word: str) -> str:
    """Return a word as it is stored for searches of the location alone."""
    return f"@{word}"


def id_of_category(slug: str) -> ScalarSelect[Any]:
    """Return the subquery for the id of a category."""
    categories = tables.categories.c
    return select(categories.id).where(categories.slug == slug).scalar_subquery()


def _list_conditions(search: EventSearch) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that the index of the sort order can apply."""
    events = tables.events.c
    if search.owner is not None:
        yield events.organizer_id == search.owner
    else:
        # Word for word the condition of the partial indexes.
        yield literal_column(tables.PUBLIC, Boolean)
        yield events.status == EventStatus.SCHEDULED.value
    yield events.start_time <= search.now if search.past else events.start_time > search.now
    if search.category is not None:
        yield events.category_id == id_of_category(search.category)
    if search.organizer is not None:
        yield events.organizer_id == search.organizer
    if search.available:
        yield from _availability_conditions(search.now)
    if search.sort.field == "start_time":
        yield from _time_conditions(search, events)


def _filter_conditions(
    search: EventSearch, events: Any = tables.events.c
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that are checked row by row, or by an index of their own."""
    words = [*(search.words or ()), *map(_location_word, search.location or ())]
    if search.words == frozenset() or search.location == frozenset():
        yield false()
    elif words:
        yield events.words.contains(words)
    if search.sort.field != "start_time":
        yield from _time_conditions(search, events)


def _time_conditions(search: EventSearch, events: Any) -> Iterator[ColumnElement[bool]]:
    if search.starts_after is not None:
        yield events.start_time > search.starts_after
    if search.starts_before is not None:
        yield events.start_time < search.starts_before


def _availability_conditions(now: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for tickets on sale: of the event, and of one of its types if any."""
    events, types = tables.events.c, tables.ticket_types.c
    yield not_(events.sold_out)
    yield events.status == EventStatus.SCHEDULED.value
    yield events.start_time > now
    yield _on_sale(events, now)
    on_sale = and_(types.tickets_sold < types.quantity, _on_sale(types, now))
    # NULL if the event has no types. PostgreSQL evaluates an aggregate event by
    # event; for an EXISTS, it may read all ticket types at once.
    of_event = select(func.bool_or(on_sale)).where(types.event_id == events.id).scalar_subquery()
    yield of_event.is_not(False)


def _on_sale(columns: Any, now: datetime) -> ColumnElement[bool]:
    start, end = columns.sales_start, columns.sales_end
    return and_(or_(start.is_(None), start <= now), or_(end.is_(None), end > now))
