"""Queries of orders and tickets on PostgreSQL."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from eventapi.adapters.postgres.reader import Reader, page_of, to_view
from eventapi.adapters.postgres.tables import events, orders, ticket_types, tickets, users
from eventapi.adapters.postgres.view_columns import NO_ITEMS, columns_of, if_any, json_of, order_of
from eventapi.application.search import search_text
from eventapi.application.views import (
    AccountRef,
    AttendeePosition,
    AttendeeView,
    CheckInCounts,
    EventRef,
    OrderRecord,
    OrderRef,
    OrderView,
    Page,
    TicketDetails,
    TicketTypeRef,
    TicketView,
)
from eventapi.domain.order import OrderStatus
from eventapi.domain.values import EventId, OrderId, TicketCode, UserId

_TICKET = json_of(
    TicketView,
    tickets,
    ticket_type=if_any(ticket_types.c.id, json_of(TicketTypeRef, ticket_types)),
    attendee=if_any(
        tickets.c.attendee_name,
        json_of(AttendeeView, name=tickets.c.attendee_name, email=tickets.c.attendee_email),
    ),
)
_TYPE_OF_TICKET = and_(
    ticket_types.c.event_id == tickets.c.event_id, ticket_types.c.id == tickets.c.ticket_type_id
)
_IS_LIVE = tickets.c.cancelled_at.is_(None)
_ADMITS = and_(orders.c.status == OrderStatus.CONFIRMED.value, _IS_LIVE)
_ORDER_OF_TICKET = and_(orders.c.event_id == tickets.c.event_id, orders.c.id == tickets.c.order_id)


def orders_in_full(page: Select[Any], *order: str) -> Select[Any]:
    """Return the statement that reads the views of some orders, and their organizers.

    Args:
        page: selects rows of the table of orders.
        order: the columns that sort them, a hyphen before a descending one.
    """
    found = page.subquery("page")
    is_waitlisted = found.c.status == OrderStatus.WAITLISTED.value
    held = (
        select(
            func.coalesce(func.json_agg(aggregate_order_by(_TICKET, tickets.c.id)), NO_ITEMS).label(
                "tickets"
            ),
            func.count().filter(_IS_LIVE).label("quantity"),
        )
        .select_from(tickets.outerjoin(ticket_types, _TYPE_OF_TICKET))
        .where(tickets.c.event_id == found.c.event_id, tickets.c.order_id == found.c.id)
        .lateral("held")
    )
    others = orders.alias("others").c
    position = (
        select(func.count())
        .where(
            others.event_id == found.c.event_id,
            others.status == OrderStatus.WAITLISTED.value,
            others.waitlist_number <= found.c.waitlist_number,
        )
        .scalar_subquery()
    )
    columns = columns_of(
        OrderView,
        found,
        event=json_of(EventRef, events),
        buyer=if_any(users.c.id, json_of(AccountRef, users)),
        quantity=held.c.quantity,
        tickets=case((is_waitlisted, NO_ITEMS), else_=held.c.tickets),
        position=case((is_waitlisted, position)),
    )
    return (
        select(*columns, events.c.organizer_id)
        .join_from(found, events, found.c.event_id == events.c.id)
        .outerjoin(users, found.c.buyer_id == users.c.id)
        .join(held, true())
        .order_by(*order_of(found, order))
    )


ORDER_BY_ID = orders_in_full(select(orders).where(orders.c.id == bindparam("id")))
TICKETS_IN_FULL = (
    select(
        *columns_of(
            TicketDetails,
            tickets,
            ticket=_TICKET,
            order=json_of(OrderRef, id=tickets.c.order_id),
            order_status=orders.c.status,
            currency=orders.c.currency,
        )
    )
    .join_from(tickets, orders, _ORDER_OF_TICKET)
    .outerjoin(ticket_types, _TYPE_OF_TICKET)
)
TICKET_BY_CODE = TICKETS_IN_FULL.where(
    tickets.c.code == bindparam("code"), orders.c.status != OrderStatus.WAITLISTED.value
)
CHECK_IN_COUNTS = (
    select(func.count().label("sold"), func.count(tickets.c.checked_in_at).label("checked_in"))
    .join_from(tickets, orders, _ORDER_OF_TICKET)
    .where(tickets.c.event_id == bindparam("event_id"), _ADMITS)
)


class PostgresOrderQueries(Reader):
    """Queries of orders and tickets."""

    def get(self, id: OrderId) -> OrderRecord | None:
        for row in self.rows(ORDER_BY_ID, {"id": id}):
            return OrderRecord(order=to_view(OrderView, row), organizer_id=row.organizer_id)
        return None

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        return self._newest_first(orders.c.buyer_id == buyer, before, limit)

    def of_event(
        self, event: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        return self._newest_first(orders.c.event_id == event, before, limit)

    def _newest_first(
        self, condition: ColumnElement[bool], before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        page = select(orders).where(condition).order_by(orders.c.id.desc()).limit(limit + 1)
        if before:
            page = page.where(orders.c.id < before)
        found = self.views(OrderView, orders_in_full(page, "-id"))
        return page_of(found, limit, lambda order: OrderId(order.id))

    def waitlist(self, event: EventId, *, after: int, limit: int) -> Page[OrderView, int]:
        page = (
            select(orders)
            .where(orders.c.event_id == event, orders.c.status == OrderStatus.WAITLISTED.value)
            .order_by(orders.c.waitlist_number)
            .offset(after)
            .limit(limit + 1)
        )
        found = self.views(OrderView, orders_in_full(page, "waitlist_number"))
        return page_of(found, limit, lambda order: order.position or 0)

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        return self.view(TicketDetails, TICKET_BY_CODE, {"code": code.value})

    def attendees(
        self, event: EventId, *, q: str | None, after: AttendeePosition | None, limit: int
    ) -> Page[TicketDetails, AttendeePosition]:
        query = (
            TICKETS_IN_FULL.where(tickets.c.event_id == event, _ADMITS)
            .order_by(tickets.c.order_id, tickets.c.id)
            .limit(limit + 1)
        )
        if after:
            here = tuple_(tickets.c.order_id, tickets.c.id)
            query = query.where(here > tuple_(after.order_id, after.ticket_id))
        if q is not None:
            query = query.where(func.strpos(tickets.c.search_text, search_text(q)) > 0)
        found = self.views(TicketDetails, query)
        return page_of(found, limit, lambda details: details.position)

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        (row,) = self.rows(CHECK_IN_COUNTS, {"event_id": event})
        return to_view(CheckInCounts, row)
