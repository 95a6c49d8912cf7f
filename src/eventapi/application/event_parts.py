"""The parts of an event that change one by one: ticket types, agenda sessions, the image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import uuid4

from eventapi.application.events import EventEditor, Versions, delete_image, load_own_event
from eventapi.application.forms import SessionForm, TicketTypeForm
from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    account_owner,
    find_answer,
    key_of,
    store_answer,
)
from eventapi.application.ports.media import ImageInspector, ImageStore
from eventapi.application.ports.storage import UnitOfWork
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.views import EventView, SessionView, TicketTypeView
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain.errors import SessionNotFound, TicketTypeNotFound
from eventapi.domain.event import Event
from eventapi.domain.event_details import AgendaSession, next_session_id
from eventapi.domain.faults import Faults
from eventapi.domain.policy import Actor
from eventapi.domain.ticket_type import TicketType
from eventapi.domain.values import EventId, TicketTypeId

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class AddedPart(Generic[Part]):
    """A part that was added to an event, and the version that the event has with it."""

    part: Part
    version: int


@dataclass(frozen=True, slots=True)
class PartEditor(EventEditor):
    """Base of the use cases that change the parts of an event one by one."""

    def add_part(
        self,
        actor: Actor | None,
        event_id: EventId,
        request: KeyedRequest | None,
        answer: type[AddedPart[Part]],
        add: Callable[[Event, UnitOfWork], Part],
    ) -> Accepted[AddedPart[Part]]:
        """Add a part to an event, once for each idempotency key.

        Args:
            actor: the organizer or an admin.
            event_id: the event.
            request: is accepted once.
            answer: the type of the answer.
            add: adds the part, and returns its view.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            IdempotencyKeyReused: the key was used for another request.
        """
        with self.unit_of_work(actor) as work:
            event = load_own_event(actor, event_id, work)
            key = key_of(request, account_owner(actor.id)) if actor else None
            if accepted := find_answer(key, answer, work):
                return accepted
            added = AddedPart(add(event, work), event.version)
            work.events.save(event)
            # There may be more places now than before.
            now = self.clock.now()
            promote_waitlist(event, work, now=now)
            store_answer(key, added, now, work)
            work.commit()
        return Accepted(added)


@dataclass(frozen=True, slots=True)
class ChangeTicketTypes(PartEditor):
    """Add, update and delete single ticket types of an event."""

    def add(
        self,
        actor: Actor | None,
        event_id: EventId,
        form: TicketTypeForm,
        *,
        position: int | None,
        request: KeyedRequest | None = None,
    ) -> Accepted[AddedPart[TicketTypeView]]:
        """Add a ticket type at a position from 1, or at the end.

        Raises:
            IdempotencyKeyReused: as `add_part`.
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            InvalidValues, EventCancelled: as `Event.update`.
        """

        def add(event: Event, work: UnitOfWork) -> TicketTypeView:
            faults = Faults()
            details = faults.build(form.details)
            faults.note(position)
            faults.raise_any()
            new = TicketType(id=work.events.next_ticket_type_id(), details=details)
            types = _at_position(event.ticket_types, new, position)
            event.update(event.details, types, now=self.clock.now())
            return TicketTypeView.of(new)

        return self.add_part(actor, event_id, request, AddedPart[TicketTypeView], add)

    def update(
        self,
        actor: Actor | None,
        event_id: EventId,
        id: TicketTypeId,
        changes: Mapping[str, Any],
        *,
        position: int | None,
        versions: Versions,
    ) -> tuple[EventView, TicketTypeView]:
        """Apply a JSON merge patch (RFC 7396) to a ticket type, and move it to a position.

        Raises:
            TicketTypeNotFound: the event has no such type.
            CapacityBelowSold: more tickets are sold than its new quantity.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled: as `ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            form = TicketTypeForm.of(event.ticket_type(id)).merge_patch(changes)
            faults = Faults()
            details = faults.build(form.details)
            faults.note(position)
            faults.raise_any()
            updated = event.updated_ticket_type(id, details)
            types = _at_position(event.ticket_types, updated, position)
            event.update(event.details, types, now=self.clock.now())

        view, _ = self.edit(actor, event_id, versions, change)
        return view, ticket_type_of(view, id)

    def delete(
        self, actor: Actor | None, event_id: EventId, id: TicketTypeId, *, versions: Versions
    ) -> EventView:
        """Delete a ticket type without sold tickets.

        Raises:
            TicketTypeNotFound: the event has no such type.
            TicketTypeInUse: tickets of it were sold.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, EventCancelled:
                as `ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            event.ticket_type(id)
            types = [type_ for type_ in event.ticket_types if type_.id != id]
            event.update(event.details, types, now=self.clock.now())

        view, _ = self.edit(actor, event_id, versions, change)
        return view


@dataclass(frozen=True, slots=True)
class ChangeSessions(PartEditor):
    """Add, update and delete single sessions of an event's agenda."""

    def add(
        self,
        actor: Actor | None,
        event_id: EventId,
        form: SessionForm,
        *,
        request: KeyedRequest | None = None,
    ) -> Accepted[AddedPart[SessionView]]:
        """Add a session.

        Raises:
            IdempotencyKeyReused: as `add_part`.
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            InvalidValues: a field is not acceptable, or the session is not within the
                event's period.
            EventCancelled: a cancelled event does not change.
        """

        def add(event: Event, _work: UnitOfWork) -> SessionView:
            sessions = event.details.sessions
            new = form.session(next_session_id(sessions)(), within=event.details.period)
            self._set(event, [*sessions, new])
            return SessionView.of(new)

        return self.add_part(actor, event_id, request, AddedPart[SessionView], add)

    def update(
        self,
        actor: Actor | None,
        event_id: EventId,
        id: int,
        changes: Mapping[str, Any],
        *,
        versions: Versions,
    ) -> tuple[EventView, SessionView]:
        """Apply a JSON merge patch (RFC 7396) to a session.

        Raises:
            SessionNotFound: the agenda has no such session.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled: as `ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            present = {session.id: session for session in event.details.sessions}
            if id not in present:
                raise SessionNotFound(id)
            form = SessionForm.of(present[id]).merge_patch(changes)
            present[id] = form.session(id, within=event.details.period)
            self._set(event, list(present.values()))

        view, _ = self.edit(actor, event_id, versions, change)
        return view, session_of(view, id)

    def delete(
        self, actor: Actor | None, event_id: EventId, id: int, *, versions: Versions
    ) -> EventView:
        """Delete a session.

        Raises:
            SessionNotFound: the agenda has no such session.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, EventCancelled:
                as `ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            left = [session for session in event.details.sessions if session.id != id]
            if len(left) == len(event.details.sessions):
                raise SessionNotFound(id)
            self._set(event, left)

        view, _ = self.edit(actor, event_id, versions, change)
        return view

    def _set(self, event: Event, sessions: list[AgendaSession]) -> None:
        details = replace(event.details, sessions=sessions)
        event.update(details, event.ticket_types, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class ChangeImage(EventEditor):
    """Set or delete the image of an event."""

    images: ImageStore
    inspector: ImageInspector

    def put(
        self,
        actor: Actor | None,
        event_id: EventId,
        content: bytes,
        *,
        seen: Precondition[Event] = unconditional,
    ) -> EventView:
        """Set the image, in place of a previous one.

        Raises:
            VersionConflict: the event was changed since the actor saw it.
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            UnsuitableImage: it is not an image that every browser shows.
            EventCancelled: a cancelled event does not change.
            StorageUnavailable: it can't be stored.
        """
        with self.unit_of_work() as work:
            event = load_own_event(actor, event_id, work)  # before the content costs any work
            check_seen(seen, event)
        media_type = self.inspector.media_type(content)
        # Each image has a key of its own, so caches may keep it for ever, and deleting the
        # previous one never hits an image that is in use.
        key = f"events/{event_id}/{uuid4().hex}.{media_type.removeprefix('image/')}"
        self.images.put(key, content, media_type)
        return self._set(actor, event_id, key, seen)

    def delete(
        self,
        actor: Actor | None,
        event_id: EventId,
        *,
        seen: Precondition[Event] = unconditional,
    ) -> EventView:
        """Delete the image, if there is one.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, EventCancelled:
                as `put`.
        """
        return self._set(actor, event_id, None, seen)

    def _set(
        self,
        actor: Actor | None,
        event_id: EventId,
        key: str | None,
        seen: Precondition[Event],
    ) -> EventView:
        def change(event: Event, _work: UnitOfWork) -> str | None:
            check_seen(seen, event)
            previous = event.image
            event.set_image(key, now=self.clock.now())
            return previous

        view, previous = self.edit(actor, event_id, None, change)
        delete_image(self.images, previous if previous != key else None)
        return view


def ticket_type_of(event: EventView, id: TicketTypeId) -> TicketTypeView:
    """Return the view of one ticket type.

    Raises:
        TicketTypeNotFound: the event has no such type.
    """
    for ticket_type in event.ticket_types:
        if ticket_type.id == id:
            return ticket_type
    raise TicketTypeNotFound(id)


def session_of(event: EventView, id: int) -> SessionView:
    """Return the view of one session.

    Raises:
        SessionNotFound: the agenda has no such session.
    """
    for session in event.sessions:
        if session.id == id:
            return session
    raise SessionNotFound(id)


def _at_position(
    types: Sequence[TicketType], ticket_type: TicketType, position: int | None
) -> list[TicketType]:
    """Place a type among others at a position from 1; without one, where it was, or last."""
    ids = [other.id for other in types]
    if position is None:
        position = ids.index(ticket_type.id) + 1 if ticket_type.id in ids else len(ids) + 1
    others = [other for other in types if other.id != ticket_type.id]
    return [*others[: position - 1], ticket_type, *others[position - 1 :]]
