"""The tables, as queries need them.

The migrations make them; a test compares the two. Triggers, which only the
migrations know, keep invariant 2: ``count_tickets_sold`` derives
``events.tickets_sold`` from the tickets themselves, and nobody else may write it.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
    }
)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("username_key", String(128), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("email", String(254)),
    Column("first_name", String(150)),
    Column("last_name", String(150)),
    _moment("created_at"),
    CheckConstraint("role IN ('admin', 'organizer', 'user')", name="users_role_check"),
)

SALES_TIERS = (1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("organizer_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    _moment("start_time"),
    _moment("end_time"),
    Column("timezone", String(64), nullable=False),
    Column("location", String(500), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("tickets_sold", Integer, nullable=False, server_default=text("0")),
    # In which of a few size classes the sales fall. The index for the ranking
    # is made on this and not on tickets_sold itself: PostgreSQL can update a
    # row without touching any of its indexes (HOT) only while no indexed
    # column changes, and this one changes on few sales.
    Column(
        "sales_tier",
        SmallInteger,
        Computed(
            "width_bucket(tickets_sold, '{" + ",".join(map(str, SALES_TIERS)) + "}'::integer[])",
            persisted=True,
        ),
        nullable=False,
    ),
    _moment("created_at"),
    _moment("updated_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("end_time > start_time", name="events_period_check"),
    CheckConstraint("capacity > 0", name="events_capacity_check"),
    CheckConstraint("tickets_sold BETWEEN 0 AND capacity", name="events_tickets_sold_check"),
    Index("events_by_start", "start_time", "id"),
    Index("events_by_sales", text("sales_tier DESC")),
    Index("events_by_organizer_and_sales", "organizer_id", text("sales_tier DESC")),
    # Room in each page for new versions of its rows, without which a sale
    # could not be a HOT update.
    postgresql_with={"fillfactor": "70"},
)

orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("event_id", BigInteger, ForeignKey("events.id"), nullable=False),
    Column("buyer_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("total", Numeric(12, 2), nullable=False),
    Column("currency", String(3)),
    _moment("created_at"),
    # The event belongs to every key, so that orders and tickets can be
    # partitioned or distributed by it; the id leads, so that it is found alone.
    PrimaryKeyConstraint("id", "event_id"),
    CheckConstraint(
        "status IN ('confirmed', 'waitlisted', 'cancelled')", name="orders_status_check"
    ),
    CheckConstraint(
        "total >= 0 AND (currency IS NOT NULL OR total = 0)", name="orders_total_check"
    ),
    Index("orders_by_event", "event_id", "id"),
    Index("orders_by_buyer", "buyer_id", "id"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("code", String(26), nullable=False),
    Column("attendee_name", String(255)),
    Column("attendee_email", String(254)),
    _moment("issued_at"),
    _moment("checked_in_at", nullable=True),
    PrimaryKeyConstraint("id", "event_id"),
    UniqueConstraint("code"),
    ForeignKeyConstraint(["order_id", "event_id"], ["orders.id", "orders.event_id"]),
    CheckConstraint(
        "attendee_email IS NULL OR attendee_name IS NOT NULL", name="tickets_attendee_check"
    ),
    Index("tickets_by_order", "order_id"),
)

accepted_requests = Table(
    "accepted_requests",
    metadata,
    Column("owner_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("key", String(255), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", JSONB, nullable=False),
    _moment("accepted_at"),
    PrimaryKeyConstraint("owner_id", "key"),
)
