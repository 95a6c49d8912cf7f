"""The statement that reads events in full, however they are found."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import SelectBase

from eventapi.adapters.postgres.tables import categories, ticket_types, users
from eventapi.adapters.postgres.view_columns import NO_ITEMS, columns_of, if_any, json_of, order_of
from eventapi.application.views import AccountRef, CategoryView, EventView, TicketTypeView

_TICKET_TYPES = func.json_agg(
    aggregate_order_by(
        json_of(TicketTypeView, ticket_types), ticket_types.c.position, ticket_types.c.id
    )
)


def events_in_full(page: SelectBase, *order: str) -> Select[Any]:
    """Return the statement that reads the views of some events.

    Args:
        page: selects rows of the table of events.
        order: the columns that sort them, a hyphen before a descending one; read beside the view.
    """
    found = page.subquery("page")
    columns = columns_of(
        EventView,
        found,
        organizer=json_of(AccountRef, users),
        category=if_any(categories.c.id, json_of(CategoryView, categories)),
        ticket_types=select(func.coalesce(_TICKET_TYPES, NO_ITEMS))
        .where(ticket_types.c.event_id == found.c.id)
        .scalar_subquery(),
    )
    labels = {column.name for column in columns}
    names = [name.removeprefix("-") for name in order]
    return (
        select(*columns, *(found.c[name] for name in names if name not in labels))
        .join_from(found, users, found.c.organizer_id == users.c.id)
        .outerjoin(categories, found.c.category_id == categories.c.id)
        .order_by(*order_of(found, order))
    )
