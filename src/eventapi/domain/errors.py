"""The errors of the domain.

An error carries the facts of the refusal as attributes, and makes its message
from them. An attribute that is annotated with a `PublicField` is public: clients
receive it under its name, and the API's documentation describes it. Which HTTP
status an error becomes is decided in `eventapi.entrypoints.http.problems`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, dataclass_transform
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PublicField:
    """Mark an attribute of an error as public.

    Attributes:
        description: the meaning of the attribute, for the API's documentation.
        example: a value, for the example of the error in the documentation.
    """

    description: str
    example: object


@dataclass(frozen=True, slots=True)
class PrivateField:
    """Mark an attribute of an error that only its message uses.

    Attributes:
        example: a value, for the example of the error in the documentation.
    """

    example: object


_UUID = UUID("01932c07-209c-7f7a-8b0e-5f1e6a3c9d42")
_TIME = datetime(2027, 6, 1, 18, 0, tzinfo=UTC)

EventField = Annotated[int, PublicField("The id of the event.", 42)]
TicketTypeField = Annotated[int, PublicField("The id of the ticket type.", 7)]
TicketField = Annotated[
    object, PublicField("The id or the code of the ticket, as it was given.", _UUID)
]
CategoryField = Annotated[str, PublicField("The slug of the category.", "jazz")]
LimitField = Annotated[int, PublicField("The largest number that is allowed.", 10)]
OptionalTicketTypeField = Annotated[
    int | None,
    PublicField("The id of the ticket type that this is about; null for the whole event.", None),
]


@dataclass_transform(eq_default=False)
class StructuredError(Exception):
    """Base of errors that carry facts: subclasses become dataclasses.

    Attributes:
        message: a template of the message, with the facts as `{name}`.
    """

    message: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(eq=False)(cls)

    def __str__(self) -> str:
        return self.message.format_map(vars(self))


class DomainError(StructuredError):
    """A rule of the domain was violated; nothing was changed."""


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

    message = "Sign in first: this operation needs {needed}."
    needed: Annotated[str, PrivateField("an access token")] = "an access token"


class AccountDeleted(DomainError):
    """The account of the token was erased, disabled or deleted."""

    message = "The account of this token is no longer active."


class NotAllowed(DomainError):
    """The role of the account does not allow the operation, or the thing is somebody else's."""

    message = "You are not allowed to {action}."
    action: Annotated[str, PrivateField("purchase tickets")]


class SessionEnded(DomainError):
    """The session has ended: signed out, revoked, or its account was disabled or erased."""

    message = "This session has ended: sign in again."


class RefreshTokenReused(DomainError):
    """A refresh token was used a second time, so it may have been stolen (RFC 9700, 4.14)."""

    message = "This refresh token was used before. Its session has been ended: sign in again."


class AccountDisabled(DomainError):
    """The account was disabled by an admin."""

    message = "This account is disabled."


class LastAdmin(DomainError):
    """The account is the last active admin."""

    message = "This is the last admin; make another account an admin first."


class UserNotFound(DomainError):
    """No account has this id."""

    message = "There is no account {account}."
    account: Annotated[int, PublicField("The id of the account.", 7)]


class ApiKeyNotFound(DomainError):
    """The account has no API key with this id."""

    message = "You have no API key {api_key}."
    api_key: Annotated[int, PublicField("The id of the API key.", 3)]


class TooManyApiKeys(DomainError):
    """The account already has the maximum number of API keys."""

    message = "An account may have {limit} API keys; revoke one first."
    limit: LimitField


class InvalidApiKey(DomainError):
    """The API key is unknown, revoked or expired."""

    message = "The API key is unknown, revoked or expired."


class KeyNotAllowed(DomainError):
    """The API key lacks the scope of the operation, or the operation does not accept API keys."""

    scope: Annotated[
        str | None,
        PublicField(
            "The scope that the operation needs; null if no API key may call it.", "check_in"
        ),
    ]

    def __str__(self) -> str:
        if self.scope is None:
            return "API keys can't be used for this operation: sign in."
        return f"The API key needs the scope {self.scope}."


class InvalidCredentials(DomainError):
    """The username is unknown or the password is wrong; the answer is the same for both."""

    message = "The username or the password is wrong."


class UsernameTaken(DomainError):
    """Another account has this username, perhaps in different letter case."""

    message = "The username {username!r} is taken."
    username: Annotated[str, PublicField("The username that was requested.", "alice")]


class EventNotFound(DomainError):
    """The event does not exist, or you are not allowed to see it."""

    message = "There is no event {event}."
    event: EventField


class OrderNotFound(DomainError):
    """The order does not exist, or you are not allowed to see it."""

    message = "There is no order {order}."
    order: Annotated[UUID, PublicField("The id of the order.", _UUID)]


class TicketNotFound(DomainError):
    """The ticket does not exist, or you are not allowed to see it."""

    message = "There is no ticket {ticket}."
    ticket: TicketField


class TicketCancelled(DomainError):
    """The ticket or its order was cancelled, or the ticket was transferred."""

    ticket: TicketField
    ticket_status: Annotated[
        str, PublicField("The status of the ticket: `cancelled` or `transferred`.", "transferred")
    ]

    def __str__(self) -> str:
        if self.ticket_status == "transferred":
            return "This ticket was transferred: only the new ticket of its attendee is valid."
        return "This ticket was cancelled and is no longer valid."


class WrongEvent(DomainError):
    """The ticket is for another event."""

    message = "This ticket is not for the event {event}."
    event: EventField


class AlreadyCheckedIn(DomainError):
    """The ticket was checked in before."""

    checked_in_at: Annotated[datetime, PublicField("When the ticket was first checked in.", _TIME)]

    def __str__(self) -> str:
        return f"This ticket was checked in at {self.checked_in_at.isoformat()}."


class TicketTypeNotFound(DomainError):
    """The event has no such ticket type."""

    message = "The event has no ticket type {ticket_type}."
    ticket_type: TicketTypeField


class SessionNotFound(DomainError):
    """The event's agenda has no such session."""

    message = "The event has no session {session}."
    session: Annotated[int, PublicField("The id of the session.", 3)]


class ImageNotFound(DomainError):
    """The event has no image."""

    message = "The event {event} has no image."
    event: EventField


class CategoryNotFound(DomainError):
    """The category does not exist."""

    message = "There is no category {category!r}."
    category: CategoryField


class CategoryTaken(DomainError):
    """Another category has the same slug."""

    message = "The category {category!r} already exists."
    category: CategoryField


class CategoryInUse(DomainError):
    """The category has events and can't be deleted."""

    message = "The category {category!r} has events: move them to another category first."
    category: CategoryField


class VersionConflict(DomainError):
    """What you want to change was changed since you last read it."""

    version: Annotated[
        int | None,
        PublicField("The current version of the event; null for things without versions.", 5),
    ] = None

    def __str__(self) -> str:
        if self.version is None:
            return "This was changed since you read it: read it again."
        return f"The event was changed and now has version {self.version}: read it again."


class SoldOut(DomainError):
    """Fewer tickets are left than were requested."""

    requested: Annotated[int, PublicField("How many tickets were requested.", 3)]
    remaining: Annotated[int, PublicField("How many tickets are left.", 1)]
    ticket_type: OptionalTicketTypeField = None

    @property
    def limited_by(
        self,
    ) -> Annotated[
        str, PublicField("What has too few tickets left: `event` or `ticket_type`.", "event")
    ]:
        """Return what has too few tickets left: "event" or "ticket_type"."""
        return "event" if self.ticket_type is None else "ticket_type"

    def __str__(self) -> str:
        what = self.limited_by.replace("_", " ")
        if self.remaining == 0:
            return f"The {what} is sold out."
        return f"{self.requested} tickets were requested, but the {what} has {self.remaining} left."


class EventStarted(DomainError):
    """The event has started."""

    start_time: Annotated[datetime, PublicField("When the event started.", _TIME)]

    def __str__(self) -> str:
        return f"The event started at {self.start_time.isoformat()}."


class EventEnded(DomainError):
    """The event has ended and can no longer be cancelled."""

    end_time: Annotated[datetime, PublicField("When the event ended.", _TIME)]

    def __str__(self) -> str:
        return f"The event ended at {self.end_time.isoformat()}."


class EventCancelled(DomainError):
    """The event was cancelled."""

    message = "The event {event} was cancelled."
    event: EventField


class SalesClosed(DomainError):
    """The event or the ticket type is outside its sales window."""

    sales_start: Annotated[
        datetime | None, PublicField("When sales begin; null if they were always open.", None)
    ]
    sales_end: Annotated[
        datetime | None,
        PublicField("When sales end; null if they end when the event starts.", _TIME),
    ]
    ticket_type: OptionalTicketTypeField = None

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


class CapacityBelowSold(DomainError):
    """The requested capacity or quantity is less than the number of tickets sold."""

    message = "{tickets_sold} tickets are sold, so {requested} is too few."
    requested: Annotated[int, PublicField("The capacity or quantity that was requested.", 50)]
    tickets_sold: Annotated[int, PublicField("How many tickets are sold.", 60)]
    ticket_type: OptionalTicketTypeField = None


class TicketTypeInUse(DomainError):
    """Tickets of the type were sold, so it can't be removed."""

    message = "Tickets of the type {ticket_type} were sold, so it can't be removed."
    ticket_type: TicketTypeField


class EventHasOrders(DomainError):
    """The event has orders and can't be deleted; it can be cancelled."""

    message = "The event {event} has orders: cancel it instead."
    event: EventField


class ReferenceTaken(DomainError):
    """Another event of the organizer has the same reference."""

    message = "An event with the reference {reference!r} already exists."
    reference: Annotated[str, PublicField("The reference.", "jazz-2030")]


class NoValidTickets(DomainError):
    """The order has no valid tickets: it is waitlisted, or all of them were cancelled."""

    message = "The order {order} is {order_status} and has no valid tickets."
    order: Annotated[UUID, PublicField("The id of the order.", _UUID)]
    order_status: Annotated[str, PublicField("The status of the order.", "cancelled")]


class AlreadyRegistered(DomainError):
    """The person already holds a live registration for the event."""

    message = "This person is already registered for the event."
    event: EventField


class UnsuitableImage(DomainError):
    """The content is not an image that can be stored."""

    reason: Annotated[str, PrivateField("Send a PNG, JPEG or WebP image.")]

    def __str__(self) -> str:
        return self.reason


class OrderTooLarge(DomainError):
    """The order has more tickets than an order may have."""

    message = "One order may have at most {limit} tickets, not {requested}."
    requested: Annotated[int, PublicField("How many tickets were requested.", 11)]
    limit: LimitField


class PersonLimitReached(DomainError):
    """The buyer would exceed the limit per person; their orders show how many tickets they have."""

    message = "One person may have at most {limit} tickets of this event, over all orders."
    requested: Annotated[int, PublicField("How many tickets were requested.", 3)]
    limit: LimitField


class IdempotencyKeyReused(DomainError):
    """The idempotency key was already used for a different request."""

    message = "The idempotency key {key!r} was already used for a different request."
    key: Annotated[str, PublicField("The idempotency key.", "b7c1")]
