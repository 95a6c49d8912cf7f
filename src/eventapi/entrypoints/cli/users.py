"""``eventapi users``: accounts."""

from dataclasses import replace

import click

from eventapi.application.accounts import NewAccount
from eventapi.domain.user import Role
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import ready_settings


@click.group()
def users() -> None:
    """Look after accounts."""


@users.command("create-admin")
@click.argument("username")
@click.option("--email", help="The admin's address.")
@click.password_option(
    envvar="EVENTAPI_ADMIN_PASSWORD",
    help="Asked for where neither this nor EVENTAPI_ADMIN_PASSWORD gives it.",
)
def create_admin(username: str, email: str | None, password: str) -> None:
    """Make an admin called USERNAME; this is how the first one comes to be."""
    with ready_settings() as settings:
        # Whoever can run this holds the database anyway.
        use_cases = bootstrap.postgres_use_cases(replace(settings, open_admin_sign_up=True))
        account = NewAccount(username=username, password=password, role=Role.ADMIN, email=email)
        user = use_cases.sign_up(None, account)
        click.echo(f"The admin {user.username} has the id {user.id}.")
