"""What an organizer says of an event, before it is known whether it can be."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self

from eventapi.domain.errors import InvalidValues
from eventapi.domain.event import Event, next_session_id
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility, period_of
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import (
    AccessCode,
    CategoryId,
    Money,
    Period,
    SalesWindow,
    TicketTypeId,
    Timezone,
)


@contextmanager
def within(path: str) -> Iterator[None]:
    """Name what is wrong with a part after where the part stands: ``ticket_types.0.price``."""
    try:
        yield
    except InvalidValues as error:
        raise InvalidValues(
            {f"{path}.{field}": problem for field, problem in error.problems.items()}
        ) from error


class _Form:
    """A form that can be from_fields in partly: what is null is taken as not said."""

    @classmethod
    def from_fields(cls, **said: Any) -> Self:
        """Fill in a form; null in a field that may be left out leaves it out."""
        optional = {
            field.name
            for field in fields(cls)  # type: ignore[arg-type]
            if field.default is not MISSING or field.default_factory is not MISSING
        }
        return cls(
            **{
                name: value
                for name, value in said.items()
                if value is not None or name not in optional
            }
        )

    def merge_patch(self, changes: Mapping[str, Any]) -> Self:
        """Change a form as RFC 7396 has it: what is named is replaced, null clears it."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return self.from_fields(**{**said, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeForm(_Form):
    """What an organizer says of a ticket type.

    Attributes:
        id: of one that the event has; None for a new one.
        price: of one ticket, in the currency; nothing by default.
    """

    name: str
    quantity: int
    id: int | None = None
    price: Decimal = Decimal(0)
    currency: str | None = None
    sales_start: dt.datetime | None = None
    sales_end: dt.datetime | None = None

    def details(self) -> TicketTypeDetails:
        """Read the form.

        Raises:
            InvalidValues: something said in it can't be.
        """
        return TicketTypeDetails(
            name=self.name,
            price=Money(self.price, self.currency),
            quantity=self.quantity,
            sales=SalesWindow(self.sales_start, self.sales_end),
        )

    @classmethod
    def of(cls, kind: TicketType) -> Self:
        """Give the form as it would be from_fields in for a type as it is."""
        details = kind.details
        return cls(
            id=kind.id,
            name=details.name,
            quantity=details.quantity,
            price=details.price.amount,
            currency=details.price.currency,
            sales_start=details.sales.start,
            sales_end=details.sales.end,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm(_Form):
    """What an organizer says of a session.

    Attributes:
        id: of one that the agenda has; None for a new one.
    """

    title: str
    start_time: dt.datetime
    end_time: dt.datetime
    id: int | None = None
    speaker: str = ""
    room: str = ""

    def session(self, id: int) -> AgendaSession:
        """Read the form.

        Raises:
            InvalidValues: something said in it can't be.
        """
        return AgendaSession(
            id=id,
            title=self.title,
            period=Period(self.start_time, self.end_time),
            speaker=self.speaker,
            room=self.room,
        )

    @classmethod
    def of(cls, session: AgendaSession) -> Self:
        """Give the form as it would be from_fields in for a session as it is."""
        return cls(
            id=session.id,
            title=session.title,
            start_time=session.period.start,
            end_time=session.period.end,
            speaker=session.speaker,
            room=session.room,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventForm(_Form):
    """What an organizer says of an event: a start and an end, or a date alone.

    Attributes:
        category: its slug.
        access_code: of a private event; one is made up where none is said.
    """

    name: str
    capacity: int
    start_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    date: dt.date | None = None
    timezone: str = "UTC"
    description: str = ""
    location: str = ""
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
        """Read the form, all but the ticket types.

        Args:
            category: the one that is named in the form.
            sessions: those that the event has.
            new_access_code: makes one up.

        Raises:
            InvalidValues: something said in it can't be.
        """
        timezone = Timezone(self.timezone)
        visibility = _visibility(self.visibility)
        access_code = AccessCode(self.access_code) if self.access_code is not None else None
        if visibility is Visibility.PRIVATE and access_code is None:
            access_code = new_access_code()
        return EventDetails(
            name=self.name,
            description=self.description,
            period=period_of(
                start=self.start_time, end=self.end_time, day=self.date, timezone=timezone
            ),
            timezone=timezone,
            location=self.location,
            capacity=self.capacity,
            category=category,
            visibility=visibility,
            access_code=access_code,
            sales=SalesWindow(self.sales_start, self.sales_end),
            sessions=self._read_sessions(sessions),
        )

    def _read_sessions(self, present: Sequence[AgendaSession]) -> list[AgendaSession]:
        known = {session.id for session in present}
        new_id = next_session_id(present)
        read = []
        for number, form in enumerate(self.sessions):
            with within(f"sessions.{number}"):
                if form.id is not None and form.id not in known:
                    raise InvalidValues({"id": "The event has no such session."})
                read.append(form.session(new_id() if form.id is None else form.id))
        return read

    def read_ticket_types(
        self, event: Event | None, new_id: Callable[[], TicketTypeId]
    ) -> list[TicketType]:
        """Read what the form says of the ticket types.

        Args:
            event: the one that has some already; None for a new one.
            new_id: gives a new type its id.

        Raises:
            InvalidValues: something said in it can't be.
            CapacityBelowSold: more of a type are sold.
        """
        known = {kind.id for kind in event.ticket_types} if event else set()
        read = []
        for number, form in enumerate(self.ticket_types):
            with within(f"ticket_types.{number}"):
                details = form.details()
                if form.id is None:
                    read.append(TicketType(id=new_id(), details=details))
                elif event is None or form.id not in known:
                    raise InvalidValues({"id": "The event has no such ticket type."})
                else:
                    read.append(event.updated_ticket_type(TicketTypeId(form.id), details))
        return read

    def merge_patch(self, changes: Mapping[str, Any]) -> Self:
        """Change a form as RFC 7396 has it.

        A date takes the place of the times that stood there, and an event that
        is no longer private has no code.
        """
        form = self
        if changes.get("date") is not None:
            form = replace(form, start_time=None, end_time=None)
        if changes.get("visibility", Visibility.PRIVATE) != Visibility.PRIVATE:
            form = replace(form, access_code=None)
        return _Form.merge_patch(form, changes)

    @classmethod
    def of(cls, event: Event, *, category: str | None) -> Self:
        """Give the form as it would be from_fields in for an event as it is."""
        details = event.details
        return cls(
            name=details.name,
            capacity=details.capacity,
            start_time=details.period.start,
            end_time=details.period.end,
            timezone=details.timezone.name,
            description=details.description,
            location=details.location,
            category=category,
            visibility=details.visibility,
            access_code=details.access_code.value if details.access_code else None,
            sales_start=details.sales.start,
            sales_end=details.sales.end,
            ticket_types=[TicketTypeForm.of(kind) for kind in event.ticket_types],
            sessions=[SessionForm.of(session) for session in details.sessions],
        )


def _visibility(said: str) -> Visibility:
    try:
        return Visibility(said)
    except ValueError:
        raise InvalidValues({"visibility": f"Must be one of {', '.join(Visibility)}."}) from None
