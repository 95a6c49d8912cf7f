"""Measures searches for events on the configured database: ``python -m benchmarks.searches``.

Meant for the data of ``eventapi data generate``. Prints the time and the buffers
of PostgreSQL that the first and the hundredth page of each search take, and the
index that finds the events.
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
    """Return searches of every kind, with values from the database."""
    with engine.connect() as connection:
        slug = connection.execute(text("SELECT min(slug) FROM categories")).scalar_one()
        organizer = connection.execute(text("SELECT min(organizer_id) FROM events")).scalar_one()
    upcoming = EventSearch(now=datetime.now(UTC))
    later = upcoming.now + timedelta(days=200)
    return {
        "upcoming": upcoming,
        "upcoming, newest first": replace(upcoming, sort=EventSort.CREATED_AT_DESC),
        "upcoming, by name": replace(upcoming, sort=EventSort.NAME),
        "past, latest first": replace(upcoming, past=True, sort=EventSort.START_TIME_DESC),
        "q=jazz night": replace(upcoming, words=frozenset({"jazz", "night"})),
        "q=jazz night, by name": replace(
            upcoming, words=frozenset({"jazz", "night"}), sort=EventSort.NAME
        ),
        "q=123456, in one event": replace(upcoming, words=frozenset({"123456"})),
        "q=event, in all events": replace(upcoming, words=frozenset({"event"})),
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
    """Yield the nodes of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def cost(
    engine: Engine, search: EventSearch, after: EventPosition | None
) -> tuple[float, int, str]:
    """Return the milliseconds, the buffers and the indexes that one page takes."""
    queries = PostgresEventQueries(engine)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        queries.search(search, after=after, limit=PAGE)
        times.append((time.perf_counter() - start) * 1000)
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
    scans = [
        node
        for node in nodes(plan)
        if node["Node Type"].endswith("Seq Scan") and node["Actual Loops"]
    ]
    indexes_used = ", ".join(indexes) + "".join(
        f", sequential scan of {node['Relation Name']}"
        for node in scans
        if node["Relation Name"] != "categories"
    )
    return median(times), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], indexes_used


def main() -> None:
    """Print a table with a row for each search."""
    with provide_database(Settings.from_environment()) as settings:
        engine = make_engine(settings.database_url or "", pool_size=1)
        print("| search | first page | hundredth page | index |\n| --- | --- | --- | --- |")
        for name, search in searches(engine).items():
            queries = PostgresEventQueries(engine)
            before = queries.search(search, after=None, limit=99 * PAGE).next
            first_time, first_buffers, index = cost(engine, search, None)
            row = f"| {name} | {first_time:.1f} ms, {first_buffers} buffers |"
            if before:
                last_time, last_buffers, last_index = cost(engine, search, before)
                row += f" {last_time:.1f} ms, {last_buffers} buffers |"
                index = index if index == last_index else f"{index}; then {last_index}"
            else:
                row += " none |"
            print(f"{row} {index} |")
        engine.dispose()


if __name__ == "__main__":
    main()
