"""Accounts: registering, sessions, and oneself."""

from http import HTTPStatus
from typing import Any

from eventapi.application.accounts import NewAccount
from eventapi.application.ports.system import Overloaded
from eventapi.application.views import UserView
from eventapi.domain.errors import (
    AccountDeleted,
    AccountDisabled,
    InvalidCredentials,
    LastAdmin,
    NotAllowed,
    NotSignedIn,
    UsernameTaken,
    UserNotFound,
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
from eventapi.entrypoints.http.limits import count_costly, limits
from eventapi.entrypoints.http.schemas.accounts import (
    LoginSchema,
    PasswordChangeSchema,
    ProfileChangeSchema,
    RegistrationSchema,
    TokensSchema,
    UserSchema,
)
from eventapi.entrypoints.http.security import (
    current_actor,
    current_session,
    read_refresh_token,
    signed_in_actor,
    tokens_of,
)

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
    errors=(UsernameTaken, NotSignedIn, NotAllowed, Overloaded),
    example=examples.REGISTRATION,
    answer_example=examples.USER,
)
def register(body: dict[str, Any]) -> tuple[UserView, dict[str, str]]:
    """Make an account."""
    count_costly()
    with limits().failures("register", body["username"]):
        user = use_cases().sign_up(current_actor(), NewAccount(**body))
    return user, {"Location": "/api/users/me"}


@blueprint.operation(
    "POST",
    "/login",
    access=ANYONE,
    body=LoginSchema,
    gives=TokensSchema,
    errors=(InvalidCredentials, AccountDisabled, Overloaded),
    example=examples.LOGIN,
    answer_example=examples.TOKENS,
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Begin a session: an access and a refresh token for a username and a password."""
    count_costly()
    with limits().failures("login", body["username"]):
        return tokens_of(use_cases().sign_in(body["username"], body["password"]))


@blueprint.operation(
    "POST",
    "/token/refresh",
    access=REFRESH_TOKEN,
    gives=TokensSchema,
    answer_example=examples.TOKENS,
)
def refresh_token() -> dict[str, Any]:
    """Get new tokens for a refresh token, sent in place of the access token.

    It is good once. If it comes a second time, somebody has copied it, and the
    whole session ends.
    """
    return tokens_of(use_cases().renew_session(*read_refresh_token()))


@blueprint.operation("POST", "/logout", access=ACCOUNT, status=HTTPStatus.NO_CONTENT)
def logout() -> None:
    """End this session: its tokens are worth nothing from now on."""
    session = current_session()
    if session is not None:
        use_cases().sign_out(signed_in_actor(), session)


@blueprint.operation(
    "GET",
    "/users/me",
    access=ACCOUNT,
    gives=UserSchema,
    errors=(AccountDeleted,),
    etag=True,
    answer_example=examples.USER,
)
def get_me() -> UserView:
    """Show one's own account."""
    return use_cases().change_own_account.get(signed_in_actor())


@blueprint.operation(
    "PATCH",
    "/users/me",
    access=ACCOUNT,
    body=ProfileChangeSchema,
    gives=UserSchema,
    errors=(AccountDeleted,),
    example={"email": "alice@example.org", "first_name": "Alice"},
    answer_example=examples.USER,
)
def update_me(body: dict[str, Any]) -> UserView:
    """Change one's email address and names."""
    return use_cases().change_own_account.update_profile(signed_in_actor(), body)


@blueprint.operation(
    "POST",
    "/users/me/password",
    access=ACCOUNT,
    body=PasswordChangeSchema,
    status=HTTPStatus.NO_CONTENT,
    errors=(AccountDeleted, Overloaded),
    example={"current_password": "correct horse battery", "new_password": "staple battery horse"},
)
def change_password(body: dict[str, Any]) -> None:
    """Choose another password. All other sessions of the account end."""
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
    "DELETE",
    "/users/me",
    access=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    errors=(UserNotFound, LastAdmin),
)
def erase_me() -> None:
    """Erase one's own account.

    Names, email addresses and the attendees of one's orders are removed for
    good, and nobody can sign in to it again. Orders stay counted.
    """
    use_cases().erase_account.own(signed_in_actor())
