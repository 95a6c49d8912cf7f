"""Prints docs/settings.md, from the declarations in ``eventapi.entrypoints.settings``."""

from eventapi.entrypoints.settings import describe_variables

HEAD = """\
<!-- Written by `make docs`, from src/eventapi/entrypoints/settings.py. -->

# Settings

EventAPI reads its settings from environment variables when it starts, and `eventapi --help` lists
them. All problems with them are reported at once. Durations are written like `900` (seconds), `15m`
or `30d`, lists with commas.

| variable | default | meaning |
| --- | --- | --- |
"""
FOOT = """
`eventapi users create-admin` also reads `EVENTAPI_ADMIN_PASSWORD`, so that scripts can create an
admin. The tests read `EVENTAPI_TEST_DATABASE_URL`; see [CONTRIBUTING.md](../CONTRIBUTING.md).

Extras (`redis`, `s3`) are optional libraries; the page
[Production](production.md#several-processes-several-machines) says how to install them.
"""


def settings_page() -> str:
    """Return the page in Markdown."""
    return f"{HEAD}{''.join(map(_row, describe_variables()))}{FOOT}"


def _row(variable: tuple[str, str]) -> str:
    name, text = variable
    meaning, _, default = text.partition(" [default: ")
    return f"| `{name}` | {default.removesuffix(']')} | {meaning} |\n".replace("|  |", "| |")


if __name__ == "__main__":
    print(settings_page(), end="")
