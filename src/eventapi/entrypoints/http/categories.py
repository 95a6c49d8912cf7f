"""Categories: the kinds of event."""

from http import HTTPStatus
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
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.schemas.events import (
    CategoryListSchema,
    CategorySchema,
    NewCategorySchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "categories", __name__, url_prefix="/api/categories", description="The kinds of event."
)


@blueprint.operation(
    "GET",
    "",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    gives=CategoryListSchema,
    answer_example={"items": [examples.CATEGORY]},
)
def list_categories() -> dict[str, Any]:
    """List all categories by name."""
    return {"items": use_cases().list_categories()}


@blueprint.operation(
    "POST",
    "",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=NewCategorySchema,
    gives=CategorySchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(NotSignedIn, NotAllowed, CategoryTaken),
    example={"name": "Concerts"},
    answer_example=examples.CATEGORY,
)
def create_category(body: dict[str, Any]) -> tuple[CategoryView, dict[str, str]]:
    """Make a category. Its slug is made of its name, and stays."""
    category = use_cases().manage_categories.create(current_actor(), body["name"])
    return category, {"Location": f"/api/categories/{category.slug}"}


@blueprint.operation(
    "GET",
    "/<slug>",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    gives=CategorySchema,
    errors=(CategoryNotFound,),
    answer_example=examples.CATEGORY,
)
def get_category(slug: str) -> CategoryView:
    """Show a category."""
    return use_cases().list_categories.get(slug)


@blueprint.operation(
    "PATCH",
    "/<slug>",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    body=NewCategorySchema,
    gives=CategorySchema,
    errors=(NotSignedIn, NotAllowed, CategoryNotFound),
    example={"name": "Concerts and recitals"},
    answer_example=examples.CATEGORY,
)
def rename_category(body: dict[str, Any], slug: str) -> CategoryView:
    """Give a category another name; its slug stays, and so do links to it."""
    return use_cases().manage_categories.rename(current_actor(), slug, body["name"])


@blueprint.operation(
    "DELETE",
    "/<slug>",
    access=ACCOUNT,
    scope=KeyScope.MANAGE,
    status=HTTPStatus.NO_CONTENT,
    errors=(NotSignedIn, NotAllowed, CategoryNotFound, CategoryInUse),
)
def delete_category(slug: str) -> None:
    """Delete a category to which no event belongs."""
    use_cases().manage_categories.delete(current_actor(), slug)
