"""Generated data for measurements on large databases."""

from collections.abc import Callable

from sqlalchemy import Engine, text

from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors

# The usernames are normalized already, so they are also the texts that searches match.
ACCOUNTS = text("""
    INSERT INTO users (username, username_key, search_text, password_hash, role, created_at)
    SELECT name, name, name, 'none', role, now()
    FROM generate_series(1, :count) AS number
    CROSS JOIN LATERAL (
        SELECT :role || '-' || number || '-' || :batch AS name, :role AS role
    ) AS account
    ORDER BY number
    RETURNING id
""")
NEW_CATEGORIES = text("""
    INSERT INTO categories (slug, name)
    SELECT 'category-' || number || '-' || :batch, 'Category ' || number || ' of ' || :batch
    FROM generate_series(1, :count) AS number
    ORDER BY number
    RETURNING id
""")
GENERATE = sql_file("generate_events.sql")
ORGANIZERS, BUYERS, CATEGORIES = 1_000, 10_000, 20
TICKETS_PER_STEP, EVENTS_PER_STEP = 200_000, 20_000
EXPONENT = 0.7  # of the power law


def generate_large_data(
    engine: Engine, *, events: int, tickets: int, progress: Callable[[int], object]
) -> int:
    """Add events with sales by a power law: the event of rank r sells about 1 / r**0.7 as much.

    Args:
        engine: manages transactions itself.
        events: the number of events.
        tickets: the approximate number of tickets that they sell in total.
        progress: called with the number of events that each step added.

    Returns:
        The number of tickets that were sold.
    """
    scale = tickets / sum(rank**-EXPONENT for rank in range(1, events + 1))
    sold = 0
    with storage_errors(), engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        batch = connection.execute(text("SELECT nextval('events_id_seq')")).scalar_one()
        first_organizer, first_buyer = (
            connection.execute(ACCOUNTS, {"count": count, "role": role, "batch": batch})
            .scalars()
            .all()[0]
            for role, count in (("organizer", ORGANIZERS), ("user", BUYERS))
        )
        first_category = (
            connection.execute(NEW_CATEGORIES, {"count": CATEGORIES, "batch": batch})
            .scalars()
            .all()[0]
        )
        rank = 1
        while rank <= events:
            step = min(
                events - rank + 1,
                EVENTS_PER_STEP,
                max(1, int(TICKETS_PER_STEP / (scale * rank**-EXPONENT))),
            )
            sold += connection.execute(
                GENERATE,
                {
                    "first_rank": rank,
                    "last_rank": rank + step - 1,
                    "scale": scale,
                    "exponent": EXPONENT,
                    "first_organizer": first_organizer,
                    "organizers": ORGANIZERS,
                    "first_buyer": first_buyer,
                    "buyers": BUYERS,
                    "first_category": first_category,
                    "categories": CATEGORIES,
                },
            ).rowcount
            connection.commit()
            progress(step)
            rank += step
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
    return sold
