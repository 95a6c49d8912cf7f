"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last."""

from pathlib import Path

import pytest
from sqlalchemy import text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import EmbeddedServerError, embedded_postgres

pytestmark = pytest.mark.slow


def runs(folder: Path) -> bool:
    """Return whether PostgreSQL runs: it removes this file when it shuts down."""
    return (folder / "postgres" / "postmaster.pid").exists()


def test_it_runs_while_somebody_needs_it_and_keeps_what_it_was_given(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as url:
        engine = make_engine(url, pool_size=1)
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 42 AS number"))
        engine.dispose()
        with embedded_postgres(tmp_path) as same_url:
            assert same_url == url
        assert runs(tmp_path)
    assert not runs(tmp_path)

    with embedded_postgres(tmp_path) as url:
        engine = make_engine(url, pool_size=1)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT number FROM kept")).scalar_one() == 42
        engine.dispose()
    assert not runs(tmp_path)


def test_what_can_not_be_started_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")

    with pytest.raises(EmbeddedServerError, match="did not start"), embedded_postgres(tmp_path):
        pass
