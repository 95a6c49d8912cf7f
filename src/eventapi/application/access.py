"""Access to events: who may see one, and who may act as its organizer."""

from collections.abc import Callable

from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.storage import UnitOfWork
from eventapi.application.views import EventView
from eventapi.domain import policy
from eventapi.domain.errors import EventNotFound, NotAllowed
from eventapi.domain.event import Event
from eventapi.domain.event_details import Visibility
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import AccessCode, EventId, UserId


def check_visible(
    actor: Actor | None, event: Event | None, event_id: EventId, code: str | None, work: UnitOfWork
) -> Event:
    """Return an event that was loaded in a unit of work, if the actor may see it.

    Raises:
        EventNotFound: there is none, or the actor may not see it.
    """
    if event is None or not can_see(
        actor,
        organizer=event.organizer_id,
        visibility=event.details.visibility,
        access_code=event.details.access_code,
        given=code,
        holds_ticket=lambda user: work.orders.holds_ticket(user, event_id),
    ):
        raise EventNotFound(event_id)
    return event


def can_see(
    actor: Actor | None,
    *,
    organizer: UserId,
    visibility: str,
    access_code: AccessCode | None,
    given: str | None,
    holds_ticket: Callable[[UserId], bool],
) -> bool:
    """Return whether an actor may see an event: all but private ones are visible to everybody.

    Args:
        actor: None for a guest.
        organizer: of the event.
        visibility: of the event.
        access_code: of the event.
        given: the access code that the actor sent.
        holds_ticket: called last, because it costs a query.
    """
    if visibility != Visibility.PRIVATE:
        return True
    if policy.may(actor, Action.SEE_PRIVATE_EVENT, owners=(organizer,)):
        return True
    if access_code is not None and access_code.opens_for(given):
        return True
    return actor is not None and holds_ticket(actor.id)


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
    organizer = UserId(event.organizer.id)
    check_organizer(reader, action, event_id, organizer=organizer, visibility=event.visibility)
    return event


def check_organizer(
    actor: Actor, action: Action, event_id: EventId, *, organizer: UserId, visibility: str
) -> None:
    """Check that an actor may do something with an event as its organizer, or as an admin.

    Raises:
        NotAllowed: the event belongs to somebody else.
        EventNotFound: so does a private event, of which the actor may not know.
    """
    if not policy.may(actor, action, owners=(organizer,)):
        raise EventNotFound(event_id) if visibility == Visibility.PRIVATE else NotAllowed(action)
