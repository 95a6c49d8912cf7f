"""What the domain can say no with.

Each error carries the facts of its refusal as attributes; the sentence is made
from them. Which HTTP status an error becomes is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class DomainError(Exception):
    """A rule of the domain said no, and nothing was changed."""


@dataclass(eq=False)
class InvalidValues(DomainError):
    """Values that can't be what they are meant to be.

    Attributes:
        problems: for each offending field, by its name in the domain's
            language, what is wrong with it.
    """

    problems: Mapping[str, str]

    def __str__(self) -> str:
        return "; ".join(f"{field}: {problem}" for field, problem in self.problems.items())


class NotSignedIn(DomainError):
    """This needs a signed-in account."""

    def __str__(self) -> str:
        return "Sign in first: this needs an access token."


class AccountDeleted(DomainError):
    """The account that acts no longer exists."""

    def __str__(self) -> str:
        return "The account of this token no longer exists."


@dataclass(eq=False)
class NotAllowed(DomainError):
    """The actor may know of this, but not do it (see :mod:`eventapi.domain.policy`)."""

    action: str

    def __str__(self) -> str:
        return f"Your role does not allow you to {self.action}."


class SessionEnded(DomainError):
    """The session of a token is over: signed out, revoked, or its account disabled or erased."""

    def __str__(self) -> str:
        return "This session has ended: sign in again."


class RefreshTokenReused(DomainError):
    """A refresh token came for the second time, so somebody else may have it (RFC 9700, 4.14)."""

    def __str__(self) -> str:
        return "This refresh token was used before. Its session has been ended: sign in again."


class AccountDisabled(DomainError):
    """An admin has disabled the account."""

    def __str__(self) -> str:
        return "This account is disabled."


class LastAdmin(DomainError):
    """Without this account nobody could manage the others."""

    def __str__(self) -> str:
        return "This is the last admin; make another account an admin first."


@dataclass(eq=False)
class UserNotFound(DomainError):
    """No account has this id."""

    user_id: int

    def __str__(self) -> str:
        return f"There is no account {self.user_id}."


@dataclass(eq=False)
class ApiKeyNotFound(DomainError):
    """The account has no API key of this id."""

    key_id: int

    def __str__(self) -> str:
        return f"You have no API key {self.key_id}."


@dataclass(eq=False)
class TooManyApiKeys(DomainError):
    """An account has as many API keys as it may."""

    limit: int

    def __str__(self) -> str:
        return f"An account may have {self.limit} API keys; revoke one first."


class InvalidApiKey(DomainError):
    """No API key is so, or it was revoked or has expired."""

    def __str__(self) -> str:
        return "The API key is unknown, revoked or expired."


@dataclass(eq=False)
class KeyNotAllowed(DomainError):
    """The API key was not made for this.

    Attributes:
        scope: which one it would need; None where no key will do.
    """

    scope: str | None

    def __str__(self) -> str:
        if self.scope is None:
            return "No API key may do this: sign in."
        return f"The API key needs the scope {self.scope}."


class InvalidCredentials(DomainError):
    """Unknown username or wrong password; which of the two is never told."""

    def __str__(self) -> str:
        return "The username or the password is wrong."


@dataclass(eq=False)
class UsernameTaken(DomainError):
    """Somebody has this username already, perhaps in other letter case."""

    username: str

    def __str__(self) -> str:
        return f"The username {self.username!r} is taken."


@dataclass(eq=False)
class EventNotFound(DomainError):
    """There is no such event, or none that the actor may know of."""

    event_id: int

    def __str__(self) -> str:
        return f"There is no event {self.event_id}."


@dataclass(eq=False)
class OrderNotFound(DomainError):
    """There is no such order, or none that the actor may know of."""

    order_id: object

    def __str__(self) -> str:
        return f"There is no order {self.order_id}."


@dataclass(eq=False)
class TicketNotFound(DomainError):
    """There is no such ticket, or none that the actor may know of."""

    ticket: object

    def __str__(self) -> str:
        return f"There is no ticket {self.ticket}."


@dataclass(eq=False)
class TicketCancelled(DomainError):
    """The ticket or its whole order was cancelled, or it was handed on: it admits nobody."""

    ticket: object

    def __str__(self) -> str:
        return "This ticket was cancelled or handed on, and admits nobody any more."


@dataclass(eq=False)
class WrongEvent(DomainError):
    """The ticket is good, but for another event."""

    event_id: int

    def __str__(self) -> str:
        return f"This ticket is for another event than {self.event_id}."


@dataclass(eq=False)
class AlreadyCheckedIn(DomainError):
    """A ticket is checked in at most once (invariant 5)."""

    checked_in_at: datetime

    def __str__(self) -> str:
        return f"This ticket was used at {self.checked_in_at.isoformat()}."


@dataclass(eq=False)
class TicketTypeNotFound(DomainError):
    """The event has no such ticket type, or no longer."""

    ticket_type: int

    def __str__(self) -> str:
        return f"The event has no ticket type {self.ticket_type}."


@dataclass(eq=False)
class SessionNotFound(DomainError):
    """The event's agenda has no such session."""

    session: int

    def __str__(self) -> str:
        return f"The event has no session {self.session}."


@dataclass(eq=False)
class ImageNotFound(DomainError):
    """The event has no image."""

    event_id: int

    def __str__(self) -> str:
        return f"The event {self.event_id} has no image."


@dataclass(eq=False)
class CategoryNotFound(DomainError):
    """There is no such category."""

    slug: str

    def __str__(self) -> str:
        return f"There is no category {self.slug!r}."


@dataclass(eq=False)
class CategoryTaken(DomainError):
    """There is a category whose name has this slug."""

    slug: str

    def __str__(self) -> str:
        return f"There is a category {self.slug!r} already."


@dataclass(eq=False)
class CategoryInUse(DomainError):
    """Events belong to the category, so it can't be deleted."""

    slug: str

    def __str__(self) -> str:
        return f"There are events in the category {self.slug!r}: give them another first."


@dataclass(eq=False)
class VersionConflict(DomainError):
    """The event was changed since the actor saw it; nothing of theirs overwrites that."""

    version: int

    def __str__(self) -> str:
        return f"The event was changed meanwhile, to version {self.version}: look at it again."


@dataclass(eq=False)
class SoldOut(DomainError):
    """Fewer places are left than were asked for (invariant 1).

    Attributes:
        ticket_type: whose quantity is the limit; None where the event's capacity is.
    """

    requested: int
    remaining: int
    ticket_type: int | None = None

    @property
    def limited_by(self) -> str:
        """What it is that has no more: ``event`` or ``ticket_type``."""
        return "event" if self.ticket_type is None else "ticket_type"

    def __str__(self) -> str:
        what = "event" if self.ticket_type is None else "ticket type"
        if self.remaining == 0:
            return f"The {what} is sold out."
        left = f"Only {self.remaining} of the {self.requested} requested tickets are left"
        return f"{left} of the {what}."


@dataclass(eq=False)
class EventStarted(DomainError):
    """Nothing is sold for an event that has started (invariant 7)."""

    start_time: datetime

    def __str__(self) -> str:
        return f"The event started at {self.start_time.isoformat()}."


@dataclass(eq=False)
class EventEnded(DomainError):
    """What has ended stays as it was."""

    end_time: datetime

    def __str__(self) -> str:
        return f"The event ended at {self.end_time.isoformat()}."


@dataclass(eq=False)
class EventCancelled(DomainError):
    """A cancelled event is neither sold nor changed any more (invariant 7)."""

    event_id: int

    def __str__(self) -> str:
        return f"The event {self.event_id} was cancelled."


@dataclass(eq=False)
class SalesClosed(DomainError):
    """Nothing is sold outside of a sales window (invariant 7).

    Attributes:
        sales_start: when the window opens, None if it was always open.
        sales_end: when it closes, None if it never does.
        ticket_type: whose window it is; None where it is the event's.
    """

    sales_start: datetime | None
    sales_end: datetime | None
    ticket_type: int | None = None

    def __str__(self) -> str:
        what = "event" if self.ticket_type is None else "ticket type"
        start = self.sales_start.isoformat() if self.sales_start else "the beginning"
        end = self.sales_end.isoformat() if self.sales_end else "the event's start"
        return f"Tickets of this {what} are sold from {start} until {end}."


@dataclass(eq=False)
class CapacityBelowSold(DomainError):
    """Places that are sold can't be cut away (invariant 6).

    Attributes:
        ticket_type: whose quantity was to be cut; None where it was the event's capacity.
    """

    requested: int
    tickets_sold: int
    ticket_type: int | None = None

    def __str__(self) -> str:
        return f"{self.tickets_sold} tickets are sold, so {self.requested} places are too few."


@dataclass(eq=False)
class TicketTypeInUse(DomainError):
    """A ticket type of which tickets were sold can't be removed (invariant 6)."""

    ticket_type: int

    def __str__(self) -> str:
        return f"Tickets of the type {self.ticket_type} were sold, so it stays."


@dataclass(eq=False)
class EventHasOrders(DomainError):
    """An event that was sold can't be deleted, so that its history stays; cancel it instead."""

    event_id: int

    def __str__(self) -> str:
        return f"The event {self.event_id} has orders: cancel it instead."


@dataclass(eq=False)
class ReferenceTaken(DomainError):
    """The organizer calls another event so."""

    reference: str

    def __str__(self) -> str:
        return f"There is an event with the reference {self.reference!r} already."


@dataclass(eq=False)
class AlreadyRegistered(DomainError):
    """A person holds at most one live registration of an event (invariant 4)."""

    event_id: int

    def __str__(self) -> str:
        return "This person is registered for the event already."


@dataclass(eq=False)
class UnsuitableImage(DomainError):
    """The content is no image that can be taken: what it must be, the text says."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class OrderTooLarge(DomainError):
    """More tickets than one order may hold."""

    requested: int
    limit: int

    def __str__(self) -> str:
        return f"One order may hold at most {self.limit} tickets, not {self.requested}."


@dataclass(eq=False)
class IdempotencyKeyReused(DomainError):
    """The key came before with another request (invariant 9)."""

    key: str

    def __str__(self) -> str:
        return f"The idempotency key {self.key!r} was already used for a different request."
