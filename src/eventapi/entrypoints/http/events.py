"""Events: creating, finding, changing and cancelling them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from marshmallow import fields

from eventapi.application.event_catalog import EventFilter
from eventapi.application.forms import EventForm
from eventapi.application.search import EventSort
from eventapi.application.views import EventPosition, EventStatistics, EventView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    AccountDeleted,
    CapacityBelowSold,
    EventCancelled,
    EventEnded,
    EventHasOrders,
    EventNotFound,
    NotAllowed,
    NotSignedIn,
    ReferenceTaken,
    TicketTypeInUse,
)
from eventapi.domain.policy import Action
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.access import ACCOUNT, GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import (
    ETAG,
    IF_MATCH,
    VERSIONED,
    if_match_versions,
    set_etag_version,
)
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.pagination import Cursors, PageBody, page_answer
from eventapi.entrypoints.http.permissions import organizer, role, viewer
from eventapi.entrypoints.http.responses import Created, created, ok, page_of
from eventapi.entrypoints.http.schemas.common import AccessCodeQuerySchema, IdempotencySchema
from eventapi.entrypoints.http.schemas.derivation import example_of
from eventapi.entrypoints.http.schemas.events import (
    EventFormSchema,
    EventListQuerySchema,
    EventPatchSchema,
    EventSchema,
    StatisticsSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "events", __name__, url_prefix="/api/events", description="Creating and finding events."
)

EVENT = "/<id:event_id>"
ORGANIZER_ERRORS = (NotSignedIn, NotAllowed, EventNotFound)
"""The errors of operations for an event's organizer and admins."""
UPDATE_ERRORS = (EventCancelled, CapacityBelowSold, TicketTypeInUse, ReferenceTaken)


def _cursors(sort: EventSort) -> Cursors[EventPosition]:
    content: Any = tuple[str, int] if sort.field == "name" else tuple[datetime, int]
    return Cursors(f"events by {sort}", content, EventPosition._make)


CURSORS: Mapping[EventSort, Cursors[EventPosition]] = {sort: _cursors(sort) for sort in EventSort}


@blueprint.operation(
    "POST",
    "",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=EventFormSchema,
    headers=IdempotencySchema,
    response=once(created(EventSchema)),
    conditional=ETAG,
    permission=role(Action.CREATE_EVENT),
    errors=(NotSignedIn, NotAllowed, AccountDeleted, ReferenceTaken),
)
def create_event(body: dict[str, Any], headers: dict[str, Any]) -> Created[EventView]:
    """Create an event.

    Its organizer is the account that creates it.
    """
    accepted = use_cases().create_event(
        current_actor(), EventForm.from_fields(body), request=keyed_request(headers)
    )
    event = with_version(accepted.answer)
    return with_headers(accepted, event, Location=f"/api/events/{event.id}")


def _owner_of_list() -> None:
    """Check that the sender may list events of their own, if the query asks for them."""
    if request.args.get("mine") in fields.Boolean.truthy:
        role(Action.CREATE_EVENT)()


@blueprint.operation(
    "GET",
    "",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=EventListQuerySchema,
    response=page_of(EventSchema),
    permission=_owner_of_list,
    errors=(NotSignedIn, NotAllowed),
)
def list_events(query: dict[str, Any]) -> PageBody:
    """List events, soonest first.

    By default the list has the public events that have not started. An event
    has to match all filters. Cancelled events are only in your own list
    (`mine=true`).
    """
    cursor, limit = query.pop("cursor"), query.pop("limit")
    wanted = EventFilter(**query)
    cursors = CURSORS[wanted.order]
    after = cursors.decode(cursor)
    page = use_cases().list_events(current_actor(), wanted, after=after, limit=limit)
    return page_answer(page, cursors)


@blueprint.operation(
    "GET",
    EVENT,
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=ok(EventSchema),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound,),
)
def get_event(query: dict[str, Any], event_id: EventId) -> EventView:
    """Get an event.

    A private event is visible to its organizer, to admins, and to users with
    its access code or a ticket.
    """
    return with_version(use_cases().get_event(current_actor(), event_id, **query))


@blueprint.operation(
    "PUT",
    EVENT,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=EventFormSchema,
    response=ok(EventSchema),
    conditional=VERSIONED,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, *UPDATE_ERRORS),
)
def replace_event(body: dict[str, Any], event_id: EventId) -> EventView:
    """Replace an event.

    Fields that are left out get their defaults. Ticket types and sessions with
    an `id` are updated, those without one are added, the others are removed.
    """
    form = EventForm.from_fields(body)
    event = use_cases().change_event.replace(
        current_actor(), event_id, form, versions=if_match_versions()
    )
    return with_version(event)


@blueprint.operation(
    "PATCH",
    EVENT,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=EventPatchSchema,
    response=ok(EventSchema),
    conditional=VERSIONED,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, *UPDATE_ERRORS),
)
def update_event(body: dict[str, Any], event_id: EventId) -> EventView:
    """Update an event (JSON Merge Patch, RFC 7396).

    Fields that are left out stay as they are, null clears a field, and lists are
    replaced as a whole. With `If-Match`, a change that you have not seen is never
    overwritten.
    """
    event = use_cases().change_event.patch(
        current_actor(), event_id, body, versions=if_match_versions()
    )
    return with_version(event)


@blueprint.operation(
    "DELETE",
    EVENT,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    conditional=IF_MATCH,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventHasOrders),
)
def delete_event(event_id: EventId) -> None:
    """Delete an event that has no orders.

    An event with orders can be cancelled.
    """
    use_cases().delete_event(current_actor(), event_id, versions=if_match_versions())


@blueprint.operation(
    "POST",
    f"{EVENT}/cancel",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    response=ok(
        EventSchema, example=example_of(EventSchema) | {"status": "cancelled", "tickets_sold": 0}
    ),
    conditional=ETAG,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventEnded),
)
def cancel_event(event_id: EventId) -> EventView:
    """Cancel an event and all its orders (idempotent).

    Its orders are cancelled in the same step. A cancelled event can't be changed or
    sold any more; cancelling it again changes nothing.
    """
    return with_version(use_cases().cancel_event(current_actor(), event_id))


@blueprint.operation(
    "GET",
    f"{EVENT}/stats",
    access=ACCOUNT.or_key(KeyScope.READ_EVENTS),
    response=ok(StatisticsSchema),
    errors=ORGANIZER_ERRORS,
)
def get_statistics(event_id: EventId) -> EventStatistics:
    """Get the sales figures of an event.

    Tickets sold and left, in all and by ticket type, revenue by currency, sales by
    day, check-ins, the waitlist and cancellations.
    """
    return use_cases().get_statistics(current_actor(), event_id)


def with_version(event: EventView) -> EventView:
    """Return an event, after setting its version in the response's ETag."""
    set_etag_version(event.version)
    return event
