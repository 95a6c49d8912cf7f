"""Ports for the audit trail."""

from dataclasses import dataclass
from typing import Protocol

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.views import AuditEntryView, Page
from eventapi.domain.values import EventId, OrderId, UserId


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Which lines of the audit trail are looked for; None asks for all."""

    event: EventId | None = None
    order: OrderId | None = None
    account: UserId | None = None
    actor: UserId | None = None
    deed: AuditAction | None = None


class AuditLog(Protocol):
    """The audit trail, to which lines are added and from which none is taken."""

    def record(self, done: AuditEntry) -> None:
        """Add a line, to be kept if and only if what it tells of is."""


class AuditQueries(Protocol):
    """The audit trail, to be read."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """List lines, the newest first."""
