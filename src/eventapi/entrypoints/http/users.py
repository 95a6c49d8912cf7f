"""The accounts of others, for admins."""

from http import HTTPStatus
from typing import Any

from eventapi.application.ports.accounts import UserSearch
from eventapi.application.views import UserView
from eventapi.domain.errors import LastAdmin, NotAllowed, NotSignedIn, UserNotFound
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import ACCOUNT, ApiBlueprint, use_cases
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.pagination import (
    LINK_HEADER,
    Cursors,
    page_answer,
)
from eventapi.entrypoints.http.schemas.accounts import (
    UserChangeSchema,
    UserListQuerySchema,
    UserPageSchema,
    UserSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "users", __name__, url_prefix="/api", description="Accounts, managed by admins."
)

USER = "/users/<id:user_id>"
CURSORS: Cursors[UserId] = Cursors("users", UserId)
FOR_ADMINS = (NotSignedIn, NotAllowed)


@blueprint.operation(
    "GET",
    "/users",
    access=ACCOUNT,
    query=UserListQuerySchema,
    gives=UserPageSchema,
    answer_headers=LINK_HEADER,
    errors=(*FOR_ADMINS, InvalidCursor),
    answer_example={"items": [examples.USER], "next": None},
)
def list_users(query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """List accounts, in the order in which they were made."""
    page = use_cases().manage_accounts.list(
        current_actor(),
        UserSearch(
            q=query["q"],
            role=Role(query["role"]) if "role" in query else None,
            is_disabled=query["is_disabled"],
        ),
        after=CURSORS.decode(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(page, CURSORS)


@blueprint.operation(
    "GET",
    USER,
    access=ACCOUNT,
    gives=UserSchema,
    errors=(*FOR_ADMINS, UserNotFound),
    etag=True,
    answer_example=examples.USER,
)
def get_user(user_id: int) -> UserView:
    """Show an account."""
    return use_cases().manage_accounts.get(current_actor(), UserId(user_id))


@blueprint.operation(
    "PATCH",
    USER,
    access=ACCOUNT,
    body=UserChangeSchema,
    gives=UserSchema,
    errors=(*FOR_ADMINS, UserNotFound, LastAdmin),
    example={"role": "organizer", "is_disabled": False},
    answer_example=examples.USER,
)
def update_user(body: dict[str, Any], user_id: int) -> UserView:
    """Give an account another role, disable it, or enable it again; this counts at once."""
    return use_cases().manage_accounts.update(
        current_actor(), UserId(user_id), role=body.get("role"), is_disabled=body.get("is_disabled")
    )


@blueprint.operation(
    "DELETE",
    USER,
    access=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    errors=(*FOR_ADMINS, UserNotFound, LastAdmin),
)
def erase_user(user_id: int) -> None:
    """Erase an account: see `DELETE /api/users/me`."""
    use_cases().erase_account(current_actor(), UserId(user_id))
