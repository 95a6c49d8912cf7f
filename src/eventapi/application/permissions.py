"""Checking permissions apart from the use cases, which check them as well.

A request that is refused for its content never reaches its use case. These checks
run first then, so that whoever may not do a thing learns nothing of its content.
"""

from dataclasses import dataclass

from eventapi.application.access import require_organizer
from eventapi.application.categories import get_category
from eventapi.application.event_parts import session_of, ticket_type_of
from eventapi.application.orders import check_secret
from eventapi.application.ports.accounts import ApiKeyQueries, UserQueries
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.purchases import is_box_office
from eventapi.domain import policy
from eventapi.domain.errors import (
    ApiKeyNotFound,
    NotAllowed,
    OrderNotFound,
    TicketNotFound,
    UserNotFound,
)
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import ApiKeyId, EventId, OrderId, TicketId, TicketTypeId, UserId


@dataclass(frozen=True, slots=True)
class CheckPermission:
    """Check whether an actor may do something, and whether the thing exists."""

    events: EventQueries
    orders: OrderQueries
    tokens: OrderAccessTokens
    categories: CategoryQueries
    users: UserQueries
    api_keys: ApiKeyQueries

    def role(self, actor: Actor | None, action: Action) -> None:
        """Check that the role of an actor allows an action.

        Raises:
            NotSignedIn, NotAllowed: it does not.
        """
        policy.require(actor, action)

    def event(
        self,
        actor: Actor | None,
        action: Action,
        event_id: EventId,
        *,
        ticket_type_id: TicketTypeId | None = None,
        session_id: int | None = None,
    ) -> None:
        """Check that an actor may do something with an event, or with a part of it.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
            TicketTypeNotFound, SessionNotFound: the event has no such part.
        """
        event = require_organizer(actor, event_id, self.events, action)
        if ticket_type_id is not None:
            ticket_type_of(event, ticket_type_id)
        if session_id is not None:
            session_of(event, session_id)

    def sale(self, actor: Actor | None, event_id: EventId, *, names_buyer: bool) -> None:
        """Check that an actor may sell tickets of an event, unless they buy for themselves.

        Args:
            actor: None for a guest, who names a buyer.
            event_id: the event.
            names_buyer: whether the request names a buyer: a user may not.

        Raises:
            NotAllowed, EventNotFound: as `require_organizer`.
        """
        if actor is None:
            return
        if is_box_office(actor):
            require_organizer(actor, event_id, self.events, Action.SELL_TICKETS)
        elif names_buyer:
            raise NotAllowed(Action.SELL_TICKETS)

    def order(
        self,
        actor: Actor | None,
        action: Action,
        order_id: OrderId,
        *,
        secret: str | None,
        ticket_id: TicketId | None = None,
    ) -> None:
        """Check that an actor may do something with an order, or with a ticket of it.

        Raises:
            NotSignedIn: a guest sent no secret.
            NotAllowed: the actor may only see the order.
            OrderNotFound: there is none that the actor may see.
            TicketNotFound: the order has no such ticket.
        """
        has_secret = check_secret(actor, order_id, secret, self.tokens)
        if not has_secret:
            policy.require(actor, action)
        record = self.orders.get(order_id)
        if record is None:
            raise OrderNotFound(order_id)
        owners = record.buyers if action is Action.CHANGE_ORDER else record.owners
        if not has_secret and not policy.may(actor, action, owners=owners):
            if policy.may(actor, Action.SEE_ORDER, owners=record.owners):
                raise NotAllowed(action)
            raise OrderNotFound(order_id)
        if ticket_id is not None and all(one.id != ticket_id for one in record.order.tickets):
            raise TicketNotFound(ticket_id)

    def category(self, actor: Actor | None, slug: str) -> None:
        """Check that an actor may manage a category.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            CategoryNotFound: there is no such category.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        get_category(slug, self.categories)

    def account(self, actor: Actor | None, user_id: UserId) -> None:
        """Check that an actor may manage an account.

        Raises:
            NotSignedIn, NotAllowed: the actor is not an admin.
            UserNotFound: there is no such account.
        """
        policy.require(actor, Action.MANAGE_ACCOUNTS)
        if self.users.get(user_id) is None:
            raise UserNotFound(user_id)

    def api_key(self, actor: Actor | None, key_id: ApiKeyId) -> None:
        """Check that an actor may manage an API key.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            ApiKeyNotFound: the actor has no such key.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        if all(key.id != key_id for key in self.api_keys.of_owner(owner.id)):
            raise ApiKeyNotFound(key_id)
