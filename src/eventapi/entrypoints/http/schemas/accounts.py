"""Accounts and tokens."""

from marshmallow import Schema, fields, validate

from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.user import (
    MAX_PASSWORD_LENGTH,
    MAX_PERSON_NAME_LENGTH,
    MIN_PASSWORD_LENGTH,
    Role,
)
from eventapi.domain.values import EmailAddress, Username
from eventapi.entrypoints.http.fields import Flag, QueryFlag, Text, Timestamp
from eventapi.entrypoints.http.pagination import PageQuerySchema, page_schema

_ROLES = {"enum": [role.value for role in Role]}


class RegistrationSchema(Schema):
    """A new account."""

    username = Text(
        required=True,
        validate=validate.Length(3, Username.MAX_LENGTH),
        metadata={"description": "Unique without regard to letter case."},
    )
    password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH),
        metadata={"format": "password"},
    )
    role = Text(
        load_default=Role.USER.value,
        metadata={
            **_ROLES,
            "description": "Read without regard to letter case. Registering an admin needs an "
            "admin's token, unless admin registration is open, as in development.",
        },
    )
    email = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=EmailAddress.MAX_LENGTH),
        metadata={"format": "email"},
    )
    first_name = Text(
        load_default=None, allow_none=True, validate=validate.Length(max=MAX_PERSON_NAME_LENGTH)
    )
    last_name = Text(
        load_default=None, allow_none=True, validate=validate.Length(max=MAX_PERSON_NAME_LENGTH)
    )


class UserSchema(Schema):
    """An account, as its owner sees it."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)
    role = fields.String(required=True, metadata=_ROLES)
    email = fields.String(required=True, allow_none=True)
    first_name = fields.String(required=True, allow_none=True)
    last_name = fields.String(required=True, allow_none=True)
    created_at = Timestamp(required=True)
    is_disabled = fields.Boolean(
        required=True,
        metadata={"description": "Whether nobody may act as it: disabled, or erased."},
    )


class ProfileChangeSchema(Schema):
    """What changes of one's account; what is not given stays as it is."""

    email = Text(
        allow_none=True,
        validate=validate.Length(max=EmailAddress.MAX_LENGTH),
        metadata={"format": "email"},
    )
    first_name = Text(allow_none=True, validate=validate.Length(max=MAX_PERSON_NAME_LENGTH))
    last_name = Text(allow_none=True, validate=validate.Length(max=MAX_PERSON_NAME_LENGTH))


class PasswordChangeSchema(Schema):
    """Another password."""

    current_password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(max=MAX_PASSWORD_LENGTH),
        metadata={"format": "password"},
    )
    new_password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH),
        metadata={"format": "password"},
    )


class UserChangeSchema(Schema):
    """What an admin changes of an account; what is not given stays as it is."""

    role = Text(
        metadata={**_ROLES, "description": "Read without regard to letter case."},
    )
    is_disabled = Flag()


class UserListQuerySchema(PageQuerySchema):
    """Which accounts."""

    q = Text(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "Stands in the username, the email address or a name."},
    )
    role = Text(validate=validate.OneOf([role.value for role in Role]), metadata=_ROLES)
    is_disabled = QueryFlag(load_default=None)


UserPageSchema = page_schema(UserSchema, "UserPage")


class NewApiKeySchema(Schema):
    """A new API key."""

    name = Text(required=True, validate=validate.Length(1, ApiKey.MAX_NAME_LENGTH))
    scopes = fields.List(
        Text(validate=validate.OneOf([scope.value for scope in KeyScope])),
        required=True,
        validate=validate.Length(1, len(KeyScope)),
        metadata={"description": "What it is good for; `manage` includes the others."},
    )
    expires_at = Timestamp(
        load_default=None, allow_none=True, metadata={"description": "null: never."}
    )


class ApiKeySchema(Schema):
    """An API key, without the key itself."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    hint = fields.String(required=True, metadata={"description": "The last characters of the key."})
    created_at = Timestamp(required=True)
    expires_at = Timestamp(required=True, allow_none=True)
    last_used_at = Timestamp(
        required=True, allow_none=True, metadata={"description": "As exact as a minute."}
    )


class CreatedApiKeySchema(ApiKeySchema):
    """A new API key, with the key itself."""

    key = fields.String(
        required=True,
        metadata={"description": "Send it as `Authorization: Bearer …`. It is told only now."},
    )


ApiKeyListSchema = page_schema(ApiKeySchema, "ApiKeyList")


class AccountRefSchema(Schema):
    """An account, as everybody sees it."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)


class LoginSchema(Schema):
    """Who wants in."""

    username = Text(required=True, validate=validate.Length(max=MAX_PASSWORD_LENGTH))
    password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(max=MAX_PASSWORD_LENGTH),
        metadata={"format": "password"},
    )


class TokensSchema(Schema):
    """What lets a client in."""

    access = fields.String(
        required=True, metadata={"description": "Send it as `Authorization: Bearer …`."}
    )
    refresh = fields.String(
        required=True, metadata={"description": "Good for new tokens, and nothing else."}
    )
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"))
    expires_in = fields.Integer(
        required=True, metadata={"description": "Seconds for which the access token is good."}
    )
