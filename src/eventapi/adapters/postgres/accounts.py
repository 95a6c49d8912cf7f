"""Accounts, API keys and the principals of requests on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.reader import Reader, page_of
from eventapi.adapters.postgres.tables import api_keys, users
from eventapi.adapters.postgres.view_columns import columns_of
from eventapi.application.ports.accounts import KeyHolder, UserSearch
from eventapi.application.search import search_text
from eventapi.application.views import ApiKeyView, Page, UserView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId

ACTORS_BY_SESSION = sql_file("actors_by_session.sql")
USERS = select(*columns_of(UserView, users, is_disabled=users.c.disabled_at.is_not(None)))
USER_BY_ID = USERS.where(users.c.id == bindparam("id"))
API_KEYS_OF_OWNER = (
    select(*columns_of(ApiKeyView, api_keys))
    .where(api_keys.c.owner_id == bindparam("owner_id"))
    .order_by(api_keys.c.id.desc())
)
API_KEY_BY_DIGEST = (
    select(
        api_keys.c.id,
        api_keys.c.scopes,
        api_keys.c.last_used_at,
        users.c.id.label("user_id"),
        users.c.username,
        users.c.role,
    )
    .join_from(api_keys, users, users.c.id == api_keys.c.owner_id)
    .where(
        api_keys.c.digest == bindparam("digest"),
        users.c.disabled_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
    )
)


class PostgresUserQueries(Reader):
    """Queries of accounts."""

    def get(self, id: UserId) -> UserView | None:
        return self.view(UserView, USER_BY_ID, {"id": id})

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        query = USERS.order_by(users.c.id).limit(limit + 1)
        if after is not None:
            query = query.where(users.c.id > after)
        if search.q is not None:
            query = query.where(func.strpos(users.c.search_text, search_text(search.q)) > 0)
        if search.role is not None:
            query = query.where(users.c.role == search.role.value)
        if search.is_disabled is not None:
            query = query.where(users.c.disabled_at.is_not(None) == search.is_disabled)
        return page_of(self.views(UserView, query), limit, lambda user: UserId(user.id))


class PostgresApiKeyQueries(Reader):
    """Queries of API keys."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        return self.views(ApiKeyView, API_KEYS_OF_OWNER, {"owner_id": owner})


class PostgresPrincipalQueries(Reader):
    """Queries of the principals of requests."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        return actors_from_rows(self.rows(ACTORS_BY_SESSION, session_values(sessions)))

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        for row in self.rows(API_KEY_BY_DIGEST, {"digest": digest, "now": now}):
            id = ApiKeyId(row.id)
            actor = Actor(UserId(row.user_id), row.username, Role(row.role), id)
            return KeyHolder(id, actor, frozenset(map(KeyScope, row.scopes)), row.last_used_at)
        return None

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        self.run(update(api_keys).where(api_keys.c.id == key).values(last_used_at=now))


def session_values(sessions: Collection[LoginSessionId]) -> dict[str, object]:
    """Return the parameters of sql/actors_by_session.sql."""
    return {"session_ids": [str(session) for session in sessions]}


def actors_from_rows(rows: Sequence[Any]) -> dict[LoginSessionId, Actor]:
    """Return the actors of the rows of sql/actors_by_session.sql, by login session."""
    return {
        LoginSessionId(row.id): Actor(UserId(row.user_id), row.username, Role(row.role))
        for row in rows
    }
