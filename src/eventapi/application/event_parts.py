"""The parts of an event that are changed one by one: ticket types, sessions, the picture."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from eventapi.application.events import EventEditor, Versions, delete_image, event_to_change
from eventapi.application.forms import SessionForm, TicketTypeForm
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageInspector, ImageStore
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import EventView, SessionView, TicketTypeView
from eventapi.domain.errors import SessionNotFound, TicketTypeNotFound
from eventapi.domain.event import Event, next_session_id
from eventapi.domain.event_details import AgendaSession
from eventapi.domain.policy import Actor
from eventapi.domain.ticket_type import TicketType
from eventapi.domain.values import EventId, TicketTypeId


class ChangeTicketTypes(EventEditor):
    """Change the ticket types of an event one by one."""

    def add(
        self,
        actor: Actor | None,
        event_id: EventId,
        form: TicketTypeForm,
        *,
        position: int | None,
    ) -> tuple[EventView, TicketTypeView]:
        """Add a ticket type, at a position from 1, or as the last one.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            InvalidValues, EventCancelled: see :meth:`eventapi.domain.event.Event.update`.
        """
        new_id: list[TicketTypeId] = []

        def change(event: Event, work: UnitOfWork) -> None:
            new_id.append(work.events.next_ticket_type_id())
            new = TicketType(id=new_id[0], details=form.details())
            types = _placed(event.ticket_types, new, position)
            event.update(event.details, types, now=self._clock.now())

        view = self.edit(actor, event_id, None, change)
        return view, type_of(view, new_id[0])

    def change(
        self,
        actor: Actor | None,
        event_id: EventId,
        id: TicketTypeId,
        changes: Mapping[str, Any],
        *,
        position: int | None,
        versions: Versions,
    ) -> tuple[EventView, TicketTypeView]:
        """Say something else of a ticket type (RFC 7396), and move it where a position is given.

        Raises:
            TicketTypeNotFound: the event has no such type.
            CapacityBelowSold: more of it are sold.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled: see :meth:`ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            form = TicketTypeForm.of(event.ticket_type(id)).merge_patch(changes)
            revised = event.updated_ticket_type(id, form.details())
            types = _placed(event.ticket_types, revised, position)
            event.update(event.details, types, now=self._clock.now())

        view = self.edit(actor, event_id, versions, change)
        return view, type_of(view, id)

    def remove(
        self, actor: Actor | None, event_id: EventId, id: TicketTypeId, *, versions: Versions
    ) -> EventView:
        """Remove a ticket type of which nothing was sold.

        Raises:
            TicketTypeNotFound: the event has no such type.
            TicketTypeInUse: it was sold.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, EventCancelled:
                see :meth:`ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            event.ticket_type(id)
            types = [kind for kind in event.ticket_types if kind.id != id]
            event.update(event.details, types, now=self._clock.now())

        return self.edit(actor, event_id, versions, change)


class ChangeSessions(EventEditor):
    """Change the agenda of an event session by session."""

    def add(
        self, actor: Actor | None, event_id: EventId, form: SessionForm
    ) -> tuple[EventView, SessionView]:
        """Add a session.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            InvalidValues: something said of it can't be, or it lies outside of the event.
            EventCancelled: the event stays as it was.
        """
        new_id: list[int] = []

        def change(event: Event, _work: UnitOfWork) -> None:
            sessions = event.details.sessions
            new_id.append(next_session_id(sessions)())
            self._set(event, [*sessions, form.session(new_id[0])])

        view = self.edit(actor, event_id, None, change)
        return view, session_of(view, new_id[0])

    def change(
        self,
        actor: Actor | None,
        event_id: EventId,
        id: int,
        changes: Mapping[str, Any],
        *,
        versions: Versions,
    ) -> tuple[EventView, SessionView]:
        """Say something else of a session (RFC 7396).

        Raises:
            SessionNotFound: the agenda has no such session.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, InvalidValues,
            EventCancelled: see :meth:`ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            present = {session.id: session for session in event.details.sessions}
            if id not in present:
                raise SessionNotFound(id)
            present[id] = SessionForm.of(present[id]).merge_patch(changes).session(id)
            self._set(event, list(present.values()))

        view = self.edit(actor, event_id, versions, change)
        return view, session_of(view, id)

    def remove(
        self, actor: Actor | None, event_id: EventId, id: int, *, versions: Versions
    ) -> EventView:
        """Take a session out of the agenda.

        Raises:
            SessionNotFound: the agenda has no such session.
            NotSignedIn, NotAllowed, EventNotFound, VersionConflict, EventCancelled:
                see :meth:`ChangeEvent.replace`.
        """

        def change(event: Event, _work: UnitOfWork) -> None:
            left = [session for session in event.details.sessions if session.id != id]
            if len(left) == len(event.details.sessions):
                raise SessionNotFound(id)
            self._set(event, left)

        return self.edit(actor, event_id, versions, change)

    def _set(self, event: Event, sessions: list[AgendaSession]) -> None:
        details = replace(event.details, sessions=sessions)
        event.update(details, event.ticket_types, now=self._clock.now())


class ChangeImage(EventEditor):
    """Give an event a picture, or take it away."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        events: EventQueries,
        clock: Clock,
        images: ImageStore,
        inspector: ImageInspector,
    ) -> None:
        super().__init__(unit_of_work, events, clock)
        self._images = images
        self._inspector = inspector

    def put(self, actor: Actor | None, event_id: EventId, content: bytes) -> EventView:
        """Take a picture in place of the one there was.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: see :func:`event_to_change`.
            UnsuitableImage: it is none that every browser shows.
            EventCancelled: the event stays as it was.
            StorageUnavailable: it can't be stored.
        """
        with self._unit_of_work() as work:
            event_to_change(actor, event_id, work)  # before work is spent on the content
        media_type = self._inspector.media_type(content)
        # No two pictures ever have the same key, so that what is under one may
        # be kept by everyone for ever, and no key is deleted that is in use again.
        key = f"events/{event_id}/{uuid4().hex}.{media_type.removeprefix('image/')}"
        self._images.put(key, content, media_type)
        return self._show(actor, event_id, key)

    def delete(self, actor: Actor | None, event_id: EventId) -> EventView:
        """Take the picture away, if there is one.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound, EventCancelled: see :meth:`put`.
        """
        return self._show(actor, event_id, None)

    def _show(self, actor: Actor | None, event_id: EventId, key: str | None) -> EventView:
        before: list[str | None] = []

        def change(event: Event, _work: UnitOfWork) -> None:
            before.append(event.image)
            event.set_image(key, now=self._clock.now())

        view = self.edit(actor, event_id, None, change)
        delete_image(self._images, before[0] if before[0] != key else None)
        return view


def type_of(event: EventView, id: TicketTypeId) -> TicketTypeView:
    """Give the view of one ticket type.

    Raises:
        TicketTypeNotFound: the event has no such type.
    """
    for kind in event.ticket_types:
        if kind.id == id:
            return kind
    raise TicketTypeNotFound(id)


def session_of(event: EventView, id: int) -> SessionView:
    """Give the view of one session.

    Raises:
        SessionNotFound: the agenda has no such session.
    """
    for session in event.sessions:
        if session.id == id:
            return session
    raise SessionNotFound(id)


def _placed(
    types: Sequence[TicketType], kind: TicketType, position: int | None
) -> list[TicketType]:
    """Put a type among others at a position from 1; where none is given, where it was, or last."""
    ids = [other.id for other in types]
    if position is None:
        position = ids.index(kind.id) + 1 if kind.id in ids else len(ids) + 1
    others = [other for other in types if other.id != kind.id]
    return [*others[: position - 1], kind, *others[position - 1 :]]
