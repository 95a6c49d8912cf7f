"""Access tokens of orders, derived from the order's id and therefore not stored."""

import hmac
from base64 import b32encode
from collections.abc import Sequence

from eventapi.domain.values import OrderId

LENGTH = 26  # characters, of 5 bits each


class HmacOrderAccessTokens:
    """Derives the token of an order from its id and the secret key.

    Tokens that were derived with old secret keys remain valid.
    """

    def __init__(self, secret_key: str, old_secret_keys: Sequence[str] = ()) -> None:
        # Derived keys, so that no other use of the secret key produces the same digests.
        self._keys = [
            hmac.digest(key.encode(), b"order secrets", "sha256")
            for key in (secret_key, *old_secret_keys)
        ]

    def of(self, order: OrderId) -> str:
        return _token(order, self._keys[0])

    def matches(self, order: OrderId, secret: str) -> bool:
        given = secret.encode()
        return any(hmac.compare_digest(_token(order, key).encode(), given) for key in self._keys)


def _token(order: OrderId, key: bytes) -> str:
    return b32encode(hmac.digest(key, order.bytes, "sha256")).decode().lower()[:LENGTH]
