"""Reports on sales."""

from typing import Any

from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.domain.policy import Action
from eventapi.entrypoints.http.access import ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.permissions import role
from eventapi.entrypoints.http.responses import ok
from eventapi.entrypoints.http.schemas.events import TopEventsQuerySchema, TopEventsSchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint("reports", __name__, url_prefix="/api/reports", description="Sales.")


@blueprint.operation(
    "GET",
    "/top-events",
    access=ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=TopEventsQuerySchema,
    response=ok(TopEventsSchema),
    permission=role(Action.SEE_SALES_REPORTS),
    errors=(NotSignedIn, NotAllowed),
)
def list_top_events(query: dict[str, Any]) -> dict[str, Any]:
    """List the events with the most tickets sold.

    An organizer's report has their own events, an admin's has all events.
    """
    return {"items": use_cases().list_top_events(current_actor(), limit=query["limit"])}
