"""What the application needs of the world, in its own words.

Every adapter of a port passes the same contract suite
(``tests/contracts``), whatever it is made of.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import TracebackType
from typing import Literal, Protocol, Self

from eventapi.application.deeds import Deed, DeedDone
from eventapi.application.search import EventSearch
from eventapi.application.views import (
    ApiKeyView,
    Attendance,
    AttendeePosition,
    AuditEntryView,
    CategoryView,
    CheckInCounts,
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    SalesFigures,
    TopEventView,
    UserView,
)
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.policy import Actor
from eventapi.domain.session import Session
from eventapi.domain.user import Role, User
from eventapi.domain.values import (
    ApiKeyId,
    CategoryId,
    EmailAddress,
    EventId,
    OrderId,
    SessionId,
    Slug,
    TicketCode,
    TicketTypeId,
    UserId,
    Username,
)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present moment in UTC."""


class PasswordHasher(Protocol):
    """Turns passwords into what may be stored."""

    def hash(self, password: str) -> str:
        """Give a salted hash.

        Raises:
            Overloaded: too many are being made at this moment.
        """

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password has this hash.

        Without a hash the answer is no, after as much work as with one, so
        that the time taken does not tell whether an account exists.

        Raises:
            Overloaded: too many are being made at this moment.
        """


class Overloaded(Exception):
    """Too much of what costs much is being done at this moment; trying again later may work."""


class StorageUnavailable(Exception):
    """The storage can't be reached or is too busy; trying again later may work.

    Whether a change that was being committed was kept is then unknown: who
    must know sends it with an idempotency key and sends it again.
    """


class StorageConflict(StorageUnavailable):
    """The storage gave up this unit of work for the sake of another; nothing of it was kept.

    Our own units of work never wait for each other in a circle (see
    ``EventRepository.get_for_update``), but a hand at the database may join
    them. Trying again at once mostly works.
    """


@dataclass(frozen=True, slots=True)
class UserSearch:
    """Which accounts are looked for.

    Attributes:
        q: what stands in the username, email address or names, without regard
            to the case of Latin letters; None asks for all.
        role: which they have; None asks for all.
        is_disabled: whether they are; None asks for all.
    """

    q: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """For whom an API key acts.

    Attributes:
        last_used_at: in UTC, as it was noted.
    """

    key_id: ApiKeyId
    actor: Actor
    scopes: frozenset[KeyScope]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Which lines of the audit trail are looked for; None asks for all."""

    event: EventId | None = None
    order: OrderId | None = None
    account: UserId | None = None
    actor: UserId | None = None
    deed: Deed | None = None


RequestName = tuple[str, str]
PictureKind = Literal["svg", "png"]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key, and what it was used for (invariant 9).

    Attributes:
        owner: whose key it is, as :func:`account_owner` or
            :func:`guest_owner` call them; two may use the same one.
        key: as the client made it up.
        fingerprint: a digest of the request; another request has another.
    """

    owner: str
    key: str
    fingerprint: bytes

    @property
    def name(self) -> RequestName:
        """What the key is known by."""
        return self.owner, self.key


def account_owner(id: UserId) -> str:
    """Name an account as the owner of idempotency keys."""
    return f"user:{id}"


def guest_owner(email: EmailAddress) -> str:
    """Name a guest as the owner of idempotency keys, without telling the address."""
    return f"guest:{sha256(email.key.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A request that was accepted under a key, and the answer it got."""

    fingerprint: bytes
    answer: OrderView


class UserRepository(Protocol):
    """The accounts."""

    def next_id(self) -> UserId:
        """Give a new account's id."""

    def add(self, user: User) -> None:
        """Keep a new account; the commit raises UsernameTaken if its name is taken."""

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""

    def get(self, id: UserId) -> User | None:
        """Load an account, to be looked at."""

    def get_for_update(self, id: UserId) -> User | None:
        """Load an account and keep all others from changing it until this unit of work ends."""

    def get_for_erasure(self, id: UserId) -> User | None:
        """Load an account for update, and keep all others from making anything that is its own.

        Accounts are locked before events.
        """

    def lock_active_admins(self) -> set[UserId]:
        """Tell which admins may act, and keep them so until this unit of work ends."""

    def save(self, user: User) -> None:
        """Keep what was changed of an account that was loaded for update."""


class SessionRepository(Protocol):
    """The sessions that go on."""

    def add(self, session: Session) -> None:
        """Keep a new session."""

    def get_for_update(self, id: SessionId) -> Session | None:
        """Load a session and keep all others from renewing it until this unit of work ends."""

    def save(self, session: Session) -> None:
        """Keep what was changed of a session that was loaded for update."""

    def remove(self, id: SessionId) -> None:
        """End a session, if it goes on."""

    def remove_all(self, user: UserId, *, but: SessionId | None = None) -> None:
        """End all sessions of an account, but perhaps for one."""

    def remove_expired(self, user: UserId, now: datetime) -> None:
        """Forget the sessions of an account whose last refresh token has expired."""


class SenderRepository(Protocol):
    """Who sends a request, asked where it is carried out, together with those of others."""

    def by_session(self, sessions: Collection[SessionId]) -> dict[SessionId, Actor]:
        """Tell whose sessions these are, of those that go on and whose account may act.

        None of these accounts is erased until this unit of work ends.
        """

    def hold(self, id: UserId) -> bool:
        """Tell whether an account may act, and keep it from being erased in the same way.

        Called before any event is locked.
        """


class ApiKeyRepository(Protocol):
    """The API keys that are good."""

    def next_id(self) -> ApiKeyId:
        """Give a new key's id."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    def count(self, owner: UserId) -> int:
        """Count the keys of an account."""

    def remove(self, owner: UserId, id: ApiKeyId) -> bool:
        """Revoke a key; False where the account has none of this id."""

    def remove_all(self, owner: UserId) -> None:
        """Revoke all keys of an account."""


class AuditLog(Protocol):
    """The audit trail, to which lines are added and from which none is taken."""

    def record(self, done: DeedDone) -> None:
        """Add a line, to be kept if and only if what it tells of is."""


class EventRepository(Protocol):
    """The events, as aggregates."""

    def next_id(self) -> EventId:
        """Give a new event's id."""

    def next_ticket_type_id(self) -> TicketTypeId:
        """Give a new ticket type's id; no two events have the same one."""

    def add(self, event: Event) -> None:
        """Keep a new event.

        The commit raises AccountGone if its organizer is gone, InvalidValues if
        its category is, and ReferenceTaken if the organizer has another of
        that reference.
        """

    def save(self, event: Event) -> None:
        """Keep what was changed of an event that was loaded for update.

        What is sold of it is kept without this, by the orders that are added.
        The commit raises InvalidValues if its category is gone, and
        TicketTypeInUse if there are tickets of a type that it no longer has.
        """

    def remove(self, event: Event) -> None:
        """Forget an event that was loaded for update.

        The commit raises EventHasOrders if it has orders.
        """

    def references(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        """Find the events that an organizer calls so."""

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and keep all others from loading them so until this unit of work ends.

        Called once in a unit of work. The events are locked in the order of
        their ids, whatever the order they are named in, so that two units of
        work never wait for each other. One that is not there is left out.
        """


class CategoryRepository(Protocol):
    """The categories."""

    def next_id(self) -> CategoryId:
        """Give a new category's id."""

    def add(self, category: Category) -> None:
        """Keep a new category; the commit raises CategoryTaken if there is one of its slug."""

    def by_slug(self, slug: Slug) -> Category | None:
        """Find a category."""

    def save(self, category: Category) -> None:
        """Keep what was changed of a category."""

    def remove(self, category: Category) -> None:
        """Forget a category; the commit raises CategoryInUse if events belong to it."""


class OrderRepository(Protocol):
    """The orders, and the requests that made them."""

    def add(self, order: Order) -> None:
        """Keep a new order and count its tickets as sold.

        The event must have been loaded for update. The commit raises
        AccountGone if the buyer is gone, and AlreadyRegistered if the person
        holds another live registration of the event.
        """

    def event_of(self, id: OrderId) -> EventId | None:
        """Tell which event an order is for, which never changes; None where there is no order."""

    def get(self, event: EventId, id: OrderId) -> Order | None:
        """Load an order of an event that was loaded for update."""

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        """Load the orders to which tickets belong, of whatever event.

        Only those of an event that was loaded for update may be changed. A
        code that no ticket has is left out.
        """

    def waiting(self, event: EventId) -> list[Order]:
        """Load the orders that wait for places of an event that was loaded for update.

        The first one that came is the first one.
        """

    def waiting_before(self, event: EventId) -> int:
        """Count those that wait for places of an event that was loaded for update."""

    def save(self, order: Order) -> None:
        """Keep what was changed of an order, and count its tickets as it stands now."""

    def cancel_all(self, event: EventId) -> None:
        """Cancel every order of an event that was loaded for update and has been cancelled."""

    def has_any(self, event: EventId) -> bool:
        """Tell whether an event that was loaded for update has orders, whatever became of them."""

    def events_of(self, buyer: UserId) -> set[EventId]:
        """Tell for which events an account has orders."""

    def forget_buyer(self, buyer: UserId) -> None:
        """Forget whom the tickets of an account's orders admit, and its accepted requests.

        The events of its orders must have been loaded for update.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""

    def registrants(self, event: EventId) -> set[str]:
        """Give the keys of all who hold a live registration of an event loaded for update."""

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        """Tell whether a person holds a live registration of an event loaded for update.

        By the key of their email address, or by their account.
        """

    def accepted(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        """Find what was accepted under these keys.

        Asked while an event is locked, it misses no request for that event.
        """

    def remember(self, request: RequestKey, answer: OrderView) -> None:
        """Keep the answer to a request.

        The commit raises IdempotencyKeyReused if the key was used meanwhile:
        for another event, then, since all requests for one event wait for its lock.
        """


class UnitOfWork(Protocol):
    """All or nothing: changes made through its repositories are kept by commit, and only then.

    Leaving it without a commit rolls back. One thread uses it, once.
    """

    users: UserRepository
    sessions: SessionRepository
    senders: SenderRepository
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


class UserQueries(Protocol):
    """Accounts, to be read."""

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """List accounts, in the order of their ids."""


class SenderQueries(Protocol):
    """Who sends a request: asked for each one, so each is one statement that an index answers."""

    def by_session(self, sessions: Collection[SessionId]) -> dict[SessionId, Actor]:
        """Tell whose sessions these are, of those that go on and whose account may act."""

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        """Find by the digest of an API key whose it is.

        None where there is none, it has expired by now, or its owner's account
        may not act.
        """

    def note_use(self, key: ApiKeyId, now: datetime) -> None:
        """Note that a key was used."""


class ApiKeyQueries(Protocol):
    """API keys, to be read."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        """List the keys of an account, the newest first."""


class AuditQueries(Protocol):
    """The audit trail, to be read."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """List lines, the newest first."""


class CategoryQueries(Protocol):
    """Categories, to be read."""

    def all(self) -> list[CategoryView]:
        """List all categories by name."""

    def get(self, slug: str) -> CategoryView | None:
        """Find a category."""


class EventQueries(Protocol):
    """Events, to be read."""

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""

    def search(
        self, search: EventSearch, *, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that are searched for, in the order that was asked for.

        However far a page is from the first, and whatever is searched for, it
        costs about the same.
        """

    def calendar(self, *, category: str | None, since: datetime, limit: int) -> list[EventView]:
        """Give the public events that start after a moment, cancelled ones too, soonest first.

        Args:
            category: the slug of the one whose events are given; None for all.
            since: in UTC.
            limit: how many at the most.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""

    def sales_figures(self, event: EventView) -> SalesFigures:
        """Count what an event sold."""

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets, of one organizer or of all.

        Events with equally many stand in the order of their ids; one that sold
        nothing does not stand in the ranking.
        """


class OrderQueries(Protocol):
    """Orders, to be read."""

    def get(self, id: OrderId) -> OrderRecord | None:
        """Find an order."""

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List a buyer's orders, newest first."""

    def of_event(
        self, event: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List the orders of an event, newest first."""

    def by_code(self, code: TicketCode) -> Attendance | None:
        """Find the ticket of a code, unless it is one that is only waited for."""

    def attendees(
        self, event: EventId, *, q: str | None, after: AttendeePosition | None, limit: int
    ) -> Page[Attendance, AttendeePosition]:
        """List the tickets that admit somebody to an event, those of the first order first.

        Args:
            event: which one.
            q: what stands in the attendee's name or email address, without
                regard to the case of Latin letters; None asks for all.
            after: where the page before ended.
            limit: how many at the most.
        """

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        """Count the tickets that admit somebody to an event, and those that have."""

    def waitlist(self, event: EventId, *, after: int, limit: int) -> Page[OrderView, int]:
        """List the orders that wait for places of an event, the first one first.

        Args:
            event: which one.
            after: at which position the page before ended; 0 for the first page.
            limit: how many at the most.
        """


class Secrets(Protocol):
    """Where what nobody may guess comes from."""

    def session_id(self) -> SessionId:
        """Give a new session's id."""

    def api_key(self) -> str:
        """Give a new API key, of 256 random bits."""


class UsernameRules(Protocol):
    """Which usernames may be chosen."""

    def read(self, username: str) -> Username:
        """Give a username in the one form in which it is kept.

        Raises:
            InvalidValues: it can't be one, is kept back, or looks like another
                by mixing scripts.
        """


class PasswordRules(Protocol):
    """Which passwords may be chosen."""

    def check(self, password: str, field: str) -> None:
        """Make sure that a password may be chosen.

        Raises:
            InvalidValues: of the field; it is too short, too long, or one of
                those that everybody tries first.
        """


class OrderSecrets(Protocol):
    """The secrets by which guests, who have no account, see and cancel their orders."""

    def of(self, order: OrderId) -> str:
        """Give the secret of an order, always the same."""

    def matches(self, order: OrderId, secret: str) -> bool:
        """Tell whether this is an order's secret; how long that takes tells nothing of it."""


class TicketPrinter(Protocol):
    """Turns tickets into what is shown at the door."""

    def qr_code(self, code: str, kind: PictureKind) -> bytes:
        """Draw a ticket's code for a camera to read, with the quiet zone around it."""

    def pdf(self, attendance: Attendance, event: EventView) -> bytes:
        """Print a ticket for its event, with its QR code; the same one gives the same bytes."""


class ImageInspector(Protocol):
    """Looks into images before they are taken."""

    def media_type(self, content: bytes) -> str:
        """Tell what kind of image this is, by its content: ``image/png``, for example.

        Raises:
            UnsuitableImage: it is broken, too large when unpacked, or not of
                a kind that every browser shows.
        """


class ImageStore(Protocol):
    """Keeps images by key. What is stored under a key never changes."""

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an image; the same key comes with the same content.

        Raises:
            StorageUnavailable: the store can't be reached or is full.
        """

    def get(self, key: str) -> bytes | None:
        """Give the image of a key, None where there is none.

        Raises:
            StorageUnavailable: the store can't be reached.
        """

    def delete(self, key: str) -> None:
        """Forget the image of a key; does nothing where there is none.

        Raises:
            StorageUnavailable: the store can't be reached.
        """


class StorageHealth(Protocol):
    """Whether the storage can serve."""

    def check(self) -> None:
        """Ask the storage for a sign of life.

        Raises:
            StorageUnavailable: there is none.
        """
