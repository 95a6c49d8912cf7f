"""Secrets that need not be stored, because they can be made again."""

import hmac
from base64 import b32encode
from collections.abc import Sequence

from eventapi.domain.values import OrderId

LENGTH = 26  # characters, of 5 bits each


class HmacOrderAccessTokens:
    """Makes the secret of an order from its id and the installation's key.

    Secrets that were made with keys of before go on to be good.
    """

    def __init__(self, secret_key: str, old_secret_keys: Sequence[str] = ()) -> None:
        # Keys of their own, so that no other use of the installation's key makes the same.
        self._keys = [
            hmac.digest(key.encode(), b"order secrets", "sha256")
            for key in (secret_key, *old_secret_keys)
        ]

    def of(self, order: OrderId) -> str:
        """Give the secret of an order."""
        return _secret(order, self._keys[0])

    def matches(self, order: OrderId, secret: str) -> bool:
        """Tell whether this is an order's secret."""
        brought = secret.encode()
        return any(hmac.compare_digest(_secret(order, key).encode(), brought) for key in self._keys)


def _secret(order: OrderId, key: bytes) -> str:
    return b32encode(hmac.digest(key, order.bytes, "sha256")).decode().lower()[:LENGTH]
