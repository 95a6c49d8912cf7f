"""Orders: buying tickets, and seeing what one bought."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from eventapi.application.orders import NamedAttendee, Purchase
from eventapi.application.registrations import Registration
from eventapi.application.views import OrderView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    EventCancelled,
    EventNotFound,
    EventStarted,
    IdempotencyKeyReused,
    NotAllowed,
    NotSignedIn,
    OrderNotFound,
    OrderTooLarge,
    SalesClosed,
    SoldOut,
    TicketNotFound,
    TicketTypeNotFound,
)
from eventapi.domain.event import Line
from eventapi.domain.values import EventId, OrderId, TicketId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.events import EVENT, MAY_NOT_CHANGE
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    Cursors,
    PageQuerySchema,
    page_answer,
)
from eventapi.entrypoints.http.schemas.events import AccessCodeQuerySchema
from eventapi.entrypoints.http.schemas.orders import (
    EventRegistrationSchema,
    IdempotencySchema,
    OrderPageSchema,
    OrderSchema,
    OrderSecretQuerySchema,
    PurchaseSchema,
    RegistrationResultSchema,
)
from eventapi.entrypoints.http.security import current_actor, current_principal

blueprint = ApiBlueprint(
    "orders", __name__, url_prefix="/api", description="Buying tickets and registering."
)

ORDER_CURSORS: Cursors[OrderId] = Cursors("orders", OrderId)
WAITLIST_CURSORS: Cursors[int] = Cursors("waitlist", int)
_ORDER_FIELDS = tuple(OrderSchema().fields)
_REPLAYED_HEADER = {
    "Idempotent-Replayed": {
        "description": "`true` where this very purchase was accepted before.",
        "schema": {"const": "true"},
    }
}


@blueprint.operation(
    "POST",
    f"/events{EVENT}/purchase",
    access=ACCOUNT,
    body=PurchaseSchema,
    query=AccessCodeQuerySchema,
    headers=IdempotencySchema,
    gives=OrderSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER | _REPLAYED_HEADER,
    errors=(
        NotSignedIn,
        AccountDeleted,
        NotAllowed,
        EventNotFound,
        TicketTypeNotFound,
        SoldOut,
        SalesClosed,
        EventStarted,
        EventCancelled,
        OrderTooLarge,
        IdempotencyKeyReused,
    ),
    asks=False,
    example=examples.PURCHASE,
    answer_example=examples.ORDER,
)
def purchase_tickets(
    body: dict[str, Any], query: dict[str, Any], headers: dict[str, Any], event_id: int
) -> tuple[OrderView, dict[str, str]]:
    """Buy tickets: all that are asked for, or none.

    Two that want the last ticket at the same instant get one 201 and one 409.
    With an `Idempotency-Key`, sending the same purchase again repeats its
    answer and buys nothing.
    """
    purchased = use_cases().purchase_tickets(
        current_principal(),
        Purchase(
            event_id=EventId(event_id),
            lines=_lines(body),
            attendees=[NamedAttendee(**attendee) for attendee in body["attendees"]],
            access_code=query["access_code"],
            idempotency_key=headers["idempotency_key"],
        ),
    )
    answer_headers = {"Location": f"/api/orders/{purchased.order.id}"}
    if purchased.replayed:
        answer_headers["Idempotent-Replayed"] = "true"
    return purchased.order, answer_headers


def _lines(body: dict[str, Any]) -> list[Line]:
    """Read what is wanted: lines, or a quantity of one type or of the only one."""
    return [Line(line["quantity"], line.get("ticket_type")) for line in body.get("lines") or [body]]


@blueprint.operation(
    "GET",
    "/orders",
    access=ACCOUNT,
    query=PageQuerySchema,
    gives=OrderPageSchema,
    answer_headers=LINK_HEADER,
    errors=(NotSignedIn, InvalidCursor),
    answer_example={"items": [examples.ORDER], "next": None},
)
def list_orders(query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """List one's own orders, newest first."""
    page = use_cases().list_orders(
        current_actor(), before=ORDER_CURSORS.decode(query["cursor"]), limit=query["limit"]
    )
    return page_answer(page, ORDER_CURSORS)


@blueprint.operation(
    "POST",
    f"/events{EVENT}/register",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.SELL,
    body=EventRegistrationSchema,
    query=AccessCodeQuerySchema,
    headers=IdempotencySchema,
    gives=RegistrationResultSchema,
    status=HTTPStatus.CREATED,
    other_status=HTTPStatus.ACCEPTED,
    answer_headers=LOCATION_HEADER | _REPLAYED_HEADER,
    errors=(
        AccountDeleted,
        EventNotFound,
        TicketTypeNotFound,
        AlreadyRegistered,
        SoldOut,
        SalesClosed,
        EventStarted,
        EventCancelled,
        IdempotencyKeyReused,
    ),
    example=examples.REGISTER,
    answer_example=examples.REGISTERED,
)
def register_attendee(
    body: dict[str, Any], query: dict[str, Any], headers: dict[str, Any], event_id: int
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register one person for one ticket, with an account or as a guest.

    One person holds one registration of an event, by account and by email
    address. Where the event is full, `"waitlist": true` gives a place in the
    waitlist and the answer 202.
    """
    registered = use_cases().register_attendee(
        current_actor(),
        Registration(
            event_id=EventId(event_id),
            name=body.get("name"),
            email=body.get("email"),
            ticket_type_id=body.get("ticket_type"),
            waitlist=body["waitlist"],
            access_code=query["access_code"],
            idempotency_key=headers["idempotency_key"],
        ),
    )
    order = registered.order
    status = HTTPStatus.ACCEPTED if order.is_waitlisted else HTTPStatus.CREATED
    answer_headers = {"Location": f"/api/orders/{order.id}"}
    if registered.replayed:
        answer_headers["Idempotent-Replayed"] = "true"
    shown = {name: getattr(order, name) for name in _ORDER_FIELDS}
    return shown | {"secret": registered.secret}, status, answer_headers


@blueprint.operation(
    "GET",
    "/orders/<uuid:order_id>",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.SELL,
    query=OrderSecretQuerySchema,
    gives=OrderSchema,
    errors=(NotSignedIn, OrderNotFound),
    etag=True,
    answer_example=examples.ORDER,
)
def get_order(query: dict[str, Any], order_id: UUID) -> OrderView:
    """Show an order: to its buyer, the organizer, an admin, or by a guest's secret."""
    return use_cases().get_order(current_actor(), OrderId(order_id), **query)


@blueprint.operation(
    "DELETE",
    "/orders/<uuid:order_id>",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.MANAGE,
    query=OrderSecretQuerySchema,
    gives=OrderSchema,
    errors=(NotSignedIn, OrderNotFound, EventStarted),
    answer_example=examples.ORDER | {"status": "cancelled"},
)
def cancel_order(query: dict[str, Any], order_id: UUID) -> OrderView:
    """Cancel an order, or leave the waitlist. Once is enough.

    Its buyer may until the event starts, the organizer always. Its places go
    to those who wait, before anybody else can take them.
    """
    return use_cases().cancel_order(current_actor(), OrderId(order_id), **query)


@blueprint.operation(
    "DELETE",
    "/orders/<uuid:order_id>/tickets/<uuid:ticket_id>",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.MANAGE,
    query=OrderSecretQuerySchema,
    gives=OrderSchema,
    errors=(NotSignedIn, OrderNotFound, TicketNotFound, EventStarted),
    answer_example=examples.ORDER,
)
def cancel_ticket(query: dict[str, Any], order_id: UUID, ticket_id: UUID) -> OrderView:
    """Cancel one ticket of an order; with its last ticket goes the order. Once is enough."""
    return use_cases().cancel_order(
        current_actor(), OrderId(order_id), ticket_id=TicketId(ticket_id), **query
    )


@blueprint.operation(
    "GET",
    f"/events{EVENT}/orders",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    query=PageQuerySchema,
    gives=OrderPageSchema,
    answer_headers=LINK_HEADER,
    errors=(*MAY_NOT_CHANGE, InvalidCursor),
    answer_example={"items": [examples.ORDER], "next": None},
)
def list_event_orders(
    query: dict[str, Any], event_id: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """List the orders of an event, newest first, for its organizer and admins."""
    page = use_cases().list_event_orders(
        current_actor(),
        EventId(event_id),
        before=ORDER_CURSORS.decode(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(page, ORDER_CURSORS)


@blueprint.operation(
    "GET",
    f"/events{EVENT}/waitlist",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    query=PageQuerySchema,
    gives=OrderPageSchema,
    answer_headers=LINK_HEADER,
    errors=(*MAY_NOT_CHANGE, InvalidCursor),
    answer_example={"items": [examples.WAITING], "next": None},
)
def list_waitlist(query: dict[str, Any], event_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """List those who wait for places, the first one first, for its organizer and admins."""
    page = use_cases().list_event_orders.waitlist(
        current_actor(),
        EventId(event_id),
        after=WAITLIST_CURSORS.decode(query["cursor"]) or 0,
        limit=query["limit"],
    )
    return page_answer(page, WAITLIST_CURSORS)
