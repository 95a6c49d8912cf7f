"""Imports of events and attendees."""

from datetime import timedelta
from typing import Any

import pytest

from eventapi.application.forms import EventForm, TicketTypeForm
from eventapi.application.importing import (
    AttendeeRow,
    EventRow,
    ImportAttendees,
    ImportEvents,
    ImportOptions,
    ImportResult,
)
from eventapi.application.search import EventSearch
from eventapi.domain.errors import InvalidValues, NotAllowed
from eventapi.domain.event import OrderLine
from eventapi.domain.faults import FAULTY
from eventapi.domain.order import Buyer
from eventapi.domain.user import Role, User
from eventapi.domain.values import Attendee, EmailAddress
from eventapi.testing import ManualClock
from tests.builders import IDENTITIES, NOW
from tests.contracts.storage.harness import Storage


def event_row(
    line: int,
    reference: str,
    category: str | None = None,
    problems: dict[str, str] | None = None,
    **said: Any,
) -> EventRow:
    start = NOW + timedelta(days=line)
    form = {
        "name": f"Event {reference}",
        "capacity": 3,
        "start_time": start,
        "end_time": start + timedelta(hours=1),
    } | said
    return EventRow(
        line=line,
        reference=reference,
        category=category,
        form=EventForm.from_fields(form),
        problems=problems or {},
    )


def attendee_row(line: int, event: str, email: str, **more: Any) -> AttendeeRow:
    return AttendeeRow(line=line, event=event, email=email, **{"name": "Ada", **more})


def summary(imported: ImportResult) -> tuple[int, int, bool]:
    return imported.added, imported.present, imported.kept


def problems(imported: ImportResult) -> list[tuple[int, str | None]]:
    return [(problem.line, problem.field) for problem in imported.problems]


class TestImports:
    @pytest.fixture
    def olga(self, storage: Storage) -> User:
        return storage.add_user("olga", Role.ORGANIZER)

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(NOW)

    @pytest.fixture
    def import_events(self, storage: Storage, clock: ManualClock) -> ImportEvents:
        return ImportEvents(storage.unit_of_work, clock, IDENTITIES)

    @pytest.fixture
    def import_attendees(self, storage: Storage, clock: ManualClock) -> ImportAttendees:
        return ImportAttendees(storage.unit_of_work, clock, IDENTITIES)

    def sold(self, storage: Storage) -> list[int]:
        page = storage.events.search(EventSearch(now=NOW), after=None, limit=100)
        return [event.tickets_sold for event in page.items]

    @pytest.mark.usefixtures("olga")
    def test_events_come_in_once(self, storage: Storage, import_events: ImportEvents) -> None:
        types = [TicketTypeForm(name="A", quantity=2), TicketTypeForm(name="B", quantity=1)]
        rows = [event_row(2, "a", ticket_types=types), event_row(3, "b", "Jazz")]
        done: list[int] = []
        options = ImportOptions(progress=done.append)

        first = import_events("OLGA", rows, options, new_categories=True)
        again = import_events("olga", [*rows, event_row(4, "c")], options)

        assert (summary(first), summary(again)) == ((2, 0, True), (1, 2, True))
        assert done == [1] * 5
        page = storage.events.search(EventSearch(now=NOW), after=None, limit=10)
        assert [event.name for event in page.items] == ["Event a", "Event b", "Event c"]
        assert [kind.name for kind in page.items[0].ticket_types] == ["A", "B"]
        assert page.items[1].category is not None
        assert page.items[1].category.slug == "jazz"
        assert page.items[0].organizer.username == "olga"

    @pytest.mark.usefixtures("olga")
    def test_one_bad_event_keeps_all_out_and_every_bad_one_is_told(
        self, storage: Storage, import_events: ImportEvents
    ) -> None:
        rows = [
            event_row(2, "a"),
            event_row(3, "b", name=" "),
            event_row(4, "a"),
            event_row(5, "c", "Nowhere"),
            event_row(6, "d", start_time=NOW - timedelta(days=1)),
            event_row(7, "x" * 101),
            event_row(8, "e", ticket_types=[TicketTypeForm(name="A", quantity=0)]),
        ]

        imported = import_events("olga", rows, ImportOptions())

        assert summary(imported) == (1, 0, False)
        assert problems(imported) == [
            (3, "name"), (4, "reference"), (5, "category"), (6, "start_time"), (7, "reference"),
            (8, "ticket_types.0.quantity"),
        ]  # fmt: skip
        assert self.sold(storage) == []
        assert storage.categories.all() == []
        skipping = import_events("olga", rows, ImportOptions(skip_bad_rows=True))
        assert summary(skipping) == (1, 0, True)
        assert len(self.sold(storage)) == 1

    @pytest.mark.usefixtures("olga")
    def test_all_problems_of_an_event_are_told_at_once(self, import_events: ImportEvents) -> None:
        rows = [
            event_row(
                2,
                "x" * 101,
                "Nowhere",
                name=" ",
                capacity=FAULTY,
                start_time=NOW - timedelta(days=1),
                visibility="secret",
                ticket_types=[TicketTypeForm(name="", quantity=0)],
                problems={"capacity": "Must be a whole number."},
            ),
            event_row(3, FAULTY, location="x" * 501, problems={"reference": "Must not be empty."}),
            event_row(4, "a"),
            event_row(5, "a", name=""),
        ]

        imported = import_events("olga", rows, ImportOptions(skip_bad_rows=True))

        assert summary(imported) == (1, 0, True)
        assert sorted(problems(imported)) == [
            (2, "capacity"), (2, "category"), (2, "name"), (2, "reference"), (2, "start_time"),
            (2, "ticket_types.0.name"), (2, "ticket_types.0.quantity"), (2, "visibility"),
            (3, "location"), (3, "reference"), (5, "name"), (5, "reference"),
        ]  # fmt: skip
        assert "Must be a whole number." in {problem.reason for problem in imported.problems}

    @pytest.mark.usefixtures("olga")
    def test_a_bad_row_creates_no_category(
        self, storage: Storage, import_events: ImportEvents
    ) -> None:
        rows = [event_row(2, "a", "Jazz", name=""), event_row(3, "b", "Rock", name="")]
        rows += [event_row(4, "c", "jazz"), event_row(5, "d", "x" * 101), event_row(6, "e", "!")]

        imported = import_events(
            "olga", rows, ImportOptions(skip_bad_rows=True), new_categories=True
        )

        assert problems(imported) == [
            (2, "name"), (3, "name"), (5, "category"), (6, "category"),
        ]  # fmt: skip
        assert [category.slug for category in storage.categories.all()] == ["jazz"]

    @pytest.mark.usefixtures("olga")
    def test_an_event_that_is_there_is_told_if_its_row_is_bad(
        self, import_events: ImportEvents
    ) -> None:
        import_events("olga", [event_row(2, "a")], ImportOptions())
        bad = event_row(2, "a", capacity=FAULTY, problems={"capacity": "Must be a whole number."})

        imported = import_events("olga", [bad], ImportOptions())

        assert summary(imported) == (0, 0, False)
        assert problems(imported) == [(2, "capacity")]

    @pytest.mark.usefixtures("olga")
    def test_a_dry_run_keeps_nothing(self, storage: Storage, import_events: ImportEvents) -> None:
        imported = import_events(
            "olga",
            [event_row(2, "a", "Jazz")],
            ImportOptions(dry_run=True, skip_bad_rows=True),
            new_categories=True,
        )

        assert summary(imported) == (1, 0, False)
        assert (self.sold(storage), storage.categories.all()) == ([], [])

    def test_imports_are_for_organizers(
        self, storage: Storage, import_events: ImportEvents, import_attendees: ImportAttendees
    ) -> None:
        storage.add_user("bob")

        with pytest.raises(NotAllowed):
            import_events("bob", [event_row(2, "a")], ImportOptions())
        with pytest.raises(InvalidValues, match="organizer"):
            import_events("nobody", [event_row(2, "a")], ImportOptions())
        with pytest.raises(NotAllowed):
            import_attendees("bob", [], ImportOptions())
        with pytest.raises(InvalidValues, match="organizer"):
            import_attendees("nobody", [], ImportOptions())

    @pytest.fixture
    def two_events(self, olga: User, import_events: ImportEvents) -> None:
        """An event without ticket types, "a"; and one with two of them, "b"."""
        types = [TicketTypeForm(name=name, quantity=2) for name in ("Adult", "Child")]
        rows = [event_row(2, "a"), event_row(3, "b", ticket_types=types)]
        import_events(olga.username.value, rows, ImportOptions())

    @pytest.mark.usefixtures("two_events")
    def test_attendees_come_in_once_each_with_a_ticket(
        self, storage: Storage, import_attendees: ImportAttendees
    ) -> None:
        rows = [
            attendee_row(2, "a", "Ada@Example.org"),
            attendee_row(3, "a", "grace@example.org"),
            attendee_row(4, "b", "ada@example.org", ticket_type="child "),
        ]

        first = import_attendees("olga", rows, ImportOptions())
        again = import_attendees(
            "olga",
            [attendee_row(2, "a", " ADA@example.ORG "), attendee_row(3, "a", "eve@example.org")],
            ImportOptions(),
        )

        assert (summary(first), summary(again)) == ((3, 0, True), (1, 1, True))
        assert self.sold(storage) == [3, 1]
        page = storage.events.search(EventSearch(now=NOW), after=None, limit=10)
        assert [kind.tickets_sold for kind in page.items[1].ticket_types] == [0, 1]

    @pytest.mark.usefixtures("two_events")
    def test_one_bad_attendee_keeps_all_out_and_every_bad_one_is_told(
        self, storage: Storage, import_attendees: ImportAttendees
    ) -> None:
        rows = [
            attendee_row(2, "a", "p1@example.org"),
            attendee_row(3, "nowhere", "p2@example.org"),
            attendee_row(4, "a", "nobody"),
            attendee_row(5, "a", "p2@example.org", name=" "),
            attendee_row(6, "a", "P1@example.org"),
            attendee_row(7, "b", "p1@example.org"),
            attendee_row(8, "b", "p2@example.org", ticket_type="Gold"),
            attendee_row(9, "a", "p3@example.org"),
            attendee_row(10, "a", "p4@example.org"),
            attendee_row(11, "a", "p5@example.org"),
        ]

        imported = import_attendees("olga", rows, ImportOptions())

        assert summary(imported) == (3, 0, False)
        assert problems(imported) == [
            (3, "event"), (4, "email"), (5, "name"), (6, "email"), (7, "ticket_type"),
            (8, "ticket_type"), (11, None),
        ]  # fmt: skip
        assert self.sold(storage) == [0, 0]
        skipping = import_attendees("olga", rows, ImportOptions(skip_bad_rows=True))
        assert summary(skipping) == (3, 0, True)
        assert self.sold(storage) == [3, 0]

    @pytest.mark.usefixtures("two_events")
    def test_all_problems_of_an_attendee_are_told_at_once(
        self, import_attendees: ImportAttendees
    ) -> None:
        rows = [
            attendee_row(2, "nowhere", "nobody", name=""),
            attendee_row(3, "b", "nobody", name="x" * 256, ticket_type="Gold"),
            attendee_row(4, "b", "nobody"),
            attendee_row(
                5, "b", FAULTY, ticket_type="Gold", problems={"email": "Must not be empty."}
            ),
            attendee_row(6, FAULTY, "nobody", name=FAULTY, problems={"event": "x", "name": "y"}),
            attendee_row(7, "a", "ada@example.org"),
            attendee_row(8, "a", "ada@example.org", name="", ticket_type="Gold"),
        ]

        imported = import_attendees("olga", rows, ImportOptions(skip_bad_rows=True))

        assert summary(imported) == (1, 0, True)
        assert sorted(problems(imported)) == [
            (2, "email"), (2, "event"), (2, "name"), (3, "email"), (3, "name"),
            (3, "ticket_type"), (4, "email"), (4, "ticket_type"), (5, "email"),
            (5, "ticket_type"), (6, "email"), (6, "event"), (6, "name"), (8, "email"),
            (8, "name"), (8, "ticket_type"),
        ]  # fmt: skip

    def test_a_person_who_has_enough_tickets_gets_no_more_by_an_import(
        self, storage: Storage, olga: User, import_attendees: ImportAttendees
    ) -> None:
        event = storage.add_event(olga, reference="a", max_per_person=1, capacity=9)
        with storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            eve = Buyer.guest(Attendee("Eve", EmailAddress("eve@example.org")))
            work.orders.add(
                loaded.sell(
                    [OrderLine(1)], buyer=eve, order_limit=1, now=NOW, identities=IDENTITIES
                )
            )
            work.commit()
        rows = [attendee_row(2, "a", "ada@example.org"), attendee_row(3, "a", "EVE@example.org")]

        imported = import_attendees("olga", rows, ImportOptions(skip_bad_rows=True))

        assert (summary(imported), problems(imported)) == ((1, 0, True), [(3, None)])
        assert storage.sold(event.id) == 2

    @pytest.mark.usefixtures("olga")
    def test_nobody_is_registered_for_the_event_of_another_organizer(
        self, storage: Storage, import_events: ImportEvents, import_attendees: ImportAttendees
    ) -> None:
        storage.add_user("otto", Role.ORGANIZER)
        import_events("olga", [event_row(2, "a")], ImportOptions())

        imported = import_attendees("otto", [attendee_row(2, "a", "a@b.org")], ImportOptions())

        assert problems(imported) == [(2, "event")]

    @pytest.mark.usefixtures("olga")
    def test_an_event_that_has_started_takes_no_attendees(
        self,
        clock: ManualClock,
        import_events: ImportEvents,
        import_attendees: ImportAttendees,
    ) -> None:
        import_events("olga", [event_row(2, "a")], ImportOptions())
        clock.advance(timedelta(days=2))

        imported = import_attendees("olga", [attendee_row(2, "a", "a@b.org")], ImportOptions())

        assert problems(imported) == [(2, None)]

    @pytest.mark.usefixtures("olga")
    def test_many_attendees_are_counted_to_the_last(
        self, storage: Storage, import_events: ImportEvents, import_attendees: ImportAttendees
    ) -> None:
        import_events("olga", [event_row(2, "a", capacity=5_000)], ImportOptions())
        rows = [attendee_row(line, "a", f"p{line}@example.org") for line in range(2, 2_503)]

        dry = import_attendees("olga", rows, ImportOptions(dry_run=True))
        assert (summary(dry), self.sold(storage)) == ((2_501, 0, False), [0])
        kept = import_attendees("olga", rows, ImportOptions())
        assert (summary(kept), self.sold(storage)) == ((2_501, 0, True), [2_501])
