"""Accounts, events, orders, tickets, and the triggers that count sold tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SALES_TIER = (
    "width_bucket(tickets_sold, "
    "'{1,10,20,50,100,200,500,1000,2000,5000,10000,20000,50000,100000}'::integer[])"
)

COUNT_TICKETS_SOLD = """
CREATE FUNCTION count_tickets_sold() RETURNS trigger LANGUAGE plpgsql AS $$
-- Keeps events.tickets_sold equal to the number of tickets, for every statement
-- that adds or removes tickets: of the application, an import, or a person using
-- psql. Runs once per statement. The constraint on tickets_sold then rejects a
-- sale of more tickets than there are.
BEGIN
    UPDATE events
    SET tickets_sold = tickets_sold
        + CASE TG_OP WHEN 'INSERT' THEN changed.tickets ELSE -changed.tickets END
    FROM (SELECT event_id, count(*) AS tickets FROM changed_tickets GROUP BY event_id) AS changed
    WHERE events.id = changed.event_id;
    RETURN NULL;
END
$$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""

TRIGGERS = (
    """
    CREATE TRIGGER count_added_tickets AFTER INSERT ON tickets
    REFERENCING NEW TABLE AS changed_tickets
    FOR EACH STATEMENT EXECUTE FUNCTION count_tickets_sold()
    """,
    """
    CREATE TRIGGER count_removed_tickets AFTER DELETE ON tickets
    REFERENCING OLD TABLE AS changed_tickets
    FOR EACH STATEMENT EXECUTE FUNCTION count_tickets_sold()
    """,
    # The update of the counting trigger itself runs at depth 1.
    """
    CREATE TRIGGER guard_written_tickets_sold BEFORE UPDATE OF tickets_sold ON events
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION refuse_change('tickets_sold is counted from the tickets')
    """,
    """
    CREATE TRIGGER guard_inserted_tickets_sold BEFORE INSERT ON events
    FOR EACH ROW WHEN (NEW.tickets_sold <> 0)
    EXECUTE FUNCTION refuse_change('tickets_sold is counted from the tickets')
    """,
    """
    CREATE TRIGGER guard_moved_tickets BEFORE UPDATE OF event_id ON tickets
    FOR EACH ROW WHEN (NEW.event_id <> OLD.event_id)
    EXECUTE FUNCTION refuse_change('a ticket stays with its event')
    """,
    # The tickets of every order count as sold, so its status must not change.
    """
    CREATE TRIGGER guard_order_status BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (NEW.status <> OLD.status)
    EXECUTE FUNCTION refuse_change('an order with tickets stays confirmed')
    """,
)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False)),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("username_key", sa.String(128), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("first_name", sa.String(150)),
        sa.Column("last_name", sa.String(150)),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("username_key", name="users_username_key_key"),
        sa.CheckConstraint("role IN ('admin', 'organizer', 'user')", name="users_role_check"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False)),
        sa.Column("organizer_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        moment("start_time"),
        moment("end_time"),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("location", sa.String(500), nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("tickets_sold", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column(
            "sales_tier", sa.SmallInteger, sa.Computed(SALES_TIER, persisted=True), nullable=False
        ),
        moment("created_at"),
        moment("updated_at"),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
        sa.ForeignKeyConstraint(["organizer_id"], ["users.id"], name="events_organizer_id_fkey"),
        sa.CheckConstraint("end_time > start_time", name="events_period_check"),
        sa.CheckConstraint("capacity > 0", name="events_capacity_check"),
        sa.CheckConstraint("tickets_sold BETWEEN 0 AND capacity", name="events_tickets_sold_check"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("events_by_start", "events", ["start_time", "id"])
    op.create_index("events_by_sales", "events", [sa.text("sales_tier DESC")])
    op.create_index(
        "events_by_organizer_and_sales", "events", ["organizer_id", sa.text("sales_tier DESC")]
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("buyer_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("total", sa.Numeric(12, 2), nullable=False),
        sa.Column("currency", sa.String(3)),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", "event_id", name="orders_pkey"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="orders_event_id_fkey"),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name="orders_buyer_id_fkey"),
        sa.CheckConstraint(
            "status IN ('confirmed', 'waitlisted', 'cancelled')", name="orders_status_check"
        ),
        sa.CheckConstraint(
            "total >= 0 AND (currency IS NOT NULL OR total = 0)", name="orders_total_check"
        ),
    )
    op.create_index("orders_by_event", "orders", ["event_id", "id"])
    op.create_index("orders_by_buyer", "orders", ["buyer_id", "id"])
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String(26), nullable=False),
        sa.Column("attendee_name", sa.String(255)),
        sa.Column("attendee_email", sa.String(254)),
        moment("issued_at"),
        moment("checked_in_at", nullable=True),
        sa.PrimaryKeyConstraint("id", "event_id", name="tickets_pkey"),
        sa.UniqueConstraint("code", name="tickets_code_key"),
        sa.ForeignKeyConstraint(
            ["order_id", "event_id"],
            ["orders.id", "orders.event_id"],
            name="tickets_order_id_fkey",
        ),
        sa.CheckConstraint(
            "attendee_email IS NULL OR attendee_name IS NOT NULL", name="tickets_attendee_check"
        ),
    )
    op.create_index("tickets_by_order", "tickets", ["order_id"])
    op.create_table(
        "accepted_requests",
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("answer", JSONB, nullable=False),
        moment("accepted_at"),
        sa.PrimaryKeyConstraint("owner_id", "key", name="accepted_requests_pkey"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="accepted_requests_owner_id_fkey"),
    )
    op.execute(COUNT_TICKETS_SOLD)
    op.execute(REFUSE_CHANGE)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for table in ("accepted_requests", "tickets", "orders", "events", "users"):
        op.drop_table(table)
    op.execute("DROP FUNCTION count_tickets_sold()")
    op.execute("DROP FUNCTION refuse_change()")
