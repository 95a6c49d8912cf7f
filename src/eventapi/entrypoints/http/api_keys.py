"""API keys, for machines."""

from http import HTTPStatus
from typing import Any

from eventapi.domain.errors import (
    AccountDeleted,
    ApiKeyNotFound,
    NotAllowed,
    NotSignedIn,
    TooManyApiKeys,
)
from eventapi.domain.values import ApiKeyId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import ACCOUNT, LOCATION_HEADER, ApiBlueprint, use_cases
from eventapi.entrypoints.http.schemas.accounts import (
    ApiKeyListSchema,
    CreatedApiKeySchema,
    NewApiKeySchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "api_keys", __name__, url_prefix="/api", description="Keys by which machines act."
)

FOR_OWNERS = (NotSignedIn, NotAllowed)


@blueprint.operation(
    "POST",
    "/keys",
    access=ACCOUNT,
    body=NewApiKeySchema,
    gives=CreatedApiKeySchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(*FOR_OWNERS, AccountDeleted, TooManyApiKeys),
    example={"name": "Door 3", "scopes": ["check_in"], "expires_at": "2030-06-02T00:00:00Z"},
    answer_example=examples.API_KEY | {"key": "eventapi_7tPq3kZ1vXw9yB2nL5cR8sD4fG6hJ0mK_qW-eT1uI"},
)
def create_api_key(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Make an API key. The key itself is in this answer and nowhere else: keep it."""
    made = use_cases().manage_api_keys.create(current_actor(), **body)
    shown = {name: getattr(made.view, name) for name in made.view.__slots__}
    return shown | {"key": made.key}, {"Location": f"/api/keys/{made.view.id}"}


@blueprint.operation(
    "GET",
    "/keys",
    access=ACCOUNT,
    gives=ApiKeyListSchema,
    errors=FOR_OWNERS,
    answer_example={"items": [examples.API_KEY], "next": None},
)
def list_api_keys() -> dict[str, Any]:
    """List one's API keys, newest first, with when each was last used."""
    return {"items": use_cases().manage_api_keys.list(current_actor()), "next": None}


@blueprint.operation(
    "DELETE",
    "/keys/<id:key_id>",
    access=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    errors=(*FOR_OWNERS, ApiKeyNotFound),
)
def revoke_api_key(key_id: int) -> None:
    """Revoke an API key: it is worth nothing from now on."""
    use_cases().manage_api_keys.revoke(current_actor(), ApiKeyId(key_id))
