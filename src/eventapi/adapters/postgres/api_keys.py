"""API keys on PostgreSQL."""

from sqlalchemy import Sequence, bindparam, delete, func, select

from eventapi.adapters.postgres.reader import Reader
from eventapi.adapters.postgres.repository import Repository, attributes, shared_names
from eventapi.adapters.postgres.tables import api_keys
from eventapi.adapters.postgres.view_columns import columns_of
from eventapi.application.views import ApiKeyView
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.values import ApiKeyId, UserId

API_KEY_IDS = Sequence("api_keys_id_seq")
OF_OWNER = api_keys.c.owner_id == bindparam("owner_id")
WITH_ID = api_keys.c.id == bindparam("id")
BY_ID = select(api_keys).where(OF_OWNER, WITH_ID).with_for_update()
COUNT = select(func.count()).select_from(api_keys).where(OF_OWNER)
VIEWS = select(*columns_of(ApiKeyView, api_keys)).where(OF_OWNER).order_by(api_keys.c.id.desc())
VIEW = select(*columns_of(ApiKeyView, api_keys)).where(OF_OWNER, WITH_ID)
NAMES = shared_names(ApiKey, api_keys, converted=["scopes", "digest"])


class PostgresApiKeys(Repository):
    """API keys that were not revoked."""

    def next_id(self) -> ApiKeyId:
        return ApiKeyId(self._next_id(API_KEY_IDS))

    def add(self, key: ApiKey) -> None:
        self._collect(key)
        row = {**attributes(key, NAMES), "scopes": sorted(key.scopes), "digest": key.digest}
        self._stage(self._insert, api_keys, row)

    def get_for_update(self, owner: UserId, id: ApiKeyId) -> ApiKey | None:
        row = self._row(BY_ID, {"owner_id": owner, "id": id})
        if row is None:
            return None
        return ApiKey(
            **attributes(row, NAMES),
            scopes=frozenset(map(KeyScope, row.scopes)),
            digest=bytes(row.digest),
        )

    def count(self, owner: UserId) -> int:
        return int(self._value(COUNT, {"owner_id": owner}))

    def remove(self, key: ApiKey) -> None:
        self._collect(key)
        self._stage_delete(api_keys, key.id)

    def remove_all(self, owner: UserId) -> None:
        self._stage_statement(delete(api_keys).where(api_keys.c.owner_id == owner))


class PostgresApiKeyQueries(Reader):
    """Queries of API keys."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        return self.views(ApiKeyView, VIEWS, {"owner_id": owner})

    def get(self, owner: UserId, id: ApiKeyId) -> ApiKeyView | None:
        return self.view(ApiKeyView, VIEW, {"owner_id": owner, "id": id})
