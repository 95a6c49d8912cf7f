"""Accounts: registering, signing in, and oneself."""

from http import HTTPStatus
from typing import Any

from eventapi.application.accounts import NewAccount
from eventapi.application.views import UserView
from eventapi.domain.errors import (
    AccountGone,
    InvalidCredentials,
    NotAllowed,
    NotSignedIn,
    UsernameTaken,
)
from eventapi.entrypoints.http import examples
from eventapi.entrypoints.http.blueprint import (
    ACCOUNT,
    ANYONE,
    GUEST_OR_ACCOUNT,
    LOCATION_HEADER,
    REFRESH_TOKEN,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.schemas.accounts import (
    LoginSchema,
    RegistrationSchema,
    TokensSchema,
    UserSchema,
)
from eventapi.entrypoints.http.security import current_actor, signed_in_actor, tokens_of

blueprint = ApiBlueprint(
    "accounts", __name__, url_prefix="/api", description="Registering and signing in."
)


@blueprint.operation(
    "POST",
    "/register",
    access=GUEST_OR_ACCOUNT,
    body=RegistrationSchema,
    gives=UserSchema,
    status=HTTPStatus.CREATED,
    answer_headers=LOCATION_HEADER,
    errors=(UsernameTaken, NotSignedIn, NotAllowed),
    example=examples.REGISTRATION,
    answer_example=examples.USER,
)
def register(body: dict[str, Any]) -> tuple[UserView, dict[str, str]]:
    """Make an account."""
    user = use_cases().register_account(current_actor(), NewAccount(**body))
    return user, {"Location": "/api/users/me"}


@blueprint.operation(
    "POST",
    "/login",
    access=ANYONE,
    body=LoginSchema,
    gives=TokensSchema,
    errors=(InvalidCredentials,),
    example=examples.LOGIN,
    answer_example=examples.TOKENS,
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Get an access and a refresh token for a username and a password."""
    return tokens_of(use_cases().sign_in(body["username"], body["password"]))


@blueprint.operation(
    "POST",
    "/token/refresh",
    access=REFRESH_TOKEN,
    gives=TokensSchema,
    errors=(AccountGone,),
    answer_example=examples.TOKENS,
)
def refresh_token() -> dict[str, Any]:
    """Get new tokens for a refresh token, sent in place of the access token.

    The role in them is the one that the account has by then.
    """
    return tokens_of(use_cases().show_account(signed_in_actor()))


@blueprint.operation(
    "GET",
    "/users/me",
    access=ACCOUNT,
    gives=UserSchema,
    errors=(AccountGone,),
    etag=True,
    answer_example=examples.USER,
)
def show_me() -> UserView:
    """Show one's own account."""
    return use_cases().show_account(signed_in_actor())
