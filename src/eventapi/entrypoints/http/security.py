"""Who sent a request.

People send tokens: JSON Web Tokens of a session, signed with the newest key of
the installation and good with any that it knows. A token tells which session
it is of; what its account may do, the application is asked for each request.
Machines send API keys.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from eventapi.adapters.system import API_KEY_PREFIX
from eventapi.application.sessions import Authenticate, SignInResult
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import KeyNotAllowed, NotSignedIn
from eventapi.domain.policy import Actor
from eventapi.domain.values import LoginSessionId
from eventapi.entrypoints.http.errors import ExpiredToken, InvalidToken
from eventapi.entrypoints.http.limits import count_caller, count_guest, limit_failed_keys
from eventapi.entrypoints.http.problems import problem_response

ISSUER = "eventapi"


def register_tokens(app: Flask, keys: Sequence[str]) -> None:
    """Let flask-jwt-extended read and write tokens, and answer problems where it can't.

    Args:
        app: the application.
        keys: the first one signs; whatever one of them signed is good. Each
            is at least as long as the digests that it makes (RFC 7518, 3.2).
    """
    by_id = {_id_of(key): key for key in keys}
    app.config |= {
        "JWT_SECRET_KEY": keys[0],
        # The one algorithm, whatever a token says of itself.
        "JWT_ALGORITHM": "HS256",
        "JWT_DECODE_ALGORITHMS": ["HS256"],
        "JWT_ENCODE_ISSUER": ISSUER,
        "JWT_DECODE_ISSUER": ISSUER,
        "JWT_TOKEN_LOCATION": ["headers"],
        "SIGNING_KEY_ID": _id_of(keys[0]),
    }
    manager = JWTManager(app)
    manager.decode_key_loader(lambda header, _claims: by_id.get(str(header.get("kid")), keys[0]))
    manager.unauthorized_loader(lambda _reason: problem_response(NotSignedIn()))
    manager.invalid_token_loader(lambda _reason: problem_response(InvalidToken()))
    manager.expired_token_loader(lambda _header, _claims: problem_response(ExpiredToken()))


def _id_of(key: str) -> str:
    """Name a key without telling it."""
    return sha256(b"key id" + key.encode()).hexdigest()[:16]


def tokens_of(signed_in: SignInResult) -> dict[str, Any]:
    """Issue an access and a refresh token."""
    identity, claims = str(signed_in.user.id), {"sid": signed_in.session_id.hex}
    header = {"kid": current_app.config["SIGNING_KEY_ID"]}
    return {
        "access": create_access_token(
            identity, additional_claims=claims, additional_headers=header
        ),
        "refresh": create_refresh_token(
            identity,
            additional_claims=claims | {"gen": signed_in.generation},
            additional_headers=header,
        ),
        "token_type": "Bearer",
        "expires_in": int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"].total_seconds()),
    }


def authenticate_request(
    identify: Authenticate, *, required: bool, scope: KeyScope | None, asks: bool = True
) -> None:
    """Find out who sends the current request; :func:`current_actor` tells it.

    A request without a token is a guest's. One with a bad token is refused,
    even where guests are welcome, so that its sender learns of it.

    Args:
        identify: tells whose a session or an API key is.
        required: whether guests are kept out.
        scope: which one an API key needs here; None where no key will do.
        asks: whether to ask now whose the session is.

    Raises:
        SessionEnded, InvalidApiKey: what was sent is not good any more.
        KeyNotAllowed: the API key was not made for this.
    """
    scheme, _, sent = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        count_guest()
        raise InvalidToken
    if sent.startswith(API_KEY_PREFIX):
        g.actor = _holder(sent, identify, scope)
        return
    if scheme:  # the library knows it in this form only (RFC 9110, 11.1, knows no case)
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {sent}"
    claims = _claims(optional=not required)
    if not claims:
        count_guest()
        if scheme:
            raise InvalidToken
        return
    g.session_id = _session_of(claims)
    count_caller(f"user {claims['sub']}")
    if asks:
        g.actor = identify.by_session(g.session_id)


def _holder(key: str, identify: Authenticate, scope: KeyScope | None) -> Actor:
    with limit_failed_keys():
        actor, scopes = identify.by_key(key)
    count_caller(f"user {actor.id}")
    if scope is None or not {scope, KeyScope.MANAGE} & scopes:
        raise KeyNotAllowed(scope)
    return actor


def read_refresh_token() -> tuple[LoginSessionId, int]:
    """Read the refresh token of the current request: its session, and which of its tokens it is.

    Raises:
        InvalidToken: it was signed with our key, but not by this program.
    """
    claims = _claims(refresh=True)
    count_caller(f"user {claims['sub']}")
    generation = claims.get("gen")
    if not isinstance(generation, int):
        raise InvalidToken
    return _session_of(claims), generation


def _claims(*, optional: bool = False, refresh: bool = False) -> dict[str, Any]:
    """Read the token of the current request; of a bad one, its address counts."""
    try:
        verify_jwt_in_request(optional=optional, refresh=refresh)
    except (JWTExtendedException, PyJWTError):
        count_guest()
        raise
    return get_jwt()


def _session_of(claims: dict[str, Any]) -> LoginSessionId:
    try:
        return LoginSessionId(UUID(claims["sid"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise InvalidToken from None  # signed with our key, but not by this program


def current_actor() -> Actor | None:
    """Tell who sent the current request, None for a guest."""
    actor: Actor | None = g.get("actor")
    return actor


def current_principal() -> Actor | LoginSessionId | None:
    """Tell who sent the current request, or at least of which session it is."""
    return current_actor() or current_session()


def current_session() -> LoginSessionId | None:
    """Tell of which session the current request is, None for a guest's and a machine's."""
    session: LoginSessionId | None = g.get("session_id")
    return session


def signed_in_actor() -> Actor:
    """Tell who sent the current request, where guests are not let in."""
    actor = current_actor()
    if actor is None:
        raise NotSignedIn
    return actor
