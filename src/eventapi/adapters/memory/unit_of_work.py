"""The unit of work on memory."""

from eventapi.adapters.memory.database import MemoryDatabase, Transaction
from eventapi.adapters.memory.queries import MemoryPrincipalQueries
from eventapi.adapters.memory.repositories import (
    MemoryAcceptedRequests,
    MemoryApiKeys,
    MemoryCategories,
    MemoryEvents,
    MemoryLoginSessions,
    MemoryOrders,
    MemoryUsers,
)
from eventapi.application.audit import Origin
from eventapi.application.ports.storage import UnitOfWork
from eventapi.domain.policy import Actor


class MemoryUnitOfWork(Transaction, UnitOfWork):
    """UnitOfWork on memory."""

    def __init__(self, database: MemoryDatabase, actor: Actor | None = None) -> None:
        super().__init__(database, actor)
        self.users = MemoryUsers(self, database.users)
        self.login_sessions = MemoryLoginSessions(self, database.login_sessions)
        self.principals = MemoryPrincipalQueries(database)
        self.api_keys = MemoryApiKeys(self, database.api_keys)
        self.categories = MemoryCategories(self, database.categories)
        self.events = MemoryEvents(self, database.events)
        self.orders = MemoryOrders(self, database.orders)
        self.requests = MemoryAcceptedRequests(self)

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        self.domain_events.act_as(actor, origin)
