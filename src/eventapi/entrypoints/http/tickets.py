"""Tickets, whom they admit, and the door."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any
from uuid import UUID

from flask import Response, g, request, stream_with_context

from eventapi.application.orders import parse_attendee
from eventapi.application.tickets import Scan, ScanResult, TicketWithEvent
from eventapi.application.views import (
    AttendeePosition,
    CheckInCounts,
    OrderView,
    TicketDetails,
    TicketView,
)
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyCheckedIn,
    AlreadyRegistered,
    EventStarted,
    NotAllowed,
    NotSignedIn,
    OrderNotFound,
    TicketCancelled,
    TicketNotFound,
    WrongEvent,
)
from eventapi.domain.values import EventId, OrderId, TicketId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    ANYONE,
    ETAG_HEADER,
    GUEST_OR_ACCOUNT,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.events import EVENT, MAY_NOT_CHANGE
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    Cursors,
    page_answer,
)
from eventapi.entrypoints.http.problems import problem_document
from eventapi.entrypoints.http.schemas.orders import (
    AttendeeChangeSchema,
    AttendeeListQuerySchema,
    AttendeePageSchema,
    CheckInCountsSchema,
    CodeQuerySchema,
    HeldTicketSchema,
    OrderSchema,
    OrderSecretQuerySchema,
    ScanBatchResultSchema,
    ScanBatchSchema,
    ScanSchema,
    TicketSchema,
    TransferSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "tickets", __name__, url_prefix="/api", description="Tickets, attendees, and the door."
)

TICKET = "/orders/<uuid:order_id>/tickets/<uuid:ticket_id>"
CAN_NOT_BE_CHANGED = (TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted)
CURSORS: Cursors[AttendeePosition] = Cursors("attendees", AttendeePosition)
CSV, SVG, PNG, PDF = "text/csv", "image/svg+xml", "image/png", "application/pdf"
CSV_HEAD = ("name", "email", "ticket_type", "code", "order", "issued_at", "checked_in_at")
CSV_BATCH_SIZE = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that spreadsheets run as a formula (OWASP, CSV injection)."""


@blueprint.operation(
    "GET",
    "/tickets/<code>",
    access=ANYONE,
    gives=HeldTicketSchema,
    errors=(TicketNotFound,),
    etag=True,
    answer_example=examples.HELD_TICKET,
)
def get_ticket(code: str) -> dict[str, Any]:
    """Show a ticket to whoever holds its code."""
    return _held(use_cases().get_ticket(code))


@blueprint.operation(
    "GET",
    "/tickets/<code>/qr.svg",
    access=ANYONE,
    gives_media=(SVG,),
    answer_headers=ETAG_HEADER,
    errors=(TicketNotFound,),
    conditional=True,
)
def get_qr_svg(code: str) -> Response:
    """Give a ticket's code as a QR code, as a drawing of any size."""
    return _file(use_cases().print_ticket.qr_code(code, "svg"), SVG)


@blueprint.operation(
    "GET",
    "/tickets/<code>/qr.png",
    access=ANYONE,
    gives_media=(PNG,),
    answer_headers=ETAG_HEADER,
    errors=(TicketNotFound,),
    conditional=True,
)
def get_qr_png(code: str) -> Response:
    """Give a ticket's code as a QR code, as a picture."""
    return _file(use_cases().print_ticket.qr_code(code, "png"), PNG)


@blueprint.operation(
    "GET",
    "/tickets/<code>/ticket.pdf",
    access=ANYONE,
    gives_media=(PDF,),
    answer_headers=ETAG_HEADER,
    errors=(TicketNotFound,),
    conditional=True,
)
def get_ticket_pdf(code: str) -> Response:
    """Give a ticket on a page to print, with its QR code and the time on the event's clocks."""
    response = _file(use_cases().print_ticket.pdf(code), PDF)
    response.headers["Content-Disposition"] = 'inline; filename="ticket.pdf"'
    return response


@blueprint.operation(
    "PATCH",
    TICKET,
    access=GUEST_OR_ACCOUNT,
    body=AttendeeChangeSchema,
    query=OrderSecretQuerySchema,
    gives=OrderSchema,
    errors=(NotSignedIn, AccountDeleted, NotAllowed, OrderNotFound, *CAN_NOT_BE_CHANGED),
    example={"attendee": {"name": "Grace Example", "email": "grace@example.org"}},
    answer_example=examples.ORDER,
)
def name_attendee(
    body: dict[str, Any], query: dict[str, Any], order_id: UUID, ticket_id: UUID
) -> OrderView:
    """Say whom a ticket admits; its buyer may, until the event starts."""
    named = body["attendee"]
    return use_cases().change_ticket.name_attendee(
        current_actor(),
        OrderId(order_id),
        TicketId(ticket_id),
        None if named is None else parse_attendee(**named),
        **query,
    )


@blueprint.operation(
    "POST",
    f"{TICKET}/transfer",
    access=GUEST_OR_ACCOUNT,
    body=TransferSchema,
    query=OrderSecretQuerySchema,
    gives=TicketSchema,
    errors=(
        NotSignedIn,
        AccountDeleted,
        NotAllowed,
        OrderNotFound,
        AlreadyRegistered,
        *CAN_NOT_BE_CHANGED,
    ),
    example={"name": "Grace Example", "email": "grace@example.org"},
    answer_example=examples.ORDER["tickets"][0],
)
def transfer_ticket(
    body: dict[str, Any], query: dict[str, Any], order_id: UUID, ticket_id: UUID
) -> TicketView:
    """Hand a ticket on to somebody else, until the event starts.

    The old code is worth nothing from then on; the answer has the new one.
    """
    return use_cases().change_ticket.transfer(
        current_actor(), OrderId(order_id), TicketId(ticket_id), parse_attendee(**body), **query
    )


@blueprint.operation(
    "GET",
    f"/events{EVENT}/attendees",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    query=AttendeeListQuerySchema,
    gives=AttendeePageSchema,
    gives_media=(CSV,),
    answer_headers=LINK_HEADER,
    errors=(*MAY_NOT_CHANGE, InvalidCursor),
    answer_example={"items": [examples.ATTENDEE_TICKET], "next": None},
)
def list_attendees(
    query: dict[str, Any], event_id: int
) -> tuple[dict[str, Any], dict[str, str]] | Response:
    """List who attends an event, for its organizer and admins.

    Ask with `Accept: text/csv` for all of them as a file, however many. In it
    no spreadsheet takes what somebody wrote for a formula: an apostrophe
    stands before it.
    """
    cases, actor, id = use_cases().list_attendees, current_actor(), EventId(event_id)
    if request.accept_mimetypes.best_match(["application/json", CSV]) == CSV:
        attendees = cases.all(actor, id, q=query["q"])
        return Response(
            stream_with_context(_csv(attendees)),
            content_type=f"{CSV}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="attendees-{id}.csv"'},
        )
    page = cases(
        actor,
        id,
        q=query["q"],
        after=CURSORS.decode(query["cursor"]),
        limit=query["limit"],
    )
    shown, headers = page_answer(page, CURSORS)
    items = [_ticket(one.ticket) | {"order_id": one.order_id} for one in page.items]
    return shown | {"items": items}, headers


@blueprint.operation(
    "POST",
    f"/events{EVENT}/check-in",
    access=ACCOUNT,
    scope=KeyScope.CHECK_IN,
    body=ScanSchema,
    gives=TicketSchema,
    errors=(*MAY_NOT_CHANGE, TicketNotFound, WrongEvent, TicketCancelled, AlreadyCheckedIn),
    example={"code": "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE"},
    answer_example=examples.ORDER["tickets"][0],
)
def check_in(body: dict[str, Any], event_id: int) -> TicketView:
    """Check a ticket in, once. The second time is answered with when it was first used."""
    return use_cases().check_in(current_actor(), EventId(event_id), body["code"])


@blueprint.operation(
    "DELETE",
    f"/events{EVENT}/check-in",
    access=ACCOUNT,
    scope=KeyScope.CHECK_IN,
    query=CodeQuerySchema,
    gives=TicketSchema,
    errors=(*MAY_NOT_CHANGE, TicketNotFound, WrongEvent, TicketCancelled),
    answer_example=examples.ORDER["tickets"][0],
)
def undo_check_in(query: dict[str, Any], event_id: int) -> TicketView:
    """Undo a check-in: the ticket is as if it had not been shown."""
    return use_cases().check_in.undo(current_actor(), EventId(event_id), query["code"])


@blueprint.operation(
    "GET",
    f"/events{EVENT}/check-in",
    access=ACCOUNT,
    scope=KeyScope.CHECK_IN,
    gives=CheckInCountsSchema,
    errors=MAY_NOT_CHANGE,
    answer_example={"sold": 98, "checked_in": 41},
)
def get_check_in_counts(event_id: int) -> CheckInCounts:
    """Tell how many are in, of how many."""
    return use_cases().check_in.counts(current_actor(), EventId(event_id))


@blueprint.operation(
    "POST",
    f"/events{EVENT}/check-in/batch",
    access=ACCOUNT,
    scope=KeyScope.CHECK_IN,
    body=ScanBatchSchema,
    gives=ScanBatchResultSchema,
    errors=MAY_NOT_CHANGE,
    example={
        "scans": [{"code": "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE", "scanned_at": "2030-06-01T18:02:11Z"}]
    },
    answer_example={
        "results": [
            {
                "code": "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE",
                "admitted": True,
                "ticket": examples.ORDER["tickets"][0],
                "problem": None,
            }
        ]
    },
)
def check_in_batch(body: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Check in what a scanner saw while it was offline; each scan gets its own answer."""
    scans = [Scan(scan["code"], scan["scanned_at"]) for scan in body["scans"]]
    scanned = use_cases().check_in.batch(current_actor(), EventId(event_id), scans)
    return {"results": [_result(one) for one in scanned]}


def _result(scanned: ScanResult) -> dict[str, Any]:
    refusal = scanned.refusal
    return {
        "code": scanned.code,
        "admitted": refusal is None,
        "ticket": scanned.ticket,
        "problem": None if refusal is None else problem_document(refusal, request_id=g.request_id),
    }


def _ticket(ticket: TicketView) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in _TICKET_FIELDS}


def _held(found: TicketWithEvent) -> dict[str, Any]:
    attendance = found.ticket
    return _ticket(attendance.ticket) | {"is_valid": attendance.is_valid, "event": found.event}


def _file(content: bytes, media: str) -> Response:
    response = Response(content, mimetype=media)
    # The code may be used by whoever sees it, so nothing between us and its holder keeps it;
    # and the holder asks again, since a ticket may have been cancelled meanwhile.
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _csv(attendees: Iterable[TicketDetails]) -> Iterator[str]:
    """Write attendees as CSV, some lines at a time, so that no more are ever in memory."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow(CSV_HEAD)
    for number, attendance in enumerate(attendees, start=1):
        ticket = attendance.ticket
        name, email = (
            (ticket.attendee.name, ticket.attendee.email or "") if ticket.attendee else ("", "")
        )
        kind = ticket.ticket_type.name if ticket.ticket_type else ""
        used = ticket.checked_in_at.isoformat() if ticket.checked_in_at else ""
        cells = (name, email, kind, ticket.code, str(attendance.order_id),
                 ticket.issued_at.isoformat(), used)  # fmt: skip
        writer.writerow([escape_formula(cell) for cell in cells])
        if number % CSV_BATCH_SIZE == 0:
            yield lines.getvalue()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue()


def escape_formula(cell: str) -> str:
    """Return a CSV cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


_TICKET_FIELDS = tuple(TicketSchema().fields)
