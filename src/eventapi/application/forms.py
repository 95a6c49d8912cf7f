"""Forms: what an organizer enters about an event, before it is checked."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self

from eventapi.domain.errors import InvalidValues
from eventapi.domain.event import Event
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility, next_session_id
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import AccessCode, CategoryId, TicketTypeId


@contextmanager
def prefix_errors(path: str) -> Iterator[None]:
    """Prefix the fields of errors with a path, such as `ticket_types.0`."""
    try:
        yield
    except InvalidValues as error:
        raise InvalidValues(
            {f"{path}.{field}": problem for field, problem in error.problems.items()}
        ) from error


class _Form:
    """Base of forms: dataclasses of plain values with defaults."""

    @classmethod
    def from_fields(cls, **values: Any) -> Self:
        """Create a form; None in a field that has a default stands for the default."""
        optional = {
            field.name
            for field in fields(cls)  # type: ignore[arg-type]
            if field.default is not MISSING or field.default_factory is not MISSING
        }
        given = {
            name: value
            for name, value in values.items()
            if value is not None or name not in optional
        }
        return cls(**given)

    def to_fields(self, *, without: str = "") -> dict[str, Any]:
        """Return the values by name, all but one."""
        names = (field.name for field in fields(self))  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names if name != without}

    def merge_patch(self, changes: Mapping[str, Any]) -> Self:
        """Return the form after a JSON merge patch (RFC 7396): null resets a field."""
        return self.from_fields(**{**self.to_fields(), **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeForm(_Form):
    """The fields of a ticket type.

    Attributes:
        id: of an existing type; None for a new one.
        price: of one ticket, in the currency.
    """

    name: str
    quantity: int
    id: int | None = None
    price: Decimal = Decimal(0)
    currency: str | None = None
    sales_start: dt.datetime | None = None
    sales_end: dt.datetime | None = None

    def details(self) -> TicketTypeDetails:
        """Return the checked details.

        Raises:
            InvalidValues: a value is not acceptable.
        """
        return TicketTypeDetails.from_fields(**self.to_fields(without="id"))

    @classmethod
    def of(cls, ticket_type: TicketType) -> Self:
        """Return the form of an existing type."""
        return cls(id=ticket_type.id, **ticket_type.details.to_fields())


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm(_Form):
    """The fields of an agenda session.

    Attributes:
        id: of an existing session; None for a new one.
    """

    title: str
    start_time: dt.datetime
    end_time: dt.datetime
    id: int | None = None
    speaker: str = ""
    room: str = ""

    def session(self, id: int) -> AgendaSession:
        """Return the checked session.

        Raises:
            InvalidValues: a value is not acceptable.
        """
        return AgendaSession.from_fields(**self.to_fields() | {"id": id})

    @classmethod
    def of(cls, session: AgendaSession) -> Self:
        """Return the form of an existing session."""
        return cls(**session.to_fields())


@dataclass(frozen=True, slots=True, kw_only=True)
class EventForm(_Form):
    """The fields of an event: with a start and an end, or with a date alone.

    Attributes:
        reference: the organizer's own name for it.
        category: its slug.
        access_code: of a private event; generated if none is given.
    """

    name: str
    capacity: int
    start_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    date: dt.date | None = None
    timezone: str = "UTC"
    description: str = ""
    location: str = ""
    max_per_person: int | None = None
    reference: str | None = None
    category: str | None = None
    visibility: str = Visibility.PUBLIC
    access_code: str | None = None
    sales_start: dt.datetime | None = None
    sales_end: dt.datetime | None = None
    ticket_types: Sequence[TicketTypeForm] = ()
    sessions: Sequence[SessionForm] = ()

    def details(
        self,
        *,
        category: CategoryId | None,
        sessions: Sequence[AgendaSession] = (),
        new_access_code: Callable[[], AccessCode],
    ) -> EventDetails:
        """Return the checked details.

        Args:
            category: the category that the form names.
            sessions: the present sessions of the event.
            new_access_code: generates one.

        Raises:
            InvalidValues: a value is not acceptable.
        """
        access_code = self.access_code
        if self.visibility == Visibility.PRIVATE and access_code is None:
            access_code = new_access_code().value
        return EventDetails.from_fields(
            **self.to_fields(without="ticket_types")
            | {
                "category": category,
                "access_code": access_code,
                "sessions": self._parse_sessions(sessions),
            }
        )

    def _parse_sessions(self, present: Sequence[AgendaSession]) -> list[AgendaSession]:
        known = {session.id for session in present}
        new_id = next_session_id(present)
        sessions = []
        for number, form in enumerate(self.sessions):
            with prefix_errors(f"sessions.{number}"):
                if form.id is not None and form.id not in known:
                    raise InvalidValues({"id": "The event has no such session."})
                sessions.append(form.session(new_id() if form.id is None else form.id))
        return sessions

    def parse_ticket_types(
        self, event: Event | None, new_id: Callable[[], TicketTypeId]
    ) -> list[TicketType]:
        """Return the checked ticket types.

        Args:
            event: the event as it is; None for a new one.
            new_id: returns the id of a new type.

        Raises:
            InvalidValues: a value is not acceptable.
            CapacityBelowSold: more tickets of a type are sold than its new quantity.
        """
        known = {ticket_type.id for ticket_type in event.ticket_types} if event else set()
        ticket_types = []
        for number, form in enumerate(self.ticket_types):
            with prefix_errors(f"ticket_types.{number}"):
                details = form.details()
                if form.id is None:
                    ticket_types.append(TicketType(id=new_id(), details=details))
                elif event is None or form.id not in known:
                    raise InvalidValues({"id": "The event has no such ticket type."})
                else:
                    ticket_types.append(event.updated_ticket_type(TicketTypeId(form.id), details))
        return ticket_types

    def merge_patch(self, changes: Mapping[str, Any]) -> Self:
        """Return the form after a JSON merge patch (RFC 7396).

        A date replaces the times that were set, and an event that is no longer
        private loses its access code.
        """
        form = self
        if changes.get("date") is not None:
            form = replace(form, start_time=None, end_time=None)
        if changes.get("visibility", Visibility.PRIVATE) != Visibility.PRIVATE:
            form = replace(form, access_code=None)
        return _Form.merge_patch(form, changes)

    @classmethod
    def of(cls, event: Event, *, category: str | None) -> Self:
        """Return the form of an existing event."""
        return cls(
            **event.details.to_fields()
            | {
                "category": category,
                "ticket_types": [TicketTypeForm.of(type_) for type_ in event.ticket_types],
                "sessions": [SessionForm.of(session) for session in event.details.sessions],
            }
        )
