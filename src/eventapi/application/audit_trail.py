"""Reading the audit trail."""

from dataclasses import dataclass

from eventapi.application.access import require_organizer
from eventapi.application.ports.audit import AuditQueries, AuditSearch
from eventapi.application.ports.events import EventQueries
from eventapi.application.views import AuditEntryView, Page
from eventapi.domain import policy
from eventapi.domain.errors import NotAllowed
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.values import EventId


@dataclass(frozen=True, slots=True)
class ListAuditTrail:
    """List who did what, newest first."""

    audit: AuditQueries
    events: EventQueries

    def __call__(
        self, actor: Actor | None, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """Return a page of the whole trail.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
        """
        self.require_admin(actor)
        return self.audit.search(search, before=before, limit=limit)

    def require_admin(self, actor: Actor | None) -> None:
        """Check that an actor may see the whole trail.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
        """
        reader = policy.require(actor, Action.SEE_AUDIT_TRAIL)
        if policy.scope_of(reader, Action.SEE_AUDIT_TRAIL) is not PermissionScope.ALL:
            raise NotAllowed(Action.SEE_AUDIT_TRAIL)

    def of_event(
        self, actor: Actor | None, event_id: EventId, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """Return a page of the entries of an event and its orders, without network addresses.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_AUDIT_TRAIL)
        page = self.audit.search(AuditSearch(event=event_id), before=before, limit=limit)
        return Page([entry.without_address() for entry in page.items], page.next)
