"""Searches of generated texts have the same results, in the same order, on memory and PostgreSQL."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from eventapi.adapters.memory import (
    MemoryCategoryQueries,
    MemoryDatabase,
    MemoryEventQueries,
    MemoryOrderQueries,
    MemoryUnitOfWork,
    MemoryUserQueries,
)
from eventapi.application.event_catalog import EventFilter, ListEvents
from eventapi.application.ports.accounts import UserSearch
from eventapi.application.search import EventSort, PersonSearch, search_term
from eventapi.application.views import AttendeeView, Page
from eventapi.domain.event import OrderLine
from eventapi.domain.event_details import EventDetails
from eventapi.domain.order import Buyer
from eventapi.domain.user import Profile, Role
from eventapi.domain.values import Attendee, EmailAddress, normalize
from eventapi.testing import ManualClock
from tests import builders
from tests.builders import IDENTITIES, NOW
from tests.contracts.storage.harness import Storage, sell_to
from tests.integration.test_postgres_storage import storage_on

ALPHABETS = [
    "abcXYZ",
    "0123456789٣५Ⅷ½²",
    "éÉèÈüÜñÑåÅÅøØłŁđĐæÆœŒßẞſİıŉǆǅŐẠﬁ",
    "αάΑσςΣωΏΩϐ",
    "жЖйЙёЁіІґ",
    "日本語東京ガガカ゛",
    "กรุงเทพมหานคร",
    "हिन्दीकार्यक्रम",
    "عربيالمهرجان",
    "한국어각",
    "ႠააᲐᏣꭳ𐐀𐐨",
    "ＡｂＣ１",
    "🎷🎪👩🏽‍🎤",
]
# Letters whose case mapping depends on the language, the position in the word or the library.
WORDS = ["İstanbul", "ISPARTA", "ısparta", "ΟΔΥΣΣΕΥΣ", "Οδυσσεύς", "Straße", "STRASSE", "ﬁnale"]
MARKS = ["", "", "", "\u0301", "\u0308", "\u0307", "\u0327\u0323", "\u200d", "\ufe0f"]
SEPARATORS = [" ", " ", "-", ", ", "@", "_", "'", "%", "\\", "{", "}", '"', "\u00a0", "\u3000", "·"]

letters = st.one_of(*(st.sampled_from(alphabet) for alphabet in ALPHABETS))
marked = st.builds(str.__add__, letters, st.sampled_from(MARKS))
words = st.one_of(
    st.sampled_from(WORDS),
    st.builds(str.__add__, st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=8)),
    st.lists(marked, min_size=1, max_size=6).map("".join),
    st.builds(lambda letter, length: letter * length, letters, st.integers(60, 80)),
    st.builds(lambda word, tail: "y" * 62 + word + tail, letters, st.sampled_from(["", "a", "ab"])),
)
printable = st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"])
texts = st.one_of(
    st.lists(st.tuples(words, st.sampled_from(SEPARATORS)).map("".join), min_size=1, max_size=3)
    .map("".join)
    .map(lambda text: text[:140]),
    st.text(printable, min_size=1, max_size=12),
).filter(str.strip)

VARIANTS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    str.title,
    str.swapcase,
    str.casefold,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode(),
    lambda text: f"@{text}",
]

often = st.integers(0, 3).map(bool)


@st.composite
def queries(draw: st.DrawFn, sources: Sequence[str]) -> str:
    """Draw variants of parts of the texts, and sometimes of other texts."""
    source = draw(st.sampled_from(sources or ["x"]) if draw(often) else texts)
    part = draw(st.sampled_from(source.split() or [source]) if draw(often) else st.just(source))
    if not draw(often):
        begin, end = draw(st.sampled_from([0, 1, 2])), draw(st.sampled_from([1, 2, 63, 64, 65, -1]))
        part = part[begin:end]
    return draw(st.sampled_from(VARIANTS))(part)[:200] or "x"


@dataclass
class Texts:
    """The texts of an event, and the number of days until it starts."""

    name: str
    description: str
    location: str
    days: int

    @property
    def details(self) -> EventDetails:
        return builders.details(
            name=self.name,
            description=self.description,
            location=self.location,
            start=NOW + timedelta(days=self.days),
        )


events = st.lists(
    st.builds(
        Texts,
        name=texts,
        description=st.just("") | texts | st.builds("{}\n{}".format, texts, texts),
        location=st.just("") | texts,
        days=st.integers(1, 3),
    ),
    min_size=1,
    max_size=4,
)
names = st.none() | texts
addresses = st.none() | st.builds(
    lambda text: EmailAddress("".join(text.replace("@", "").split())[:60] + "x@Example.org"), texts
)
people = st.lists(st.builds(Attendee, texts, addresses) | st.none(), min_size=1, max_size=5)
profiles = st.lists(
    st.builds(Profile, email=addresses, first_name=names, last_name=names), min_size=1, max_size=4
)
limits = st.sampled_from([1, 2, 9])

Find = Callable[..., list[Any]]
"""Runs a search on one storage, and returns a result that does not depend on ids."""


@pytest.fixture
def storages(engine: Engine) -> list[Storage]:
    database = MemoryDatabase()
    memory = Storage(
        unit_of_work=partial(MemoryUnitOfWork, database),
        users=MemoryUserQueries(database),
        categories=MemoryCategoryQueries(database),
        events=MemoryEventQueries(database),
        orders=MemoryOrderQueries(database),
    )
    return [memory, storage_on(engine)]


def agreed(finds: list[Find]) -> Find:
    """Return a search on both storages that fails if the results differ."""

    def find(*args: Any) -> list[Any]:
        memory, postgres = (find(*args) for find in finds)
        assert memory == postgres
        return memory

    return find


def walk(page_after: Callable[[Any], Page[Any, Any]]) -> Iterator[Any]:
    """Yield the items of all pages of a list."""
    page = page_after(None)
    yield from page.items
    while page.next is not None:
        page = page_after(page.next)
        yield from page.items


# The database is not emptied between examples. Each example has an organizer, accounts
# and an event of its own, and searches only for these.
numbers = count(1)
many_examples = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@many_examples
@given(data=st.data(), drawn=events)
def test_events_are_found_by_the_same_words_in_the_same_order(
    storages: list[Storage], data: st.DataObject, drawn: list[Texts]
) -> None:
    number = next(numbers)

    def make(storage: Storage) -> Find:
        olga = storage.add_user(f"olga-{number}", Role.ORGANIZER)
        ids = []
        with storage.unit_of_work() as work:
            for one in drawn:
                event = builders.event(id=work.events.next_id(), organizer_id=olga.id)
                event.details = one.details
                work.events.add(event)
                ids.append(event.id)
            work.commit()
        list_events = ListEvents(storage.events, ManualClock(NOW))

        def find(limit: int, wanted: dict[str, Any]) -> list[int]:
            search = EventFilter(organizer=olga.id, **wanted)
            found = walk(lambda after: list_events(None, search, after=after, limit=limit))
            return [ids.index(event.id) for event in found]

        return find

    find = agreed([make(storage) for storage in storages])
    parts = [text for one in drawn for text in (one.name, one.description, one.location) if text]
    searches = st.fixed_dictionaries(
        {"sort": st.sampled_from([None, *EventSort])},
        optional={"q": queries(parts), "location": queries(parts)},
    )
    for _ in range(4):
        find(data.draw(limits, "limit"), data.draw(searches, "search"))
    for place, one in enumerate(drawn):
        if any(map(str.isalnum, normalize(one.name))):
            assert place in find(9, {"q": one.name})


@many_examples
@given(data=st.data(), named=people)
def test_attendees_and_guests_are_found_by_the_same_parts_of_their_names(
    storages: list[Storage], data: st.DataObject, named: list[Attendee | None]
) -> None:
    number = next(numbers)

    def make(storage: Storage) -> Find:
        buyer = storage.add_user(f"buyer-{number}")
        event_id = storage.add_event(buyer).id
        with storage.unit_of_work() as work:
            event = work.events.get_for_update(event_id)[event_id]
            order = sell_to(event, buyer, len(named))
            for ticket, attendee in zip(order.tickets, named, strict=True):
                ticket.attendee = attendee
            work.orders.add(order)
            for guest in filter(None, named):
                if guest.email:
                    work.orders.add(
                        event.sell(
                            [OrderLine(1)],
                            buyer=Buyer.guest(guest),
                            order_limit=1,
                            now=NOW,
                            identities=IDENTITIES,
                        )
                    )
            work.commit()

        def find(limit: int, q: str | None) -> list[AttendeeView | str | None]:
            search = PersonSearch.parse(q)
            attendees = partial(storage.orders.attendees, event_id, search=search, limit=limit)
            orders = partial(storage.orders.of_event, event_id, search=search, limit=limit)
            return [
                *(found.ticket.attendee for found in walk(lambda after: attendees(after=after))),
                *(order.buyer.name for order in walk(lambda before: orders(before=before))),
            ]

        return find

    find = agreed([make(storage) for storage in storages])
    parts = [str(part) for one in named if one for part in (one.name, one.email) if part]
    guests = [one for one in named if one and one.email]
    assert len(find(2, None)) == len(named) + len(guests) + 1 + len(guests)
    for _ in range(4):
        find(data.draw(limits, "limit"), data.draw(queries(parts), "q"))
    for part in filter(search_term, parts):  # of some signs nothing is left to search for
        assert find(9, part)


@many_examples
@given(data=st.data(), profiles=profiles)
def test_accounts_are_found_by_the_same_parts_of_their_names(
    storages: list[Storage], data: st.DataObject, profiles: list[Profile]
) -> None:
    number = next(numbers)

    def make(storage: Storage) -> Find:
        begin = storage.add_user(f"before-{number}").id
        with storage.unit_of_work() as work:
            for place, profile in enumerate(profiles):
                user = builders.user(id=work.users.next_id(), username=f"Üser-{number}-{place}")
                user.update_profile(profile, now=NOW)
                work.users.add(user)
            work.commit()

        def find(limit: int, q: str | None) -> list[str]:
            search = partial(storage.users.search, UserSearch(q=q), limit=limit)
            return [user.username for user in walk(lambda after: search(after=after or begin))]

        return find

    find = agreed([make(storage) for storage in storages])
    fields = ("email", "first_name", "last_name")
    values = [getattr(profile, name) for profile in profiles for name in fields]
    parts = ["Üser", *map(str, filter(None, values))]
    assert len(find(2, "uSER")) == len(profiles)
    for _ in range(4):
        find(data.draw(limits, "limit"), data.draw(queries(parts), "q"))
    for part in filter(search_term, parts):  # of some signs nothing is left to search for
        assert find(9, part)
