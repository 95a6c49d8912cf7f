"""Orders: purchases, registrations, and the buyer's own orders."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from eventapi.application.orders import PlacedOrder
from eventapi.application.purchases import NamedPerson, Purchase
from eventapi.application.registrations import Registration
from eventapi.application.views import OrderView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventCancelled,
    EventNotFound,
    EventStarted,
    NotAllowed,
    NotSignedIn,
    OrderNotFound,
    OrderTooLarge,
    PersonLimitReached,
    SalesClosed,
    SoldOut,
    TicketNotFound,
    TicketTypeNotFound,
)
from eventapi.domain.event import OrderLine
from eventapi.domain.policy import Action
from eventapi.domain.values import EventId, OrderId, TicketId
from eventapi.entrypoints.csv_lists import ORDERS, WAITLIST
from eventapi.entrypoints.http.access import ACCOUNT, GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, VERSIONED, if_match
from eventapi.entrypoints.http.events import EVENT, ORGANIZER_ERRORS
from eventapi.entrypoints.http.idempotency import once, replay_headers
from eventapi.entrypoints.http.pagination import Cursors, Listing, PageBody, page_answer
from eventapi.entrypoints.http.permissions import buyer, order, organizer, viewer
from eventapi.entrypoints.http.responses import Created, created, ok, page_of
from eventapi.entrypoints.http.schemas.common import (
    AccessCodeQuerySchema,
    IdempotencySchema,
    PageQuerySchema,
)
from eventapi.entrypoints.http.schemas.orders import (
    CANCELLED_ORDER,
    REGISTERED_ORDER,
    WAITLISTED_ORDER,
    EventRegistrationSchema,
    OrderListQuerySchema,
    OrderSchema,
    OrderSecretQuerySchema,
    PlacedOrderSchema,
    PurchaseSchema,
)
from eventapi.entrypoints.http.security import current_actor, current_principal

blueprint = ApiBlueprint(
    "orders", __name__, url_prefix="/api", description="Purchases, registrations and orders."
)

ORDER = "/orders/<uuid:order_id>"
ORDER_CURSORS: Cursors[OrderId] = Cursors("orders", OrderId)
WAITLIST_CURSORS: Cursors[OrderId] = Cursors("waitlist", OrderId)
SALE_ERRORS = (
    AccountDeleted,
    EventNotFound,
    TicketTypeNotFound,
    SoldOut,
    SalesClosed,
    EventStarted,
    EventCancelled,
    PersonLimitReached,
)
CANCELLATION_ERRORS = (NotSignedIn, OrderNotFound, EventStarted, AlreadyCheckedIn)
PLACED = once(created(PlacedOrderSchema, no_store=True))


@blueprint.operation(
    "POST",
    f"/events{EVENT}/purchase",
    access=replace(GUEST_OR_ACCOUNT.or_key(KeyScope.SELL), deferred=True),
    body=PurchaseSchema,
    query=AccessCodeQuerySchema,
    headers=IdempotencySchema,
    response=PLACED,
    permission=buyer(),
    errors=(*SALE_ERRORS, NotAllowed, OrderTooLarge),
)
def purchase_tickets(
    body: dict[str, Any], query: dict[str, Any], headers: dict[str, Any], event_id: EventId
) -> Created[PlacedOrder]:
    """Purchase tickets.

    A user buys with their own account. A guest names the `buyer` and gets the
    `secret` of the order, with which it is read, changed and cancelled. An
    organizer, an admin, or an API key with the scope `sell` sells tickets of their
    events to the `buyer`, and passes the secret on.

    The order gets all tickets that are requested, or none. If two buyers
    request the last ticket at the same time, one of them gets 201 and the other
    409. With an `Idempotency-Key`, a purchase can be repeated safely.
    """
    buyer = body["buyer"]
    placed = use_cases().purchase_tickets(
        current_principal(),
        Purchase(
            event_id=event_id,
            lines=_lines(body),
            attendees=[NamedPerson(**attendee) for attendee in body["attendees"]],
            buyer=None if buyer is None else NamedPerson(**buyer),
            access_code=query["access_code"],
            idempotency_key=headers["idempotency_key"],
        ),
    )
    return placed, _sale_headers(placed)


def _lines(body: dict[str, Any]) -> list[OrderLine]:
    """Return the lines of a purchase; a quantity is one line."""
    return [
        OrderLine(line["quantity"], line.get("ticket_type")) for line in body.get("lines") or [body]
    ]


def _sale_headers(placed: PlacedOrder) -> dict[str, str]:
    return replay_headers(replayed=placed.replayed, Location=f"/api/orders/{placed.order.id}")


@blueprint.operation(
    "GET", "/orders", access=ACCOUNT, query=PageQuerySchema, response=page_of(OrderSchema)
)
def list_orders(query: dict[str, Any]) -> PageBody:
    """List your orders, newest first.

    Purchases and registrations of your account, cancelled ones included.
    """
    before = ORDER_CURSORS.decode(query["cursor"])
    page = use_cases().list_orders(current_actor(), before=before, limit=query["limit"])
    return page_answer(page, ORDER_CURSORS)


@blueprint.operation(
    "POST",
    f"/events{EVENT}/register",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.SELL),
    body=EventRegistrationSchema,
    query=AccessCodeQuerySchema,
    headers=IdempotencySchema,
    response=replace(PLACED, other_status=HTTPStatus.ACCEPTED, example=REGISTERED_ORDER),
    permission=viewer(),
    errors=(*SALE_ERRORS, AlreadyRegistered),
)
def register_attendee(
    body: dict[str, Any], query: dict[str, Any], headers: dict[str, Any], event_id: EventId
) -> tuple[PlacedOrder, int, dict[str, str]]:
    """Register for an event.

    Registers one person for one ticket, with an account or as a guest. A person
    can hold one registration per event, by account and by email
    address. If the event is full, `"waitlist": true` adds the registration to
    the waitlist, and the status is 202.
    """
    placed = use_cases().register_attendee(
        current_actor(),
        Registration(
            event_id=event_id,
            name=body.get("name"),
            email=body.get("email"),
            ticket_type_id=body.get("ticket_type"),
            waitlist=body["waitlist"],
            access_code=query["access_code"],
            idempotency_key=headers["idempotency_key"],
        ),
    )
    status = HTTPStatus.ACCEPTED if placed.order.is_waitlisted else HTTPStatus.CREATED
    return placed, status, _sale_headers(placed)


@blueprint.operation(
    "GET",
    ORDER,
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.SELL),
    query=OrderSecretQuerySchema,
    response=ok(OrderSchema),
    conditional=ETAG,
    permission=order(Action.SEE_ORDER),
    errors=(NotSignedIn, OrderNotFound),
)
def get_order(query: dict[str, Any], order_id: OrderId) -> OrderView:
    """Get an order.

    It is visible to its buyer, to the organizer, to admins, and to a guest with
    its secret.
    """
    return use_cases().get_order(current_actor(), order_id, **query)


@blueprint.operation(
    "DELETE",
    ORDER,
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.MANAGE),
    query=OrderSecretQuerySchema,
    response=ok(OrderSchema, example=CANCELLED_ORDER),
    conditional=VERSIONED,
    permission=order(Action.CANCEL_ORDER),
    errors=CANCELLATION_ERRORS,
)
def cancel_order(query: dict[str, Any], order_id: OrderId) -> OrderView:
    """Cancel an order or leave the waitlist (idempotent).

    The buyer can cancel until the event starts, the organizer at any time, but not
    after a ticket was checked in: that has to be undone first. The places go to
    the waitlist first.
    """
    return use_cases().cancel_order(current_actor(), order_id, seen=if_match(OrderSchema), **query)


@blueprint.operation(
    "DELETE",
    f"{ORDER}/tickets/<uuid:ticket_id>",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.MANAGE),
    query=OrderSecretQuerySchema,
    response=ok(OrderSchema),
    conditional=VERSIONED,
    permission=order(Action.CANCEL_ORDER),
    errors=(*CANCELLATION_ERRORS, TicketNotFound),
)
def cancel_ticket(query: dict[str, Any], order_id: OrderId, ticket_id: TicketId) -> OrderView:
    """Cancel one ticket of an order (idempotent).

    Cancelling the last ticket cancels the order.
    """
    return use_cases().cancel_order(
        current_actor(), order_id, ticket_id=ticket_id, seen=if_match(OrderSchema), **query
    )


@blueprint.operation(
    "GET",
    f"/events{EVENT}/orders",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    query=OrderListQuerySchema,
    response=page_of(OrderSchema, csv=ORDERS),
    permission=organizer(Action.SEE_EVENT_ORDERS),
    errors=ORGANIZER_ERRORS,
)
def list_event_orders(query: dict[str, Any], event_id: EventId) -> Listing[OrderId]:
    """List the orders of an event, newest first.

    Waitlisted and cancelled orders are included. With `Accept: text/csv`, the
    response has all orders in one file.
    """
    list_orders, actor = use_cases().list_event_orders, current_actor()
    return Listing(
        query,
        ORDER_CURSORS,
        lambda before, limit: list_orders(
            actor, event_id, q=query["q"], before=before, limit=limit
        ),
    )


@blueprint.operation(
    "GET",
    f"/events{EVENT}/waitlist",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    query=OrderListQuerySchema,
    response=page_of(OrderSchema, example=WAITLISTED_ORDER, csv=WAITLIST),
    permission=organizer(Action.SEE_EVENT_ORDERS),
    errors=ORGANIZER_ERRORS,
)
def list_waitlist(query: dict[str, Any], event_id: EventId) -> Listing[OrderId]:
    """List the waitlist of an event, longest wait first.

    Freed places go to the first order that fits. With `Accept: text/csv`, the
    response has the whole waitlist in one file.
    """
    list_orders, actor = use_cases().list_event_orders, current_actor()
    return Listing(
        query,
        WAITLIST_CURSORS,
        lambda after, limit: list_orders.waitlist(
            actor, event_id, q=query["q"], after=after, limit=limit
        ),
    )
