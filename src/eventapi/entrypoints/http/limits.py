"""How many requests a caller may send.

The counting is the library's (limits); here is who is counted, and what the
answers say of it. Windows slide: a burst at the end of a minute counts into the
next one.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from ipaddress import ip_address, ip_network
from math import ceil
from operator import methodcaller
from threading import Lock
from time import monotonic, time
from typing import Literal, TypeVar

import structlog
from flask import Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from limits.util import WindowStats

from eventapi.domain.errors import DomainError, InvalidValues
from eventapi.domain.values import Username
from eventapi.entrypoints.http.config import HttpConfig
from eventapi.entrypoints.http.errors import TooManyRequests

T = TypeVar("T")

ALL_TOGETHER = 10
IPV6, IPV6_NETWORK = 6, 64
REDIS_TIMEOUT = 0.5  # seconds
CIRCUIT_OPEN_SECONDS = 5  # seconds, after it did not answer

log = structlog.get_logger(__name__)


class _LocalLimiter(SlidingWindowCounterRateLimiter):
    """Counts in this process's memory, one thread at a time.

    The library's memory storage (limits 5.8) starts its timer from whichever
    thread comes by; two at the same instant start it twice, which raises.
    """

    def __init__(self) -> None:
        super().__init__(MemoryStorage())
        self._mutex = Lock()

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        with self._mutex:
            return super().hit(item, *identifiers, cost=cost)

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        with self._mutex:
            return super().test(item, *identifiers, cost=cost)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        with self._mutex:
            return super().get_window_stats(item, *identifiers)

    def clear(self, item: RateLimitItem, *identifiers: str) -> None:
        with self._mutex:
            super().clear(item, *identifiers)


class Limits:
    """Counts who sends what."""

    def __init__(self, config: HttpConfig) -> None:
        self.requests, self.login, self.address = (
            parse(text) if text else None
            for text in (config.rate_limit, config.login_limit, config.address_limit)
        )
        self._alone = _LocalLimiter()
        self._together: RateLimiter | None = None
        self._away_until = 0.0
        if config.redis_url is not None:
            storage = storage_from_string(
                config.redis_url,
                wrap_exceptions=True,
                socket_timeout=REDIS_TIMEOUT,
                socket_connect_timeout=REDIS_TIMEOUT,
            )
            self._together = SlidingWindowCounterRateLimiter(storage)

    def count(self, limit: RateLimitItem | None, caller: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: it is one too many, and was not counted.
        """
        if limit is not None:
            self._check(limit, caller, "hit")

    @contextmanager
    def failures(self, what: str, account: str) -> Iterator[None]:
        """Count what is refused within, by an account; what succeeds makes all be forgotten.

        An address gets so many tries at an account, and all addresses together
        ALL_TOGETHER times as many: so guessing ends from wherever it comes, and
        whoever wants to keep somebody out has to come from many places.

        Only refusals count: who was told that too many sign in has not failed.
        How many can be tried at the same instant, before the first is counted,
        the hashing of passwords bounds.

        Args:
            what: is tried; each is counted for itself.
            account: as its name was typed.

        Raises:
            TooManyRequests: too much was refused before.
        """
        if self.login is None:
            yield
            return
        everywhere = type(self.login)(self.login.amount * ALL_TOGETHER, self.login.multiples)
        name = f"{what} {_digest(account)}"
        counted = ((everywhere, name), (self.login, f"{name} {caller_address()}"))
        with self.refusals(*counted):
            yield
        for limit, caller in counted:
            self._with_fallback(methodcaller("clear", limit, caller))

    @contextmanager
    def refusals(self, *counted: tuple[RateLimitItem | None, str]) -> Iterator[None]:
        """Count what is refused within, by callers, and let nobody try who has none left.

        Raises:
            TooManyRequests: too much was refused before.
        """
        limited = [(limit, caller) for limit, caller in counted if limit is not None]
        for limit, caller in limited:
            self._check(limit, caller, "test")
        try:
            yield
        except DomainError:
            for limit, caller in limited:
                self._with_fallback(methodcaller("hit", limit, caller))
            raise

    def _check(self, limit: RateLimitItem, caller: str, how: Literal["test", "hit"]) -> None:
        """Make sure that something is left of a limit, and let the answer tell how much.

        Raises:
            TooManyRequests: nothing is.
        """
        g.limited = limit, caller
        if not self._with_fallback(methodcaller(how, limit, caller)):
            window = self.window(limit, caller)
            raise TooManyRequests(max(1, ceil(window.reset_time - time())))

    def window(self, limit: RateLimitItem, caller: str) -> WindowStats:
        """Tell what is left of a limit, and until when."""
        return self._with_fallback(lambda limiter: limiter.get_window_stats(limit, caller))

    def _with_fallback(self, do: Callable[[RateLimiter], T]) -> T:
        """Do something where processes count together, or, while that is away, alone.

        Better to count alone for a while than to sell nothing: only one request
        now and then waits to learn whether Redis is there again.
        """
        if self._together is None or monotonic() < self._away_until:
            return do(self._alone)
        try:
            return do(self._together)
        except StorageError as error:
            self._away_until = monotonic() + CIRCUIT_OPEN_SECONDS
            log.warning("limits are counted alone: Redis is away", reason=str(error.storage_error))
            return do(self._alone)


def limits() -> Limits:
    """Give the limits of the current application."""
    found: Limits = current_app.extensions["eventapi-limits"]
    return found


def count_caller(caller: str) -> None:
    """Count the current request of a caller.

    Raises:
        TooManyRequests: it is one too many.
    """
    limits().count(limits().requests, caller)


def count_guest() -> None:
    """Count the current request, of whose sender only the network address is known.

    Raises:
        TooManyRequests: it is one too many.
    """
    count_caller(f"address {caller_address()}")


def limit_failed_keys() -> AbstractContextManager[None]:
    """Count what is refused within, by network address, and refuse it unseen beyond the limit.

    Raises:
        TooManyRequests: too much was refused before.
    """
    return limits().refusals((limits().requests, f"address {caller_address()}"))


def count_costly() -> None:
    """Count the current request among those that cost much, of its network address.

    Raises:
        TooManyRequests: it is one too many.
    """
    limits().count(limits().address, f"costly {caller_address()}")


def caller_address() -> str:
    """Tell from where the current request comes, as far as that tells callers apart.

    Of IPv6, that is the network of 64 bits: who has one address has all of them.
    """
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "nowhere"
    if address.version == IPV6:
        return str(ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)


def _digest(account: str) -> str:
    """Name an account as it is looked up, without keeping what was typed: it may be a password."""
    try:
        name = Username(account).key
    except InvalidValues:
        name = account
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def set_limit_headers(response: Response) -> None:
    """Say in an answer how many requests are left."""
    limited = g.get("limited")
    if limited is None:
        return
    limit, caller = limited
    window = limits().window(limit, caller)
    response.headers["RateLimit-Limit"] = str(limit.amount)
    response.headers["RateLimit-Remaining"] = str(window.remaining)
    response.headers["RateLimit-Reset"] = str(max(0, ceil(window.reset_time - time())))
