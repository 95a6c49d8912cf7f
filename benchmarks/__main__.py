"""Measure how many purchases a second the served program takes, and what bounds them."""

import argparse
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import load, pgbench
from benchmarks.load import Load
from benchmarks.program import Stage, program, set_stage
from benchmarks.table import machine, table
from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import embedded_postgres

HOT, SPREAD = "purchases, one hot event", "purchases, 1,000 events"
UNCHECKED = "the same, each session asked for once"
CEILING = "the same answer without a database (the ceiling)"
PG_HOT, PG_SPREAD = "PostgreSQL alone, one hot event", "PostgreSQL alone, 1,000 events"
PG_CONNECTIONS = 8
WARM_UP = 2  # seconds
ROUNDS = 4  # of what is compared most closely


def main() -> int:
    """Run all measurements; gives an exit code that is not zero if any purchase failed."""
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
            stage = set_stage(address)
            measure(HOT, address, [stage.hot], stage.tokens)
            with program("benchmarks.unchecked", "PORT", DATABASE_URL=database_url) as unchecked:
                # In turns, since what the machine can do changes from minute to minute.
                rounds: dict[str, list[Load]] = {SPREAD: [], UNCHECKED: []}
                for _ in range(ROUNDS):
                    for name, target in ((SPREAD, address), (UNCHECKED, unchecked)):
                        measure(name, target, stage.cold, stage.tokens)
                        rounds[name].append(results[name])
                results |= {name: load.together(loads) for name, loads in rounds.items()}
            engine = make_engine(database_url, pool_size=1)
            account_for(sold, engine, options.connections)
            results |= _postgres_alone(database_url, engine, stage, options.seconds)
            version = _version(engine)
            engine.dispose()
        with program("benchmarks.ceiling", "PORT") as address:
            measure(CEILING, address, [stage.hot], stage.tokens)

    print(table(results, ceiling=CEILING))
    print(f"\n{machine(version, generator.name)}.")
    errors = sum(result.errors for result in results.values())
    if errors:
        print(f"{errors} requests failed: the figures mean nothing.", file=sys.stderr)
    return 1 if errors else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--connections", type=int, default=32, help="that send at once")
    parser.add_argument("--generator", choices=["auto", "wrk", "python"], default="auto")
    return parser.parse_args()


def account_for(sold: list[Load], engine: Engine, connections: int) -> None:
    """Make sure that every purchase that was answered 201 is in the database.

    A generator stops in the middle: up to one purchase a connection and run
    was made whose answer it did not read.

    Raises:
        RuntimeError: there is one too few, or the counts do not agree.
    """
    accepted = sum(load.accepted for load in sold)
    with engine.connect() as connection:
        # One statement, one snapshot: the last purchases may still be under way.
        query = "SELECT (SELECT count(*) FROM tickets), (SELECT sum(tickets_sold) FROM events)"
        tickets, counted = connection.execute(text(query)).one()
    if not accepted <= tickets <= accepted + len(sold) * connections or counted != tickets:
        raise RuntimeError(f"{accepted} accepted, {tickets} tickets, {counted} counted as sold")
    print(f"{accepted:,} accepted purchases are accounted for.", file=sys.stderr)


def _postgres_alone(
    database_url: str, engine: Engine, stage: Stage, seconds: int
) -> dict[str, Load]:
    program = pgbench.find()
    if program is None:
        print("pgbench is not installed: PostgreSQL alone is left out.", file=sys.stderr)
        return {}
    with engine.connect() as connection:
        query = text("SELECT min(id), max(id) FROM users WHERE role = 'user'")
        buyers = connection.execute(query).one()
    results = {}
    for name, events in ((PG_HOT, [stage.hot]), (PG_SPREAD, stage.cold)):
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
