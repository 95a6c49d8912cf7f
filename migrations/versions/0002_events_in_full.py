"""Events in full: categories, ticket types, agenda, visibility, cancellation, search.

Existing data: every event becomes public and scheduled, without ticket types;
its search words are split from its texts as far as SQL can; every ticket gets
the price 0.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNT_TICKETS_SOLD = """
CREATE OR REPLACE FUNCTION count_tickets_sold() RETURNS trigger LANGUAGE plpgsql AS $$
-- Keeps tickets_sold of events and of ticket types equal to the number of
-- tickets of confirmed orders, for every statement that adds or removes tickets:
-- of the application, an import, or a person using psql. Runs once per
-- statement. The constraints on tickets_sold then reject a sale of more tickets
-- than there are. count_changed_orders handles orders whose status changes.
DECLARE
    sign CONSTANT integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    UPDATE events
    SET tickets_sold = tickets_sold + sign * changed.tickets
    FROM (
        SELECT ticket.event_id, count(*) AS tickets
        FROM changed_tickets AS ticket
        JOIN orders ON orders.id = ticket.order_id AND orders.event_id = ticket.event_id
        WHERE orders.status = 'confirmed'
        GROUP BY ticket.event_id
    ) AS changed
    WHERE events.id = changed.event_id;
    IF EXISTS (SELECT FROM changed_tickets WHERE ticket_type_id IS NOT NULL) THEN
        UPDATE ticket_types
        SET tickets_sold = tickets_sold + sign * changed.tickets
        FROM (
            SELECT ticket.event_id, ticket.ticket_type_id, count(*) AS tickets
            FROM changed_tickets AS ticket
            JOIN orders ON orders.id = ticket.order_id AND orders.event_id = ticket.event_id
            WHERE orders.status = 'confirmed'
            GROUP BY ticket.event_id, ticket.ticket_type_id
        ) AS changed
        WHERE ticket_types.event_id = changed.event_id AND ticket_types.id = changed.ticket_type_id;
    END IF;
    RETURN NULL;
END
$$
"""

# As in migration 0001.
COUNT_TICKETS_SOLD_BEFORE = """
CREATE OR REPLACE FUNCTION count_tickets_sold() RETURNS trigger LANGUAGE plpgsql AS $$
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

COUNT_CHANGED_ORDERS = """
CREATE FUNCTION count_changed_orders() RETURNS trigger LANGUAGE plpgsql AS $$
-- The tickets of an order count as sold only while it is confirmed. This adds
-- the tickets of orders that became confirmed, and subtracts those of orders
-- that no longer are. Runs once per statement.
DECLARE
    change record;
BEGIN
    FOR change IN
        SELECT ticket.event_id, ticket.ticket_type_id,
               sum(CASE WHEN new_order.status = 'confirmed' THEN 1 ELSE -1 END) AS tickets
        FROM new_orders AS new_order
        JOIN old_orders AS old_order USING (id, event_id)
        JOIN tickets AS ticket
          ON ticket.event_id = new_order.event_id AND ticket.order_id = new_order.id
        WHERE (new_order.status = 'confirmed') <> (old_order.status = 'confirmed')
        GROUP BY ticket.event_id, ticket.ticket_type_id
    LOOP
        UPDATE events SET tickets_sold = tickets_sold + change.tickets
        WHERE id = change.event_id;
        UPDATE ticket_types SET tickets_sold = tickets_sold + change.tickets
        WHERE event_id = change.event_id AND id = change.ticket_type_id;
    END LOOP;
    RETURN NULL;
END
$$
"""

TRIGGERS = (
    "DROP TRIGGER guard_order_status ON orders",
    # PostgreSQL has no transition tables for UPDATE OF status; the function
    # changes nothing if the status did not change.
    """
    CREATE TRIGGER count_changed_orders AFTER UPDATE ON orders
    REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_orders()
    """,
    """
    CREATE TRIGGER guard_moved_orders BEFORE UPDATE OF id, event_id ON orders
    FOR EACH ROW WHEN (NEW.event_id <> OLD.event_id OR NEW.id <> OLD.id)
    EXECUTE FUNCTION refuse_change('an order stays with its event')
    """,
    # Without its order, a deleted ticket would not be subtracted.
    """
    CREATE TRIGGER guard_deleted_orders BEFORE DELETE ON orders
    FOR EACH ROW WHEN (OLD.status = 'confirmed')
    EXECUTE FUNCTION refuse_change('a confirmed order is cancelled before it is deleted')
    """,
    """
    CREATE TRIGGER guard_written_type_sold BEFORE UPDATE OF tickets_sold ON ticket_types
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION refuse_change('tickets_sold is counted from the tickets')
    """,
    """
    CREATE TRIGGER guard_inserted_type_sold BEFORE INSERT ON ticket_types
    FOR EACH ROW WHEN (NEW.tickets_sold <> 0)
    EXECUTE FUNCTION refuse_change('tickets_sold is counted from the tickets')
    """,
    """
    CREATE TRIGGER guard_changed_ticket_types BEFORE UPDATE OF ticket_type_id ON tickets
    FOR EACH ROW WHEN (NEW.ticket_type_id IS DISTINCT FROM OLD.ticket_type_id)
    EXECUTE FUNCTION refuse_change('a ticket stays of its type')
    """,
)

PUBLIC = "visibility = 'public'"


def moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False)),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="categories_pkey"),
        sa.UniqueConstraint("slug", name="categories_slug_key"),
    )
    _widen_events()
    op.create_table(
        "ticket_types",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False)),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("price", sa.Numeric(12, 2), nullable=False),
        sa.Column("currency", sa.String(3)),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("tickets_sold", sa.Integer, nullable=False, server_default=sa.text("0")),
        moment("sales_start"),
        moment("sales_end"),
        sa.PrimaryKeyConstraint("id", "event_id", name="ticket_types_pkey"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="ticket_types_event_id_fkey", ondelete="CASCADE"
        ),
        sa.CheckConstraint("quantity > 0", name="ticket_types_quantity_check"),
        sa.CheckConstraint(
            "tickets_sold BETWEEN 0 AND quantity", name="ticket_types_tickets_sold_check"
        ),
        sa.CheckConstraint(
            "price >= 0 AND (currency IS NOT NULL OR price = 0)", name="ticket_types_price_check"
        ),
        sa.CheckConstraint("sales_end > sales_start", name="ticket_types_sales_check"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ticket_types_by_event", "ticket_types", ["event_id", "position", "id"])
    _widen_orders_and_tickets()
    op.execute(COUNT_TICKETS_SOLD)
    op.execute(COUNT_CHANGED_ORDERS)
    for trigger in TRIGGERS:
        op.execute(trigger)


def _widen_events() -> None:
    for column in (
        sa.Column("reference", sa.String(100)),
        sa.Column("category_id", sa.BigInteger),
        sa.Column("visibility", sa.String(16), nullable=False, server_default=sa.text("'public'")),
        sa.Column("access_code", sa.String(64)),
        sa.Column("status", sa.String(16), nullable=False, server_default=sa.text("'scheduled'")),
        moment("sales_start"),
        moment("sales_end"),
        sa.Column("sessions", JSONB, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("image", sa.String(200)),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False, server_default=sa.text("''")),
        sa.Column(
            "words", ARRAY(sa.Text(collation="C")), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column(
            "sold_out",
            sa.Boolean,
            sa.Computed("tickets_sold >= capacity", persisted=True),
            nullable=False,
        ),
    ):
        op.add_column("events", column)
    # The application splits new texts into words (tokenize in domain/values.py),
    # which handles more scripts than a regular expression.
    op.execute("""
        UPDATE events SET
            name_key = left(lower(name), 255),
            words = (
                SELECT coalesce(array_agg(DISTINCT left(word, 64)), '{}') FROM (
                    SELECT unnest(regexp_split_to_array(
                        lower(name || ' ' || location || ' ' || description), '[^[:alnum:]]+'
                    )) AS word
                    UNION ALL
                    SELECT '@' || unnest(regexp_split_to_array(lower(location), '[^[:alnum:]]+'))
                ) AS found WHERE word NOT IN ('', '@')
            )
    """)
    for name, condition in (
        ("visibility", "visibility IN ('public', 'unlisted', 'private')"),
        ("access_code", "(visibility = 'private') = (access_code IS NOT NULL)"),
        ("status", "status IN ('scheduled', 'cancelled')"),
        ("sales", "sales_end > sales_start"),
    ):
        op.create_check_constraint(f"events_{name}_check", "events", condition)
    op.create_unique_constraint("events_reference_key", "events", ["organizer_id", "reference"])
    op.create_foreign_key(
        "events_category_id_fkey", "events", "categories", ["category_id"], ["id"]
    )
    op.drop_index("events_by_start", "events")
    indexes: tuple[tuple[str, list[str], str | None], ...] = (
        ("start", ["start_time", "id"], PUBLIC),
        ("created", ["created_at", "id"], PUBLIC),
        ("name", ["name_key", "id"], PUBLIC),
        ("category", ["category_id", "start_time", "id"], None),
        ("category_and_created", ["category_id", "created_at", "id"], PUBLIC),
        ("category_and_name", ["category_id", "name_key", "id"], PUBLIC),
        ("availability", ["start_time", "id"], f"{PUBLIC} AND NOT sold_out"),
        ("organizer", ["organizer_id", "start_time", "id"], None),
    )
    for name, columns, where in indexes:
        op.create_index(
            f"events_by_{name}",
            "events",
            columns,
            postgresql_where=None if where is None else sa.text(where),
        )
    op.create_index("events_by_words", "events", ["words"], postgresql_using="gin")


def _widen_orders_and_tickets() -> None:
    op.alter_column("orders", "buyer_id", nullable=True)
    op.add_column("orders", sa.Column("guest_name", sa.String(255)))
    op.add_column("orders", sa.Column("guest_email", sa.String(254)))
    op.add_column("orders", sa.Column("registrant", sa.String(1024)))
    op.create_check_constraint(
        "orders_buyer_check",
        "orders",
        "(buyer_id IS NULL) = (guest_email IS NOT NULL)"
        " AND (guest_email IS NULL) = (guest_name IS NULL)",
    )
    # One person holds at most one live registration per event. The index is partial,
    # so that purchases do not have to maintain it.
    op.create_index(
        "orders_registrant_key",
        "orders",
        ["event_id", "registrant"],
        unique=True,
        postgresql_where=sa.text("registrant IS NOT NULL AND status <> 'cancelled'"),
    )
    op.add_column("tickets", sa.Column("ticket_type_id", sa.BigInteger))
    op.add_column(
        "tickets",
        sa.Column("price", sa.Numeric(12, 2), nullable=False, server_default=sa.text("0")),
    )
    op.create_foreign_key(
        "tickets_ticket_type_id_fkey",
        "tickets",
        "ticket_types",
        ["ticket_type_id", "event_id"],
        ["id", "event_id"],
    )
    op.create_check_constraint("tickets_price_check", "tickets", "price >= 0")
    # For the tickets of an order, and for those of an event.
    op.drop_index("tickets_by_order", "tickets")
    op.create_index("tickets_by_event_and_order", "tickets", ["event_id", "order_id"])


def downgrade() -> None:
    """Downgrade; ticket types, agendas and registrations of guests are lost."""
    # Migration 0001 has no orders without an account, and only confirmed ones.
    op.execute("UPDATE orders SET status = 'cancelled' WHERE buyer_id IS NULL")
    op.execute("""
        DELETE FROM tickets USING orders
        WHERE orders.id = tickets.order_id AND orders.event_id = tickets.event_id
          AND orders.status <> 'confirmed'
    """)
    op.execute("DELETE FROM orders WHERE status <> 'confirmed'")
    for trigger in ("count_changed_orders", "guard_moved_orders", "guard_deleted_orders"):
        op.execute(f"DROP TRIGGER {trigger} ON orders")
    op.execute("DROP FUNCTION count_changed_orders()")
    op.execute("DROP TRIGGER guard_changed_ticket_types ON tickets")
    op.execute(COUNT_TICKETS_SOLD_BEFORE)
    op.drop_index("tickets_by_event_and_order", "tickets")
    op.create_index("tickets_by_order", "tickets", ["order_id"])
    op.drop_constraint("tickets_price_check", "tickets")
    op.drop_constraint("tickets_ticket_type_id_fkey", "tickets")
    op.drop_column("tickets", "price")
    op.drop_column("tickets", "ticket_type_id")
    op.drop_index("orders_registrant_key", "orders")
    op.drop_constraint("orders_buyer_check", "orders")
    for column in ("registrant", "guest_email", "guest_name"):
        op.drop_column("orders", column)
    op.alter_column("orders", "buyer_id", nullable=False)
    op.execute("""
        CREATE TRIGGER guard_order_status BEFORE UPDATE OF status ON orders
        FOR EACH ROW WHEN (NEW.status <> OLD.status)
        EXECUTE FUNCTION refuse_change('an order with tickets stays confirmed')
    """)
    op.drop_table("ticket_types")
    for index in (
        "words", "organizer", "availability", "category_and_name", "category_and_created",
        "category", "name", "created", "start",
    ):  # fmt: skip
        op.drop_index(f"events_by_{index}", "events")
    op.create_index("events_by_start", "events", ["start_time", "id"])
    op.drop_constraint("events_category_id_fkey", "events")
    op.drop_constraint("events_reference_key", "events")
    for check in ("visibility", "access_code", "status", "sales"):
        op.drop_constraint(f"events_{check}_check", "events")
    for column in (
        "reference", "category_id", "visibility", "access_code", "status", "sales_start",
        "sales_end", "sessions", "image", "name_key", "words", "sold_out",
    ):  # fmt: skip
        op.drop_column("events", column)
    op.drop_table("categories")
