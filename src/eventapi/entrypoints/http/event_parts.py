"""The parts of an event: its ticket types, its sessions, its picture."""

from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request

from eventapi.application.forms import SessionForm, TicketTypeForm
from eventapi.application.views import EventView, SessionView, TicketTypeView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    EventCancelled,
    EventNotFound,
    ImageNotFound,
    SessionNotFound,
    TicketTypeNotFound,
    UnsuitableImage,
)
from eventapi.domain.event_details import Visibility
from eventapi.domain.values import EventId, TicketTypeId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    ETAG_HEADER,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    if_match_versions,
    raw_body,
    set_etag_version,
    use_cases,
)
from eventapi.entrypoints.http.events import CANT_BE_REVISED, EVENT, MAY_NOT_CHANGE, shown
from eventapi.entrypoints.http.schemas.events import (
    AccessCodeQuerySchema,
    EventSchema,
    ImageQuerySchema,
    NewTicketTypeSchema,
    SessionFieldsSchema,
    SessionPatchSchema,
    SessionSchema,
    TicketTypePatchSchema,
    TicketTypeSchema,
    image_version,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "event parts",
    __name__,
    url_prefix=f"/api/events{EVENT}",
    description="Ticket types, sessions and the picture of an event.",
)

TICKET_TYPE = "/ticket-types/<id:ticket_type_id>"
SESSION = "/sessions/<id:session_id>"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
A_YEAR = 365 * 24 * 60 * 60  # seconds
A_MINUTE = 60

_CACHE_HEADER = {
    "Cache-Control": {
        "description": "For how long the picture may be kept: for ever, if asked for as in "
        "`image_url`.",
        "schema": {"type": "string"},
    }
}


@blueprint.operation(
    "POST",
    "/ticket-types",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=NewTicketTypeSchema,
    gives=TicketTypeSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(*MAY_NOT_CHANGE, EventCancelled),
    etag=True,
    example=examples.NEW_TICKET_TYPE,
    answer_example=examples.TICKET_TYPE,
)
def add_ticket_type(body: dict[str, Any], event_id: int) -> tuple[TicketTypeView, dict[str, str]]:
    """Add a ticket type to an event."""
    position = body.pop("position", None)
    event, kind = use_cases().change_ticket_types.add(
        current_actor(), EventId(event_id), TicketTypeForm.from_fields(**body), position=position
    )
    set_etag_version(event.version)
    return kind, {"Location": f"/api/events/{event_id}/ticket-types/{kind.id}"}


@blueprint.operation(
    "GET",
    TICKET_TYPE,
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=AccessCodeQuerySchema,
    gives=TicketTypeSchema,
    errors=(EventNotFound, TicketTypeNotFound),
    etag=True,
    answer_example=examples.TICKET_TYPE,
)
def get_ticket_type(query: dict[str, Any], event_id: int, ticket_type_id: int) -> TicketTypeView:
    """Show a ticket type of an event."""
    event, kind = use_cases().get_event.ticket_type(
        current_actor(), EventId(event_id), TicketTypeId(ticket_type_id), **query
    )
    set_etag_version(event.version)
    return kind


@blueprint.operation(
    "PATCH",
    TICKET_TYPE,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=TicketTypePatchSchema,
    gives=TicketTypeSchema,
    errors=(*MAY_NOT_CHANGE, TicketTypeNotFound, *CANT_BE_REVISED),
    etag=True,
    if_match=True,
    example={"price": "60.00"},
    answer_example=examples.TICKET_TYPE,
)
def patch_ticket_type(body: dict[str, Any], event_id: int, ticket_type_id: int) -> TicketTypeView:
    """Change something of a ticket type (RFC 7396). What was sold of it keeps its price."""
    position = body.pop("position", None)
    event, kind = use_cases().change_ticket_types.update(
        current_actor(),
        EventId(event_id),
        TicketTypeId(ticket_type_id),
        body,
        position=position,
        versions=if_match_versions(),
    )
    set_etag_version(event.version)
    return kind


@blueprint.operation(
    "DELETE",
    TICKET_TYPE,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    status=HTTPStatus.NO_CONTENT,
    errors=(*MAY_NOT_CHANGE, TicketTypeNotFound, *CANT_BE_REVISED),
    if_match=True,
)
def delete_ticket_type(event_id: int, ticket_type_id: int) -> None:
    """Remove a ticket type of which nothing is sold."""
    use_cases().change_ticket_types.delete(
        current_actor(),
        EventId(event_id),
        TicketTypeId(ticket_type_id),
        versions=if_match_versions(),
    )


@blueprint.operation(
    "POST",
    "/sessions",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=SessionFieldsSchema,
    gives=SessionSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(*MAY_NOT_CHANGE, EventCancelled),
    etag=True,
    example=examples.NEW_SESSION,
    answer_example=examples.SESSION,
)
def add_session(body: dict[str, Any], event_id: int) -> tuple[SessionView, dict[str, str]]:
    """Add a session to an event's agenda."""
    event, session = use_cases().change_sessions.add(
        current_actor(), EventId(event_id), SessionForm.from_fields(**body)
    )
    set_etag_version(event.version)
    return session, {"Location": f"/api/events/{event_id}/sessions/{session.id}"}


@blueprint.operation(
    "GET",
    SESSION,
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=AccessCodeQuerySchema,
    gives=SessionSchema,
    errors=(EventNotFound, SessionNotFound),
    etag=True,
    answer_example=examples.SESSION,
)
def get_session(query: dict[str, Any], event_id: int, session_id: int) -> SessionView:
    """Show a session of an event's agenda."""
    event, session = use_cases().get_event.session(
        current_actor(), EventId(event_id), session_id, **query
    )
    set_etag_version(event.version)
    return session


@blueprint.operation(
    "PATCH",
    SESSION,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=SessionPatchSchema,
    gives=SessionSchema,
    errors=(*MAY_NOT_CHANGE, SessionNotFound, EventCancelled),
    etag=True,
    if_match=True,
    example={"room": "Garden"},
    answer_example=examples.SESSION,
)
def patch_session(body: dict[str, Any], event_id: int, session_id: int) -> SessionView:
    """Change something of a session (RFC 7396)."""
    event, session = use_cases().change_sessions.update(
        current_actor(), EventId(event_id), session_id, body, versions=if_match_versions()
    )
    set_etag_version(event.version)
    return session


@blueprint.operation(
    "DELETE",
    SESSION,
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    status=HTTPStatus.NO_CONTENT,
    errors=(*MAY_NOT_CHANGE, SessionNotFound, EventCancelled),
    if_match=True,
)
def delete_session(event_id: int, session_id: int) -> None:
    """Take a session out of an event's agenda."""
    use_cases().change_sessions.delete(
        current_actor(), EventId(event_id), session_id, versions=if_match_versions()
    )


@blueprint.operation(
    "PUT",
    "/image",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    takes_media=IMAGE_TYPES,
    gives=EventSchema,
    errors=(*MAY_NOT_CHANGE, EventCancelled, UnsuitableImage),
    etag=True,
    answer_example=examples.EVENT,
)
def put_image(event_id: int) -> EventView:
    """Give an event a picture: PNG, JPEG or WebP, in place of the one it had."""
    content = raw_body(*IMAGE_TYPES, limit=current_app.config["MAX_IMAGE_SIZE"])
    return shown(use_cases().change_image.put(current_actor(), EventId(event_id), content))


@blueprint.operation(
    "DELETE",
    "/image",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    status=HTTPStatus.NO_CONTENT,
    errors=(*MAY_NOT_CHANGE, EventCancelled),
)
def delete_image(event_id: int) -> None:
    """Take the picture of an event away, if it has one."""
    use_cases().change_image.delete(current_actor(), EventId(event_id))


@blueprint.operation(
    "GET",
    "/image",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=ImageQuerySchema,
    gives_media=IMAGE_TYPES,
    answer_headers=ETAG_HEADER | _CACHE_HEADER,
    errors=(EventNotFound, ImageNotFound),
    conditional=True,
)
def show_image(query: dict[str, Any], event_id: int) -> Response:
    """Show the picture of an event.

    Ask as `image_url` says, and the answer may be kept for ever: another
    picture has another URL.
    """
    event, content = use_cases().get_event.image(
        current_actor(), EventId(event_id), access_code=query["access_code"]
    )
    key = event.image or ""
    version = image_version(key)
    response = Response(content, mimetype=f"image/{key.rpartition('.')[2]}")
    response.set_etag(version)
    whose = "private" if event.visibility == Visibility.PRIVATE else "public"
    how_long = f"max-age={A_YEAR}, immutable" if query["v"] == version else f"max-age={A_MINUTE}"
    response.headers["Cache-Control"] = f"{whose}, {how_long}"
    # Whatever a browser takes the content for, it does nothing but show it.
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.make_conditional(request)
    return response
