"""The commands of the documentation work as printed.

Those that sell a ticket are run in test_command_line.py, and those that need a server's
root account say so.
"""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from eventapi.adapters.postgres import make_engine
from eventapi.entrypoints.cli import main
from tests.documents import ROOT, Block, commands_outside_the_walkthrough
from tests.integration.test_postgres_api import postgres_api

pytestmark = pytest.mark.slow


def test_they_run_one_after_the_other(
    database_url: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_api(database_url).sign_in("organizer", username="olga")
    (tmp_path / "src").symlink_to(ROOT / "src")  # the sample files
    monkeypatch.chdir(tmp_path)
    blocks = [
        block
        for block in commands_outside_the_walkthrough()
        if not block.comment.startswith("not run: ")
    ]
    assert {block.page for block in blocks} >= {
        "README.md", "docs/importing.md", "docs/production.md"
    }  # fmt: skip

    for block in blocks:
        new = block.comment == "in a new installation"
        run(block, DATABASE_URL=empty_url if new else database_url)

    assert count_events(empty_url) == count_events(database_url) == 60


def run(block: Block, **variables: str) -> None:
    for line in block.text.splitlines():
        program, command, *arguments = shlex.split(line)
        assert program.removeprefix(".venv/bin/") == "eventapi"
        # Not through main, which changes the logs of the tests.
        result = CliRunner().invoke(main.commands[command], arguments, env=variables)
        assert result.exit_code == 0, (line, result.output)


def count_events(database_url: str) -> int:
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM events")).scalar_one()
    engine.dispose()
    return count
