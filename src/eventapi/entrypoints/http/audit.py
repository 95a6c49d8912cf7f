"""The audit trail."""

from typing import Any

from eventapi.application.ports.audit import AuditSearch
from eventapi.domain.api_key import KeyScope
from eventapi.domain.domain_event import DomainEventType
from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.domain.values import EventId, OrderId, UserId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import ACCOUNT, ApiBlueprint, use_cases
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.events import EVENT, MAY_NOT_CHANGE
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    Cursors,
    PageQuerySchema,
    page_answer,
)
from eventapi.entrypoints.http.schemas.audit import AuditPageSchema, AuditQuerySchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "audit", __name__, url_prefix="/api", description="Who did what, when, and from where."
)

CURSORS: Cursors[int] = Cursors("audit", int)


@blueprint.operation(
    "GET",
    "/audit",
    access=ACCOUNT,
    query=AuditQuerySchema,
    gives=AuditPageSchema,
    answer_headers=LINK_HEADER,
    errors=(NotSignedIn, NotAllowed, InvalidCursor),
    answer_example={"items": [examples.AUDIT_ENTRY], "next": None},
)
def list_audit_trail(query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Tell admins who did what, newest first."""
    search = AuditSearch(
        event=_if_given(EventId, query["event"]),
        order=_if_given(OrderId, query["order"]),
        account=_if_given(UserId, query["account"]),
        actor=_if_given(UserId, query["actor"]),
        action=_if_given(DomainEventType, query.get("action")),
    )
    page = use_cases().list_audit_trail(
        current_actor(),
        search,
        before=CURSORS.decode(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(page, CURSORS)


@blueprint.operation(
    "GET",
    f"/events{EVENT}/audit",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    query=PageQuerySchema,
    gives=AuditPageSchema,
    answer_headers=LINK_HEADER,
    errors=(*MAY_NOT_CHANGE, InvalidCursor),
    answer_example={"items": [examples.AUDIT_ENTRY | {"address": None}], "next": None},
)
def list_event_audit_trail(
    query: dict[str, Any], event_id: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Tell an event's organizer who did what to it and its orders, newest first."""
    page = use_cases().list_audit_trail.of_event(
        current_actor(),
        EventId(event_id),
        before=CURSORS.decode(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(page, CURSORS)


def _if_given(kind: Any, value: Any) -> Any:
    return None if value is None else kind(value)
