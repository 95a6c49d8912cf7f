"""The settings: read once from the environment, into one typed object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, cast

from environs import Env, EnvValidationError, validate

Profile = Literal["development", "production"]

SHORTEST_SECRET = 32


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
        open_admin_registration: lets anyone register an admin.
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
    """

    profile: Profile = "development"
    database_url: str | None = field(default=None, repr=False)
    allow_embedded_database: bool = False
    data_dir: Path = Path("var")
    secret_key: str | None = field(default=None, repr=False)
    open_admin_registration: bool = True
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
            "open_admin_registration": env.bool(
                "EVENTAPI_OPEN_ADMIN_REGISTRATION", default=not production
            ),
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


def _unsafe_in_production(settings: Mapping[str, object]) -> list[str]:
    problems = []
    secret = settings["secret_key"]
    if not isinstance(secret, str):
        problems.append(
            "EVENTAPI_SECRET_KEY: production needs one, for example from `openssl rand -hex 32`."
        )
    elif len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET // 4:
        problems.append(
            f"EVENTAPI_SECRET_KEY: too weak for production; it takes {SHORTEST_SECRET} random "
            "characters or more, for example from `openssl rand -hex 32`."
        )
    if settings["open_admin_registration"]:
        problems.append(
            "EVENTAPI_OPEN_ADMIN_REGISTRATION: production never lets anyone register an admin."
        )
    if settings["database_url"] is None and not settings["allow_embedded_database"]:
        problems.append(
            "DATABASE_URL: production needs one, or EVENTAPI_ALLOW_EMBEDDED_DATABASE=true."
        )
    return problems
