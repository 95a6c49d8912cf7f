"""Idempotency keys: a request that creates something, sent again, creates it once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, request

from eventapi.application.idempotency import Accepted, KeyedRequest
from eventapi.domain.errors import IdempotencyKeyReused
from eventapi.entrypoints.http.responses import Success

Answer = TypeVar("Answer")
REPLAYED = "Idempotent-Replayed"


def once(success: Success) -> Success:
    """Declare a response that is sent again to a request that is repeated with its key."""
    return replace(
        success,
        headers=(*success.headers, REPLAYED),
        errors=(*success.errors, IdempotencyKeyReused),
    )


def keyed_request(
    headers: Mapping[str, Any], *, without: Collection[str] = ()
) -> KeyedRequest | None:
    """Return the current request, if it has an idempotency key.

    Args:
        headers: as `IdempotencySchema` loads them.
        without: the fields of the body that do not count.
    """
    key = headers["idempotency_key"]
    if key is None:
        return None
    body = current_app.json.loads(request.get_data())
    sent = {name: value for name, value in body.items() if name not in without}
    return KeyedRequest(key, {"path": request.path.rstrip("/"), "body": sent})


def with_headers(
    accepted: Accepted[Any], answer: Answer, **headers: str
) -> tuple[Answer, dict[str, str]]:
    """Return an answer with its headers, and the one that says that it is not the first."""
    return answer, replay_headers(replayed=accepted.replayed, **headers)


def replay_headers(*, replayed: bool, **headers: str) -> dict[str, str]:
    """Return the headers of an answer, with the one that says that it is not the first."""
    return {**headers, REPLAYED: "true"} if replayed else headers
