"""Importing an organizer's events and attendees from elsewhere.

An import is all or nothing, unless told to skip bad rows. What was imported before
is recognised and not added again: events by their reference, attendees by their
email address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from eventapi.application.events import add_event
from eventapi.application.forms import EventForm
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import DomainError, InvalidValues
from eventapi.domain.event import Event
from eventapi.domain.order import Identities
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
    """An event to import.

    Attributes:
        reference: the organizer's own name for it.
        category: the name of a category, which may be new.
    """

    line: int
    reference: str
    category: str | None
    form: EventForm


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeRow:
    """An attendee to register.

    Attributes:
        event: the reference of the event.
        ticket_type: its name; None for the only type of the event.
    """

    line: int
    event: str
    name: str
    email: str
    ticket_type: str | None = None


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

    def add_problem(self, line: int, error: DomainError) -> None:
        """Add the error of a row."""
        if isinstance(error, InvalidValues):
            for name, reason in error.problems.items():
                self.problems.append(RowProblem(line, name, reason))
        else:
            self.problems.append(RowProblem(line, None, str(error)))


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
            present = set(work.events.ids_by_reference(actor.id, [row.reference for row in rows]))
            lines: dict[str, int] = {}
            categories: dict[str, Category | None] = {}

            def import_row(row: EventRow) -> bool:
                _check_duplicate(lines, row.reference, row.line, "reference")
                if row.reference in present:
                    return False
                add_event(
                    replace(row.form, reference=row.reference),
                    organizer=actor,
                    work=work,
                    find_category=lambda _: self._category(
                        row.category, categories, work, create=new_categories
                    ),
                    clock=self.clock,
                    identities=self.identities,
                )
                return True

            return _import_all(rows, import_row, options, work)

    def _category(
        self,
        name: str | None,
        known: dict[str, Category | None],
        work: UnitOfWork,
        *,
        create: bool,
    ) -> Category | None:
        """Return the category of a name, created if it is missing and may be."""
        if name is None:
            return None
        slug = Slug.of(name)
        if slug.value not in known:
            category = work.categories.by_slug(slug)
            if category is None and create:
                category = Category.create(name, id=work.categories.next_id(), now=self.clock.now())
                work.categories.add(category)
            known[slug.value] = category
        if known[slug.value] is None:
            raise InvalidValues({"category": f"There is no category {name!r}."})
        return known[slug.value]


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
            ids = work.events.ids_by_reference(actor.id, sorted({row.event for row in rows}))
            events = work.events.get_for_update(*ids.values())
            registered = {id: work.orders.registrants(id) for id in events}
            lines: dict[tuple[EventId, str], int] = {}
            changed: set[EventId] = set()
            now = self.clock.now()

            def import_row(row: AttendeeRow) -> bool:
                if row.event not in ids:
                    raise InvalidValues({"event": f"There is no event {row.event!r}."})
                event = events[ids[row.event]]
                email = EmailAddress(row.email)
                attendee = Attendee(row.name, email)
                _check_duplicate(lines, (event.id, email.key), row.line, "email")
                if email.key in registered[event.id]:
                    return False
                order = event.import_registration(
                    attendee,
                    ticket_type_id=_ticket_type(event, row.ticket_type),
                    now=now,
                    identities=self.identities,
                )
                work.orders.add(order)
                if event.id not in changed:
                    changed.add(event.id)
                    event.record_import(now)
                return True

            return _import_all(rows, import_row, options, work)


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
            result.add_problem(row.line, error)
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


def _check_duplicate(lines: dict[Key, int], key: Key, line: int, field: str) -> None:
    """Check that no earlier line has the same key."""
    first = lines.setdefault(key, line)
    if first != line:
        raise InvalidValues({field: f"Already occurs in line {first}."})


def _ticket_type(event: Event, name: str | None) -> TicketTypeId | None:
    """Return the ticket type of a name, ignoring case."""
    if name is None:
        return None
    for ticket_type in event.ticket_types:
        if ticket_type.details.name.casefold() == name.strip().casefold():
            return ticket_type.id
    raise InvalidValues({"ticket_type": f"The event has no ticket type {name!r}."})
