"""API keys: made, listed and revoked by their owners."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.ports.accounts import ApiKeyQueries
from eventapi.application.ports.storage import UnitOfWorkFactory
from eventapi.application.ports.system import Clock, CredentialGenerator
from eventapi.application.sessions import digest_of
from eventapi.application.views import ApiKeyView
from eventapi.domain import policy
from eventapi.domain.api_key import ApiKey, scopes_of
from eventapi.domain.errors import AccountDeleted, ApiKeyNotFound, TooManyApiKeys
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import ApiKeyId

HINT_LENGTH = 4


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A new API key, with the key itself, which is told this once."""

    view: ApiKeyView
    key: str


class ManageApiKeys:
    """What organizers and admins do with their API keys."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        keys: ApiKeyQueries,
        secrets: CredentialGenerator,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._keys = keys
        self._secrets = secrets
        self._clock = clock

    def make(
        self,
        actor: Actor | None,
        *,
        name: str,
        scopes: Collection[str],
        expires_at: datetime | None,
    ) -> NewApiKey:
        """Make a key that acts for the actor within these scopes.

        Args:
            actor: whose key it is.
            name: by which the actor knows it.
            scopes: what it is good for.
            expires_at: with an offset from UTC; None for a key that does not expire.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            InvalidValues: the name, a scope or the expiry can't be taken.
            TooManyApiKeys: there are enough.
            AccountDeleted: the account may not act any more.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        text = self._secrets.api_key()
        with self._unit_of_work() as work:
            # Locked, so that keys are counted one after the other, and asked again: the account
            # may have been disabled or given another role meanwhile.
            account = work.users.get_for_update(owner.id)
            if account is None or not account.is_active:
                raise AccountDeleted
            policy.require(Actor.of(account), Action.MANAGE_API_KEYS)
            if work.api_keys.count(owner.id) >= ApiKey.MOST:
                raise TooManyApiKeys(ApiKey.MOST)
            key = ApiKey(
                id=work.api_keys.next_id(),
                owner_id=owner.id,
                name=name,
                scopes=scopes_of(scopes),
                digest=digest_of(text),
                hint=text[-HINT_LENGTH:],
                created_at=self._clock.now(),
                expires_at=expires_at,
            )
            work.api_keys.add(key)
            work.audit.record(
                AuditEntry.by(
                    owner,
                    AuditAction.API_KEY_CREATED,
                    key.created_at,
                    account=owner.id,
                    detail=f"key {key.id}",
                )
            )
            work.commit()
        return NewApiKey(ApiKeyView.of(key), text)

    def list(self, actor: Actor | None) -> list[ApiKeyView]:
        """Give the actor's keys, the newest first.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
        """
        return self._keys.of_owner(policy.require(actor, Action.MANAGE_API_KEYS).id)

    def revoke(self, actor: Actor | None, id: ApiKeyId) -> None:
        """Make a key worth nothing, from this moment on.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            ApiKeyNotFound: the actor has none of this id.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        with self._unit_of_work() as work:
            if not work.api_keys.remove(owner.id, id):
                raise ApiKeyNotFound(id)
            now = self._clock.now()
            work.audit.record(
                AuditEntry.by(
                    owner, AuditAction.API_KEY_REVOKED, now, account=owner.id, detail=f"key {id}"
                )
            )
            work.commit()
