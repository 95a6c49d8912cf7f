"""The unit of work, and how storage fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Annotated, Protocol, Self

from eventapi.application.audit import Origin
from eventapi.application.ports.accounts import (
    ApiKeyRepository,
    LoginSessionRepository,
    PrincipalRepository,
    UserRepository,
)
from eventapi.application.ports.categories import CategoryRepository
from eventapi.application.ports.events import EventRepository
from eventapi.application.ports.orders import AcceptedRequestRepository, OrderRepository
from eventapi.domain.errors import InvalidValues, PrivateField, PublicField, StructuredError
from eventapi.domain.policy import Actor


class StorageUnavailable(StructuredError):
    """The storage can't be reached or is too busy; a later attempt may succeed.

    If a commit was under way, it is unknown whether it succeeded. Clients send
    such a request again with an idempotency key.

    Attributes:
        reason: what the storage reported, for the log.
    """

    message = "The storage can't be reached; try again."
    reason: Annotated[str, PrivateField("server closed the connection")]
    retry_after: Annotated[int, PublicField("Seconds to wait before the next try.", 1)] = 1


class StorageConflict(StorageUnavailable):
    """The storage rolled this unit of work back in favour of another (a deadlock).

    Our own units of work never deadlock (see `EventRepository.get_for_update`), but
    statements typed by an operator may.
    An immediate second attempt usually succeeds.
    """


_refuses_commits = ContextVar("refuses_commits", default=False)


@contextmanager
def refuse_commits() -> Iterator[None]:
    """Refuse every commit of this thread: a use case is called only to find more faults."""
    token = _refuses_commits.set(True)
    try:
        yield
    finally:
        _refuses_commits.reset(token)


def check_commit() -> None:
    """Check that a unit of work may commit.

    Raises:
        InvalidValues: there are faults, which are told already.
    """
    if _refuses_commits.get():
        raise InvalidValues({})


class UnitOfWork(Protocol):
    """A transaction: changes made through its repositories are stored by `commit`.

    Leaving it without a commit rolls back. One thread uses it, once. It also
    collects the domain events of the aggregates that are added, saved or removed,
    and of the events that were loaded for update, and stores the audit entries
    that follow from them.
    """

    users: UserRepository
    login_sessions: LoginSessionRepository
    principals: PrincipalRepository
    api_keys: ApiKeyRepository
    categories: CategoryRepository
    events: EventRepository
    orders: OrderRepository
    requests: AcceptedRequestRepository

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        """Attribute the changes from here on to an actor.

        Args:
            actor: None for a guest and for the command line.
            origin: None for that of the current request.
        """

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back unless committed, and release all locks."""

    def commit(self) -> None:
        """Store all changes.

        Raises:
            DomainError: a constraint of the storage is violated; nothing was stored.
            InvalidValues: as `check_commit`.
        """


class UnitOfWorkFactory(Protocol):
    """Creates units of work."""

    def __call__(self, actor: Actor | None = None) -> UnitOfWork:
        """Return a new unit of work whose changes are attributed to an actor."""


class StorageHealth(Protocol):
    """Health of the storage."""

    def check(self) -> None:
        """Check that the storage answers.

        Raises:
            StorageUnavailable: it does not.
        """
