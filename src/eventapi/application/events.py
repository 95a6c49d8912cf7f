"""Events: announcing, changing and ending them."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.forms import EventForm
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.storage import StorageUnavailable, UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import EventView
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import EventNotFound, InvalidValues, NotAllowed
from eventapi.domain.event import Event
from eventapi.domain.event_details import Visibility
from eventapi.domain.order import Identities
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import CategoryId, EventId, Slug

log = logging.getLogger(__name__)

Versions = Collection[int] | None
"""The versions of an event that somebody goes by; None overwrites any."""


class CreateEvent:
    """Announce a new event."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        events: EventQueries,
        clock: Clock,
        identities: Identities,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._events = events
        self._clock = clock
        self._identities = identities

    def __call__(self, actor: Actor | None, form: EventForm) -> EventView:
        """Make the event, which then belongs to the actor.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins create events.
            InvalidValues: something said of it can't be.
            AccountDeleted: the actor's account no longer exists.
        """
        organizer = policy.require(actor, Action.CREATE_EVENT)
        with self._unit_of_work() as work:
            event = schedule_event(
                form,
                organizer=organizer,
                work=work,
                category=category_named(form.category, work),
                clock=self._clock,
                identities=self._identities,
            )
            done = AuditEntry.by(
                actor, AuditAction.EVENT_CREATED, self._clock.now(), event=event.id
            )
            work.audit.record(done)
            work.commit()
        return shown(self._events, event.id)


class EventEditor:
    """What all who change an event have in common."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, events: EventQueries, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._events = events
        self._clock = clock

    def edit(
        self,
        actor: Actor | None,
        event_id: EventId,
        versions: Versions,
        change: Callable[[Event, UnitOfWork], object],
        deed: AuditAction = AuditAction.EVENT_CHANGED,
    ) -> EventView:
        """Load an event, make sure that the actor may change it as they know it, and change it."""
        with self._unit_of_work() as work:
            event = event_to_change(actor, event_id, work)
            event.check_version(versions)
            change(event, work)
            work.events.save(event)
            # There may be more places now than before.
            now = self._clock.now()
            promote_waitlist(event, work, now=now)
            work.audit.record(AuditEntry.by(actor, deed, now, event=event_id))
            work.commit()
        return shown(self._events, event_id)


class ChangeEvent(EventEditor):
    """Say something else of an event."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        events: EventQueries,
        clock: Clock,
        identities: Identities,
    ) -> None:
        super().__init__(unit_of_work, events, clock)
        self._identities = identities

    def replace(
        self, actor: Actor | None, event_id: EventId, form: EventForm, *, versions: Versions
    ) -> EventView:
        """Say everything anew: what the form leaves out is as it is for a new event.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            VersionConflict: it was changed since the actor saw it.
            InvalidValues: something said of it can't be.
            EventCancelled, CapacityBelowSold, TicketTypeInUse:
                see :meth:`eventapi.domain.event.Event.update`.
        """
        return self.edit(
            actor, event_id, versions, lambda event, work: self._update(event, form, work)
        )

    def patch(
        self,
        actor: Actor | None,
        event_id: EventId,
        changes: Mapping[str, Any],
        *,
        versions: Versions,
    ) -> EventView:
        """Say something anew: what is not named stays, null clears (RFC 7396).

        Raises:
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled, CapacityBelowSold, TicketTypeInUse: see :meth:`replace`.
        """

        def change(event: Event, work: UnitOfWork) -> None:
            # Where the category stays, it need not be looked up by its slug.
            form = EventForm.of(event, category=None).merge_patch(changes)
            stays = "category" not in changes
            self._update(event, form, work, event.details.category if stays else None)

        return self.edit(actor, event_id, versions, change)

    def _update(
        self,
        event: Event,
        form: EventForm,
        work: UnitOfWork,
        category: CategoryId | None = None,
    ) -> None:
        named = category_named(form.category, work)
        if named is not None:
            category = named.id
        details = form.details(
            category=category,
            sessions=event.details.sessions,
            new_access_code=self._identities.access_code,
        )
        types = form.read_ticket_types(event, work.events.next_ticket_type_id)
        with rename_date_errors(form):
            event.update(details, types, now=self._clock.now())


class CancelEvent(EventEditor):
    """Call an event off."""

    def __call__(self, actor: Actor | None, event_id: EventId) -> EventView:
        """Cancel the event and all its orders; their history stays. Once is enough.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            EventEnded: it has taken place.
        """

        def change(event: Event, work: UnitOfWork) -> None:
            if event.cancel(now=self._clock.now()):
                work.orders.cancel_all(event.id)

        return self.edit(actor, event_id, None, change, AuditAction.EVENT_CANCELLED)


class DeleteEvent:
    """Delete an event as if it had never been announced."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, images: ImageStore, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._images = images
        self._clock = clock

    def __call__(self, actor: Actor | None, event_id: EventId, *, versions: Versions) -> None:
        """Delete the event, if nothing was ever sold of it.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            VersionConflict: it was changed since the actor saw it.
            EventHasOrders: it was sold: it can be cancelled instead.
        """
        with self._unit_of_work() as work:
            event = event_to_change(actor, event_id, work)
            event.check_version(versions)
            event.check_deletable(has_orders=work.orders.has_any(event_id))
            work.events.remove(event)
            now = self._clock.now()
            work.audit.record(AuditEntry.by(actor, AuditAction.EVENT_DELETED, now, event=event_id))
            work.commit()
        delete_image(self._images, event.image)


def event_to_change(
    actor: Actor | None,
    event_id: EventId,
    work: UnitOfWork,
    action: Action = Action.CHANGE_EVENT,
) -> Event:
    """Load an event for somebody who wants to change it, or to do something else at it.

    Raises:
        NotSignedIn: a guest does nothing of this.
        NotAllowed: no one of this role may, or the event is somebody else's.
        EventNotFound: there is none that the actor may know of.
    """
    editor = policy.require(actor, action)
    event = work.events.get_for_update(event_id).get(event_id)
    if event is None:
        raise EventNotFound(event_id)
    owners = (event.organizer_id,)
    if not policy.may(editor, action, owners=owners):
        if event.details.visibility is Visibility.PRIVATE:
            raise EventNotFound(event_id)
        raise NotAllowed(action)
    return event


def schedule_event(
    form: EventForm,
    *,
    organizer: Actor,
    work: UnitOfWork,
    category: Category | None,
    clock: Clock,
    identities: Identities,
    reference: str | None = None,
) -> Event:
    """Make a new event of a form, and keep it in a unit of work.

    Raises:
        InvalidValues: something said in the form can't be.
    """
    with rename_date_errors(form):
        event = Event.schedule(
            id=work.events.next_id(),
            organizer_id=organizer.id,
            details=form.details(
                category=category.id if category else None,
                new_access_code=identities.access_code,
            ),
            ticket_types=form.read_ticket_types(None, work.events.next_ticket_type_id),
            reference=reference,
            now=clock.now(),
        )
    work.events.add(event)
    return event


def category_named(slug: str | None, work: UnitOfWork) -> Category | None:
    """Find the category that a form names, if it names any.

    Raises:
        InvalidValues: there is none of this slug.
    """
    if slug is None:
        return None
    try:
        category = work.categories.by_slug(Slug(slug))
    except InvalidValues:
        category = None
    if category is None:
        raise InvalidValues({"category": "There is no such category."})
    return category


@contextmanager
def rename_date_errors(form: EventForm) -> Iterator[None]:
    """Name what is wrong with the start after the date, where the form gives only that."""
    try:
        yield
    except InvalidValues as error:
        if form.date is None or "start_time" not in error.problems:
            raise
        raise InvalidValues({"date": error.problems["start_time"]}) from error


def shown(events: EventQueries, event_id: EventId) -> EventView:
    """Give the view of an event that was just written.

    Raises:
        EventNotFound: somebody deleted it in the same moment.
    """
    view = events.get(event_id)
    if view is None:
        raise EventNotFound(event_id)
    return view


def delete_image(images: ImageStore, key: str | None) -> None:
    """Forget a picture that nothing shows any more.

    Where the store can't do it now, the picture stays: it takes some room, and
    nobody is led to it.
    """
    if key is None:
        return
    try:
        images.delete(key)
    except StorageUnavailable as error:
        log.warning("the picture %s was left in its store: %s", key, error.reason)
