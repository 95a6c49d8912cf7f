"""Secrets that need not be stored, because they can be made again."""

import hmac
from base64 import b32encode

from eventapi.domain.values import OrderId

LENGTH = 26  # characters, of 5 bits each


class HmacOrderSecrets:
    """Makes the secret of an order from its id and the installation's key."""

    def __init__(self, secret_key: str) -> None:
        # A key of its own, so that no other use of the installation's key makes the same.
        self._key = hmac.digest(secret_key.encode(), b"order secrets", "sha256")

    def of(self, order: OrderId) -> str:
        """Give the secret of an order."""
        digest = hmac.digest(self._key, order.bytes, "sha256")
        return b32encode(digest).decode().lower()[:LENGTH]

    def matches(self, order: OrderId, secret: str) -> bool:
        """Tell whether this is an order's secret."""
        return hmac.compare_digest(self.of(order).encode(), secret.encode())
