"""Categories of events."""

from typing import Any

from eventapi.application.views import CategoryView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    CategoryInUse,
    CategoryNotFound,
    CategoryTaken,
    NotAllowed,
    NotSignedIn,
)
from eventapi.domain.policy import Action
from eventapi.entrypoints.http.access import ACCOUNT, GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, IF_MATCH, VERSIONED, if_match
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.pagination import page_schema
from eventapi.entrypoints.http.permissions import categories, role
from eventapi.entrypoints.http.responses import Created, created, ok
from eventapi.entrypoints.http.schemas.common import IdempotencySchema
from eventapi.entrypoints.http.schemas.events import (
    CategoryChangeSchema,
    CategorySchema,
    NewCategorySchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "categories", __name__, url_prefix="/api/categories", description="Categories of events."
)


@blueprint.operation(
    "GET",
    "",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    response=ok(page_schema(CategorySchema)),
)
def list_categories() -> dict[str, Any]:
    """List all categories by name.

    The list is complete, without pages. Events name a category by its `slug`.
    """
    return {"items": use_cases().list_categories(), "next": None}


@blueprint.operation(
    "POST",
    "",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=NewCategorySchema,
    headers=IdempotencySchema,
    response=once(created(CategorySchema)),
    conditional=ETAG,
    permission=role(Action.MANAGE_CATEGORIES),
    errors=(NotSignedIn, NotAllowed, CategoryTaken),
)
def create_category(body: dict[str, Any], headers: dict[str, Any]) -> Created[CategoryView]:
    """Create a category.

    Its slug is made from its name, and does not change when the name does.
    """
    accepted = use_cases().manage_categories.create(
        current_actor(), body["name"], request=keyed_request(headers)
    )
    category = accepted.answer
    return with_headers(accepted, category, Location=f"/api/categories/{category.slug}")


@blueprint.operation(
    "GET",
    "/<slug>",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    response=ok(CategorySchema),
    conditional=ETAG,
    errors=(CategoryNotFound,),
)
def get_category(slug: str) -> CategoryView:
    """Get a category.

    The path has the `slug`, as in `category` of an event.
    """
    return use_cases().list_categories.get(slug)


@blueprint.operation(
    "PATCH",
    "/<slug>",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    body=CategoryChangeSchema,
    response=ok(CategorySchema),
    conditional=VERSIONED,
    permission=categories(),
    errors=(NotSignedIn, NotAllowed, CategoryNotFound),
)
def rename_category(body: dict[str, Any], slug: str) -> CategoryView:
    """Rename a category.

    Its slug stays the same, so links and filters remain valid.
    """
    return use_cases().manage_categories.rename(
        current_actor(), slug, body["name"], seen=if_match(CategorySchema)
    )


@blueprint.operation(
    "DELETE",
    "/<slug>",
    access=ACCOUNT.or_key(KeyScope.MANAGE),
    conditional=IF_MATCH,
    permission=categories(),
    errors=(NotSignedIn, NotAllowed, CategoryNotFound, CategoryInUse),
)
def delete_category(slug: str) -> None:
    """Delete a category that has no events.

    A category that events belong to stays: 409 `category_in_use`.
    """
    use_cases().manage_categories.delete(current_actor(), slug, seen=if_match(CategorySchema))
