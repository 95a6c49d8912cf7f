"""Settings: one declaration each, read from environment variables."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args
from urllib.parse import urlsplit

from limits import parse
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

MIN_SECRET_LENGTH = 32
_STRONG_SECRET = (
    f"Production requires at least {MIN_SECRET_LENGTH} random characters, "
    "for example from `openssl rand -hex 32`."
)

Value = TypeVar("Value")


class SettingsError(Exception):
    """Raised for settings that can't be used.

    Attributes:
        problems: one line for each, beginning with the variable's name.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _is_production(info: ValidationInfo) -> bool:
    return info.data.get("profile") == "production"


def _check_secrets(value: Value, info: ValidationInfo) -> Value:
    secrets = value if isinstance(value, tuple) else (value,)
    if _is_production(info) and any(map(_is_weak, secrets)):
        raise ValueError(_STRONG_SECRET)
    return value


def _is_weak(secret: str | None) -> bool:
    return (
        secret is None
        or len(secret) < MIN_SECRET_LENGTH
        or len(set(secret)) < MIN_SECRET_LENGTH // 4
    )


def _default_to_profile(value: object, info: ValidationInfo) -> object:
    return not _is_production(info) if value is None else value


def _check_admin_sign_up(is_open: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a validator
    if is_open and _is_production(info):
        raise ValueError("Production does not allow open sign-up of admins.")
    return is_open


def _check_database(url: str | None, info: ValidationInfo) -> str | None:
    if url is None and _is_production(info) and not info.data.get("allow_embedded_database"):
        raise ValueError("Production requires one, or EVENTAPI_ALLOW_EMBEDDED_DATABASE=true.")
    return url


def _must_be(what: str, accepts: Callable[[Any], object] = lambda _: True) -> WrapValidator:
    """Return a check with one plain sentence for all mistakes, also for those of the type.

    Args:
        what: the value must be, such as "true or false".
        accepts: returns whether a value of the type is valid; a ValueError means no.
    """

    def check(value: object, read: ValidatorFunctionWrapHandler) -> object:
        with suppress(ValueError):
            found = read(value)
            if accepts(found):
                return found
        raise ValueError(f"Must be {what}.")

    return WrapValidator(check)


def _whole_number(minimum: int, maximum: int | None = None) -> WrapValidator:
    if maximum is None:
        return _must_be(f"a whole number of at least {minimum}", lambda found: found >= minimum)
    return _must_be(
        f"a whole number from {minimum} to {maximum}", lambda found: minimum <= found <= maximum
    )


def _one_of(choices: Any) -> WrapValidator:
    *others, last = get_args(choices)
    return _must_be(f"{', '.join(others)} or {last}")


def _is_url(url: str | None, *schemes: str) -> bool:
    """Return whether a URL has one of the schemes and a place, or is absent.

    Raises:
        ValueError: it can't be read, or its port is no number.
    """
    if url is None:
        return True
    parts = urlsplit(url)
    return parts.scheme in schemes and bool(parts.netloc) and parts.port != 0


def _requires_extra(extra: str, module: str) -> AfterValidator:
    """Return the check that the library of a setting is installed, if the setting has a value."""

    def check(value: Value) -> Value:
        if value is not None and find_spec(module) is None:
            raise ValueError(
                f"Requires the extra {extra}: run pip install '.[{extra}]' in the checkout."
            )
        return value

    return AfterValidator(check)


def _split_commas(value: object) -> object:
    return tuple(value.split(",") if value else ()) if isinstance(value, str) else value


_DURATION = re.compile(r"\s*".join(rf"(?:(\d{{1,8}})\s*{unit})?" for unit in "wdhms"))


def _parse_duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    match = _DURATION.fullmatch(f"{text}s" if text.isdecimal() else text)
    if not match or not match[0]:
        return text  # pydantic reads ISO 8601, and refuses the rest
    weeks, days, hours, minutes, seconds = (int(amount or 0) for amount in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _default_data_dir() -> Path:
    """Return a directory that does not depend on the current one.

    A checkout has its data within it, so that several can be tried side by side and
    `make clean` removes it.
    """
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file() and (checkout / "src" / "eventapi").is_dir():
        return checkout / "var"
    if os.geteuid() == 0:
        return Path("/var/lib/eventapi")
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "eventapi"


def _locate(value: object) -> object:
    if isinstance(value, str | Path) and str(value):
        return Path(value).expanduser().absolute()
    return value or _default_data_dir()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Profile = Literal["development", "production"]
LogLevel = Literal["debug", "info", "warning", "error"]
Switch = Annotated[bool, _must_be("true or false")]
DataDir = Annotated[Path, BeforeValidator(_locate)]
Text = Annotated[str | None, BeforeValidator(lambda value: value or None)]
"""Text; an empty variable counts as absent."""
Count = Annotated[int, _whole_number(1)]
Limit = Annotated[
    str,
    _must_be("like 10 per 5 minutes, or empty", accepts=lambda text: not text or parse(text)),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    _must_be(
        "a duration such as 900 (seconds), 15m or 30d", accepts=lambda found: found > timedelta()
    ),
]
List = Annotated[tuple[Value, ...], BeforeValidator(_split_commas)]
Origins = Annotated[
    List[str],
    _must_be(
        "origins without a path, separated by commas, such as https://shop.example",
        accepts=lambda found: all(map(_ORIGIN.fullmatch, found)),
    ),
]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")


# The checks of production read profile and allow_embedded_database, so these two come first.
# (pydantic validates fields with a plain default after those that are declared with Field.)
@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(
        validate_default=True, use_attribute_docstrings=True, hide_input_in_errors=True
    ),
)
class Settings:
    """The configuration of one installation.

    A new setting is one field here, with its type, default, checks and help. The
    constructor does not read the environment; ``from_environment`` does.
    """

    profile: Annotated[Profile, _one_of(Profile)] = Field(default="development")
    """development, or production, which refuses unsafe settings."""
    allow_embedded_database: Switch = Field(default=False)
    """Allow the embedded PostgreSQL in production."""
    database_url: Annotated[Text, AfterValidator(_check_database)] = Field(default=None, repr=False)
    """postgresql://user:password@host:port/name. If unset, an embedded PostgreSQL is started."""
    data_dir: DataDir = Field(default="", validate_default=True)
    """Directory of the embedded database, the generated secret key and images.
    [default: var in a checkout; otherwise /var/lib/eventapi for root, and
    ~/.local/share/eventapi for others]"""
    secret_key: Annotated[Text, AfterValidator(_check_secrets)] = Field(default=None, repr=False)
    """Key that signs tokens. Required in production; generated in development."""
    old_secret_keys: Annotated[List[str], AfterValidator(_check_secrets)] = Field(
        default=(), repr=False
    )
    """Former keys whose signatures remain valid, comma-separated."""
    open_admin_sign_up: Annotated[
        Switch, BeforeValidator(_default_to_profile), AfterValidator(_check_admin_sign_up)
    ] = Field(default=None, validate_default=True)
    """Allow anyone to sign up as an admin; refused in production. [default: true in development]"""
    open_organizer_sign_up: Annotated[Switch, BeforeValidator(_default_to_profile)] = Field(
        default=None, validate_default=True
    )
    """Allow anyone to sign up as an organizer; otherwise, admins create organizers.
    [default: true in development]"""
    log_level: Annotated[LogLevel, BeforeValidator(_lower), _one_of(LogLevel)] = "info"
    """Least severe level that is logged: debug, info, warning or error. `info` includes a line
    for each request. Production writes JSON."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, _whole_number(1, 65535)] = 8000
    """Port to listen on."""
    workers: Count = Field(default_factory=lambda: os.cpu_count() or 1)
    """Server processes. [default: one per CPU core]"""
    threads: Count = 16
    """Threads per process."""
    connections: Count = 4
    """Maximum number of database connections per process."""
    order_limit: Count = 10
    """Maximum number of tickets per order."""
    access_token_lifetime: Duration = Field(default="15m", validate_default=True)
    """Lifetime of access tokens, such as 900 (seconds), 15m or 30d."""
    refresh_token_lifetime: Duration = Field(default="30d", validate_default=True)
    """Lifetime of refresh tokens."""
    max_body_size: Count = 1024 * 1024
    """Maximum size of a request body, in bytes."""
    max_image_size: Count = 5 * 1024 * 1024
    """Maximum size of an event's image, in bytes."""
    image_bucket: Annotated[Text, _requires_extra("s3", module="boto3")] = None
    """S3 bucket for images. If unset, images are stored in EVENTAPI_DATA_DIR. Requires the
    extra s3."""
    s3_endpoint: Annotated[
        Text,
        _must_be(
            "a URL such as https://s3.example",
            accepts=lambda url: _is_url(url, "https", "http"),
        ),
    ] = None
    """URL of an S3-compatible service, if not Amazon's. Credentials are read from
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION."""
    rate_limit: Limit = "3000 per minute"
    """Requests per client; empty for no limit."""
    login_limit: Limit = "10 per 5 minutes"
    """Failed logins, sign-ups and password changes per account and network address; empty for
    no limit."""
    address_limit: Limit = "60 per minute"
    """Logins, sign-ups and password changes per network address; empty for no limit."""
    redis_url: Annotated[
        Text,
        _must_be(
            "a URL such as redis://host:6379/0 (rediss:// for TLS)",
            accepts=lambda url: _is_url(url, "redis", "rediss"),
        ),
        _requires_extra("redis", module="redis"),
    ] = Field(default=None, repr=False)
    """redis://host:port/0, where processes share their rate limits. If unset, each process
    counts alone. Requires the extra redis."""
    cors_origins: Origins = ()
    """Origins of web pages that may call the API, comma-separated, such as
    https://shop.example."""
    trusted_proxies: Annotated[int, _whole_number(0, 10)] = 0
    """Number of trusted reverse proxies in front of the program."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the settings of the environment.

        Args:
            environment: the variables; those of this process by default.

        Raises:
            SettingsError: with all problems of all variables.
        """
        found = os.environ if environment is None else environment
        values: dict[str, Any] = {
            name: found[variable] for name, variable in _VARIABLES.items() if variable in found
        }
        problems = list(_find_unknown(found))
        try:
            settings = cls(**values)
        except ValidationError as error:
            problems += map(_describe, error.errors())
        if problems:
            raise SettingsError(problems)
        return settings


def _describe(problem: ErrorDetails) -> str:
    variable = _VARIABLES[str(problem["loc"][0])]
    return f"{variable}: {problem['msg'].removeprefix('Value error, ')}"


_FIELDS: dict[str, FieldInfo] = Settings.__pydantic_fields__  # type: ignore[attr-defined]
_PREFIX = "EVENTAPI_"
_VARIABLES = {name: f"{_PREFIX}{name.upper()}" for name in _FIELDS} | {
    "database_url": "DATABASE_URL"
}
_OTHERS = frozenset({"EVENTAPI_ADMIN_PASSWORD", "EVENTAPI_TEST_DATABASE_URL"})
"""Variables that are read elsewhere: by ``users create-admin``, and by the tests."""
_RENAMED = {"EVENTAPI_OPEN_ADMIN_REGISTRATION": "EVENTAPI_OPEN_ADMIN_SIGN_UP"}


def _find_unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a problem for each variable that looks like a setting and is none.

    To ignore it would replace what it says with the default, which may be less safe.
    """
    known = {name.removeprefix(_PREFIX): name for name in (*_VARIABLES.values(), *_OTHERS)}
    for name in sorted(environment):
        if not name.upper().startswith(_PREFIX) or name in known.values():
            continue
        if name in _RENAMED:
            yield f"{name}: Is now named {_RENAMED[name]}."
        else:
            similar = get_close_matches(name.upper().removeprefix(_PREFIX), known, n=1)
            hint = f"did you mean {known[similar[0]]}?" if similar else "see `eventapi --help`."
            yield f"{name}: Is not a setting; {hint}"


def describe_variables() -> Iterator[tuple[str, str]]:
    """Yield the name and the help text of each environment variable."""
    for name, field in _FIELDS.items():
        has_default = field.default not in {None, (), "", PydanticUndefined}
        default = f" [default: {str(field.default).lower()}]" if has_default else ""
        yield _VARIABLES[name], " ".join(f"{field.description}{default}".split())
