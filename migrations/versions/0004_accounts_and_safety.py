"""Login sessions, API keys, disabled and erased accounts, and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5IGtub3dz$bm90aGluZyBoYXNoZXMgdG8gdGhpcyBhcyBvZiBub3c"
)

KEEP_AUDIT_ENTRIES = """
CREATE FUNCTION keep_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$
-- The audit trail is append-only, for the application and for a person using
-- psql. A role that can drop this trigger can forge the trail, so in production
-- the role of the application should not own the tables.
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.alter_column("users", "password_hash", nullable=True)
    op.add_column("users", _moment("disabled_at", nullable=True))
    op.add_column("users", _moment("erased_at", nullable=True))
    op.create_check_constraint(
        "users_erased_check",
        "users",
        "erased_at IS NULL OR (password_hash IS NULL AND email IS NULL AND first_name IS NULL"
        " AND last_name IS NULL AND disabled_at IS NOT NULL)",
    )
    op.create_index(
        "users_active_admins", "users", ["id"], postgresql_where=sa.text("role = 'admin'")
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "user_id",
            sa.BigInteger,
            sa.ForeignKey("users.id", ondelete="CASCADE", name="sessions_user_id_fkey"),
            nullable=False,
        ),
        sa.Column("generation", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        sa.CheckConstraint("generation > 0", name="sessions_generation_check"),
    )
    op.create_index("sessions_by_user", "sessions", ["user_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column(
            "owner_id",
            sa.BigInteger,
            sa.ForeignKey("users.id", ondelete="CASCADE", name="api_keys_owner_id_fkey"),
            nullable=False,
        ),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(16)), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        _moment("created_at"),
        _moment("expires_at", nullable=True),
        _moment("last_used_at", nullable=True),
        sa.UniqueConstraint("digest", name="api_keys_digest_key"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="api_keys_scopes_check"),
        sa.CheckConstraint("octet_length(digest) = 32", name="api_keys_digest_check"),
    )
    op.create_index("api_keys_by_owner", "api_keys", ["owner_id", "id"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _moment("at"),
        sa.Column("deed", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("api_key_id", sa.BigInteger),
        sa.Column("event_id", sa.BigInteger),
        sa.Column("order_id", sa.Uuid),
        sa.Column("account_id", sa.BigInteger),
        sa.Column("detail", sa.String(200)),
        sa.Column("address", sa.String(45)),
        sa.Column("request_id", sa.String(128)),
    )
    op.create_index("audit_entries_by_event", "audit_entries", ["event_id", "id"])
    op.create_index("audit_entries_by_actor", "audit_entries", ["actor_id", "id"])
    op.create_index("audit_entries_by_account", "audit_entries", ["account_id", "id"])
    op.create_index(
        "audit_entries_by_order",
        "audit_entries",
        ["order_id"],
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.execute(KEEP_AUDIT_ENTRIES)
    op.execute(
        "CREATE TRIGGER keep_audit_entries BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entries()"
    )


def downgrade() -> None:
    op.drop_table("audit_entries")
    op.execute("DROP FUNCTION keep_audit_entries")
    op.drop_table("api_keys")
    op.drop_table("sessions")
    op.drop_index("users_active_admins", "users")
    op.drop_constraint("users_erased_check", "users")
    op.drop_column("users", "erased_at")
    op.drop_column("users", "disabled_at")
    # No password has this hash, so nobody can sign in to an erased account.
    op.execute(f"UPDATE users SET password_hash = '{NOBODYS_HASH}' WHERE password_hash IS NULL")
    op.alter_column("users", "password_hash", nullable=False)
