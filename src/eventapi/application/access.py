"""Access to events: who may see one, and who may act as its organizer."""

from collections.abc import Callable

from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.storage import UnitOfWork
from eventapi.application.views import EventView
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound, NotAllowed
from eventapi.domain.event import Event
from eventapi.domain.event_details import Visibility
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.values import AccessCode, EventId, UserId


def is_invited(
    actor: Actor | None,
    code: AccessCode | None,
    given: str | None,
    *,
    holds_ticket: Callable[[UserId], bool],
) -> bool:
    """Return whether an actor may see a private event by its access code or a ticket.

    Args:
        actor: None for a guest.
        code: the access code of the event.
        given: the access code that the actor sent.
        holds_ticket: called last, because it costs a query.
    """
    if actor is None or policy.scope_of(actor, Action.USE_INVITATION) is PermissionScope.NONE:
        return False
    return (code is not None and code.opens_for(given)) or holds_ticket(actor.id)


def check_visible(
    actor: Actor | None, event: Event | None, event_id: EventId, code: str | None, work: UnitOfWork
) -> Event:
    """Return an event that was loaded in a unit of work, if the actor may see it.

    Everybody sees all events but private ones.

    Raises:
        EventNotFound: there is none, or the actor may not see it.
    """
    if event is None or not can_see(
        actor, event, code, holds_ticket=lambda user: work.orders.holds_ticket(user, event_id)
    ):
        raise EventNotFound(event_id)
    return event


def can_see(
    actor: Actor | None,
    event: Event,
    given: str | None,
    *,
    holds_ticket: Callable[[UserId], bool],
) -> bool:
    """Return whether an actor may see an event."""
    if event.details.visibility is not Visibility.PRIVATE:
        return True
    if policy.may(actor, Action.SEE_PRIVATE_EVENT, owners=(event.organizer_id,)):
        return True
    return is_invited(actor, event.details.access_code, given, holds_ticket=holds_ticket)


def require_organizer(
    actor: Actor | None, event_id: EventId, events: EventQueries, action: Action
) -> EventView:
    """Return an event to its organizer or an admin, who may do this to it.

    Raises:
        NotSignedIn: the actor is a guest.
        NotAllowed: the event belongs to somebody else.
        EventNotFound: there is none that the actor may see.
    """
    reader = policy.require(actor, action)
    event = events.get(event_id)
    if event is None:
        raise EventNotFound(event_id)
    if not policy.may(reader, action, owners=(UserId(event.organizer.id),)):
        if event.visibility == Visibility.PRIVATE:
            raise EventNotFound(event_id)
        raise NotAllowed(action)
    return event
