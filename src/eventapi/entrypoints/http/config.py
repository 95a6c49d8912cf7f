"""The settings that the HTTP side reads."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class HttpConfig:
    """The fields of ``eventapi.entrypoints.settings.Settings`` of the same names.

    They are described, checked and given their defaults there.
    """

    secret_key: str
    old_secret_keys: tuple[str, ...]
    access_token_lifetime: timedelta
    refresh_token_lifetime: timedelta
    max_body_size: int
    max_image_size: int
    rate_limit: str
    login_limit: str
    address_limit: str
    redis_url: str | None
    cors_origins: tuple[str, ...]
    trusted_proxies: int
