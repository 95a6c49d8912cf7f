"""The audit trail."""

from typing import Any

from eventapi.application.ports.audit import AuditSearch
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.domain.policy import Action
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.access import ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.events import EVENT, ORGANIZER_ERRORS
from eventapi.entrypoints.http.pagination import Cursors, PageBody, page_answer
from eventapi.entrypoints.http.permissions import organizer
from eventapi.entrypoints.http.responses import page_of
from eventapi.entrypoints.http.schemas.audit import AuditEntrySchema, AuditQuerySchema
from eventapi.entrypoints.http.schemas.common import PageQuerySchema
from eventapi.entrypoints.http.schemas.derivation import example_of
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "audit", __name__, url_prefix="/api", description="Who changed what, when, and from where."
)

CURSORS: Cursors[int] = Cursors("audit", int)


def _admin() -> None:
    use_cases().list_audit_trail.require_admin(current_actor())


@blueprint.operation(
    "GET",
    "/audit",
    access=ACCOUNT,
    query=AuditQuerySchema,
    response=page_of(AuditEntrySchema),
    permission=_admin,
    errors=(NotSignedIn, NotAllowed),
)
def list_audit_trail(query: dict[str, Any]) -> PageBody:
    """List the audit trail, newest first.

    For admins. An entry says what was done, by whom, from which address and with
    which request; entries never change. The filters can be combined.
    """
    before, limit = CURSORS.decode(query.pop("cursor")), query.pop("limit")
    search = AuditSearch(**query)
    page = use_cases().list_audit_trail(current_actor(), search, before=before, limit=limit)
    return page_answer(page, CURSORS)


@blueprint.operation(
    "GET",
    f"/events{EVENT}/audit",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    query=PageQuerySchema,
    response=page_of(AuditEntrySchema, example=example_of(AuditEntrySchema) | {"address": None}),
    permission=organizer(Action.SEE_AUDIT_TRAIL),
    errors=ORGANIZER_ERRORS,
)
def list_event_audit_trail(query: dict[str, Any], event_id: EventId) -> PageBody:
    """List the audit trail of an event and its orders, newest first.

    For the organizer of the event and admins.
    """
    before = CURSORS.decode(query["cursor"])
    page = use_cases().list_audit_trail.of_event(
        current_actor(), event_id, before=before, limit=query["limit"]
    )
    return page_answer(page, CURSORS)
