"""Plain names: audit_entries.deed becomes action, the table sessions becomes login_sessions.

Four actions of the audit trail get the names that the API uses.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RENAMED_ACTIONS = {
    "account.registered": "account.created",
    "api_key.made": "api_key.created",
    "category.made": "category.created",
    "session.begun": "session.started",
}

# PostgreSQL does not rename constraints with their table or column. From version 18 on,
# these include NOT NULL constraints.
RENAME_CONSTRAINTS = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = '{table}'::regclass AND conname LIKE '{old}\\_%'
    LOOP
        EXECUTE format(
            'ALTER TABLE {table} RENAME CONSTRAINT %I TO %I', name,
            '{new}' || substr(name, length('{old}') + 1)
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.rename_table("sessions", "login_sessions")
    op.execute("ALTER INDEX sessions_by_user RENAME TO login_sessions_by_user")
    _rename_constraints("login_sessions", "sessions", "login_sessions")
    op.alter_column("audit_entries", "deed", new_column_name="action")
    _rename_constraints("audit_entries", "audit_entries_deed", "audit_entries_action")
    _rename_actions(RENAMED_ACTIONS)


def downgrade() -> None:
    _rename_actions({new: old for old, new in RENAMED_ACTIONS.items()})
    op.alter_column("audit_entries", "action", new_column_name="deed")
    _rename_constraints("audit_entries", "audit_entries_action", "audit_entries_deed")
    op.rename_table("login_sessions", "sessions")
    op.execute("ALTER INDEX login_sessions_by_user RENAME TO sessions_by_user")
    _rename_constraints("sessions", "login_sessions", "sessions")


def _rename_constraints(table: str, old: str, new: str) -> None:
    op.execute(RENAME_CONSTRAINTS.format(table=table, old=old, new=new))


def _rename_actions(names: dict[str, str]) -> None:
    """Rename actions in the audit trail, which a trigger otherwise protects from updates."""
    op.execute("ALTER TABLE audit_entries DISABLE TRIGGER keep_audit_entries")
    for old, new in names.items():
        op.execute(f"UPDATE audit_entries SET action = '{new}' WHERE action = '{old}'")
    op.execute("ALTER TABLE audit_entries ENABLE TRIGGER keep_audit_entries")
