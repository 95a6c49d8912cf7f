"""Check-in at the door."""

from typing import Any

from flask import g

from eventapi.application.tickets import Scan, ScanResult
from eventapi.application.views import CheckInCounts, TicketView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import TicketCancelled, TicketNotFound, WrongEvent
from eventapi.domain.policy import Action
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.access import ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, VERSIONED, if_match
from eventapi.entrypoints.http.events import EVENT, ORGANIZER_ERRORS
from eventapi.entrypoints.http.permissions import organizer
from eventapi.entrypoints.http.problems import SCAN_ERRORS, problem_document
from eventapi.entrypoints.http.responses import ok
from eventapi.entrypoints.http.schemas.orders import (
    CheckInCountsSchema,
    CodeQuerySchema,
    ScanBatchResultSchema,
    ScanBatchSchema,
    ScanSchema,
    TicketSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "check-in",
    __name__,
    url_prefix=f"/api/events{EVENT}/check-in",
    description="Check-in at the door, online and offline.",
)

AT_THE_DOOR = ACCOUNT.or_key(KeyScope.CHECK_IN)


@blueprint.operation(
    "POST",
    "",
    access=AT_THE_DOOR,
    body=ScanSchema,
    response=ok(TicketSchema),
    conditional=ETAG,
    permission=organizer(Action.CHECK_IN),
    errors=(*ORGANIZER_ERRORS, *SCAN_ERRORS),
)
def check_in(body: dict[str, Any], event_id: EventId) -> TicketView:
    """Check in a ticket, once.

    For a ticket that is already checked in, the problem has the time of its
    check-in.
    """
    return use_cases().check_in(current_actor(), event_id, body["code"])


@blueprint.operation(
    "DELETE",
    "",
    access=AT_THE_DOOR,
    query=CodeQuerySchema,
    response=ok(TicketSchema),
    conditional=VERSIONED,
    permission=organizer(Action.CHECK_IN),
    errors=(*ORGANIZER_ERRORS, TicketNotFound, WrongEvent, TicketCancelled),
)
def undo_check_in(query: dict[str, Any], event_id: EventId) -> TicketView:
    """Undo the check-in of a ticket.

    The ticket can be checked in again. Undoing twice changes nothing.
    """
    return use_cases().check_in.undo(
        current_actor(), event_id, query["code"], seen=if_match(TicketSchema)
    )


@blueprint.operation(
    "GET", "", access=AT_THE_DOOR, response=ok(CheckInCountsSchema), errors=ORGANIZER_ERRORS
)
def get_check_in_counts(event_id: EventId) -> CheckInCounts:
    """Count the tickets sold and checked in.

    Cancelled tickets are not counted.
    """
    return use_cases().check_in.counts(current_actor(), event_id)


@blueprint.operation(
    "POST",
    "/batch",
    access=AT_THE_DOOR,
    body=ScanBatchSchema,
    response=ok(ScanBatchResultSchema),
    permission=organizer(Action.CHECK_IN),
    errors=ORGANIZER_ERRORS,
)
def check_in_batch(body: dict[str, Any], event_id: EventId) -> dict[str, Any]:
    """Check in a batch of scans.

    A device that was offline sends its scans in their order. Each scan has a
    result of its own.
    """
    scans = [Scan(scan["code"], scan["scanned_at"]) for scan in body["scans"]]
    results = use_cases().check_in.batch(current_actor(), event_id, scans)
    return {"results": [_result(result) for result in results]}


def _result(result: ScanResult) -> dict[str, Any]:
    refusal = result.refusal
    return {
        "code": result.code,
        "admitted": refusal is None,
        "ticket": result.ticket,
        "problem": None if refusal is None else problem_document(refusal, request_id=g.request_id),
    }
