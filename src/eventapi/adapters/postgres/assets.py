"""The folders of the SQL files and of the migrations."""

from pathlib import Path

from sqlalchemy import TextClause, text

_PACKAGE = Path(__file__).parents[2]
_INSTALLED = _PACKAGE / "_assets"
_CHECKOUT = _PACKAGE.parents[1]

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
MIGRATIONS = ASSETS / "migrations"


def sql_file(name: str, **fragments: str) -> TextClause:
    """Return a statement of the folder ``sql/``.

    Its comments are left out.

    Args:
        name: the file's name.
        **fragments: what stands for ``{placeholders}`` in the file, such as a list of columns.
    """
    lines = (ASSETS / "sql" / name).read_text("utf-8").splitlines()
    statement = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    for placeholder, fragment in fragments.items():
        statement = statement.replace(f"{{{placeholder}}}", fragment)
    return text(statement)
