"""Reading the audit trail."""

from eventapi.application.access import require_organizer
from eventapi.application.ports.audit import AuditQueries, AuditSearch
from eventapi.application.ports.events import EventQueries
from eventapi.application.views import AuditEntryView, Page
from eventapi.domain import policy
from eventapi.domain.errors import NotAllowed
from eventapi.domain.policy import Action, Actor, Scope
from eventapi.domain.values import EventId


class ListAuditTrail:
    """Tell who did what, newest first."""

    def __init__(self, audit: AuditQueries, events: EventQueries) -> None:
        self._audit = audit
        self._events = events

    def __call__(
        self, actor: Actor | None, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """Give one page of everything that was done.

        Raises:
            NotSignedIn, NotAllowed: only admins see all of it.
        """
        reader = policy.require(actor, Action.SEE_AUDIT_TRAIL)
        if policy.scope_of(reader, Action.SEE_AUDIT_TRAIL) is not Scope.ALL:
            raise NotAllowed(Action.SEE_AUDIT_TRAIL)
        return self._audit.search(search, before=before, limit=limit)

    def of_event(
        self, actor: Actor | None, event_id: EventId, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """Give one page of what was done to an event and its orders, without network addresses.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: only its organizer and admins see it.
        """
        reader = policy.require(actor, Action.SEE_AUDIT_TRAIL)
        require_organizer(reader, self._events.get(event_id), event_id, Action.SEE_AUDIT_TRAIL)
        page = self._audit.search(AuditSearch(event=event_id), before=before, limit=limit)
        return Page([line.without_address() for line in page.items], page.next)
