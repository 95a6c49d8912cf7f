"""Who may come in, on PostgreSQL: accounts, sessions, API keys, and what they did."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.accounts import (
    ACTORS_BY_SESSION,
    actors_from_rows,
    session_values,
)
from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.rows import user_of, user_row
from eventapi.adapters.postgres.staging import Staged
from eventapi.application.audit import AuditEntry
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.login_session import LoginSession
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, User
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId, Username

USER_IDS = sqlalchemy.Sequence("users_id_seq")
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
        self._staged.domain_events.collect(user)
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
        self._staged.domain_events.collect(user)
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
        self._staged.domain_events.collect(session)
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
        self._staged.domain_events.collect(session)
        self._stage(
            update(tables.sessions)
            .where(tables.sessions.c.id == session.id)
            .values(generation=session.generation, expires_at=session.expires_at)
        )

    def remove(self, session: LoginSession) -> None:
        self._staged.domain_events.collect(session)
        self._stage(delete(tables.sessions).where(tables.sessions.c.id == session.id))

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
        self._staged.domain_events.collect(key)
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

    def get(self, owner: UserId, id: ApiKeyId) -> ApiKey | None:
        keys = tables.api_keys
        query = select(keys).where(keys.c.owner_id == owner, keys.c.id == id)
        with storage_errors():
            row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return ApiKey(
            id=ApiKeyId(row.id),
            owner_id=UserId(row.owner_id),
            name=row.name,
            scopes=frozenset(map(KeyScope, row.scopes)),
            digest=bytes(row.digest),
            hint=row.hint,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )

    def remove(self, key: ApiKey) -> None:
        self._staged.domain_events.collect(key)
        statement = delete(tables.api_keys).where(tables.api_keys.c.id == key.id)
        self._staged.changes.append(lambda connection: connection.execute(statement))

    def remove_all(self, owner: UserId) -> None:
        """Revoke all keys of an account."""
        statement = delete(tables.api_keys).where(tables.api_keys.c.owner_id == owner)
        self._staged.changes.append(lambda connection: connection.execute(statement))


def audit_row(done: AuditEntry) -> dict[str, object]:
    """Make a row of the audit trail."""
    return {
        "at": done.at,
        "deed": done.action.value,
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
        "deeds": [done.action.value for done in deeds],
        "deed_actor_ids": [done.actor_id for done in deeds],
        "deed_api_key_ids": [done.key_id for done in deeds],
        "deed_event_ids": [done.event_id for done in deeds],
        "deed_order_ids": [done.order_id and str(done.order_id) for done in deeds],
        "deed_account_ids": [done.account_id for done in deeds],
        "deed_details": [done.detail for done in deeds],
        "deed_addresses": [done.origin.address for done in deeds],
        "deed_request_ids": [done.origin.request_id for done in deeds],
    }


class PostgresPrincipals:
    """Who sends what, asked within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are, and keep their accounts from being erased meanwhile."""
        with storage_errors():
            rows = self._connection.execute(LOCK_ACTORS, session_values(sessions)).all()
            return actors_from_rows(rows)

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
