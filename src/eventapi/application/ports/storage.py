"""The unit of work, and how storage fails."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Annotated, Protocol, Self

from eventapi.application.ports.accounts import (
    ApiKeyRepository,
    LoginSessionRepository,
    PrincipalRepository,
    UserRepository,
)
from eventapi.application.ports.audit import AuditLog
from eventapi.application.ports.categories import CategoryRepository
from eventapi.application.ports.events import EventRepository
from eventapi.application.ports.orders import OrderRepository
from eventapi.domain.errors import Fact, Internal


@dataclass(eq=False)
class StorageUnavailable(Exception):
    """The storage can't be reached or is too busy; trying again later may work.

    Whether a change that was being committed was kept is then unknown: who
    must know sends it with an idempotency key and sends it again.

    Attributes:
        reason: what the storage reported, for the log.
    """

    reason: Annotated[str, Internal("server closed the connection")]
    retry_after: Annotated[int, Fact("Seconds to wait before the next try.", 1)] = 1

    def __str__(self) -> str:
        return "The storage can't be reached; try again."


class StorageConflict(StorageUnavailable):
    """The storage gave up this unit of work for the sake of another; nothing of it was kept.

    Our own units of work never wait for each other in a circle (see
    ``EventRepository.get_for_update``), but a hand at the database may join
    them. Trying again at once mostly works.
    """


class UnitOfWork(Protocol):
    """All or nothing: changes made through its repositories are kept by commit, and only then.

    Leaving it without a commit rolls back. One thread uses it, once.
    """

    users: UserRepository
    sessions: LoginSessionRepository
    principals: PrincipalRepository
    api_keys: ApiKeyRepository
    audit: AuditLog
    categories: CategoryRepository
    events: EventRepository
    orders: OrderRepository

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed, and let go of all locks."""

    def commit(self) -> None:
        """Keep all changes.

        Raises:
            DomainError: a constraint of the storage does not hold; nothing was kept.
        """


UnitOfWorkFactory = Callable[[], UnitOfWork]


class StorageHealth(Protocol):
    """Whether the storage can serve."""

    def check(self) -> None:
        """Ask the storage for a sign of life.

        Raises:
            StorageUnavailable: there is none.
        """
