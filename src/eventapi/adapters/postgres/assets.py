"""Where the SQL files and the migrations are."""

from pathlib import Path

from sqlalchemy import TextClause, text

_PACKAGE = Path(__file__).parents[2]
_INSTALLED = _PACKAGE / "_assets"
_CHECKOUT = _PACKAGE.parents[1]

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
MIGRATIONS = ASSETS / "migrations"


def sql_file(name: str) -> TextClause:
    """Read a statement of the ``sql/`` folder; its ``:names`` are bound when it is run.

    The comments are for the reader: they stay here and are not sent.
    """
    lines = (ASSETS / "sql" / name).read_text("utf-8").splitlines()
    return text("\n".join(line for line in lines if not line.lstrip().startswith("--")))
