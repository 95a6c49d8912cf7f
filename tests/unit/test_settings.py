"""Settings are read from the environment, and all problems are reported at once."""

import pickle
import re
from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from eventapi.entrypoints import settings as settings_module
from eventapi.entrypoints.settings import Settings, SettingsError, describe_variables

GOOD_SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PRODUCTION = {
    "EVENTAPI_PROFILE": "production",
    "EVENTAPI_SECRET_KEY": GOOD_SECRET,
    "DATABASE_URL": "postgresql://eventapi:secret@db/eventapi",
}

PLAIN = re.compile(r"(Must be|Production requires) .+\.")


def test_development_needs_no_settings_and_is_open() -> None:
    settings = Settings.from_environment({})

    assert settings.profile == "development"
    assert settings.database_url is None
    assert settings.open_admin_sign_up
    assert settings.open_organizer_sign_up
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.access_token_lifetime == timedelta(minutes=15)


def test_production_is_closed() -> None:
    settings = Settings.from_environment(PRODUCTION)

    assert not settings.open_admin_sign_up
    assert not settings.open_organizer_sign_up
    assert settings.database_url == PRODUCTION["DATABASE_URL"]


@pytest.mark.parametrize(
    ("changes", "blamed"),
    [
        ({"EVENTAPI_SECRET_KEY": ""}, "EVENTAPI_SECRET_KEY"),
        ({"EVENTAPI_SECRET_KEY": "short"}, "EVENTAPI_SECRET_KEY"),
        ({"EVENTAPI_SECRET_KEY": "a" * 64}, "EVENTAPI_SECRET_KEY"),
        ({"EVENTAPI_OPEN_ADMIN_SIGN_UP": "true"}, "EVENTAPI_OPEN_ADMIN_SIGN_UP"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
    ],
)
def test_production_refuses_what_is_unsafe(changes: dict[str, str | None], blamed: str) -> None:
    environment = {
        name: value for name, value in (PRODUCTION | changes).items() if value is not None
    }

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environment)

    (problem,) = refusal.value.problems
    assert problem.startswith(blamed)


def test_production_may_open_the_sign_up_of_organizers() -> None:
    settings = Settings.from_environment(PRODUCTION | {"EVENTAPI_OPEN_ORGANIZER_SIGN_UP": "true"})

    assert settings.open_organizer_sign_up


def test_production_may_use_the_embedded_database_when_told_to() -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != "DATABASE_URL"}

    settings = Settings.from_environment(environment | {"EVENTAPI_ALLOW_EMBEDDED_DATABASE": "true"})

    assert settings.database_url is None


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(
            {
                "EVENTAPI_PROFILE": "production",
                "EVENTAPI_PORT": "eighty",
                "EVENTAPI_WORKERS": "0",
                "EVENTAPI_OPEN_ADMIN_SIGN_UP": "perhaps",
                "EVENTAPI_ACCESS_TOKEN_LIFETIME": "soon",
                "EVENTAPI_OLD_SECRET_KEYS": "short,shorter",
                "EVENTAPI_LOGIN_LIMIT": "often",
                "EVENTAPI_REDIS_URL": "http://redis",
                "EVENTAPI_CORS_ORIGINS": "https://shop.example,*",
                "EVENTAPI_TRUSTED_PROXIES": "-1",
            }
        )

    blamed = {problem.partition(":")[0] for problem in refusal.value.problems}
    assert blamed == {
        "EVENTAPI_PORT",
        "EVENTAPI_WORKERS",
        "EVENTAPI_OPEN_ADMIN_SIGN_UP",
        "EVENTAPI_ACCESS_TOKEN_LIFETIME",
        "EVENTAPI_OLD_SECRET_KEYS",
        "EVENTAPI_LOGIN_LIMIT",
        "EVENTAPI_REDIS_URL",
        "EVENTAPI_CORS_ORIGINS",
        "EVENTAPI_TRUSTED_PROXIES",
        "EVENTAPI_SECRET_KEY",
        "DATABASE_URL",
    }


@pytest.mark.parametrize("text", ["nonsense", "0", "-1", "redis://host:port/0", "https://*"])
def test_every_mistake_is_told_in_a_plain_sentence(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({name: text for name, _ in describe_variables()})

    sentences = dict(problem.split(": ", 1) for problem in refusal.value.problems)
    assert len(sentences) == len(refusal.value.problems) > 10
    assert {name: said for name, said in sentences.items() if not PLAIN.fullmatch(said)} == {}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("PORT", "eighty", "a whole number from 1 to 65535"),
        ("WORKERS", "0", "a whole number of at least 1"),
        ("TRUSTED_PROXIES", "-1", "a whole number from 0 to 10"),
        ("PROFILE", "staging", "development or production"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("OPEN_ADMIN_SIGN_UP", "perhaps", "true or false"),
        ("RATE_LIMIT", "often", "like 10 per 5 minutes, or empty"),
        ("ACCESS_TOKEN_LIFETIME", "soon", "a duration such as 900 (seconds), 15m or 30d"),
        ("REDIS_URL", "http://redis", "a URL such as redis://host:6379/0 (rediss:// for TLS)"),
        ("REDIS_URL", "redis://x:y", "a URL such as redis://host:6379/0 (rediss:// for TLS)"),
        ("S3_ENDPOINT", "minio:9000", "a URL such as https://s3.example"),
        (
            "CORS_ORIGINS",
            "https://shop.example/,*",
            "origins without a path, separated by commas, such as https://shop.example",
        ),
    ],
)
def test_a_mistake_is_told_with_what_the_value_must_be(name: str, text: str, what: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({f"EVENTAPI_{name}": text})

    assert refusal.value.problems == [f"EVENTAPI_{name}: Must be {what}."]


def test_what_the_sentences_ask_for_is_accepted() -> None:
    settings = Settings.from_environment(
        {
            "EVENTAPI_REDIS_URL": "rediss://user:password@redis.example:6380/1",
            "EVENTAPI_S3_ENDPOINT": "http://minio:9000",
            "EVENTAPI_CORS_ORIGINS": "https://shop.example,http://localhost:3000",
            "EVENTAPI_RATE_LIMIT": "",
            "EVENTAPI_PORT": "65535",
            "EVENTAPI_TRUSTED_PROXIES": "0",
        }
    )

    assert settings.redis_url == "rediss://user:password@redis.example:6380/1"
    assert settings.cors_origins == ("https://shop.example", "http://localhost:3000")
    assert (settings.s3_endpoint, settings.rate_limit) == ("http://minio:9000", "")
    assert (settings.port, settings.trusted_proxies) == (65535, 0)


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.from_environment(PRODUCTION))

    assert GOOD_SECRET not in shown
    assert "secret@db" not in shown


def test_errors_do_not_show_secrets() -> None:
    settings = Settings.from_environment(PRODUCTION)

    with pytest.raises(ValidationError) as refusal:
        replace(settings, secret_key="my-weak-secret", redis_url="http://user:password@redis")

    assert "secret_key" in str(refusal.value)
    assert "my-weak-secret" not in str(refusal.value)
    assert "password@redis" not in str(refusal.value)


def test_empty_variables_of_optional_settings_count_as_absent() -> None:
    names = ("DATABASE_URL", "EVENTAPI_SECRET_KEY", "EVENTAPI_REDIS_URL", "EVENTAPI_IMAGE_BUCKET")
    lists = ("EVENTAPI_CORS_ORIGINS", "EVENTAPI_OLD_SECRET_KEYS")

    assert Settings.from_environment(dict.fromkeys((*names, *lists), "")) == Settings()


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("900", timedelta(minutes=15)),
        ("15m", timedelta(minutes=15)),
        (" 900 ", timedelta(minutes=15)),
        ("15 m", timedelta(minutes=15)),
        (" 1h30m ", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("1 d 2 h 3 s", timedelta(days=1, hours=2, seconds=3)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        ("P2D", timedelta(days=2)),
    ],
)
def test_durations_are_read_in_the_usual_forms(text: str, duration: timedelta) -> None:
    settings = Settings.from_environment({"EVENTAPI_ACCESS_TOKEN_LIFETIME": text})

    assert settings.access_token_lifetime == duration


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "m", "15x", "1h30", "30m 1h", "0", "0m", "-1", "-15m", "-P1D"]
)
def test_a_lifetime_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"EVENTAPI_ACCESS_TOKEN_LIFETIME": text})

    (problem,) = refusal.value.problems
    assert problem.startswith("EVENTAPI_ACCESS_TOKEN_LIFETIME: ")


def test_the_former_name_of_a_setting_is_refused() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"EVENTAPI_OPEN_ADMIN_REGISTRATION": "false"})

    assert refusal.value.problems == [
        "EVENTAPI_OPEN_ADMIN_REGISTRATION: Is now named EVENTAPI_OPEN_ADMIN_SIGN_UP."
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("EVENTAPI_PROT", "did you mean EVENTAPI_PORT?"),
        ("EVENTAPI_ADRESS_LIMIT", "did you mean EVENTAPI_ADDRESS_LIMIT?"),
        ("EVENTAPI_DATABASE_URL", "did you mean DATABASE_URL?"),
        ("eventapi_port", "did you mean EVENTAPI_PORT?"),
        ("EVENTAPI_QQ", "see `eventapi --help`."),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_others(name: str, hint: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({name: "8001", "EVENTAPI_WORKERS": "none"})

    unknown, workers = refusal.value.problems
    assert unknown == f"{name}: Is not a setting; {hint}"
    assert workers.startswith("EVENTAPI_WORKERS: ")


def test_variables_of_commands_and_of_the_tests_are_no_mistakes() -> None:
    others = {"EVENTAPI_ADMIN_PASSWORD": "x", "EVENTAPI_TEST_DATABASE_URL": "x", "EVENTAPIS": "x"}

    assert Settings.from_environment(others) == Settings()


def test_the_data_of_a_checkout_is_in_it_wherever_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    for environment in ({}, {"EVENTAPI_DATA_DIR": ""}):
        settings = Settings.from_environment(environment)
        assert settings.data_dir == Path(__file__).parents[2] / "var"


@pytest.mark.parametrize(
    ("user", "expected"), [(0, "/var/lib/eventapi"), (1000, "/home/ada/.local/share/eventapi")]
)
def test_an_installed_program_has_its_data_in_one_place(
    monkeypatch: pytest.MonkeyPatch, user: int, expected: str
) -> None:
    monkeypatch.setattr(settings_module, "__file__", "/usr/lib/python3/eventapi/entrypoints/x.py")
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    assert Settings().data_dir == Path(expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("/srv/x", "/srv/x"), ("x", "/cwd/x"), ("~/x", "/home/ada/x")]
)
def test_a_data_directory_is_absolute(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    monkeypatch.setattr("os.getcwd", lambda: "/cwd")
    monkeypatch.setenv("HOME", "/home/ada")

    assert Settings.from_environment({"EVENTAPI_DATA_DIR": text}).data_dir == Path(expected)


def test_settings_are_immutable_and_can_be_sent_to_worker_processes() -> None:
    settings = Settings.from_environment(PRODUCTION)

    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_the_help_names_every_setting_with_its_default() -> None:
    described = dict(describe_variables())

    assert len(described) == len(fields(Settings))
    assert described["EVENTAPI_PORT"] == "Port to listen on. [default: 8000]"
    assert described["EVENTAPI_REFRESH_TOKEN_LIFETIME"].endswith("[default: 30d]")
    assert "default" not in described["DATABASE_URL"]
    assert all("Undefined" not in text and "None" not in text for text in described.values())
