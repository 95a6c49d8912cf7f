"""The role policy: one table of actions and roles.

A use case calls `require` before it does anything, and `may` once it knows the
owner of the thing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, Self

from eventapi.domain.errors import NotAllowed, NotSignedIn
from eventapi.domain.user import Role, User
from eventapi.domain.values import ApiKeyId, UserId


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in account that performs an action; `None` stands for a guest.

    Attributes:
        key_id: the API key with which a machine acts for the account; None for
            a person.
        name, email: of the account, as far as it has them.
    """

    id: UserId
    username: str
    role: Role
    key_id: ApiKeyId | None = None
    name: str | None = None
    email: str | None = None

    @classmethod
    def of(cls, user: User, *, key_id: ApiKeyId | None = None) -> Self:
        """Return the actor of an account."""
        profile = user.profile
        email = profile.email.value if profile.email else None
        return cls(user.id, user.username.value, user.role, key_id, profile.full_name, email)


class Action(StrEnum):
    """What can be done; the texts complete the sentence "You are not allowed to …"."""

    CREATE_ADMIN = "create an admin"
    CREATE_ORGANIZER = "create an organizer"
    CREATE_EVENT = "create events"
    CHANGE_EVENT = "change this event"
    SEE_PRIVATE_EVENT = "see this event"
    SEE_EVENT_FIGURES = "see what this event sold"
    MANAGE_CATEGORIES = "manage categories"
    PURCHASE_TICKETS = "purchase tickets for yourself"
    SELL_TICKETS = "sell tickets of this event to a named buyer"
    SEE_ORDER = "see this order"
    CANCEL_ORDER = "cancel this order"
    CHANGE_ORDER = "change this order"
    SEE_EVENT_ORDERS = "see the orders of this event"
    SEE_ATTENDEES = "see who attends this event"
    CHECK_IN = "check in tickets of this event"
    SEE_SALES_REPORTS = "see sales reports"
    SEE_AUDIT_TRAIL = "see who did what"
    CHANGE_ACCOUNT = "see and change this account"
    MANAGE_ACCOUNTS = "manage accounts"
    MANAGE_API_KEYS = "manage API keys"


class PermissionScope(Enum):
    """The things to which a permission extends."""

    NONE = "nothing"
    OWN = "what is the actor's own"
    ALL = "everything"


_NONE, _OWN, _ALL = PermissionScope.NONE, PermissionScope.OWN, PermissionScope.ALL
_COLUMNS = (None, Role.USER, Role.ORGANIZER, Role.ADMIN)

# OWN means for an event: organized by the actor; for seeing an order: bought by
# the actor, or for an event of the actor; for changing or cancelling an order:
# bought by the actor (an organizer cancels by CHANGE_EVENT); for reports and the
# audit trail: about the actor's events.
# PURCHASE_TICKETS is for oneself, SELL_TICKETS is the box office: for a buyer whom
# it names. CHANGE_EVENT includes cancelling and deleting, and the event's ticket types,
# sessions and image. Public and unlisted events are visible to all, a private one
# also to those who have its access code or a ticket. Anyone may register for a
# visible event. An order's secret gives a guest access to that
# order, beside this table.
_TABLE = {
    # may                      guest  user   organizer  admin
    Action.CREATE_ADMIN:      (_NONE, _NONE, _NONE,     _ALL),
    Action.CREATE_ORGANIZER:  (_NONE, _NONE, _NONE,     _ALL),
    Action.CREATE_EVENT:      (_NONE, _NONE, _ALL,      _ALL),
    Action.CHANGE_EVENT:      (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_PRIVATE_EVENT: (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_EVENT_FIGURES: (_NONE, _NONE, _OWN,      _ALL),
    Action.MANAGE_CATEGORIES: (_NONE, _NONE, _NONE,     _ALL),
    Action.PURCHASE_TICKETS:  (_ALL,  _ALL,  _NONE,     _NONE),
    Action.SELL_TICKETS:      (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_ORDER:         (_NONE, _OWN,  _OWN,      _ALL),
    Action.CANCEL_ORDER:      (_NONE, _OWN,  _OWN,      _ALL),
    Action.CHANGE_ORDER:      (_NONE, _OWN,  _OWN,      _NONE),
    Action.SEE_ATTENDEES:     (_NONE, _NONE, _OWN,      _ALL),
    Action.CHECK_IN:          (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_EVENT_ORDERS:  (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_SALES_REPORTS: (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_AUDIT_TRAIL:   (_NONE, _NONE, _OWN,      _ALL),
    Action.CHANGE_ACCOUNT:    (_NONE, _OWN,  _OWN,      _OWN),
    Action.MANAGE_ACCOUNTS:   (_NONE, _NONE, _NONE,     _ALL),
    Action.MANAGE_API_KEYS:   (_NONE, _NONE, _OWN,      _OWN),
}  # fmt: skip

POLICY: Final[dict[Action, dict[Role | None, PermissionScope]]] = {
    action: dict(zip(_COLUMNS, scopes, strict=True)) for action, scopes in _TABLE.items()
}


def scope_of(actor: Actor | None, action: Action) -> PermissionScope:
    """Return the extent of an actor's permission."""
    return POLICY[action][actor.role if actor else None]


def may(actor: Actor | None, action: Action, *, owners: Collection[UserId]) -> bool:
    """Return whether an actor may do this to a thing that these accounts own."""
    scope = scope_of(actor, action)
    return scope is PermissionScope.ALL or (
        scope is PermissionScope.OWN and actor is not None and actor.id in owners
    )


def require(actor: Actor | None, action: Action) -> Actor:
    """Check that an actor may do this to anything at all, and return the actor.

    Raises:
        NotSignedIn: the actor is a guest, and the action needs an account.
        NotAllowed: nobody of this role may do this.
    """
    if actor is None:
        raise NotSignedIn
    if scope_of(actor, action) is PermissionScope.NONE:
        raise NotAllowed(action)
    return actor
