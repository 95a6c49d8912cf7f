"""The name under which the program is installed.

The name eventapi belongs to somebody else on the Python package index.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventapi import DISTRIBUTION
from eventapi.entrypoints import settings
from eventapi.entrypoints.settings import Settings, SettingsError

ROOT = Path(__file__).parents[2]
TEXT_FILES = {"", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ".json", ".service"}
GENERATED = {"var", "build", "dist", "node_modules", "__pycache__"}
INSTALLS_EVENTAPI = re.compile(
    r"\b(?:pip3?|pipx|uv|poetry|pdm)\s+(?:pip\s+)?(?:install|add|download|run|wheel)\b"
    r"[^\n]*[\s'\"]eventapi(?![\w/-]|\.\w)"
)


def test_the_program_knows_the_name_of_its_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["name"] == DISTRIBUTION != "eventapi"
    assert list(project["scripts"]) == ["eventapi"]


def test_nothing_installs_the_package_of_a_stranger() -> None:
    found = {
        str(path.relative_to(ROOT)): commands
        for path in _text_files()
        if path != Path(__file__) and (commands := _installations(path.read_text("utf-8")))
    }

    assert found == {}


def test_installations_are_recognized() -> None:
    strangers = (
        "RUN pip install \\\n    --no-cache-dir eventapi",
        "pip install eventapi",
        "pip install 'eventapi[redis]'",
        'RUN pip install --no-cache-dir "eventapi==0.1.0"',
        "uv add eventapi[s3]",
        "pipx install eventapi\n",
        "`pip3 install -U eventapi`",
    )
    ours = (
        "pip install '.[redis]'",
        "pip install ./eventapi_engine-0.1.0-py3-none-any.whl",
        "/opt/eventapi/bin/pip install --constraint constraints.txt .",
        f"pip install {DISTRIBUTION}",
    )

    assert [line for line in strangers if not _installations(line)] == []
    assert [line for line in ours if _installations(line)] == []


def test_a_missing_extra_is_installed_from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)
    variables = {"EVENTAPI_REDIS_URL": "redis://localhost", "EVENTAPI_IMAGE_BUCKET": "images"}

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(variables)

    assert sorted(refusal.value.problems) == [
        "EVENTAPI_IMAGE_BUCKET: Requires the extra s3: run pip install '.[s3]' in the checkout.",
        "EVENTAPI_REDIS_URL: Requires the extra redis: run pip install '.[redis]' in the checkout.",
    ]


def test_an_extra_that_no_setting_needs_is_not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)

    assert Settings.from_environment({"EVENTAPI_REDIS_URL": ""}) == Settings()


def _installations(text: str) -> list[str]:
    return [match[0] for match in INSTALLS_EVENTAPI.finditer(text.replace("\\\n", " "))]


def _text_files() -> Iterator[Path]:
    for folder, below, names in os.walk(ROOT):
        below[:] = [
            name
            for name in below
            if name == ".ci" or not (name.startswith(".") or name in GENERATED)
        ]
        for name in names:
            path = Path(folder, name)
            if path.suffix in TEXT_FILES:
                yield path
