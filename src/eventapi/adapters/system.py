"""The clock and the identities of the machine."""

import secrets
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from eventapi.domain.values import AccessCode, LoginSessionId, OrderId, TicketCode, TicketId

API_KEY_START = "eventapi_"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the present moment in UTC."""
        return datetime.now(UTC)


class RandomIdentities:
    """Identities that need no coordination between processes or machines.

    Ids are UUIDs of version 7 (RFC 9562): the newest sorts last, so that an
    index on them grows at its end. Codes come from the system's secure source.
    """

    def order_id(self) -> OrderId:
        """Give a new order's identity."""
        return OrderId(uuid7())

    def ticket_id(self) -> TicketId:
        """Give a new ticket's identity."""
        return TicketId(uuid7())

    def ticket_code(self) -> TicketCode:
        """Give a code of 130 random bits."""
        return TicketCode(_random_text(TicketCode.LENGTH))

    def access_code(self) -> AccessCode:
        """Give a code of 60 random bits: guessed at over the network, it lasts."""
        return AccessCode(_random_text(12))


class RandomCredentials:
    """Secrets from the system's secure source."""

    def session_id(self) -> LoginSessionId:
        """Give a new session's id."""
        return LoginSessionId(uuid7())

    def api_key(self) -> str:
        """Give a new API key; its beginning lets people and scanners know what it is."""
        return API_KEY_START + secrets.token_urlsafe(32)


def _random_text(length: int) -> str:
    """Give letters of the alphabet of ticket codes, 5 random bits from each byte."""
    alphabet = TicketCode.ALPHABET
    return "".join(alphabet[byte % len(alphabet)] for byte in secrets.token_bytes(length))
