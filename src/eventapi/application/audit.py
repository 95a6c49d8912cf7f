"""The audit trail: who did what, to what, when, and from where.

It is the first reader of the domain events: a unit of work collects what its
aggregates recorded and stores one audit entry for each event in the same
transaction.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.policy import Actor
from eventapi.domain.values import ApiKeyId, EventId, OrderId, UserId

NOT_AUDITED = frozenset({DomainEventType.ORDER_CONFIRMED, DomainEventType.ORDER_WAITLISTED})
"""Consequences of other events, which have their own entries and name the actor."""
AUDIT_ACTIONS = tuple(type for type in DomainEventType if type not in NOT_AUDITED)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from.

    Attributes:
        address: the client's network address; None for the command line.
        request_id: as in the answer and the logs.
    """

    address: str | None = None
    request_id: str | None = None


NO_ORIGIN = Origin()
current_origin: ContextVar[Origin] = ContextVar("current_origin", default=NO_ORIGIN)
"""Set by the entrypoint for the duration of a request."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit trail.

    Attributes:
        at: in UTC.
        actor_id: None for a guest and for the command line.
        key_id: the API key with which a machine acted for the actor.
        event_id, order_id, account_id: what was changed, as far as each applies.
        detail: the new role, the slug of a category, or the number of an API key.
    """

    at: datetime
    action: DomainEventType
    actor_id: UserId | None
    key_id: ApiKeyId | None
    event_id: EventId | None
    order_id: OrderId | None
    account_id: UserId | None
    detail: str | None
    origin: Origin

    @classmethod
    def of(cls, event: DomainEvent, actor: Actor | None, origin: Origin) -> Self:
        """Return the entry of a domain event that an actor caused."""
        return cls(
            at=event.occurred_at,
            action=event.type,
            actor_id=actor.id if actor else None,
            key_id=actor.key_id if actor else None,
            event_id=event.event_id,
            order_id=event.order_id,
            account_id=event.account_id,
            detail=event.detail,
            origin=origin,
        )


class DomainEventCollector:
    """Collects the domain events of one unit of work, and turns them into audit entries.

    Attributes:
        entries: in the order in which the events were recorded.
    """

    def __init__(self, actor: Actor | None) -> None:
        """Attribute all events to this actor, until `act_as` names another."""
        self.entries: list[AuditEntry] = []
        self._actor = actor
        self._origin: Origin | None = None

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        """Attribute the events that are collected from now on to this actor.

        Args:
            actor: None for a guest.
            origin: None for that of the current request.
        """
        self._actor, self._origin = actor, origin

    def collect(self, *aggregates: Aggregate) -> None:
        """Take what the aggregates recorded since they were collected last."""
        self._read(event for aggregate in aggregates for event in aggregate.release_events())

    def _read(self, events: Iterable[DomainEvent]) -> None:
        origin = self._origin or current_origin.get()
        self.entries += [
            AuditEntry.of(event, self._actor, origin)
            for event in events
            if event.type not in NOT_AUDITED
        ]
