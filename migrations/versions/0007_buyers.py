"""Buyers: limits per person, searches for guests, and transferred tickets told from cancelled ones.

The total of a cancelled order is nothing, as the rest of its answer says.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
IS_SEARCHABLE_BUYER = (
    f"{IS_BUYER} AND (guest_email IS NULL) = (guest_key IS NULL)"
    " AND (guest_email IS NULL) = (search_text IS NULL)"
)

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
    op.add_column("users", sa.Column("email_key", sa.String(KEY_LENGTH)))
    _fill("users", "bigint", ["email"], email_key=_email_key)
    op.create_index(
        "users_by_email", "users", ["email_key"], postgresql_where="email_key IS NOT NULL"
    )
    op.add_column("orders", sa.Column("guest_key", sa.String(KEY_LENGTH)))
    op.add_column("orders", sa.Column("search_text", sa.Text(collation="C")))
    op.add_column(
        "tickets",
        sa.Column("is_transferred", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    # This sells and cancels no ticket, so the triggers have nothing to count.
    with _without_triggers("orders"), _without_triggers("tickets"):
        _fill(
            "orders",
            "uuid",
            ["guest_email", "guest_name"],
            guest_key=lambda email, _name: _email_key(email),
            search_text=lambda email, name: f"{_normalize(name)}\n{_normalize(email)}",
        )
        op.execute("UPDATE orders SET total = 0 WHERE status = 'cancelled'")
        op.execute(MARK_TRANSFERRED)
    op.drop_constraint("orders_buyer_check", "orders")
    op.create_check_constraint("orders_buyer_check", "orders", IS_SEARCHABLE_BUYER)
    op.create_check_constraint(
        "tickets_transferred_check", "tickets", "NOT is_transferred OR cancelled_at IS NOT NULL"
    )
    op.create_index(
        "orders_by_guest",
        "orders",
        ["guest_key", "event_id"],
        postgresql_where="guest_key IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_column("tickets", "is_transferred")
    op.drop_constraint("orders_buyer_check", "orders")
    op.drop_column("orders", "search_text")
    op.drop_column("orders", "guest_key")
    op.create_check_constraint("orders_buyer_check", "orders", IS_BUYER)
    with _without_triggers("orders"):
        op.execute(SUM_OF_LIVE_TICKETS)
    op.drop_column("users", "email_key")
    op.drop_column("events", "max_per_person")


@contextmanager
def _without_triggers(table: str) -> Iterator[None]:
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _fill(table: str, id_type: str, sources: list[str], **targets: Callable[..., str]) -> None:
    """Set columns from others, where the first of these is not NULL."""
    names = list(targets)
    changes = ", ".join(f"{name} = computed.{name}" for name in names)
    arrays = ", ".join(f"CAST(:{name} AS text[])" for name in names)
    statement = sa.text(f"""
        UPDATE {table} SET {changes}
        FROM unnest(CAST(:ids AS {id_type}[]), {arrays}) AS computed (id, {", ".join(names)})
        WHERE {table}.id = computed.id
    """)
    for rows in _batches(table, sources):
        values = {name: [compute(*row[1:]) for row in rows] for name, compute in targets.items()}
        op.get_bind().execute(statement, {"ids": [str(row[0]) for row in rows], **values})


def _batches(table: str, columns: list[str]) -> Iterator[Sequence[Any]]:
    """Yield the ids and columns of the rows whose first column is not NULL, by id."""
    id: sa.ColumnClause[Any] = sa.column("id")
    values: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    query = sa.select(id, *values).select_from(sa.table(table)).where(values[0].is_not(None))
    query = query.order_by(id).limit(BATCH_SIZE)
    rows = op.get_bind().execute(query).all()
    while rows:
        yield rows
        rows = op.get_bind().execute(query.where(id > rows[-1].id)).all()


# Copies of EmailAddress.key and of normalize in domain/values.py: a migration has the
# same result when these have changed.


def _email_key(email: str) -> str:
    return unicodedata.normalize("NFKC", email.casefold())[:KEY_LENGTH]


def _normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
