"""Tokens: who sent a request.

Tokens are JSON Web Tokens, signed with one key (HS256). They carry all that a
request needs to know of its sender, so that no query is made for it.
"""

from typing import Any

from flask import Flask, current_app, g
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    verify_jwt_in_request,
)

from eventapi.application.views import UserView
from eventapi.domain.errors import NotSignedIn
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.entrypoints.http.problems import (
    ExpiredToken,
    InvalidToken,
    problem_response,
)

ISSUER = "eventapi"


def register_tokens(app: Flask) -> None:
    """Let flask-jwt-extended read and write tokens, and answer problems where it can't."""
    app.config |= {
        "JWT_ALGORITHM": "HS256",
        "JWT_ENCODE_ISSUER": ISSUER,
        "JWT_DECODE_ISSUER": ISSUER,
        "JWT_TOKEN_LOCATION": ["headers"],
    }
    manager = JWTManager(app)
    manager.unauthorized_loader(lambda _reason: problem_response(NotSignedIn()))
    manager.invalid_token_loader(lambda _reason: problem_response(InvalidToken()))
    manager.expired_token_loader(lambda _header, _claims: problem_response(ExpiredToken()))


def tokens_of(user: UserView) -> dict[str, Any]:
    """Issue an access and a refresh token."""
    identity, claims = str(user.id), {"role": user.role, "username": user.username}
    return {
        "access": create_access_token(identity, additional_claims=claims),
        "refresh": create_refresh_token(identity, additional_claims=claims),
        "token_type": "Bearer",
        "expires_in": int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"].total_seconds()),
    }


def read_token(*, required: bool, refresh: bool = False) -> None:
    """Find out who sends the current request; :func:`current_actor` tells it.

    A request without a token is a guest's. One with a bad token is refused,
    even where guests are welcome, so that its sender learns of it.
    """
    verify_jwt_in_request(optional=not required, refresh=refresh)
    claims = get_jwt()
    g.actor = _actor(claims) if claims else None


def _actor(claims: dict[str, Any]) -> Actor:
    try:
        return Actor(UserId(int(claims["sub"])), claims["username"], Role(claims["role"]))
    except (KeyError, ValueError):
        raise InvalidToken from None  # signed with our key, but not by this program


def current_actor() -> Actor | None:
    """Tell who sent the current request, None for a guest."""
    actor: Actor | None = g.get("actor")
    return actor


def signed_in_actor() -> Actor:
    """Tell who sent the current request, where guests are not let in."""
    actor = current_actor()
    if actor is None:
        raise NotSignedIn
    return actor
