"""Measures how many purchases per second the program accepts, and its limits."""

import argparse
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import load, pgbench
from benchmarks.load import Load
from benchmarks.program import Fixture, create_fixture, program
from benchmarks.table import machine, table
from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import embedded_postgres

HOT, SPREAD = "purchases, one hot event", "purchases, 1,000 events"
CACHED = "purchases, 1,000 events, sessions looked up once"
CEILING = "the same response without a database (ceiling)"
PG_HOT, PG_SPREAD = "PostgreSQL alone, one hot event", "PostgreSQL alone, 1,000 events"
PG_CONNECTIONS = 8
WARM_UP = 2  # seconds
ROUNDS = 4  # of the two measurements that are compared most closely


def main() -> int:
    """Run all measurements; return a non-zero exit code if a purchase failed."""
    options = _options()
    generator = load.choose(options.generator)
    results: dict[str, Load] = {}

    def measure(name: str, address: str, events: list[int], tokens: list[str]) -> None:
        print(f"measuring: {name} …", file=sys.stderr, flush=True)
        for seconds in (WARM_UP, options.seconds):
            results[name] = generator.run(
                address, events, tokens, seconds=seconds, connections=options.connections
            )
            sold.append(results[name])

    sold: list[Load] = []
    with tempfile.TemporaryDirectory(prefix="eventapi-bench-") as folder:
        with (
            program("eventapi", "serve", "--port", "PORT", EVENTAPI_DATA_DIR=folder) as address,
            embedded_postgres(Path(folder)) as database_url,
        ):
            fixture = create_fixture(address)
            measure(HOT, address, [fixture.hot], fixture.tokens)
            with program("benchmarks.cached_sessions", "PORT", DATABASE_URL=database_url) as cached:
                # Alternating, as the speed of the machine varies from minute to minute.
                rounds: dict[str, list[Load]] = {SPREAD: [], CACHED: []}
                for _ in range(ROUNDS):
                    for name, target in ((SPREAD, address), (CACHED, cached)):
                        measure(name, target, fixture.cold, fixture.tokens)
                        rounds[name].append(results[name])
                results |= {name: load.combine(loads) for name, loads in rounds.items()}
            engine = make_engine(database_url, pool_size=1)
            check_accounts(sold, engine, options.connections)
            results |= _postgres_alone(database_url, engine, fixture, options.seconds)
            version = _version(engine)
            engine.dispose()
        with program("benchmarks.ceiling", "PORT") as address:
            measure(CEILING, address, [fixture.hot], fixture.tokens)

    print(table(results, ceiling=CEILING))
    print(f"\n{machine(version, generator.name)}.")
    errors = sum(result.errors for result in results.values())
    if errors:
        print(f"{errors} requests failed: the figures are not valid.", file=sys.stderr)
    return 1 if errors else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="duration of each measurement")
    parser.add_argument(
        "--connections", type=int, default=32, help="number of concurrent connections"
    )
    parser.add_argument("--generator", choices=["auto", "wrk", "python"], default="auto")
    return parser.parse_args()


def check_accounts(sold: list[Load], engine: Engine, connections: int) -> None:
    """Check that every purchase that was answered with 201 is in the database.

    A generator stops while requests are open, so for each connection and run
    there may be one more purchase, whose answer it did not read.

    Raises:
        RuntimeError: purchases are missing, or the counts do not agree.
    """
    accepted = sum(load.accepted for load in sold)
    with engine.connect() as connection:
        # One statement, so one snapshot: the last purchases may still be running.
        query = "SELECT (SELECT count(*) FROM tickets), (SELECT sum(tickets_sold) FROM events)"
        tickets, counted = connection.execute(text(query)).one()
    if not accepted <= tickets <= accepted + len(sold) * connections or counted != tickets:
        raise RuntimeError(f"{accepted} accepted, {tickets} tickets, {counted} counted as sold")
    print(f"All {accepted:,} accepted purchases are in the database.", file=sys.stderr)


def _postgres_alone(
    database_url: str, engine: Engine, fixture: Fixture, seconds: int
) -> dict[str, Load]:
    program = pgbench.find()
    if program is None:
        print("pgbench is not installed: PostgreSQL alone is not measured.", file=sys.stderr)
        return {}
    with engine.connect() as connection:
        query = text("SELECT min(id), max(id) FROM users WHERE role = 'user'")
        buyers = connection.execute(query).one()
    results = {}
    for name, events in ((PG_HOT, [fixture.hot]), (PG_SPREAD, fixture.cold)):
        print(f"measuring: {name} …", file=sys.stderr, flush=True)
        script = pgbench.sale_script(min(events), max(events), *buyers)
        results[name] = pgbench.run(
            program, database_url, script, seconds=seconds, connections=PG_CONNECTIONS
        )
    return results


def _version(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SHOW server_version")).scalar_one())


if __name__ == "__main__":
    sys.exit(main())
