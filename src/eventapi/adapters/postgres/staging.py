"""What a unit of work keeps back until its commit writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from eventapi.application.audit import EventCollector
from eventapi.application.idempotency import RequestKey
from eventapi.application.views import OrderView
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import EventId


@dataclass
class Staged:
    """What the commit has to write."""

    domain_events: EventCollector
    users: list[User] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changes: list[Callable[[Connection], object]] = field(default_factory=list)
    removed_category: Category | None = None
    removed_event: EventId | None = None
    orders: list[Order] = field(default_factory=list)
    requests: list[tuple[RequestKey, OrderView]] = field(default_factory=list)
    loaded_events: list[Event] = field(default_factory=list)
