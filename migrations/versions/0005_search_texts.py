"""Search texts of accounts and attendees, which ignore case and accents in every locale."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH_SIZE = 10_000


def upgrade() -> None:
    text = sa.Text(collation="C")
    op.add_column("users", sa.Column("search_text", text, nullable=False, server_default=""))
    _fill("users", "bigint", ["username", "email", "first_name", "last_name"])
    op.add_column("tickets", sa.Column("search_text", text))
    # This sells and cancels no ticket, so the triggers have nothing to count.
    op.execute("ALTER TABLE tickets DISABLE TRIGGER USER")
    _fill("tickets", "uuid", ["attendee_name", "attendee_email"])
    op.execute("ALTER TABLE tickets ENABLE TRIGGER USER")
    op.create_check_constraint(
        "tickets_search_text_check", "tickets", "(search_text IS NULL) = (attendee_name IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("tickets", "search_text")
    op.drop_column("users", "search_text")


def _fill(table: str, id_type: str, columns: list[str]) -> None:
    """Set the search texts of the rows whose first column is not NULL."""
    statement = sa.text(f"""
        UPDATE {table} SET search_text = computed.search_text
        FROM unnest(CAST(:ids AS {id_type}[]), CAST(:texts AS text[]))
            AS computed (id, search_text)
        WHERE {table}.id = computed.id
    """)
    for rows in _batches(table, columns):
        values = {"ids": [str(row[0]) for row in rows], "texts": [_text(row[1:]) for row in rows]}
        op.get_bind().execute(statement, values)


def _batches(table: str, columns: list[str]) -> Iterator[Sequence[Any]]:
    """Yield the ids and columns of the rows whose first column is not NULL, by id."""
    id: sa.ColumnClause[Any] = sa.column("id")
    texts: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    query = sa.select(id, *texts).select_from(sa.table(table)).where(texts[0].is_not(None))
    query = query.order_by(id).limit(BATCH_SIZE)
    rows = op.get_bind().execute(query).all()
    while rows:
        yield rows
        rows = op.get_bind().execute(query.where(id > rows[-1].id)).all()


# Copies of search_text in application/search.py and of normalize in domain/values.py:
# a migration has the same result when these have changed.


def _text(texts: tuple[str | None, ...]) -> str:
    return "\n".join(_normalize(text) for text in texts if text)


def _normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
