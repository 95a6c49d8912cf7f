"""Importing an organizer's events and attendees from elsewhere.

An import is all or nothing, unless told to skip bad rows. What was imported before
is recognised and not added again: events by their reference, attendees by their
email address.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from eventapi.application.events import schedule_event
from eventapi.application.forms import EventForm
from eventapi.application.ports.orders import BuyerOfEvent
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import DomainError, InvalidValues
from eventapi.domain.event import Event
from eventapi.domain.faults import FAULTY, Faults
from eventapi.domain.order import Buyer, Identities
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    EventId,
    Slug,
    TicketTypeId,
    Username,
)

Key = TypeVar("Key")
Value = TypeVar("Value")
Row = TypeVar("Row", "EventRow", "AttendeeRow")

Progress = Callable[[int], object]
"""Called with the number of rows that were just processed."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """An error in a row.

    Attributes:
        line: in the file, from 1; the header is line 1.
        field: the field that is wrong; None for the row as a whole.
    """

    line: int
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event to import. A value that could not be read is FAULTY.

    Attributes:
        line: in the file, from 1.
        problems: why values could not be read, by column.
        reference: the organizer's own name for it.
        category: the name of a category, which may be new.
    """

    line: int
    reference: str
    category: str | None
    form: EventForm
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeRow:
    """An attendee to register. A value that could not be read is FAULTY.

    Attributes:
        line: in the file, from 1.
        problems: why values could not be read, by column.
        event: the reference of the event.
        ticket_type: its name; None for the only type of the event.
    """

    line: int
    event: str
    name: str
    email: str
    ticket_type: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ImportResult:
    """The result of an import.

    Attributes:
        added: the number of new rows.
        present: the number of rows that were imported before.
        problems: the errors, in the order of the rows.
        kept: whether the new rows were stored.
    """

    added: int = 0
    present: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    kept: bool = False

    def add_problems(self, row: "EventRow | AttendeeRow", error: DomainError) -> None:
        """Add the error of a row, with all problems of its values."""
        problems = dict(row.problems)
        if isinstance(error, InvalidValues):
            problems |= error.problems
        else:
            self.problems.append(RowProblem(row.line, None, str(error)))
        self.problems += [RowProblem(row.line, *problem) for problem in problems.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Options of an import.

    Attributes:
        dry_run: check everything and store nothing.
        skip_bad_rows: store the good rows even if others are bad.
        progress: is called for each row.
    """

    dry_run: bool = False
    skip_bad_rows: bool = False
    progress: Progress = lambda _rows: None


@dataclass(frozen=True, slots=True)
class ImportEvents:
    """Import events."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    identities: Identities

    def __call__(
        self,
        organizer: str,
        rows: Sequence[EventRow],
        options: ImportOptions,
        *,
        new_categories: bool = False,
    ) -> ImportResult:
        """Create the events that the organizer does not have yet.

        Args:
            organizer: the username of their owner.
            rows: the events.
            options: how to import them.
            new_categories: whether to create missing categories.

        Raises:
            InvalidValues: there is no such account.
            NotAllowed: the account is not an organizer's.
        """
        with self.unit_of_work() as work:
            actor = _organizer(organizer, work)
            work.act_as(actor)
            references = [row.reference for row in rows if row.reference is not FAULTY]
            present = set(work.events.ids_by_reference(actor.id, references))
            lines: dict[str, int] = {}
            categories = _Categories(work, self.clock, create=new_categories)

            def import_row(row: EventRow) -> bool:
                faults = Faults(incomplete=bool(row.problems))
                faults.check(_check_duplicate, lines, row.reference, row.line, "reference")
                if row.reference in present:
                    faults.raise_any()
                    return False
                event = faults.build(
                    schedule_event,
                    replace(row.form, reference=row.reference),
                    organizer=actor,
                    work=work,
                    find_category=lambda _: categories.find(row.category),
                    clock=self.clock,
                    identities=self.identities,
                )
                faults.raise_any()
                categories.add(row.category)
                work.events.add(event)
                return True

            return _import_all(rows, import_row, options, work)


class _Categories:
    """The categories that rows name.

    Args:
        work: the unit of work of the import.
        clock: the clock.
        create: whether to create missing categories, when a row with them is imported.
    """

    def __init__(self, work: UnitOfWork, clock: Clock, *, create: bool) -> None:
        self._work = work
        self._clock = clock
        self._create = create
        self._known: dict[str, Category | None] = {}
        self._new: dict[str, Category] = {}

    def find(self, name: str | None) -> Category | None:
        """Return the category of a name; if it is missing and may be created, a new one.

        Raises:
            InvalidValues: there is none, or none can have this name.
        """
        if name is None:
            return None
        slug = _of_column("category", Slug.of, name)
        if slug.value not in self._known:
            category = self._work.categories.by_slug(slug)
            if category is None and self._create:
                category = _of_column("category", self._make, name)
                self._new[slug.value] = category
            self._known[slug.value] = category
        category = self._known[slug.value]
        if category is None:
            raise InvalidValues({"category": f"There is no category {name!r}."})
        return category

    def add(self, name: str | None) -> None:
        """Store the category of a name, if it is new."""
        category = None if name is None else self._new.pop(Slug.of(name).value, None)
        if category is not None:
            self._work.categories.add(category)

    def _make(self, name: str) -> Category:
        return Category.create(name, id=self._work.categories.next_id(), now=self._clock.now())


def _of_column(column: str, make: Callable[[str], Value], text: str) -> Value:
    """Return what a function makes of the text of a column, whose name its errors get."""
    try:
        return make(text)
    except InvalidValues as error:
        raise InvalidValues({column: " ".join(error.problems.values())}) from error


@dataclass(frozen=True, slots=True)
class ImportAttendees:
    """Import the attendees of events."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    identities: Identities

    def __call__(
        self, organizer: str, rows: Sequence[AttendeeRow], options: ImportOptions
    ) -> ImportResult:
        """Register the attendees who are not registered yet, each for one ticket.

        The events stay locked until the commit, so no place is sold twice; buyers
        of their tickets wait meanwhile.

        Args:
            organizer: the username of the owner of the events.
            rows: the attendees.
            options: how to import them.

        Raises:
            InvalidValues: there is no such account.
            NotAllowed: the account is not an organizer's.
        """
        with self.unit_of_work() as work:
            actor = _organizer(organizer, work)
            work.act_as(actor)
            references = {row.event for row in rows if row.event is not FAULTY}
            ids = work.events.ids_by_reference(actor.id, sorted(references))
            events = work.events.get_for_update(*ids.values())
            present = {(id, email) for id in events for email in work.orders.registrants(id)}
            held = _tickets_held(rows, {name: events[id] for name, id in ids.items()}, work)
            lines: dict[tuple[EventId, str], int] = {}
            changed: set[EventId] = set()
            now = self.clock.now()

            def find_event(reference: str) -> Event:
                if reference not in ids:
                    raise InvalidValues({"event": f"There is no event {reference!r}."})
                return events[ids[reference]]

            def import_row(row: AttendeeRow) -> bool:
                faults = Faults(incomplete=bool(row.problems))
                event = faults.check(find_event, row.event)
                email = faults.check(EmailAddress, row.email)
                faults.check(Attendee, row.name)
                key = faults.check(_registrant, event, email)
                faults.check(_check_duplicate, lines, key, row.line, "email")
                if key not in present:
                    ticket_type = faults.check(_ticket_type, event, row.ticket_type)
                faults.raise_any()
                if key in present:
                    return False
                attendee = Attendee(row.name, email)
                buyer = BuyerOfEvent(event.id, None, Buyer.guest(attendee).person_at(event.id))
                order = event.import_registration(
                    attendee,
                    ticket_type_id=ticket_type,
                    held=held.get(buyer, 0),
                    now=now,
                    identities=self.identities,
                )
                work.orders.add(order)
                if event.id not in changed:
                    changed.add(event.id)
                    event.record_import(now)
                return True

            return _import_all(rows, import_row, options, work)


def _tickets_held(
    rows: Sequence[AttendeeRow], events: Mapping[str, Event], work: UnitOfWork
) -> Mapping[BuyerOfEvent, int]:
    """Return the tickets that attendees hold already, of events that limit them."""
    buyers = set()
    for row in rows:
        event = events.get(row.event)
        if event and event.details.max_per_person and row.email is not FAULTY:
            with suppress(InvalidValues):  # reported with the other faults of the row
                person = Buyer(email=EmailAddress(row.email)).person_at(event.id)
                buyers.add(BuyerOfEvent(event.id, None, person))
    return work.orders.tickets_held(buyers) if buyers else {}


def _import_all(
    rows: Sequence[Row],
    import_row: Callable[[Row], bool],
    options: ImportOptions,
    work: UnitOfWork,
) -> ImportResult:
    """Import row by row, and commit if the result is to be kept.

    Args:
        rows: the rows.
        import_row: imports one row, and returns whether it was new.
        options: how to import.
        work: the unit of work of the whole import.
    """
    result = ImportResult()
    for row in rows:
        try:
            if import_row(row):
                result.added += 1
            else:
                result.present += 1
        except DomainError as error:
            result.add_problems(row, error)
        options.progress(1)
    result.kept = not options.dry_run and (options.skip_bad_rows or not result.problems)
    if result.kept:
        work.commit()
    return result


def _organizer(username: str, work: UnitOfWork) -> Actor:
    user = work.users.by_username(Username(username))
    if user is None:
        raise InvalidValues({"organizer": f"There is no account {username!r}."})
    return policy.require(Actor.of(user), Action.CREATE_EVENT)


def _registrant(event: Event, email: EmailAddress) -> tuple[EventId, str]:
    """Return the key by which a registration is unique."""
    return event.id, email.key


def _check_duplicate(lines: dict[Key, int], key: Key, line: int, field: str) -> None:
    """Check that no earlier line has the same key."""
    first = lines.setdefault(key, line)
    if first != line:
        raise InvalidValues({field: f"Already occurs in line {first}."})


def _ticket_type(event: Event, name: str | None) -> TicketTypeId | None:
    """Return the ticket type of a name, ignoring case; None for the only one of an event."""
    if name is None:
        if len(event.ticket_types) > 1:
            names = ", ".join(one.details.name for one in event.ticket_types)
            raise InvalidValues({"ticket_type": f"Must be one of {names}."})
        return None
    for ticket_type in event.ticket_types:
        if ticket_type.details.name.casefold() == name.strip().casefold():
            return ticket_type.id
    raise InvalidValues({"ticket_type": f"The event has no ticket type {name!r}."})
