"""Tickets and the attendees whom they admit."""

from typing import Any

from flask import Response

from eventapi.application.orders import parse_attendee
from eventapi.application.printing import PrintedTickets
from eventapi.application.tickets import TicketWithEvent
from eventapi.application.views import AttendeePosition, OrderView, TicketView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventStarted,
    NotAllowed,
    NotSignedIn,
    NoValidTickets,
    OrderNotFound,
    TicketCancelled,
    TicketNotFound,
)
from eventapi.domain.policy import Action
from eventapi.domain.values import EventId, OrderId, TicketId
from eventapi.entrypoints.csv_lists import ATTENDEES
from eventapi.entrypoints.http.access import ACCOUNT, ANYONE, GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, VERSIONED, if_match
from eventapi.entrypoints.http.events import EVENT, ORGANIZER_ERRORS
from eventapi.entrypoints.http.file_names import content_disposition, file_name
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.orders import ORDER
from eventapi.entrypoints.http.pagination import Cursors, Listing
from eventapi.entrypoints.http.permissions import order, organizer
from eventapi.entrypoints.http.responses import file, ok, page_of
from eventapi.entrypoints.http.schemas.common import IdempotencySchema
from eventapi.entrypoints.http.schemas.orders import (
    AttendeeChangeSchema,
    AttendeeListQuerySchema,
    AttendeeTicketSchema,
    HeldTicketSchema,
    OrderSchema,
    OrderSecretQuerySchema,
    TicketSchema,
    TransferSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "tickets", __name__, url_prefix="/api", description="Tickets and attendees."
)

TICKET = f"{ORDER}/tickets/<uuid:ticket_id>"
CHANGE_ERRORS = (
    NotSignedIn,
    AccountDeleted,
    NotAllowed,
    OrderNotFound,
    TicketNotFound,
    TicketCancelled,
    AlreadyCheckedIn,
    EventStarted,
)
CURSORS: Cursors[AttendeePosition] = Cursors("attendees", AttendeePosition)
SVG, PNG, PDF = "image/svg+xml", "image/png", "application/pdf"


@blueprint.operation(
    "GET",
    "/tickets/<code>",
    access=ANYONE,
    response=ok(HeldTicketSchema),
    conditional=ETAG,
    errors=(TicketNotFound,),
)
def get_ticket(code: str) -> TicketWithEvent:
    """Get a ticket by its code.

    Whoever has the code can read the ticket; nobody has to be signed in.
    """
    return use_cases().get_ticket(code)


@blueprint.operation(
    "GET",
    "/tickets/<code>/qr.svg",
    access=ANYONE,
    response=file(SVG),
    conditional=ETAG,
    errors=(TicketNotFound,),
)
def get_qr_svg(code: str) -> Response:
    """Get the QR code of a ticket as SVG.

    The code contains the code of the ticket, and is sharp at every size.
    """
    return Response(use_cases().print_tickets.qr_code(code, "svg"), mimetype=SVG)


@blueprint.operation(
    "GET",
    "/tickets/<code>/qr.png",
    access=ANYONE,
    response=file(PNG),
    conditional=ETAG,
    errors=(TicketNotFound,),
)
def get_qr_png(code: str) -> Response:
    """Get the QR code of a ticket as PNG.

    The code contains the code of the ticket, for scanners at the door.
    """
    return Response(use_cases().print_tickets.qr_code(code, "png"), mimetype=PNG)


@blueprint.operation(
    "GET",
    "/tickets/<code>/ticket.pdf",
    access=ANYONE,
    response=file(PDF, headers=["Content-Disposition"]),
    conditional=ETAG,
    errors=(TicketNotFound,),
)
def get_ticket_pdf(code: str) -> Response:
    """Get a ticket as a PDF page.

    The page has the QR code, the price, the event's image, and the times in the
    event's time zone. `tickets.pdf` of an order has all its tickets.
    """
    return _pdf(use_cases().print_tickets.ticket(code), "ticket.pdf")


@blueprint.operation(
    "GET",
    f"{ORDER}/tickets.pdf",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.SELL),
    query=OrderSecretQuerySchema,
    response=file(PDF, headers=["Content-Disposition"]),
    conditional=ETAG,
    permission=order(Action.SEE_ORDER),
    errors=(NotSignedIn, OrderNotFound, NoValidTickets),
)
def get_order_tickets_pdf(query: dict[str, Any], order_id: OrderId) -> Response:
    """Get all tickets of an order as one PDF document.

    It has a page for each valid ticket, and is visible to those who may see the
    order: its buyer, the organizer, admins, and a guest with its secret.
    """
    printed = use_cases().print_tickets.order(current_actor(), order_id, **query)
    return _pdf(printed, "tickets.pdf")


def _pdf(printed: PrintedTickets, kind: str) -> Response:
    name = file_name(printed.event, kind)
    headers = {"Content-Disposition": content_disposition(name, inline=True)}
    return Response(printed.pdf, mimetype=PDF, headers=headers)


@blueprint.operation(
    "PATCH",
    TICKET,
    access=GUEST_OR_ACCOUNT,
    body=AttendeeChangeSchema,
    query=OrderSecretQuerySchema,
    response=ok(OrderSchema),
    conditional=VERSIONED,
    permission=order(Action.CHANGE_ORDER),
    errors=CHANGE_ERRORS,
)
def name_attendee(
    body: dict[str, Any], query: dict[str, Any], order_id: OrderId, ticket_id: TicketId
) -> OrderView:
    """Name the attendee of a ticket.

    The buyer can do this until the event starts; null removes the name.
    """
    attendee = body["attendee"]
    return use_cases().change_ticket.name_attendee(
        current_actor(),
        order_id,
        ticket_id,
        None if attendee is None else parse_attendee(**attendee),
        seen=if_match(OrderSchema),
        **query,
    )


@blueprint.operation(
    "POST",
    f"{TICKET}/transfer",
    access=GUEST_OR_ACCOUNT,
    body=TransferSchema,
    query=OrderSecretQuerySchema,
    headers=IdempotencySchema,
    response=once(ok(TicketSchema)),
    permission=order(Action.CHANGE_ORDER),
    errors=(*CHANGE_ERRORS, AlreadyRegistered),
)
def transfer_ticket(
    body: dict[str, Any],
    query: dict[str, Any],
    headers: dict[str, Any],
    order_id: OrderId,
    ticket_id: TicketId,
) -> tuple[TicketView, dict[str, str]]:
    """Transfer a ticket to another person.

    The buyer can do this until the event starts. The response is a new ticket
    with a new code; the old code is no longer valid.
    """
    accepted = use_cases().change_ticket.transfer(
        current_actor(),
        order_id,
        ticket_id,
        parse_attendee(**body),
        request=keyed_request(headers),
        **query,
    )
    return with_headers(accepted, accepted.answer)


@blueprint.operation(
    "GET",
    f"/events{EVENT}/attendees",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    query=AttendeeListQuerySchema,
    response=page_of(AttendeeTicketSchema, csv=ATTENDEES),
    permission=organizer(Action.SEE_ATTENDEES),
    errors=ORGANIZER_ERRORS,
)
def list_attendees(query: dict[str, Any], event_id: EventId) -> Listing[AttendeePosition]:
    """List the attendees of an event.

    With `Accept: text/csv`, the response has all attendees in one file. In a cell
    that a spreadsheet would run as a formula, an apostrophe precedes it.
    """
    list_attendees, actor = use_cases().list_attendees, current_actor()
    return Listing(
        query,
        CURSORS,
        lambda after, limit: list_attendees(
            actor, event_id, q=query["q"], after=after, limit=limit
        ),
    )
