"""Authentication on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, text, update

from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.reader import Reader
from eventapi.adapters.postgres.repository import Repository, Row
from eventapi.adapters.postgres.tables import api_keys, users
from eventapi.application.ports.accounts import KeyHolder
from eventapi.domain.api_key import KeyScope
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, join_names
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId

ACTORS_BY_SESSION = sql_file("actors_by_session.sql")
LOCK_ACTORS = text(f"{ACTORS_BY_SESSION.text} FOR KEY SHARE OF account")
"""Keeps the accounts from being erased until the transaction ends.

The foreign key of an order takes the same lock. A sale takes it before that of
the event, so that no transaction waits for an account while it holds an event.
"""
LOCK_ACTIVE = (
    select(users.c.id)
    .where(users.c.id == bindparam("id"), users.c.disabled_at.is_(None))
    .with_for_update(read=True, key_share=True)
)
HOLDER_BY_DIGEST = (
    select(
        api_keys.c.id,
        api_keys.c.scopes,
        api_keys.c.last_used_at,
        users.c.id.label("user_id"),
        users.c.username,
        users.c.role,
        users.c.email,
        users.c.first_name,
        users.c.last_name,
    )
    .join_from(api_keys, users, users.c.id == api_keys.c.owner_id)
    .where(
        api_keys.c.digest == bindparam("digest"),
        users.c.disabled_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
    )
)


class PostgresPrincipals(Repository):
    """Authentication within a unit of work."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        return _actors(self._rows(LOCK_ACTORS, _parameters(sessions)))

    def lock_active(self, id: UserId) -> bool:
        return self._row(LOCK_ACTIVE, {"id": id}) is not None


class PostgresPrincipalQueries(Reader):
    """Authentication of requests."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        return _actors(self.rows(ACTORS_BY_SESSION, _parameters(sessions)))

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        for row in self.rows(HOLDER_BY_DIGEST, {"digest": digest, "now": now}):
            id = ApiKeyId(row.id)
            return KeyHolder(
                id, _actor(row, id), frozenset(map(KeyScope, row.scopes)), row.last_used_at
            )
        return None

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        self.run(update(api_keys).where(api_keys.c.id == key).values(last_used_at=now))


def _parameters(sessions: Collection[LoginSessionId]) -> dict[str, object]:
    return {"session_ids": [str(session) for session in sessions]}


def _actors(rows: Sequence[Row]) -> dict[LoginSessionId, Actor]:
    return {LoginSessionId(row.id): _actor(row) for row in rows}


def _actor(row: Row, key: ApiKeyId | None = None) -> Actor:
    return Actor(
        UserId(row.user_id),
        row.username,
        Role(row.role),
        key,
        name=join_names(row.first_name, row.last_name),
        email=row.email,
    )
