"""Forms: what an organizer enters about an event, before it is checked."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self, TypeVar

from eventapi.domain.errors import InvalidValues
from eventapi.domain.event import Event, check_ticket_types
from eventapi.domain.event_details import (
    AgendaSession,
    EventDetails,
    Visibility,
    check_rooms,
    check_within,
    next_session_id,
    parse_period,
)
from eventapi.domain.faults import FAULTY, Faults
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import AccessCode, CategoryId, Period, TicketTypeId, Timezone

Item = TypeVar("Item")
ItemForm = TypeVar("ItemForm", "TicketTypeForm", "SessionForm")


@contextmanager
def prefix_errors(path: str) -> Iterator[None]:
    """Prefix the fields of errors with a path, such as `ticket_types.0`."""
    try:
        yield
    except InvalidValues as error:
        raise InvalidValues(
            {f"{path}.{field}": problem for field, problem in error.problems.items()}
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Base of forms: dataclasses of plain values with defaults.

    A form can be checked although some of what was entered is FAULTY: it then
    raises InvalidValues in any case, with the faults that were not known yet.

    Attributes:
        has_unknown: whether there was a field that the form does not have.
    """

    has_unknown: bool = False

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Self:
        """Create a form; None in a field that has a default stands for the default.

        Args:
            values: by name. The names come from a client: one that the form does not
                have is a fault. A field without a default must be there, FAULTY if need be.
        """
        known = {field.name: field for field in fields(cls) if field.name != "has_unknown"}
        given = {
            name: values[name]
            for name, field in known.items()
            if name in values and (values[name] is not None or not _has_default(field))
        }
        return cls(**given, has_unknown=not values.keys() <= known.keys())

    def to_fields(self, *, without: str = "") -> dict[str, Any]:
        """Return the values by name, all but one."""
        names = (field.name for field in fields(self))
        return {name: getattr(self, name) for name in names if name not in {without, "has_unknown"}}

    def faults(self) -> Faults:
        """Return the faults of the form as a whole, to which those of its values are added."""
        faults = Faults(incomplete=self.has_unknown)
        faults.note(*(getattr(self, field.name) for field in fields(self)))
        return faults

    def merge_patch(self, changes: Mapping[str, Any]) -> Self:
        """Return the form after a JSON merge patch (RFC 7396): null resets a field."""
        return self.from_fields({**self.to_fields(), **changes})


def _has_default(field: Field[Any]) -> bool:
    return not (field.default is field.default_factory is MISSING)


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
            InvalidValues: values are not acceptable.
        """
        faults = self.faults()
        details = faults.build(TicketTypeDetails.from_fields, **self.to_fields(without="id"))
        faults.raise_any()
        return details

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

    def session(self, id: int, *, within: Period) -> AgendaSession:
        """Return the checked session.

        Args:
            id: of the session.
            within: the period of the event.

        Raises:
            InvalidValues: values are not acceptable.
        """
        faults = self.faults()
        session = faults.build(AgendaSession.from_fields, **self.to_fields() | {"id": id})
        period = faults.build(Period, self.start_time, self.end_time)
        faults.check(check_within, period, within)
        faults.raise_any()
        return session

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
            InvalidValues: values are not acceptable.
        """
        faults = self.faults()
        access_code = self.access_code
        if self.visibility == Visibility.PRIVATE and access_code is None:
            access_code = new_access_code().value
        parsed = self._parse_sessions(sessions, faults)
        details = faults.build(
            EventDetails.from_fields,
            **self.to_fields(without="ticket_types")
            | {
                "category": category,
                "access_code": access_code,
                "sessions": parsed,
            },
        )
        if set(parsed) != set(sessions):
            faults.check(check_rooms, parsed)
        faults.raise_any()
        return details

    def period(self) -> Period:
        """Return the period of the event.

        Raises:
            InvalidValues: a value that it depends on is not acceptable.
        """
        faults = Faults()
        period = faults.build(
            parse_period,
            start=self.start_time,
            end=self.end_time,
            day=self.date,
            timezone=faults.check(Timezone, self.timezone),
        )
        faults.raise_any()
        return period

    def _parse_sessions(
        self, present: Sequence[AgendaSession], faults: Faults
    ) -> list[AgendaSession]:
        new_id, within = next_session_id(present), faults.build(self.period)

        def parse(form: SessionForm) -> AgendaSession:
            return form.session(new_id() if form.id is None else form.id, within=within)

        known = {session.id for session in present}
        return _parse_items("sessions", self.sessions, known, parse, faults)

    def parse_ticket_types(
        self, event: Event | None, new_id: Callable[[], TicketTypeId]
    ) -> list[TicketType]:
        """Return the checked ticket types; what is sold of them only the event knows.

        Args:
            event: the event as it is; None for a new one.
            new_id: returns the id of a new type.

        Raises:
            InvalidValues: values are not acceptable.
        """

        def parse(form: TicketTypeForm) -> TicketType:
            id = new_id() if form.id is None else TicketTypeId(form.id)
            return TicketType(id=id, details=form.details())

        known = {ticket_type.id for ticket_type in event.ticket_types} if event else set()
        faults = Faults()
        ticket_types = _parse_items("ticket_types", self.ticket_types, known, parse, faults)
        faults.check(check_ticket_types, ticket_types)
        faults.raise_any()
        return ticket_types

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Self:
        """Create a form; ticket types and sessions may be forms or values by name."""
        items = {
            name: [form.from_fields(item) if isinstance(item, dict) else item for item in given]
            for name, form in (("ticket_types", TicketTypeForm), ("sessions", SessionForm))
            if isinstance(given := values.get(name), list)
        }
        return super(EventForm, cls).from_fields({**values, **items})

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


def _parse_items(
    name: str,
    forms: Sequence[ItemForm],
    known: Collection[int],
    parse: Callable[[ItemForm], Item],
    faults: Faults,
) -> list[Item]:
    """Return the items of a list that have no faults, and collect the faults of the others.

    Args:
        name: the name of the list, for the paths of faults.
        forms: the forms of the items.
        known: the ids of the present items.
        parse: makes an item from its form.
        faults: gets the faults.
    """

    def parse_item(path: str, form: ItemForm) -> Item:
        with prefix_errors(path):
            of_item = Faults()
            of_item.check(_check_known, form.id, known)
            item = of_item.build(parse, form)
            of_item.raise_any()
            return item

    if forms is FAULTY:
        faults.note(forms)
        return []
    items = [
        faults.check(parse_item, f"{name}.{number}", form) for number, form in enumerate(forms)
    ]
    return [item for item in items if item is not FAULTY]


def _check_known(id: int | None, known: Collection[int]) -> None:
    if id is not None and id not in known:
        raise InvalidValues({"id": "The event has nothing of this id."})
