"""What the audit trail remembers: who did what, to what, when, and from where.

Who does it and when, the use case knows; from where, only the entrypoint, which
says so for the time of a request or a command in :data:`current_origin`.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventapi.domain.policy import Actor
from eventapi.domain.values import ApiKeyId, EventId, OrderId, UserId


class AuditAction(StrEnum):
    """What was done."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_ROLE_CHANGED = "account.role_changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_ERASED = "account.erased"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - a deed, not a password
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
    ORDER_CANCELLED = "order.cancelled"
    ORDERS_IMPORTED = "order.imported"
    TICKET_CANCELLED = "ticket.cancelled"
    TICKET_NAMED = "ticket.named"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_CHECKED_IN = "ticket.checked_in"
    CHECK_IN_UNDONE = "ticket.check_in_undone"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    REFRESH_TOKEN_REUSED = "session.revoked"  # noqa: S105 - a deed, not a token


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody acts.

    Attributes:
        address: of the client on the network; None at the command line.
        request_id: as the answer and the logs have it.
    """

    address: str | None = None
    request_id: str | None = None


NOWHERE = Origin()
current_origin: ContextVar[Origin] = ContextVar("current_origin", default=NOWHERE)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of the audit trail.

    Attributes:
        at: in UTC.
        actor_id: None for a guest and for the command line.
        key_id: of the API key by which a machine did it for the actor.
        event_id, order_id, account_id: to what it was done.
        detail: what else tells it apart: the new role, a category's slug, an API key.
    """

    at: datetime
    deed: AuditAction
    actor_id: UserId | None
    key_id: ApiKeyId | None
    event_id: EventId | None
    order_id: OrderId | None
    account_id: UserId | None
    detail: str | None
    origin: Origin

    @classmethod
    def by(
        cls,
        actor: Actor | None,
        deed: AuditAction,
        at: datetime,
        *,
        event: EventId | None = None,
        order: OrderId | None = None,
        account: UserId | None = None,
        detail: str | None = None,
        origin: Origin | None = None,
    ) -> "AuditEntry":
        """Say what was done.

        Args:
            actor: None for a guest and for the command line.
            deed: what.
            at: in UTC.
            event: to which one, or to something of which one.
            order: to which one, or to a ticket of which one.
            account: to which one.
            detail: what else tells it apart.
            origin: from where; the current one where it is not given.
        """
        return cls(
            at=at,
            deed=deed,
            actor_id=actor.id if actor else None,
            key_id=actor.key_id if actor else None,
            event_id=event,
            order_id=order,
            account_id=account,
            detail=detail,
            origin=origin or current_origin.get(),
        )
