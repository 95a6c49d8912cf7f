"""Rate limits.

The library (limits) counts; this module decides which caller a request counts
for, and sets the response headers. Windows slide: a burst at the end of a
minute counts towards the next one.
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

ALL_ADDRESSES_FACTOR = 10
IPV6, IPV6_PREFIX_LENGTH = 6, 64
REDIS_TIMEOUT = 0.5  # seconds
CIRCUIT_OPEN_SECONDS = 5  # how long Redis is not asked after it failed

log = structlog.get_logger(__name__)


class _LocalLimiter(SlidingWindowCounterRateLimiter):
    """Counts in this process's memory, one thread at a time.

    The library's memory storage (limits 5.8) starts a timer in the calling
    thread. Two threads at the same instant start it twice, which raises.
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
    """The rate limits of an installation.

    Attributes:
        requests: for the requests of one caller.
        login: for failed attempts at one account from one address.
        address: for expensive requests from one address.
    """

    def __init__(self, config: HttpConfig) -> None:
        self.requests, self.login, self.address = (
            parse(text) if text else None
            for text in (config.rate_limit, config.login_limit, config.address_limit)
        )
        self._local = _LocalLimiter()
        self._shared: RateLimiter | None = None
        self._circuit_open_until = 0.0
        if config.redis_url is not None:
            storage = storage_from_string(
                config.redis_url,
                wrap_exceptions=True,
                socket_timeout=REDIS_TIMEOUT,
                socket_connect_timeout=REDIS_TIMEOUT,
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    def count(self, limit: RateLimitItem | None, caller: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: the limit is reached; the request is not counted.
        """
        if limit is not None:
            self._check(limit, caller, "hit")

    @contextmanager
    def failures(self, attempt: str, account: str) -> Iterator[None]:
        """Count the failures of the block for an account; reset the count on success.

        One address has a number of attempts at an account, all addresses
        together have ALL_ADDRESSES_FACTOR times as many. So guessing ends even
        from many addresses, and locking someone out needs many addresses.

        Only errors of the domain count: an overloaded server is not a failed
        attempt. The password hasher bounds how many attempts run at the same
        instant, before the first of them is counted.

        Args:
            attempt: the kind of attempt; each kind has its own count.
            account: the username as it was sent.

        Raises:
            TooManyRequests: the limit is reached.
        """
        if self.login is None:
            yield
            return
        all_addresses = type(self.login)(
            self.login.amount * ALL_ADDRESSES_FACTOR, self.login.multiples
        )
        name = f"{attempt} {_digest(account)}"
        counted = ((all_addresses, name), (self.login, f"{name} {caller_address()}"))
        with self.refusals(*counted):
            yield
        for limit, caller in counted:
            self._with_fallback(methodcaller("clear", limit, caller))

    @contextmanager
    def refusals(self, *counted: tuple[RateLimitItem | None, str]) -> Iterator[None]:
        """Count the domain errors of the block for each of the callers.

        Raises:
            TooManyRequests: one of the limits is reached; the block does not run.
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

    def _check(self, limit: RateLimitItem, caller: str, method: Literal["test", "hit"]) -> None:
        """Check a limit, and remember it for the headers of the response.

        Raises:
            TooManyRequests: the limit is reached.
        """
        g.limited = limit, caller
        if not self._with_fallback(methodcaller(method, limit, caller)):
            window = self.window(limit, caller)
            raise TooManyRequests(max(1, ceil(window.reset_time - time())))

    def window(self, limit: RateLimitItem, caller: str) -> WindowStats:
        """Return how many requests are left of a limit, and when its window ends."""
        return self._with_fallback(lambda limiter: limiter.get_window_stats(limit, caller))

    def _with_fallback(self, call: Callable[[RateLimiter], T]) -> T:
        """Call the shared limiter, or the local one while Redis is unavailable.

        Limits that are local for a while are better than no sales. After a
        failure, Redis is left alone for CIRCUIT_OPEN_SECONDS, so that only one
        request now and then waits for its timeout.
        """
        if self._shared is None or monotonic() < self._circuit_open_until:
            return call(self._local)
        try:
            return call(self._shared)
        except StorageError as error:
            self._circuit_open_until = monotonic() + CIRCUIT_OPEN_SECONDS
            log.warning("Redis is unavailable: limits are local", reason=str(error.storage_error))
            return call(self._local)


def limits() -> Limits:
    """Return the limits of the current application."""
    found: Limits = current_app.extensions["eventapi-limits"]
    return found


def count_caller(caller: str) -> None:
    """Count the current request for a caller.

    Raises:
        TooManyRequests: the limit is reached.
    """
    limits().count(limits().requests, caller)


def count_guest() -> None:
    """Count the current request for its network address.

    Raises:
        TooManyRequests: the limit is reached.
    """
    count_caller(f"address {caller_address()}")


def limit_failed_keys() -> AbstractContextManager[None]:
    """Return a context that counts domain errors for the current network address.

    Raises:
        TooManyRequests: on entering the context, if the limit is reached.
    """
    return limits().refusals((limits().requests, f"address {caller_address()}"))


def count_costly() -> None:
    """Count the current request, which is expensive, for its network address.

    Raises:
        TooManyRequests: the limit is reached.
    """
    limits().count(limits().address, f"costly {caller_address()}")


def caller_address() -> str:
    """Return the network address that the current request counts for.

    For IPv6 it is the /64 network, since the owner of one address has them all.
    """
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "nowhere"
    if address.version == IPV6:
        return str(ip_network((address, IPV6_PREFIX_LENGTH), strict=False))
    return str(address)


def _digest(account: str) -> str:
    """Return a digest of a username in its normal form; what was sent may be a password."""
    try:
        name = Username(account).key
    except InvalidValues:
        name = account
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def set_limit_headers(response: Response) -> None:
    """Set the headers that report how many requests are left."""
    limited = g.get("limited")
    if limited is None:
        return
    limit, caller = limited
    window = limits().window(limit, caller)
    response.headers["RateLimit-Limit"] = str(limit.amount)
    response.headers["RateLimit-Remaining"] = str(window.remaining)
    response.headers["RateLimit-Reset"] = str(max(0, ceil(window.reset_time - time())))
