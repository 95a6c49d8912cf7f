"""The table of the memory adapter: copies, unique keys, indexes, undo and pages."""

import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapi.adapters.memory.table import Table, atomic, page_of


@dataclass
class Person:
    id: int
    name: str
    town: str = "Oslo"
    tags: list[str] = field(default_factory=list)


class NameTaken(Exception):
    pass


class People(Table[int, Person]):
    def __init__(self) -> None:
        self.mutex = RLock()
        super().__init__(self.mutex)
        self.by_name = self.index(lambda person: [person.name], NameTaken)
        self.by_town = self.index(lambda person: [person.town] if person.town else [])
        self.by_tag = self.index(lambda person: person.tags, NameTaken)


@pytest.fixture
def people() -> People:
    table = People()
    table.put(Person(1, "ada"))
    table.put(Person(2, "bob"))
    table.keep()
    return table


def names(rows: list[Person]) -> list[str]:
    return [row.name for row in rows]


def test_a_row_is_copied_on_its_way_in(people: People) -> None:
    eve = Person(3, "eve", tags=["a"])

    people.put(eve)
    eve.tags.append("b")

    assert people[3].tags == ["a"]


def test_a_loaded_row_is_a_copy(people: People) -> None:
    loaded = people.load(1)
    assert loaded is not None

    loaded.tags.append("a")

    assert people[1].tags == []
    assert people.load(9) is None


def test_a_row_that_was_read_stays_as_it_was(people: People) -> None:
    read = people[1]

    people.put(Person(1, "ada", tags=["a"]))

    assert read.tags == []
    assert people[1].tags == ["a"]


def test_a_row_that_does_not_exist_is_none_or_a_key_error(people: People) -> None:
    people.replace(Person(9, "eve"))
    people.delete(Person(9, "eve"))

    assert people.get(9) is None
    with pytest.raises(KeyError):
        people[9]


def test_rows_are_found_by_the_keys_of_an_index(people: People) -> None:
    people.put(Person(3, "eve", town=""))

    assert names(people.by_town.all("Oslo")) == ["ada", "bob"]
    assert people.by_town.all("") == people.by_town.all("Rome") == []
    assert people.by_name.get("bob") == people[2]
    assert people.by_name.get("zoe") is None


def test_an_index_follows_its_rows(people: People) -> None:
    people.put(Person(1, "ada", town="Rome"))
    people.delete(people[2])

    assert names(people.by_town.all("Rome")) == ["ada"]
    assert people.by_town.all("Oslo") == []
    assert names(people.all()) == ["ada"]


def test_a_row_keeps_its_place_when_it_is_replaced(people: People) -> None:
    people.put(Person(1, "zoe"))

    assert names(people.by_town.all("Oslo")) == names(people.all()) == ["zoe", "bob"]


@pytest.mark.parametrize("change", [
    lambda people: people.put(Person(3, "ada")),
    lambda people: people.put(Person(2, "ada")),
    lambda people: people.put(Person(3, "eve", tags=["a", "a"])),
])  # fmt: skip
def test_a_duplicate_key_raises_its_error_and_changes_nothing(
    people: People, change: Callable[[People], None]
) -> None:
    with pytest.raises(NameTaken):
        change(people)

    assert names(people.all()) == ["ada", "bob"]
    assert people.changes() == []


def test_a_row_is_added_without_a_copy_of_the_other_rows_of_its_keys(people: People) -> None:
    for number in range(3, 3000):
        people.put(Person(number, f"person-{number}"))

    tracemalloc.start()
    try:
        people.put(Person(3000, "eve"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 50_000  # bytes


def test_a_key_is_free_again_when_its_row_has_another_or_is_deleted(people: People) -> None:
    people.put(Person(1, "zoe"))
    people.put(Person(3, "ada"))
    people.delete(people[2])
    people.put(Person(4, "bob"))

    assert names(people.all()) == ["zoe", "ada", "bob"]


def test_changes_are_what_a_row_was_and_what_it_is(people: People) -> None:
    people.put(Person(1, "zoe"))
    people.put(Person(1, "eve"))
    people.delete(people[2])
    people.put(Person(3, "bob"))

    assert people.changes() == [
        (Person(1, "ada"), Person(1, "eve")),
        (Person(2, "bob"), None),
        (None, Person(3, "bob")),
    ]


def test_an_error_undoes_the_changes_of_all_tables(people: People) -> None:
    others = People()

    with pytest.raises(NameTaken), atomic(people.mutex, people, others):
        others.put(Person(1, "ada"))
        people.put(Person(1, "bea"))
        people.put(Person(1, "cy"))
        people.delete(people[2])
        people.put(Person(3, "cy"))

    assert sorted(names(people.all())) == ["ada", "bob"]
    assert people.by_name.get("cy") is None
    assert others.all() == []
    assert people.changes() == others.changes()


def test_what_was_kept_is_not_undone(people: People) -> None:
    with atomic(people.mutex, people):
        people.put(Person(3, "eve"))
    with pytest.raises(NameTaken), atomic(people.mutex, people):
        people.put(Person(4, "eve"))

    assert names(people.all()) == ["ada", "bob", "eve"]


def test_a_reader_sees_no_change_that_may_be_undone(people: People) -> None:
    seen: list[list[str]] = []
    reader = threading.Thread(target=lambda: seen.append(names(people.by_town.all("Oslo"))))

    with atomic(people.mutex, people):
        people.put(Person(3, "eve"))
        reader.start()
        reader.join(0.05)
        assert seen == []
        people.put(Person(4, "zoe"))
    reader.join(10)

    assert seen == [["ada", "bob", "eve", "zoe"]]


persons = st.builds(Person, st.integers(1, 4), st.sampled_from("abcd"), st.sampled_from("xyz"))
changes = st.lists(persons | st.integers(1, 4), max_size=12)


@given(kept=changes, undone=changes)
def test_after_an_undo_all_rows_and_indexes_are_as_before(
    kept: list[Person | int], undone: list[Person | int]
) -> None:
    def make(changes: list[Person | int]) -> None:
        for change in changes:
            if isinstance(change, int):
                table.delete(Person(change, ""))
                continue
            try:
                table.put(change)
            except NameTaken:
                taken = table.by_name.get(change.name)
                assert taken is not None
                assert taken.id != change.id

    def state() -> list[list[Person]]:
        rows = [table.all(), *map(table.by_name.all, "abcd"), *map(table.by_town.all, "xyz")]
        return [sorted(found, key=lambda row: row.id) for found in rows]

    table = People()
    make(kept)
    table.keep()
    before = state()
    make(undone)
    table.undo()

    assert state() == before
    for name in "abcd":
        assert table.by_name.all(name) == [row for row in table.all() if row.name == name]


@given(st.lists(st.integers(0, 50), unique=True), st.integers(1, 7), st.booleans())
def test_pages_show_each_row_once_and_in_order(
    numbers: list[int],
    limit: int,
    descending: bool,  # noqa: FBT001 - made up by hypothesis
) -> None:
    seen: list[str] = []
    after: int | None = None
    while True:
        page = page_of(numbers, str, after, limit, key=int, descending=descending)
        assert len(page.items) <= limit
        seen += page.items
        after = page.next
        if after is None:
            break

    assert seen == [str(number) for number in sorted(numbers, reverse=descending)]
