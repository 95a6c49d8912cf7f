"""Registrations: the waitlist, cancelled tickets, one registration per person.

Idempotency keys also belong to guests.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LIVE = "ticket.cancelled_at IS NULL"

# {live} is the condition of tickets that count when their order is confirmed.
COUNT_TICKETS_SOLD = """
CREATE OR REPLACE FUNCTION count_tickets_sold() RETURNS trigger LANGUAGE plpgsql AS $$
-- Keeps tickets_sold of events and of ticket types equal to the number of live
-- tickets of confirmed orders, for every statement that adds or removes tickets:
-- of the application, an import, or a person using psql. Runs once per
-- statement. The constraints on tickets_sold then reject a sale of more tickets
-- than there are. count_changed_orders and count_changed_tickets handle orders
-- and tickets whose status changes.
DECLARE
    sign CONSTANT integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    UPDATE events
    SET tickets_sold = tickets_sold + sign * changed.tickets
    FROM (
        SELECT ticket.event_id, count(*) AS tickets
        FROM changed_tickets AS ticket
        JOIN orders ON orders.id = ticket.order_id AND orders.event_id = ticket.event_id
        WHERE orders.status = 'confirmed' AND {live}
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
            WHERE orders.status = 'confirmed' AND {live}
            GROUP BY ticket.event_id, ticket.ticket_type_id
        ) AS changed
        WHERE ticket_types.event_id = changed.event_id AND ticket_types.id = changed.ticket_type_id;
    END IF;
    RETURN NULL;
END
$$
"""

COUNT_CHANGED_ORDERS = """
CREATE OR REPLACE FUNCTION count_changed_orders() RETURNS trigger LANGUAGE plpgsql AS $$
-- The live tickets of an order count as sold only while it is confirmed. This
-- adds the tickets of orders that became confirmed, and subtracts those of
-- orders that no longer are. Runs once per statement.
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
        WHERE (new_order.status = 'confirmed') <> (old_order.status = 'confirmed') AND {live}
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

COUNT_CHANGED_TICKETS = """
CREATE FUNCTION count_changed_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
-- Subtracts tickets of confirmed orders that were cancelled, and adds those that
-- no longer are. Runs once per statement.
DECLARE
    change record;
BEGIN
    FOR change IN
        SELECT ticket.event_id, ticket.ticket_type_id,
               sum(CASE WHEN ticket.cancelled_at IS NULL THEN 1 ELSE -1 END) AS tickets
        FROM new_tickets AS ticket
        JOIN old_tickets AS old_ticket USING (id, event_id)
        JOIN orders ON orders.id = ticket.order_id AND orders.event_id = ticket.event_id
        WHERE (ticket.cancelled_at IS NULL) <> (old_ticket.cancelled_at IS NULL)
          AND orders.status = 'confirmed'
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
    """
    CREATE TRIGGER count_changed_tickets AFTER UPDATE ON tickets
    REFERENCING OLD TABLE AS old_tickets NEW TABLE AS new_tickets
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_tickets()
    """,
    """
    CREATE TRIGGER guard_moved_to_other_orders BEFORE UPDATE OF order_id ON tickets
    FOR EACH ROW WHEN (NEW.order_id <> OLD.order_id)
    EXECUTE FUNCTION refuse_change('a ticket stays with its order')
    """,
)


def upgrade() -> None:
    op.add_column("tickets", sa.Column("cancelled_at", sa.DateTime(timezone=True)))
    # Assigned while the event is locked, so that the numbers are in the order of arrival,
    # even if the clocks of several machines differ.
    op.execute("CREATE SEQUENCE orders_waitlist_number_seq")
    op.add_column("orders", sa.Column("waitlist_number", sa.BigInteger))
    op.create_check_constraint(
        "orders_waitlist_number_check",
        "orders",
        "status <> 'waitlisted' OR waitlist_number IS NOT NULL",
    )
    op.create_index(
        "orders_by_waitlist",
        "orders",
        ["event_id", "waitlist_number"],
        postgresql_where=sa.text("status = 'waitlisted'"),
    )
    # One person holds at most one live registration per event. 0002 enforces it by email
    # address, this index by account.
    op.create_index(
        "orders_registered_account_key",
        "orders",
        ["event_id", "buyer_id"],
        unique=True,
        postgresql_where=sa.text(
            "registrant IS NOT NULL AND buyer_id IS NOT NULL AND status <> 'cancelled'"
        ),
    )
    op.execute(COUNT_TICKETS_SOLD.replace("{live}", LIVE))
    op.execute(COUNT_CHANGED_ORDERS.replace("{live}", LIVE))
    op.execute(COUNT_CHANGED_TICKETS)
    for trigger in TRIGGERS:
        op.execute(trigger)
    # The keys of guests belong to an email address instead of an account.
    op.add_column("accepted_requests", sa.Column("owner", sa.String(80)))
    op.execute("UPDATE accepted_requests SET owner = 'user:' || owner_id")
    op.alter_column("accepted_requests", "owner", nullable=False)
    op.drop_constraint("accepted_requests_pkey", "accepted_requests")
    op.drop_column("accepted_requests", "owner_id")
    op.create_primary_key("accepted_requests_pkey", "accepted_requests", ["owner", "key"])


def downgrade() -> None:
    """Downgrade; waitlisted orders, cancelled tickets and the keys of guests are lost."""
    op.execute("""
        DELETE FROM tickets USING orders
        WHERE orders.id = tickets.order_id AND orders.event_id = tickets.event_id
          AND orders.status = 'waitlisted'
    """)
    op.execute("DELETE FROM orders WHERE status = 'waitlisted'")
    op.execute("DELETE FROM tickets WHERE cancelled_at IS NOT NULL")
    op.execute("DROP TRIGGER count_changed_tickets ON tickets")
    op.execute("DROP TRIGGER guard_moved_to_other_orders ON tickets")
    op.execute("DROP FUNCTION count_changed_tickets()")
    op.execute(COUNT_TICKETS_SOLD.replace("{live}", "true"))
    op.execute(COUNT_CHANGED_ORDERS.replace("{live}", "true"))
    op.drop_index("orders_registered_account_key", "orders")
    op.drop_index("orders_by_waitlist", "orders")
    op.drop_constraint("orders_waitlist_number_check", "orders")
    op.drop_column("orders", "waitlist_number")
    op.execute("DROP SEQUENCE orders_waitlist_number_seq")
    op.drop_column("tickets", "cancelled_at")
    op.add_column("accepted_requests", sa.Column("owner_id", sa.BigInteger))
    op.execute("DELETE FROM accepted_requests WHERE owner NOT LIKE 'user:%'")
    op.execute("UPDATE accepted_requests SET owner_id = CAST(substr(owner, 6) AS bigint)")
    op.alter_column("accepted_requests", "owner_id", nullable=False)
    op.drop_constraint("accepted_requests_pkey", "accepted_requests")
    op.drop_column("accepted_requests", "owner")
    op.create_primary_key("accepted_requests_pkey", "accepted_requests", ["owner_id", "key"])
    op.create_foreign_key(
        "accepted_requests_owner_id_fkey", "accepted_requests", "users", ["owner_id"], ["id"]
    )
