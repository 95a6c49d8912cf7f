"""Reports on sales."""

from typing import Any

from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import ACCOUNT, ApiBlueprint, use_cases
from eventapi.entrypoints.http.schemas.events import TopEventsQuerySchema, TopEventsSchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "reports", __name__, url_prefix="/api/reports", description="What was sold."
)


@blueprint.operation(
    "GET",
    "/top-events",
    access=ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=TopEventsQuerySchema,
    gives=TopEventsSchema,
    errors=(NotSignedIn, NotAllowed),
    answer_example={"items": [{"rank": 1, "event": examples.EVENT}]},
)
def top_events(query: dict[str, Any]) -> dict[str, Any]:
    """Rank the events that sold the most tickets: an organizer's own, or to an admin all."""
    return {"items": use_cases().list_top_events(current_actor(), limit=query["limit"])}
