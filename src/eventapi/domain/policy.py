"""Who may do what: the role policy, as a table that can be read at a glance.

A use case asks :func:`require` before it does anything, or :func:`may` where
the answer decides what is shown.
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
    """A signed-in account that asks for something.

    A guest is no actor: where one may be meant, the type is ``Actor | None``.

    Attributes:
        key_id: of the API key by which a machine acts for the account.
    """

    id: UserId
    username: str
    role: Role
    key_id: ApiKeyId | None = None

    @classmethod
    def of(cls, user: User, *, key_id: ApiKeyId | None = None) -> Self:
        """Let somebody act as an account."""
        return cls(user.id, user.username.value, user.role, key_id)


class Action(StrEnum):
    """What can be done; the words complete "You may not …"."""

    CREATE_ADMIN = "register an admin"
    CREATE_EVENT = "create events"
    CHANGE_EVENT = "change this event"
    SEE_PRIVATE_EVENT = "see this event"
    USE_INVITATION = "see an event by its access code or a ticket"
    SEE_EVENT_FIGURES = "see what this event sold"
    MANAGE_CATEGORIES = "manage categories"
    PURCHASE_TICKETS = "purchase tickets"
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


class Scope(Enum):
    """To what an action extends."""

    NONE = "nothing"
    OWN = "what is the actor's own"
    ALL = "everything"


_NONE, _OWN, _ALL = Scope.NONE, Scope.OWN, Scope.ALL
_COLUMNS = (None, Role.USER, Role.ORGANIZER, Role.ADMIN)

# Own means, of an event: organized by the actor; of an order: bought by the
# actor, or for an event of the actor's; of a report: over the actor's events; of
# the audit trail: what was done to the actor's events.
# To change an event is also to cancel or delete it, and to change its ticket
# types, its sessions and its image. Public and unlisted events are seen by all.
# Anyone may register for an event that they may see. A guest sees and cancels an
# order by its secret, which stands above this table.
_TABLE = {
    # may                      guest  user   organizer  admin
    Action.CREATE_ADMIN:    (_NONE, _NONE, _NONE,     _ALL),
    Action.CREATE_EVENT:      (_NONE, _NONE, _ALL,      _ALL),
    Action.CHANGE_EVENT:      (_NONE, _NONE, _OWN,      _ALL),
    Action.SEE_PRIVATE_EVENT: (_NONE, _NONE, _OWN,      _ALL),
    Action.USE_INVITATION:    (_NONE, _ALL,  _NONE,     _NONE),
    Action.SEE_EVENT_FIGURES: (_NONE, _NONE, _OWN,      _ALL),
    Action.MANAGE_CATEGORIES: (_NONE, _NONE, _NONE,     _ALL),
    Action.PURCHASE_TICKETS:  (_NONE, _ALL,  _NONE,     _NONE),
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

POLICY: Final[dict[Action, dict[Role | None, Scope]]] = {
    action: dict(zip(_COLUMNS, scopes, strict=True)) for action, scopes in _TABLE.items()
}


def scope_of(actor: Actor | None, action: Action) -> Scope:
    """To what an action of this actor extends."""
    return POLICY[action][actor.role if actor else None]


def may(actor: Actor | None, action: Action, *, owners: Collection[UserId]) -> bool:
    """Whether an actor may do this to a thing that belongs to these accounts."""
    scope = scope_of(actor, action)
    return scope is Scope.ALL or (scope is Scope.OWN and actor is not None and actor.id in owners)


def require(actor: Actor | None, action: Action) -> Actor:
    """Make sure that an actor may do this to something at least.

    Returns:
        The actor, now known not to be a guest.

    Raises:
        NotSignedIn: a guest asks for what needs an account.
        NotAllowed: no one of this role may do this.
    """
    if actor is None:
        raise NotSignedIn
    if scope_of(actor, action) is Scope.NONE:
        raise NotAllowed(action)
    return actor
