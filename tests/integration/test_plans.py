"""Every list and report is served by an index, on data of some size."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from eventapi.adapters.postgres import PostgresEventQueries, make_engine
from eventapi.adapters.postgres.event_queries import TOP_EVENTS
from eventapi.adapters.postgres.event_search import search_statement
from eventapi.adapters.postgres.large_data import generate_large_data
from eventapi.application.search import EventSearch, EventSort
from eventapi.application.views import EventPosition

pytestmark = pytest.mark.slow

EVENTS, TICKETS = 60_000, 100_000


@pytest.fixture(scope="module")
def large(own_url: str) -> Iterator[Engine]:
    """A database with enough events that an index is cheaper than reading all of them."""
    engine = make_engine(own_url, pool_size=1)
    loader = make_engine(own_url, pool_size=1, autocommit=False)
    generate_large_data(loader, events=EVENTS, tickets=TICKETS, progress=lambda _: None)
    loader.dispose()
    yield engine
    engine.dispose()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def fully_read_tables(plan: dict[str, Any]) -> set[str]:
    """Return the tables that a plan reads completely, except for categories, which are few.

    Nodes that were not executed do not count.
    """
    scanned = {
        node["Relation Name"]
        for node in nodes(plan)
        if node["Node Type"].endswith("Seq Scan") and node.get("Actual Loops", 1)
    }
    return scanned - {"categories"}


def test_the_ranking_reads_the_top_of_an_index(large: Engine) -> None:
    with large.connect() as connection:
        organizer = connection.execute(text("SELECT min(organizer_id) FROM events")).scalar_one()

        for organizer_id, index in (
            (None, "events_by_sales"),
            (organizer, "events_by_organizer_and_sales"),
        ):
            explained = connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {TOP_EVENTS.compile(large)}",
                {"organizer_id": organizer_id, "limit": 3},
            ).scalar_one()
            plan = explained[0]["Plan"]

            assert index in {node.get("Index Name") for node in nodes(plan)}
            assert not fully_read_tables(plan)
            assert "tickets" not in {node.get("Relation Name") for node in nodes(plan)}


def explain(
    engine: Engine, search: EventSearch, *, after: EventPosition | None = None
) -> dict[str, Any]:
    """Run a search as the application does, and return its plan with the pages it read."""
    statement = search_statement(search, after=after, limit=21).compile(engine)
    with engine.connect() as connection:
        explained = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}",
            {name: statement.params[name] for name in statement.params},
        ).scalar_one()
    plan: dict[str, Any] = explained[0]["Plan"]
    return plan


def pages_read(plan: dict[str, Any]) -> int:
    """Return the number of database pages that a plan read."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def words(*texts: str) -> frozenset[str]:
    return frozenset(texts)


NOW = datetime.now(UTC)  # the data is generated relative to the present
SEARCHES: dict[str, dict[str, Any]] = {
    "upcoming": {},
    "past": {"past": True},
    "by words": {"words": words("jazz", "night")},
    "by a rare word": {"words": words("12345")},
    "by a word of every event": {"words": words("event")},
    "by words of none": {"words": words("nowhere", "nothing")},
    "by location": {"location": words("oslo")},
    "by a narrow location": {"location": words("hall", "17", "berlin")},
    "by category": {"category": "first"},
    "by a category that is not there": {"category": "none"},
    "by organizer": {"organizer": "first"},
    "by an organizer who is not there": {"organizer": 10**15},
    "mine": {"owner": "first"},
    "available": {"available": True},
    "after": {"starts_after": NOW + timedelta(days=300)},
    "before": {"starts_before": NOW + timedelta(days=3)},
    "within": {
        "starts_after": NOW + timedelta(days=200),
        "starts_before": NOW + timedelta(days=201),
    },
    "within nothing": {
        "starts_after": NOW + timedelta(days=5000),
        "starts_before": NOW + timedelta(days=5001),
    },
    "everything at once": {
        "words": words("jazz"),
        "location": words("oslo"),
        "category": "first",
        "available": True,
        "starts_after": NOW + timedelta(days=10),
        "starts_before": NOW + timedelta(days=300),
    },
}


def search_of(engine: Engine, said: dict[str, Any], sort: EventSort) -> EventSearch:
    """Return a search, with the first category and organizer of the data for ``first``."""
    firsts = {
        "category": "SELECT slug FROM categories ORDER BY id LIMIT 1",
        "organizer": "SELECT min(organizer_id) FROM events",
        "owner": "SELECT min(organizer_id) FROM events",
    }
    with engine.connect() as connection:
        settled = {
            name: connection.execute(text(firsts[name])).scalar_one() if value == "first" else value
            for name, value in said.items()
        }
    return EventSearch(now=datetime.now(UTC), sort=sort, **settled)


@pytest.mark.parametrize("sort", EventSort)
@pytest.mark.parametrize("said", SEARCHES.values(), ids=SEARCHES.keys())
def test_no_search_reads_all_events(large: Engine, said: dict[str, Any], sort: EventSort) -> None:
    plan = explain(large, search_of(large, said, sort))

    assert not fully_read_tables(plan)


@pytest.mark.parametrize("sort", EventSort)
@pytest.mark.parametrize("wanted", [("science", "festival"), ("chess", "fair"), ("12345",)])
def test_what_stands_at_the_far_end_of_a_list_is_not_walked_to(
    large: Engine, wanted: tuple[str, ...], sort: EventSort
) -> None:
    plan = explain(large, search_of(large, {"words": words(*wanted)}, sort))

    in_order = [
        node
        for node in nodes(plan)
        if node.get("Index Name") in {"events_by_start", "events_by_created", "events_by_name"}
    ]
    assert in_order
    for node in in_order:
        assert node["Actual Rows"] * node["Actual Loops"] <= 2_000


@pytest.mark.parametrize("sort", EventSort)
@pytest.mark.parametrize("name", ["upcoming", "by category", "by location", "available"])
def test_the_hundredth_page_costs_what_the_first_does(
    large: Engine, name: str, sort: EventSort
) -> None:
    search = search_of(large, SEARCHES[name], sort)
    pages = PostgresEventQueries(large)
    first = pages_read(explain(large, search))
    last_of_99 = pages.search(search, after=None, limit=99 * 20)
    assert last_of_99.next, "there are fewer than a hundred pages"

    hundredth = pages_read(explain(large, search, after=last_of_99.next))

    assert hundredth < 2 * first + 100, (first, hundredth)


def test_the_made_up_sales_are_counted(large: Engine) -> None:
    with large.connect() as connection:
        sold, counted = connection.execute(
            text("SELECT (SELECT sum(tickets_sold) FROM events), (SELECT count(*) FROM tickets)")
        ).one()
    assert sold == counted
    assert abs(counted - TICKETS) < TICKETS / 1000
