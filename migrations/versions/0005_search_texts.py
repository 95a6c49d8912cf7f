"""Search texts of accounts and attendees, which ignore case and accents in every locale."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# An approximation of search_text in application/search.py, which normalizes more letters.
SEARCH_TEXT = r"""
    regexp_replace(
        normalize(replace(lower(concat_ws(E'\n', {columns})), 'ß', 'ss'), NFKD),
        '[\u0300-\u036f]', '', 'g'
    )
"""


def upgrade() -> None:
    text = sa.Text(collation="C")
    op.add_column("users", sa.Column("search_text", text, nullable=False, server_default=""))
    columns = "username, email, first_name, last_name"
    op.execute(f"UPDATE users SET search_text = {SEARCH_TEXT.format(columns=columns)}")
    op.add_column("tickets", sa.Column("search_text", text))
    # This sells and cancels no ticket, so the triggers have nothing to count.
    op.execute("ALTER TABLE tickets DISABLE TRIGGER USER")
    columns = "attendee_name, attendee_email"
    op.execute(
        f"UPDATE tickets SET search_text = {SEARCH_TEXT.format(columns=columns)}"
        " WHERE attendee_name IS NOT NULL"
    )
    op.execute("ALTER TABLE tickets ENABLE TRIGGER USER")
    op.create_check_constraint(
        "tickets_search_text_check", "tickets", "(search_text IS NULL) = (attendee_name IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("tickets", "search_text")
    op.drop_column("users", "search_text")
