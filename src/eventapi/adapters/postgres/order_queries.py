"""Queries of orders and tickets on PostgreSQL."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from eventapi.adapters.postgres.reader import Reader, page_of, to_view
from eventapi.adapters.postgres.tables import events, orders, ticket_types, tickets, users
from eventapi.adapters.postgres.view_columns import NO_ITEMS, columns_of, if_any, json_of, order_of
from eventapi.application.search import PersonSearch
from eventapi.application.views import (
    AttendeePosition,
    AttendeeView,
    BuyerView,
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
from eventapi.domain.order import OrderStatus, TicketStatus
from eventapi.domain.values import EventId, OrderId, TicketCode, UserId

_TYPE_OF_TICKET = and_(
    ticket_types.c.event_id == tickets.c.event_id, ticket_types.c.id == tickets.c.ticket_type_id
)
_IS_LIVE = tickets.c.cancelled_at.is_(None)
_ADMITS = and_(orders.c.status == OrderStatus.CONFIRMED.value, _IS_LIVE)
_ORDER_OF_TICKET = and_(orders.c.event_id == tickets.c.event_id, orders.c.id == tickets.c.order_id)


def _ticket_of(order: FromClause) -> ColumnElement[Any]:
    """Return the view of a ticket as JSON; its status depends on that of its order."""
    is_cancelled = or_(order.c.status == OrderStatus.CANCELLED.value, not_(_IS_LIVE))
    return json_of(
        TicketView,
        tickets,
        ticket_type=if_any(ticket_types.c.id, json_of(TicketTypeRef, ticket_types)),
        attendee=if_any(
            tickets.c.attendee_name,
            json_of(AttendeeView, name=tickets.c.attendee_name, email=tickets.c.attendee_email),
        ),
        status=case(
            (tickets.c.is_transferred, TicketStatus.TRANSFERRED.value),
            (is_cancelled, TicketStatus.CANCELLED.value),
            else_=TicketStatus.VALID.value,
        ),
    )


def _buyer_of(order: FromClause) -> ColumnElement[Any]:
    """Return the view of an order's buyer as JSON; users are joined to the order."""
    full_name = func.nullif(func.concat_ws(" ", users.c.first_name, users.c.last_name), "")
    return json_of(
        BuyerView,
        users,
        name=func.coalesce(order.c.guest_name, full_name),
        email=func.coalesce(order.c.guest_email, users.c.email),
    )


def _contains(column: ColumnElement[Any], search: PersonSearch) -> ColumnElement[bool]:
    return func.strpos(column, search.text) > 0 if search.text else false()


def _finds_order(search: PersonSearch) -> ColumnElement[bool]:
    """Return the condition that a search finds the order, by its buyer or its id."""
    account = exists().where(
        users.c.id == orders.c.buyer_id, _contains(users.c.search_text, search)
    )
    found = [_contains(orders.c.search_text, search), account.correlate(orders)]
    if search.order is not None:
        found.append(orders.c.id == search.order)
    return or_(*found)


def _finds_ticket(search: PersonSearch) -> ColumnElement[bool]:
    """Return the condition that a search finds the ticket, by its attendee or its code."""
    found = [_contains(tickets.c.search_text, search)]
    if search.code is not None:
        found.append(tickets.c.code == search.code)
    return or_(*found)


def _places_of(page: CTE) -> Subquery:
    """Return the positions of the waitlisted orders of a page, counted once for the page."""
    is_waitlisted = OrderStatus.WAITLISTED.value
    last = (
        select(page.c.event_id, func.max(page.c.waitlist_number).label("number"))
        .where(page.c.status == is_waitlisted)
        .group_by(page.c.event_id)
        .subquery("last")
    )
    waiting = orders.alias("waiting")
    position = func.row_number().over(
        partition_by=waiting.c.event_id, order_by=waiting.c.waitlist_number
    )
    return (
        select(waiting.c.event_id, waiting.c.id, position.label("position"))
        .join(last, last.c.event_id == waiting.c.event_id)
        .where(waiting.c.status == is_waitlisted, waiting.c.waitlist_number <= last.c.number)
        .subquery("places")
    )


def orders_in_full(page: Select[Any], *order: str) -> Select[Any]:
    """Return the statement that reads the views of some orders, and their organizers.

    Args:
        page: selects rows of the table of orders.
        order: the columns that sort them, a hyphen before a descending one.
    """
    found = page.cte("page")
    is_waitlisted = found.c.status == OrderStatus.WAITLISTED.value
    held = (
        select(
            func.coalesce(
                func.json_agg(aggregate_order_by(_ticket_of(found), tickets.c.id)), NO_ITEMS
            ).label("tickets"),
            func.count()
            .filter(_IS_LIVE, found.c.status != OrderStatus.CANCELLED.value)
            .label("quantity"),
        )
        .select_from(tickets.outerjoin(ticket_types, _TYPE_OF_TICKET))
        .where(tickets.c.event_id == found.c.event_id, tickets.c.order_id == found.c.id)
        .lateral("held")
    )
    places = _places_of(found)
    columns = columns_of(
        OrderView,
        found,
        event=json_of(EventRef, events),
        buyer=_buyer_of(found),
        quantity=held.c.quantity,
        tickets=case((is_waitlisted, NO_ITEMS), else_=held.c.tickets),
        position=places.c.position,
    )
    return (
        select(*columns, events.c.organizer_id)
        .join_from(found, events, found.c.event_id == events.c.id)
        .outerjoin(users, found.c.buyer_id == users.c.id)
        .join(held, true())
        .outerjoin(places, and_(places.c.event_id == found.c.event_id, places.c.id == found.c.id))
        .order_by(*order_of(found, order))
    )


ORDER_BY_ID = orders_in_full(select(orders).where(orders.c.id == bindparam("id")))
TICKETS_IN_FULL = (
    select(
        *columns_of(
            TicketDetails,
            tickets,
            ticket=_ticket_of(orders),
            order=json_of(OrderRef, id=tickets.c.order_id),
            currency=orders.c.currency,
            buyer=_buyer_of(orders),
        )
    )
    .join_from(tickets, orders, _ORDER_OF_TICKET)
    .outerjoin(users, orders.c.buyer_id == users.c.id)
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


def _of_event(event: EventId, search: PersonSearch | None) -> ColumnElement[bool]:
    """Return the condition of orders of an event, and of those that a search finds."""
    condition: ColumnElement[bool] = orders.c.event_id == event
    if search is None:
        return condition
    ticket = exists().where(_ORDER_OF_TICKET, _finds_ticket(search)).correlate(orders)
    return and_(condition, or_(_finds_order(search), ticket))


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
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        before: OrderId | None,
        limit: int,
    ) -> Page[OrderView, OrderId]:
        return self._newest_first(_of_event(event, search), before, limit)

    def _newest_first(
        self, condition: ColumnElement[bool], before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        page = select(orders).where(condition).order_by(orders.c.id.desc()).limit(limit + 1)
        if before:
            page = page.where(orders.c.id < before)
        found = self.views(OrderView, orders_in_full(page, "-id"))
        return page_of(found, limit, lambda order: OrderId(order.id))

    def waitlist(
        self, event: EventId, *, search: PersonSearch | None, after: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        page = (
            select(orders)
            .where(_of_event(event, search), orders.c.status == OrderStatus.WAITLISTED.value)
            .order_by(orders.c.waitlist_number)
            .limit(limit + 1)
        )
        if after:
            last = orders.alias("last").c
            number = select(last.waitlist_number).where(last.event_id == event, last.id == after)
            page = page.where(orders.c.waitlist_number > number.scalar_subquery())
        found = self.views(OrderView, orders_in_full(page, "waitlist_number"))
        return page_of(found, limit, lambda order: OrderId(order.id))

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        return self.view(TicketDetails, TICKET_BY_CODE, {"code": code.value})

    def attendees(
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        after: AttendeePosition | None,
        limit: int,
    ) -> Page[TicketDetails, AttendeePosition]:
        query = (
            TICKETS_IN_FULL.where(tickets.c.event_id == event, _ADMITS)
            .order_by(tickets.c.order_id, tickets.c.id)
            .limit(limit + 1)
        )
        if after:
            here = tuple_(tickets.c.order_id, tickets.c.id)
            query = query.where(here > tuple_(after.order_id, after.ticket_id))
        if search:
            query = query.where(or_(_finds_order(search), _finds_ticket(search)))
        found = self.views(TicketDetails, query)
        return page_of(found, limit, lambda details: details.position)

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        (row,) = self.rows(CHECK_IN_COUNTS, {"event_id": event})
        return to_view(CheckInCounts, row)
