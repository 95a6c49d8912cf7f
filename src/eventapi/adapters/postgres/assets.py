"""The folders of the SQL files and of the migrations."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import TextClause, text

_PACKAGE = Path(__file__).parents[2]
_INSTALLED = _PACKAGE / "_assets"
_CHECKOUT = _PACKAGE.parents[1]

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
MIGRATIONS = ASSETS / "migrations"


def sql_file(name: str, **columns: Sequence[str]) -> TextClause:
    """Return a statement of the folder ``sql/``, without its comments.

    Args:
        name: the file's name.
        **columns: the lists of columns that stand for ``{placeholders}`` in the file.
    """
    lines = (ASSETS / "sql" / name).read_text("utf-8").splitlines()
    statement = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    for placeholder, names in columns.items():
        statement = statement.replace(f"{{{placeholder}}}", ", ".join(names))
    return text(statement)
