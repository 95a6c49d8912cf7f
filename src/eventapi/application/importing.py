"""Bringing in what an organizer has elsewhere: events, and the people who attend them.

Both imports are all or nothing, unless told to leave out what is wrong; and
what was imported before is found again and not added twice, events by their
reference and attendees by their email address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.events import schedule_event
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
    clean_text,
)

Key = TypeVar("Key")
Row = TypeVar("Row", "EventRow", "AttendeeRow")

Progress = Callable[[int], object]
"""Is told how many rows were just done."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row.

    Attributes:
        line: where it stands in the file, from 1; the head is line 1.
        field: which of its fields is wrong; None where it is the row as a whole.
        reason: in words.
    """

    line: int
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event to be imported.

    Attributes:
        reference: what its organizer calls it elsewhere.
        category: the name of its category, which may be a new one.
    """

    line: int
    reference: str
    category: str | None
    form: EventForm


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeRow:
    """A person to be registered.

    Attributes:
        event: the reference of the event.
        ticket_type: its name; None where the event has one type or none.
    """

    line: int
    event: str
    name: str
    email: str
    ticket_type: str | None = None


@dataclass(slots=True)
class ImportResult:
    """What came of an import.

    Attributes:
        added: how many rows were new.
        present: how many had been imported before.
        problems: what was wrong, in the order of the rows.
        kept: whether what is new was kept.
    """

    added: int = 0
    present: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    kept: bool = False

    def refuse(self, line: int, error: DomainError) -> None:
        """Note what is wrong with a row."""
        if isinstance(error, InvalidValues):
            for name, reason in error.problems.items():
                self.problems.append(RowProblem(line, name, reason))
        else:
            self.problems.append(RowProblem(line, None, str(error)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to import.

    Attributes:
        dry_run: find out what would come of it, and keep nothing.
        skip_bad_rows: keep what is right, even where something is wrong.
        progress: is told how far it is.
    """

    dry_run: bool = False
    skip_bad_rows: bool = False
    progress: Progress = lambda _rows: None

    def keep(self, imported: ImportResult) -> bool:
        """Tell whether what was read is to be kept."""
        return not self.dry_run and (self.skip_bad_rows or not imported.problems)


class ImportEvents:
    """Bring in events."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, clock: Clock, identities: Identities
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._identities = identities

    def __call__(
        self,
        organizer: str,
        rows: Sequence[EventRow],
        options: ImportOptions,
        *,
        new_categories: bool = False,
    ) -> ImportResult:
        """Announce the events that the organizer does not have yet.

        Args:
            organizer: the username of whose events they will be.
            rows: the events.
            options: how to do it.
            new_categories: make the categories that are not there.

        Raises:
            InvalidValues: there is no such organizer.
            NotAllowed: the account is no organizer's.
        """
        with self._unit_of_work() as work:
            actor = _organizer(organizer, work)
            present = set(work.events.references(actor.id, [row.reference for row in rows]))
            seen: dict[str, int] = {}
            categories: dict[str, Category | None] = {}

            def bring_in(row: EventRow) -> bool:
                _check_twice(seen, row.reference, row.line, "reference")
                if row.reference in present:
                    return False
                clean_text("reference", row.reference, longest=Event.MAX_REFERENCE_LENGTH)
                event = schedule_event(
                    row.form,
                    organizer=actor,
                    work=work,
                    category=_category(
                        row.category, categories, work, actor, self._clock, new=new_categories
                    ),
                    clock=self._clock,
                    identities=self._identities,
                    reference=row.reference,
                )
                now = self._clock.now()
                work.audit.record(
                    AuditEntry.by(actor, AuditAction.EVENT_CREATED, now, event=event.id)
                )
                return True

            return _bring_in_all(rows, bring_in, options, work)


class ImportAttendees:
    """Bring in the people who attend events."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, clock: Clock, identities: Identities
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._identities = identities

    def __call__(
        self, organizer: str, rows: Sequence[AttendeeRow], options: ImportOptions
    ) -> ImportResult:
        """Register the people who are not registered yet, each for one ticket.

        The events stay locked until all is kept, so that no place is sold
        twice meanwhile; who buys one of their tickets waits.

        Args:
            organizer: the username of whose events they attend.
            rows: the people.
            options: how to do it.

        Raises:
            InvalidValues: there is no such organizer.
            NotAllowed: the account is no organizer's.
        """
        with self._unit_of_work() as work:
            actor = _organizer(organizer, work)
            ids = work.events.references(actor.id, sorted({row.event for row in rows}))
            events = work.events.get_for_update(*ids.values())
            registered = {id: work.orders.registrants(id) for id in events}
            seen: dict[tuple[EventId, str], int] = {}
            told: set[EventId] = set()

            def bring_in(row: AttendeeRow) -> bool:
                if row.event not in ids:
                    raise InvalidValues({"event": f"There is no event {row.event!r}."})
                event = events[ids[row.event]]
                email = EmailAddress(row.email)
                person = Attendee(row.name, email)
                _check_twice(seen, (event.id, email.key), row.line, "email")
                if email.key in registered[event.id]:
                    return False
                order = event.register(
                    person,
                    ticket_type_id=_ticket_type(event, row.ticket_type),
                    now=self._clock.now(),
                    identities=self._identities,
                )
                work.orders.add(order)
                if event.id not in told:  # one line for each event, however many come
                    told.add(event.id)
                    now, deed = self._clock.now(), AuditAction.ORDERS_IMPORTED
                    work.audit.record(AuditEntry.by(actor, deed, now, event=event.id))
                return True

            return _bring_in_all(rows, bring_in, options, work)


def _bring_in_all(
    rows: Sequence[Row],
    bring_in: Callable[[Row], bool],
    options: ImportOptions,
    work: UnitOfWork,
) -> ImportResult:
    """Bring in row by row, and keep what came of it if it is to be kept.

    Args:
        rows: what to bring in.
        bring_in: does so with one row, and tells whether it was new.
        options: how to do it.
        work: in which all is done.
    """
    imported = ImportResult()
    for row in rows:
        try:
            if bring_in(row):
                imported.added += 1
            else:
                imported.present += 1
        except DomainError as error:
            imported.refuse(row.line, error)
        options.progress(1)
    imported.kept = options.keep(imported)
    if imported.kept:
        work.commit()
    return imported


def _organizer(username: str, work: UnitOfWork) -> Actor:
    user = work.users.by_username(Username(username))
    if user is None:
        raise InvalidValues({"organizer": f"There is no account {username!r}."})
    return policy.require(Actor.of(user), Action.CREATE_EVENT)


def _check_twice(seen: dict[Key, int], key: Key, line: int, name: str) -> None:
    """Make sure that a row does not stand in the file twice."""
    first = seen.setdefault(key, line)
    if first != line:
        raise InvalidValues({name: f"Stands in line {first} already."})


def _category(
    name: str | None,
    known: dict[str, Category | None],
    work: UnitOfWork,
    actor: Actor,
    clock: Clock,
    *,
    new: bool,
) -> Category | None:
    """Find the category of a name, or make it."""
    if name is None:
        return None
    with_slug = Slug.of(name)
    if with_slug.value not in known:
        category = work.categories.by_slug(with_slug)
        if category is None and new:
            category = Category.named(name, id=work.categories.next_id())
            work.categories.add(category)
            work.audit.record(
                AuditEntry.by(
                    actor, AuditAction.CATEGORY_CREATED, clock.now(), detail=category.slug.value
                )
            )
        known[with_slug.value] = category
    if known[with_slug.value] is None:
        raise InvalidValues({"category": f"There is no category {name!r}."})
    return known[with_slug.value]


def _ticket_type(event: Event, name: str | None) -> TicketTypeId | None:
    """Find the ticket type of a name, without regard to case."""
    if name is None:
        return None
    for kind in event.ticket_types:
        if kind.details.name.casefold() == name.strip().casefold():
            return kind.id
    raise InvalidValues({"ticket_type": f"The event has no ticket type {name!r}."})
