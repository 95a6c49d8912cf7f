"""Who may come in, on PostgreSQL: accounts, sessions, API keys, and what they did."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.queries import Reader
from eventapi.adapters.postgres.rows import user_of, user_row, user_view_of
from eventapi.adapters.postgres.staging import Staged
from eventapi.application.audit import AuditEntry
from eventapi.application.ports.accounts import KeyHolder, UserSearch
from eventapi.application.ports.audit import AuditSearch
from eventapi.application.views import AccountRef, ApiKeyView, AuditEntryView, Page, UserView
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.login_session import LoginSession
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, User
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId, Username

USER_IDS = sqlalchemy.Sequence("users_id_seq")
ACTORS_BY_SESSION = sql_file("actors_by_session.sql")
LOCK_ACTORS = sqlalchemy.text(f"{ACTORS_BY_SESSION.text} FOR KEY SHARE OF account")
"""The same within a sale, which keeps the buyers from being erased until it is through.

The order's foreign key takes this very lock anyway; taken before the event's,
nobody who holds an event ever waits for an account.
"""
API_KEY_IDS = sqlalchemy.Sequence("api_keys_id_seq")


class PostgresUsers:
    """The accounts."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> UserId:
        """Give a new account's id."""
        with storage_errors():
            return UserId(self._connection.execute(USER_IDS.next_value().select()).scalar_one())

    def add(self, user: User) -> None:
        """Keep a new account."""
        self._staged.users.append(user)

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""
        return self._load(select(tables.users).where(tables.users.c.username_key == username.key))

    def get(self, id: UserId) -> User | None:
        """Load an account."""
        return self._load(select(tables.users).where(tables.users.c.id == id))

    def get_for_update(self, id: UserId) -> User | None:
        """Load an account and lock its row, as an event's is: see sql/lock_events.sql."""
        query = select(tables.users).where(tables.users.c.id == id)
        return self._load(query.with_for_update(key_share=True))

    def get_for_erasure(self, id: UserId) -> User | None:
        """Load an account and lock its row so that nothing new can refer to it either."""
        query = select(tables.users).where(tables.users.c.id == id)
        return self._load(query.with_for_update())

    def lock_active_admins(self) -> set[UserId]:
        """Tell which admins may act, and lock their rows, in the order of their ids."""
        users = tables.users.c
        query = (
            select(users.id, users.disabled_at)
            .where(users.role == Role.ADMIN.value)
            .order_by(users.id)
            .with_for_update(key_share=True)
        )
        with storage_errors():
            rows = self._connection.execute(query).all()
        return {UserId(row.id) for row in rows if row.disabled_at is None}

    def save(self, user: User) -> None:
        """Keep what was changed of an account."""
        statement = update(tables.users).where(tables.users.c.id == user.id).values(user_row(user))
        self._staged.changes.append(lambda connection: connection.execute(statement))

    def _load(self, query: sqlalchemy.Select[tuple[object, ...]]) -> User | None:
        with storage_errors():
            row = self._connection.execute(query).one_or_none()
        return user_of(row) if row else None


class PostgresLoginSessions:
    """The sessions that go on."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def add(self, session: LoginSession) -> None:
        """Keep a new session."""
        self._stage(
            insert(tables.sessions).values(
                id=session.id,
                user_id=session.user_id,
                generation=session.generation,
                created_at=session.created_at,
                expires_at=session.expires_at,
            )
        )

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        """Load a session and lock its row: of two that use a refresh token, one is the second."""
        query = select(tables.sessions).where(tables.sessions.c.id == id).with_for_update()
        with storage_errors():
            row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return LoginSession(
            id=LoginSessionId(row.id),
            user_id=UserId(row.user_id),
            generation=row.generation,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )

    def save(self, session: LoginSession) -> None:
        """Keep what was changed of a session."""
        self._stage(
            update(tables.sessions)
            .where(tables.sessions.c.id == session.id)
            .values(generation=session.generation, expires_at=session.expires_at)
        )

    def remove(self, id: LoginSessionId) -> None:
        """End a session."""
        self._stage(delete(tables.sessions).where(tables.sessions.c.id == id))

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        """End all sessions of an account."""
        statement = delete(tables.sessions).where(tables.sessions.c.user_id == user)
        if keep is not None:
            statement = statement.where(tables.sessions.c.id != keep)
        self._stage(statement)

    def remove_expired(self, user: UserId, now: datetime) -> None:
        """Forget the sessions of an account that have expired."""
        sessions = tables.sessions
        self._stage(
            delete(sessions).where(sessions.c.user_id == user, sessions.c.expires_at <= now)
        )

    def _stage(self, statement: sqlalchemy.Executable) -> None:
        self._staged.changes.append(lambda connection: connection.execute(statement))


class PostgresApiKeys:
    """The API keys that are good."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def next_id(self) -> ApiKeyId:
        """Give a new key's id."""
        with storage_errors():
            return ApiKeyId(
                self._connection.execute(API_KEY_IDS.next_value().select()).scalar_one()
            )

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        statement = insert(tables.api_keys).values(
            id=key.id,
            owner_id=key.owner_id,
            name=key.name,
            scopes=sorted(key.scopes),
            digest=key.digest,
            hint=key.hint,
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
        self._staged.changes.append(lambda connection: connection.execute(statement))

    def count(self, owner: UserId) -> int:
        """Count the keys of an account."""
        query = (
            select(func.count())
            .select_from(tables.api_keys)
            .where(tables.api_keys.c.owner_id == owner)
        )
        with storage_errors():
            return int(self._connection.execute(query).scalar_one())

    def remove(self, owner: UserId, id: ApiKeyId) -> bool:
        """Revoke a key."""
        keys = tables.api_keys
        statement = delete(keys).where(keys.c.owner_id == owner, keys.c.id == id)
        with storage_errors():
            return bool(self._connection.execute(statement).rowcount)

    def remove_all(self, owner: UserId) -> None:
        """Revoke all keys of an account."""
        statement = delete(tables.api_keys).where(tables.api_keys.c.owner_id == owner)
        self._staged.changes.append(lambda connection: connection.execute(statement))


class PostgresAuditLog:
    """The audit trail; its lines are written by the commit, all in one statement."""

    def __init__(self, staged: Staged) -> None:
        self._staged = staged

    def record(self, done: AuditEntry) -> None:
        """Add a line."""
        self._staged.deeds.append(done)


def audit_row(done: AuditEntry) -> dict[str, object]:
    """Make a row of the audit trail."""
    return {
        "at": done.at,
        "deed": done.deed.value,
        "actor_id": done.actor_id,
        "api_key_id": done.key_id,
        "event_id": done.event_id,
        "order_id": done.order_id,
        "account_id": done.account_id,
        "detail": done.detail,
        "address": done.origin.address,
        "request_id": done.origin.request_id,
    }


def audit_columns(deeds: Sequence[AuditEntry]) -> dict[str, list[object]]:
    """Make the arrays of sql/record_orders.sql of lines of the audit trail."""
    return {
        "deed_ats": [done.at for done in deeds],
        "deeds": [done.deed.value for done in deeds],
        "deed_actor_ids": [done.actor_id for done in deeds],
        "deed_api_key_ids": [done.key_id for done in deeds],
        "deed_event_ids": [done.event_id for done in deeds],
        "deed_order_ids": [done.order_id and str(done.order_id) for done in deeds],
        "deed_account_ids": [done.account_id for done in deeds],
        "deed_details": [done.detail for done in deeds],
        "deed_addresses": [done.origin.address for done in deeds],
        "deed_request_ids": [done.origin.request_id for done in deeds],
    }


def _session_values(sessions: Collection[LoginSessionId]) -> dict[str, object]:
    return {"session_ids": [str(session) for session in sessions]}


def _actors(rows: Sequence[Any]) -> dict[LoginSessionId, Actor]:
    return {
        LoginSessionId(row.id): Actor(UserId(row.user_id), row.username, Role(row.role))
        for row in rows
    }


class PostgresPrincipals:
    """Who sends what, asked within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are, and keep their accounts from being erased meanwhile."""
        with storage_errors():
            rows = self._connection.execute(LOCK_ACTORS, _session_values(sessions)).all()
            return _actors(rows)

    def lock_active(self, id: UserId) -> bool:
        """Tell whether an account may act, and keep it from being erased meanwhile."""
        users = tables.users
        query = (
            select(users.c.id)
            .where(users.c.id == id, users.c.disabled_at.is_(None))
            .with_for_update(read=True, key_share=True)
        )
        with storage_errors():
            return self._connection.execute(query).one_or_none() is not None


class PostgresUserQueries(Reader):
    """Accounts, to be read."""

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""
        rows = self.rows(select(tables.users).where(tables.users.c.id == id))
        return user_view_of(rows[0]) if rows else None

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """List accounts, in the order of their ids."""
        users = tables.users.c
        query = select(tables.users).order_by(users.id).limit(limit + 1)
        if after is not None:
            query = query.where(users.id > after)
        if search.q is not None:
            names = (users.username, users.email, users.first_name, users.last_name)
            wanted = func.lower(search.q)
            query = query.where(or_(*(func.strpos(func.lower(name), wanted) > 0 for name in names)))
        if search.role is not None:
            query = query.where(users.role == search.role.value)
        if search.is_disabled is not None:
            query = query.where(users.disabled_at.is_not(None) == search.is_disabled)
        views = [user_view_of(row) for row in self.rows(query)]
        return Page(views[:limit], UserId(views[limit - 1].id) if len(views) > limit else None)


class PostgresPrincipalQueries(Reader):
    """Who sends a request."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are."""
        return _actors(self.rows(ACTORS_BY_SESSION, _session_values(sessions)))

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        """Find by the digest of an API key whose it is."""
        keys, users = tables.api_keys.c, tables.users.c
        query = (
            select(tables.api_keys, users.id.label("user_id"), users.username, users.role)
            .join_from(tables.api_keys, tables.users, users.id == keys.owner_id)
            .where(
                keys.digest == digest,
                users.disabled_at.is_(None),
                or_(keys.expires_at.is_(None), keys.expires_at > now),
            )
        )
        rows = self.rows(query)
        if not rows:
            return None
        row, id = rows[0], ApiKeyId(rows[0].id)
        actor = Actor(UserId(row.user_id), row.username, Role(row.role), id)
        return KeyHolder(id, actor, frozenset(map(KeyScope, row.scopes)), row.last_used_at)

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        """Note that a key was used."""
        keys = tables.api_keys
        self.run(update(keys).where(keys.c.id == key).values(last_used_at=now))


class PostgresApiKeyQueries(Reader):
    """API keys, to be read."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        """List the keys of an account, the newest first."""
        keys = tables.api_keys.c
        rows = self.rows(
            select(tables.api_keys).where(keys.owner_id == owner).order_by(keys.id.desc())
        )
        return [
            ApiKeyView(
                id=row.id,
                name=row.name,
                scopes=sorted(row.scopes),
                hint=row.hint,
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
            )
            for row in rows
        ]


class PostgresAuditQueries(Reader):
    """The audit trail, to be read."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """List lines, the newest first."""
        entries, users = tables.audit_entries.c, tables.users.c
        query = (
            select(tables.audit_entries, users.username)
            .join_from(
                tables.audit_entries, tables.users, users.id == entries.actor_id, isouter=True
            )
            .order_by(entries.id.desc())
            .limit(limit + 1)
        )
        wanted = (
            (entries.event_id, search.event),
            (entries.order_id, search.order),
            (entries.account_id, search.account),
            (entries.actor_id, search.actor),
            (entries.deed, search.deed.value if search.deed else None),
        )
        for column, value in wanted:
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(entries.id < before)
        views = [
            AuditEntryView(
                id=row.id,
                at=row.at,
                deed=row.deed,
                actor=None if row.username is None else AccountRef(row.actor_id, row.username),
                api_key_id=row.api_key_id,
                event_id=row.event_id,
                order_id=row.order_id,
                account_id=row.account_id,
                detail=row.detail,
                address=row.address,
                request_id=row.request_id,
            )
            for row in self.rows(query)
        ]
        return Page(views[:limit], views[limit - 1].id if len(views) > limit else None)
