"""What each search for events costs: ``python -m benchmarks.searches``, on the database configured.

Meant for what ``eventapi data generate`` makes. Prints, for each search, the
time and the pages of the database that its first and its hundredth page took,
and by which index they were found.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Engine, text

from eventapi.adapters.postgres import PostgresEventQueries, make_engine
from eventapi.adapters.postgres.event_search import search_statement
from eventapi.application.search import EventSearch, EventSort
from eventapi.application.views import EventPosition
from eventapi.domain.values import UserId
from eventapi.entrypoints.bootstrap import provide_database
from eventapi.entrypoints.settings import Settings

PAGE = 20
RUNS = 7


def searches(engine: Engine) -> dict[str, EventSearch]:
    """Give searches of every kind, for what is in the database."""
    with engine.connect() as connection:
        slug = connection.execute(text("SELECT min(slug) FROM categories")).scalar_one()
        organizer = connection.execute(text("SELECT min(organizer_id) FROM events")).scalar_one()
    upcoming = EventSearch(now=datetime.now(UTC))
    later = upcoming.now + timedelta(days=200)
    return {
        "upcoming": upcoming,
        "upcoming, newest first": replace(upcoming, sort=EventSort.CREATED_AT_DESC),
        "upcoming, by name": replace(upcoming, sort=EventSort.NAME),
        "past, the last one first": replace(upcoming, past=True, sort=EventSort.START_TIME_DESC),
        "q=jazz night": replace(upcoming, words=frozenset({"jazz", "night"})),
        "q=jazz night, by name": replace(
            upcoming, words=frozenset({"jazz", "night"}), sort=EventSort.NAME
        ),
        "q=123456, which one event has": replace(upcoming, words=frozenset({"123456"})),
        "q=event, which all have": replace(upcoming, words=frozenset({"event"})),
        "location=oslo": replace(upcoming, location=frozenset({"oslo"})),
        "location=hall 17 berlin": replace(upcoming, location=frozenset({"hall", "17", "berlin"})),
        "category": replace(upcoming, category=slug),
        "category, by name": replace(upcoming, category=slug, sort=EventSort.NAME),
        "organizer": replace(upcoming, organizer=UserId(organizer)),
        "mine": replace(upcoming, owner=UserId(organizer)),
        "available": replace(upcoming, available=True),
        "starts_after in 200 days": replace(upcoming, starts_after=later),
        "starts_before in 200 days, by name": replace(
            upcoming, starts_before=later, sort=EventSort.NAME
        ),
        "q, location, category, available, starts_after": replace(
            upcoming,
            words=frozenset({"jazz"}),
            location=frozenset({"oslo"}),
            category=slug,
            available=True,
            starts_after=later,
        ),
    }


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the nodes of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def cost(
    engine: Engine, search: EventSearch, after: EventPosition | None
) -> tuple[float, int, str]:
    """Give the milliseconds, the pages and the index of events that one page takes."""
    queries = PostgresEventQueries(engine)
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        queries.search(search, after=after, limit=PAGE)
        times.append((time.perf_counter() - begin) * 1000)
    statement = search_statement(search, after=after, limit=PAGE + 1).compile(engine)
    with engine.connect() as connection:
        explained = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", dict(statement.params)
        ).scalar_one()
    plan = explained[0]["Plan"]
    indexes = sorted(
        {
            node["Index Name"]
            for node in nodes(plan)
            if str(node.get("Index Name", "")).startswith("events_") and node["Actual Loops"]
        }
    )
    seen = [
        node
        for node in nodes(plan)
        if node["Node Type"].endswith("Seq Scan") and node["Actual Loops"]
    ]
    found_by = ", ".join(indexes) + "".join(
        f", all of {node['Relation Name']}"
        for node in seen
        if node["Relation Name"] != "categories"
    )
    return median(times), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], found_by


def main() -> None:
    """Print a row for each search."""
    with provide_database(Settings.from_environment()) as settings:
        engine = make_engine(settings.database_url or "", pool_size=1)
        print("| search | first page | hundredth page | index |\n| --- | --- | --- | --- |")
        for name, search in searches(engine).items():
            queries = PostgresEventQueries(engine)
            before = queries.search(search, after=None, limit=99 * PAGE).next
            first_time, first_pages, index = cost(engine, search, None)
            row = f"| {name} | {first_time:.1f} ms, {first_pages} pages |"
            if before:
                last_time, last_pages, last_index = cost(engine, search, before)
                row += f" {last_time:.1f} ms, {last_pages} pages |"
                index = index if index == last_index else f"{index}; then {last_index}"
            else:
                row += " there is none |"
            print(f"{row} {index} |")
        engine.dispose()


if __name__ == "__main__":
    main()
