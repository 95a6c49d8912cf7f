"""The settings: read once from the environment, into one typed object."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, cast

from environs import Env, EnvValidationError, ValidationError, validate
from limits import parse

Profile = Literal["development", "production"]

MIN_SECRET_LENGTH = 32


class SettingsError(Exception):
    """Settings that can't be used.

    Attributes:
        problems: one sentence for each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this installation runs.

    Attributes:
        profile: development is at ease, production refuses what is unsafe.
        database_url: where PostgreSQL is; None for the embedded one.
        allow_embedded_database: lets production use the embedded database.
        data_dir: where the embedded database and generated secrets lie.
        secret_key: signs the tokens; None lets development generate one.
        old_secret_keys: what they signed is good too, until it expires.
        open_admin_sign_up: lets anyone register an admin.
        host, port: where the API listens.
        workers: processes that serve.
        threads: of each process; most of them wait for their sale to be carried.
        connections: of each process to the database, at the most.
        order_limit: how many tickets one order may hold.
        access_token_lifetime, refresh_token_lifetime: how long tokens are good.
        max_body_size: of a request, in bytes.
        max_image_size: of an event's picture, in bytes.
        image_bucket: of S3, where pictures are kept; None for the data folder.
        s3_endpoint: of a service that speaks S3's protocol; None for Amazon's.
        rate_limit: requests of one caller; empty for no limit.
        login_limit: failed logins, registrations and password changes of one account.
        address_limit: logins and registrations from one network address.
        redis_url: where processes count together; None lets each count for itself.
        cors_origins: web pages that may call the API, as ``https://shop.example``.
        trusted_proxies: how many stand between the clients and this program.
    """

    profile: Profile = "development"
    database_url: str | None = field(default=None, repr=False)
    allow_embedded_database: bool = False
    data_dir: Path = Path("var")
    secret_key: str | None = field(default=None, repr=False)
    old_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    open_admin_sign_up: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 16
    connections: int = 4
    order_limit: int = 10
    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=30)
    max_body_size: int = 1024 * 1024
    max_image_size: int = 5 * 1024 * 1024
    image_bucket: str | None = None
    s3_endpoint: str | None = None
    rate_limit: str = "3000 per minute"
    login_limit: str = "10 per 5 minutes"
    address_limit: str = "60 per minute"
    redis_url: str | None = field(default=None, repr=False)
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read and check the settings.

        Args:
            environment: the variables; the process's own by default.

        Raises:
            SettingsError: with all that is wrong with them at once.
        """
        env = Env(eager=False)
        # environs reads os.environ; a given mapping stands in for it.
        env._environ = dict(os.environ if environment is None else environment)  # noqa: SLF001
        problems: list[str] = []

        profile = env.str(
            "EVENTAPI_PROFILE",
            "development",
            validate=validate.OneOf(["development", "production"]),
        )
        production = profile == "production"
        at_least_one = validate.Range(min=1)
        settings: dict[str, Any] = {
            "profile": profile,
            "database_url": env.str("DATABASE_URL", "") or None,
            "allow_embedded_database": env.bool("EVENTAPI_ALLOW_EMBEDDED_DATABASE", default=False),
            "data_dir": env.path("EVENTAPI_DATA_DIR", Path("var")),
            "secret_key": env.str("EVENTAPI_SECRET_KEY", "") or None,
            "old_secret_keys": tuple(env.list("EVENTAPI_OLD_SECRET_KEYS", [])),
            "open_admin_sign_up": env.bool("EVENTAPI_OPEN_ADMIN_SIGN_UP", default=not production),
            "host": env.str("EVENTAPI_HOST", "127.0.0.1"),
            "port": env.int("EVENTAPI_PORT", 8000, validate=validate.Range(1, 65535)),
            "workers": env.int("EVENTAPI_WORKERS", os.cpu_count() or 1, validate=at_least_one),
            "threads": env.int("EVENTAPI_THREADS", 16, validate=at_least_one),
            "connections": env.int("EVENTAPI_CONNECTIONS", 4, validate=at_least_one),
            "order_limit": env.int("EVENTAPI_ORDER_LIMIT", 10, validate=at_least_one),
            "access_token_lifetime": env.timedelta(
                "EVENTAPI_ACCESS_TOKEN_LIFETIME", timedelta(minutes=15)
            ),
            "refresh_token_lifetime": env.timedelta(
                "EVENTAPI_REFRESH_TOKEN_LIFETIME", timedelta(days=30)
            ),
            "max_body_size": env.int("EVENTAPI_MAX_BODY_SIZE", 1024 * 1024, validate=at_least_one),
            "max_image_size": env.int(
                "EVENTAPI_MAX_IMAGE_SIZE", 5 * 1024 * 1024, validate=at_least_one
            ),
            "image_bucket": env.str("EVENTAPI_IMAGE_BUCKET", "") or None,
            "s3_endpoint": env.str("EVENTAPI_S3_ENDPOINT", "") or None,
            "rate_limit": env.str("EVENTAPI_RATE_LIMIT", "3000 per minute", validate=_a_limit),
            "login_limit": env.str("EVENTAPI_LOGIN_LIMIT", "10 per 5 minutes", validate=_a_limit),
            "address_limit": env.str("EVENTAPI_ADDRESS_LIMIT", "60 per minute", validate=_a_limit),
            "redis_url": env.str(
                "EVENTAPI_REDIS_URL", "", validate=validate.Regexp(r"(rediss?://.+)?$")
            )
            or None,
            "cors_origins": tuple(env.list("EVENTAPI_CORS_ORIGINS", [], validate=_origins) or ()),
            "trusted_proxies": env.int(
                "EVENTAPI_TRUSTED_PROXIES", 0, validate=validate.Range(0, 10)
            ),
        }
        try:
            env.seal()
        except EnvValidationError as error:
            by_name = cast("Mapping[str, list[str]]", error.error_messages)
            problems += [f"{name}: {' '.join(messages)}" for name, messages in by_name.items()]
        if production:
            problems += _unsafe_in_production(settings)
        if problems:
            raise SettingsError(problems)
        return cls(**settings)

    @property
    def uses_embedded_database(self) -> bool:
        """Whether the database is our own."""
        return self.database_url is None


def _a_limit(text: str) -> None:
    """Make sure that this is a limit, such as ``10 per 5 minutes``; nothing is none."""
    try:
        if text:
            parse(text)
    except ValueError:
        raise ValidationError("Must be like 10 per 5 minutes, or empty.") from None


def _origins(origins: list[str]) -> None:
    for origin in origins:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin):
            raise ValidationError(
                f"{origin} is no origin; one is like https://shop.example, with no path."
            )


_TOO_WEAK = (
    f"too weak for production; it takes {MIN_SECRET_LENGTH} random characters or more, "
    "for example from `openssl rand -hex 32`."
)


def _is_weak(secret: str) -> bool:
    return len(secret) < MIN_SECRET_LENGTH or len(set(secret)) < MIN_SECRET_LENGTH // 4


def _unsafe_in_production(settings: Mapping[str, object]) -> list[str]:
    problems = []
    secret = settings["secret_key"]
    if not isinstance(secret, str):
        problems.append(
            "EVENTAPI_SECRET_KEY: production needs one, for example from `openssl rand -hex 32`."
        )
    elif _is_weak(secret):
        problems.append(f"EVENTAPI_SECRET_KEY: {_TOO_WEAK}")
    if any(_is_weak(old) for old in cast("tuple[str, ...]", settings["old_secret_keys"])):
        problems.append(f"EVENTAPI_OLD_SECRET_KEYS: {_TOO_WEAK}")
    if settings["open_admin_sign_up"]:
        problems.append(
            "EVENTAPI_OPEN_ADMIN_SIGN_UP: production never lets anyone register an admin."
        )
    if settings["database_url"] is None and not settings["allow_embedded_database"]:
        problems.append(
            "DATABASE_URL: production needs one, or EVENTAPI_ALLOW_EMBEDDED_DATABASE=true."
        )
    return problems
