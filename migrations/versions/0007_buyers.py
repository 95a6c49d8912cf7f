"""Buyers: limits per person, searches for guests, and transferred tickets told from cancelled ones.

The total of a cancelled order is nothing, as the rest of its answer says.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BATCH_SIZE = 10_000
KEY_LENGTH = 254

IS_BUYER = (
    "(buyer_id IS NULL) = (guest_email IS NOT NULL)"
    " AND (guest_email IS NULL) = (guest_name IS NULL)"
)
IS_SEARCHABLE_BUYER = f"{IS_BUYER} AND (guest_email IS NULL) = (search_text IS NULL)"

GUESTS = """
SELECT id, event_id, guest_email AS email, guest_name AS name
FROM orders
WHERE guest_email IS NOT NULL
"""
BUYERS = """
SELECT orders.id, orders.event_id, coalesce(guest_email, users.email) AS email, '' AS name
FROM orders
LEFT JOIN users ON users.id = orders.buyer_id
WHERE coalesce(guest_email, users.email) IS NOT NULL
"""
# What a transfer left behind: a cancelled ticket, and a later one issued at that moment.
MARK_TRANSFERRED = """
UPDATE tickets SET is_transferred = true
WHERE cancelled_at IS NOT NULL AND EXISTS (
    SELECT FROM tickets AS successor
    WHERE successor.event_id = tickets.event_id AND successor.order_id = tickets.order_id
      AND successor.issued_at = tickets.cancelled_at AND successor.id <> tickets.id
)
"""
SUM_OF_LIVE_TICKETS = """
UPDATE orders SET total = (
    SELECT coalesce(sum(price), 0) FROM tickets
    WHERE tickets.event_id = orders.event_id AND tickets.order_id = orders.id
      AND tickets.cancelled_at IS NULL
)
WHERE status = 'cancelled'
"""


def upgrade() -> None:
    op.add_column("events", sa.Column("max_per_person", sa.Integer))
    op.create_check_constraint("events_max_per_person_check", "events", "max_per_person > 0")
    op.add_column("orders", sa.Column("person", sa.String(64)))
    op.add_column("orders", sa.Column("search_text", sa.Text(collation="C")))
    op.add_column(
        "tickets",
        sa.Column("is_transferred", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    # This sells and cancels no ticket, so the triggers have nothing to count.
    with _without_triggers("orders"), _without_triggers("tickets"):
        _fill("search_text", GUESTS, lambda _event, email, name: _text(name, email))
        _fill("person", BUYERS, lambda event, email, _name: _person(event, email))
        op.execute("UPDATE orders SET total = 0 WHERE status = 'cancelled'")
        op.execute(MARK_TRANSFERRED)
    op.drop_constraint("orders_buyer_check", "orders")
    op.create_check_constraint("orders_buyer_check", "orders", IS_SEARCHABLE_BUYER)
    op.create_check_constraint(
        "tickets_transferred_check", "tickets", "NOT is_transferred OR cancelled_at IS NOT NULL"
    )
    op.create_index("orders_by_person", "orders", ["person"], postgresql_where="person IS NOT NULL")


def downgrade() -> None:
    op.drop_column("tickets", "is_transferred")
    op.drop_constraint("orders_buyer_check", "orders")
    op.drop_column("orders", "search_text")
    op.drop_column("orders", "person")
    op.create_check_constraint("orders_buyer_check", "orders", IS_BUYER)
    with _without_triggers("orders"):
        op.execute(SUM_OF_LIVE_TICKETS)
    op.drop_column("events", "max_per_person")


@contextmanager
def _without_triggers(table: str) -> Iterator[None]:
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _fill(column: str, query: str, compute: Callable[[int, str, str], str]) -> None:
    """Set a column of the orders that a query selects, with the event, email and name of each."""
    statement = sa.text(f"""
        UPDATE orders SET {column} = computed.value
        FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS text[])) AS computed (id, value)
        WHERE orders.id = computed.id
    """)
    for rows in _batches(query):
        values = [compute(row.event_id, row.email, row.name) for row in rows]
        op.get_bind().execute(statement, {"ids": [str(row.id) for row in rows], "values": values})


def _batches(query: str) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query in batches, by id."""
    batch = sa.text(f"{query} AND orders.id > :after ORDER BY orders.id LIMIT {BATCH_SIZE}")
    after = "00000000-0000-0000-0000-000000000000"
    while rows := op.get_bind().execute(batch, {"after": after}).all():
        yield rows
        after = str(rows[-1].id)


# Copies of Buyer.person_at in domain/order.py and of normalize in domain/values.py: a
# migration has the same result when these have changed.


def _person(event: int, email: str) -> str:
    key = unicodedata.normalize("NFKC", email.casefold())[:KEY_LENGTH]
    return sha256(f"{event} {key}".encode()).hexdigest()


def _text(*texts: str) -> str:
    return "\n".join(map(_normalize, texts))


def _normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
