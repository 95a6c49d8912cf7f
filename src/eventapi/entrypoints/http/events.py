"""Events: announcing and finding them."""

from http import HTTPStatus
from typing import Any

from eventapi.application.events import NewEvent
from eventapi.application.views import EventView
from eventapi.domain.errors import AccountGone, EventNotFound, NotAllowed, NotSignedIn
from eventapi.domain.values import EventId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.pagination import (
    LARGEST_ID,
    LINK_HEADER,
    PageQuerySchema,
    event_cursor,
    page_answer,
    read_event_cursor,
)
from eventapi.entrypoints.http.problems import InvalidCursor
from eventapi.entrypoints.http.schemas.events import (
    EventPageSchema,
    EventSchema,
    NewEventSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "events", __name__, url_prefix="/api/events", description="Announcing and finding events."
)

EVENT = f"/<int(max={LARGEST_ID}):event_id>"


@blueprint.operation(
    "POST",
    "",
    access=ACCOUNT,
    body=NewEventSchema,
    gives=EventSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(NotSignedIn, NotAllowed, AccountGone),
    example=examples.NEW_EVENT,
    answer_example=examples.EVENT,
)
def create_event(body: dict[str, Any]) -> tuple[EventView, dict[str, str]]:
    """Announce an event. It belongs to the organizer or admin who announces it."""
    event = use_cases().create_event(current_actor(), NewEvent(**body))
    return event, {"Location": f"/api/events/{event.id}"}


@blueprint.operation(
    "GET",
    "",
    access=GUEST_OR_ACCOUNT,
    query=PageQuerySchema,
    gives=EventPageSchema,
    answer_headers=LINK_HEADER,
    errors=(InvalidCursor,),
    answer_example={"items": [examples.EVENT], "next": None},
)
def list_events(query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """List the events that have not started, soonest first."""
    page = use_cases().list_events(after=read_event_cursor(query["cursor"]), limit=query["limit"])
    return page_answer(page, event_cursor)


@blueprint.operation(
    "GET",
    EVENT,
    access=GUEST_OR_ACCOUNT,
    gives=EventSchema,
    errors=(EventNotFound,),
    etag=True,
    answer_example=examples.EVENT,
)
def show_event(event_id: int) -> EventView:
    """Show an event."""
    return use_cases().show_event(EventId(event_id))
