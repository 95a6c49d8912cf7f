"""API keys, with which programs act for an account."""

from typing import Any

from eventapi.application.api_keys import NewApiKey
from eventapi.application.views import ApiKeyView
from eventapi.domain.errors import (
    AccountDeleted,
    ApiKeyNotFound,
    NotAllowed,
    NotSignedIn,
    TooManyApiKeys,
)
from eventapi.domain.policy import Action
from eventapi.domain.values import ApiKeyId
from eventapi.entrypoints.http.access import ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, IF_MATCH, if_match
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.pagination import page_schema
from eventapi.entrypoints.http.permissions import api_keys, role
from eventapi.entrypoints.http.responses import Created, created, ok
from eventapi.entrypoints.http.schemas.accounts import (
    ApiKeySchema,
    CreatedApiKeySchema,
    NewApiKeySchema,
)
from eventapi.entrypoints.http.schemas.common import IdempotencySchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "api-keys", __name__, url_prefix="/api", description="Keys with which programs use the API."
)

KEY_OWNER_ERRORS = (NotSignedIn, NotAllowed)


@blueprint.operation(
    "POST",
    "/keys",
    access=ACCOUNT,
    body=NewApiKeySchema,
    headers=IdempotencySchema,
    response=once(created(CreatedApiKeySchema, no_store=True)),
    permission=role(Action.MANAGE_API_KEYS),
    errors=(*KEY_OWNER_ERRORS, AccountDeleted, TooManyApiKeys),
)
def create_api_key(body: dict[str, Any], headers: dict[str, Any]) -> Created[NewApiKey]:
    """Create an API key.

    The key itself is only in this response: keep it.
    """
    accepted = use_cases().manage_api_keys.create(
        current_actor(), **body, request=keyed_request(headers)
    )
    new = accepted.answer
    return with_headers(accepted, new, Location=f"/api/keys/{new.view.id}")


@blueprint.operation(
    "GET",
    "/keys",
    access=ACCOUNT,
    response=ok(page_schema(ApiKeySchema)),
    errors=KEY_OWNER_ERRORS,
)
def list_api_keys() -> dict[str, Any]:
    """List your API keys, newest first.

    The keys themselves are not shown again, only their last characters.
    """
    return {"items": use_cases().manage_api_keys.list(current_actor()), "next": None}


@blueprint.operation(
    "GET",
    "/keys/<id:key_id>",
    access=ACCOUNT,
    response=ok(ApiKeySchema),
    conditional=ETAG,
    errors=(*KEY_OWNER_ERRORS, ApiKeyNotFound),
)
def get_api_key(key_id: ApiKeyId) -> ApiKeyView:
    """Get an API key.

    The key itself is not shown again, only its last characters.
    """
    return use_cases().manage_api_keys.get(current_actor(), key_id)


@blueprint.operation(
    "DELETE",
    "/keys/<id:key_id>",
    access=ACCOUNT,
    conditional=IF_MATCH,
    permission=api_keys(),
    errors=(*KEY_OWNER_ERRORS, ApiKeyNotFound),
)
def revoke_api_key(key_id: ApiKeyId) -> None:
    """Revoke an API key.

    Requests with the key are refused at once, in every process.
    """
    use_cases().manage_api_keys.revoke(current_actor(), key_id, seen=if_match(ApiKeySchema))
