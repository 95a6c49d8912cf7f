"""Creating, changing, cancelling and deleting events."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from eventapi.application.access import check_organizer
from eventapi.application.categories import find_category
from eventapi.application.forms import EventForm
from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    RequestKey,
    accept_once,
    account_owner,
    find_answer,
    key_of,
    store_answer,
)
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.storage import (
    StorageUnavailable,
    UnitOfWork,
    UnitOfWorkFactory,
)
from eventapi.application.ports.system import Clock
from eventapi.application.views import AccountRef, CategoryView, EventView
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import EventNotFound, InvalidValues
from eventapi.domain.event import Event, check_upcoming
from eventapi.domain.order import Identities
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import CategoryId, EventId

log = logging.getLogger(__name__)

Result = TypeVar("Result")

Versions = Collection[int] | None
"""The versions of an event that an editor has seen; None overwrites any version."""


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """Create an event."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    identities: Identities

    def __call__(
        self, actor: Actor | None, form: EventForm, *, request: KeyedRequest | None = None
    ) -> Accepted[EventView]:
        """Create an event that belongs to the actor.

        Args:
            actor: its organizer.
            form: its details.
            request: is accepted once.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
            NotSignedIn, NotAllowed: only organizers and admins create events.
            InvalidValues: fields are not acceptable; it has the faults of all.
            AccountDeleted: the actor's account no longer exists.
            ReferenceTaken: another event of the actor has the reference.
        """
        organizer = policy.require(actor, Action.CREATE_EVENT)
        key = key_of(request, account_owner(organizer.id))
        return accept_once(lambda: self._create(organizer, form, key))

    def _create(
        self, organizer: Actor, form: EventForm, key: RequestKey | None
    ) -> Accepted[EventView]:
        with self.unit_of_work(organizer) as work:
            if accepted := find_answer(key, EventView, work):
                return accepted
            category: Category | None = None

            def find(slug: str | None) -> Category | None:
                nonlocal category
                category = find_category(slug, work)
                return category

            event = schedule_event(
                form,
                organizer=organizer,
                work=work,
                find_category=find,
                clock=self.clock,
                identities=self.identities,
            )
            work.events.add(event)
            view = EventView.of(
                event,
                organizer=AccountRef(organizer.id, organizer.username),
                category=CategoryView.of(category) if category else None,
            )
            store_answer(key, view, event.created_at, work)
            work.commit()
        return Accepted(view)


@dataclass(frozen=True, slots=True)
class EventEditor:
    """Base of the use cases that change an event."""

    unit_of_work: UnitOfWorkFactory
    events: EventQueries
    clock: Clock

    def edit(
        self,
        actor: Actor | None,
        event_id: EventId,
        versions: Versions,
        change: Callable[[Event, UnitOfWork], Result],
    ) -> tuple[EventView, Result]:
        """Load an event, check the actor and the version, change it, and store it.

        Returns:
            The changed event, and what the change returned.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            VersionConflict: it was changed since the actor saw it.
        """
        with self.unit_of_work(actor) as work:
            event = load_own_event(actor, event_id, work)
            event.check_version(versions)
            result = change(event, work)
            work.events.save(event)
            # There may be more places now than before.
            promote_waitlist(event, work, now=self.clock.now())
            work.commit()
        return get_view(self.events, event_id), result


@dataclass(frozen=True, slots=True)
class ChangeEvent(EventEditor):
    """Replace or patch the details of an event."""

    identities: Identities

    def replace(
        self, actor: Actor | None, event_id: EventId, form: EventForm, *, versions: Versions
    ) -> EventView:
        """Replace all fields; a field that is missing gets its default.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict: as `edit`.
            InvalidValues: a field is not acceptable.
            EventCancelled, CapacityBelowSold, TicketTypeInUse: as `Event.update`.
            ReferenceTaken: another event of the organizer has the reference.
        """
        view, _ = self.edit(
            actor, event_id, versions, lambda event, work: self._update(event, form, work)
        )
        return view

    def patch(
        self,
        actor: Actor | None,
        event_id: EventId,
        changes: Mapping[str, Any],
        *,
        versions: Versions,
    ) -> EventView:
        """Apply a JSON merge patch (RFC 7396): a missing field stays, null resets it.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled, CapacityBelowSold, TicketTypeInUse: as `replace`.
        """

        def change(event: Event, work: UnitOfWork) -> None:
            # An unchanged category need not be looked up by its slug.
            form = EventForm.of(event, category=None).merge_patch(changes)
            keeps_category = "category" not in changes
            self._update(event, form, work, event.details.category if keeps_category else None)

        view, _ = self.edit(actor, event_id, versions, change)
        return view

    def _update(
        self,
        event: Event,
        form: EventForm,
        work: UnitOfWork,
        category: CategoryId | None = None,
    ) -> None:
        faults, now = form.faults(), self.clock.now()
        named = faults.check(find_category, form.category, work)
        with rename_date_errors(form):
            details = faults.build(
                form.details,
                category=faults.check(_id_of, named) or category,
                sessions=event.details.sessions,
                new_access_code=self.identities.access_code,
            )
            ticket_types = faults.build(
                form.parse_ticket_types, event, work.events.next_ticket_type_id
            )
            faults.check(event.check_moved, faults.build(form.period), now)
            faults.raise_any()
        event.update(details, event.with_sales(ticket_types), now=now)


@dataclass(frozen=True, slots=True)
class CancelEvent(EventEditor):
    """Cancel an event."""

    def __call__(self, actor: Actor | None, event_id: EventId) -> EventView:
        """Cancel the event and all its orders, whose history stays (idempotent).

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            EventEnded: it has taken place.
        """

        def change(event: Event, work: UnitOfWork) -> None:
            if event.cancel(now=self.clock.now()):
                work.orders.cancel_all(event.id)

        view, _ = self.edit(actor, event_id, None, change)
        return view


@dataclass(frozen=True, slots=True)
class DeleteEvent:
    """Delete an event that never had orders."""

    unit_of_work: UnitOfWorkFactory
    images: ImageStore
    clock: Clock

    def __call__(self, actor: Actor | None, event_id: EventId, *, versions: Versions) -> None:
        """Delete the event.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            VersionConflict: it was changed since the actor saw it.
            EventHasOrders: it can only be cancelled.
        """
        with self.unit_of_work(actor) as work:
            event = load_own_event(actor, event_id, work)
            event.check_version(versions)
            event.delete(has_orders=work.orders.has_any(event_id), now=self.clock.now())
            work.events.remove(event)
            work.commit()
        delete_image(self.images, event.image)


def load_own_event(
    actor: Actor | None,
    event_id: EventId,
    work: UnitOfWork,
    action: Action = Action.CHANGE_EVENT,
) -> Event:
    """Load an event for update, for an actor who may do something with it.

    Raises:
        NotSignedIn: the actor is a guest.
        NotAllowed: nobody of this role may, or the event belongs to somebody else.
        EventNotFound: there is none that the actor may see.
    """
    editor = policy.require(actor, action)
    event = work.events.get_for_update(event_id).get(event_id)
    if event is None:
        raise EventNotFound(event_id)
    check_organizer(
        editor,
        action,
        event_id,
        organizer=event.organizer_id,
        visibility=event.details.visibility,
    )
    return event


def schedule_event(
    form: EventForm,
    *,
    organizer: Actor,
    work: UnitOfWork,
    find_category: Callable[[str | None], Category | None],
    clock: Clock,
    identities: Identities,
) -> Event:
    """Return a new event from a form, which the caller adds to the unit of work.

    Raises:
        InvalidValues: a field is not acceptable.
    """
    faults, now = form.faults(), clock.now()
    with rename_date_errors(form):
        details = faults.build(
            form.details,
            category=faults.check(_id_of, faults.check(find_category, form.category)),
            new_access_code=identities.access_code,
        )
        ticket_types = faults.build(form.parse_ticket_types, None, work.events.next_ticket_type_id)
        faults.check(check_upcoming, faults.build(form.period), now)
        faults.raise_any()
    return Event.schedule(
        id=work.events.next_id(),
        organizer_id=organizer.id,
        details=details,
        ticket_types=ticket_types,
        now=now,
    )


def _id_of(category: Category | None) -> CategoryId | None:
    return None if category is None else category.id


@contextmanager
def rename_date_errors(form: EventForm) -> Iterator[None]:
    """Report an error of the start time for the date, if the form has only a date."""
    try:
        yield
    except InvalidValues as error:
        if form.date is None or "start_time" not in error.problems:
            raise
        problems = dict(error.problems)
        raise InvalidValues({"date": problems.pop("start_time"), **problems}) from error


def get_view(events: EventQueries, event_id: EventId) -> EventView:
    """Return the view of an event that was just stored.

    Raises:
        EventNotFound: it was deleted at the same moment.
    """
    view = events.get(event_id)
    if view is None:
        raise EventNotFound(event_id)
    return view


def delete_image(images: ImageStore, key: str | None) -> None:
    """Delete an image that no event refers to any more.

    If the store is away, the image is left behind: it only takes space.
    """
    if key is None:
        return
    try:
        images.delete(key)
    except StorageUnavailable as error:
        log.warning("the unused image %s could not be deleted: %s", key, error.reason)
