"""Accounts, tokens and API keys."""

from datetime import datetime
from typing import Any

from flask import current_app
from marshmallow import Schema, fields, validate, validates

from eventapi.application.accounts import SignUp
from eventapi.application.api_keys import NewApiKey
from eventapi.application.use_cases import UseCases
from eventapi.application.views import AccountRef, ApiKeyView, UserView
from eventapi.domain.api_key import ApiKey, KeyScope, check_expiry
from eventapi.domain.user import (
    MAX_PASSWORD_LENGTH,
    MAX_PERSON_NAME_LENGTH,
    MIN_PASSWORD_LENGTH,
    Role,
)
from eventapi.domain.values import Username, clean_text
from eventapi.entrypoints.http.fields import (
    Choice,
    Flag,
    QueryFlag,
    Text,
    Timestamp,
    domain_faults,
)
from eventapi.entrypoints.http.schemas.common import (
    BoundedList,
    PageQuerySchema,
    RoundTripSchema,
    email_field,
    search_field,
)
from eventapi.entrypoints.http.schemas.derivation import response_schema
from eventapi.entrypoints.http.schemas.faults import Length, RequestSchema

_ALICE = {"id": 1, "username": "alice"}


def password_field() -> Text:
    """Return the field of a password."""
    return Text(
        required=True,
        load_only=True,
        validate=Length(max=MAX_PASSWORD_LENGTH),
        metadata={"format": "password"},
    )


def new_password_field() -> Text:
    """Return the field of a new password."""
    return Text(
        required=True,
        load_only=True,
        validate=Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH),
        rule=_check_password,
        metadata={"format": "password"},
    )


def _check_username(username: str) -> None:
    _sign_up().usernames.parse(username)


def _check_password(password: str) -> None:
    _sign_up().passwords.check(password, "password")


def _sign_up() -> SignUp:
    """Return the use case that has the rules for new usernames and passwords."""
    use_cases: UseCases = current_app.extensions["eventapi"]
    return use_cases.sign_up


def person_name_field(**options: Any) -> Text:
    """Return the field of a first or last name."""
    return Text(
        allow_none=True,
        validate=Length(max=MAX_PERSON_NAME_LENGTH),
        rule=lambda name: clean_text("name", name, longest=MAX_PERSON_NAME_LENGTH),
        **options,
    )


AccountRefSchema = response_schema(AccountRef, example=_ALICE)
UserSchema = response_schema(
    UserView, example={**_ALICE, "role": "organizer", "email": "alice@example.org"}
)


class SignUpSchema(RequestSchema):
    """A new account."""

    class Meta:
        example = {
            "username": "alice",
            "password": "correct horse battery",
            "role": "organizer",
            "email": "alice@example.org",
        }

    username = Text(
        required=True,
        validate=Length(3, Username.MAX_LENGTH),
        rule=_check_username,
        metadata={"description": "Unique without regard to letter case."},
    )
    password = new_password_field()
    role = Text(
        rule=Role.parse,
        load_default=Role.USER.value,
        metadata={
            "enum": list(Role),
            "description": "Case-insensitive. Only admins can register organizers and admins, "
            "unless the installation allows it to anyone, as in development.",
        },
    )
    email = email_field(load_default=None)
    first_name = person_name_field(load_default=None)
    last_name = person_name_field(load_default=None)


class ProfileChangeSchema(RoundTripSchema):
    """A change of one's own profile; fields that are left out stay as they are."""

    view = UserView

    class Meta:
        example = {"email": "alice@example.org", "first_name": "Alice"}

    email = email_field()
    first_name = person_name_field()
    last_name = person_name_field()


class PasswordChangeSchema(RequestSchema):
    """A new password."""

    class Meta:
        example = {
            "current_password": "correct horse battery",
            "new_password": "staple battery horse",
        }

    current_password = password_field()
    new_password = new_password_field()


class UserChangeSchema(RoundTripSchema):
    """A change of an account by an admin; fields that are left out stay as they are."""

    view = UserView

    class Meta:
        example = {"role": "organizer", "is_disabled": False}

    role = Text(rule=Role.parse, metadata={"enum": list(Role), "description": "Case-insensitive."})
    is_disabled = Flag()


class UserListQuerySchema(PageQuerySchema):
    """Filters of the list of accounts."""

    q = search_field("A part of the username, the email address or a name")
    role = Choice(Role, metadata={"description": "Only accounts of this role."})
    is_disabled = QueryFlag(
        load_default=None,
        metadata={"description": "`true`: only disabled accounts; `false`: only active ones."},
    )


class NewApiKeySchema(RequestSchema):
    """A new API key."""

    class Meta:
        example = {
            "name": "Door 3",
            "scopes": ["check_in"],
            "expires_at": "2030-06-02T00:00:00Z",
        }

    name = Text(
        required=True,
        validate=Length(1, ApiKey.MAX_NAME_LENGTH),
        rule=lambda name: clean_text("name", name, longest=ApiKey.MAX_NAME_LENGTH),
    )
    scopes = BoundedList(
        Choice(KeyScope),
        shortest=1,
        longest=len(KeyScope),
        required=True,
        metadata={"description": "What the key may be used for; `manage` includes the others."},
    )
    expires_at = Timestamp(
        load_default=None,
        allow_none=True,
        metadata={"description": "Null for a key that does not expire."},
    )

    @validates("expires_at")
    def _check_expiry(self, expires_at: datetime | None, **_: Any) -> None:
        use_cases: UseCases = current_app.extensions["eventapi"]
        with domain_faults():
            check_expiry(expires_at, use_cases.manage_api_keys.clock.now())


ApiKeySchema = response_schema(
    ApiKeyView,
    example={
        "id": 3,
        "name": "Door 3",
        "scopes": ["check_in"],
        "hint": "T1uI",
        "expires_at": "2030-06-02T00:00:00Z",
    },
)
CreatedApiKeySchema = response_schema(
    NewApiKey,
    name="CreatedApiKey",
    flatten="view",
    example={"key": "eventapi_7tPq3kZ1vXw9yB2nL5cR8sD4fG6hJ0mK_qW-eT1uI"},
)


class LoginSchema(RequestSchema):
    """The credentials of an account."""

    class Meta:
        example = {"username": "alice", "password": "correct horse battery"}

    username = Text(required=True, validate=Length(max=MAX_PASSWORD_LENGTH))
    password = password_field()


class TokenRefreshSchema(RequestSchema):
    """A refresh token, unless it is sent as `Authorization: Bearer …`."""

    class Meta:
        example = {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.9fA7"}

    refresh = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "The `refresh` of a sign-in or of the last exchange."},
    )


class TokensSchema(Schema):
    """The tokens of a session."""

    class Meta:
        example = {
            "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.3bC1",
            "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.9fA7",
            "token_type": "Bearer",
            "expires_in": 900,
        }

    access = fields.String(
        required=True, metadata={"description": "Send it as `Authorization: Bearer …`."}
    )
    refresh = fields.String(
        required=True, metadata={"description": "Can be exchanged once for new tokens."}
    )
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"))
    expires_in = fields.Integer(
        required=True, metadata={"description": "The lifetime of the access token, in seconds."}
    )
