"""Accounts: registration, sessions, and one's own account."""

from contextlib import suppress
from typing import Any

from flask import request

from eventapi.application.accounts import NewAccount
from eventapi.application.ports.system import Overloaded
from eventapi.application.views import UserView
from eventapi.domain.errors import (
    AccountDeleted,
    AccountDisabled,
    InvalidCredentials,
    InvalidValues,
    LastAdmin,
    NotAllowed,
    NotSignedIn,
    UsernameTaken,
    UserNotFound,
)
from eventapi.domain.user import Role
from eventapi.entrypoints.http.access import ACCOUNT, ANYONE, GUEST_OR_ACCOUNT, REFRESH_TOKEN
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG, IF_MATCH, VERSIONED, if_match
from eventapi.entrypoints.http.idempotency import keyed_request, once, with_headers
from eventapi.entrypoints.http.limits import count_costly, limits
from eventapi.entrypoints.http.responses import Created, created, ok
from eventapi.entrypoints.http.schemas.accounts import (
    LoginSchema,
    PasswordChangeSchema,
    ProfileChangeSchema,
    SignUpSchema,
    TokenRefreshSchema,
    TokensSchema,
    UserSchema,
)
from eventapi.entrypoints.http.schemas.common import IdempotencySchema
from eventapi.entrypoints.http.security import (
    current_actor,
    current_session,
    issue_tokens,
    read_refresh_token,
    signed_in_actor,
)

blueprint = ApiBlueprint(
    "accounts", __name__, url_prefix="/api", description="Sign-up, login and your own account."
)


def _creator() -> None:
    """Check that the sender may create an account with the role in the body, if it has one."""
    body = request.get_json(silent=True)
    role = body.get("role") if isinstance(body, dict) else None
    with suppress(InvalidValues):
        use_cases().sign_up.check_role(current_actor(), Role.parse(str(role or Role.USER)))


@blueprint.operation(
    "POST",
    "/register",
    access=GUEST_OR_ACCOUNT,
    body=SignUpSchema,
    headers=IdempotencySchema,
    response=once(created(UserSchema)),
    permission=_creator,
    errors=(UsernameTaken, NotSignedIn, NotAllowed, Overloaded),
)
def sign_up(body: dict[str, Any], headers: dict[str, Any]) -> Created[UserView]:
    """Create an account.

    Usernames are unique without regard to letter case, and common passwords are
    refused. Sign in afterwards to get tokens.
    """
    count_costly()
    with limits().failures("register", body["username"]):
        accepted = use_cases().sign_up(
            current_actor(),
            NewAccount(**body),
            request=keyed_request(headers, without={"password"}),
        )
    user = accepted.answer
    path = "/api/users/me" if current_actor() is None else f"/api/users/{user.id}"
    return with_headers(accepted, user, Location=path)


@blueprint.operation(
    "POST",
    "/login",
    access=ANYONE,
    body=LoginSchema,
    response=ok(TokensSchema, no_store=True),
    errors=(InvalidCredentials, AccountDisabled, Overloaded),
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with username and password.

    The access token is sent as `Authorization: Bearer …` and expires soon; the
    refresh token is exchanged for new tokens at `/api/token/refresh`.
    """
    count_costly()
    with limits().failures("login", body["username"]):
        return issue_tokens(use_cases().sign_in(body["username"], body["password"]))


@blueprint.operation(
    "POST",
    "/token/refresh",
    access=REFRESH_TOKEN,
    body=TokenRefreshSchema,
    body_required=False,
    response=ok(TokensSchema, no_store=True),
)
def refresh_token(body: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for new tokens.

    Send the refresh token in the body, or in place of the access token. It is valid
    once: if it is used a second time, it may have been stolen, and the session ends.
    """
    return issue_tokens(use_cases().renew_session(*read_refresh_token(body["refresh"])))


@blueprint.operation("POST", "/logout", access=ACCOUNT)
def logout() -> None:
    """Sign out.

    Ends this session: its access token and its refresh token are no longer
    valid. Other sessions of the account go on.
    """
    session = current_session()
    if session is not None:
        use_cases().sign_out(signed_in_actor(), session)


@blueprint.operation(
    "GET",
    "/users/me",
    access=ACCOUNT,
    response=ok(UserSchema),
    conditional=ETAG,
    errors=(AccountDeleted,),
)
def get_me() -> UserView:
    """Get your account.

    The account whose access token the request has.
    """
    return use_cases().change_own_account.get(signed_in_actor())


@blueprint.operation(
    "PATCH",
    "/users/me",
    access=ACCOUNT,
    body=ProfileChangeSchema,
    response=ok(UserSchema),
    conditional=VERSIONED,
    errors=(AccountDeleted,),
)
def update_me(body: dict[str, Any]) -> UserView:
    """Update your profile.

    Fields that are left out stay as they are, null clears a field.
    """
    return use_cases().change_own_account.update_profile(
        signed_in_actor(), body, seen=if_match(UserSchema)
    )


@blueprint.operation(
    "POST",
    "/users/me/password",
    access=ACCOUNT,
    body=PasswordChangeSchema,
    errors=(AccountDeleted, Overloaded),
)
def change_password(body: dict[str, Any]) -> None:
    """Change your password.

    All other sessions of the account end.
    """
    actor = signed_in_actor()
    count_costly()
    with limits().failures("password", actor.username):
        use_cases().change_own_account.change_password(
            actor,
            current_session(),
            current=body["current_password"],
            new=body["new_password"],
        )


@blueprint.operation(
    "DELETE", "/users/me", access=ACCOUNT, conditional=IF_MATCH, errors=(UserNotFound, LastAdmin)
)
def erase_me() -> None:
    """Erase your account.

    Removes your names, your email address and the attendees of your orders for
    good. The orders still count as sales.
    """
    use_cases().erase_account.own(signed_in_actor(), seen=if_match(UserSchema))
