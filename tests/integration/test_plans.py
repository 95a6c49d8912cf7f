"""On data of some size, every list and report is served by an index."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.large_data import generate_large_data
from eventapi.adapters.postgres.queries import TOP_EVENTS


@pytest.fixture(scope="module")
def large(own_url: str) -> Iterator[Engine]:
    """A database with enough events that reading them all would not pay."""
    engine = make_engine(own_url, pool_size=1)
    loader = make_engine(own_url, pool_size=1, autocommit=False)
    generate_large_data(loader, events=5_000, tickets=40_000, progress=lambda _: None)
    loader.dispose()
    yield engine
    engine.dispose()


def nodes(engine: Engine, query: Any, values: dict[str, object]) -> list[dict[str, Any]]:
    """Give the nodes of a query's plan."""
    with engine.connect() as connection:
        explained = connection.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), values).scalar_one()
    plan = json.loads(explained) if isinstance(explained, str) else explained

    def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("Plans", []):
            yield from walk(child)

    return list(walk(plan[0]["Plan"]))


def test_the_ranking_reads_the_top_of_an_index(large: Engine) -> None:
    with large.connect() as connection:
        organizer = connection.execute(text("SELECT min(organizer_id) FROM events")).scalar_one()

    for organizer_id, index in (
        (None, "events_by_sales"),
        (organizer, "events_by_organizer_and_sales"),
    ):
        plan = nodes(large, TOP_EVENTS.text, {"organizer_id": organizer_id, "limit": 3})

        assert index in {node.get("Index Name") for node in plan}
        assert "Seq Scan" not in {node["Node Type"] for node in plan}
        assert "tickets" not in {node.get("Relation Name") for node in plan}


def test_the_made_up_sales_are_counted(large: Engine) -> None:
    with large.connect() as connection:
        sold, counted = connection.execute(
            text("SELECT (SELECT sum(tickets_sold) FROM events), (SELECT count(*) FROM tickets)")
        ).one()
    assert sold == counted
    assert abs(counted - 40_000) < 2_500
