"""The parts of an event: its ticket types, its sessions and its image."""

from typing import Any, TypeVar

from flask import Response, current_app

from eventapi.application.event_parts import AddedPart
from eventapi.application.forms import SessionForm, TicketTypeForm
from eventapi.application.idempotency import Accepted
from eventapi.application.preconditions import Precondition, unconditional
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
from eventapi.domain.event import Event
from eventapi.domain.event_details import Visibility
from eventapi.domain.values import EventId, TicketTypeId
from eventapi.entrypoints.http.access import ACCOUNT, GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.bodies import read_raw_body
from eventapi.entrypoints.http.conditional import (
    ETAG,
    IF_MATCH,
    VERSIONED,
    if_match_tags,
    if_match_versions,
    set_etag_version,
)
from eventapi.entrypoints.http.events import EVENT, ORGANIZER_ERRORS, UPDATE_ERRORS, with_version
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.pagination import page_schema
from eventapi.entrypoints.http.permissions import organizer, viewer
from eventapi.entrypoints.http.responses import Created, created, file, ok
from eventapi.entrypoints.http.schemas.common import AccessCodeQuerySchema, IdempotencySchema
from eventapi.entrypoints.http.schemas.events import (
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
    "event-parts",
    __name__,
    url_prefix=f"/api/events{EVENT}",
    description="The ticket types, the sessions and the image of an event.",
)

Part = TypeVar("Part", TicketTypeView, SessionView)

TICKET_TYPE = "/ticket-types/<id:ticket_type_id>"
SESSION = "/sessions/<id:session_id>"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
A_YEAR = 365 * 24 * 60 * 60  # seconds
A_MINUTE = 60


@blueprint.operation(
    "POST",
    "/ticket-types",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=NewTicketTypeSchema,
    headers=IdempotencySchema,
    response=once(created(TicketTypeSchema)),
    conditional=ETAG,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventCancelled),
)
def add_ticket_type(
    body: dict[str, Any], headers: dict[str, Any], event_id: EventId
) -> Created[TicketTypeView]:
    """Add a ticket type to an event.

    It is added after the others, unless a `position` is given.
    """
    position = body.pop("position", None)
    accepted = use_cases().change_ticket_types.add(
        current_actor(),
        event_id,
        TicketTypeForm.from_fields(body),
        position=position,
        request=keyed_request(headers),
    )
    return _created(accepted, f"/api/events/{event_id}/ticket-types")


def _created(accepted: Accepted[AddedPart[Part]], parts: str) -> Created[Part]:
    """Return the response to a new part of an event, whose path is below that of the others."""
    set_etag_version(accepted.answer.version)
    part = accepted.answer.part
    return with_headers(accepted, part, Location=f"{parts}/{part.id}")


@blueprint.operation(
    "GET",
    "/ticket-types",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=ok(page_schema(TicketTypeSchema)),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound,),
)
def list_ticket_types(query: dict[str, Any], event_id: EventId) -> dict[str, Any]:
    """List the ticket types of an event, in display order.

    The list is complete, without pages. It is also part of the event.
    """
    event = with_version(use_cases().get_event(current_actor(), event_id, **query))
    return {"items": event.ticket_types, "next": None}


@blueprint.operation(
    "GET",
    TICKET_TYPE,
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=ok(TicketTypeSchema),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound, TicketTypeNotFound),
)
def get_ticket_type(
    query: dict[str, Any], event_id: EventId, ticket_type_id: TicketTypeId
) -> TicketTypeView:
    """Get a ticket type of an event.

    Its ETag serves as `If-Match` when it is changed.
    """
    event, ticket_type = use_cases().get_event.ticket_type(
        current_actor(), event_id, ticket_type_id, **query
    )
    set_etag_version(event.version)
    return ticket_type


@blueprint.operation(
    "PATCH",
    TICKET_TYPE,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=TicketTypePatchSchema,
    response=ok(TicketTypeSchema),
    conditional=VERSIONED,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, TicketTypeNotFound, *UPDATE_ERRORS),
)
def update_ticket_type(
    body: dict[str, Any], event_id: EventId, ticket_type_id: TicketTypeId
) -> TicketTypeView:
    """Update a ticket type (JSON Merge Patch, RFC 7396).

    Tickets that are already sold keep their price.
    """
    position = body.pop("position", None)
    event, ticket_type = use_cases().change_ticket_types.update(
        current_actor(),
        event_id,
        ticket_type_id,
        body,
        position=position,
        versions=if_match_versions(),
    )
    set_etag_version(event.version)
    return ticket_type


@blueprint.operation(
    "DELETE",
    TICKET_TYPE,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    conditional=IF_MATCH,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, TicketTypeNotFound, *UPDATE_ERRORS),
)
def delete_ticket_type(event_id: EventId, ticket_type_id: TicketTypeId) -> None:
    """Delete a ticket type of which no tickets are sold.

    A type with sold tickets stays: 409 `ticket_type_in_use`.
    """
    use_cases().change_ticket_types.delete(
        current_actor(),
        event_id,
        ticket_type_id,
        versions=if_match_versions(),
    )


@blueprint.operation(
    "POST",
    "/sessions",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=SessionFieldsSchema,
    headers=IdempotencySchema,
    response=once(created(SessionSchema)),
    conditional=ETAG,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventCancelled),
)
def add_session(
    body: dict[str, Any], headers: dict[str, Any], event_id: EventId
) -> Created[SessionView]:
    """Add a session to the agenda of an event.

    It takes place within the times of the event.
    """
    accepted = use_cases().change_sessions.add(
        current_actor(), event_id, SessionForm.from_fields(body), request=keyed_request(headers)
    )
    return _created(accepted, f"/api/events/{event_id}/sessions")


@blueprint.operation(
    "GET",
    "/sessions",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=ok(page_schema(SessionSchema)),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound,),
)
def list_sessions(query: dict[str, Any], event_id: EventId) -> dict[str, Any]:
    """List the sessions of an event's agenda, in the order of their start.

    The list is complete, without pages. It is also part of the event.
    """
    event = with_version(use_cases().get_event(current_actor(), event_id, **query))
    return {"items": event.sessions, "next": None}


@blueprint.operation(
    "GET",
    SESSION,
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=ok(SessionSchema),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound, SessionNotFound),
)
def get_session(query: dict[str, Any], event_id: EventId, session_id: int) -> SessionView:
    """Get a session of an event.

    It is visible to those who can see the event.
    """
    event, session = use_cases().get_event.session(current_actor(), event_id, session_id, **query)
    set_etag_version(event.version)
    return session


@blueprint.operation(
    "PATCH",
    SESSION,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=SessionPatchSchema,
    response=ok(SessionSchema),
    conditional=VERSIONED,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, SessionNotFound, EventCancelled),
)
def update_session(body: dict[str, Any], event_id: EventId, session_id: int) -> SessionView:
    """Update a session (JSON Merge Patch, RFC 7396).

    Fields that are left out stay as they are, null clears a field.
    """
    event, session = use_cases().change_sessions.update(
        current_actor(), event_id, session_id, body, versions=if_match_versions()
    )
    set_etag_version(event.version)
    return session


@blueprint.operation(
    "DELETE",
    SESSION,
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    conditional=IF_MATCH,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, SessionNotFound, EventCancelled),
)
def delete_session(event_id: EventId, session_id: int) -> None:
    """Delete a session from the agenda of an event.

    The other sessions stay as they are.
    """
    use_cases().change_sessions.delete(
        current_actor(), event_id, session_id, versions=if_match_versions()
    )


def _if_image_matches() -> Precondition[Event]:
    """Return a function that tells whether If-Match names the version of an event or its image."""
    tags, versions = if_match_tags(), if_match_versions()
    if tags is None or versions is None:
        return unconditional
    return lambda event: (
        event.version in versions
        or (event.image is not None and image_version(event.image) in tags)
    )


@blueprint.operation(
    "PUT",
    "/image",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    consumes=IMAGE_TYPES,
    response=ok(EventSchema),
    conditional=VERSIONED,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventCancelled, UnsuitableImage),
)
def put_image(event_id: EventId) -> EventView:
    """Set the image of an event.

    The body is the file itself: PNG, JPEG or WebP, recognized by its content. It
    replaces the image that the event had.
    """
    content = read_raw_body(*IMAGE_TYPES, limit=current_app.config["MAX_IMAGE_SIZE"])
    return with_version(
        use_cases().change_image.put(current_actor(), event_id, content, seen=_if_image_matches())
    )


@blueprint.operation(
    "DELETE",
    "/image",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    conditional=IF_MATCH,
    permission=organizer(),
    errors=(*ORGANIZER_ERRORS, EventCancelled),
)
def delete_image(event_id: EventId) -> None:
    """Delete the image of an event (idempotent).

    The event then has no image, and `image_url` is null.
    """
    use_cases().change_image.delete(current_actor(), event_id, seen=_if_image_matches())


@blueprint.operation(
    "GET",
    "/image",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=ImageQuerySchema,
    response=file(*IMAGE_TYPES, headers=["Cache-Control"]),
    conditional=ETAG,
    permission=viewer(image=True),
    errors=(EventNotFound, ImageNotFound),
)
def get_image(query: dict[str, Any], event_id: EventId) -> Response:
    """Get the image of an event.

    The URL in `image_url` changes with the image, so its response can be
    cached for ever.
    """
    event, content = use_cases().get_event.image(
        current_actor(), event_id, access_code=query["access_code"]
    )
    key = event.image or ""
    version = image_version(key)
    response = Response(content, mimetype=f"image/{key.rpartition('.')[2]}")
    response.set_etag(version)
    audience = "private" if event.visibility == Visibility.PRIVATE else "public"
    lifetime = f"max-age={A_YEAR}, immutable" if query["v"] == version else f"max-age={A_MINUTE}"
    response.headers["Cache-Control"] = f"{audience}, {lifetime}"
    # A browser that takes the content for a document must not run anything in it.
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response
