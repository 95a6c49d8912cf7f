"""Ports for the audit trail."""

from dataclasses import dataclass
from typing import Protocol

from eventapi.application.views import AuditEntryView, Page
from eventapi.domain.domain_event import DomainEventType
from eventapi.domain.values import EventId, OrderId, UserId


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """A search in the audit trail; None matches all."""

    event: EventId | None = None
    order: OrderId | None = None
    account: UserId | None = None
    actor: UserId | None = None
    action: DomainEventType | None = None


class AuditQueries(Protocol):
    """Reads of the audit trail."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """Return a page of entries, newest first."""
