"""Accounts and tokens."""

from marshmallow import Schema, fields, validate

from eventapi.application.accounts import LONGEST_PERSON_NAME
from eventapi.domain.user import LONGEST_PASSWORD, SHORTEST_PASSWORD, Role
from eventapi.domain.values import EmailAddress, Username
from eventapi.entrypoints.http.fields import Text, Timestamp

_ROLES = {"enum": [role.value for role in Role]}


class RegistrationSchema(Schema):
    """A new account."""

    username = Text(
        required=True,
        validate=validate.Length(3, Username.LONGEST),
        metadata={"description": "Unique without regard to letter case."},
    )
    password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(SHORTEST_PASSWORD, LONGEST_PASSWORD),
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
        validate=validate.Length(max=EmailAddress.LONGEST),
        metadata={"format": "email"},
    )
    first_name = Text(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_PERSON_NAME)
    )
    last_name = Text(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_PERSON_NAME)
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


class AccountRefSchema(Schema):
    """An account, as everybody sees it."""

    id = fields.Integer(required=True)
    username = fields.String(required=True)


class LoginSchema(Schema):
    """Who wants in."""

    username = Text(required=True, validate=validate.Length(max=LONGEST_PASSWORD))
    password = Text(
        required=True,
        load_only=True,
        validate=validate.Length(max=LONGEST_PASSWORD),
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
