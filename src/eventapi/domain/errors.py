"""The errors of the domain.

An error carries the facts of the refusal as attributes, and makes its message
from them. An attribute that is annotated with a `Fact` is public: clients
receive it under its name, and the API's documentation describes it. Which HTTP
status an error becomes is decided in `eventapi.entrypoints.http.problems`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fact:
    """Mark an attribute of an error as public.

    Attributes:
        description: the meaning of the attribute, for the API's documentation.
        example: a value, for the example of the error in the documentation.
    """

    description: str
    example: object


@dataclass(frozen=True, slots=True)
class Internal:
    """Mark an attribute of an error that only its message uses.

    Attributes:
        example: a value, for the example of the error in the documentation.
    """

    example: object


_UUID = UUID("01932c07-209c-7f7a-8b0e-5f1e6a3c9d42")
_TIME = datetime(2027, 6, 1, 18, 0, tzinfo=UTC)

EventIdFact = Annotated[int, Fact("The id of the event.", 42)]
TicketTypeIdFact = Annotated[int, Fact("The id of the ticket type.", 7)]
TicketFact = Annotated[object, Fact("The id or the code of the ticket, as it was given.", _UUID)]
SlugFact = Annotated[str, Fact("The slug of the category.", "jazz")]
LimitFact = Annotated[int, Fact("The largest number that is allowed.", 10)]
OptionalTicketTypeFact = Annotated[
    int | None,
    Fact("The id of the ticket type that this is about; null for the whole event.", None),
]


class DomainError(Exception):
    """A rule of the domain was violated; nothing was changed."""


@dataclass(eq=False)
class InvalidValues(DomainError):
    """One or more values are not valid.

    Attributes:
        problems: a message for each field that is not valid, by the field's name.
    """

    problems: Mapping[str, str]

    def __str__(self) -> str:
        return "; ".join(f"{field}: {problem}" for field, problem in self.problems.items())


class NotSignedIn(DomainError):
    """The operation needs a signed-in account."""

    def __str__(self) -> str:
        return "Sign in first: this operation needs an access token."


class AccountDeleted(DomainError):
    """The account of the token no longer exists."""

    def __str__(self) -> str:
        return "The account of this token no longer exists."


@dataclass(eq=False)
class NotAllowed(DomainError):
    """The role of the account does not allow the operation."""

    action: Annotated[str, Internal("purchase tickets")]

    def __str__(self) -> str:
        return f"Your role does not allow you to {self.action}."


class SessionEnded(DomainError):
    """The session has ended: signed out, revoked, or its account was disabled or erased."""

    def __str__(self) -> str:
        return "This session has ended: sign in again."


class RefreshTokenReused(DomainError):
    """A refresh token was used a second time, so it may have been stolen (RFC 9700, 4.14)."""

    def __str__(self) -> str:
        return "This refresh token was used before. Its session has been ended: sign in again."


class AccountDisabled(DomainError):
    """The account was disabled by an admin."""

    def __str__(self) -> str:
        return "This account is disabled."


class LastAdmin(DomainError):
    """The account is the last active admin."""

    def __str__(self) -> str:
        return "This is the last admin; make another account an admin first."


@dataclass(eq=False)
class UserNotFound(DomainError):
    """No account has this id."""

    user_id: Annotated[int, Fact("The id of the account.", 7)]

    def __str__(self) -> str:
        return f"There is no account {self.user_id}."


@dataclass(eq=False)
class ApiKeyNotFound(DomainError):
    """The account has no API key with this id."""

    key_id: Annotated[int, Fact("The id of the API key.", 3)]

    def __str__(self) -> str:
        return f"You have no API key {self.key_id}."


@dataclass(eq=False)
class TooManyApiKeys(DomainError):
    """The account already has the maximum number of API keys."""

    limit: LimitFact

    def __str__(self) -> str:
        return f"An account may have {self.limit} API keys; revoke one first."


class InvalidApiKey(DomainError):
    """The API key is unknown, revoked or expired."""

    def __str__(self) -> str:
        return "The API key is unknown, revoked or expired."


@dataclass(eq=False)
class KeyNotAllowed(DomainError):
    """The scopes of the API key do not include the operation."""

    scope: Annotated[
        str | None,
        Fact("The scope that the operation needs; null if no API key may call it.", "check_in"),
    ]

    def __str__(self) -> str:
        if self.scope is None:
            return "API keys can't be used for this operation: sign in."
        return f"The API key needs the scope {self.scope}."


class InvalidCredentials(DomainError):
    """The username is unknown or the password is wrong; the answer is the same for both."""

    def __str__(self) -> str:
        return "The username or the password is wrong."


@dataclass(eq=False)
class UsernameTaken(DomainError):
    """Another account has this username, perhaps in different letter case."""

    username: Annotated[str, Fact("The username that was requested.", "alice")]

    def __str__(self) -> str:
        return f"The username {self.username!r} is taken."


@dataclass(eq=False)
class EventNotFound(DomainError):
    """The event does not exist, or you are not allowed to see it."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return f"There is no event {self.event_id}."


@dataclass(eq=False)
class OrderNotFound(DomainError):
    """The order does not exist, or you are not allowed to see it."""

    order_id: Annotated[UUID, Fact("The id of the order.", _UUID)]

    def __str__(self) -> str:
        return f"There is no order {self.order_id}."


@dataclass(eq=False)
class TicketNotFound(DomainError):
    """The ticket does not exist, or you are not allowed to see it."""

    ticket: TicketFact

    def __str__(self) -> str:
        return f"There is no ticket {self.ticket}."


@dataclass(eq=False)
class TicketCancelled(DomainError):
    """The ticket or its order was cancelled, or the ticket was transferred."""

    ticket: TicketFact

    def __str__(self) -> str:
        return "This ticket was cancelled or transferred and is no longer valid."


@dataclass(eq=False)
class WrongEvent(DomainError):
    """The ticket is for another event."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return f"This ticket is not for the event {self.event_id}."


@dataclass(eq=False)
class AlreadyCheckedIn(DomainError):
    """The ticket was checked in before."""

    checked_in_at: Annotated[datetime, Fact("When the ticket was first checked in.", _TIME)]

    def __str__(self) -> str:
        return f"This ticket was checked in at {self.checked_in_at.isoformat()}."


@dataclass(eq=False)
class TicketTypeNotFound(DomainError):
    """The event has no such ticket type."""

    ticket_type: TicketTypeIdFact

    def __str__(self) -> str:
        return f"The event has no ticket type {self.ticket_type}."


@dataclass(eq=False)
class SessionNotFound(DomainError):
    """The event's agenda has no such session."""

    session: Annotated[int, Fact("The id of the session.", 3)]

    def __str__(self) -> str:
        return f"The event has no session {self.session}."


@dataclass(eq=False)
class ImageNotFound(DomainError):
    """The event has no image."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return f"The event {self.event_id} has no image."


@dataclass(eq=False)
class CategoryNotFound(DomainError):
    """The category does not exist."""

    slug: SlugFact

    def __str__(self) -> str:
        return f"There is no category {self.slug!r}."


@dataclass(eq=False)
class CategoryTaken(DomainError):
    """Another category has the same slug."""

    slug: SlugFact

    def __str__(self) -> str:
        return f"The category {self.slug!r} already exists."


@dataclass(eq=False)
class CategoryInUse(DomainError):
    """The category has events and can't be deleted."""

    slug: SlugFact

    def __str__(self) -> str:
        return f"The category {self.slug!r} has events: move them to another category first."


@dataclass(eq=False)
class VersionConflict(DomainError):
    """The event was changed since you last read it."""

    version: Annotated[int, Fact("The current version of the event.", 5)]

    def __str__(self) -> str:
        return f"The event was changed and now has version {self.version}: read it again."


@dataclass(eq=False)
class SoldOut(DomainError):
    """Fewer tickets are left than were requested."""

    requested: Annotated[int, Fact("How many tickets were requested.", 3)]
    remaining: Annotated[int, Fact("How many tickets are left.", 1)]
    ticket_type: OptionalTicketTypeFact = None

    @property
    def limited_by(
        self,
    ) -> Annotated[str, Fact("What has too few tickets left: `event` or `ticket_type`.", "event")]:
        """Return what has too few tickets left: "event" or "ticket_type"."""
        return "event" if self.ticket_type is None else "ticket_type"

    def __str__(self) -> str:
        what = self.limited_by.replace("_", " ")
        if self.remaining == 0:
            return f"The {what} is sold out."
        return f"{self.requested} tickets were requested, but the {what} has {self.remaining} left."


@dataclass(eq=False)
class EventStarted(DomainError):
    """The event has started."""

    start_time: Annotated[datetime, Fact("When the event started.", _TIME)]

    def __str__(self) -> str:
        return f"The event started at {self.start_time.isoformat()}."


@dataclass(eq=False)
class EventEnded(DomainError):
    """The event has ended and can no longer be changed."""

    end_time: Annotated[datetime, Fact("When the event ended.", _TIME)]

    def __str__(self) -> str:
        return f"The event ended at {self.end_time.isoformat()}."


@dataclass(eq=False)
class EventCancelled(DomainError):
    """The event was cancelled."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return f"The event {self.event_id} was cancelled."


@dataclass(eq=False)
class SalesClosed(DomainError):
    """The event or the ticket type is outside its sales window."""

    sales_start: Annotated[
        datetime | None, Fact("When sales begin; null if they were always open.", None)
    ]
    sales_end: Annotated[
        datetime | None, Fact("When sales end; null if they end when the event starts.", _TIME)
    ]
    ticket_type: OptionalTicketTypeFact = None

    def __str__(self) -> str:
        what = "event" if self.ticket_type is None else "ticket type"
        if self.sales_start and self.sales_end:
            window = f"from {self.sales_start.isoformat()} until {self.sales_end.isoformat()}"
        elif self.sales_start:
            window = f"from {self.sales_start.isoformat()}"
        else:
            end = self.sales_end.isoformat() if self.sales_end else "the event starts"
            window = f"until {end}"
        return f"Tickets of this {what} are sold {window}."


@dataclass(eq=False)
class CapacityBelowSold(DomainError):
    """The requested capacity or quantity is less than the number of tickets sold."""

    requested: Annotated[int, Fact("The capacity or quantity that was requested.", 50)]
    tickets_sold: Annotated[int, Fact("How many tickets are sold.", 60)]
    ticket_type: OptionalTicketTypeFact = None

    def __str__(self) -> str:
        return f"{self.tickets_sold} tickets are sold, so {self.requested} is too few."


@dataclass(eq=False)
class TicketTypeInUse(DomainError):
    """Tickets of the type were sold, so it can't be removed."""

    ticket_type: TicketTypeIdFact

    def __str__(self) -> str:
        return f"Tickets of the type {self.ticket_type} were sold, so it can't be removed."


@dataclass(eq=False)
class EventHasOrders(DomainError):
    """The event has orders and can't be deleted; it can be cancelled."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return f"The event {self.event_id} has orders: cancel it instead."


@dataclass(eq=False)
class ReferenceTaken(DomainError):
    """Another event of the organizer has the same reference."""

    reference: str

    def __str__(self) -> str:
        return f"An event with the reference {self.reference!r} already exists."


@dataclass(eq=False)
class AlreadyRegistered(DomainError):
    """The person already holds a live registration for the event."""

    event_id: EventIdFact

    def __str__(self) -> str:
        return "This person is already registered for the event."


@dataclass(eq=False)
class UnsuitableImage(DomainError):
    """The content is not an image that can be stored."""

    reason: Annotated[str, Internal("Send a PNG, JPEG or WebP image.")]

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class OrderTooLarge(DomainError):
    """The order has more tickets than an order may have."""

    requested: Annotated[int, Fact("How many tickets were requested.", 11)]
    limit: LimitFact

    def __str__(self) -> str:
        return f"One order may have at most {self.limit} tickets, not {self.requested}."


@dataclass(eq=False)
class IdempotencyKeyReused(DomainError):
    """The idempotency key was already used for a different request."""

    key: Annotated[str, Fact("The idempotency key.", "b7c1")]

    def __str__(self) -> str:
        return f"The idempotency key {self.key!r} was already used for a different request."
