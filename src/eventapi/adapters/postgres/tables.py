"""The tables, as SQLAlchemy needs them for queries.

The migrations create them; a test compares the two. Only the migrations contain
the triggers (`count_tickets_sold`, `count_changed_orders` and
`count_changed_tickets`) that count `tickets_sold` of events and of ticket types
from the tickets. No other code may write that column.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    # NULL once the account is erased.
    Column("password_hash", Text),
    Column("role", String(16), nullable=False),
    Column("email", String(254)),
    Column("first_name", String(150)),
    Column("last_name", String(150)),
    # The text that searches match, computed by the application as for events below.
    Column("search_text", Text(collation="C"), nullable=False, server_default=text("''")),
    _moment("created_at"),
    _moment("disabled_at", nullable=True),
    _moment("erased_at", nullable=True),
    CheckConstraint("role IN ('admin', 'organizer', 'user')", name="users_role_check"),
    CheckConstraint(
        "erased_at IS NULL OR (password_hash IS NULL AND email IS NULL AND first_name IS NULL"
        " AND last_name IS NULL AND disabled_at IS NOT NULL)",
        name="users_erased_check",
    ),
    # Locked when an admin is demoted, disabled or erased: one active admin must remain.
    Index("users_active_admins", "id", postgresql_where=text("role = 'admin'")),
)

# Login sessions. A row is deleted when its session ends, or, once it has expired, at
# the next sign-in of its account.
login_sessions = Table(
    "login_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("generation", Integer, nullable=False),
    _moment("created_at"),
    _moment("expires_at"),
    CheckConstraint("generation > 0", name="login_sessions_generation_check"),
    Index("login_sessions_by_user", "user_id"),
)

# The valid API keys: a row is deleted when its key is revoked.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("owner_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("scopes", ARRAY(String(16)), nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("hint", String(8), nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
    CheckConstraint("cardinality(scopes) > 0", name="api_keys_scopes_check"),
    CheckConstraint("octet_length(digest) = 32", name="api_keys_digest_check"),
    Index("api_keys_by_owner", "owner_id", "id"),
)

# The audit trail. It has no foreign keys, because an entry outlives the rows it
# refers to. A trigger rejects updates and deletes.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _moment("at"),
    Column("action", String(40), nullable=False),
    Column("actor_id", BigInteger),
    Column("api_key_id", BigInteger),
    Column("event_id", BigInteger),
    Column("order_id", Uuid),
    Column("account_id", BigInteger),
    Column("detail", String(200)),
    Column("address", String(45)),
    Column("request_id", String(128)),
    Index("audit_entries_by_event", "event_id", "id"),
    Index("audit_entries_by_actor", "actor_id", "id"),
    Index("audit_entries_by_account", "account_id", "id"),
    Index("audit_entries_by_order", "order_id", postgresql_where=text("order_id IS NOT NULL")),
)

categories = Table(
    "categories",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
)

# The condition of public lists, and of the partial indexes that serve them.
PUBLIC = "visibility = 'public'"

SALES_TIERS = (1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("organizer_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("reference", String(100)),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("category_id", BigInteger, ForeignKey("categories.id")),
    Column("visibility", String(16), nullable=False, server_default=text("'public'")),
    Column("access_code", String(64)),
    Column("status", String(16), nullable=False, server_default=text("'scheduled'")),
    _moment("start_time"),
    _moment("end_time"),
    _moment("sales_start", nullable=True),
    _moment("sales_end", nullable=True),
    Column("timezone", String(64), nullable=False),
    Column("location", String(500), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("max_per_person", Integer),
    Column("tickets_sold", Integer, nullable=False, server_default=text("0")),
    # The size class of tickets_sold. The index for the ranking is on this column
    # and not on tickets_sold itself: PostgreSQL can update a row without touching
    # its indexes (a HOT update) only if no indexed column changes, and this one
    # changes on few sales.
    Column(
        "sales_tier",
        SmallInteger,
        Computed(
            "width_bucket(tickets_sold, '{" + ",".join(map(str, SALES_TIERS)) + "}'::integer[])",
            persisted=True,
        ),
        nullable=False,
    ),
    # Excludes the event from lists of available events; changes as rarely.
    Column(
        "sold_out", Boolean, Computed("tickets_sold >= capacity", persisted=True), nullable=False
    ),
    # The agenda is read and written as a whole with its event, and never
    # searched. In the event's row, it costs a sale no statement.
    Column("sessions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("image", String(200)),
    # The key that names are sorted by, and the words that texts are searched by:
    # see normalize in domain/values.py and application/search.py. The application computes
    # them, so that the locale of a database has no effect on order and matches.
    # Words of the location are stored twice, once prefixed with @ for searches
    # of the location alone.
    Column("name_key", Text(collation="C"), nullable=False, server_default=text("''")),
    Column("words", ARRAY(Text(collation="C")), nullable=False, server_default=text("'{}'")),
    _moment("created_at"),
    _moment("updated_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("organizer_id", "reference", name="events_reference_key"),
    CheckConstraint(
        "visibility IN ('public', 'unlisted', 'private')", name="events_visibility_check"
    ),
    CheckConstraint(
        "(visibility = 'private') = (access_code IS NOT NULL)", name="events_access_code_check"
    ),
    CheckConstraint("status IN ('scheduled', 'cancelled')", name="events_status_check"),
    CheckConstraint("sales_end > sales_start", name="events_sales_check"),
    CheckConstraint("end_time > start_time", name="events_period_check"),
    CheckConstraint("capacity > 0", name="events_capacity_check"),
    CheckConstraint("max_per_person > 0", name="events_max_per_person_check"),
    CheckConstraint("tickets_sold BETWEEN 0 AND capacity", name="events_tickets_sold_check"),
    # Each list is read in the order of an index, so it costs only the rows it shows.
    Index("events_by_start", "start_time", "id", postgresql_where=text(PUBLIC)),
    Index("events_by_created", "created_at", "id", postgresql_where=text(PUBLIC)),
    Index("events_by_name", "name_key", "id", postgresql_where=text(PUBLIC)),
    Index(
        "events_by_availability",
        "start_time",
        "id",
        postgresql_where=text(f"{PUBLIC} AND NOT sold_out"),
    ),
    Index("events_by_category", "category_id", "start_time", "id"),
    Index(
        "events_by_category_and_created",
        "category_id",
        "created_at",
        "id",
        postgresql_where=text(PUBLIC),
    ),
    Index(
        "events_by_category_and_name",
        "category_id",
        "name_key",
        "id",
        postgresql_where=text(PUBLIC),
    ),
    Index("events_by_organizer", "organizer_id", "start_time", "id"),
    Index("events_by_words", "words", postgresql_using="gin"),
    Index("events_by_sales", text("sales_tier DESC")),
    Index("events_by_organizer_and_sales", "organizer_id", text("sales_tier DESC")),
    # Leaves room in each page for new versions of its rows, which HOT updates need.
    postgresql_with={"fillfactor": "70"},
)

ticket_types = Table(
    "ticket_types",
    metadata,
    Column("id", BigInteger, Identity(always=False), nullable=False),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("price", Numeric(12, 2), nullable=False),
    Column("currency", String(3)),
    Column("quantity", Integer, nullable=False),
    Column("tickets_sold", Integer, nullable=False, server_default=text("0")),
    _moment("sales_start", nullable=True),
    _moment("sales_end", nullable=True),
    PrimaryKeyConstraint("id", "event_id"),
    CheckConstraint("quantity > 0", name="ticket_types_quantity_check"),
    CheckConstraint("tickets_sold BETWEEN 0 AND quantity", name="ticket_types_tickets_sold_check"),
    CheckConstraint(
        "price >= 0 AND (currency IS NOT NULL OR price = 0)", name="ticket_types_price_check"
    ),
    CheckConstraint("sales_end > sales_start", name="ticket_types_sales_check"),
    Index("ticket_types_by_event", "event_id", "position", "id"),
    postgresql_with={"fillfactor": "70"},
)

orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("event_id", BigInteger, ForeignKey("events.id"), nullable=False),
    Column("buyer_id", BigInteger, ForeignKey("users.id")),
    Column("guest_name", String(255)),
    Column("guest_email", String(254)),
    # The text that searches for guests match; see users above.
    Column("search_text", Text(collation="C")),
    # Identifies the buyer among those of the event by a digest of the email address,
    # which is kept when the address is erased: see Buyer.person_at in domain/order.py.
    Column("person", String(64)),
    Column("registrant", String(1024)),
    Column("status", String(16), nullable=False),
    Column("total", Numeric(12, 2), nullable=False),
    Column("currency", String(3)),
    _moment("created_at"),
    # The order of arrival in the waitlist, assigned by the statement that inserts the order.
    Column("waitlist_number", BigInteger),
    # The event is part of every key, so that orders and tickets can be
    # partitioned or distributed by event. The id comes first, so that the key
    # also serves lookups by id alone.
    PrimaryKeyConstraint("id", "event_id"),
    CheckConstraint(
        "status IN ('confirmed', 'waitlisted', 'cancelled')", name="orders_status_check"
    ),
    CheckConstraint(
        "total >= 0 AND (currency IS NOT NULL OR total = 0)", name="orders_total_check"
    ),
    CheckConstraint(
        "(buyer_id IS NULL) = (guest_email IS NOT NULL)"
        " AND (guest_email IS NULL) = (guest_name IS NULL)"
        " AND (guest_email IS NULL) = (search_text IS NULL)",
        name="orders_buyer_check",
    ),
    CheckConstraint(
        "status <> 'waitlisted' OR waitlist_number IS NOT NULL",
        name="orders_waitlist_number_check",
    ),
    Index("orders_by_event", "event_id", "id"),
    Index(
        "orders_by_waitlist",
        "event_id",
        "waitlist_number",
        postgresql_where=text("status = 'waitlisted'"),
    ),
    Index(
        "orders_registered_account_key",
        "event_id",
        "buyer_id",
        unique=True,
        postgresql_where=text(
            "registrant IS NOT NULL AND buyer_id IS NOT NULL AND status <> 'cancelled'"
        ),
    ),
    # One person holds at most one live registration per event. The index is
    # partial, so that purchases do not have to maintain it.
    Index(
        "orders_registrant_key",
        "event_id",
        "registrant",
        unique=True,
        postgresql_where=text("registrant IS NOT NULL AND status <> 'cancelled'"),
    ),
    Index("orders_by_buyer", "buyer_id", "id"),
    # The orders of a person, for events that limit them (sql/tickets_held.sql).
    Index("orders_by_person", "person", postgresql_where=text("person IS NOT NULL")),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("code", String(26), nullable=False),
    Column("ticket_type_id", BigInteger),
    Column("price", Numeric(12, 2), nullable=False, server_default=text("0")),
    Column("attendee_name", String(255)),
    Column("attendee_email", String(254)),
    # The text that searches for attendees match; see users above.
    Column("search_text", Text(collation="C")),
    _moment("issued_at"),
    _moment("checked_in_at", nullable=True),
    # When it was cancelled or transferred; then another ticket took its place.
    _moment("cancelled_at", nullable=True),
    Column("is_transferred", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("id", "event_id"),
    UniqueConstraint("code"),
    ForeignKeyConstraint(["order_id", "event_id"], ["orders.id", "orders.event_id"]),
    ForeignKeyConstraint(
        ["ticket_type_id", "event_id"], ["ticket_types.id", "ticket_types.event_id"]
    ),
    CheckConstraint("price >= 0", name="tickets_price_check"),
    CheckConstraint(
        "NOT is_transferred OR cancelled_at IS NOT NULL", name="tickets_transferred_check"
    ),
    CheckConstraint(
        "attendee_email IS NULL OR attendee_name IS NOT NULL", name="tickets_attendee_check"
    ),
    # The text to search is erased together with the name.
    CheckConstraint(
        "(search_text IS NULL) = (attendee_name IS NULL)", name="tickets_search_text_check"
    ),
    # For the tickets of an order, and for those of an event.
    Index("tickets_by_event_and_order", "event_id", "order_id"),
)

accepted_requests = Table(
    "accepted_requests",
    metadata,
    Column("owner", String(80), nullable=False),
    Column("key", String(255), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", JSONB, nullable=False),
    _moment("accepted_at"),
    PrimaryKeyConstraint("owner", "key"),
)
