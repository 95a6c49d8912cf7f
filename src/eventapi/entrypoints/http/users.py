"""The accounts of others, for admins."""

from typing import Any

from eventapi.application.ports.accounts import UserSearch
from eventapi.application.views import UserView
from eventapi.domain.errors import LastAdmin, NotAllowed, NotSignedIn, UserNotFound
from eventapi.domain.policy import Action
from eventapi.domain.values import UserId
from eventapi.entrypoints.http.access import ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, IF_MATCH, VERSIONED, if_match
from eventapi.entrypoints.http.pagination import Cursors, PageBody, page_answer
from eventapi.entrypoints.http.permissions import accounts, role
from eventapi.entrypoints.http.responses import ok, page_of
from eventapi.entrypoints.http.schemas.accounts import (
    UserChangeSchema,
    UserListQuerySchema,
    UserSchema,
)
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "users", __name__, url_prefix="/api", description="All accounts, for admins."
)

USER = "/users/<id:user_id>"
CURSORS: Cursors[UserId] = Cursors("users", UserId)
ADMIN_ERRORS = (NotSignedIn, NotAllowed)


@blueprint.operation(
    "GET",
    "/users",
    access=ACCOUNT,
    query=UserListQuerySchema,
    response=page_of(UserSchema),
    permission=role(Action.MANAGE_ACCOUNTS),
    errors=ADMIN_ERRORS,
)
def list_users(query: dict[str, Any]) -> PageBody:
    """List accounts, oldest first.

    For admins. Erased accounts remain in the list, without personal data.
    """
    after, limit = CURSORS.decode(query.pop("cursor")), query.pop("limit")
    search = UserSearch(**query)
    page = use_cases().manage_accounts.list(current_actor(), search, after=after, limit=limit)
    return page_answer(page, CURSORS)


@blueprint.operation(
    "GET",
    USER,
    access=ACCOUNT,
    response=ok(UserSchema),
    conditional=ETAG,
    errors=(*ADMIN_ERRORS, UserNotFound),
)
def get_user(user_id: UserId) -> UserView:
    """Get an account.

    For admins.
    """
    return use_cases().manage_accounts.get(current_actor(), user_id)


@blueprint.operation(
    "PATCH",
    USER,
    access=ACCOUNT,
    body=UserChangeSchema,
    response=ok(UserSchema),
    conditional=VERSIONED,
    permission=accounts(),
    errors=(*ADMIN_ERRORS, UserNotFound, LastAdmin),
)
def update_user(body: dict[str, Any], user_id: UserId) -> UserView:
    """Change the role of an account, disable it or enable it.

    The change takes effect immediately, in open sessions too.
    """
    return use_cases().manage_accounts.update(
        current_actor(),
        user_id,
        role=body.get("role"),
        is_disabled=body.get("is_disabled"),
        seen=if_match(UserSchema),
    )


@blueprint.operation(
    "DELETE",
    USER,
    access=ACCOUNT,
    conditional=IF_MATCH,
    permission=accounts(),
    errors=(*ADMIN_ERRORS, UserNotFound, LastAdmin),
)
def erase_user(user_id: UserId) -> None:
    """Erase an account.

    Removes its names, its email address and the attendees of its orders for
    good. The orders still count as sales.
    """
    use_cases().erase_account(current_actor(), user_id, seen=if_match(UserSchema))
