"""The system clock, and ids and credentials from the system's random source."""

import secrets
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from eventapi.domain.values import AccessCode, LoginSessionId, OrderId, TicketCode, TicketId

API_KEY_PREFIX = "eventapi_"


class SystemClock:
    """The system clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIdentities:
    """Generates ids and codes without coordination between processes or machines.

    Ids are UUIDs of version 7 (RFC 9562), which sort by time, so that an index
    on them grows at its end.
    """

    def order_id(self) -> OrderId:
        return OrderId(uuid7())

    def ticket_id(self) -> TicketId:
        return TicketId(uuid7())

    def ticket_code(self) -> TicketCode:
        return TicketCode(_random_text(TicketCode.LENGTH))

    def access_code(self) -> AccessCode:
        # 60 random bits: enough against guesses over the network.
        return AccessCode(_random_text(12))


class RandomCredentials:
    """Generates credentials from the system's secure random source."""

    def session_id(self) -> LoginSessionId:
        return LoginSessionId(uuid7())

    def api_key(self) -> str:
        # The prefix lets people and secret scanners recognize a key.
        return API_KEY_PREFIX + secrets.token_urlsafe(32)


def _random_text(length: int) -> str:
    """Return random characters of the alphabet of ticket codes, with 5 random bits each."""
    alphabet = TicketCode.ALPHABET
    return "".join(alphabet[byte % len(alphabet)] for byte in secrets.token_bytes(length))
