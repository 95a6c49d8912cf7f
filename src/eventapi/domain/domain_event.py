"""Domain events: what happened to an aggregate, in the past tense.

An aggregate records them as it changes, and the unit of work collects them. They are
stored as audit entries in the transaction of the change, so an entry exists if and
only if the change was committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventapi.domain.values import EventId, OrderId, TicketId, UserId


class DomainEventType(StrEnum):
    """What happened."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_ROLE_CHANGED = "account.role_changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_ERASED = "account.erased"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - not a password
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SESSION_REVOKED = "session.revoked"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    CATEGORY_CREATED = "category.created"
    CATEGORY_CHANGED = "category.changed"
    CATEGORY_DELETED = "category.deleted"
    EVENT_CREATED = "event.created"
    EVENT_CHANGED = "event.changed"
    EVENT_CANCELLED = "event.cancelled"
    EVENT_DELETED = "event.deleted"
    ORDER_PLACED = "order.placed"
    ORDER_CONFIRMED = "order.confirmed"
    ORDER_WAITLISTED = "order.waitlisted"
    ORDER_CANCELLED = "order.cancelled"
    ORDERS_IMPORTED = "order.imported"
    TICKET_CANCELLED = "ticket.cancelled"
    TICKET_NAMED = "ticket.named"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_CHECKED_IN = "ticket.checked_in"
    CHECK_IN_UNDONE = "ticket.check_in_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that happened to an aggregate.

    Attributes:
        occurred_at: in UTC.
        event_id, order_id, ticket_id, account_id: what it happened to, as far as
            each applies.
        detail: a short fact that the type does not tell: the new role, the slug
            of a category, the number of an API key.
    """

    type: DomainEventType
    occurred_at: datetime
    event_id: EventId | None = None
    order_id: OrderId | None = None
    ticket_id: TicketId | None = None
    account_id: UserId | None = None
    detail: str | None = None


class Aggregate:
    """Base class of aggregates: records domain events until they are collected."""

    _recorded: list[DomainEvent]  # exists only while there is something to collect

    def _record(self, event: DomainEvent) -> None:
        self.__dict__.setdefault("_recorded", []).append(event)

    def release_events(self) -> Sequence[DomainEvent]:
        """Return the recorded events, oldest first, and forget them."""
        released: Sequence[DomainEvent] = self.__dict__.pop("_recorded", ())
        return released
