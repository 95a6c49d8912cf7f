"""API keys: created, listed and revoked by their owners."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    account_owner,
    find_answer,
    key_of,
    store_answer,
)
from eventapi.application.ports.accounts import ApiKeyQueries
from eventapi.application.ports.storage import UnitOfWorkFactory
from eventapi.application.ports.system import Clock, CredentialGenerator
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.views import ApiKeyView
from eventapi.domain import policy
from eventapi.domain.api_key import ApiKey, digest_of, parse_scopes
from eventapi.domain.errors import AccountDeleted, ApiKeyNotFound, TooManyApiKeys
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import ApiKeyId

HINT_LENGTH = 4


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A new API key, together with the key itself, which is shown only once."""

    view: ApiKeyView
    key: Annotated[
        str | None,
        "Send it as `Authorization: Bearer …`. It is shown only once: null if the request was "
        "accepted before, under the same `Idempotency-Key`. Then revoke the key whose secret is "
        "lost, and create another.",
    ]


@dataclass(frozen=True, slots=True)
class ManageApiKeys:
    """Manage one's own API keys."""

    unit_of_work: UnitOfWorkFactory
    keys: ApiKeyQueries
    credentials: CredentialGenerator
    clock: Clock

    def create(
        self,
        actor: Actor | None,
        *,
        name: str,
        scopes: Collection[str],
        expires_at: datetime | None,
        request: KeyedRequest | None = None,
    ) -> Accepted[NewApiKey]:
        """Create a key that acts for the actor.

        Args:
            actor: the owner.
            name: for the owner to recognise it.
            scopes: what it may be used for.
            expires_at: with an offset from UTC; None for a key that does not expire.
            request: is accepted once. Its answer is stored without the key itself.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            InvalidValues: the name, a scope or the expiry is not acceptable.
            TooManyApiKeys: the account has the maximum number of keys.
            AccountDeleted: the account is no longer active.
            IdempotencyKeyReused: the idempotency key was used for another request.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        request_key = key_of(request, account_owner(owner.id))
        secret = self.credentials.api_key()
        with self.unit_of_work(owner) as work:
            # Locked so that concurrent requests count the keys one after the other, and checked
            # again: the account may have been disabled or demoted since.
            account = work.users.get_for_update(owner.id)
            if account is None or not account.is_active:
                raise AccountDeleted
            policy.require(Actor.of(account), Action.MANAGE_API_KEYS)
            if accepted := find_answer(request_key, ApiKeyView, work):
                return Accepted(NewApiKey(accepted.answer, None), replayed=True)
            if work.api_keys.count(owner.id) >= ApiKey.MAX_PER_ACCOUNT:
                raise TooManyApiKeys(ApiKey.MAX_PER_ACCOUNT)
            key = ApiKey.create(
                id=work.api_keys.next_id(),
                owner_id=owner.id,
                name=name,
                scopes=parse_scopes(scopes),
                digest=digest_of(secret),
                hint=secret[-HINT_LENGTH:],
                now=self.clock.now(),
                expires_at=expires_at,
            )
            work.api_keys.add(key)
            view = ApiKeyView.of(key)
            store_answer(request_key, view, key.created_at, work)
            work.commit()
        return Accepted(NewApiKey(view, secret))

    def list(self, actor: Actor | None) -> list[ApiKeyView]:
        """Return the actor's keys, newest first.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
        """
        return self.keys.of_owner(policy.require(actor, Action.MANAGE_API_KEYS).id)

    def get(self, actor: Actor | None, id: ApiKeyId) -> ApiKeyView:
        """Return one of the actor's keys.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            ApiKeyNotFound: the actor has no such key.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        key = self.keys.get(owner.id, id)
        if key is None:
            raise ApiKeyNotFound(id)
        return key

    def revoke(
        self, actor: Actor | None, id: ApiKeyId, *, seen: Precondition[ApiKeyView] = unconditional
    ) -> None:
        """Revoke a key: it is invalid at once.

        Raises:
            NotSignedIn, NotAllowed: only organizers and admins have keys.
            ApiKeyNotFound: the actor has no such key.
            VersionConflict: the key was used or changed since the actor saw it.
        """
        owner = policy.require(actor, Action.MANAGE_API_KEYS)
        with self.unit_of_work(owner) as work:
            key = work.api_keys.get_for_update(owner.id, id)
            if key is None:
                raise ApiKeyNotFound(id)
            check_seen(seen, ApiKeyView.of(key))
            key.revoke(self.clock.now())
            work.api_keys.remove(key)
            work.commit()
