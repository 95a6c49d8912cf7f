"""Authentication of requests.

People send the tokens of a session: JSON Web Tokens, signed with the newest key
of the installation and verified with any of its keys. A token names its
session; the application decides for each request whether the session is still
valid and what its account may do. Programs send API keys.
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
from flask_jwt_extended.exceptions import (
    JWTExtendedException,
    NoAuthorizationError,
    WrongTokenError,
)
from jwt import ExpiredSignatureError, PyJWTError

from eventapi.adapters.system import API_KEY_PREFIX
from eventapi.application.sessions import Authenticate, SignInResult
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import KeyNotAllowed, NotSignedIn
from eventapi.domain.policy import Actor
from eventapi.domain.values import LoginSessionId
from eventapi.entrypoints.http.access import Access, Credentials
from eventapi.entrypoints.http.errors import ExpiredToken, InvalidToken
from eventapi.entrypoints.http.limits import count_caller, count_guest, limit_failed_keys

ISSUER = "eventapi"
REFRESH_HINT = 'the refresh token, as {"refresh": …} in the body or as Bearer'


def register_tokens(app: Flask, keys: Sequence[str]) -> None:
    """Set up flask-jwt-extended, with problem documents as its errors.

    Args:
        app: the application.
        keys: the first one signs, all of them verify. Each is at least as long
            as the digests that it makes (RFC 7518, 3.2).
    """
    by_id = {_id_of(key): key for key in keys}
    app.config |= {
        "JWT_SECRET_KEY": keys[0],
        # The only algorithm, whatever a token's header says.
        "JWT_ALGORITHM": "HS256",
        "JWT_DECODE_ALGORITHMS": ["HS256"],
        "JWT_ENCODE_ISSUER": ISSUER,
        "JWT_DECODE_ISSUER": ISSUER,
        "JWT_TOKEN_LOCATION": ["headers"],
        "SIGNING_KEY_ID": _id_of(keys[0]),
    }
    manager = JWTManager(app)
    manager.decode_key_loader(lambda header, _claims: by_id.get(str(header.get("kid")), keys[0]))


def _id_of(key: str) -> str:
    """Return a name for a key that does not reveal it."""
    return sha256(b"key id" + key.encode()).hexdigest()[:16]


def issue_tokens(signed_in: SignInResult) -> dict[str, Any]:
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


def authenticate_request(authenticate: Authenticate, access: Access) -> None:
    """Authenticate the sender of the current request, and count the request.

    A request without a token is a guest's. A request with a bad token is
    refused even if guests are allowed, so that the client notices.

    Raises:
        NotSignedIn: guests are not allowed.
        InvalidToken, ExpiredToken, SessionEnded, InvalidApiKey: the credentials are not valid.
        KeyNotAllowed: the API key does not have the scope, and the request is not one
            that guests may send.
        TooManyRequests: the sender has reached the rate limit.
    """
    if access.credentials is Credentials.NONE:
        if access.rate_limited:
            count_guest()
        return
    if access.credentials is Credentials.REFRESH_TOKEN:
        return  # the function calls read_refresh_token
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        count_guest()
        raise InvalidToken
    if credentials.startswith(API_KEY_PREFIX):
        g.actor = _authenticate_key(credentials, authenticate, access)
        return
    if scheme:  # the library accepts only this spelling; any case is valid (RFC 9110, 11.1)
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {credentials}"
    claims = _read_claims(optional=access.credentials is Credentials.OPTIONAL_ACCESS_TOKEN)
    if not claims:
        count_guest()
        if scheme:
            raise InvalidToken
        return
    g.session_id = _session_id(claims)
    count_caller(f"user {claims['sub']}")
    if not access.deferred:
        g.actor = authenticate.by_session(g.session_id)


def _authenticate_key(key: str, authenticate: Authenticate, access: Access) -> Actor | None:
    """Return the actor of an API key; None if the key may do only what a guest may."""
    with limit_failed_keys():
        actor, scopes = authenticate.by_key(key)
    count_caller(f"user {actor.id}")
    if access.scope is not None and {access.scope, KeyScope.MANAGE} & scopes:
        return actor
    if _guests_may(access):
        return None
    raise KeyNotAllowed(access.scope)


def _guests_may(access: Access) -> bool:
    """Return whether the request needs no key: it reads what is public, or has an order's secret.

    A key without the scope does not take away what everybody may do.
    """
    reads_public = access.scope is KeyScope.READ_EVENTS
    return access.credentials is Credentials.OPTIONAL_ACCESS_TOKEN and (
        reads_public or bool(request.args.get("secret"))
    )


def read_refresh_token(token: str | None) -> tuple[LoginSessionId, int]:
    """Return the session and the generation of the current request's refresh token.

    Args:
        token: from the body; None if it is sent in the header.

    Raises:
        NotSignedIn: there is no token.
        InvalidToken, ExpiredToken: the token is not a refresh token that is valid.
    """
    if token is not None:
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    claims = _read_claims(refresh=True)
    count_caller(f"user {claims['sub']}")
    generation = claims.get("gen")
    if not isinstance(generation, int):
        raise InvalidToken
    return _session_id(claims), generation


def _read_claims(*, optional: bool = False, refresh: bool = False) -> dict[str, Any]:
    """Return the claims of the current request's token; count a bad token for its address.

    Raises:
        NotSignedIn: there is no token.
        InvalidToken, ExpiredToken: it is not valid, or of the other kind.
    """
    try:
        verify_jwt_in_request(optional=optional, refresh=refresh)
    except (JWTExtendedException, PyJWTError) as error:
        count_guest()
        raise _refusal(error, refresh=refresh) from error
    claims = get_jwt()
    # For the request log: some use cases authenticate the sender themselves.
    g.account_id = int(claims["sub"]) if str(claims.get("sub")).isdecimal() else None
    return claims


def _refusal(error: Exception, *, refresh: bool) -> Exception:
    """Return the error of a token that the library refuses."""
    match error:
        case NoAuthorizationError():
            return NotSignedIn(REFRESH_HINT) if refresh else NotSignedIn()
        case WrongTokenError() if refresh:
            return InvalidToken("This is an access token: send the refresh token instead.")
        case WrongTokenError():
            return InvalidToken("This is a refresh token: send the access token instead.")
        case ExpiredSignatureError() if refresh:
            return ExpiredToken("The refresh token has expired: sign in again.")
        case ExpiredSignatureError():
            return ExpiredToken(
                "The access token has expired: use the refresh token, or sign in again."
            )
        case _:
            return InvalidToken()


def _session_id(claims: dict[str, Any]) -> LoginSessionId:
    try:
        return LoginSessionId(UUID(claims["sid"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise InvalidToken from None  # signed with our key, but by another program


def current_actor() -> Actor | None:
    """Return the sender of the current request, None for a guest."""
    actor: Actor | None = g.get("actor")
    return actor


def current_principal() -> Actor | LoginSessionId | None:
    """Return the sender of the current request, or the session to authenticate it by."""
    return current_actor() or current_session()


def current_session() -> LoginSessionId | None:
    """Return the session of the current request, None for a guest or an API key."""
    session: LoginSessionId | None = g.get("session_id")
    return session


def signed_in_actor() -> Actor:
    """Return the sender of the current request.

    Raises:
        NotSignedIn: the sender is a guest.
    """
    actor = current_actor()
    if actor is None:
        raise NotSignedIn
    return actor
