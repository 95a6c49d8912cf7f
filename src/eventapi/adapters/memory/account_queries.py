"""Reading accounts, who sends a request, and the audit trail from memory."""

from collections.abc import Collection
from datetime import datetime

from eventapi.adapters.memory.database import MemoryDatabase
from eventapi.application.audit import AuditEntry
from eventapi.application.ports.accounts import KeyHolder, UserSearch
from eventapi.application.ports.audit import AuditSearch
from eventapi.application.search import account_text, search_text
from eventapi.application.views import AccountRef, ApiKeyView, AuditEntryView, Page, UserView
from eventapi.domain.policy import Actor
from eventapi.domain.user import User
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId


class MemoryUserQueries:
    """Accounts, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""
        with self._database.mutex:
            user = self._database.users.get(id)
            return UserView.of(user) if user else None

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """List accounts."""
        with self._database.mutex:
            users = list(self._database.users.values())
        found = sorted(
            (
                UserView.of(user)
                for user in users
                if _is_wanted(user, search) and user.id > (after or 0)
            ),
            key=lambda view: view.id,
        )
        more = len(found) > limit
        return Page(found[:limit], UserId(found[limit - 1].id) if more else None)


def _is_wanted(user: User, search: UserSearch) -> bool:
    return (
        (search.q is None or search_text(search.q) in account_text(user))
        and (search.role is None or user.role == search.role)
        and (search.is_disabled is None or user.is_active != search.is_disabled)
    )


class MemoryPrincipalQueries:
    """Who sends a request."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are."""
        with self._database.mutex:
            known = [self._database.sessions.get(session) for session in sessions]
            owners = [(one.id, self._database.users[one.user_id]) for one in known if one]
            return {id: Actor.of(user) for id, user in owners if user.is_active}

    def lock_active(self, id: UserId) -> bool:
        """Tell whether an account may act; the commit looks once more."""
        with self._database.mutex:
            user = self._database.users.get(id)
            return user is not None and user.is_active

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        """Find by the digest of an API key whose it is."""
        with self._database.mutex:
            for key in self._database.api_keys.values():
                owner = self._database.users[key.owner_id]
                if key.digest == digest and owner.is_active:
                    if key.expires_at is not None and key.expires_at <= now:
                        return None
                    actor = Actor.of(owner, key_id=key.id)
                    return KeyHolder(key.id, actor, key.scopes, key.last_used_at)
        return None

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        """Note that a key was used."""
        with self._database.mutex:
            if key in self._database.api_keys:
                self._database.api_keys[key].last_used_at = now


class MemoryApiKeyQueries:
    """API keys, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        """List the keys of an account, the newest first."""
        with self._database.mutex:
            keys = [key for key in self._database.api_keys.values() if key.owner_id == owner]
            return [ApiKeyView.of(key) for key in sorted(keys, key=lambda key: -key.id)]


class MemoryAuditQueries:
    """The audit trail, to be read."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        """List lines, the newest first."""
        with self._database.mutex:
            lines = list(enumerate(self._database.audit_entries, start=1))
            found = [
                self._view(id, done)
                for id, done in reversed(lines)
                if (before is None or id < before)
                and search.event in {None, done.event_id}
                and search.order in {None, done.order_id}
                and search.account in {None, done.account_id}
                and search.actor in {None, done.actor_id}
                and search.action in {None, done.action}
            ]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def _view(self, id: int, done: AuditEntry) -> AuditEntryView:
        actor = self._database.users.get(done.actor_id) if done.actor_id is not None else None
        return AuditEntryView(
            id=id,
            at=done.at,
            action=done.action.value,
            actor=AccountRef(actor.id, actor.username.value) if actor else None,
            api_key_id=done.key_id,
            event_id=done.event_id,
            order_id=done.order_id,
            account_id=done.account_id,
            detail=done.detail,
            address=done.origin.address,
            request_id=done.origin.request_id,
        )
