"""Orders: buying tickets, and seeing what one bought."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from eventapi.application.orders import NamedAttendee, Purchase
from eventapi.application.views import OrderView
from eventapi.domain.errors import (
    AccountGone,
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
    TicketTypeNotFound,
)
from eventapi.domain.event import Line
from eventapi.domain.values import EventId, OrderId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.events import EVENT
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    PageQuerySchema,
    order_cursor,
    page_answer,
    read_order_cursor,
)
from eventapi.entrypoints.http.problems import InvalidCursor
from eventapi.entrypoints.http.schemas.events import AccessCodeQuerySchema
from eventapi.entrypoints.http.schemas.orders import (
    IdempotencySchema,
    OrderPageSchema,
    OrderSchema,
    PurchaseSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint("orders", __name__, url_prefix="/api", description="Buying tickets.")

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
        AccountGone,
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
        current_actor(),
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
        current_actor(), before=read_order_cursor(query["cursor"]), limit=query["limit"]
    )
    return page_answer(page, order_cursor)


@blueprint.operation(
    "GET",
    "/orders/<uuid:order_id>",
    access=ACCOUNT,
    gives=OrderSchema,
    errors=(NotSignedIn, OrderNotFound),
    etag=True,
    answer_example=examples.ORDER,
)
def show_order(order_id: UUID) -> OrderView:
    """Show an order with its tickets: to its buyer, the event's organizer, or an admin."""
    return use_cases().show_order(current_actor(), OrderId(order_id))
