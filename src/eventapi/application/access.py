"""Who may know of an event, and of what only its organizer and admins see of it."""

from collections.abc import Callable

from eventapi.application.views import EventView
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound, NotAllowed
from eventapi.domain.event import Event
from eventapi.domain.event_details import Visibility
from eventapi.domain.policy import Action, Actor, Scope
from eventapi.domain.values import AccessCode, EventId, UserId


def is_invited(
    actor: Actor | None,
    code: AccessCode | None,
    brought: str | None,
    *,
    holds_ticket: Callable[[UserId], bool],
) -> bool:
    """Tell whether somebody may see a private event by its access code or a ticket.

    Args:
        actor: who wants to see it.
        code: the event's.
        brought: the code that the actor brought.
        holds_ticket: asked last, since it costs a look.
    """
    if actor is None or policy.scope_of(actor, Action.USE_INVITATION) is Scope.NONE:
        return False
    return (code is not None and code.opens_for(brought)) or holds_ticket(actor.id)


def can_see(
    actor: Actor | None,
    event: Event,
    brought: str | None,
    *,
    holds_ticket: Callable[[UserId], bool],
) -> bool:
    """Tell whether somebody may know of an event: of all but private ones everybody may."""
    if event.details.visibility is not Visibility.PRIVATE:
        return True
    if policy.may(actor, Action.SEE_PRIVATE_EVENT, owners=(event.organizer_id,)):
        return True
    return is_invited(actor, event.details.access_code, brought, holds_ticket=holds_ticket)


def require_organizer(
    reader: Actor, event: EventView | None, event_id: EventId, action: Action
) -> EventView:
    """Make sure that somebody may see what only an event's organizer and admins see of it.

    Raises:
        NotAllowed: it is somebody else's event.
        EventNotFound: there is none that the reader may know of.
    """
    if event is None:
        raise EventNotFound(event_id)
    if not policy.may(reader, action, owners=(UserId(event.organizer.id),)):
        if event.visibility == Visibility.PRIVATE:
            raise EventNotFound(event_id)
        raise NotAllowed(action)
    return event
