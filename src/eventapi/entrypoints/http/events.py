"""Events: announcing, finding, changing and ending them."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

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
    TicketTypeInUse,
)
from eventapi.domain.values import EventId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    if_match_versions,
    set_etag_version,
    use_cases,
)
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    Cursors,
    page_answer,
)
from eventapi.entrypoints.http.schemas.events import (
    AccessCodeQuerySchema,
    EventFormSchema,
    EventListQuerySchema,
    EventPageSchema,
    EventPatchSchema,
    EventSchema,
    StatisticsSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "events", __name__, url_prefix="/api/events", description="Announcing and finding events."
)

EVENT = "/<id:event_id>"


def _cursors(sort: EventSort) -> Cursors[EventPosition]:
    content: Any = tuple[str, int] if sort.field == "name" else tuple[datetime, int]
    return Cursors(f"events by {sort}", content, EventPosition._make)


CURSORS: Mapping[EventSort, Cursors[EventPosition]] = {sort: _cursors(sort) for sort in EventSort}
MAY_NOT_CHANGE = (NotSignedIn, NotAllowed, EventNotFound)
"""What everyone meets who wants to change an event and may not."""
CANT_BE_REVISED = (EventCancelled, CapacityBelowSold, TicketTypeInUse)


@blueprint.operation(
    "POST",
    "",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=EventFormSchema,
    gives=EventSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(NotSignedIn, NotAllowed, AccountDeleted),
    etag=True,
    example=examples.NEW_EVENT,
    answer_example=examples.EVENT,
)
def create_event(body: dict[str, Any]) -> tuple[EventView, dict[str, str]]:
    """Announce an event. It belongs to the organizer or admin who announces it."""
    event = use_cases().create_event(current_actor(), EventForm.from_fields(**body))
    return shown(event), {"Location": f"/api/events/{event.id}"}


@blueprint.operation(
    "GET",
    "",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=EventListQuerySchema,
    gives=EventPageSchema,
    answer_headers=LINK_HEADER,
    errors=(NotSignedIn, NotAllowed, InvalidCursor),
    answer_example={"items": [examples.EVENT], "next": None},
)
def list_events(query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """List events: the public ones that have not started, soonest first.

    What is asked for in the query is asked for together. Cancelled events are
    left out, except of your own list (`mine=true`).
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
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=AccessCodeQuerySchema,
    gives=EventSchema,
    errors=(EventNotFound,),
    etag=True,
    answer_example=examples.EVENT,
)
def get_event(query: dict[str, Any], event_id: int) -> EventView:
    """Show an event: a private one to its organizer, to admins, and to users who are invited."""
    return shown(use_cases().get_event(current_actor(), EventId(event_id), **query))


@blueprint.operation(
    "PUT",
    EVENT,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=EventFormSchema,
    gives=EventSchema,
    errors=(*MAY_NOT_CHANGE, *CANT_BE_REVISED),
    etag=True,
    if_match=True,
    example=examples.NEW_EVENT,
    answer_example=examples.EVENT,
)
def replace_event(body: dict[str, Any], event_id: int) -> EventView:
    """Say everything of an event anew; what is left out is as for a new event.

    Ticket types and sessions with an `id` are changed, those without one are
    new, those that are not there any more are removed.
    """
    form = EventForm.from_fields(**body)
    event = use_cases().change_event.replace(
        current_actor(), EventId(event_id), form, versions=if_match_versions()
    )
    return shown(event)


@blueprint.operation(
    "PATCH",
    EVENT,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=EventPatchSchema,
    gives=EventSchema,
    errors=(*MAY_NOT_CHANGE, *CANT_BE_REVISED),
    etag=True,
    if_match=True,
    example=examples.EVENT_PATCH,
    answer_example=examples.EVENT,
)
def patch_event(body: dict[str, Any], event_id: int) -> EventView:
    """Change something of an event (RFC 7396): what is left out stays, null clears."""
    event = use_cases().change_event.patch(
        current_actor(), EventId(event_id), body, versions=if_match_versions()
    )
    return shown(event)


@blueprint.operation(
    "DELETE",
    EVENT,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    status=HTTPStatus.NO_CONTENT,
    errors=(*MAY_NOT_CHANGE, EventHasOrders),
    if_match=True,
)
def delete_event(event_id: int) -> None:
    """Delete an event of which nothing was ever sold; any other can be cancelled."""
    use_cases().delete_event(current_actor(), EventId(event_id), versions=if_match_versions())


@blueprint.operation(
    "POST",
    f"{EVENT}/cancel",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    gives=EventSchema,
    errors=(*MAY_NOT_CHANGE, EventEnded),
    etag=True,
    answer_example=examples.EVENT | {"status": "cancelled", "tickets_sold": 0},
)
def cancel_event(event_id: int) -> EventView:
    """Call an event off, and all its orders with it. Their history stays. Once is enough."""
    return shown(use_cases().cancel_event(current_actor(), EventId(event_id)))


@blueprint.operation(
    "GET",
    f"{EVENT}/stats",
    access=ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    gives=StatisticsSchema,
    errors=MAY_NOT_CHANGE,
    answer_example=examples.STATISTICS,
)
def get_statistics(event_id: int) -> EventStatistics:
    """Tell how an event sells: to its organizer and to admins."""
    return use_cases().get_statistics(current_actor(), EventId(event_id))


def shown(event: EventView) -> EventView:
    """Show an event, its version in the ETag."""
    set_etag_version(event.version)
    return event
